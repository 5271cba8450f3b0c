"""Reads the two pictures of a pair so that what looks the same is read the same.

The same word drawn a fraction of a pixel further right has other pixels, and the network may read
another letter. So a line of the candidate that looks like one of the reference gets its text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from erm.critics.reading.ocr import OcrReader
from erm.tasks.discrepancy import Box
from erm.tasks.shared.regions import Pixels

_UNLIKE = 48
"""Difference of grey levels, with one pixel of tolerance, from which a pixel is another one."""


class PairReader:
    """Reads one picture, (height, width, 3) uint8 RGB, and remembers the lines read.

    Args:
        reader: reads what no other picture holds.
        known: lines of the pair's other picture, with their texts.
    """

    def __init__(self, reader: OcrReader, known: Sequence[tuple[Pixels, str]] = ()) -> None:
        self._reader = reader
        self._known = known
        self._lines: list[tuple[Pixels, str]] = []

    def other(self) -> PairReader:
        """A reader of the pair's candidate, for the reader that has read the reference."""
        return PairReader(self._reader, self._lines)

    def find(self, pixels: Pixels) -> list[Box]:
        """Boxes of the lines of text in a picture."""
        return self._reader.find(pixels)

    def read(self, lines: Sequence[Pixels], least: float = 0.0) -> list[str]:
        """The text of each line, that of a line of the other picture where it looks the same."""
        texts = [self._seen(line) for line in lines]
        unseen = [line for line, text in zip(lines, texts, strict=True) if text is None]
        new = iter(self._reader.read(unseen, least))
        found = [next(new) if text is None else text for text in texts]
        self._lines.extend(zip(lines, found, strict=True))
        return found

    def _seen(self, line: Pixels) -> str | None:
        for other, text in self._known:
            if line.shape == other.shape and np.array_equal(line, other):
                return text
        for other, text in self._known:
            near = max(abs(a - b) for a, b in zip(line.shape, other.shape, strict=True)) <= 2
            if near and _look_alike(line, other):
                return text
        return None


def _look_alike(line: Pixels, other: Pixels) -> bool:
    """Whether two lines look the same but for a shift by a fraction of a pixel."""
    height = min(line.shape[0], other.shape[0])
    width = min(line.shape[1], other.shape[1])
    grey = [side.mean(axis=2) for side in (line, other)]
    for rows in range(abs(line.shape[0] - other.shape[0]) + 1):
        for columns in range(abs(line.shape[1] - other.shape[1]) + 1):
            first, second = (
                one[rows * (one.shape[0] > height) :, columns * (one.shape[1] > width) :][
                    :height, :width
                ]
                for one in grey
            )
            if _covers(first, second) and _covers(second, first):
                return True
    return False


def _covers(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    low = ndimage.minimum_filter(other, 3) - _UNLIKE
    high = ndimage.maximum_filter(other, 3) + _UNLIKE
    return not bool(((one < low) | (one > high)).any())
