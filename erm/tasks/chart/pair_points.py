"""Which marks of two matched series stand for each other."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from erm.tasks.chart.elements import Point, Series
from erm.tasks.chart.matching import assign, match_named, match_placed
from erm.tasks.chart.naming import SHARES, is_histogram
from erm.tasks.chart.plot_pair import HALF_PIXEL, Pairs, PlotPair

_NEAR = 8.0
"""Pixels up to which a scattered point counts as moved where others are missing or extra."""


def match_points(reference: Series, candidate: Series, plots: PlotPair) -> Pairs:
    """Pairs of indices of points that stand for each other in two matched series."""
    first, second = reference["points"], candidate["points"]
    if reference["kind"] == "scatter" and candidate["kind"] == "scatter":
        return _match_free(first, second, plots)
    if reference["kind"] == "heat map":
        cells = {(point["base"], point["at"]): j for j, point in enumerate(second)}
        keys = [(point["base"], point["at"]) for point in first]
        return [(i, cells[key]) for i, key in enumerate(keys) if key in cells]
    named = all(point["name"] for point in [*first, *second])
    if named or reference["kind"] in SHARES:
        return _match_categories(reference, candidate, plots)
    if is_histogram(reference) and is_histogram(candidate):
        if len(first) == len(second):
            return [(i, i) for i in range(len(first))]
        return []
    if reference["kind"] == candidate["kind"] == "line" and (
        turns_back(reference) or turns_back(candidate)
    ):
        return _match_course(first, second, plots)
    step = (
        abs(plots.place(reference, first[0]["at"]) - plots.place(reference, first[0]["at"] + 1))
        or 1.0
    )
    return match_placed(first, second, HALF_PIXEL / step)


def turns_back(series: Series) -> bool:
    """Whether a line runs both ways along x, so that a place on x is not one point of it."""
    steps = np.diff([point["at"] for point in series["points"]])
    return bool((steps < 0).any() and (steps > 0).any())


def _match_course(reference: Sequence[Point], candidate: Sequence[Point], plots: PlotPair) -> Pairs:
    """Points of an outline in the order in which it runs; what stands still lines them up."""
    if len(reference) == len(candidate):
        return [(i, i) for i in range(len(reference))]
    first, second = (
        [(round(plots.pixels_x(p["at"])), round(plots.pixels_y(p["value"]))) for p in points]
        for points in (reference, candidate)
    )
    pairs = []
    for block in SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks():
        pairs += [(block.a + k, block.b + k) for k in range(block.size)]
    return pairs


def _match_categories(reference: Series, candidate: Series, plots: PlotPair) -> Pairs:
    """By name, but a mark that stands where it stood, as long as it was, is the same mark."""
    first, second = reference["points"], candidate["points"]
    pie = reference["kind"] in SHARES
    kept = []
    if len(first) == len(second):
        kept = [
            i
            for i, (a, b) in enumerate(zip(first, second, strict=True))
            if abs(plots.pixels(reference, a["value"]) - plots.pixels(reference, b["value"]))
            <= HALF_PIXEL
            and (
                pie
                or abs(plots.place(reference, a["at"]) - plots.place(reference, b["at"]))
                <= HALF_PIXEL
            )
            and a.get("colour") == b.get("colour")
        ]
    rest = [i for i in range(len(first)) if i not in kept]
    others = [j for j in range(len(second)) if j not in kept]
    pairs = match_named([first[i] for i in rest], [second[j] for j in others])
    linked = [(rest[i], others[j]) for i, j in pairs]
    if not pie:
        axis = plots.candidate["y" if reference["kind"] == "horizontal bar" else "x"]
        still = {tick["text"] for tick in axis["ticks"]}
        # the old category is still there, so the mark under another name is another mark
        linked = [
            (i, j)
            for i, j in linked
            if first[i]["name"] == second[j]["name"]
            or first[i]["name"] not in still
            or abs(plots.place(reference, first[i]["at"]) - plots.place(reference, second[j]["at"]))
            < HALF_PIXEL
        ]
    return sorted([(i, i) for i in kept] + linked)


def _match_free(reference: Sequence[Point], candidate: Sequence[Point], plots: PlotPair) -> Pairs:
    """Scattered points: by their x where those are the same, else by distance."""
    places = [
        np.array([[plots.pixels_x(p["at"]), plots.pixels_y(p["value"])] for p in points])
        for points in (reference, candidate)
    ]
    ranks = [np.argsort(points[:, 0], kind="stable") for points in places]
    if len(reference) == len(candidate):
        across = [points[order, 0] for points, order in zip(places, ranks, strict=True)]
        apart = len(reference) < 2 or np.diff(across[0]).min() > 2 * HALF_PIXEL
        if apart and np.abs(across[0] - across[1]).max() <= HALF_PIXEL:
            return sorted(zip(ranks[0].tolist(), ranks[1].tolist(), strict=True))
    gaps = np.linalg.norm(places[0][:, None, :] - places[1][None, :, :], axis=2)
    # a value is misread more often than a place: a move along y is the likelier one
    slanted = (places[0][:, None, :] - places[1][None, :, :]) * np.array([2.5, 1.0])
    costs = np.linalg.norm(slanted, axis=2)
    pairs = assign(reference, candidate, lambda i, j: float(costs[i, j]))
    if len(reference) == len(candidate):
        return pairs
    return [(i, j) for i, j in pairs if gaps[i, j] < _NEAR or costs[i, j] - gaps[i, j] < HALF_PIXEL]
