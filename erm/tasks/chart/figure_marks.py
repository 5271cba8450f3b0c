"""Reads marks that stand in a figure outside any axes, as a plot without axes.

Runs only inside the contained worker. Not covered: texts of the figure (`erm.tasks.chart.scene`).
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from matplotlib.image import FigureImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from erm.sources.errors import DrawError
from erm.tasks.chart.canvas import Canvas
from erm.tasks.chart.cells import read_image
from erm.tasks.chart.elements import Axes, Axis, Series
from erm.tasks.chart.offset_boxes import OFFSET_BOXES, shapes_of_box
from erm.tasks.chart.shapes import read_figure_line, read_patches


def read_figure_marks(figure: Any, canvas: Canvas) -> list[Series]:
    """Marks that stand in the figure outside any axes, in thousandths of the figure's sides."""
    shown = [
        artist
        for artist in [*figure.artists, *figure.lines, *figure.patches, *figure.images]
        if artist.get_visible()
    ]
    # shapes are kept as shares of what they stand in
    place = SimpleNamespace(transAxes=figure.transFigure, transData=figure.transFigure)
    patches = [artist for artist in shown if isinstance(artist, Patch)]
    marks: list[Series | None] = [series for _, series in read_patches(patches, place, canvas)]
    for artist in shown:
        if isinstance(artist, Line2D):
            marks.append(read_figure_line(artist, place, canvas))
        elif isinstance(artist, FigureImage):
            marks.append(read_image(artist, canvas))
        elif isinstance(artist, OFFSET_BOXES):
            marks += shapes_of_box(artist, place, canvas)
        elif not isinstance(artist, Patch):
            kind = type(artist).__name__
            raise DrawError("unreadable", f"A {kind} of the figure outside any axes can't be read.")
    return [series for series in marks if series is not None]


def figure_plot(marks: list[Series], canvas: Canvas) -> Axes:
    """The figure itself as a plot without axes."""
    axis = Axis(
        scale="linear",
        limits=[0.0, 1.0],
        auto=False,
        fixed=False,
        visible=False,
        side="",
        ticks=[],
        tick_font="",
        tick_weight="normal",
        tick_size=0.0,
        tick_colour="#00000000",
        tick_angle=0.0,
        offset_text="",
        grid=None,
        minor_grid=None,
    )
    return Axes(
        box=[0.0, 0.0, float(canvas.width), float(canvas.height)],
        grid=None,
        projection="rectilinear",
        role="figure",
        background="#ffffff00",
        spines={},
        x=axis,
        y=axis,
        texts=[],
        legends=[],
        series=marks,
    )
