"""Reads a scene from the picture of an icon: shapes are connected regions of one colour.

A segment (`erm.tasks.svg.segments`) is filled, or a stroke where it is thin everywhere. Not
covered: text, gradients, dashes, clips, opacity, and what lies beneath another shape.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import approximate_polygon, find_contours
from skimage.morphology import skeletonize

from erm.tasks.shared.regions import Mask, Pixels, codes_of, levels_of, rim_colour
from erm.tasks.svg.outline import Outline, area_of, closed, corner_radius, is_closed, name_kind
from erm.tasks.svg.segments import Picture, Segment, cover_of

_SIDE = 256
"""Longest side in px to which smaller pictures are enlarged before they are measured."""
_SLENDER = 3.0
"""Length of a stroke over its width, at least."""
_EVEN = 0.3
"""Deviation of a stroke's width from its mean, as a share, at most."""
_VERY_EVEN = 0.08
"""The same in pictures that are not drawn with strokes of one width."""
_SHORTEST = 12
"""Points of an outline, at most, that is the trace of a pixel."""
_CLOSE, _STRAIGHT = 0.1, 0.6
"""Pixels of the picture within which an outline is followed, and within which it is straight."""
_WOBBLE = 0.06
"""The same for a stroke, as a share of its width."""
_UPRIGHT = 0.96
"""Share of its box that an upright rectangle fills."""
_ALL_ROUND = 0.45
"""Radius of corners over the shorter side from which a rounded square is a circle."""
_MOST_CORNERS, _SHARP = 12, 0.5
"""Corners of a polygon that turns by more than so many radians at each of them, at most."""
_CORNERS = 5
"""Most corners of a polygon; other outlines are curves."""
_LONGEST_PEN = 6000
"""Pixels of a middle line, at most."""
_STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))
"""From a pixel to its neighbours, as rows and columns; straight ones first."""

Points = NDArray[np.float64]


def read_icon(pixels: Pixels) -> dict[str, Any]:
    """The scene of a picture, (height, width, 3) RGB: its size and its page.

    Shapes are read where two pictures differ (`erm.tasks.svg.compare_read`), from colours that both
    share.
    """
    height, width = pixels.shape[:2]
    return {
        "width": width,
        "height": height,
        "background": paint_of(rim_colour(codes_of(pixels))),
        "background_visible": True,
        "shapes": [],
    }


def paint_of(code: int) -> dict[str, Any]:
    """An opaque colour as the paint of a shape."""
    return {"type": "solid", "color": list(levels_of(code)), "alpha": 1.0}


def shape_entry(picture: Picture, segment: Segment, *, solid: bool = False) -> dict[str, Any]:
    """A segment as a shape of a scene.

    Args:
        solid: holes are what other shapes cover.
    """
    cover, place = cover_of(picture, segment)
    factor = max(1, math.ceil(_SIDE / max(segment.shape)))
    if factor > 1:
        cover = ndimage.zoom(cover, factor, order=1, grid_mode=True, mode="grid-constant")
    mask = cover >= 0.5
    if not mask.any():
        mask = cover > 0
    labels, count = ndimage.label(mask, np.ones((3, 3), bool))
    if count > 1:
        mask = labels == 1 + np.bincount(labels.ravel())[1:].argmax()
        cover = np.where(ndimage.binary_dilation(mask, np.ones((3, 3), bool)), cover, 0)
    if solid:
        filled = ndimage.binary_fill_holes(mask)
        cover = np.where(filled & ~mask, 1, cover)
        mask = filled
    origin = np.array([place[1].start, place[0].start], dtype=float) * factor - 2
    box = segment.box
    pen = _pen(np.pad(mask, 2), _EVEN if picture.strokes else _VERY_EVEN)
    if pen is not None and not picture.strokes and _is_upright(mask):
        pen = None
    shape = _shape(np.pad(cover, 2), pen, origin, factor, segment.code)
    return {**shape, "box": [box.x0, box.y0, box.x1, box.y1], "area": float(segment.area)}


def _middle_of(outer: Points, inner: Points) -> tuple[Points, float]:
    """The middle line of a closed stroke between its two edges, and its width."""
    boxes = [(line.min(axis=0), line.max(axis=0)) for line in (outer, inner)]
    low, high = ((boxes[0][end] + boxes[1][end]) / 2 for end in (0, 1))
    scale = (high - low) / np.maximum(boxes[0][1] - boxes[0][0], 1e-6)
    gaps = np.concatenate([boxes[1][0] - boxes[0][0], boxes[0][1] - boxes[1][1]])
    return low + (outer - boxes[0][0]) * scale, float(np.median(gaps))


def _is_upright(mask: Mask) -> bool:
    """Whether a mask fills its box."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return bool(mask.sum() >= _UPRIGHT * (np.ptp(rows) + 1) * (np.ptp(columns) + 1))


def _shape(
    cover: NDArray[np.float32],
    pen: tuple[Points, float] | None,
    origin: Points,
    factor: int,
    colour: int,
) -> dict[str, Any]:
    """One region as a shape without box and area; all lengths in px of the picture."""
    fill: dict[str, Any] | None = paint_of(colour)
    stroke: dict[str, Any] | None = None
    subpaths: list[Points] = []
    contours = find_contours(cover, 0.5)
    contours.sort(key=len, reverse=True)
    contours = [line for line in contours if len(line) > _SHORTEST] or contours[:1]
    if pen is not None:
        path, pen_width = pen
        if len(contours) > 1 and is_closed(path):
            path, pen_width = _middle_of(contours[0][:, ::-1], contours[1][:, ::-1])
        subpaths = [(path + origin + 0.5) / factor]
        fill = None
        stroke = {
            **paint_of(colour),
            "width": round(2 * pen_width / factor) / 2,
            "dash": [],
            "cap": "butt",
            "join": "miter",
            "beneath": False,
        }
    else:
        subpaths = [(line[:, ::-1] + origin + 0.5) / factor for line in contours]
    subpaths, curved, kind = _drawn(subpaths, pen and pen[1] / factor)
    return {
        "kind": kind,
        "subpaths": [np.round(points, 2).tolist() for points in subpaths],
        "curved": curved,
        "fill": fill,
        "stroke": stroke,
        "text": None,
        "clips": [],
        "clip_rules": [],
        "part_of": None,
    }


def _kind(subpaths: list[Points], filled: bool) -> str:
    """The kind of a curved outline, all of whose points are given."""
    kind = name_kind(tuple(subpaths), True, filled)
    if kind != "rounded rectangle":
        return kind
    width, height = np.ptp(subpaths[0], axis=0)
    radius = corner_radius(Outline(tuple(subpaths), True, kind))
    round_all = radius > _ALL_ROUND * min(width, height) and abs(width - height) <= 1.5
    return "circle" if round_all else kind


def _drawn(subpaths: list[Points], pen: float | None) -> tuple[list[Points], bool, str]:
    """Outlines with few points, whether they bend, and their kind.

    Args:
        pen: width of the stroke that they are the middle of; None for what is filled.
    """
    filled = pen is None
    first = subpaths[0]
    if filled and len(subpaths) == 1:
        low, high = first.min(axis=0), first.max(axis=0)
        if abs(area_of(closed(first))) >= _UPRIGHT * float(np.prod(high - low)):
            (x0, y0), (x1, y1) = low, high
            box = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]])
            return [box], False, name_kind((box,), False, filled)
    if pen is not None and np.abs(first[0] - first[-1]).max() > pen:
        straight = approximate_polygon(first, max(_STRAIGHT, _WOBBLE * pen))
        if len(straight) == 2:
            return [straight], False, "line"
    kind = _kind(subpaths, filled)
    if len(subpaths) == 1 and kind not in ("circle", "ellipse"):
        coarse = approximate_polygon(_from_corner(first), _STRAIGHT)
        if 2 <= len(coarse) <= _CORNERS + 1 or _is_sharp(coarse):
            return [coarse], False, name_kind((coarse,), False, filled)
    fine = [approximate_polygon(points, _CLOSE) for points in subpaths]
    return [points for points in fine if len(points) > 1] or subpaths, True, kind


def _from_corner(points: Points) -> Points:
    """A closed outline from its point farthest from the middle: a corner, if it has any."""
    if not is_closed(points):
        return points
    loop = points[:-1]
    far = int(np.hypot(*(loop - loop.mean(axis=0)).T).argmax())
    loop = np.roll(loop, -far, axis=0)
    return np.vstack([loop, loop[:1]])


def _is_sharp(polygon: Points) -> bool:
    """Whether a closed polygon of few corners turns clearly at each of them."""
    if not 3 < len(polygon) <= _MOST_CORNERS + 1 or not is_closed(polygon):
        return False
    edges = np.diff(polygon, axis=0)
    angles = np.arctan2(edges[:, 1], edges[:, 0])
    turns = np.abs((np.diff(np.append(angles, angles[0])) + np.pi) % (2 * np.pi) - np.pi)
    return bool(turns.min() > _SHARP)


def _pen(mask: Mask, even: float) -> tuple[Points, float] | None:
    """The middle line, (n, 2) as x and y, and the width of a stroke without branches, or None."""
    reach = ndimage.distance_transform_edt(mask)
    thin = skeletonize(mask)
    widths = 2 * reach[thin]
    if not 0 < widths.size <= _LONGEST_PEN:
        return None
    width = float(np.median(widths))
    if thin.sum() < (_SLENDER - 1) * width or widths.std() > even * width:
        return None
    path = _trail(thin)
    if path is None:
        return None
    if np.abs(path[0] - path[-1]).max() <= 2:
        return np.vstack([path, path[:1]]), width
    return _to_ends(path, mask, width), width


def _trail(thin: Mask) -> Points | None:
    """The pixels of a line one pixel wide in order, as x and y; None where it branches."""
    places = {(int(y), int(x)) for y, x in np.argwhere(thin)}
    near = {
        (y, x): [
            (y + dy, x + dx)
            for dy, dx in _STEPS
            if (y + dy, x + dx) in places
            and not (dy and dx and ((y + dy, x) in places or (y, x + dx) in places))
        ]
        for y, x in places
    }
    tips = sorted(place for place, others in near.items() if len(others) == 1)
    if any(len(others) > 2 for others in near.values()) or len(tips) not in (0, 2):
        return None
    here = tips[0] if tips else min(places)
    order, seen = [here], {here}
    while True:
        ahead = next((place for place in near[here] if place not in seen), None)
        if ahead is None:
            break
        order.append(ahead)
        seen.add(ahead)
        here = ahead
    if len(order) < 2 or len(seen) < len(places):
        return None
    return np.array(order, dtype=float)[:, ::-1]


def _to_ends(path: Points, mask: Mask, width: float) -> Points:
    """A middle line drawn out to the ends of its stroke, which thinning has shortened."""
    ends = []
    for tip, inner in (
        (path[0], path[min(len(path) - 1, round(width))]),
        (path[-1], path[max(0, len(path) - 1 - round(width))]),
    ):
        step = (tip - inner) / max(1e-9, float(np.linalg.norm(tip - inner)))
        here = tip
        for _ in range(round(2 * width)):
            x, y = (round(float(value)) for value in here + step)
            if not (0 <= y < mask.shape[0] and 0 <= x < mask.shape[1] and mask[y, x]):
                break
            here = here + step
        ends.append(here)
    return np.vstack([ends[0], path, ends[1]])
