"""Which marks of two matched series stand for each other."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from erm.tasks.chart.elements import Point, Series
from erm.tasks.chart.frame import HALF_PIXEL, Frame, Pairs
from erm.tasks.chart.matching import assign, match_named, match_placed
from erm.tasks.chart.naming import is_histogram

_NEAR = 8.0
"""Pixels up to which a scattered point counts as moved where others are missing or extra."""


def match_points(old: Series, new: Series, frame: Frame) -> Pairs:
    """Pairs of indices of points that stand for each other in two matched series."""
    first, second = old["points"], new["points"]
    if old["kind"] == "scatter" and new["kind"] == "scatter":
        return _match_free(first, second, frame)
    if old["kind"] == "heat map":
        cells = {(point["base"], point["at"]): j for j, point in enumerate(second)}
        keys = [(point["base"], point["at"]) for point in first]
        return [(i, cells[key]) for i, key in enumerate(keys) if key in cells]
    named = all(point["name"] for point in [*first, *second])
    if named or old["kind"] == "pie":
        return _match_categories(old, new, frame)
    if is_histogram(old) and is_histogram(new):
        if len(first) == len(second):
            return [(i, i) for i in range(len(first))]
        return []
    if old["kind"] == new["kind"] == "line" and (turns_back(old) or turns_back(new)):
        return _match_course(first, second, frame)
    step = abs(frame.place(old, first[0]["at"]) - frame.place(old, first[0]["at"] + 1)) or 1.0
    return match_placed(first, second, HALF_PIXEL / step)


def turns_back(series: Series) -> bool:
    """Whether a line runs both ways along x, so that a place tells no point of it."""
    steps = np.diff([point["at"] for point in series["points"]])
    return bool((steps < 0).any() and (steps > 0).any())


def _match_course(old: Sequence[Point], new: Sequence[Point], frame: Frame) -> Pairs:
    """Points of an outline in the order in which it runs; what stands still lines them up."""
    if len(old) == len(new):
        return [(i, i) for i in range(len(old))]
    first, second = (
        [(round(frame.pixels_x(p["at"])), round(frame.pixels_y(p["value"]))) for p in points]
        for points in (old, new)
    )
    pairs = []
    for block in SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks():
        pairs += [(block.a + k, block.b + k) for k in range(block.size)]
    return pairs


def _match_categories(old: Series, new: Series, frame: Frame) -> Pairs:
    """By name, but a mark that stands where it stood, as long as it was, is the same mark."""
    first, second = old["points"], new["points"]
    pie = old["kind"] == "pie"
    kept = []
    if len(first) == len(second):
        kept = [
            i
            for i, (a, b) in enumerate(zip(first, second, strict=True))
            if abs(frame.pixels(old, a["value"]) - frame.pixels(old, b["value"])) <= HALF_PIXEL
            and (pie or abs(frame.place(old, a["at"]) - frame.place(old, b["at"])) <= HALF_PIXEL)
            and a.get("colour") == b.get("colour")
        ]
    rest = [i for i in range(len(first)) if i not in kept]
    others = [j for j in range(len(second)) if j not in kept]
    pairs = match_named([first[i] for i in rest], [second[j] for j in others])
    linked = [(rest[i], others[j]) for i, j in pairs]
    if not pie:
        axis = frame.new["y" if old["kind"] == "horizontal bar" else "x"]
        still = {tick["text"] for tick in axis["ticks"]}
        # the old category is still there, so the mark under another name is another mark
        linked = [
            (i, j)
            for i, j in linked
            if first[i]["name"] == second[j]["name"]
            or first[i]["name"] not in still
            or abs(frame.place(old, first[i]["at"]) - frame.place(old, second[j]["at"]))
            < HALF_PIXEL
        ]
    return sorted([(i, i) for i in kept] + linked)


def _match_free(old: Sequence[Point], new: Sequence[Point], frame: Frame) -> Pairs:
    """Scattered points: by their x where those are the same, else by distance."""
    places = [
        np.array([[frame.pixels_x(p["at"]), frame.pixels_y(p["value"])] for p in points])
        for points in (old, new)
    ]
    ranks = [np.argsort(points[:, 0], kind="stable") for points in places]
    if len(old) == len(new):
        across = [points[order, 0] for points, order in zip(places, ranks, strict=True)]
        apart = len(old) < 2 or np.diff(across[0]).min() > 2 * HALF_PIXEL
        if apart and np.abs(across[0] - across[1]).max() <= HALF_PIXEL:
            return sorted(zip(ranks[0].tolist(), ranks[1].tolist(), strict=True))
    gaps = np.linalg.norm(places[0][:, None, :] - places[1][None, :, :], axis=2)
    # a value is misread more often than a place: a move along y is the likelier one
    slanted = (places[0][:, None, :] - places[1][None, :, :]) * np.array([2.5, 1.0])
    costs = np.linalg.norm(slanted, axis=2)
    pairs = assign(old, new, lambda i, j: float(costs[i, j]))
    if len(old) == len(new):
        return pairs
    return [(i, j) for i, j in pairs if gaps[i, j] < _NEAR or costs[i, j] - gaps[i, j] < HALF_PIXEL]
