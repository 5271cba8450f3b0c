"""How many columns and rows a cell spans, as HTML reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from erm.sources.errors import DrawError
from erm.sources.markup import local_name

MAX_COLUMNS = 1000
MAX_ROWS = 65534
"""Largest spans (HTML standard, "Attributes common to td and th")."""

MOST_COLUMNS = 10_000
"""Columns of the widest table that is drawn."""

_GROUPS = ("thead", "tbody", "tfoot")


def read_colspan(value: str | None) -> int:
    """Columns that a ``colspan`` says: its leading digits, anything else is 1."""
    return max(1, _leading_number(value, MAX_COLUMNS))


def read_rowspan(value: str | None) -> int:
    """Rows that a ``rowspan`` says: its leading digits, anything else is 1; 0 is to the group's
    end."""
    return _leading_number(value, MAX_ROWS)


def leading_digits(value: str | None) -> str | None:
    """The digits that HTML reads of an attribute's number, whatever follows; None for none."""
    match = re.match(r"[ \t\n\f\r]*\+?([0-9]+)", value or "")
    return None if match is None else match[1]


def _leading_number(value: str | None, most: int) -> int:
    digits = leading_digits(value)
    if digits is None:
        return 1
    # int() is slow on, and refuses, thousands of digits
    return most if len(digits.lstrip("0")) > 6 else min(most, int(digits))


def cut_spans(root: Element) -> None:
    """Write all spans of a document as plain numbers that stay inside their table's grid.

    A grid ends at the last column in which a cell or a ``<col>`` begins, and at its group's last
    row; what a span adds beyond has no width or height.

    Raises:
        DrawError: ``too_many_elements`` where a table has more than `MOST_COLUMNS`.
    """
    for table in root.iter():
        if local_name(table) == "table":
            _cut_table(table)


def _cut_table(table: Element) -> None:
    starts: list[tuple[Element, int]] = []
    for rows in _row_groups(table):
        covered: dict[int, int] = {}
        for index, row in enumerate(rows):
            column = 0
            for cell in row:
                if local_name(cell) not in ("td", "th"):
                    continue
                while covered.get(column, 0) > index:
                    column += 1
                if column >= MOST_COLUMNS:
                    message = f"A table has more than {MOST_COLUMNS:,} columns."
                    raise DrawError("too_many_elements", message)
                starts.append((cell, column))
                left = len(rows) - index
                rowspan = read_rowspan(cell.get("rowspan"))
                rowspan = left if rowspan == 0 else min(rowspan, left)
                _write(cell, "rowspan", rowspan)
                colspan = read_colspan(cell.get("colspan"))
                for place in range(column, column + colspan):
                    covered[place] = max(covered.get(place, 0), index + rowspan)
                column += colspan
    columns = max((column + 1 for _, column in starts), default=0)
    columns = max(columns, _declared_columns(table))
    for cell, column in starts:
        _write(cell, "colspan", min(read_colspan(cell.get("colspan")), columns - column))


def _write(cell: Element, name: str, span: int) -> None:
    if span > 1:
        cell.set(name, str(span))
    else:
        cell.attrib.pop(name, None)


def _row_groups(table: Element) -> Iterator[list[Element]]:
    """The rows of each group; neighbouring rows without a group are one."""
    loose: list[Element] = []
    for child in table:
        name = local_name(child)
        if name == "tr":
            loose.append(child)
        elif name in _GROUPS:
            if loose:
                yield loose
                loose = []
            yield [row for row in child if local_name(row) == "tr"]
    if loose:
        yield loose


def _declared_columns(table: Element) -> int:
    """Columns that ``<col>`` and ``<colgroup>`` elements declare."""
    count = 0
    for child in table:
        if local_name(child) == "col":
            count += read_colspan(child.get("span"))
        elif local_name(child) == "colgroup":
            inner = [item for item in child if local_name(item) == "col"]
            spans = [item.get("span") for item in inner] or [child.get("span")]
            count += sum(map(read_colspan, spans))
    return count
