"""Reads heat maps and images as cells of colour.

Runs only inside the contained worker.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable

from erm.sources.errors import DrawError
from erm.tasks.chart.canvas import Canvas, stroke
from erm.tasks.chart.elements import Series
from erm.tasks.chart.series import label_of, make_point, make_series

MAX_CELLS = 2000
"""Cells of a mesh beyond which a figure is refused."""

_SHOWN_CELLS = 1024
"""Cells beyond which an image is read as means over a coarser grid."""


def _cells(
    values: np.ndarray[Any, Any],
    colours: np.ndarray[Any, Any],
    corners: np.ndarray[Any, Any],
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
    array = artist.get_array()
    corners = artist.get_transform().transform(
        np.ma.filled(artist._coordinates, np.nan).reshape(-1, 2)
    )
    corners = corners.reshape(artist._coordinates.shape)
    shape = (corners.shape[0] - 1, corners.shape[1] - 1)
    if array is None or array.ndim == 3 or array.size != shape[0] * shape[1]:
        raise DrawError("unreadable", "A mesh without one value a cell can't be read.")
    if array.size > MAX_CELLS:
        raise DrawError("unreadable", f"A mesh of {array.size} cells is more than {MAX_CELLS}.")
    values = np.ma.filled(np.ma.asarray(array, dtype=float), np.nan).reshape(shape)
    colours = artist.to_rgba(np.ma.asarray(array, dtype=float).reshape(shape))
    name = artist.get_cmap().name
    series = _cells(values, colours, corners, canvas, label_of(artist), name, "heat map")
    edges = artist.get_edgecolors()
    if len(edges) == 1:
        series["edge"] = stroke(canvas, edges[0], float(artist.get_linewidth()[0]), "solid")
    return series


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
        side = math.isqrt(_SHOWN_CELLS)
        parts = (np.array_split(np.arange(n), min(n, side)) for n in (rows, columns))
        across, along = (list(part) for part in parts)
        colours = np.array(
            [[colours[np.ix_(r, c)].mean(axis=(0, 1)) for c in along] for r in across]
        )
        values = np.array([[np.nanmean(values[np.ix_(r, c)]) for c in along] for r in across])
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
