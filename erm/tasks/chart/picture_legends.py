"""Legends in the picture of a chart: rows of a key and a text in a frame.

Not covered: legends without a frame, and the forms of their keys.
"""

from __future__ import annotations

from dataclasses import dataclass

from erm.tasks.chart.elements import Legend
from erm.tasks.chart.picture_colours import hex_of, is_grey
from erm.tasks.chart.picture_frames import shifted, side_length
from erm.tasks.chart.picture_texts import PictureText, join_letters, letters_of
from erm.tasks.discrepancy import Box
from erm.tasks.shared.regions import INK, Pixels, codes_of, commonest, gap_from, place_of

_INSET = (4, 3)
"""Pixels at each side of a frame, along x and y, that its line and its corners take."""

_SMALLEST = 5
"""Pixels inside a frame, along its shorter side, from which it can hold a text."""

_KEY_WIDTH = 1.2
"""Width of a grey key, as a share of the height of its text, from which it is no letter."""


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
            key = codes[place_of(row[0])][ink[place_of(row[0])]]
            grey = is_grey(commonest(key))
            high = max(side_length(one, 1) for one in row[1:])
            if grey and side_length(row[0], 0) < _KEY_WIDTH * high:
                continue
            entries.append((PictureText(Box.around(pieces[1:])), hex_of(commonest(key))))
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
