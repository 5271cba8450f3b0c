"""Unit tests of a table: what is said of each cell's neighbours and headings, and what holds of it.

The manner is that of olmOCR-Bench (Poznanski et al. 2025, arXiv 2502.18443; its repository's
``olmocr/bench``). A test names a cell by its text and says what text stands in the cell to its
left, right, above or below, or in the heading of its column or row. It passes if some cell of the
candidate's tables has the text and for every statement a cell in that direction has the stated one.

Restated rules of that benchmark:

- Cells lie on a grid, with spans; a cell that spans has several neighbours in a direction, each of
  which may be meant. An empty place of the grid is passed over.
- Headings are found by walking up, or to the left, through neighbours: all marked headings on the
  way (``th``, and cells in ``thead``; in Markdown the first row and the first column), or, without
  one, the cells at the end of the way.
- Texts are compared after normalisation: line breaks and runs of white space are one space, marks
  of bold and italics (``**``, ``__``, ``*``, ``_`` in pairs) go, characters are composed (NFC), and
  typographic quotes, dashes, the full-width underscore and the micro sign are those of ASCII and
  Greek. Texts must then be equal; a test of the benchmark may allow errors, as its author decides.
  LaTeX and CJK texts are compared as they stand.

Beyond it: the tests are made of all of the reference's own cells and are not chosen by people, each
says one thing, and headings are only asked of cells that are none themselves.

Not covered: mathematics that is written in another way and looks alike, which the benchmark
compares in tests of its own.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from erm.tasks.table.cell_grid import Cell, Direction, read_grids

PRESENT = "present"
"""The relation of a test that the cell is there at all."""

_DIRECTIONS: tuple[Direction, ...] = ("left", "right", "up", "down")
_REPLACED = str.maketrans(
    {
        **dict.fromkeys("‘’‚", "'"),
        **dict.fromkeys("“”„", '"'),
        **dict.fromkeys("–—‑‒−", "-"),
        "＿": "_",
        "\u00b5": "\u03bc",
    }
)
_MARKS = (re.compile(r"(\*\*|__)(.*?)\1"), re.compile(r"(\*|_)(.*?)\1"))


class CellTest(NamedTuple):
    """What a reference says of one of its cells.

    Attributes:
        text: of the cell, normalised; not empty.
        relation: `PRESENT`, ``left``, ``right``, ``up``, ``down``, ``column heading`` or
            ``row heading``.
        other: text of the cell that stands there, normalised; empty for `PRESENT`.
    """

    text: str
    relation: str
    other: str = ""


def table_tests(reference: str) -> list[CellTest]:
    """The tests that a reference's tables give, in reading order, each once.

    A cell without text has no test, and none names a neighbour or heading without text.

    Args:
        reference: HTML or Markdown.

    Raises:
        ErmError: a table covers too many places of its grid.
    """
    return _statements(reference, headings_of_headings=False)


def passed_share(reference: str, candidate: str) -> float:
    """The share of the reference's tests that the candidate's tables pass, in [0, 1].

    A reference without tests, since it has no text in a table, gives 1 for a candidate without
    text in tables, and 0 for another one.

    Raises:
        ErmError: a table covers too many places of its grid.
    """
    tests = table_tests(reference)
    holds = set(_statements(candidate, headings_of_headings=True))
    if not tests:
        return float(not holds)
    return sum(test in holds for test in tests) / len(tests)


def _statements(source: str, *, headings_of_headings: bool) -> list[CellTest]:
    """All that can be said of the cells of a source."""
    found: dict[CellTest, None] = {}
    for grid in read_grids(source):
        texts = {cell: normalized(cell.text) for cell in grid.cells}
        above = {"column heading": grid.headings("up"), "row heading": grid.headings("left")}
        for cell, text in texts.items():
            if not text:
                continue
            found[CellTest(text, PRESENT)] = None
            related: dict[str, set[Cell]] = {
                direction: grid.neighbours(cell, direction) for direction in _DIRECTIONS
            }
            if headings_of_headings or not cell.heading:
                related |= {name: headings[cell] for name, headings in above.items()}
            for relation, others in related.items():
                for other in sorted(others):
                    if texts[other]:
                        found[CellTest(text, relation, texts[other])] = None
    return list(found)


def normalized(text: str) -> str:
    """A cell's text as tests compare it."""
    for marks in _MARKS:
        text = marks.sub(r"\2", text)
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    return text.translate(_REPLACED)
