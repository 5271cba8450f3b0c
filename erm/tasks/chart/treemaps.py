"""Reads treemaps: rectangles drawn as bars that fill a larger rectangle, as squarify draws them.

A tile shows the share of its area, as a wedge of a pie does. Runs only inside the contained worker.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.container import BarContainer
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from erm.tasks.chart.canvas import Canvas
from erm.tasks.chart.elements import Series
from erm.tasks.chart.series import label_of, make_point, make_series, patch_edge, patch_fill

_FILLED = 0.75
"""Least share of the larger rectangle that tiles with gaps between them fill."""


def _sides(container: Any) -> NDArray[np.float64]:
    """x0, y0, x1, y1 of each bar, shape (n, 4)."""
    corners = [
        (bar.get_x(), bar.get_y(), bar.get_x() + bar.get_width(), bar.get_y() + bar.get_height())
        for bar in container.patches
    ]
    return np.array(corners, dtype=float).reshape(-1, 4)


def is_treemap(container: Any) -> bool:
    """Whether bars start at several heights and fill one rectangle without overlaps."""
    if not all(isinstance(bar, Rectangle) for bar in container.patches):
        return False  # bars in three dimensions
    sides = _sides(container)
    if len(sides) < 2 or not np.isfinite(sides).all() or len(np.unique(sides[:, 1])) < 2:
        return False
    if len(np.unique(sides[:, 0])) < 2 or (sides[:, 2:] <= sides[:, :2]).any():
        return False
    low, high = sides[:, :2].min(axis=0), sides[:, 2:].max(axis=0)
    whole = float(np.prod(high - low))
    filled = float(np.prod(sides[:, 2:] - sides[:, :2], axis=1).sum())
    starts = np.maximum(sides[:, None, :2], sides[None, :, :2])
    ends = np.minimum(sides[:, None, 2:], sides[None, :, 2:])
    shared = np.prod(np.clip(ends - starts, 0.0, None), axis=2)
    np.fill_diagonal(shared, 0.0)
    return bool(filled > _FILLED * whole and shared.sum() < 1e-6 * whole)


def read_treemap(container: Any, axes: Any, canvas: Canvas) -> Series:
    """The tiles with their shares, named by the first line of the text inside each."""
    sides = _sides(container)
    areas = np.prod(sides[:, 2:] - sides[:, :2], axis=1)
    names = {rank: text for text, rank in _texts_of(container, axes)}
    points = []
    for rank, bar in enumerate(container.patches):
        box = canvas.box(bar.get_window_extent(canvas.renderer))
        point = make_point(rank, areas[rank] / areas.sum(), box)
        point["colour"] = patch_fill(bar, canvas)
        if bar.get_hatch():
            point["hatch"] = bar.get_hatch()
        if rank in names:
            point["name"] = str(names[rank].get_text()).strip().split("\n")[0]
        points.append(point)
    edge = patch_edge(container.patches[0], canvas)
    return make_series("treemap", label_of(container), points, edge=edge)


def _texts_of(container: Any, axes: Any) -> list[tuple[Any, int]]:
    """Texts whose place lies inside a tile, with the rank of the tile."""
    sides = _sides(container)
    found = []
    for text in axes.texts:
        place = np.array(
            axes.transData.inverted().transform(
                text.get_transform().transform(text.get_unitless_position())
            )
        )
        inside = (sides[:, :2] < place).all(axis=1) & (place < sides[:, 2:]).all(axis=1)
        if inside.any():
            found.append((text, int(inside.argmax())))
    return found


def tile_texts(axes: Any) -> dict[int, tuple[str, int]]:
    """By id of a text inside a treemap: its role, ``tile label``, and the tile."""
    return {
        id(text): ("tile label", rank)
        for container in axes.containers
        if isinstance(container, BarContainer) and is_treemap(container)
        for text, rank in _texts_of(container, axes)
    }
