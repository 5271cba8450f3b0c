"""Builds series and points of a scene from what artists hold.

Runs only inside the contained worker.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from matplotlib.markers import MarkerStyle
from numpy.typing import NDArray

from erm.tasks.chart.canvas import Canvas, dash_name, number, stroke
from erm.tasks.chart.elements import Point, Series, Stroke
from erm.tasks.discrepancy import Box

MAX_POINTS = 2000
"""Points of a line or scatter plot that are kept; of more, an even sample."""


def label_of(artist: Any) -> str:
    text = str(artist.get_label() or "")
    return "" if text.startswith("_") else text.strip()


def sample(count: int, most: int) -> NDArray[np.int64]:
    """Indices of all of ``count`` marks, or of ``most`` evenly among them."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).round().astype(int)


def make_series(kind: str, name: str, points: list[Point], **look: Any) -> Series:
    """A series with the common look; colours that differ between points are kept on them."""
    colours = [point["colour"] for point in points if "colour" in point]
    mixed = len(set(colours)) > 1
    first = look.pop("colour", colours[0] if colours else "#00000000")
    hatches = {point.get("hatch", "") for point in points}
    hatch = look.pop("hatch", points[0].get("hatch", "") if points else "")
    for point in points:
        if not mixed:
            point.pop("colour", None)
        if len(hatches) == 1:
            point.pop("hatch", None)
    series = Series(
        kind=kind,
        name=name,
        colour=first,
        mixed=mixed,
        edge=look.pop("edge", None),
        line=look.pop("line", None),
        marker=look.pop("marker", ""),
        hatch=hatch,
        box=list(Box.around(point["box"] for point in points)) if points else [0.0, 0.0, 0.0, 0.0],
        points=points,
    )
    series.update(look)  # type: ignore[typeddict-item]
    return series


def make_point(at: Any, value: Any, box: list[float], base: Any = 0.0, size: Any = 0.0) -> Point:
    return Point(
        at=number(at), value=number(value), base=number(base), size=number(size), box=box, name=""
    )


def patch_edge(patch: Any, canvas: Canvas) -> Stroke | None:
    """The outline of a patch where it differs from its fill."""
    width = patch.get_linewidth()
    line = stroke(canvas, patch.get_edgecolor(), width, dash_name(patch._dash_pattern[1], width))
    if (
        line is not None
        and patch.get_fill()
        and line["colour"] == canvas.hex(patch.get_facecolor())
    ):
        return None
    return line


def patch_fill(patch: Any, canvas: Canvas) -> str:
    """The fill of a patch; transparent where it has none."""
    return canvas.hex(patch.get_facecolor()) if patch.get_fill() else "#00000000"


def collection_look(artist: Any, canvas: Canvas) -> tuple[str, Stroke | None]:
    """Fill and outline of the first mark of a collection; no outline of the fill's own colour."""
    faces, edges = artist.get_facecolors(), artist.get_edgecolors()
    face = canvas.hex(faces[0]) if len(faces) else "#00000000"
    width = float(np.atleast_1d(artist.get_linewidth())[0])
    edge = stroke(canvas, edges[0], width, "solid") if len(edges) else None
    return face, None if edge is not None and edge["colour"] == face else edge


@cache
def _marker_paths() -> list[tuple[str, np.ndarray[Any, Any]]]:
    known = []
    for name in (*"os^v<>DdphH8XP+x|_1234.",):
        style = MarkerStyle(name)
        path = style.get_path().transformed(style.get_transform())
        known.append((name, np.asarray(path.vertices)))
    return known


def marker_of(path: Any) -> str:
    """The name of the marker that a path draws; ``other`` for none of the usual ones."""
    vertices = np.asarray(path.vertices)
    for name, known in _marker_paths():
        if known.shape == vertices.shape and np.allclose(known, vertices, atol=1e-3):
            return name
    return "other"
