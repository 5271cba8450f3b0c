"""Reads the typed scene of a chart from the figure that was drawn.

Covers the figure, its axes, spines and texts; runs only inside the contained worker, after the
figure was drawn on Agg. Not covered: legends (`erm.tasks.chart.legends`), axes in three dimensions
(`erm.tasks.chart.space`) and marks (`erm.tasks.chart.marks`, `erm.tasks.chart.space_marks`,
`erm.tasks.chart.figure_marks`).
"""

from __future__ import annotations

from typing import Any

from matplotlib.colors import to_hex
from matplotlib.legend import Legend as MplLegend
from matplotlib.projections.geo import GeoAxes
from matplotlib.projections.polar import PolarAxes
from matplotlib.quiver import QuiverKey

from erm.sources.errors import DrawError
from erm.tasks import Drawing
from erm.tasks.chart.axis import read_axis
from erm.tasks.chart.axis_artists import (
    add_artist_axis,
    artist_spines,
    artist_texts,
    draws_own_axes,
)
from erm.tasks.chart.canvas import Canvas, dash_name, stroke
from erm.tasks.chart.elements import Axes, ChartScene, Legend, Series, Stroke, TextItem
from erm.tasks.chart.figure_marks import figure_plot, read_figure_marks
from erm.tasks.chart.legends import read_legend
from erm.tasks.chart.marks import read_series
from erm.tasks.chart.offset_boxes import OFFSET_BOXES, texts_of_box
from erm.tasks.chart.pies import wedge_texts
from erm.tasks.chart.space import placed_in_space, read_camera
from erm.tasks.chart.space_marks import read_space_series
from erm.tasks.chart.texts import read_text
from erm.tasks.chart.treemaps import tile_texts

MAX_TEXTS = 2000
"""Texts beyond which a figure is refused: nobody can check that many."""


def read_scene(drawing: Drawing) -> ChartScene:
    """The scene of a drawing.

    Raises `DrawError('unreadable', …)` where something drawn can't be read.
    """
    live = drawing.live
    if live.changed:
        raise DrawError("unreadable", "The figure was changed after its picture was taken.")
    figure = live.figure
    top = live.bottom + live.height
    renderer = figure.canvas.get_renderer()
    canvas = Canvas(figure, renderer, live.width, live.height, live.left, top, figure.dpi)
    scene = read_figure(canvas)
    if not any(axes["box"][0] <= 0 and axes["box"][1] <= 0 for axes in scene["axes"]):
        # the colour given to savefig is not kept by the figure; the corner shows it
        scene["background"] = "#{:02x}{:02x}{:02x}ff".format(*drawing.pixels[0, 0])
    return scene


def read_figure(canvas: Canvas) -> ChartScene:
    """The scene of a drawn figure.

    Raises `DrawError('unreadable', …)` where something drawn can't be read.
    """
    figure = canvas.figure
    every = _all_axes(figure.axes)
    scene = ChartScene(
        size=[canvas.width, canvas.height],
        cropped=_is_cropped(canvas),
        background=to_hex(figure.get_facecolor(), keep_alpha=True),
        texts=_figure_texts(figure, canvas),
        legends=[read_legend(item, canvas) for item in figure.legends if item.get_visible()],
        axes=[read_axes(axes, canvas) for axes in every if axes.get_visible()],
    )
    marks = read_figure_marks(figure, canvas)
    if marks:
        scene["axes"].append(figure_plot(marks, canvas))
    texts = len(scene["texts"]) + sum(len(axes["texts"]) for axes in scene["axes"])
    if texts > MAX_TEXTS:
        raise DrawError("unreadable", f"{texts} texts are more than {MAX_TEXTS}.")
    return scene


def _is_cropped(canvas: Canvas) -> bool:
    """Whether the picture was cut to its content, so that its size follows from that."""
    sides = canvas.figure.bbox.size
    return any(abs(a - b) > 1 for a, b in zip(sides, (canvas.width, canvas.height), strict=True))


def _all_axes(axes: list[Any]) -> list[Any]:
    found = []
    for item in axes:
        found.append(item)
        found.extend(_all_axes(item.child_axes))
        # further axes of a host, which draws them itself
        found.extend(_all_axes(getattr(item, "parasites", [])))
    return found


def _figure_texts(figure: Any, canvas: Canvas) -> list[TextItem]:
    roles = {
        "suptitle": figure._suptitle,
        "shared x label": figure._supxlabel,
        "shared y label": figure._supylabel,
    }
    special = {id(text): role for role, text in roles.items() if text is not None}
    texts = []
    for text in figure.texts:
        item = read_text(text, special.get(id(text), "annotation"), canvas)
        if item is not None:
            texts.append(item)
    for artist in figure.artists:
        if isinstance(artist, OFFSET_BOXES):
            texts += texts_of_box(artist, canvas)
    for part in figure.subfigs:
        texts.extend(_figure_texts(part, canvas))
    return texts


def read_axes(axes: Any, canvas: Canvas) -> Axes:
    """One plot area with all that belongs to it."""
    projection = "polar" if isinstance(axes, PolarAxes) else axes.name
    if projection not in ("rectilinear", "polar", "3d") and not isinstance(axes, GeoAxes):
        raise DrawError("unreadable", f"Axes of projection '{axes.name}' can't be read.")
    x, y = (read_axis(axes, name, canvas) for name in ("x", "y"))
    own = draws_own_axes(axes)
    if own:
        add_artist_axis(x, axes, "x", canvas)
        add_artist_axis(y, axes, "y", canvas)
    bar = getattr(axes, "_colorbar", None) is not None  # also in axes that the program placed
    texts = _axes_texts(axes, canvas)
    camera = read_camera(axes, canvas) if projection == "3d" else None
    series: list[Series] = []
    if camera is not None:
        series = read_space_series(axes, camera, canvas)
    elif not bar:
        series = read_series(axes, canvas, x, y)
    found = Axes(
        box=canvas.box(axes.get_window_extent(canvas.renderer)),
        grid=_grid_position(axes),
        projection=projection,
        role="colour bar" if bar else "plot",
        background=_background(axes, canvas),
        spines=artist_spines(axes, canvas) if own else _spines(axes, canvas),
        x=x,
        y=y,
        texts=texts,
        legends=_axes_legends(axes, canvas),
        series=series,
    )
    if camera is not None:
        found["z"] = read_axis(axes, "z", canvas)
        found["camera"] = camera
    return found


def _axes_legends(axes: Any, canvas: Canvas) -> list[Legend]:
    """The legend of an axes, and earlier ones that the program kept as artists."""
    kept = [part for part in axes.artists if isinstance(part, MplLegend)]
    legends = [axes.get_legend(), *(part for part in kept if part is not axes.get_legend())]
    shown = [legend for legend in legends if legend is not None and legend.get_visible()]
    return [read_legend(legend, canvas) for legend in shown]


def _grid_position(axes: Any) -> list[int] | None:
    spec = axes.get_subplotspec()
    if spec is None:
        return None
    rows, columns = spec.get_gridspec().get_geometry()
    return [
        rows,
        columns,
        spec.rowspan.start,
        spec.rowspan.stop - 1,
        spec.colspan.start,
        spec.colspan.stop - 1,
    ]


def _background(axes: Any, canvas: Canvas) -> str:
    if not axes.axison or not axes.patch.get_visible():
        return "#ffffff00"
    return canvas.hex(axes.get_facecolor())


def _spines(axes: Any, canvas: Canvas) -> dict[str, Stroke]:
    if not axes.axison:
        return {}
    found = {}
    for name, spine in axes.spines.items():
        line = stroke(
            canvas,
            spine.get_edgecolor(),
            spine.get_linewidth(),
            dash_name(spine._dash_pattern[1], spine.get_linewidth()),
        )
        if spine.get_visible() and line is not None:
            found[str(name)] = line
    return found


def _axes_texts(axes: Any, canvas: Canvas) -> list[TextItem]:
    titles = [("title", axes.title)]
    titles += [("left title", axes._left_title), ("right title", axes._right_title)]
    if axes.name == "3d":
        if axes._axis3don:
            titles += [(f"{name} label", axis.label) for name, axis in axes._axis_map.items()]
    elif axes.axison and not draws_own_axes(axes):
        titles += [
            (
                "x label" if axes.xaxis.label_position == "bottom" else "top x label",
                axes.xaxis.label,
            ),
            (
                "y label" if axes.yaxis.label_position == "left" else "right y label",
                axes.yaxis.label,
            ),
        ]
    of_parts = wedge_texts(axes) | tile_texts(axes)
    for table in axes.tables:
        cells = sorted(table.get_celld().items())
        titles += [
            (f"table cell {row + 1}, {column + 1}", cell.get_text())
            for (row, column), cell in cells
        ]
    items = [read_text(text, role, canvas) for role, text in titles]
    if axes.name == "3d":
        for item in items:
            if item is not None and item["role"].endswith("label"):
                item["angle"] = 0.0  # follows from the view, and from how long the label is
    for text in [*axes.texts, *(key.text for key in axes.artists if isinstance(key, QuiverKey))]:
        role, wedge = of_parts.get(id(text), ("annotation", -1))
        with placed_in_space(text):
            item = read_text(text, role, canvas)
        if item is not None and wedge >= 0:
            item["wedge"] = wedge
        items.append(item)
    for artist in axes.artists:
        if isinstance(artist, OFFSET_BOXES):
            items += texts_of_box(artist, canvas)
    if draws_own_axes(axes):
        items += artist_texts(axes, canvas)
    return [item for item in items if item is not None]
