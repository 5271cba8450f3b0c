"""Reads axes in three dimensions: from where they are seen, their grid, and texts inside them.

Runs only inside the contained worker. Not covered: marks (`erm.tasks.chart.space_marks`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from mpl_toolkits.mplot3d.art3d import Text3D

from erm.sources.errors import DrawError
from erm.tasks.chart.canvas import Canvas, dash_name, number, stroke
from erm.tasks.chart.elements import Camera, Stroke


def read_camera(axes: Any, canvas: Canvas) -> Camera:
    """From where axes are seen, as they were drawn.

    Raises `DrawError('unreadable', …)` where an axis is not linear.
    """
    if any(axis.get_scale() != "linear" for axis in axes._axis_map.values()):
        raise DrawError("unreadable", "Axes in three dimensions that are not linear can't be read.")
    # to homogeneous coordinates of the view, from there by a stretch and a shift to pixels
    view = np.asarray(axes.M, dtype=float)
    origin, right, top = axes.transData.transform([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    matrix = np.stack(
        [
            (right - origin)[0] * view[0] + (origin[0] - canvas.left) * view[3],
            (canvas.top - origin[1]) * view[3] - (top - origin)[1] * view[1],
            view[3],
        ]
    )
    return Camera(
        elevation=round(float(axes.elev), 2),
        azimuth=round(float(axes.azim), 2),
        roll=round(float(axes.roll), 2),
        matrix=[[number(value) for value in row] for row in matrix],
    )


def read_space_grid(axis: Any, canvas: Canvas) -> Stroke | None:
    """The grid lines of an axis; None where none are drawn."""
    if not axis.axes._draw_grid or not axis.get_major_ticks():
        return None
    look = axis._axinfo["grid"]
    width = float(look["linewidth"])
    dash = {"-": "solid", "--": "dashed", ":": "dotted", "-.": "dash-dotted"}
    style = look["linestyle"]
    name = dash.get(style, style) if isinstance(style, str) else dash_name(style[1], width)
    return stroke(canvas, look["color"], width, str(name))


@contextmanager
def placed_in_space(text: Any) -> Iterator[None]:
    """While it lasts, a text of three dimensions stands where it was drawn."""
    if not isinstance(text, Text3D):
        yield
        return
    place, angle = text.get_position(), text.get_rotation()
    start = np.array(text.get_position_3d(), dtype=float)
    ends = np.stack([start, start + text._dir_vec])
    homogeneous = np.column_stack([ends, np.ones(2)]) @ np.asarray(text.axes.M).T
    (x, y), (end_x, end_y) = homogeneous[:, :2] / homogeneous[:, 3:]
    turn = math.degrees(math.atan2(end_y - y, end_x - x))
    try:
        text.set_position((x, y))
        # readable from the right, as matplotlib turns it
        text.set_rotation((turn + 90) % 180 - 90)
        yield
    finally:
        text.set_position(place)
        text.set_rotation(angle)
