"""Whether a picture shows anything of its reference: a gate, not a measure of quality.

It is there for pictures of text, spots, colour fields and grids that a policy draws instead of the
reference. They have few discrepancies, each of them large, so that a sum of severities favours them
over an honest answer with many small ones. How far honest and other pictures lie apart is in
``docs/rewards.md``.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from erm.images import open_image

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
    first, second = _ink(reference), _ink(candidate)
    cluttered = _edges(candidate) > MOST_CLUTTER * max(1, _edges(reference))
    return not cluttered and resemblance(first, second) >= LEAST_RESEMBLANCE


def resemblance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """How much of two pictures' ink lies in the same places, in [−1, 1]; 0 where one has none.

    The correlation of ink averaged over a grid of `_SIDE` × `_SIDE` cells, so that small shifts and
    other colours do not count: the better one of the second picture stretched to the first one's
    grid, and of both at the top left of one canvas.

    Args:
        first, second: (height, width) ink, see `_ink`.
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


@lru_cache(maxsize=256)
def _ink(image: bytes) -> NDArray[np.uint8]:
    """(height, width) largest difference of a channel from the picture's commonest colour."""
    pixels = np.asarray(open_image(image), dtype=np.int16)
    shades = (pixels // 8).reshape(-1, 3)
    codes, counts = np.unique(
        shades[:, 0] * 1024 + shades[:, 1] * 32 + shades[:, 2], return_counts=True
    )
    code = int(codes[counts.argmax()])
    commonest = np.array([code // 1024, code // 32 % 32, code % 32]) * 8 + 4
    ink: NDArray[np.uint8] = np.abs(pixels - commonest).max(axis=2).astype(np.uint8)
    return ink


@lru_cache(maxsize=256)
def _edges(image: bytes) -> int:
    """Number of neighbouring pixels that differ clearly."""
    grey = np.asarray(open_image(image).convert("L"), dtype=np.int16)
    return sum(int(np.count_nonzero(np.abs(np.diff(grey, axis=axis)) > _EDGE)) for axis in (0, 1))
