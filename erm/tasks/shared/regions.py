"""Regions of a picture's pixels: colours as numbers, stretches of one colour, lines of text.

Pictures are (height, width, 3) uint8 RGB. Shared by the tasks that read scenes from pictures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from erm.images import largest_gap
from erm.tasks.discrepancy import Box

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Place = tuple[slice, slice]
"""Rows and columns of pixels."""

INK = 40
"""Difference of a channel from the background, 0 to 255, from which a pixel is ink."""

_MARGIN = 3
"""Pixels of background around a line of text that is read."""


def codes_of(pixels: Pixels) -> NDArray[np.int32]:
    """Each pixel's colour as one number."""
    wide = pixels.astype(np.int32)
    codes: NDArray[np.int32] = (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]
    return codes


def levels_of(code: int) -> tuple[int, int, int]:
    """Red, green and blue of a colour as one number."""
    return code >> 16, code >> 8 & 255, code & 255


def commonest(codes: NDArray[np.int32]) -> int:
    """The colour of most pixels, the darkest of equals."""
    values, counts = np.unique(codes, return_counts=True)
    return int(values[counts.argmax()])


def rim_colour(codes: NDArray[np.int32]) -> int:
    """The colour of most pixels at the rim of a picture or of a part of one."""
    return commonest(np.concatenate([codes[0], codes[-1], codes[:, 0], codes[:, -1]]))


def runs(codes: NDArray[np.int32]) -> NDArray[np.int32]:
    """For each pixel the length of the stretch of equal pixels in its row."""
    height, width = codes.shape
    starts = np.ones((height, width), dtype=bool)
    starts[:, 1:] = codes[:, 1:] != codes[:, :-1]
    flat = np.flatnonzero(starts.ravel())
    lengths = np.diff(np.append(flat, codes.size))
    return np.repeat(lengths, lengths).reshape(height, width).astype(np.int32)


def gap_from(pixels: Pixels, code: int) -> NDArray[np.uint8]:
    """Largest difference of a channel from a colour, for each pixel."""
    paper = np.array(levels_of(code), dtype=np.uint8)
    return np.asarray(largest_gap(pixels, np.broadcast_to(paper, pixels.shape)))


def ends(used: NDArray[np.bool_] | np.bool_) -> tuple[int, int]:
    """First index that is set, and the one after the last."""
    places = np.flatnonzero(used)
    return int(places[0]), int(places[-1]) + 1


def text_lines(ink: Mask) -> list[tuple[int, int]]:
    """Rows of pixels of each line of text; dots and accents belong to the line below."""
    used = np.flatnonzero(np.diff(np.concatenate(([0], ink.any(axis=1).astype(int), [0]))))
    found = [(int(top), int(bottom)) for top, bottom in used.reshape(-1, 2)]
    usual = max((bottom - top for top, bottom in found), default=0)
    lines: list[tuple[int, int]] = []
    for top, bottom in found:
        small = bottom - top < 0.5 * usual
        before_small = bool(lines) and lines[-1][1] - lines[-1][0] < 0.5 * usual
        near = bool(lines) and top - lines[-1][1] <= 0.25 * usual
        if near and (small or before_small) and bottom - lines[-1][0] <= 1.5 * usual:
            lines[-1] = lines[-1][0], bottom
        else:
            lines.append((top, bottom))
    return lines


def line_picture(pixels: Pixels, ink: Mask, paper: int, top: int, bottom: int) -> Pixels:
    """The picture of a line of text, as `TextReader.read` wants it: with a margin around."""
    left, right = ends(ink[top:bottom].any(axis=0))
    margin = _MARGIN + (bottom - top) // 8
    height, width = bottom - top + 2 * margin, right - left + 4 * margin
    line = np.empty((height, width, 3), dtype=np.uint8)
    line[:] = levels_of(paper)
    line[margin : margin + bottom - top, 2 * margin : 2 * margin + right - left] = pixels[
        top:bottom, left:right
    ]
    return line


def box_of(place: Place) -> Box:
    """The box of rows and columns."""
    rows, columns = place
    return Box(columns.start, rows.start, columns.stop, rows.stop)


def place_of(box: Box) -> Place:
    """Rows and columns of a box of whole pixels."""
    return slice(int(box.y0), int(box.y1)), slice(int(box.x0), int(box.x1))
