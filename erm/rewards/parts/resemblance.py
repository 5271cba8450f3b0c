"""Whether a picture shows anything of its reference: a gate, not a measure of quality.

It is there for pictures of text, spots, colour fields and grids that a policy draws instead of the
reference. They have few discrepancies, each of them large, so that a sum of severities favours them
over an honest answer with many small ones. How far honest and other pictures lie apart is in
``docs/rewards.md``.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from erm.images import largest_gap, open_image

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_RESEMBLANCE = 0.3
"""`resemblance` below which a picture shows nothing of the reference."""

MOST_CLUTTER = 4.0
"""Edges of a picture, as a multiple of the reference's, above which it shows something else."""

_SIDE = 16
"""Cells of a side of the pictures that are compared."""

_EDGE = 40
"""Difference of brightness between neighbouring pixels, 0..255, that counts as an edge."""


def shows_reference(reference: bytes, candidate: bytes) -> bool:
    """Whether a picture resembles its reference and has not many times its edges.

    Args:
        reference, candidate: encoded images.
    """
    first, second = _look(reference), _look(candidate)
    cluttered = second.edges > MOST_CLUTTER * max(1, first.edges)
    return not cluttered and resemblance(first.ink, second.ink) >= LEAST_RESEMBLANCE


def resemblance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """How much of two pictures' ink lies in the same places, in [−1, 1]; 0 where one has none.

    The correlation of ink averaged over a grid of `_SIDE` × `_SIDE` cells, so that small shifts and
    other colours do not count: the better one of the second picture stretched to the first one's
    grid, and of both at the top left of one canvas.

    Args:
        first, second: (height, width) ink, see `_Look`.
    """
    height, width = (max(first.shape[side], second.shape[side]) for side in (0, 1))
    placed = []
    for ink in (first, second):
        canvas = np.zeros((height, width), dtype=np.uint8)
        canvas[: ink.shape[0], : ink.shape[1]] = ink
        placed.append(canvas)
    return max(_correlation(first, second), _correlation(*placed))


def _correlation(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    one, other = _cells(first), _cells(second)
    lengths = math.sqrt(float(np.sum(one**2)) * float(np.sum(other**2)))
    return float(np.sum(one * other)) / lengths if lengths else 0.0


def _cells(ink: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(`_SIDE`, `_SIDE`) mean ink less its own mean."""
    small = Image.fromarray(ink).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    cells = np.asarray(small, dtype=np.float64)
    centred: NDArray[np.float64] = cells - cells.mean()
    return centred


class _Look(NamedTuple):
    """What is compared of a picture.

    Attributes:
        ink: (height, width) largest difference of a channel from the picture's commonest colour.
        edges: number of neighbouring pixels that differ clearly.
    """

    ink: NDArray[np.uint8]
    edges: int


@lru_cache(maxsize=256)
def _look(image: bytes) -> _Look:
    opened = open_image(image)
    pixels = np.asarray(opened, dtype=np.uint8)
    red, green, blue = (pixels[..., channel].astype(np.uint16) // 8 for channel in range(3))
    code = int(np.bincount((red * 1024 + green * 32 + blue).ravel()).argmax())
    commonest = np.array([code // 1024, code // 32 % 32, code % 32], dtype=np.uint8) * 8 + 4
    grey = np.asarray(opened.convert("L"), dtype=np.int16)
    edges = (np.abs(np.diff(grey, axis=axis)) > _EDGE for axis in (0, 1))
    return _Look(largest_gap(pixels, commonest), sum(map(np.count_nonzero, edges)))
