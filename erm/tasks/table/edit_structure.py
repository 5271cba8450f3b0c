"""Edits of a table's layout: rows, columns, spans, headers, alignment, caption."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from erm.tasks import Operator
from erm.tasks.table.source import (
    SourceCell,
    SourceRow,
    SourceTable,
    Splice,
    read_tables,
    spliced,
)

Edit = Callable[[str, SourceTable, random.Random], list[Splice] | None]

_ALIGNMENTS = ("left", "center", "right")
_FILLS = ("gold", "pink", "lightblue", "lightgreen")
_MARKS = {":-:": "center", "-:": "right", ":-": "left", "-": "left"}


def _on_a_table(edit: Edit, html_only: bool = False) -> Callable[[str, random.Random], str | None]:
    """Applies an edit to a random table that it can change."""

    def apply(source: str, rng: random.Random) -> str | None:
        tables = read_tables(source)
        rng.shuffle(tables)
        for table in tables:
            if html_only and table.markdown:
                continue
            splices = edit(source, table, rng)
            if splices is not None:
                edited = spliced(source, splices)
                if edited != source:
                    return edited
        return None

    return apply


def set_attribute(tag: str, name: str, value: str | None) -> str:
    """A start tag with an attribute set, or taken away where `value` is None."""
    bare = re.sub(
        rf"""\s+{name}(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+))?(?=[\s>/])""", "", tag, flags=re.I
    )
    if value is None:
        return bare
    quoted = value if re.fullmatch(r"[\w#%.:-]+", value) else f'"{value}"'
    match = re.match(r"<[\w-]+", bare)
    assert match is not None
    return f"{match[0]} {name}={quoted}{bare[match.end() :]}"


def _set_on(source: str, cell: SourceCell, name: str, value: str | None) -> Splice:
    return cell.start, cell.inner, set_attribute(source[cell.start : cell.inner], name, value)


def _span_set(source: str, cell: SourceCell, name: str, value: int) -> Splice:
    return _set_on(source, cell, name, str(value) if value != 1 else None)


# Rows


def _crossing(table: SourceTable, row: int) -> list[SourceCell]:
    """Cells that reach from above into a row."""
    return [cell for cell in table.cells if cell.row < row < cell.row + cell.rowspan]


def _free(table: SourceTable, index: int) -> bool:
    """Whether a row neither starts nor is crossed by a cell over several rows."""
    row = table.rows[index]
    single = all(cell.rowspan == 1 for cell in row.cells)
    return bool(row.cells) and single and not _crossing(table, index)


def _body(table: SourceTable) -> list[int]:
    """Rows that can be dropped or moved; the first row of Markdown is its header."""
    return list(range(int(table.markdown), len(table.rows)))


def _whole(source: str, table: SourceTable, row: SourceRow) -> tuple[int, int]:
    """A row's offsets, of a Markdown row with its line break."""
    if not table.markdown:
        return row.start, row.end
    end = source.find("\n", row.end)
    return (row.start, end + 1) if end >= 0 else (max(0, row.start - 1), row.end)


def _drop_row(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    rows = [
        index
        for index in _body(table)
        if table.rows[index].cells and all(cell.rowspan == 1 for cell in table.rows[index].cells)
    ]
    if len(table.rows) < 3 or not rows:
        return None
    index = rng.choice(rows)
    shrunk = [
        _span_set(source, cell, "rowspan", cell.rowspan - 1) for cell in _crossing(table, index)
    ]
    return [*shrunk, (*_whole(source, table, table.rows[index]), "")]


def _drop_header_row(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    if len(table.rows) < 2 or not _free(table, 0):
        return None
    return [(*_whole(source, table, table.rows[0]), "")]


def _row_text(source: str, table: SourceTable, row: SourceRow) -> str:
    return source[row.start : row.end]


def _insert(source: str, table: SourceTable, after: int, text: str) -> list[Splice]:
    at = table.rows[after].end
    return [(at, at, f"\n{text}" if table.markdown else text)]


def _duplicate_row(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    rows = [index for index in _body(table) if _free(table, index)]
    if not rows:
        return None
    index = rng.choice(rows)
    return _insert(source, table, index, _row_text(source, table, table.rows[index]))


def _insert_row(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    """A new row with contents of other rows of the same columns."""
    rows = [index for index in _body(table)[1:] if _free(table, index)]
    shapes = {index: [cell.colspan for cell in table.rows[index].cells] for index in rows}
    rows = [index for index in rows if sum(shape == shapes[index] for shape in shapes.values()) > 1]
    if not rows:
        return None
    index = rng.choice(rows)
    row = table.rows[index]
    donors = [table.rows[other] for other in rows if shapes[other] == shapes[index]]
    parts, at = [], row.start
    for place, cell in enumerate(row.cells):
        donor = rng.choice(donors).cells[place]
        parts.append(source[at : cell.inner] + source[donor.inner : donor.outer])
        at = cell.outer
    return _insert(source, table, index, "".join(parts) + source[at : row.end])


def _two_rows(table: SourceTable, rng: random.Random) -> tuple[SourceRow, SourceRow] | None:
    rows = [index for index in _body(table) if _free(table, index)]
    if len(rows) < 2:
        return None
    first, second = sorted(rng.sample(rows, 2))
    return table.rows[first], table.rows[second]


def _swap_rows(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    both = _two_rows(table, rng)
    if both is None:
        return None
    first, second = both
    return [
        (first.inner, first.outer, source[second.inner : second.outer]),
        (second.inner, second.outer, source[first.inner : first.outer]),
    ]


def _move_row(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    """Takes a row to a place at least two rows away."""
    rows = [index for index in _body(table) if _free(table, index)]
    choices = [
        (index, other)
        for index in rows
        for other in rows
        if abs(index - other) > 1 and all(at in rows for at in range(*sorted((index, other))))
    ]
    if not choices:
        return None
    index, other = rng.choice(choices)
    low, high = sorted((index, other))
    order = list(range(low, high + 1))
    order = [*order[1:], order[0]] if index == low else [order[-1], *order[:-1]]
    return [
        (
            table.rows[place].inner,
            table.rows[place].outer,
            source[table.rows[taken].inner : table.rows[taken].outer],
        )
        for place, taken in zip(range(low, high + 1), order, strict=True)
    ]


def _shift_row(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    """Contents of a row move by one cell; what falls off the end is lost."""
    rows = [
        row
        for row in (table.rows[index] for index in _body(table)[1:])
        if len(row.cells) > 2
        and all(c.colspan == c.rowspan == 1 and not c.nested for c in row.cells)
    ]
    if not rows:
        return None
    row = rng.choice(rows)
    contents = [source[cell.inner : cell.outer] for cell in row.cells]
    moved = ["", *contents[:-1]] if rng.random() < 0.5 else [*contents[1:], ""]
    return [(cell.inner, cell.outer, text) for cell, text in zip(row.cells, moved, strict=True)]


# Columns


def _cell_text(source: str, cell: SourceCell) -> tuple[int, int]:
    return cell.start, cell.end


def _column_cells(table: SourceTable, column: int) -> list[SourceCell]:
    return [cell for cell in table.cells if cell.column <= column < cell.column + cell.colspan]


def _without(source: str, table: SourceTable, start: int, end: int) -> Splice:
    """Takes out a cell; of Markdown with one of its bars."""
    if not table.markdown:
        return start, end, ""
    if source[end : end + 1] == "|":
        return start, end + 1, ""
    return max(0, start - 1), end, ""


def _drop_column(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    if table.width < 2:
        return None
    column = rng.randrange(table.width)
    splices: list[Splice] = []
    for cell in _column_cells(table, column):
        if cell.colspan > 1:
            splices.append(_span_set(source, cell, "colspan", cell.colspan - 1))
        else:
            splices.append(_without(source, table, cell.start, cell.end))
    if table.markdown and column < len(table.delimiters):
        splices.append(_without(source, table, *_delimiter(source, table, column)))
    return splices


def _delimiter(source: str, table: SourceTable, column: int) -> tuple[int, int]:
    """Offsets of a delimiter with the spaces up to its bars."""
    start, end = table.delimiters[column]
    while start > 0 and source[start - 1] == " ":
        start -= 1
    while source[end : end + 1] == " ":
        end += 1
    return start, end


def _insert_column(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    """A column's cells once more, with their contents in another order."""
    columns = [
        column
        for column in range(table.width)
        if all(cell.colspan == 1 and not cell.nested for cell in _column_cells(table, column))
    ]
    if not columns:
        return None
    column = rng.choice(columns)
    cells = _column_cells(table, column)
    contents = [source[cell.inner : cell.outer] for cell in cells]
    rest = contents[1:]
    rng.shuffle(rest)
    splices: list[Splice] = []
    for cell, content in zip(cells, [contents[0], *rest], strict=True):
        text = source[cell.start : cell.inner] + content + source[cell.outer : cell.end]
        splices.append((cell.end, cell.end, f"|{text}" if table.markdown else text))
    if table.markdown and column < len(table.delimiters):
        start, end = _delimiter(source, table, column)
        splices.append((end, end, "|" + source[start:end]))
    return splices


def _swap_columns(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    if table.width < 2:
        return None
    first, second = sorted(rng.sample(range(table.width), 2))
    splices: list[Splice] = []
    for index in range(len(table.rows)):
        one, other = table.covering(index, first), table.covering(index, second)
        if one is None or other is None:
            if one is other:
                continue
            return None
        if one is other:
            continue
        if one.row != other.row or one.rowspan != other.rowspan or one.colspan + other.colspan > 2:
            return None
        if one.row == index:
            splices.append((one.start, one.end, source[other.start : other.end]))
            splices.append((other.start, other.end, source[one.start : one.end]))
    if table.markdown and second < len(table.delimiters):
        first_mark, second_mark = table.delimiters[first], table.delimiters[second]
        splices.append((*first_mark, source[slice(*second_mark)]))
        splices.append((*second_mark, source[slice(*first_mark)]))
    return splices or None


# Cells and spans


def _drop_cell(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    """Takes a cell out of the markup; those behind it move up."""
    rows = [row for index, row in enumerate(table.rows) if index and len(row.cells) > 1]
    cells = [cell for row in rows for cell in row.cells if cell.rowspan == 1]
    if not cells:
        return None
    cell = rng.choice(cells)
    return [(cell.start, cell.end, "")]


def _merge_cells(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    """Two neighbours become one cell that keeps the first one's content."""
    choices: list[tuple[SourceCell, SourceCell, str]] = []
    for cell in table.cells:
        right = table.covering(cell.row, cell.column + cell.colspan)
        if right and right.row == cell.row and right.rowspan == cell.rowspan:
            choices.append((cell, right, "colspan"))
        below = table.covering(cell.row + cell.rowspan, cell.column)
        if below and below.column == cell.column and below.colspan == cell.colspan:
            row = table.rows[below.row]
            together = row.section == table.rows[cell.row].section and len(row.cells) > 1
            if below.row == cell.row + cell.rowspan and together:
                choices.append((cell, below, "rowspan"))
    choices = [choice for choice in choices if not choice[0].nested and not choice[1].nested]
    if not choices:
        return None
    cell, other, name = rng.choice(choices)
    total = getattr(cell, name) + getattr(other, name)
    return [_span_set(source, cell, name, total), (other.start, other.end, "")]


def _split_cell(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    """A cell over several columns shrinks by one and leaves an empty cell behind."""
    cells = [cell for cell in table.cells if cell.colspan > 1]
    if not cells:
        return None
    cell = rng.choice(cells)
    rowspan = f" rowspan={cell.rowspan}" if cell.rowspan > 1 else ""
    closing = f"</{cell.tag}>" if cell.end > cell.outer else ""
    return [
        _span_set(source, cell, "colspan", cell.colspan - 1),
        (cell.end, cell.end, f"<{cell.tag}{rowspan}>{closing}"),
    ]


# Looks


def _retag(source: str, cell: SourceCell, tag: str) -> list[Splice]:
    splices: list[Splice] = [(cell.start + 1, cell.start + 3, tag)]
    if cell.end > cell.outer:
        splices.append((cell.outer, cell.end, f"</{tag}>"))
    return splices


def _header_to_cells(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    """Header cells of a row become normal cells."""
    rows = [row for row in table.rows if any(cell.tag == "th" for cell in row.cells)]
    if not rows:
        return None
    row = rng.choice(rows)
    headers = [cell for cell in row.cells if cell.tag == "th"]
    return [splice for cell in headers for splice in _retag(source, cell, "td")]


def _cell_to_header(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    cells = [
        cell
        for cell in table.cells
        if cell.tag == "td" and any(source[slice(*piece)].strip() for piece in cell.pieces)
    ]
    return _retag(source, rng.choice(cells), "th") if cells else None


def _align(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    """Sets the alignment of a column below its first row, or of one cell."""
    if table.markdown:
        if not table.delimiters:
            return None
        start, end = rng.choice(table.delimiters)
        now = _MARKS.get(re.sub("-+", "-", source[start:end]), "left")
        marks = [mark for mark, name in _MARKS.items() if name != now and mark != "-"]
        mark = rng.choice(marks)
        return [(start, end, mark.replace("-", "-" * max(1, source[start:end].count("-"))))]
    alignment = rng.choice(_ALIGNMENTS)
    column = rng.randrange(table.width)
    cells = [cell for cell in _column_cells(table, column) if cell.row and cell.colspan == 1]
    if not cells:
        return None
    if rng.random() < 0.4:
        cells = [rng.choice(cells)]
    return [_set_alignment(source, cell, alignment) for cell in cells]


def _set_alignment(source: str, cell: SourceCell, alignment: str) -> Splice:
    tag = source[cell.start : cell.inner]
    styled = re.sub(r"(text-align\s*:\s*)[\w-]+", rf"\g<1>{alignment}", tag, flags=re.I)
    if styled != tag or "text-align" in tag:
        return cell.start, cell.inner, styled
    return _set_on(source, cell, "align", alignment)


def _fill(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    """Gives a cell or a row's cells a background."""
    color = rng.choice(_FILLS)
    row = rng.choice([row for row in table.rows if row.cells])
    cells = row.cells if rng.random() < 0.5 else [rng.choice(row.cells)]
    plain = [cell for cell in cells if "background" not in source[cell.start : cell.inner]]
    return [_set_on(source, cell, "bgcolor", color) for cell in plain] or None


def _emphasise(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    """Sets a cell's text in italics, underlined or struck out."""
    cells = [
        cell
        for cell in table.cells
        if not cell.nested and any(source[slice(*piece)].strip() for piece in cell.pieces)
    ]
    if not cells:
        return None
    cell = rng.choice(cells)
    text = source[cell.inner : cell.outer]
    if table.markdown:
        return [(cell.inner, cell.outer, f"*{text}*")] if "*" not in text else None
    tag = rng.choice(("i", "u", "s"))
    return [(cell.inner, cell.outer, f"<{tag}>{text}</{tag}>")] if "<" not in text else None


# Caption


def _drop_caption(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    if table.caption is None:
        return None
    return [(table.caption[0], table.caption[3], "")]


def _add_caption(source: str, table: SourceTable, rng: random.Random) -> list[Splice] | None:
    if table.caption is not None:
        return None
    texts = [source[slice(*piece)].strip() for cell in table.cells for piece in cell.pieces]
    words = [text for text in texts if any(char.isalpha() for char in text)]
    if not words:
        return None
    return [(table.inner, table.inner, f"<caption>{rng.choice(words)}</caption>")]


STRUCTURE_OPERATORS = tuple(
    Operator(name, "layout_error", _on_a_table(edit, html_only))
    for name, edit, html_only in (
        ("drop_row", _drop_row, False),
        ("drop_header_row", _drop_header_row, True),
        ("duplicate_row", _duplicate_row, False),
        ("insert_row", _insert_row, False),
        ("swap_rows", _swap_rows, False),
        ("move_row", _move_row, False),
        ("shift_row", _shift_row, False),
        ("drop_column", _drop_column, False),
        ("insert_column", _insert_column, False),
        ("swap_columns", _swap_columns, False),
        ("drop_cell", _drop_cell, True),
        ("merge_cells", _merge_cells, True),
        ("split_cell", _split_cell, True),
        ("header_to_cells", _header_to_cells, True),
        ("cell_to_header", _cell_to_header, True),
        ("align_column", _align, False),
        ("fill_cells", _fill, True),
        ("emphasise_text", _emphasise, False),
        ("drop_caption", _drop_caption, True),
        ("add_caption", _add_caption, True),
    )
)
"""Edits of the layout; those that Markdown has no way to write apply to HTML only."""
