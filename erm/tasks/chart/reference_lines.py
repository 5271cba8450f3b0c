"""Lines that run across a plot, drawn by `axhline`, `axvline` or `axline`, or through two points.

Which call drew such a line can't be seen; what can be seen is where it runs inside the plot.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from erm.tasks.chart.elements import Axes, Axis, Point, Series
from erm.tasks.chart.matching import unit, value_at
from erm.tasks.chart.plot_pair import HALF_PIXEL, PlotPair, size_rule

_KINDS = ("horizontal line", "vertical line")


def with_levels(reference: Axes, candidate: Axes) -> tuple[Axes, Axes]:
    """Both plots, where one's line across the plot may be the other's line through points.

    A line through points that crosses the whole plot at one value becomes a horizontal or vertical
    line as long as the other plot has more of these.
    """
    plots = [reference, candidate]
    for kind in _KINDS:
        counts = [sum(series["kind"] == kind for series in axes["series"]) for axes in plots]
        side = 0 if counts[0] < counts[1] else 1
        plots[side] = _with_some(plots[side], kind, abs(counts[0] - counts[1]))
    return plots[0], plots[1]


def _with_some(axes: Axes, kind: str, count: int) -> Axes:
    """A plot in which up to some lines through points became lines across the plot."""
    found = [series for series in axes["series"] if _crosses(series, axes, kind)][:count]
    if not found:
        return axes
    changed = {id(series) for series in found}
    series = [_level(one, kind) if id(one) in changed else one for one in axes["series"]]
    return Axes(**{**axes, "series": series})


def _shares(series: Series, axis: Axis, across: bool) -> NDArray[np.float64]:
    """Where the points of a series stand along an axis, as shares of it."""
    points = series["points"]
    return np.array([unit(axis, point["at"] if across else point["value"]) for point in points])


def _crosses(series: Series, axes: Axes, kind: str) -> bool:
    """Whether a line without markers crosses the whole plot at one value."""
    if series["kind"] != "line" or series["marker"] or len(series["points"]) < 2:
        return False
    box = axes["box"]
    width, height = box[2] - box[0], box[3] - box[1]
    x = _shares(series, axes["x"], across=True) * width
    y = _shares(series, axes["y"], across=False) * height
    level, along, length = (y, x, width) if kind == "horizontal line" else (x, y, height)
    spans = along.min() <= HALF_PIXEL and along.max() >= length - HALF_PIXEL
    return bool(np.ptp(level) <= HALF_PIXEL and spans)


def _level(series: Series, kind: str) -> Series:
    first = series["points"][0]
    value = first["value"] if kind == "horizontal line" else first["at"]
    point = Point(at=0.0, value=value, base=0.0, size=0.0, box=series["box"], name="")
    level = Series(**{**series, "kind": kind, "points": [point]})
    level.pop("step", None)
    return level


def compare_ends(reference: Series, candidate: Series, plots: PlotPair) -> bool:
    """Adds one finding where an endless line and another line run apart at an end of the part of
    the plot that both cross; whether it did."""
    courses = [
        np.array([[plots.pixels_x(p["at"]), plots.pixels_y(p["value"])] for p in series["points"]])
        for series in (reference, candidate)
    ]
    # on an inverted axis a line through rising places runs from right to left
    courses = [course[::-1] if course[-1, 0] < course[0, 0] else course for course in courses]
    if any((np.diff(course[:, 0]) <= 0).any() for course in courses):
        return False
    low, high = (float(edge) for edge in shared_view(plots)[:, 0])
    for series, course in zip((reference, candidate), courses, strict=True):
        if not series.get("endless"):
            low, high = max(low, course[0, 0]), min(high, course[-1, 0])
    if high - low <= HALF_PIXEL:
        return False
    first, second = (_heights(course, (low, high)) for course in courses)
    gap = float(np.abs(first - second).max())
    if gap <= HALF_PIXEL:
        return False
    length = plots.length(reference)
    ends = [_values(plots.reference["y"], heights / length) for heights in (first, second)]
    boxes = reference["box"], candidate["box"]
    rule = size_rule(gap / length)
    plots.findings.add(rule, plots.series_element(reference), "ends", (ends[0], ends[1]), boxes)
    return True


def shared_view(plots: PlotPair) -> NDArray[np.float64]:
    """Lower and upper corner (2, 2) of what both plots show, in the reference's pixels."""
    sides = [
        np.array(
            [
                sorted(plots.pixels_x(value) for value in axes["x"]["limits"]),
                sorted(plots.pixels_y(value) for value in axes["y"]["limits"]),
            ]
        )
        for axes in (plots.reference, plots.candidate)
    ]
    return np.array(
        [
            np.maximum(sides[0][:, 0], sides[1][:, 0]),
            np.minimum(sides[0][:, 1], sides[1][:, 1]),
        ]
    )


def visible_vertices(course: NDArray[np.float64], view: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ends (n, 2) of the parts of a polyline (m, 2) inside a rectangle (2, 2)."""
    found = []
    for start, end in pairwise(course):
        step = end - start
        low, high = 0.0, 1.0
        for axis in (0, 1):
            if step[axis] == 0:
                if not view[0, axis] <= start[axis] <= view[1, axis]:
                    high = -1.0
                continue
            ends = sorted((view[:, axis] - start[axis]) / step[axis])
            low, high = max(low, ends[0]), min(high, ends[1])
        if low <= high:
            found += [start + low * step, start + high * step]
    return np.array(found).reshape(-1, 2)


def _values(axis: Axis, shares: NDArray[np.float64]) -> tuple[float, ...]:
    """Values at shares of an axis; what rounding leaves of zero is zero."""
    span = abs(axis["limits"][1] - axis["limits"][0])
    values = [value_at(axis, share) for share in shares.tolist()]
    return tuple(0.0 if abs(value) < 1e-9 * span else value for value in values)


def _heights(course: NDArray[np.float64], places: tuple[float, float]) -> NDArray[np.float64]:
    """Heights of a line at two places; an endless one is kept by its ends at the plot's sides."""
    x, y = course.T
    if len(course) == 2:
        return np.asarray(y[0] + (np.array(places) - x[0]) * (y[1] - y[0]) / (x[1] - x[0]))
    return np.asarray(np.interp(places, x, y))
