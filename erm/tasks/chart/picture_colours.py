"""Colours in the picture of a chart: of the page, and of the series in a plot.

Not covered: colour maps, gradients and shades of grey.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from erm.tasks.shared.colours import hexadecimal
from erm.tasks.shared.regions import INK, levels_of

_COLOURED = 40
"""Difference between the channels of a colour, 0 to 255, from which it is not grey."""

_FEWEST = 60
"""Pixels of a colour from which it is that of a series."""

_MOST = 24
"""Colours of a plot beyond which no more are looked for: it shows an image."""

_CORE = 5
"""Side in px of a square of a mixed colour from which that colour is one of its own."""


def hex_of(code: int) -> str:
    """``#rrggbbff`` of a colour as one number."""
    return hexadecimal(levels_of(code)) + "ff"


def is_grey(code: int) -> bool:
    """Whether the channels of a colour are about equal."""
    levels = levels_of(code)
    return max(levels) - min(levels) < _COLOURED


def series_colours(part: NDArray[np.int32], paper: int) -> list[int]:
    """Colours of the marks in a plot, without the mixed colours at edges."""
    values, counts = np.unique(part, return_counts=True)
    kept: list[int] = []
    for index in np.lexsort((values, -counts)):
        code = int(values[index])
        if counts[index] < _FEWEST or len(kept) > _MOST:
            break
        if code == paper:
            continue
        near = (
            max(abs(a - b) for a, b in zip(levels_of(code), levels_of(other), strict=True))
            for other in kept
        )
        if min(near, default=255) <= INK:
            continue
        mixed = any(_is_mixture(code, other, paper) for other in kept)
        if not mixed or ndimage.binary_erosion(part == code, np.ones((_CORE, _CORE), bool)).any():
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
