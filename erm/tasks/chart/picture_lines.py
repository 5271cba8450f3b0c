"""Values of lines, points and areas in the picture of a plot, measured against its axes.

A line with few corners becomes its corners, any other one a point in every few columns of pixels.
Not covered: lines that turn back, of which only place and look are known.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from erm.tasks.chart.elements import Axis, Point
from erm.tasks.chart.matching import value_at
from erm.tasks.chart.picture_marks import Marks
from erm.tasks.discrepancy import Box
from erm.tasks.shared.regions import Mask

_CORNER = 1.3
"""Pixels that a corner of a line stands off the straight line between its neighbours."""

_MOST_CORNERS = 14
"""Corners from which a line is a curve."""

_STEP = 8
"""Pixels between the points of a curve."""

_TWO_STRANDS = 0.15
"""Share of columns in which a line is there twice, from which it turns back."""

_APART = 3
"""Pixels between two strands of a line in one column."""

_ROUNDING = 0.7
"""Pixels by which a value may be moved to a rounder one."""

_CORNER_BLUR = 2.0
"""The same for the place of a line's corner along x."""

_MOST_POINTS = 150
"""Scattered points beyond which they are not told apart."""


def points_of(marks: Marks, frame: Box, x: Axis, y: Axis) -> list[Point] | None:
    """The points of a plot's marks in the values of its axes; None where they can't be measured."""
    if marks.kind == "scatter":
        if len(marks.pieces) > _MOST_POINTS:
            return None
        middles = [((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2) for box in marks.pieces]
        points = [_point(column, row, row, marks.marker, frame, x, y) for column, row in middles]
        return sorted(points, key=lambda point: (point["at"], point["value"]))
    if _turns_back(marks.mask):
        return None
    columns = np.flatnonzero(marks.mask.any(axis=0))
    if len(columns) < 2:
        return None
    rows = np.arange(marks.mask.shape[0])[:, None]
    weights = np.where(marks.mask, marks.cover, 0)[:, columns]
    if marks.kind == "area":
        tops = marks.mask[:, columns].argmax(axis=0).astype(float)
        ends = marks.mask.shape[0] - marks.mask[::-1, columns].argmax(axis=0).astype(float)
    else:
        tops = ends = (weights * (rows + 0.5)).sum(axis=0) / weights.sum(axis=0)
    course = np.column_stack([columns + 0.5, tops])
    measured = course if marks.kind == "line" else np.column_stack([course[:, 0], ends - tops])
    kept, blur = _corners(measured), _CORNER_BLUR
    if len(kept) > _MOST_CORNERS:
        blur = 0.0
        kept = np.flatnonzero((columns % _STEP == 0) | (columns == columns[-1]))
    return [
        _point(course[index, 0], tops[index], ends[index], marks.marker, frame, x, y, blur)
        for index in kept
    ]


def _corners(course: NDArray[np.float64]) -> NDArray[np.int64]:
    """Indices of the corners of a course (n, 2) that runs to the right, its ends among them, by
    the method of Douglas and Peucker (1973)."""
    kept = {0, len(course) - 1}
    open_parts = [(0, len(course) - 1)]
    while open_parts and len(kept) <= _MOST_CORNERS:
        first, last = open_parts.pop(0)
        (x0, y0), (x1, y1) = course[first], course[last]
        inner = course[first + 1 : last]
        if not len(inner):
            continue
        off = np.abs((inner[:, 0] - x0) * (y1 - y0) - (inner[:, 1] - y0) * (x1 - x0))
        off /= np.hypot(x1 - x0, y1 - y0)
        worst = int(off.argmax())
        if off[worst] > _CORNER:
            middle = first + 1 + worst
            kept.add(middle)
            open_parts += [(first, middle), (middle, last)]
    return np.array(sorted(kept))


def _turns_back(mask: Mask) -> bool:
    """Whether many columns hold two strands."""
    starts = mask[_APART:] & ~mask[:-_APART]
    first = mask[:_APART].any(axis=0).astype(int)
    runs = np.diff(starts.astype(int), axis=0, prepend=0).clip(min=0).sum(axis=0) + first
    used = mask.any(axis=0)
    return bool((runs[used] > 1).mean() > _TWO_STRANDS)


def _point(
    column: float,
    row: float,
    end: float,
    size: float,
    frame: Box,
    x: Axis,
    y: Axis,
    blur: float = _ROUNDING,
) -> Point:
    """A place in px of a plot as a point; ``end`` is the row in which an area ends."""
    width, height = frame.x1 - frame.x0, frame.y1 - frame.y0
    offset = int(frame.x0) - frame.x0, int(frame.y0) - frame.y0
    at = value_of(x, (column + offset[0]) / width, width, blur)
    value, base = (
        value_of(y, 1 - (place + offset[1]) / height, height, _ROUNDING) for place in (row, end)
    )
    half = max(1.0, size / 2)
    left, top = int(frame.x0) + column, int(frame.y0) + row
    return Point(
        at=at,
        value=value,
        base=base if end != row else 0.0,
        size=size,
        box=[left - half, top - half, left + half, max(top + half, int(frame.y0) + end)],
        name="",
    )


def value_of(axis: Axis, share: float, length: float, blur: float = _ROUNDING) -> float:
    """The roundest value within ``blur`` pixels at a share of an axis of so many pixels."""
    value = value_at(axis, share)
    return roundest(value, abs(value_at(axis, share + blur / length) - value))


def roundest(value: float, slack: float) -> float:
    """The roundest number that is no further than ``slack`` from a value."""
    if not math.isfinite(value) or slack == 0 or not math.isfinite(slack):
        return value
    for exponent in range(math.floor(math.log10(max(abs(value), slack))) + 1, -30, -1):
        for step in (10.0**exponent, 5 * 10.0 ** (exponent - 1)):
            rounded = round(value / step) * step
            if abs(rounded - value) <= slack:
                return float(f"{rounded:.6g}")
    return value


def level_of(marks: Marks, frame: Box) -> str | None:
    """Whether marks are one straight line across the whole plot, and along which axis."""
    (rows,) = np.nonzero(marks.mask.any(axis=1))
    (columns,) = np.nonzero(marks.mask.any(axis=0))
    high, wide = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    if marks.kind != "line" or marks.marker:
        return None
    thin = marks.width + 3
    if high <= thin and wide >= 0.96 * marks.mask.shape[1]:
        return "horizontal line"
    if wide <= thin and high >= 0.96 * marks.mask.shape[0]:
        return "vertical line"
    return None
