"""Texts in the picture of a chart: where ink stands as lines of letters, and what they say.

Covers flat texts and those that are read from the bottom up. Not covered: other angles, fonts,
sizes and colours, and which part of the chart a text belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from erm.tasks.chart.elements import TextItem
from erm.tasks.chart.picture_frames import side_length
from erm.tasks.contract import TextReader
from erm.tasks.discrepancy import Box
from erm.tasks.shared.regions import (
    INK,
    Mask,
    Pixels,
    box_of,
    codes_of,
    commonest,
    gap_from,
    line_picture,
    place_of,
    text_lines,
)

_WORD_GAP = 0.65
"""Gap between two words of one text, as a share of their height."""

_UPRIGHT_LETTERS = 4
"""Letters from which a column of them may be a text that is read from the bottom up."""

_SLENDER = 2.5
"""Height of such a text over its width, at least: a column of flat texts is broader."""

_PART_OF_LETTER = 0.4
"""Height over that of the line up to which ink is a dot or an accent."""


@dataclass
class PictureText:
    """A text of a picture.

    Attributes:
        box: around its ink.
        upright: whether it is read from the bottom up.
        text: what it says, once it is read.
    """

    box: Box
    upright: bool = False
    text: str = ""

    def item(self, role: str) -> TextItem:
        """The text as a part of a scene; font, size and colour are not read."""
        return TextItem(
            role=role,
            text=self.text,
            box=list(self.box),
            colour="#000000ff",
            size=14.0,
            font="",
            weight="normal",
            angle=90.0 if self.upright else 0.0,
        )


def letters_of(ink: Mask) -> list[Box]:
    """Boxes of connected ink: letters, and dots and accents apart from theirs."""
    labels, _ = ndimage.label(ink, np.ones((3, 3), bool))
    return [box_of(place) for place in ndimage.find_objects(labels)]


def texts_of_ink(ink: Mask) -> list[PictureText]:
    """Ink as lines of text: letters that stand close to one another."""
    letters = letters_of(ink)
    upright = [
        line
        for line, members in join_letters(letters, 1)
        if members >= _UPRIGHT_LETTERS and side_length(line, 1) > _SLENDER * side_length(line, 0)
    ]
    rest = [letter for letter in letters if not any(_inside(letter, line) for line in upright)]
    flat = [line for line, _ in join_letters(rest, 0)]
    return [PictureText(box) for box in flat] + [PictureText(box, upright=True) for box in upright]


def _inside(box: Box, other: Box) -> bool:
    return box.x0 >= other.x0 and box.y0 >= other.y0 and box.x1 <= other.x1 and box.y1 <= other.y1


def join_letters(boxes: Sequence[Box], axis: int) -> list[tuple[Box, int]]:
    """Neighbours of one line as one box, with their number; axis 0 for lines along, 1 across."""
    lines: list[tuple[Box, int]] = []
    for box in sorted(boxes, key=lambda box: (box[axis], box[1 - axis])):
        for index in range(len(lines) - 1, -1, -1):
            line, members = lines[index]
            high = max(side_length(line, 1 - axis), side_length(box, 1 - axis))
            shared = min(line[3 - axis], box[3 - axis]) - max(line[1 - axis], box[1 - axis])
            # dots and accents share no row with their neighbours
            small = side_length(box, 1 - axis) < _PART_OF_LETTER * high
            near = shared >= -_PART_OF_LETTER * high if small else shared > 0
            if near and box[axis] - line[axis + 2] <= _WORD_GAP * max(high, 8):
                lines[index] = Box.around([line, box]), members + 1
                break
        else:
            lines.append((box, 1))
    return lines


def read_texts(
    pixels: Pixels, texts: Sequence[PictureText], reader: TextReader, least: float
) -> None:
    """Fill in what the texts say."""
    height, width = pixels.shape[:2]
    pictures = []
    for text in texts:
        box = Box(
            max(0, text.box.x0 - 1),
            max(0, text.box.y0 - 1),
            min(width, text.box.x1 + 1),
            min(height, text.box.y1 + 1),
        )
        part = pixels[place_of(box)]
        part = np.ascontiguousarray(np.rot90(part, -1)) if text.upright else part
        paper = commonest(codes_of(part))
        ink = gap_from(part, paper) > INK
        lines = text_lines(ink)
        if lines:
            whole = lines[0][0], lines[-1][1]
            pictures.append(line_picture(part, ink, paper, *whole))
        else:
            pictures.append(part)
    for text, read in zip(texts, reader.read(pictures, least), strict=True):
        text.text = read


def is_word(text: str) -> bool:
    """Whether something that was read is a text and no mark taken for one."""
    return sum(char.isalnum() for char in text) >= 2
