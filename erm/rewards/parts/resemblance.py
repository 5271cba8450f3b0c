"""Whether a picture shows anything of its reference: a gate, not a measure of quality.

It is there for pictures of text, spots, colour fields and grids that a policy draws instead of the
reference. They have few discrepancies, each of them large, so that a sum of severities favours them
over an honest answer with many small ones. The same holds for coarse copies of the reference, in
cells or markers of one colour each: they have its ink at the right places, but none of the strokes
that text and lines are drawn with. How far honest and other pictures lie apart is in
``docs/rewards.md``.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from erm.images import largest_gap, open_image

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_RESEMBLANCE = 0.3
"""`resemblance` below which a picture shows nothing of the reference."""

MOST_CLUTTER = 4.0
"""Edges of a picture, as a multiple of the reference's, above which it shows something else."""

LEAST_STROKES = 0.003
"""Share of the reference's pixels that are strokes of one direction from which they are compared:
text and lines are a part of what it shows."""

LEAST_STROKE_RESEMBLANCE = 0.2
"""Correlation of strokes below which a picture has none of the reference's text and lines."""

MOST_STROKE_RATIO = 5.0
"""Ratio of the pictures' shares of strokes, either way, above which one has other strokes."""

_SIDE = 16
"""Cells of a side of the pictures that are compared."""

_EDGE = 40
"""Difference of brightness between neighbouring pixels, 0..255, that counts as an edge."""

_STROKE = 60
"""Difference of brightness, 0..255, from the pixels on both sides that makes a stroke."""

_STROKE_REACH = 1 / 200
"""Distance of those pixels as a share of the longer side; 2 pixels at least."""

_STROKE_BLUR = 0.8
"""Standard deviation, in cells, of the blur of strokes, so that moved text still overlaps."""


def shows_reference(reference: bytes, candidate: bytes) -> bool:
    """Whether a picture resembles its reference in ink and strokes and has not many times its
    edges.

    Args:
        reference, candidate: encoded images.
    """
    first, second = _look(reference), _look(candidate)
    cluttered = second.edges > MOST_CLUTTER * max(1, first.edges)
    return (
        not cluttered
        and resemblance(first.ink, second.ink) >= LEAST_RESEMBLANCE
        and _strokes_resemble(first, second)
    )


def _strokes_resemble(first: _Look, second: _Look) -> bool:
    """Whether strokes lie in the same places, in each direction in which the first picture has
    some."""
    return all(
        _same_strokes(*pair)
        for pair in zip(first.strokes, second.strokes, strict=True)
        if np.count_nonzero(pair[0]) >= LEAST_STROKES * pair[0].size
    )


def _same_strokes(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> bool:
    shares = [np.count_nonzero(mask) / mask.size for mask in (first, second)]
    if max(shares) > MOST_STROKE_RATIO * min(shares):
        return False
    if _correlation(_blurred(first), _blurred(second)) >= LEAST_STROKE_RESEMBLANCE:
        return True
    if first.shape == second.shape:
        return False
    placed = _on_one_canvas(first, second)
    return _correlation(*map(_blurred, placed)) >= LEAST_STROKE_RESEMBLANCE


def _blurred(mask: NDArray[np.uint8]) -> NDArray[np.float64]:
    cells: NDArray[np.float64] = ndimage.gaussian_filter(_cells(mask), _STROKE_BLUR)
    return cells


def resemblance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """How much of two pictures' ink lies in the same places, in [−1, 1]; 0 where one has none.

    The correlation of ink averaged over a grid of `_SIDE` × `_SIDE` cells, so that small shifts and
    other colours do not count: the better one of the second picture stretched to the first one's
    grid, and of both at the top left of one canvas.

    Args:
        first, second: (height, width) ink, see `_Look`.
    """
    stretched = _correlation(_cells(first), _cells(second))
    if first.shape == second.shape:
        return stretched
    return max(stretched, _correlation(*map(_cells, _on_one_canvas(first, second))))


def _on_one_canvas(
    first: NDArray[np.uint8], second: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Both at the top left of the smallest canvas that holds either."""
    height, width = (max(first.shape[side], second.shape[side]) for side in (0, 1))

    def placed(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
        canvas = np.zeros((height, width), dtype=np.uint8)
        canvas[: values.shape[0], : values.shape[1]] = values
        return canvas

    return placed(first), placed(second)


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    one, other = first - first.mean(), second - second.mean()
    lengths = math.sqrt(float(np.sum(one**2)) * float(np.sum(other**2)))
    return float(np.sum(one * other)) / lengths if lengths else 0.0


def _cells(values: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(`_SIDE`, `_SIDE`) means of (height, width) values."""
    small = Image.fromarray(values).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64)


def _strokes(grey: NDArray[np.int16], axis: int) -> NDArray[np.uint8]:
    """255 where a pixel is darker, or brighter, than those on both sides along an axis, else 0."""
    reach = max(2, round(_STROKE_REACH * max(grey.shape)))
    padded = np.pad(grey, [(reach, reach) if side == axis else (0, 0) for side in (0, 1)], "edge")
    length = grey.shape[axis]
    before, after = (np.take(padded, range(at, at + length), axis) for at in (0, 2 * reach))
    darker = (before - grey > _STROKE) & (after - grey > _STROKE)
    brighter = (grey - before > _STROKE) & (grey - after > _STROKE)
    return np.where(darker | brighter, np.uint8(255), np.uint8(0))


class _Look(NamedTuple):
    """What is compared of a picture.

    Attributes:
        ink: (height, width) largest difference of a channel from the picture's commonest colour.
        edges: number of neighbouring pixels that differ clearly.
        strokes: (height, width) each, 255 where a stroke is crossed down, and across.
    """

    ink: NDArray[np.uint8]
    edges: int
    strokes: tuple[NDArray[np.uint8], NDArray[np.uint8]]


@lru_cache(maxsize=256)
def _look(image: bytes) -> _Look:
    opened = open_image(image)
    pixels = np.asarray(opened, dtype=np.uint8)
    red, green, blue = (pixels[..., channel].astype(np.uint16) // 8 for channel in range(3))
    code = int(np.bincount((red * 1024 + green * 32 + blue).ravel()).argmax())
    commonest = np.array([code // 1024, code // 32 % 32, code % 32], dtype=np.uint8) * 8 + 4
    grey = np.asarray(opened.convert("L"), dtype=np.int16)
    edges = (np.abs(np.diff(grey, axis=axis)) > _EDGE for axis in (0, 1))
    ink = largest_gap(pixels, commonest)
    strokes = (_strokes(grey, 0), _strokes(grey, 1))
    return _Look(ink, sum(map(np.count_nonzero, edges)), strokes)
