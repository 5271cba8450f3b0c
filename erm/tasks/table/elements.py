"""What findings of tables are about: an element of the page, and values that it has on a side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from erm.tasks.shared.findings import Finding as SharedFinding
from erm.tasks.table.scene import Cell, Line

Kind = Literal["table", "row", "column", "cell", "caption", "paragraph"]


@dataclass(frozen=True)
class TablePlace:
    """Which table of a document.

    Attributes:
        index: 0-based, among several tables at one place; None for the only one.
        outer: the cell in which a nested table stands.
    """

    index: int | None = None
    outer: Element | None = None


@dataclass(frozen=True)
class Element:
    """A part of the reference's page, or of the candidate's where only that has it.

    Attributes:
        kind: what it is; ``row`` and ``column`` are whole ones or a part of one.
        rows, columns: (first, count), 0-based, as far as they say which element is meant. Of a
            part of a row the columns, of a part of a column the rows.
        table: the table to which it belongs; of a paragraph, none.
        part: the stretch of the element's text that is meant; None for the whole.
    """

    kind: Kind
    rows: tuple[int, int] | None = None
    columns: tuple[int, int] | None = None
    table: TablePlace = TablePlace()
    part: str | None = None


@dataclass(frozen=True)
class Border:
    """A line along the same sides of one or several cells; `line` is None where none is drawn."""

    sides: tuple[str, ...]
    line: Line | None


Value = str | int | float | bool | Border | Element | tuple[int, int]
"""A value on one side: a text, a colour (``#rrggbb``), a size in px, a flag, an index, a place, or
the (rows, columns) that a cell spans, 0 where they need not be mentioned."""

Finding = SharedFinding[Element, Value]
"""One difference between two tables."""


def cell_element(cell: Cell, table: TablePlace) -> Element:
    """The element of a cell."""
    rows, columns = (cell.row, cell.rowspan), (cell.column, cell.columnspan)
    return Element("cell", rows, columns, table)


def line_element(axis: int, first: int, table: TablePlace, count: int = 1) -> Element:
    """The element of rows (axis 0) or columns (axis 1)."""
    if axis == 0:
        return Element("row", rows=(first, count), table=table)
    return Element("column", columns=(first, count), table=table)


def part_of(element: Element, part: str) -> Element:
    """The element of a stretch of an element's text."""
    return replace(element, part=part)
