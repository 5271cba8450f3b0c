"""Outlines in pixels: what kind of shape one is, and how far two are apart.

An outline is a list of subpaths; a subpath is an (n, 2) array of points, x right, y down, curves
sampled, and a closed one repeats its first point at the end. Not covered: paint (`scene`).
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

CURVE_SAMPLES = 12
"""Points on each segment of a curve."""
_MAX_POINTS = 240
"""Points of a subpath that are kept."""
_STRAYED = 0.1
"""Pixels by which a thinned subpath may stray from the whole one."""


@dataclass(frozen=True)
class Outline:
    """One shape's outline.

    Attributes:
        subpaths: (n, 2) arrays in pixels.
        curved: whether any segment bends.
        kind: what a person would call it.
    """

    subpaths: tuple[Points, ...]
    curved: bool
    kind: str

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 without any stroke."""
        points = np.concatenate(self.subpaths)
        return (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


_T = np.linspace(0, 1, CURVE_SAMPLES + 1)[1:, None]
_BERNSTEIN = np.hstack([(1 - _T) ** 3, 3 * _T * (1 - _T) ** 2, 3 * _T**2 * (1 - _T), _T**3])


def sample_curve(start: Points, controls: Points) -> Points:
    """Points (CURVE_SAMPLES, 2) of a cubic Bézier after its start; controls is (3, 2)."""
    result: Points = _BERNSTEIN @ np.vstack([start, controls])
    return result


def circle(centre: Points, radius: float) -> Points:
    """Points (4 * CURVE_SAMPLES + 1, 2) of a closed circle around a centre (2,)."""
    angles = np.linspace(0, 2 * math.pi, 4 * CURVE_SAMPLES + 1)
    points: Points = centre + radius * np.column_stack([np.cos(angles), np.sin(angles)])
    points[-1] = points[0]
    return points


def is_straight(start: Points, controls: Points) -> bool:
    """Whether a cubic Bézier is a straight segment to within a tenth of a pixel."""
    end = controls[2]
    chord = end - start
    length = math.hypot(*chord)
    if length < 1e-9:
        return bool(np.abs(controls - start).max() < 0.1)
    normal = np.array([-chord[1], chord[0]]) / length
    along = (controls[:2] - start) @ (chord / length)
    return bool(
        np.abs((controls[:2] - start) @ normal).max() < 0.1
        and along.min() > -0.1
        and along.max() < length + 0.1
    )


def corners(points: Points, tolerance: float = 0.12) -> Points:
    """The subpath's vertices without repeated and collinear ones; a closed one's last dropped."""
    closed = is_closed(points)
    kept = [points[0]]
    for point in points[1:]:
        if np.abs(point - kept[-1]).max() > 0.05:
            kept.append(point)
    if closed and len(kept) > 1 and np.abs(kept[-1] - kept[0]).max() <= 0.05:
        kept.pop()
    changed = True
    while changed and len(kept) > 2:
        changed = False
        indices = range(len(kept)) if closed else range(1, len(kept) - 1)
        for index in indices:
            before, here, after = (
                kept[index - 1],
                kept[index],
                kept[(index + 1) % len(kept)],
            )
            if _distance_to_segment(here, before, after) < tolerance:
                del kept[index]
                changed = True
                break
    return np.array(kept)


def is_closed(points: Points) -> bool:
    """Whether a subpath ends where it starts."""
    return len(points) > 2 and bool(np.abs(points[0] - points[-1]).max() < 0.05)


def closed(points: Points) -> Points:
    """A subpath that ends where it starts."""
    return points if is_closed(points) else np.vstack([points, points[:1]])


def clipped(subpaths: tuple[Points, ...], low: Points, high: Points) -> tuple[Points, ...]:
    """What lies between two corners (2,) of an upright rectangle, each subpath closed.

    Sutherland and Hodgman, Reentrant polygon clipping (1974).
    """
    kept = []
    for points in subpaths:
        for axis in (0, 1):
            for sign, limit in ((1.0, low[axis]), (-1.0, high[axis])):
                points = _on_one_side(points, axis, sign, sign * limit)
        if len(points):
            kept.append(closed(points))
    return tuple(kept)


def _on_one_side(points: Points, axis: int, sign: float, limit: float) -> Points:
    """The part of a closed subpath in which sign · coordinate is at least a limit."""
    kept: list[Points] = []
    for start, end in zip(points, np.roll(points, -1, axis=0), strict=True):
        a, b = sign * start[axis] - limit, sign * end[axis] - limit
        if a >= 0:
            kept.append(start)
        if (a >= 0) != (b >= 0):
            kept.append(start + (end - start) * (a / (a - b)))
    return np.array(kept).reshape(-1, 2)


def area_of(points: Points) -> float:
    """Signed area of a closed subpath in square pixels (shoelace formula)."""
    x, y = points[:, 0], points[:, 1]
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2)


def name_kind(subpaths: tuple[Points, ...], curved: bool, filled: bool) -> str:
    """What a person would call a shape, from its outline alone."""
    drawn = [points for points in subpaths if len(points) > 1]
    if len(drawn) != 1:
        return _name_compound(drawn) if drawn else "dot"
    points = drawn[0]
    if not is_closed(points) and not filled:
        vertices = corners(points)
        if len(vertices) == 2:
            return "line"
        return "curve" if curved else "polyline"
    points = closed(points)
    if curved:
        return _name_curved(points)
    return _name_polygon(corners(points))


def _name_compound(drawn: list[Points]) -> str:
    if len(drawn) == 2 and all(is_closed(points) for points in drawn):
        fits = [_ellipse_of(points) for points in drawn]
        if fits[0] and fits[1]:
            offset = math.dist(fits[0][:2], fits[1][:2])
            if offset < 0.1 * max(fits[0][2], fits[1][2]):
                return "ring"
    return "shape"


def _name_curved(points: Points) -> str:
    fit = _ellipse_of(points)
    if fit is not None:
        low, high = sorted(fit[2:])
        return "circle" if high - low <= max(0.5, 0.02 * high) else "ellipse"
    if _corner_radius(points) is not None:
        return "rounded rectangle"
    return "shape"


def _ellipse_of(points: Points) -> tuple[float, float, float, float] | None:
    """Centre and half axes of the ellipse that a closed subpath is, if it is one."""
    centre, covariance = _moments(points)
    if centre is None or covariance is None:
        return None
    values, vectors = np.linalg.eigh(covariance)
    if values.min() <= 0.01:
        return None
    half = 2 * np.sqrt(values)
    local = (points - centre) @ vectors / half
    residual = np.abs(np.hypot(local[:, 0], local[:, 1]) - 1) * half.mean()
    if residual.max() > max(0.35, 0.02 * half.max()):
        return None
    return float(centre[0]), float(centre[1]), float(half[0]), float(half[1])


def _moments(points: Points) -> tuple[Points | None, Points | None]:
    """Centroid and covariance of a closed subpath's area (Green's theorem)."""
    origin = points.mean(axis=0)
    local = points - origin
    x0, y0, x1, y1 = local[:-1, 0], local[:-1, 1], local[1:, 0], local[1:, 1]
    cross = x0 * y1 - x1 * y0
    area = cross.sum() / 2
    if abs(area) < 1e-6:
        return None, None
    cx = ((x0 + x1) * cross).sum() / (6 * area)
    cy = ((y0 + y1) * cross).sum() / (6 * area)
    xx = ((x0 * x0 + x0 * x1 + x1 * x1) * cross).sum() / (12 * area) - cx * cx
    yy = ((y0 * y0 + y0 * y1 + y1 * y1) * cross).sum() / (12 * area) - cy * cy
    xy = ((x0 * y1 + 2 * x0 * y0 + 2 * x1 * y1 + x1 * y0) * cross).sum() / (24 * area) - cx * cy
    return origin + np.array([cx, cy]), np.array([[xx, xy], [xy, yy]])


def centroid(outline: Outline) -> Points:
    """Centre of the closed subpaths' areas, else of all the outline's length.

    Either turns along with the outline, which the middle of its box does not.
    """
    closed = [points for points in outline.subpaths if is_closed(points)]
    areas = [abs(area_of(points)) for points in closed]
    centres = [_moments(points)[0] for points in closed]
    solid = [
        (centre, area) for centre, area in zip(centres, areas, strict=True) if centre is not None
    ]
    if solid:
        return np.asarray(np.average([c for c, _ in solid], axis=0, weights=[a for _, a in solid]))
    starts, ends = _segments(outline.subpaths)
    lengths = np.hypot(*(ends - starts).T)
    if lengths.sum() <= 0:
        return np.asarray(starts.mean(axis=0))
    return np.asarray(np.average((starts + ends) / 2, axis=0, weights=lengths))


def _corner_radius(points: Points) -> float | None:
    """Radius of an upright rectangle's round corners, None where it is not one."""
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    width, height = x1 - x0, y1 - y0
    missing = width * height - abs(area_of(points))
    if min(width, height) <= 0.5 or missing <= 0:
        return None
    radius = math.sqrt(missing / (4 - math.pi))
    radius = min(radius, width / 2, height / 2)
    inner = np.array([[x0 + radius, y0 + radius], [x1 - radius, y1 - radius]])
    nearest = np.clip(points, inner[0], inner[1])
    residual = np.abs(np.hypot(*(points - nearest).T) - radius)
    return radius if residual.max() < max(0.6, 0.04 * radius) else None


def corner_radius(outline: Outline) -> float:
    """Radius in pixels of a rounded rectangle's corners, 0 for any other shape."""
    if outline.kind != "rounded rectangle":
        return 0.0
    return _corner_radius(outline.subpaths[0]) or 0.0


def _name_polygon(vertices: Points) -> str:
    count = len(vertices)
    if count <= 2:
        return "line"
    edges = np.roll(vertices, -1, axis=0) - vertices
    lengths = np.hypot(edges[:, 0], edges[:, 1])
    turns = np.cross(
        np.c_[edges, np.zeros(count)], np.c_[np.roll(edges, -1, axis=0), np.zeros(count)]
    )[:, 2]
    convex = bool((turns > 0).all() or (turns < 0).all())
    if count == 3:
        return "triangle"
    if count == 4:
        return _name_quadrilateral(vertices, edges, lengths) if convex else "arrowhead"
    if convex:
        return {5: "pentagon", 6: "hexagon", 8: "octagon"}.get(count, "polygon")
    if count >= 8 and count % 2 == 0 and _alternates(turns):
        return "star"
    if count == 7:
        return "arrow"
    if count == 12 and _all_right_angles(edges, lengths):
        return "cross"
    return "polygon"


def _alternates(turns: Points) -> bool:
    signs = np.sign(turns)
    return bool((signs[::2] == signs[0]).all() and (signs[1::2] == -signs[0]).all())


def _all_right_angles(edges: Points, lengths: Points) -> bool:
    following = np.roll(edges, -1, axis=0)
    cosine = (edges * following).sum(axis=1) / (lengths * np.roll(lengths, -1))
    return bool(np.abs(cosine).max() < 0.05)


def _name_quadrilateral(vertices: Points, edges: Points, lengths: Points) -> str:
    diagonals = np.array([vertices[2] - vertices[0], vertices[3] - vertices[1]])
    if _all_right_angles(edges, lengths) and np.abs(edges).min(axis=1).max() < 0.3:
        return (
            "square"
            if lengths.max() - lengths.min() <= max(0.5, 0.02 * lengths.max())
            else "rectangle"
        )
    if np.abs(diagonals).min(axis=1).max() < max(0.5, 0.03 * np.abs(diagonals).max()):
        middle = np.abs(vertices[0] + vertices[2] - vertices[1] - vertices[3]).max() / 2
        if middle < max(0.5, 0.04 * np.abs(diagonals).max()):
            return "diamond"
    if _all_right_angles(edges, lengths):
        return (
            "tilted square"
            if lengths.max() - lengths.min() <= max(0.5, 0.02 * lengths.max())
            else "tilted rectangle"
        )
    return "quadrilateral"


FAMILY = {
    "square": "rectangle",
    "tilted square": "rectangle",
    "tilted rectangle": "rectangle",
    "circle": "ellipse",
}
"""Kinds that differ only in proportion or angle belong to one family."""


def family(kind: str) -> str:
    """The family of a kind of shape."""
    return FAMILY.get(kind, kind)


def could_be(kind: str, other: str) -> bool:
    """Whether two outlines may be one that was moved, stretched or turned.

    A rounded rectangle, for one, has no better name than ``shape`` once it is tilted.
    """
    return family(kind) == family(other) or "shape" in (kind, other)


def resample(subpaths: tuple[Points, ...], count: int = 96) -> Points:
    """At least `count` points spaced evenly along all subpaths, corners kept."""
    starts, ends = _segments(subpaths)
    lengths = np.hypot(*(ends - starts).T)
    total = float(lengths.sum())
    if total <= 0:
        return np.concatenate(subpaths)
    pieces = np.maximum(1, np.ceil(lengths * count / total)).astype(int)
    segment = np.repeat(np.arange(len(starts)), pieces)
    first = np.repeat(np.cumsum(pieces) - pieces, pieces)
    t = ((np.arange(len(segment)) - first) / pieces[segment])[:, None]
    between = starts[segment] * (1 - t) + ends[segment] * t
    return np.concatenate([between, *(points[-1:] for points in subpaths)])


def distance(a: tuple[Points, ...], b: tuple[Points, ...], count: int = 96) -> float:
    """Hausdorff distance in pixels between two outlines, measured from samples to segments."""
    return max(_one_way(resample(a, count), b), _one_way(resample(b, count), a))


def moved(subpaths: tuple[Points, ...], matrix: Points, offset: Points) -> tuple[Points, ...]:
    """Subpaths under x → matrix · x + offset."""
    return tuple(points @ matrix.T + offset for points in subpaths)


def rotation(degrees: float) -> Points:
    """The matrix (2, 2) of a clockwise rotation, as y points down."""
    angle = math.radians(degrees)
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def _segments(subpaths: tuple[Points, ...]) -> tuple[Points, Points]:
    """Starts and ends of all segments; a lone point is a segment of no length."""
    starts = np.concatenate([path[:-1] if len(path) > 1 else path for path in subpaths])
    ends = np.concatenate([path[1:] if len(path) > 1 else path for path in subpaths])
    return starts, ends


def _one_way(points: Points, subpaths: tuple[Points, ...]) -> float:
    # x and y apart: sums over an axis of two numbers take most of the time otherwise
    starts, ends = _segments(subpaths)
    along_x, along_y = (ends - starts).T
    squared = np.maximum(along_x**2 + along_y**2, 1e-12)
    offset_x = points[:, :1] - starts[:, 0]
    offset_y = points[:, 1:] - starts[:, 1]
    t = np.clip((offset_x * along_x + offset_y * along_y) / squared, 0, 1)
    gap = (offset_x - t * along_x) ** 2 + (offset_y - t * along_y) ** 2
    return float(np.sqrt(gap.min(axis=1).max()))


def _length(points: Points) -> float:
    return float(np.hypot(*np.diff(points, axis=0).T).sum()) if len(points) > 1 else 0.0


def length(outline: Outline) -> float:
    """Length in pixels along all subpaths."""
    return sum(_length(points) for points in outline.subpaths)


def thin(points: Points) -> Points:
    """A subpath with the points that its course needs, at most _MAX_POINTS.

    A subpath with more loses those that lie closest to the line between their neighbours, so that
    a long outline and its copy that was moved, turned or stretched keep the same course (Ramer,
    An iterative procedure for the polygonal approximation of plane curves, 1972).
    """
    if len(points) <= _MAX_POINTS:
        return points
    kept = [0, len(points) - 1]
    gaps = [_largest_gap(points, 0, len(points) - 1)]
    while gaps and len(kept) < _MAX_POINTS:
        gap, first, index, last = heapq.heappop(gaps)
        if -gap <= _STRAYED:
            break
        kept.append(index)
        for ends in ((first, index), (index, last)):
            if ends[1] - ends[0] > 1:
                heapq.heappush(gaps, _largest_gap(points, *ends))
    result: Points = points[sorted(kept)]
    return result


def _largest_gap(points: Points, first: int, last: int) -> tuple[float, int, int, int]:
    """Where a subpath strays furthest from the chord between two of its points.

    Returns:
        the distance in pixels, negative; the chord's start, the furthest point, the chord's end.
    """
    start, along = points[first], points[last] - points[first]
    offset = points[first + 1 : last] - start
    squared = max(float(along @ along), 1e-12)
    t = np.clip(offset @ along / squared, 0, 1)
    gaps = np.hypot(*(offset - t[:, None] * along).T)
    furthest = int(gaps.argmax())
    return -float(gaps[furthest]), first, first + 1 + furthest, last


def _distance_to_segment(point: Points, start: Points, end: Points) -> float:
    along = end - start
    squared = float(along @ along)
    t = 0.0 if squared < 1e-12 else min(1.0, max(0.0, float((point - start) @ along) / squared))
    return math.dist(point, start + t * along)
