"""Masks of pixels compared with each other: the same, scaled, shifted, rotated."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.registration import phase_cross_correlation

from erm.tasks.discrepancy import Box
from erm.tasks.shared.regions import Mask, ends

NEAR = np.ones((3, 3), dtype=bool)
"""A pixel and the eight around it."""
SAME = 0.96
"""Share of two masks that must fall together, a pixel of tolerance, where one is the other."""
_TURN_SIDE = 72
"""Longest side in px at which rotations are tried."""
_CLEARER = 0.005
"""By how much an angle must fit better than a smaller one."""
_SMALLEST_TURN = 2.0
"""Degrees from which a rotation is one."""
_SAME_TURNED = 0.85
"""Intersection over union from which a rotated mask is the other one."""


def agree(first: Mask, second: Mask, least: float = SAME) -> bool:
    """Whether two masks of one size are the same but for a pixel at edges."""
    return all(
        float((one & ndimage.binary_dilation(other, NEAR)).sum()) >= least * max(1, one.sum())
        for one, other in ((first, second), (second, first))
    )


def fit(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """A mask cut or padded to a size that differs by a pixel or two."""
    out = np.zeros(shape, dtype=bool)
    rows, columns = min(shape[0], mask.shape[0]), min(shape[1], mask.shape[1])
    out[:rows, :columns] = mask[:rows, :columns]
    return out


def scaled(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """A mask stretched to (height, width)."""
    image = Image.fromarray((mask * 255).astype(np.uint8))
    return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.BILINEAR)) > 127


def box_around(mask: Mask) -> Box:
    """The box around all set pixels, of which there are some."""
    (left, right), (top, bottom) = ends(mask.any(axis=0)), ends(mask.any(axis=1))
    return Box(left, top, right, bottom)


def best_shift(first: Mask, second: Mask) -> tuple[int, int]:
    """Rows and columns by which one mask must move to cover another best."""
    sides = [mask.astype(float) for mask in (second, first)]
    shift, _, _ = phase_cross_correlation(*sides, normalization=None)
    return int(shift[0]), int(shift[1])


def best_turn(first: Mask, second: Mask) -> float | None:
    """Degrees, clockwise positive, by which one mask was rotated about its middle, or None."""
    step = max(1.0, max(*first.shape, *second.shape) / _TURN_SIDE)
    side = math.ceil(math.hypot(*first.shape) / step) + 4
    other = _rotated(second, step, side, 0.0)
    best, best_share = 0.0, 0.0
    for angles in (range(-175, 181, 5), range(-4, 5)):
        start = best
        for angle in sorted(angles, key=abs):
            share = _overlap(_rotated(first, step, side, start + angle), other)
            if share > best_share + _CLEARER:
                best, best_share = start + angle, share
    if abs(best) < _SMALLEST_TURN or best_share < _SAME_TURNED:
        return None
    return best


def rotated_by(degrees: float) -> NDArray[np.float64]:
    """The matrix of a clockwise rotation of (row, column)."""
    angle = math.radians(degrees)
    return np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])


def _rotated(mask: Mask, step: float, side: int, degrees: float) -> Mask:
    """A mask, reduced and rotated clockwise, with its centroid in the middle of a square."""
    rows, columns = np.nonzero(mask)
    middle = np.array([rows.mean(), columns.mean()])
    matrix = step * np.linalg.inv(rotated_by(degrees))
    offset = middle - matrix @ np.array([side / 2, side / 2])
    turned = ndimage.affine_transform(
        mask.astype(np.float32), matrix, offset=offset, output_shape=(side, side), order=1
    )
    return np.asarray(turned > 0.5)


def _overlap(first: Mask, second: Mask) -> float:
    return float((first & second).sum()) / max(1, int((first | second).sum()))
