"""Frames of plots and of legends in the picture of a chart: rectangles of thin straight lines.

Covers the place of each frame and the tick marks at its outside. Not covered: plots without a left
or a lower side, and what a frame holds (`erm.tasks.chart.picture_plot`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from erm.images import largest_gap
from erm.tasks.discrepancy import Box
from erm.tasks.shared.regions import (
    INK,
    Mask,
    Pixels,
    box_of,
    codes_of,
    commonest,
    gap_from,
    place_of,
    runs,
)

_SHORTEST_SIDE = 40
"""Pixels from which a straight thin line may be a side of a plot."""
_THICKEST = 4
"""Most pixels across a line of a frame, or along the axis of a tick mark."""

MAJOR, MINOR = 3, 1
"""Pixels outside a plot that each tick mark fills, and each one with minor marks."""

_MEET = 3
"""Pixels between the ends of two lines that meet."""

_FILLED_PLOT = 0.08
"""Share of a picture that the background of plots without lines around them covers."""

_WHOLE_RIM = 0.8
"""Share of the rim of such a plot that has the colour of its background."""

_LEGEND_SIDES = (24, 10)
"""Shortest sides in px of a legend's frame, without its round corners."""

_CORNER = 4
"""Radius in px of such corners."""

_SHINES = 24
"""Difference of a channel, 0 to 255, between neighbours in a line through which a grid shines."""


def plot_frames(codes: NDArray[np.int32]) -> list[Box]:
    """The plots: where a long thin line along meets one across at its lower left end."""
    across, down = runs(codes), runs(np.ascontiguousarray(codes.T)).T
    page = codes == commonest(codes)
    flat = _segments((across >= _SHORTEST_SIDE) & (down <= _THICKEST) & ~page)
    upright = _segments((down >= _SHORTEST_SIDE) & (across <= _THICKEST) & ~page)
    found = []
    for left in (line for line in upright if side_length(line, 1) >= _SHORTEST_SIDE):
        met = [
            line
            for line in flat
            if abs(line.x0 - left.x0) <= _MEET and side_length(line, 0) >= _SHORTEST_SIDE
        ]
        low = [line for line in met if abs(line.y1 - left.y1) <= 2 * _MEET]
        # marks that stand on the lower side may divide it
        for along in low or [line for line in met if abs(line.y0 - left.y0) <= _MEET]:
            bottom = along.y1 if low else left.y1 + 1
            found.append(Box(left.x0 + 0.5, left.y0 + 0.5, along.x1 - 0.5, bottom - 0.5))
    found.sort(key=lambda box: -(box.x1 - box.x0) * (box.y1 - box.y0))
    frames: list[Box] = []
    for box in found:
        if not any(_overlap(box, other) for other in frames):
            frames.append(box)
    return sorted(frames, key=lambda box: (round(box.y0 / 20), box.x0))


def filled_frames(codes: NDArray[np.int32]) -> list[Box]:
    """The plots without lines around them: upright rectangles of another colour than the page's."""
    values, counts = np.unique(codes, return_counts=True)
    order = np.argsort(-counts, kind="stable")[1:3]
    boxes = []
    for code, count in zip(values[order], counts[order], strict=True):
        if count < _FILLED_PLOT * codes.size:
            continue
        # lines of a grid and marks do not divide a plot
        same = ndimage.binary_closing(np.pad(codes == code, 6), np.ones((7, 7), bool))[6:-6, 6:-6]
        labels, _ = ndimage.label(same)
        for number, place in enumerate(ndimage.find_objects(labels), start=1):
            box = box_of(place)
            large = min(side_length(box, 0), side_length(box, 1)) >= _SHORTEST_SIDE
            rim = labels[place] == number
            edges = np.concatenate([rim[0], rim[-1], rim[:, 0], rim[:, -1]])
            if large and edges.mean() > _WHOLE_RIM:
                boxes.append(box)
        if boxes:
            break
    return sorted(boxes, key=lambda box: (round(box.y0 / 20), box.x0))


def drawn_frame(ink: Mask) -> Box | None:
    """The box around the largest connected drawing, for plots without straight sides."""
    labels, _ = ndimage.label(ndimage.binary_dilation(ink, np.ones((5, 5), bool)))
    boxes = [box_of(place) for place in ndimage.find_objects(labels)]
    best = max(boxes, key=lambda box: side_length(box, 0) * side_length(box, 1), default=None)
    if best is None or min(side_length(best, 0), side_length(best, 1)) < _SHORTEST_SIDE:
        return None
    return best


def _segments(mask: Mask, reach: tuple[int, int] = (3, 3)) -> list[Box]:
    """Boxes of the straight parts of a mask of thin lines; gaps that are smaller than the reach,
    down and across, are closed."""
    joined = ndimage.binary_closing(np.pad(mask, _THICKEST), np.ones(reach, bool))
    labels, _ = ndimage.label(joined[_THICKEST:-_THICKEST, _THICKEST:-_THICKEST])
    boxes = [box_of(place) for place in ndimage.find_objects(labels)]
    return [box for box in boxes if min(side_length(box, 0), side_length(box, 1)) <= 2 * _THICKEST]


def side_length(box: Box, axis: int) -> float:
    """Width (axis 0) or height (axis 1) of a box."""
    return box[axis + 2] - box[axis]


def shifted(box: Box, right: float, down: float) -> Box:
    """A box that moved by some pixels."""
    return Box(box.x0 + right, box.y0 + down, box.x1 + right, box.y1 + down)


def _overlap(first: Box, second: Box) -> bool:
    wide = min(first.x1, second.x1) - max(first.x0, second.x0)
    high = min(first.y1, second.y1) - max(first.y0, second.y0)
    return wide > _MEET and high > _MEET


def tick_marks(pixels: Pixels, box: Box, axis: int, length: int = MAJOR) -> list[float]:
    """Places in px of the tick marks outside a plot's lower (axis 0) or left (axis 1) side.

    Args:
        length: in px, at least: `MAJOR` or `MINOR`.
    """
    height, width = pixels.shape[:2]
    if axis == 0:
        below = int(box.y1) + 1
        strip = pixels[below : below + length, int(box.x0) : min(width, int(box.x1))]
    else:
        left = max(0, int(box.x0) - 1)
        strip = pixels[int(box.y0) : min(height, int(box.y1)), max(0, left - length) : left]
        strip = strip.transpose(1, 0, 2)
    if not strip.size:
        return []
    paper = commonest(codes_of(strip))
    weights = gap_from(strip, paper).astype(float).min(axis=0)
    labels, count = ndimage.label(weights > INK / 2)
    middles = ndimage.center_of_mass(weights, labels, range(1, count + 1)) if count else []
    start = int(box[axis]) + 0.5
    return [
        float(middle[0]) + start
        for middle, place in zip(middles, ndimage.find_objects(labels), strict=True)
        if _thin(place)
    ]


def _thin(place: tuple[slice, ...]) -> bool:
    return bool(place[0].stop - place[0].start <= _THICKEST)


def _alike(pixels: Pixels, ink: Mask) -> NDArray[np.int32]:
    """For each pixel the length of the stretch of ink, or of none, in its row that changes its
    colour only slightly from one pixel to the next."""
    steps = largest_gap(pixels[:, 1:], pixels[:, :-1]) > _SHINES
    steps |= ink[:, 1:] != ink[:, :-1]
    return runs(np.cumsum(np.pad(steps, ((0, 0), (1, 0))), axis=1, dtype=np.int32))


def inner_frames(pixels: Pixels, box: Box, paper: int) -> list[Box]:
    """Rectangles of thin lines inside a plot, such as those of legends; corners may be round."""
    part = pixels[place_of(box)]
    codes = codes_of(part)
    across, down = runs(codes), runs(np.ascontiguousarray(codes.T)).T
    ink = codes != paper
    along, up = _alike(part, ink), _alike(part.transpose(1, 0, 2), ink.T).T
    lines = (
        _segments((along >= _LEGEND_SIDES[0]) & (down <= _THICKEST) & ink, (1, 3)),
        _segments((up >= _LEGEND_SIDES[1]) & (across <= _THICKEST) & ink, (3, 1)),
    )
    flat, upright = (
        [line for line in lines[axis] if side_length(line, axis) >= _LEGEND_SIDES[axis]]
        for axis in (0, 1)
    )
    frames: list[Box] = []
    reach = _CORNER
    for top in flat:
        for bottom in flat:
            if (
                bottom.y0 - top.y1 < _LEGEND_SIDES[1]
                or max(abs(top.x0 - bottom.x0), abs(top.x1 - bottom.x1)) > _MEET
            ):
                continue
            left, right = (
                next(
                    (
                        line
                        for line in upright
                        if abs(line.x0 - x) <= reach + 2
                        and abs(line.y0 - top.y0) <= 2 * reach
                        and abs(line.y1 - bottom.y1) <= 2 * reach
                    ),
                    None,
                )
                for x in (top.x0, top.x1)
            )
            if left is None or right is None:
                continue
            frame = Box(left.x0, top.y0, right.x1, bottom.y1)
            if not any(_overlap(frame, other) for other in frames):
                frames.append(frame)
    x, y = int(box.x0), int(box.y0)
    return [shifted(one, x, y) for one in frames]
