"""Reads the marks that carry data: bars, lines, points, wedges, areas, cells and free shapes.

Covers every artist that an axes draws except for its own ticks, texts and frame. Containers that
matplotlib keeps (bars, error bars, stems) are read as one series; what it draws without keeping
them (box plots) is recognised by `erm.tasks.chart.boxes`; an artist of no known type is refused as
unreadable. Runs only inside the contained worker.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.collections import (
    Collection,
    LineCollection,
    PathCollection,
    PolyCollection,
    PolyQuadMesh,
    QuadMesh,
)
from matplotlib.image import AxesImage
from matplotlib.inset import InsetIndicator
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Shadow, Wedge
from matplotlib.quiver import Quiver, QuiverKey

from erm.sources.errors import DrawError
from erm.tasks.chart.axis_artists import AXIS_PARTS
from erm.tasks.chart.boxes import take_box_plots
from erm.tasks.chart.canvas import Canvas, number, stroke
from erm.tasks.chart.cells import read_image, read_mesh
from erm.tasks.chart.elements import Axis, Point, Series
from erm.tasks.chart.lines import read_line
from erm.tasks.chart.offset_boxes import OFFSET_BOXES, shapes_of_box
from erm.tasks.chart.pies import read_pies
from erm.tasks.chart.series import (
    MAX_POINTS,
    collection_look,
    label_of,
    make_point,
    make_series,
    marker_of,
    patch_edge,
    patch_fill,
    sample,
)
from erm.tasks.chart.shapes import read_arrows, read_collection, read_patches, read_span
from erm.tasks.chart.treemaps import is_treemap, read_treemap
from erm.tasks.chart.violins import take_violins
from erm.tasks.discrepancy import Box
from erm.tasks.shared.numbers import parse_number

_CONTAINERS = ("BarContainer", "ErrorbarContainer", "StemContainer")

_SIDEWAYS_CATEGORIES = ("horizontal bar", "broken bar", "sideways box", "sideways violin")

_MOST_POINTS = 2000
"""Marks of one series beyond which a figure is refused, where no sample of them is read."""


def read_series(axes: Any, canvas: Canvas, x: Axis, y: Axis) -> list[Series]:
    """All series of an axes in the order in which they were added.

    Raises `DrawError('unreadable', …)` for an artist that can't be read, or too many points.
    """
    claimed: set[int] = set()
    found: list[tuple[int, Series]] = []
    place = {id(artist): rank for rank, artist in enumerate(axes.get_children())}

    def keep(artist: Any, series: Series | None) -> None:
        if series is not None and series["points"]:
            if len(series["points"]) > _MOST_POINTS:
                raise DrawError(
                    "unreadable",
                    f"A {series['kind']} of {len(series['points'])} points is more than "
                    f"{_MOST_POINTS}.",
                )
            found.append((place.get(id(artist), len(place)), series))

    owned = {id(bars.errorbar) for bars in axes.containers if hasattr(bars, "errorbar")}
    for container in axes.containers:
        if type(container).__name__ not in _CONTAINERS:
            continue  # of another library; its lines and patches are read one by one
        parts = [part for part in _flatten(container) if id(part) in place]
        claimed.update(id(part) for part in parts)
        if parts and id(container) not in owned:
            keep(parts[0], _read_container(container, axes, canvas))
    own = {id(axes.patch), *map(id, axes.spines.values())}
    artists = [
        artist
        for artist in axes.get_children()
        if id(artist) not in claimed | own
        and artist.get_visible()
        and not isinstance(artist, AXIS_PARTS)
    ]
    lines = [a for a in artists if isinstance(a, Line2D)]
    patches = [a for a in artists if isinstance(a, Patch)]
    for first, series, members in take_box_plots(lines, patches, axes, canvas):
        claimed.update(map(id, members))
        keep(first, series)
    for first, series, members in take_violins(artists, axes, canvas):
        claimed.update(map(id, members))
        keep(first, series)
    artists = [artist for artist in artists if id(artist) not in claimed]
    lines = [line for line in lines if id(line) not in claimed]
    patches = [patch for patch in patches if id(patch) not in claimed]
    wedges = [patch for patch in patches if isinstance(patch, Wedge)]
    shadows = [p for p in patches if isinstance(p, Shadow) and isinstance(p.patch, Wedge)]
    for pie in read_pies(wedges, canvas, axes):
        if shadows:
            pie["shadow"] = True
        keep(wedges[0], pie)
    for line in lines:
        keep(line, read_line(line, axes, canvas))
    spans = {id(p): span for p in patches if (span := read_span(p, axes, canvas)) is not None}
    for patch in patches:
        if id(patch) in spans:
            keep(patch, spans[id(patch)])
    others = [p for p in patches if not isinstance(p, Wedge) and p not in shadows]
    free = [patch for patch in others if id(patch) not in spans]
    for first, series in read_patches(free, axes, canvas):
        keep(first, series)
    for artist in artists:
        if isinstance(artist, Collection):
            keep(artist, _read_collection(artist, axes, canvas))
        elif isinstance(artist, AxesImage):
            keep(artist, read_image(artist, canvas))
        elif isinstance(artist, OFFSET_BOXES):
            for series in shapes_of_box(artist, axes, canvas):
                keep(artist, series)
        elif isinstance(artist, InsetIndicator):
            parts = [artist.rectangle, *(artist.connectors or ())]
            for part, series in read_patches([p for p in parts if p.get_visible()], axes, canvas):
                keep(part, series)
        elif not isinstance(artist, (Line2D, Patch)) and not _is_furniture(artist, axes):
            raise DrawError("unreadable", f"A {type(artist).__name__} can't be read.")
    ordered = _join_single([series for _, series in sorted(found, key=lambda pair: pair[0])])
    for series in ordered:
        _name_points(series, y if series["kind"] in _SIDEWAYS_CATEGORIES else x)
    return ordered


def _join_single(ordered: list[Series]) -> list[Series]:
    """One series of unnamed single marks of one look, as a loop draws them."""
    joined: list[Series] = []
    for series in ordered:
        single = len(series["points"]) == 1 and not series["name"]
        host = next((other for other in joined if single and _is_loop(other, series)), None)
        if host is None:
            joined.append(series)
            continue
        for item in (host, series):
            for point in item["points"]:
                point.setdefault("colour", item["colour"])
        points = [*host["points"], *series["points"]]
        look = {key: host[key] for key in ("edge", "line", "marker", "hatch")}
        touching = {"touching": False} if "touching" in host else {}
        place = joined.index(host)
        joined[place] = make_series(host["kind"], "", points, **look, **touching)
    return joined


def _is_loop(host: Series, series: Series) -> bool:
    """Whether a single mark goes on where a loop of such marks left off."""
    keys = ("kind", "name", "edge", "line", "marker", "hatch")
    same = all(host[key] == series[key] for key in keys)  # type: ignore[literal-required]
    places = {point["at"] for point in host["points"]}
    return (
        same
        and series["kind"] in ("bar", "horizontal bar", "scatter")
        and series["points"][0]["at"] not in places
    )


def _flatten(container: Any) -> Iterable[Any]:
    for part in container:
        if isinstance(part, (tuple, list)):
            yield from part
        elif part is not None:
            yield part


def _is_furniture(artist: Any, axes: Any) -> bool:
    """Parts that `erm.tasks.chart.scene` reads: texts, axis, legend, tables, inset axes."""
    known = [axes.xaxis, axes.yaxis, axes.title, axes._left_title, axes._right_title]
    known += [*axes.texts, *axes.tables, *axes.child_axes]
    kinds = (Legend, QuiverKey)
    return isinstance(artist, kinds) or any(artist is item for item in known)


def _name_points(series: Series, axis: Axis) -> None:
    """Names each point by the category that stands at it, where the axis names categories."""
    ticks = [tick for tick in axis["ticks"] if tick["text"]]
    if series["kind"] in ("pie", "treemap") or not axis["fixed"] or not ticks:
        return
    numbers = all(parse_number(tick["text"]) == tick["at"] for tick in ticks)
    if numbers and series.get("touching"):
        return
    places = sorted(tick["at"] for tick in ticks)
    gaps = [b - a for a, b in pairwise(places) if b > a]
    broad = any(word in series["kind"] for word in ("bar", "box", "violin"))
    reach = min(gaps, default=1.0) / 2 if broad else 0.01
    named = []
    for point in series["points"]:
        tick = min(ticks, key=lambda tick: abs(tick["at"] - point["at"]))
        if abs(tick["at"] - point["at"]) <= reach + 1e-6:
            named.append((point, tick))
    # bars in groups stand off the number that they are known by, all of them by one distance
    if numbers and np.ptp([point["at"] - tick["at"] for point, tick in named] or [0.0]) > 1e-6:
        return
    for point, tick in named:
        point["name"] = tick["text"]


def _read_container(container: Any, axes: Any, canvas: Canvas) -> Series | None:
    kind = type(container).__name__
    if kind == "BarContainer":
        return _read_bars(container, axes, canvas)
    if kind == "ErrorbarContainer":
        return _read_error_bars(container, axes, canvas)
    return _read_stems(container, axes, canvas)


def _read_bars(container: Any, axes: Any, canvas: Canvas) -> Series | None:
    bars = [patch for patch in container.patches if patch.get_visible()]
    if not bars:
        return None
    if is_treemap(container):
        return read_treemap(container, axes, canvas)
    horizontal = container.orientation == "horizontal"
    points = []
    for bar in bars:
        x, y, width, height = bar.get_x(), bar.get_y(), bar.get_width(), bar.get_height()
        box = canvas.box(bar.get_window_extent(canvas.renderer))
        if not all(math.isfinite(value) for value in map(float, (x, y, width, height))):
            continue
        if horizontal:
            point = make_point(y + height / 2, width, box, base=x, size=abs(height))
        else:
            point = make_point(x + width / 2, height, box, base=y, size=abs(width))
        point["colour"] = patch_fill(bar, canvas)
        if bar.get_hatch():
            point["hatch"] = bar.get_hatch()
        points.append(point)
    if container.errorbar is not None:
        _add_errors(points, container.errorbar, horizontal, axes, canvas)
    spans = sorted((p["at"] - p["size"] / 2, p["at"] + p["size"] / 2) for p in points)
    touching = len(spans) > 1 and all(
        abs(b[0] - a[1]) < 0.02 * (a[1] - a[0]) for a, b in pairwise(spans)
    )
    return make_series(
        "horizontal bar" if horizontal else "bar",
        # a histogram gives its label to its first bar
        label_of(container) or label_of(bars[0]),
        points,
        edge=patch_edge(bars[0], canvas),
        touching=touching,
    )


def _add_errors(
    points: list[Point], container: Any, horizontal: bool, axes: Any, canvas: Canvas
) -> None:
    along = 0 if horizontal else 1
    for collection in container.lines[2]:
        for ends in _finite_segments(collection):
            if ends[0][1 - along] != ends[1][1 - along]:
                continue
            at = float(ends[0][1 - along])
            owner = min(points, key=lambda point: abs(point["at"] - at), default=None)
            if owner is not None:
                low, high = sorted((float(ends[0][along]), float(ends[1][along])))
                owner["low"], owner["high"] = number(low), number(high)
                box = canvas.box_of(axes.transData.transform(ends), 3)
                owner["box"] = list(Box.around([owner["box"], box]))


def _finite_segments(collection: Any) -> Iterator[np.ndarray[Any, Any]]:
    """Both ends (2, 2) of each straight line of a collection."""
    for segment in collection.get_segments():
        ends = np.asarray(segment, dtype=float)
        if ends.shape == (2, 2) and np.isfinite(ends).all():
            yield ends


def _read_error_bars(container: Any, axes: Any, canvas: Canvas) -> Series | None:
    data, _, collections = container.lines
    if data is not None and data.get_visible():
        series = read_line(data, axes, canvas)
        if series is not None:
            series["name"] = label_of(container)
            horizontal = container.has_xerr and not container.has_yerr
            _add_errors(series["points"], container, horizontal, axes, canvas)
            if series["points"]:
                series["box"] = list(Box.around(point["box"] for point in series["points"]))
            return series
    points = []
    for collection in collections:
        for ends in _finite_segments(collection):
            box = canvas.box_of(axes.transData.transform(ends), 1)
            middle = ends.mean(axis=0)
            point = make_point(middle[0], middle[1], box)
            along = 1 if container.has_yerr else 0
            low, high = sorted((float(ends[0][along]), float(ends[1][along])))
            point["low"], point["high"] = number(low), number(high)
            points.append(point)
    if not points:
        return None
    return make_series("error bar", label_of(container), points)


def _read_stems(container: Any, axes: Any, canvas: Canvas) -> Series | None:
    series = read_line(container.markerline, axes, canvas)
    if series is None:
        return None
    lines = container.stemlines
    first = lines if isinstance(lines, LineCollection) else lines[0]
    colour = first.get_color()
    colour = colour[0] if getattr(colour, "ndim", 1) == 2 else colour
    width = np.atleast_1d(first.get_linewidth())[0]
    series["kind"] = "stem"
    series["name"] = label_of(container)
    series["line"] = stroke(canvas, colour, width, "solid")
    return series


def _read_collection(artist: Any, axes: Any, canvas: Canvas) -> Series | None:
    if isinstance(artist, Quiver):
        return read_arrows(artist, axes, canvas)
    if isinstance(artist, (QuadMesh, PolyQuadMesh)):
        return read_mesh(artist, canvas)
    if isinstance(artist, PathCollection) and artist.get_paths():
        if artist.get_offset_transform().contains_branch(axes.transData):
            return _read_scatter(artist, canvas)
    elif isinstance(artist, PolyCollection) and _is_area(artist, axes):
        return _read_area(artist, axes, canvas)
    elif type(artist) is PolyCollection:
        broken = _read_broken_bars(artist, axes, canvas)
        if broken is not None:
            return broken
    return read_collection(artist, axes, canvas)


def _read_scatter(artist: Any, canvas: Canvas) -> Series:
    offsets: np.ndarray[Any, Any] = np.ma.filled(
        np.ma.asarray(artist.get_offsets(), dtype=float), np.nan
    )
    faces, edges = artist.get_facecolors(), artist.get_edgecolors()
    colours = faces if len(faces) and faces[:, 3].any() else edges
    sizes = np.sqrt(np.atleast_1d(artist.get_sizes()).astype(float)) * canvas.dpi / 72
    display = artist.get_offset_transform().transform(np.nan_to_num(offsets))
    finite = np.flatnonzero(np.isfinite(offsets).all(axis=1))
    points = []
    for index in finite[sample(len(finite), MAX_POINTS)].tolist():
        at, value = offsets[index]
        size = round(float(sizes[index % len(sizes)]), 2)
        point = make_point(at, value, canvas.box_of(display[index], size / 2), size=size)
        if len(colours):
            point["colour"] = canvas.hex(colours[index % len(colours)])
        points.append(point)
    width = float(np.atleast_1d(artist.get_linewidth())[0])
    line = stroke(canvas, edges[0], width, "solid") if len(edges) and len(faces) else None
    if line is not None and line["colour"] == canvas.hex(colours[0]):
        line = None
    mapped = {"map": artist.get_cmap().name} if artist.get_array() is not None else {}
    marker = marker_of(artist.get_paths()[0])
    series = make_series("scatter", label_of(artist), points, edge=line, marker=marker, **mapped)
    if len(finite) > MAX_POINTS:
        series["total"] = len(finite)
    return series


def _read_broken_bars(artist: Any, axes: Any, canvas: Canvas) -> Series | None:
    """The rectangles of a collection that stand in one row; None for other polygons."""
    if not artist.get_transform().contains_branch(axes.transData) or not artist.get_visible():
        return None
    spans = []
    for path in artist.get_paths():
        corners = np.asarray(path.vertices, dtype=float)
        low, high = corners.min(axis=0), corners.max(axis=0)
        straight = ((corners == low) | (corners == high)).all() and (low < high).all()
        if len(corners) not in (4, 5) or not np.isfinite(corners).all() or not straight:
            return None
        spans.append((low, high))
    rows = {(low[1], high[1]) for low, high in spans}
    faces = artist.get_facecolors()
    if len(rows) != 1 or not len(faces):
        return None
    points = []
    for index, (low, high) in enumerate(spans):
        box = canvas.box_of(axes.transData.transform([low, high]), 0.5)
        middle, height = (low[1] + high[1]) / 2, high[1] - low[1]
        point = make_point(middle, high[0], box, base=low[0], size=height)
        point["colour"] = canvas.hex(faces[index % len(faces)])
        points.append(point)
    _, edge = collection_look(artist, canvas)
    hatch = artist.get_hatch() or ""
    return make_series("broken bar", label_of(artist), points, edge=edge, hatch=hatch)


def _is_area(artist: Any, axes: Any) -> bool:
    """Whether a polygon collection is one or more fills between curves over the data."""
    if not artist.get_transform().contains_branch(axes.transData) or not artist.get_paths():
        return False
    return type(artist).__name__ == "FillBetweenPolyCollection"


def _read_area(artist: Any, axes: Any, canvas: Canvas) -> Series:
    sideways = artist.t_direction == "y"
    points = []
    for path in artist.get_paths():
        vertices = np.asarray(path.vertices, dtype=float)
        vertices = vertices[np.isfinite(vertices).all(axis=1)]
        display = axes.transData.transform(vertices)
        along, across = (1, 0) if sideways else (0, 1)
        for at in np.unique(vertices[:, along]):
            here = vertices[:, along] == at
            low, high = vertices[here, across].min(), vertices[here, across].max()
            points.append(make_point(at, high, canvas.box_of(display[here], 0.5), base=low))
    face, edge = collection_look(artist, canvas)
    hatch = artist.get_hatch() or ""
    kind = "sideways area" if sideways else "area"
    return make_series(kind, label_of(artist), points, edge=edge, colour=face, hatch=hatch)
