"""Reads marks in three dimensions: points, lines, bars, surfaces and other polygons.

Their vertices are kept as values of the three axes, whatever side they are seen from. Large
surfaces are read as an even sample of their faces. Runs only inside the contained worker.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.collections import Collection
from matplotlib.legend import Legend
from matplotlib.text import Text
from mpl_toolkits.mplot3d.art3d import (
    Collection3D,
    Line3D,
    Line3DCollection,
    Patch3D,
    Path3DCollection,
    Poly3DCollection,
)
from numpy.typing import NDArray

from erm.sources.errors import DrawError
from erm.tasks.chart.camera import to_pixels
from erm.tasks.chart.canvas import Canvas, dash_name, number, stroke
from erm.tasks.chart.elements import Camera, Point, Series, Stroke
from erm.tasks.chart.lines import line_look
from erm.tasks.chart.series import label_of, make_series, marker_of, patch_edge, patch_fill, sample
from erm.tasks.chart.shapes import noun_of

_MOST_POINTS = 2000
"""Points of one series beyond which a figure is refused."""

_MOST_LINE_POINTS = 1000
"""Points of a line without markers that are kept; of more, an even sample."""

_MOST_PARTS = 400
"""Faces or lines of one collection that are kept; of more, an even sample."""

_MOST_VERTICES = 60
"""Vertices of one face or line that are kept; of more, an even sample."""

_CUBE_FACES = 6
"""Faces of a cube or bar."""

_SHARED = 0.8
"""Different vertices among those of all faces of a surface, as a share, at most."""

Vertices = NDArray[np.float64]
"""Shape (n, 3), values of the three axes."""


def read_space_series(axes: Any, camera: Camera, canvas: Canvas) -> list[Series]:
    """All series of axes in three dimensions, in the order in which they were added.

    Raises `DrawError('unreadable', …)` for an artist that can't be read, or too many points.
    """
    reader = _Reader(axes, camera, canvas)
    found: list[Series] = []
    cubes: list[Poly3DCollection] = []
    bars = [
        container
        for container in axes.containers
        if all(isinstance(part, Patch3D) for part in container)
    ]
    claimed = {id(part) for container in bars for part in container}
    found += [reader.flat_bars(container) for container in bars if len(container)]
    own = {id(axes.patch), *map(id, axes.spines.values()), *map(id, axes._axis_map.values())}
    for artist in axes.get_children():
        if id(artist) in claimed | own or not artist.get_visible():
            continue
        if isinstance(artist, Poly3DCollection) and _is_cube(artist):
            cubes.append(artist)
        elif isinstance(artist, Text | Legend) or artist in axes.child_axes:
            continue
        else:
            series = reader.read(artist)
            if series is not None:
                found.append(series)
    if cubes:
        found.append(reader.cubes(cubes))
    for series in found:
        if len(series["points"]) > _MOST_POINTS:
            count = len(series["points"])
            message = f"{series['kind']} of {count} parts are more than {_MOST_POINTS}."
            raise DrawError("unreadable", message)
    return found


def _is_cube(artist: Poly3DCollection) -> bool:
    """Whether a collection holds the visible faces of one cube, as those of `Axes3D.voxels` do."""
    faces = artist._faces
    return len(faces) <= _CUBE_FACES and faces.shape[1] == 4 and not label_of(artist)


class _Reader:
    """Reads the marks of one axes."""

    def __init__(self, axes: Any, camera: Camera, canvas: Canvas) -> None:
        self.axes, self.camera, self.canvas = axes, camera, canvas

    def read(self, artist: Any) -> Series | None:
        """An artist as a series; None where nothing of it is drawn."""
        if isinstance(artist, Line3D):
            return self._line(artist)
        if isinstance(artist, Path3DCollection):
            return self._scatter(artist)
        if isinstance(artist, Poly3DCollection):
            return self._polygons(artist)
        if isinstance(artist, Line3DCollection):
            return self._lines(artist)
        if isinstance(artist, Collection3D):
            parts: list[Vertices] = [vertices for vertices, _ in artist._3dverts_codes]
            faces, edges = Collection.get_facecolor(artist), Collection.get_edgecolor(artist)
            return self._shapes(artist, parts, faces, edges)
        if isinstance(artist, Patch3D):
            vertices = np.array(artist._segment3d, dtype=float)
            return make_series(
                "3-D shapes",
                label_of(artist),
                [self._part(vertices)],
                colour=patch_fill(artist, self.canvas),
                edge=patch_edge(artist, self.canvas),
                hatch=artist.get_hatch() or "",
            )
        raise DrawError("unreadable", f"A {type(artist).__name__} in three dimensions.")

    def flat_bars(self, container: Any) -> Series:
        """Bars of `Axes3D.bar`, which stand in one plane."""
        points = []
        for bar in container:
            point = self._part(np.array(bar._segment3d, dtype=float))
            point["colour"] = patch_fill(bar, self.canvas)
            points.append(point)
        name, edge = label_of(container), patch_edge(container[0], self.canvas)
        return make_series("3-D bars", name, points, edge=edge)

    def cubes(self, artists: list[Poly3DCollection]) -> Series:
        """Cubes that were added one by one, as one series."""
        points = []
        for artist in artists:
            vertices = artist._faces.reshape(-1, 3)
            point = self._part(np.stack([vertices.min(axis=0), vertices.max(axis=0)]))
            point["colour"] = _brightest(artist._facecolor3d, self.canvas)
            points.append(point)
        return make_series("3-D shapes", "", points, noun="cubes")

    def _part(self, vertices: Vertices) -> Point:
        """A mark of several vertices, which it keeps."""
        shown = vertices[np.isfinite(vertices).all(axis=1)]
        if not len(shown):
            shown = np.zeros((1, 3))
        low, high = shown.min(axis=0), shown.max(axis=0)
        middle = (low + high) / 2
        kept = shown[sample(len(shown), _MOST_VERTICES)]
        return Point(
            at=number(middle[0]),
            value=number(high[2]),
            base=number(low[2]),
            size=0.0,
            box=self.canvas.box_of(self._display(shown), 1),
            name="",
            depth=number(middle[1]),
            corners=[[number(value) for value in vertex] for vertex in kept],
        )

    def _display(self, vertices: Vertices) -> NDArray[np.float64]:
        """Display coordinates (n, 2) of vertices."""
        pixels = to_pixels(self.camera, vertices)
        return np.stack([pixels[:, 0] + self.canvas.left, self.canvas.top - pixels[:, 1]], axis=1)

    def _dots(self, vertices: Vertices, sizes: NDArray[np.float64]) -> list[tuple[int, Point]]:
        """Each finite vertex as a point, with its index; sizes in pixels."""
        shown = np.asarray(np.isfinite(vertices).all(axis=1))
        display = self._display(np.where(shown[:, None], vertices, 0.0))
        found = []
        for index in np.flatnonzero(shown).tolist():
            (x, y, z), size = vertices[index], float(sizes[index % len(sizes)])
            point = Point(
                at=number(x),
                value=number(z),
                base=0.0,
                size=round(size, 2),
                box=self.canvas.box_of(display[index], max(size, 1.0) / 2),
                name="",
                depth=number(y),
            )
            found.append((index, point))
        return found

    def _line(self, line: Line3D) -> Series | None:
        look, face, marker = line_look(line, self.canvas)
        if look is None and not marker:
            return None
        vertices = _columns(line.get_data_3d())
        if not marker:
            vertices = vertices[sample(len(vertices), _MOST_LINE_POINTS)]
        size = self.canvas.pixels(line.get_markersize()) if marker else 0.0
        points = [point for _, point in self._dots(vertices, np.array([size]))]
        if not points:
            return None
        return make_series(
            "3-D line" if look is not None else "3-D points",
            label_of(line),
            points,
            line=look,
            marker=marker,
            colour=look["colour"] if look else face,
        )

    def _scatter(self, artist: Path3DCollection) -> Series | None:
        vertices = _columns(artist._offsets3d)
        sizes = np.sqrt(np.atleast_1d(np.asarray(artist._sizes3d, dtype=float)))
        # as the program gave them: drawn ones are sorted and paler by their distance
        faces, edges = artist._facecolors, artist._edgecolors
        edges = faces if isinstance(edges, str) else edges
        colours = faces if len(faces) and faces[:, 3].any() else edges
        points = []
        for index, point in self._dots(vertices, sizes * self.canvas.dpi / 72):
            if len(colours):
                point["colour"] = self.canvas.hex(colours[index % len(colours)])
            points.append(point)
        if not points:
            return None
        mapped = {"map": artist.get_cmap().name} if artist.get_array() is not None else {}
        marker = marker_of(artist.get_paths()[0])
        return make_series("3-D points", label_of(artist), points, marker=marker, **mapped)

    def _polygons(self, artist: Poly3DCollection) -> Series | None:
        faces = artist._faces
        if not len(faces):
            return None
        bars = _bars(faces)
        colours, edges = artist._facecolor3d, artist._edgecolor3d
        if bars is not None:
            points = []
            for index, (low, high) in enumerate(bars):
                point = self._part(np.stack([low, high]))
                sides = colours[index * _CUBE_FACES : (index + 1) * _CUBE_FACES]
                point["colour"] = _brightest(sides if len(sides) else colours, self.canvas)
                points.append(point)
            edge = self._edge(artist, edges, colours)
            return make_series("3-D bars", label_of(artist), points, edge=edge)
        used = ~np.broadcast_to(artist._invalid_vertices, faces.shape[:2])
        parts = [face[mask] for face, mask in zip(faces, used, strict=True)]
        return self._shapes(artist, parts, colours, edges, surface=_is_surface(parts))

    def _lines(self, artist: Line3DCollection) -> Series | None:
        parts = [_plain(line).reshape(-1, 3) for line in artist._segments3d]
        return self._shapes(artist, parts, np.zeros((0, 4)), artist.get_edgecolor())

    def _shapes(
        self,
        artist: Any,
        parts: list[Vertices],
        faces: Any,
        edges: Any,
        *,
        surface: bool = False,
    ) -> Series | None:
        """A collection of polygons or lines, at most `_MOST_PARTS` of them; colours (n, 4)."""
        filled = len(faces) > 0 and bool(np.asarray(faces)[:, 3].any())
        colours = faces if filled else edges
        kept = [int(index) for index in sample(len(parts), _MOST_PARTS) if len(parts[index])]
        points = []
        for index in kept:
            point = self._part(np.asarray(parts[index], dtype=float))
            if len(colours):
                point["colour"] = self.canvas.hex(colours[index % len(colours)])
            points.append(point)
        if not points or not len(colours):
            return None
        mapped: dict[str, Any] = {}
        if artist.get_array() is not None:
            mapped["map"] = artist.get_cmap().name
        noun = noun_of(artist)
        edge = self._edge(artist, edges, faces) if filled else None
        kind = "surface" if surface else "3-D shapes" if filled else "3-D lines"
        look = mapped | ({"noun": noun} if noun else {})
        if len(parts) > _MOST_PARTS:
            look["total"] = len(parts)
        return make_series(kind, label_of(artist), points, edge=edge, **look)

    def _edge(self, artist: Any, edges: Any, faces: Any) -> Stroke | None:
        """The outline of faces where it is not of their own colour."""
        if not len(edges) or (len(faces) and np.array_equal(edges[0], faces[0])):
            return None
        width = float(np.atleast_1d(artist.get_linewidth())[0])
        dash = dash_name(artist.get_linestyle()[0][1], width)
        return stroke(self.canvas, edges[0], width, dash)


def _plain(values: Any) -> Vertices:
    """Numbers of any kind as floats, masked ones as NaN."""
    return np.asarray(np.ma.filled(np.ma.asarray(values, dtype=float), np.nan))


def _columns(values: Any) -> Vertices:
    """x, y and z, each of n values or of one, as n vertices."""
    return np.column_stack([_plain(column) for column in np.broadcast_arrays(*values, subok=True)])


def _bars(faces: NDArray[np.float64]) -> list[tuple[Vertices, Vertices]] | None:
    """Lowest and highest corner of each box of six faces; None where faces make no boxes."""
    if len(faces) % _CUBE_FACES or faces.shape[1] != 4:
        return None
    boxes = faces.reshape(-1, _CUBE_FACES * 4, 3)
    low, high = boxes.min(axis=1), boxes.max(axis=1)
    at_ends = np.isclose(boxes, low[:, None]) | np.isclose(boxes, high[:, None])
    if not at_ends.all() or any(len(np.unique(box, axis=0)) > 8 for box in boxes):
        return None
    return list(zip(low, high, strict=True))


def _is_surface(parts: list[Vertices]) -> bool:
    """Whether many faces share their vertices."""
    if len(parts) <= _CUBE_FACES:
        return False
    vertices = np.concatenate(parts)
    return len(np.unique(vertices.round(9), axis=0)) < _SHARED * len(vertices)


def _brightest(colours: Any, canvas: Canvas) -> str:
    """The colour of the most lighted face."""
    values = np.asarray(colours, dtype=float).reshape(-1, 4)
    return canvas.hex(values[values[:, :3].sum(axis=1).argmax()]) if len(values) else "#00000000"
