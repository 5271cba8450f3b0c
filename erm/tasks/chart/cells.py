"""Reads heat maps and images as cells of colour.

Runs only inside the contained worker.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import to_rgba_array
from numpy.typing import NDArray

from erm.sources.errors import DrawError
from erm.tasks.chart.canvas import Canvas, stroke
from erm.tasks.chart.elements import Series
from erm.tasks.chart.series import label_of, make_point, make_series

Array = NDArray[Any]

_MOST_CELLS = 2000
"""Cells of a mesh beyond which it is read as means over a coarser grid."""

_SHOWN_CELLS = 1024
"""Cells beyond which an image is read as means over a coarser grid."""


def _cells(
    values: Array,
    colours: Array,
    corners: Array,
    canvas: Canvas,
    name: str,
    colour_map: str,
    kind: str,
) -> Series:
    """Cells of shape (rows, columns); corners of shape (rows + 1, columns + 1, 2) on display."""
    rows, columns = values.shape
    points = []
    for row in range(rows):
        for column in range(columns):
            quad = corners[row : row + 2, column : column + 2].reshape(-1, 2)
            value = values[row, column]
            plain = float(value) if np.isfinite(value) else 0.0
            point = make_point(column, plain, canvas.box_of(quad), base=row)
            point["colour"] = canvas.hex(colours[row, column])
            points.append(point)
    series = make_series(kind, name, points, shape=[rows, columns], map=colour_map)
    series["mixed"] = True
    for point in points:
        point.setdefault("colour", series["colour"])
    return series


def read_mesh(artist: Any, canvas: Canvas) -> Series:
    """A mesh as its cells; a large one as the means over a coarser grid, one with colours at its
    corners as the means of each cell's."""
    array = np.ma.asarray(artist.get_array())
    corners = artist.get_transform().transform(
        np.ma.filled(artist._coordinates, np.nan).reshape(-1, 2)
    )
    corners = corners.reshape(artist._coordinates.shape)
    rows, columns = corners.shape[0] - 1, corners.shape[1] - 1
    pictorial = array.ndim == 3
    if pictorial:
        colours = np.asarray(to_rgba_array(array.reshape(-1, array.shape[2])), dtype=float)
        values = colours[:, :3].mean(axis=1)
    else:
        values = np.ma.filled(np.ma.asarray(array, dtype=float), np.nan).ravel()
        colours = np.asarray(artist.to_rgba(array.ravel()), dtype=float)
    if values.size == (rows + 1) * (columns + 1):
        values = _between_corners(values.reshape(rows + 1, columns + 1))
        colours = _between_corners(colours.reshape(rows + 1, columns + 1, 4))
    elif values.size != rows * columns:
        raise DrawError("unreadable", "A mesh without one value a cell can't be read.")
    values, colours = values.reshape(rows, columns), colours.reshape(rows, columns, 4)
    if rows * columns > _MOST_CELLS:
        across, along = _coarse(rows, columns)
        values, colours = _means(values, across, along), _means(colours, across, along)
        starts = ([part[0] for part in parts] + [parts[-1][-1] + 1] for parts in (across, along))
        corners = corners[np.ix_(*starts)]
    name, kind = ("", "image") if pictorial else (artist.get_cmap().name, "heat map")
    series = _cells(values, colours, corners, canvas, label_of(artist), name, kind)
    series["shape"] = [rows, columns]
    edges = artist.get_edgecolors()
    if len(edges) == 1:
        series["edge"] = stroke(canvas, edges[0], float(artist.get_linewidth()[0]), "solid")
    return series


def _between_corners(values: Array) -> Array:
    """The mean of each four corners: (r + 1, c + 1, …) to (r, c, …)."""
    return np.asarray((values[:-1, :-1] + values[1:, :-1] + values[:-1, 1:] + values[1:, 1:]) / 4)


def _coarse(rows: int, columns: int) -> tuple[list[Array], list[Array]]:
    """Rows and columns that fall together in a grid of at most `_SHOWN_CELLS` cells."""
    side = math.isqrt(_SHOWN_CELLS)
    parts = (np.array_split(np.arange(n), min(n, side)) for n in (rows, columns))
    across, along = (list(part) for part in parts)
    return across, along


def _means(values: Array, across: list[Array], along: list[Array]) -> Array:
    """Means of (rows, columns, …) over the cells of a coarser grid, without what is not finite."""
    known = np.isfinite(values)
    sums, counts = np.where(known, values, 0.0), known.astype(float)
    for axis, parts in ((0, across), (1, along)):
        starts = [part[0] for part in parts]
        sums = np.add.reduceat(sums, starts, axis=axis)
        counts = np.add.reduceat(counts, starts, axis=axis)
    return np.asarray(sums / np.maximum(counts, 1.0))


def read_image(artist: Any, canvas: Canvas) -> Series:
    """An image as its cells; a large one as the means over a grid of at most `_SHOWN_CELLS`."""
    array = np.ma.asarray(artist.get_array())
    colours = np.asarray(ScalarMappable.to_rgba(artist, array), dtype=float)
    pictorial = array.ndim == 3
    values = (
        colours[..., :3].mean(axis=2) if pictorial else np.ma.filled(array.astype(float), np.nan)
    )
    rows, columns = values.shape
    if rows * columns > _SHOWN_CELLS:
        across, along = _coarse(rows, columns)
        values, colours = _means(values, across, along), _means(colours, across, along)
    x0, x1, y0, y1 = artist.get_extent()
    top, bottom = (y1, y0) if artist.origin == "upper" else (y0, y1)
    xs = np.linspace(x0, x1, values.shape[1] + 1)
    ys = np.linspace(top, bottom, values.shape[0] + 1)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    corners = artist.get_transform().transform(grid).reshape(len(ys), len(xs), 2)
    series = _cells(
        values,
        colours,
        corners,
        canvas,
        label_of(artist),
        "" if pictorial else artist.get_cmap().name,
        "image" if pictorial else "heat map",
    )
    series["shape"] = [rows, columns]
    return series
