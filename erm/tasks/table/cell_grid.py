"""The tables of a source as grids of cells, with each cell's neighbours and headings.

HTML and Markdown are read as `erm.tasks.table.teds` reads them. Spans are cut at the table's last
row. Not covered: what is said of the cells (`erm.tasks.table.cell_tests`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from lxml import etree, html

from erm.errors import ErmError
from erm.tasks.table.spans import read_colspan, read_rowspan
from erm.tasks.table.teds import is_markdown, parsed_source

MOST_PLACES = 100_000
"""Places that the cells of one table cover, spans counted."""

Direction = Literal["left", "right", "up", "down"]
_STEPS: dict[Direction, tuple[int, int]] = {
    "left": (0, -1),
    "right": (0, 1),
    "up": (-1, 0),
    "down": (1, 0),
}


class Cell(NamedTuple):
    """A cell: its place, 0-based, and what it covers; its text as it stands; a heading or not."""

    row: int
    column: int
    rowspan: int
    colspan: int
    text: str
    heading: bool


@dataclass
class Grid:
    """The cells of one table by the places that they cover.

    Attributes:
        cells: in the order of the source.
    """

    cells: list[Cell] = field(default_factory=list)
    _at: dict[tuple[int, int], Cell] = field(default_factory=dict)
    _height: int = 0
    _width: int = 0

    def put(self, cell: Cell) -> None:
        """Add a cell; raises `ErmError` if the table covers too many places."""
        self.cells.append(cell)
        for row in range(cell.row, cell.row + cell.rowspan):
            for column in range(cell.column, cell.column + cell.colspan):
                self._at.setdefault((row, column), cell)
        if len(self._at) > MOST_PLACES:
            raise ErmError(f"A table covers more than {MOST_PLACES} places of its grid.")
        self._height = max(self._height, cell.row + cell.rowspan)
        self._width = max(self._width, cell.column + cell.colspan)

    def free(self, row: int, column: int) -> int:
        """The first column, from one on, of a row that no cell covers."""
        while (row, column) in self._at:
            column += 1
        return column

    def neighbours(self, cell: Cell, direction: Direction) -> set[Cell]:
        """The next cell in a direction from each place on that side; empty places are passed
        over."""
        down, right = _STEPS[direction]
        rows = range(cell.row, cell.row + cell.rowspan)
        columns = range(cell.column, cell.column + cell.colspan)
        starts = [(row, columns[-1 if right > 0 else 0]) for row in rows]
        if down:
            starts = [(rows[-1 if down > 0 else 0], column) for column in columns]
        found = (self._next(cell, start, (down, right)) for start in starts)
        return {other for other in found if other is not None}

    def _next(self, cell: Cell, place: tuple[int, int], step: tuple[int, int]) -> Cell | None:
        row, column = place[0] + step[0], place[1] + step[1]
        while 0 <= row < self._height and 0 <= column < self._width:
            other = self._at.get((row, column))
            if other is not None and other is not cell:
                return other
            row, column = row + step[0], column + step[1]
        return None

    def headings(self, direction: Literal["left", "up"]) -> dict[Cell, set[Cell]]:
        """Of each cell the headings among all cells on the way in a direction; where there are
        none, the cells at the end of the way."""
        marked: dict[Cell, set[Cell]] = {}
        ends: dict[Cell, set[Cell]] = {}
        # what stands on the way of a cell begins before it
        for cell in sorted(
            self.cells, key=lambda one: one.row if direction == "up" else one.column
        ):
            others = self.neighbours(cell, direction)
            marked[cell] = {one for one in others if one.heading}.union(
                *(marked[one] for one in others)
            )
            ends[cell] = set().union(*(ends[one] for one in others)) if others else {cell}
        return {cell: marked[cell] or ends[cell] - {cell} for cell in self.cells}


def read_grids(source: str) -> list[Grid]:
    """The tables in a source, nested ones too, with at least one cell.

    A cell is a heading if it is a ``th`` or stands in a ``thead``; in Markdown the first row and
    the first column are.

    Raises:
        ErmError: a table covers too many places.
    """
    root = parsed_source(source)
    if root is None:
        return []
    plain = is_markdown(source)
    grids = [_grid(table, plain) for table in root.iter("table")]
    return [grid for grid in grids if grid.cells]


def _grid(table: html.HtmlElement, plain: bool) -> Grid:
    rows = list(_rows(table))
    grid = Grid()
    for number, row in enumerate(rows):
        column = 0
        in_head = row.getparent().tag == "thead"
        for element in row:
            if element.tag not in ("td", "th"):
                continue
            column = grid.free(number, column)
            heading = element.tag == "th" or in_head or (plain and column == 0)
            rowspan = read_rowspan(element.get("rowspan")) or len(rows)
            colspan = read_colspan(element.get("colspan"))
            height = min(rowspan, len(rows) - number)
            grid.put(Cell(number, column, height, colspan, _text(element), heading))
    return grid


def _rows(table: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """The rows of a table, without those of tables in its cells."""
    for child in table:
        if child.tag == "tr":
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from (row for row in child if row.tag == "tr")


def _text(cell: html.HtmlElement) -> str:
    """The text of a cell, with a space for each line break."""
    parts: list[str] = []
    for event, element in etree.iterwalk(cell, events=("start", "end")):
        if event == "start" and element.tag == "br":
            parts.append(" ")
        if event == "start" and isinstance(element.tag, str):
            parts.append(element.text or "")
        if event == "end" and element is not cell:
            parts.append(element.tail or "")
    return "".join(parts)
