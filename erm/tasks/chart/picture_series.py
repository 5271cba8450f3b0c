"""Series in the picture of a plot: bars, lines, points and areas with their values and looks.

Not covered: wedges, cells, boxes, and gradients, of which only colour and place are read.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from erm.tasks.chart.elements import Axis, Point, Series, Stroke
from erm.tasks.chart.picture_bars import (
    are_lying,
    bar_point,
    make_series,
    rectangles,
    unmeasured_series,
)
from erm.tasks.chart.picture_colours import hex_of, is_grey, series_colours
from erm.tasks.chart.picture_frames import shifted
from erm.tasks.chart.picture_lines import level_of, points_of, value_of
from erm.tasks.chart.picture_marks import Marks, find_marks
from erm.tasks.discrepancy import Box
from erm.tasks.shared.regions import Pixels, codes_of, ends, levels_of

_MOST_COLOURS = 16
"""Colours of marks beyond which a plot shows a gradient or an image."""

_PALE = 150
"""Channel of a grey, 0 to 255, beyond which it is a part of a grid or of the background."""

_WIDE_GREY = 0.3
"""Share of a plot's side that grey marks span at least; smaller ones are letters."""


def read_series(
    part: Pixels, paper: int, frame: Box, axes: tuple[Axis, Axis], names: Mapping[str, str]
) -> list[Series]:
    """The series of a plot.

    Args:
        part: the plot's pixels, (height, width, 3) RGB, without texts and legends.
        paper: its background as one number.
        frame: the plot in px of the picture; ``part`` starts at its whole pixels.
        axes: the x and the y axis.
        names: of series, by their colours as a legend shows them.
    """
    codes = codes_of(part)
    colours = series_colours(codes, paper)
    if len(colours) > _MOST_COLOURS:
        return []
    corner = int(frame.x0), int(frame.y0)
    series = []
    for marks in find_marks(part, paper, colours):
        if is_grey(marks.code) and (not _spans(marks) or min(levels_of(marks.code)) > _PALE):
            continue
        colour = hex_of(marks.code)
        name = names.get(colour, "")
        boxes = [shifted(box, *corner) for box in rectangles(codes == marks.code)]
        sideways = are_lying(boxes)
        if sideways is not None:
            points = [bar_point(box, frame, *axes, sideways) for box in boxes]
            points.sort(key=lambda point: point["at"])
            kind = "horizontal bar" if sideways else "bar"
            series.append(make_series(kind, name, colour, points))
            continue
        series.append(_measured(marks, frame, axes, name))
    return series


def _measured(marks: Marks, frame: Box, axes: tuple[Axis, Axis], name: str) -> Series:
    colour = hex_of(marks.code)
    (left, right), (top, bottom) = (ends(marks.mask.any(axis=axis)) for axis in (0, 1))
    box = shifted(Box(left, top, right, bottom), int(frame.x0), int(frame.y0))
    look = Stroke(colour=colour, width=round(marks.width, 1), dash=marks.dash)
    level = level_of(marks, frame)
    points = points_of(marks, frame, *axes) if level is None else None
    if level is not None:
        axis = axes[0] if level == "vertical line" else axes[1]
        point = _level_point(marks, frame, axis, level, box)
        made = make_series(level, name, colour, [point])
        made["line"] = look
        return made
    if not points:
        made = unmeasured_series(name, colour, box)
    else:
        made = make_series(marks.kind, name, colour, points)
        made["box"] = list(box)
    if marks.kind == "line":
        made["line"] = look
        made["marker"] = marks.form if marks.marker else ""
    elif marks.kind == "scatter":
        made["kind"], made["line"], made["marker"] = "scatter", None, marks.form
    else:
        made["kind"], made["line"] = "area", None
    return made


def _level_point(marks: Marks, frame: Box, axis: Axis, level: str, box: Box) -> Point:
    """The one value of a line across the plot."""
    upright = level == "vertical line"
    weights = marks.cover.sum(axis=0 if upright else 1)
    place = float((weights * (np.arange(len(weights)) + 0.5)).sum() / weights.sum())
    if upright:
        length = frame.x1 - frame.x0
        share = (place + int(frame.x0) - frame.x0) / length
    else:
        length = frame.y1 - frame.y0
        share = 1 - (place + int(frame.y0) - frame.y0) / length
    value = value_of(axis, share, length)
    return Point(at=0.0, value=value, base=0.0, size=0.0, box=list(box), name="")


def _spans(marks: Marks) -> bool:
    """Whether grey marks are too wide for letters."""
    high, wide = marks.mask.shape
    return marks.kind == "line" and any(
        box.x1 - box.x0 > _WIDE_GREY * wide or box.y1 - box.y0 > _WIDE_GREY * high
        for box in marks.pieces
    )
