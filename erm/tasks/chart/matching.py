"""Which element of the candidate stands for which of the reference: assignment, not order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from erm.tasks.chart.elements import Axes, Axis, BoxList, Point, Series
from erm.tasks.shared.colours import VISIBLE_COLOUR, colour_distance, over
from erm.tasks.shared.text import text_distance

A = TypeVar("A")
B = TypeVar("B")

OUTLINED = ("shape", "shapes", "lines")
"""Kinds of marks of free form, whose points are shares of the plot's sides."""

_ALONE = (
    *OUTLINED,
    "arrows",
    "horizontal line",
    "vertical line",
    "horizontal span",
    "vertical span",
    "image",
    "violin",
)
"""Kinds that stand for no other kind."""

_SAME_DATA = 0.002
"""Mean difference of values, as a share of their range, up to which data are the same."""

NEVER = 1e6
"""Cost of a pair that must not be matched."""


def assign(
    reference: Sequence[A], candidate: Sequence[B], cost: Callable[[int, int], float]
) -> list[tuple[int, int]]:
    """Pairs of indices of least total cost, in the order of ``old``; costs ≥ `NEVER` unpaired."""
    if not reference or not candidate:
        return []
    table = np.array([[cost(i, j) for j in range(len(candidate))] for i in range(len(reference))])
    rows, columns = linear_sum_assignment(table)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(i, j) for i, j in pairs if table[i, j] < NEVER]


def overlap(first: BoxList, second: BoxList) -> float:
    """Intersection over union of two boxes."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (first, second))
    return shared / (areas - shared) if areas > shared else 0.0


def match_axes(
    reference: Sequence[Axes], candidate: Sequence[Axes], sizes: tuple[list[int], list[int]]
) -> list[tuple[int, int]]:
    """Plots by place in the figure, then by content; a colour bar only matches a colour bar."""

    def share(axes: Axes, size: list[int]) -> BoxList:
        x0, y0, x1, y1 = axes["box"]
        return [x0 / size[0], y0 / size[1], x1 / size[0], y1 / size[1]]

    def cost(i: int, j: int) -> float:
        if reference[i]["role"] != candidate[j]["role"]:
            return NEVER
        place = 1 - overlap(share(reference[i], sizes[0]), share(candidate[j], sizes[1]))
        texts = [
            {item["role"]: item["text"] for item in axes["texts"]}
            for axes in (reference[i], candidate[j])
        ]
        words = sum(
            text_distance(texts[0].get(role, ""), texts[1].get(role, ""))
            for role in ("title", "x label", "y label", "right y label")
        )
        names = [sorted(s["name"] for s in axes["series"]) for axes in (reference[i], candidate[j])]
        kinds = [sorted(s["kind"] for s in axes["series"]) for axes in (reference[i], candidate[j])]
        content = 0.3 * (names[0] != names[1]) + 0.3 * (kinds[0] != kinds[1])
        return place + 0.1 * words + content + 0.01 * abs(i - j)

    return assign(reference, candidate, cost)


def match_series(axes: tuple[Axes, Axes], backgrounds: tuple[str, str]) -> list[tuple[int, int]]:
    """Series by kind, data, colour and name together, order last.

    What is drawn weighs more than what the legend calls it: two names that changed places are two
    legend entries, not two moved lines.
    """
    reference, candidate = axes[0]["series"], axes[1]["series"]
    carried = [carried_points(series, axes) for series in candidate]

    def distance(i: int, j: int) -> float:
        gap = data_distance(reference[i]["points"], candidate[j]["points"])
        along = carried[j]
        return gap if along is None else min(gap, data_distance(reference[i]["points"], along))

    def cost(i: int, j: int) -> float:
        a, b = reference[i], candidate[j]
        if a["kind"] != b["kind"] and (a["kind"] in _ALONE or b["kind"] in _ALONE):
            return NEVER
        names = text_distance(a["name"], b["name"])
        shades = colour_distance(
            over(a["colour"], backgrounds[0]), over(b["colour"], backgrounds[1])
        )
        gap = distance(i, j)
        dashes = [item["line"]["dash"] if item["line"] else "" for item in (a, b)]
        # what stayed the same counts more than how far the rest changed
        changed = (gap > _SAME_DATA) * (0.5 if a["name"] or b["name"] else 0.8)
        changed += 0.3 * (names > 0) + 0.3 * (shades > VISIBLE_COLOUR)
        return (
            1.0 * (a["kind"] != b["kind"])
            + 0.3 * (dashes[0] != dashes[1])
            + 0.3 * (a["marker"] != b["marker"])
            + changed
            + 0.4 * names
            + 0.4 * min(1.0, shades / 60)
            + 1.2 * gap
            + 0.02 * abs(i - j)
        )

    return assign(reference, candidate, cost)


def carried_points(series: Series, axes: tuple[Axes, Axes]) -> list[Point] | None:
    """Marks of free form in the second plot where their values stand in the first.

    None for other series, whose points are values, and where both plots have the same axes.
    """
    same = all(
        (first["scale"], first["limits"]) == (second["scale"], second["limits"])
        for first, second in ((axes[0]["x"], axes[1]["x"]), (axes[0]["y"], axes[1]["y"]))
    )
    if same or series["kind"] not in OUTLINED:
        return None
    places = np.array([[point["at"], point["value"]] for point in series["points"]]) / 1000
    moved = carried(places, axes[1], axes[0]) * 1000
    return [
        Point(**{**point, "at": x, "value": y})
        for point, (x, y) in zip(series["points"], moved.tolist(), strict=True)
    ]


def data_distance(reference: Sequence[Point], candidate: Sequence[Point]) -> float:
    """Mean difference of values as a share of their range, 0 to 1; by rank after sorting places."""
    if not reference or not candidate:
        return 1.0
    count = min(len(reference), len(candidate))
    first = np.array([[point["at"], point["value"]] for point in reference])
    second = np.array([[point["at"], point["value"]] for point in candidate])
    span = np.ptp(np.concatenate([first, second]), axis=0)
    span[span == 0] = 1.0
    if len(reference) == len(candidate):
        return float(np.minimum(1.0, np.abs(first - second) / span).mean())
    gaps = np.abs(first[:, None, :] - second[None, :, :]) / span
    nearest = np.sort(gaps.sum(axis=2).min(axis=1))[:count].mean()
    return float(min(1.0, nearest + 0.2))


def unit(axis: Axis, value: float) -> float:
    """A value as a share of an axis, 0 at its first limit and 1 at its second."""
    low, high = axis["limits"]
    place, start, end = (_scaled(axis["scale"], number) for number in (value, low, high))
    return (place - start) / (end - start) if end != start else 0.0


def _scaled(scale: str, value: float) -> float:
    if scale == "log":
        return math.log10(value) if value > 0 else -1000.0  # where matplotlib draws it
    if scale == "symlog":
        return math.copysign(math.log10(1 + abs(value)), value)
    if scale == "logit":
        return math.log(value / (1 - value)) if 0 < value < 1 else 0.0
    return value


def value_at(axis: Axis, share: float) -> float:
    """The value at a share of an axis; undoes `unit`."""
    low, high = (_scaled(axis["scale"], limit) for limit in axis["limits"])
    return _unscaled(axis["scale"], low + share * (high - low))


def carried(points: NDArray[np.float64], source: Axes, target: Axes) -> NDArray[np.float64]:
    """Points (n, 2) of one plot, as shares of its sides, where their values stand in another."""
    xs = _carry(source["x"], target["x"], points[:, 0])
    ys = _carry(source["y"], target["y"], points[:, 1])
    return np.stack([xs, ys], axis=1)


def _carry(source: Axis, target: Axis, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of one axis as shares of another one on which they mean the same values."""
    if (source["scale"], source["limits"]) == (target["scale"], target["limits"]):
        return shares
    low, high = (_scaled(source["scale"], limit) for limit in source["limits"])
    places = low + shares * (high - low)
    if source["scale"] == target["scale"]:
        start, end = (_scaled(target["scale"], limit) for limit in target["limits"])
        return (places - start) / (end - start or 1.0)
    return np.array([unit(target, _unscaled(source["scale"], place)) for place in places.tolist()])


def _unscaled(scale: str, place: float) -> float:
    if scale == "log":
        return math.pow(10.0, min(max(place, -300.0), 300.0))
    if scale == "symlog":
        return math.copysign(math.pow(10.0, min(abs(place), 300.0)) - 1, place)
    if scale == "logit":
        return 1 / (1 + math.exp(-min(max(place, -300.0), 300.0)))
    return place


def match_named(reference: Sequence[Point], candidate: Sequence[Point]) -> list[tuple[int, int]]:
    """Points that stand for categories: by name, value, rank and colour together.

    A bar that stands where it stood and is as long as it was is the same bar under another name.
    """
    values = [point["value"] for point in [*reference, *candidate]]
    span = max(values, default=0.0) - min(values, default=0.0) or 1.0

    def cost(i: int, j: int) -> float:
        words = text_distance(reference[i]["name"], candidate[j]["name"])
        names = 0.0 if words == 0 else 0.5 + 0.5 * words
        rank = abs(i / max(1, len(reference) - 1) - j / max(1, len(candidate) - 1))
        colours = 0.4 * (reference[i].get("colour", "") != candidate[j].get("colour", ""))
        return (
            names
            + 0.8 * abs(reference[i]["value"] - candidate[j]["value"]) / span
            + 0.8 * rank
            + colours
        )

    return assign(reference, candidate, cost)


def match_placed(
    reference: Sequence[Point], candidate: Sequence[Point], tolerance: float
) -> list[tuple[int, int]]:
    """Points by place: the same place first, what is left by order where equally many are."""
    taken: set[int] = set()
    pairs = []
    for i, point in enumerate(reference):
        near = [j for j in range(len(candidate)) if j not in taken]
        best = min(
            near, key=lambda j: (abs(candidate[j]["at"] - point["at"]), abs(i - j)), default=None
        )
        if best is not None and abs(candidate[best]["at"] - point["at"]) <= tolerance:
            taken.add(best)
            pairs.append((i, best))
    rest_reference = [i for i in range(len(reference)) if i not in {i for i, _ in pairs}]
    rest_candidate = [j for j in range(len(candidate)) if j not in taken]
    if len(reference) == len(candidate):
        pairs += zip(rest_reference, rest_candidate, strict=True)
    return sorted(pairs)
