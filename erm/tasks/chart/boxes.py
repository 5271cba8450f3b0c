"""Recognises box plots among loose lines and patches.

matplotlib draws a box plot as lines without keeping which belong together. A box is a closed
rectangle with a median line across it, whiskers that leave the middle of its short sides, and caps
at their ends; points at the same place beyond the whiskers are fliers. Runs only inside the
contained worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from numpy.typing import NDArray

from erm.tasks.chart.canvas import Canvas, dash_name, number, stroke
from erm.tasks.chart.elements import Point, Series, Stroke


@dataclass
class _Box:
    artist: Any
    at: float
    size: float
    first: float
    third: float
    median: float
    low: float
    high: float
    fliers: list[float]
    members: list[Any]
    lines: dict[str, Any]


def _vertices(artist: Any, axes: Any) -> NDArray[np.float64] | None:
    if not artist.get_transform().contains_branch(axes.transData):
        return None
    if isinstance(artist, Line2D):
        data = np.asarray(artist.get_xydata(), dtype=float)
    else:
        data = np.asarray(artist.get_path().vertices, dtype=float)
    return data if np.isfinite(data).all() else None


def _rectangle(data: NDArray[np.float64]) -> tuple[float, float, float, float] | None:
    """x0, y0, x1, y1 of a closed rectangle (notches allowed), or None."""
    if len(data) not in (5, 6, 11, 12) or not np.allclose(
        data[0], data[4 if len(data) < 7 else 10]
    ):
        return None
    x0, y0 = data.min(axis=0)
    x1, y1 = data.max(axis=0)
    corners = data[:4] if len(data) < 7 else data[[0, 1, 5, 6]]
    known = {(x0, y0), (x1, y0), (x1, y1), (x0, y1)}
    if {tuple(corner) for corner in corners} != known or x0 == x1 or y0 == y1:
        return None
    return float(x0), float(y0), float(x1), float(y1)


def _is_dots(line: Any) -> bool:
    """Whether a line shows its points and nothing between them."""
    return str(line.get_linestyle()) in ("None", "")


def _between(lines: dict[int, NDArray[np.float64]], across: int) -> dict[int, tuple[float, ...]]:
    """Two-ended lines that keep their place on one axis: id → (place, from, to)."""
    found: dict[int, tuple[float, ...]] = {}
    for key, data in lines.items():
        if len(data) == 2 and data[0, across] == data[1, across]:
            low, high = sorted((float(data[0, 1 - across]), float(data[1, 1 - across])))
            found[key] = (float(data[0, across]), low, high)
    return found


def take_box_plots(
    lines: list[Any], patches: list[Any], axes: Any, canvas: Canvas
) -> list[tuple[Any, Series, list[Any]]]:
    """Box plots as (first artist, series, all artists that belong to it), one a look of boxes."""
    data = {id(line): v for line in lines if (v := _vertices(line, axes)) is not None}
    by_id = {id(line): line for line in lines}
    rectangles = []
    for artist in [*lines, *patches]:
        if not isinstance(artist, (Line2D, PathPatch)):
            continue
        vertices = _vertices(artist, axes)
        if vertices is not None and (sides := _rectangle(vertices)) is not None:
            rectangles.append((artist, sides))
    if not rectangles:
        return []
    found: dict[bool, list[_Box]] = {False: [], True: []}
    for artist, sides in rectangles:
        for sideways in (False, True):
            box = _complete(artist, sides, sideways, data, by_id)
            if box is not None:
                found[sideways].append(box)
                break
    plots = []
    for sideways, boxes in found.items():
        if boxes:
            members = [member for box in boxes for member in box.members]
            series = _series(boxes, sideways, axes, canvas)
            plots.append((boxes[0].artist, series, members))
    return plots


def _complete(
    artist: Any,
    sides: tuple[float, float, float, float],
    sideways: bool,
    data: dict[int, NDArray[np.float64]],
    by_id: dict[int, Any],
) -> _Box | None:
    along = 0 if sideways else 1
    x0, y0, x1, y1 = sides
    start, end, low, high = (y0, y1, x0, x1) if sideways else (x0, x1, y0, y1)
    middle = (start + end) / 2
    # two fliers of a box are points and no whisker
    strokes = {key: ends for key, ends in data.items() if not _is_dots(by_id[key])}
    flat = _between(strokes, across=along)
    upright = _between(strokes, across=1 - along)
    near = 1e-6 * (end - start)
    medians = {
        key: place
        for key, (place, a, b) in flat.items()
        if low <= place <= high
        and a >= start - near
        and b <= end + near
        and b - a > 0.3 * (end - start)
    }
    whiskers = {
        key: (a, b)
        for key, (place, a, b) in upright.items()
        if abs(place - middle) <= near and (b <= low + 1e-12 or a >= high - 1e-12)
    }
    if not medians or not whiskers:
        return None
    inner = max(medians, key=lambda key: flat[key][2] - flat[key][1])
    ends = [value for span in whiskers.values() for value in span]
    bottom, top = min([low, *ends]), max([high, *ends])
    caps = [
        key
        for key, (place, a, b) in flat.items()
        if key != inner and place in (bottom, top) and a >= start - near and b <= end + near
    ]
    fliers, dots = [], []
    for key, values in data.items():
        if _is_dots(by_id[key]) and (
            len(values) == 0 or np.allclose(values[:, 1 - along], middle, atol=near)
        ):
            outside = [float(v) for v in values[:, along] if v < bottom or v > top]
            if len(outside) == len(values) and len(values):
                fliers += outside
                dots.append(key)
    keys = [inner, *whiskers, *caps, *dots]
    members = [artist, *(by_id[key] for key in keys)]
    lines = {"median": by_id[inner], "whiskers": by_id[next(iter(whiskers))]}
    if caps:
        lines["caps"] = by_id[caps[0]]
    return _Box(
        artist=artist,
        at=middle,
        size=end - start,
        first=low,
        third=high,
        median=medians[inner],
        low=bottom,
        high=top,
        fliers=sorted(fliers),
        members=members,
        lines=lines,
    )


def _series(boxes: list[_Box], sideways: bool, axes: Any, canvas: Canvas) -> Series:
    points = []
    for box in boxes:
        low, high = min([box.low, *box.fliers]), max([box.high, *box.fliers])
        ends = [[box.at - box.size / 2, low], [box.at + box.size / 2, high]]
        if sideways:
            ends = [[y, x] for x, y in ends]
        point = Point(
            at=number(box.at),
            value=number(box.median),
            base=0.0,
            size=number(box.size),
            box=canvas.box_of(axes.transData.transform(ends), 1),
            name="",
            low=number(box.low),
            high=number(box.high),
            first=number(box.first),
            third=number(box.third),
        )
        if isinstance(box.artist, PathPatch):
            point["colour"] = canvas.hex(box.artist.get_facecolor())
        if box.fliers:
            point["outline"] = [[number(box.at), number(value)] for value in box.fliers]
        points.append(point)
    edge = _look(boxes[0].artist, canvas)
    inner = {name: _look(line, canvas) for name, line in boxes[0].lines.items()}
    colours = [point["colour"] for point in points if "colour" in point]
    mixed = len(set(colours)) > 1
    for point in points:
        if not mixed:
            point.pop("colour", None)
    corners = np.array([point["box"] for point in points])
    low, high = corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0)
    return Series(
        kind="sideways box" if sideways else "box",
        name="",
        colour=colours[0] if colours else "#00000000",
        mixed=mixed,
        edge=edge,
        line=None,
        marker="",
        hatch="",
        box=[*map(float, low), *map(float, high)],
        points=points,
        inner={name: line for name, line in inner.items() if line is not None},
    )


def _look(artist: Any, canvas: Canvas) -> Stroke | None:
    width = artist.get_linewidth()
    colour = artist.get_color() if isinstance(artist, Line2D) else artist.get_edgecolor()
    return stroke(canvas, colour, width, dash_name(artist._dash_pattern[1], width))
