"""Which pixels visibly differ between a reference image and a candidate image.

Images are (height, width, 3) uint8 RGB. Two images of different sizes are compared on a white
canvas that holds either, both at the top left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from erm.images import largest_gap
from erm.tasks.discrepancy import Box

VISIBLE_LEVEL = 12
"""Largest difference of one channel (0 to 255) that nobody sees."""


def same_canvas(
    reference: NDArray[np.uint8], candidate: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Both images on a white canvas that holds either; images of one size as they are."""
    if reference.shape == candidate.shape:
        return reference, candidate
    height = max(reference.shape[0], candidate.shape[0])
    width = max(reference.shape[1], candidate.shape[1])
    canvases = []
    for pixels in (reference, candidate):
        canvas = np.full((height, width, 3), 255, dtype=np.uint8)
        canvas[: pixels.shape[0], : pixels.shape[1]] = pixels
        canvases.append(canvas)
    return canvases[0], canvases[1]


def visible_change(reference: NDArray[np.uint8], candidate: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Pixels (height, width) of the common canvas that differ by more than `VISIBLE_LEVEL`."""
    return np.asarray(largest_gap(*same_canvas(reference, candidate)) > VISIBLE_LEVEL)


def changes_within(mask: NDArray[np.bool_], box: Box, margin: float = 0.0) -> bool:
    """Whether a mask (height, width) is set anywhere in a box or up to `margin` pixels around it.

    A box beyond the canvas marks the edge through which it left.
    """
    return bool(mask[box_slices(box, margin, mask.shape)].any())


def box_slices(box: Box, margin: float, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a box and `margin` pixels around it, at least one of each."""

    def span(low: float, high: float, limit: int) -> slice:
        start = min(max(int(low - margin), 0), limit - 1)
        return slice(start, max(min(int(np.ceil(high + margin)), limit), start + 1))

    return span(box.y0, box.y1, shape[0]), span(box.x0, box.x1, shape[1])


def inside(box: Box, shape: tuple[int, ...]) -> Box | None:
    """The part of a box that lies in an image of (height, width, …); None where none does."""
    height, width = shape[:2]
    cut = Box(max(box.x0, 0), max(box.y0, 0), min(box.x1, width), min(box.y1, height))
    return cut if cut.x0 < cut.x1 and cut.y0 < cut.y1 else None
