"""Bars in the picture of a plot, with their values on linear axes.

Not covered: bars without gaps, and all other marks (`erm.tasks.chart.picture_lines`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from erm.tasks.chart.elements import Axis, Point, Series, Stroke
from erm.tasks.chart.picture_frames import side_length
from erm.tasks.discrepancy import Box
from erm.tasks.shared.regions import Mask, box_of

_THINNEST = 5
"""Fewest pixels of a bar's thickness."""

_SHORTEST = 12
"""Pixels of the longest side among bars, at least."""

_PAINTED = 0.85
"""Share of a bar that nothing else covers, over that of its box which it fills, at least."""

_FILLED = 0.93
"""Least share of its box that a bar fills."""

_MOST = 0.7
"""Least share of a colour's pixels that bars hold; else the colour is that of other marks."""

_SAME_SIDE = 2.5
"""Pixels by which the thickness of bars of one series may differ."""


def rectangles(mask: Mask) -> list[Box]:
    """Boxes of the parts of a mask that are upright rectangles; empty where other parts
    hold more than the rest that `_MOST` leaves."""
    # lines that cross a bar do not divide it
    closed = ndimage.binary_closing(np.pad(mask, _THINNEST), np.ones((_THINNEST, _THINNEST), bool))
    labels, _ = ndimage.label(closed[_THINNEST:-_THINNEST, _THINNEST:-_THINNEST])
    boxes, covered = [], 0
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        inside = labels[place] == number
        box = box_of(place)
        solid = min(inside.mean(), mask[place].mean() / _PAINTED) >= _FILLED
        if solid and max(side_length(box, 0), side_length(box, 1)) >= _THINNEST:
            boxes.append(box)
            covered += int(mask[place].sum())
    return boxes if covered >= _MOST * mask.sum() else []


def unmeasured_series(name: str, colour: str, box: Box) -> Series:
    """Marks of one colour whose values are not measured: the same points whatever they show."""
    points = [
        Point(at=float(at), value=0.0, base=0.0, size=0.0, box=list(box), name="") for at in (0, 1)
    ]
    return make_series("line", name, colour, points)


def make_series(kind: str, name: str, colour: str, points: list[Point]) -> Series:
    return Series(
        kind=kind,
        name=name,
        colour=colour,
        mixed=False,
        edge=None,
        line=Stroke(colour=colour, width=1.0, dash="solid") if kind == "line" else None,
        marker="",
        hatch="",
        box=list(Box.around(point["box"] for point in points)),
        points=points,
        touching=False,
    )


def are_lying(boxes: Sequence[Box]) -> bool | None:
    """Whether boxes are bars that lie; None where they are no bars."""
    if len(boxes) < 2 or min(map(_thickness, boxes)) < 1:
        return None
    widths = [side_length(box, 0) for box in boxes]
    heights = [side_length(box, 1) for box in boxes]
    same_width = max(widths) - min(widths) <= _SAME_SIDE
    same_height = max(heights) - min(heights) <= _SAME_SIDE
    if max(*widths, *heights) < _SHORTEST:
        return None
    if same_width == same_height or min(heights if same_height else widths) < _THINNEST:
        return None
    return same_height


def _thickness(box: Box) -> float:
    return min(side_length(box, 0), side_length(box, 1))


def bar_point(box: Box, frame: Box, x: Axis, y: Axis, sideways: bool) -> Point:
    """A bar in the values of its axes."""
    across, along = (y, x) if sideways else (x, y)
    axis = 1 if sideways else 0
    middle = _value(across, (box[axis] + box[axis + 2]) / 2, frame, axis)
    ends_of = sorted(_value(along, box[side], frame, 1 - axis) for side in (1 - axis, 3 - axis))
    edges = [_value(across, box[side], frame, axis) for side in (axis, axis + 2)]
    low, high = ends_of
    # a bar that starts within two pixels of zero starts there
    if abs(low) <= 2 * abs(_value(along, 1, frame, 1 - axis) - _value(along, 0, frame, 1 - axis)):
        low = 0.0
    base, value = (high, low) if high <= 0 else (low, high)
    name = ""
    if across["fixed"] and across["ticks"]:
        tick = min(across["ticks"], key=lambda tick: abs(tick["at"] - middle))
        name = tick["text"] if abs(tick["at"] - middle) <= 0.5 else ""
    return Point(
        at=round(middle, 2),
        value=rounded(value - base),
        base=rounded(base),
        size=round(abs(edges[1] - edges[0]), 1),
        box=list(box),
        name=name,
    )


def _value(axis: Axis, place: float, frame: Box, side: int) -> float:
    """The value at a place in px on a linear axis."""
    low, high = (frame.x0, frame.x1) if side == 0 else (frame.y1, frame.y0)
    share = (place - low) / (high - low)
    first, last = axis["limits"]
    return first + share * (last - first)


def rounded(value: float) -> float:
    """A value with four digits, as pixels give no more."""
    return float(f"{value:.4g}")
