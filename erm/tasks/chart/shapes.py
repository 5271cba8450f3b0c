"""Reads marks of free form: patches, line collections, arrows, contours, polygons.

Covers what is neither bar, line, scatter, pie, area nor image: each outline is kept in coordinates
of the data (or of the axes, where the program anchored it there), so that two drawings of the same
shape compare equal. Runs only inside the contained worker.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.contour import ContourSet
from matplotlib.patches import Rectangle

from erm.tasks.chart.canvas import Canvas, dash_name, number, stroke
from erm.tasks.chart.elements import Point, Series, Stroke
from erm.tasks.chart.series import label_of, make_point, make_series, patch_edge, patch_fill, sample

_MOST_OUTLINES = 400
"""Outlines of one collection that are kept; of more, an even sample."""

_MOST_ARROWS = 2000
"""Arrows of one quiver plot that are kept; of more, an even sample."""

_MAX_VERTICES = 200
"""Vertices of one outline that are kept; of more, an even sample."""


def _outline_point(display: Any, axes: Any, canvas: Canvas, margin: float) -> Point | None:
    """One outline given on display, simplified to at most `_MAX_VERTICES` vertices."""
    vertices = np.asarray(display, dtype=float)
    vertices = vertices[np.isfinite(vertices).all(axis=1)]
    if not len(vertices):
        return None
    if len(vertices) > _MAX_VERTICES:
        keep = np.linspace(0, len(vertices) - 1, _MAX_VERTICES).round().astype(int)
        vertices = vertices[keep]
    share = axes.transAxes.inverted().transform(vertices) * 1000
    middle = share.mean(axis=0)
    return Point(
        at=number(round(middle[0], 1)),
        value=number(round(middle[1], 1)),
        base=0.0,
        size=0.0,
        box=canvas.box_of(vertices, margin),
        name="",
        outline=[[round(float(x), 1), round(float(y), 1)] for x, y in share],
    )


def _shape(
    name: str, colour: str, edge: Stroke | None, hatch: str, points: list[Point], kind: str
) -> Series:
    boxes = np.array([point["box"] for point in points])
    colours = {point["colour"] for point in points if "colour" in point}
    if len(colours) == 1:
        for point in points:
            point.pop("colour", None)
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return Series(
        kind=kind,
        name=name,
        colour=colour,
        mixed=len(colours) > 1,
        edge=edge,
        line=None,
        marker="",
        hatch=hatch,
        box=[*map(float, low), *map(float, high)],
        points=points,
    )


def read_patches(patches: list[Any], axes: Any, canvas: Canvas) -> list[tuple[Any, Series]]:
    """Each visible free patch as a shape of one outline."""
    found = []
    for patch in patches:
        fill = canvas.hex(patch.get_facecolor()) if patch.get_fill() else "#00000000"
        width = patch.get_linewidth()
        line = stroke(
            canvas, patch.get_edgecolor(), width, dash_name(patch._dash_pattern[1], width)
        )
        if fill.endswith("00") and line is None:
            continue
        if line is not None and line["colour"] == fill:
            line = None
        polygons = patch.get_path().to_polygons(patch.get_transform(), closed_only=False)
        points = [_outline_point(p, axes, canvas, width / 2) for p in polygons]
        visible = [p for p in points if p is not None and canvas.shows(p["box"])]
        visible = [p for p in visible if _leaves_trace(p["box"], width, line is not None)]
        if visible:
            shape = _shape(label_of(patch), fill, line, patch.get_hatch() or "", visible, "shape")
            found.append((patch, shape))
    return found


def _leaves_trace(box: list[float], margin: float, outlined: bool) -> bool:
    """Whether a patch has an extent to be seen; programs add empty ones for their legends."""
    sides = [box[2] - box[0] - margin > 0.1, box[3] - box[1] - margin > 0.1]
    return any(sides) if outlined else all(sides)


def read_line_shape(
    line: Any, look: Stroke | None, face: str, canvas: Canvas, axes: Any
) -> Series | None:
    """A line that is not drawn over the data, as a shape; of mere markers one of their fill."""
    path = line.get_path()
    display = line.get_transform().transform_path(path).vertices
    width = line.get_linewidth() if look else canvas.pixels(line.get_markersize())
    point = _outline_point(display, axes, canvas, width / 2)
    if point is None or not canvas.shows(point["box"]):
        return None
    return _shape(label_of(line), look["colour"] if look else face, look, "", [point], "shape")


def read_figure_line(line: Any, place: Any, canvas: Canvas) -> Series | None:
    """A line that stands in the figure outside any axes."""
    width = line.get_linewidth()
    dash = dash_name(line._dash_pattern[1], width)
    look = stroke(canvas, line.get_color(), width, dash, line.get_alpha())
    return read_line_shape(line, look, canvas.hex(line.get_color()), canvas, place)


def read_span(patch: Any, axes: Any, canvas: Canvas) -> Series | None:
    """A band across the plot between two values of one axis; None for another patch."""
    if not isinstance(patch, Rectangle) or patch.get_angle():
        return None
    in_x, in_y = patch.get_transform().contains_branch_seperately(axes.transData)
    if in_x == in_y:
        return None
    start, size = (
        (patch.get_x(), patch.get_width()) if in_x else (patch.get_y(), patch.get_height())
    )
    ends = sorted((float(start), float(start) + float(size)))
    box = canvas.box(patch.get_window_extent(canvas.renderer))
    fill, edge = patch_fill(patch, canvas), patch_edge(patch, canvas)
    if not np.isfinite(ends).all() or (fill.endswith("00") and edge is None):
        return None
    point = make_point(0, ends[1], box, base=ends[0])
    kind = "vertical span" if in_x else "horizontal span"
    hatch = patch.get_hatch() or ""
    return make_series(kind, label_of(patch), [point], colour=fill, edge=edge, hatch=hatch)


def read_arrows(artist: Any, axes: Any, canvas: Canvas) -> Series | None:
    """The arrows of a quiver plot: where each starts, where it points and how long it is."""
    series = read_collection(artist, axes, canvas, _MOST_ARROWS)
    offsets = artist.get_offsets()[sample(len(artist.get_offsets()), _MOST_ARROWS)]
    if series is None or len(series["points"]) != len(offsets):
        return series
    sides = axes.bbox.size / 1000
    series["kind"] = "arrows"
    for point, offset in zip(series["points"], offsets, strict=True):
        outline = np.asarray(point.pop("outline")) * sides
        # the outline runs from one corner of the tail over the head to the other one
        tail = (outline[0] + outline[6 % len(outline)]) / 2
        away = outline - tail
        tip = away[np.linalg.norm(away, axis=1).argmax()]
        point["at"], point["value"] = number(offset[0]), number(offset[1])
        point["size"] = round(float(np.linalg.norm(tip)), 2)
        point["direction"] = round(float(np.degrees(np.arctan2(tip[1], tip[0]))) % 360, 1)
    return series


def read_collection(
    artist: Any, axes: Any, canvas: Canvas, most: int = _MOST_OUTLINES
) -> Series | None:
    """A collection of free outlines as one series of at most ``most`` shapes."""
    paths, offsets = artist.get_paths(), np.ma.filled(artist.get_offsets().astype(float), np.nan)
    count = max(len(paths), len(offsets))
    if not paths:
        return None
    faces, edges = artist.get_facecolors(), artist.get_edgecolors()
    filled = len(faces) > 0 and bool(faces[:, 3].any()) and not isinstance(artist, LineCollection)
    colours = faces if filled else edges
    widths = np.atleast_1d(artist.get_linewidth())
    transforms = artist.get_transforms()
    master, shift = artist.get_transform(), artist.get_offset_transform()
    points = []
    for index in sample(count, most).tolist():
        path = paths[index % len(paths)]
        if len(transforms):
            own = np.asarray(transforms[index % len(transforms)])
            vertices = path.vertices @ own[:2, :2].T + own[:2, 2]
        else:
            vertices = path.vertices
        display = np.asarray(master.transform(vertices))
        if len(offsets):
            display = display + shift.transform(offsets[index % len(offsets)])
        width = float(widths[index % len(widths)])
        point = _outline_point(display, axes, canvas, width / 2)
        if point is not None and canvas.shows(point["box"]):
            if len(colours):
                point["colour"] = canvas.hex(colours[index % len(colours)])
            points.append(point)
    if not points:
        return None
    first = points[0].get("colour", "#00000000")
    edge = stroke(canvas, edges[0], float(widths[0]), "solid") if filled and len(edges) else None
    kind = "lines" if isinstance(artist, LineCollection) else "shapes"
    series = _shape(label_of(artist), first, edge, artist.get_hatch() or "", points, kind)
    if not filled and len(edges):
        dash = dash_name(artist.get_linestyle()[0][1], float(widths[0]))
        series["line"] = stroke(canvas, edges[0], float(widths[0]), dash)
    noun = noun_of(artist)
    if noun:
        series["noun"] = noun
    if artist.get_array() is not None:
        series["map"] = artist.get_cmap().name
    if count > most:
        series["total"] = count
    return series


_NOUNS = {
    "Quiver": "arrows",
    "Barbs": "wind barbs",
    "PatchCollection": "shapes",
    "EllipseCollection": "ellipses",
    "CircleCollection": "circles",
    "EventCollection": "events",
    "RegularPolyCollection": "polygons",
}


def noun_of(artist: Any) -> str:
    """What people call the marks of a collection; empty where its kind says it."""
    if isinstance(artist, ContourSet):
        return "filled contours" if artist.filled else "contour lines"
    return _NOUNS.get(type(artist).__name__, "")
