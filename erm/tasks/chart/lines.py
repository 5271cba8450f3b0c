"""Reads lines: over data, scattered points without a line, and reference lines across a plot.

Runs only inside the contained worker.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.lines import AxLine, Line2D
from numpy.typing import NDArray

from erm.tasks.chart.canvas import Canvas, dash_name, stroke
from erm.tasks.chart.elements import Series, Stroke
from erm.tasks.chart.series import MAX_POINTS, label_of, make_point, make_series, sample
from erm.tasks.chart.shapes import read_line_shape

_THINNED = 600
"""Points from which a line keeps only those that show: the ends and extremes of each pixel."""


def read_line(line: Any, axes: Any, canvas: Canvas) -> Series | None:
    """A `Line2D` as a line, as scattered points, or as a reference line across the axes."""
    transform = line.get_transform()
    in_x, in_y = transform.contains_branch_seperately(axes.transData)
    look, face, marker = line_look(line, canvas)
    if look is None and not marker:
        return None
    if isinstance(line, AxLine) and look is not None:
        endless = _read_endless(line, look, axes, canvas)
        if endless is not None:
            return endless
    if type(line) is not Line2D or not (in_x or in_y):
        return read_line_shape(line, look, face, canvas, axes)
    data = np.asarray(line.get_xydata(), dtype=float)
    if in_x != in_y:
        values = data[:, 0] if in_x else data[:, 1]
        level = len(values) > 0 and np.isfinite(values).all() and np.ptp(values) == 0
        if look is None or not level:
            return read_line_shape(line, look, face, canvas, axes)
        ends = line.get_window_extent(canvas.renderer).get_points()
        return _read_level(line, look, in_x, values[0], ends, canvas)
    finite = np.isfinite(data).all(axis=1)
    display = transform.transform(np.where(finite[:, None], data, 0.0))
    size = canvas.pixels(line.get_markersize()) if marker else 0.0
    margin = max(size, look["width"] if look else 0.0) / 2
    kept = np.flatnonzero(finite)
    drawn = len(kept)
    if drawn > _THINNED and not (np.diff(display[kept, 0]) < 0).any():
        kept = kept[_extremes(display[kept])]
        drawn = len(kept)
    kept = kept[sample(drawn, MAX_POINTS)]
    points = []
    for index in kept:
        at, value = data[index]
        box = canvas.box_of(display[index], margin)
        points.append(make_point(at, value, box, size=size))
    step = line.get_drawstyle()
    return make_series(
        "line" if look is not None else "scatter",
        label_of(line),
        points,
        line=look,
        marker=marker,
        colour=look["colour"] if look else face,
        step="" if step == "default" else step,
        **({"face": face} if marker and look and face != look["colour"] else {}),
        **({"total": drawn} if drawn > MAX_POINTS else {}),
    )


def line_look(line: Any, canvas: Canvas) -> tuple[Stroke | None, str, str]:
    """Stroke, fill of the markers, and marker of a line; None and empty where it has none."""
    width, marker = line.get_linewidth(), str(line.get_marker())
    alpha = line.get_alpha()
    look = (
        stroke(canvas, line.get_color(), width, dash_name(line._dash_pattern[1], width), alpha)
        if line.get_linestyle() not in ("None", "", " ")
        else None
    )
    marker = "" if marker in ("None", "none", "", " ") else marker
    face = canvas.hex(line.get_markerfacecolor() if marker else line.get_color(), alpha)
    if face.endswith("00") and marker:
        face = canvas.hex(line.get_markeredgecolor(), alpha)
    return look, face, marker


def _read_level(
    line: Any, look: Stroke, upright: bool, value: Any, ends: Any, canvas: Canvas
) -> Series:
    """A line across the plot at one value; ``ends`` (2, 2) on display."""
    point = make_point(0, value, canvas.box_of(ends, max(1.0, line.get_linewidth() / 2)))
    kind = "vertical line" if upright else "horizontal line"
    return make_series(kind, label_of(line), [point], line=look, colour=look["colour"])


def _read_endless(line: Any, look: Stroke, axes: Any, canvas: Canvas) -> Series | None:
    """A line of `axline` through the whole plot; None where it doesn't stand in the data."""
    if not line._transform.contains_branch(axes.transData):
        return None
    ends = line.get_transform().transform([[0.0, 0.0], [1.0, 1.0]])
    (x0, y0), (x1, y1) = ends
    upright = abs(x1 - x0) < 1e-6
    if upright or abs(y1 - y0) < 1e-6:
        value = axes.transData.inverted().transform(ends[0])[0 if upright else 1]
        return _read_level(line, look, upright, value, ends, canvas)
    sides = np.array([axes.bbox.x0, axes.bbox.x1])
    heights = y0 + (sides - x0) * (y1 - y0) / (x1 - x0)
    data = axes.transData.inverted().transform(np.column_stack([sides, heights]))
    if not np.isfinite(data).all():
        return None
    data = data[np.argsort(data[:, 0])]
    box = canvas.box_of(ends, max(1.0, line.get_linewidth() / 2))
    points = [make_point(at, value, box) for at, value in data]
    series = make_series("line", label_of(line), points, line=look, colour=look["colour"])
    series["endless"] = True
    return series


def _extremes(display: NDArray[np.float64]) -> NDArray[np.int64]:
    """Indices of the first, lowest, highest and last point of each column of pixels of a line that
    never turns back, which would have several strands in a column; at most `MAX_POINTS`."""
    across = display[:, 0] - display[0, 0]
    width = max(1.0, 4 * (across[-1] + 1) / MAX_POINTS)
    column = np.floor(display[:, 0] / width).astype(int)
    keep: set[int] = set()
    starts = np.flatnonzero(np.r_[True, np.diff(column) > 0])
    for start, stop in zip(starts, np.r_[starts[1:], len(display)], strict=True):
        heights = display[start:stop, 1]
        keep |= {int(start), int(stop) - 1}
        keep |= {int(start + heights.argmin()), int(start + heights.argmax())}
    return np.array(sorted(keep))
