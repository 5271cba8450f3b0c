"""Legends in the picture of a chart: rows of a key and a text in a frame.

Not covered: legends without a frame, and the forms of their keys.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from erm.tasks.chart.elements import Legend
from erm.tasks.chart.picture_colours import hex_of, is_grey
from erm.tasks.chart.picture_frames import shifted, side_length
from erm.tasks.chart.picture_texts import PictureText, join_letters, letters_of
from erm.tasks.discrepancy import Box
from erm.tasks.shared.regions import INK, Mask, Pixels, codes_of, commonest, gap_from, place_of

_INSET = (4, 3)
"""Pixels at each side of a frame, along x and y, that its line and its corners take."""

_SMALLEST = 5
"""Pixels inside a frame, along its shorter side, from which it can hold a text."""

_KEY_WIDTH = 1.2
"""Width of a grey key, as a share of the height of its text, from which it is no letter."""


_FLAT = 0.5
"""Height of a grey line as a key over that of the texts, at most."""

_ALIGNED = 4
"""Pixels by which the texts of entries may start apart."""


def _entries(
    row: list[Box], pieces: list[Box], codes: NDArray[np.int32], ink: Mask
) -> list[tuple[PictureText, str]]:
    """The entries of one row: each starts with a key.

    Args:
        row: connected ink in px of the frame, from the left; ``pieces`` the same in the picture.
    """
    high = float(np.median([side_length(one, 1) for one in row]))
    found: list[tuple[list[Box], str]] = []
    for inner, outer in zip(row, pieces, strict=True):
        colours = codes[place_of(inner)][ink[place_of(inner)]]
        code = commonest(colours)
        broad = side_length(inner, 0) >= _KEY_WIDTH * high
        key = not is_grey(code) if not found or found[-1][0] else False
        flat = side_length(inner, 1) < _FLAT * high and broad
        if not found and not (key or broad):
            return []
        if not found or key or (flat and found[-1][0]):
            found.append(([], hex_of(code)))
        else:
            found[-1][0].append(outer)
    return [(PictureText(Box.around(texts)), colour) for texts, colour in found if texts]


def _in_columns(starts: list[float]) -> bool:
    """Whether each start but one at most is shared by several entries."""
    alone = [s for s in starts if sum(abs(s - other) <= _ALIGNED for other in starts) < 2]
    return len(alone) <= 1 and len(starts) > 2


@dataclass
class FramedLegend:
    """A framed legend.

    Attributes:
        box: its frame.
        entries: texts with the colours of their keys, from the top.
        title: the text above them.
    """

    box: Box
    entries: list[tuple[PictureText, str]]
    title: PictureText | None = None

    @classmethod
    def of(cls, pixels: Pixels, box: Box) -> FramedLegend:
        """The legend in a frame; without entries where the frame holds no keys."""
        x, y = max(0, int(box.x0)) + _INSET[0], int(box.y0) + _INSET[1]
        part = pixels[y : int(box.y1) - _INSET[1], x : int(box.x1) - _INSET[0]]
        if min(part.shape[:2]) < _SMALLEST:
            return cls(box, [])
        codes = codes_of(part)
        paper = commonest(codes)
        ink = gap_from(part, paper) > INK
        letters = letters_of(ink)
        rows: list[list[Box]] = []
        for piece in sorted((line for line, _ in join_letters(letters, 0)), key=lambda one: one.y0):
            middle = (piece.y0 + piece.y1) / 2
            row = next(
                (row for row in rows if Box.around(row).y0 <= middle <= Box.around(row).y1), None
            )
            if row is None:
                rows.append([piece])
            else:
                row.append(piece)
        entries: list[tuple[PictureText, str]] = []
        title = None
        for row in rows:
            row.sort(key=lambda piece: piece.x0)
            pieces = [shifted(one, x, y) for one in row]
            if len(row) == 1:
                if not entries and title is None:
                    title = PictureText(pieces[0])
                continue
            entries += _entries(row, pieces, codes, ink)
        starts = [entry.box.x0 for entry, _ in entries]
        if len(starts) > 1 and max(starts) - min(starts) > _ALIGNED and not _in_columns(starts):
            entries = []
        return cls(box, entries, title)

    def texts(self) -> list[PictureText]:
        """All texts in it."""
        return [text for text, _ in self.entries] + ([self.title] if self.title else [])

    def item(self) -> Legend:
        """The legend as a part of a scene."""
        return Legend(
            box=list(self.box),
            place="",
            auto=True,
            columns=1,
            framed=True,
            title=None if self.title is None else self.title.item("legend title"),
            entries=[text.item("legend entry") for text, _ in self.entries],
            colours=[colour for _, colour in self.entries],
        )
