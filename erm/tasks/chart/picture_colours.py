"""Colours in the picture of a chart: of the page, and of the series in a plot.

Not covered: colour maps, gradients and shades of grey.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from erm.tasks.shared.colours import hexadecimal
from erm.tasks.shared.regions import INK, commonest, levels_of

COLOURED = 40
"""Difference between the channels of a colour from which it is not grey."""

_FEWEST = 60
"""Pixels of a colour from which it is that of a series."""


def hex_of(code: int) -> str:
    return hexadecimal(levels_of(code)) + "ff"


def page_colour(codes: NDArray[np.int32]) -> int:
    """The colour of the picture's rim."""
    rim = [codes[0], codes[-1], codes[:, 0], codes[:, -1]]
    return commonest(np.concatenate(rim))


def series_colours(part: NDArray[np.int32], paper: int) -> list[int]:
    """Colours of the series in a plot, without greys and without the mixed colours at edges."""
    values, counts = np.unique(part, return_counts=True)
    kept: list[int] = []
    for index in np.lexsort((values, -counts)):
        code = int(values[index])
        if counts[index] < _FEWEST or code == paper:
            continue
        levels = levels_of(code)
        if max(levels) - min(levels) < COLOURED:
            continue
        near = (
            max(abs(a - b) for a, b in zip(levels, levels_of(other), strict=True)) for other in kept
        )
        if min(near, default=255) <= INK:
            continue
        mixed = any(_is_mixture(code, other, paper) for other in kept)
        if not mixed or ndimage.binary_erosion(part == code, np.ones((5, 5), bool)).any():
            kept.append(code)
    return sorted(kept)


def _is_mixture(code: int, colour: int, paper: int) -> bool:
    """Whether a colour lies between another one and the background, as at blurred edges."""
    base = np.array(levels_of(paper), dtype=float)
    first, second = (np.array(levels_of(one)) - base for one in (code, colour))
    length = float(np.linalg.norm(second))
    if length == 0:
        return False
    along = float(first @ second) / length
    return 0 < along < length and float(np.linalg.norm(first - second * along / length)) < INK
