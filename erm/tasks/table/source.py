"""Tables of an HTML or Markdown source with the offsets of their parts, so that an edit can
change a part and leave every other character as it is.

HTML is read with the standard library's tokenizer and HTML5's implied end tags of tables; what
stands outside tables and what a browser would repair elsewhere is not read. Markdown tables are
found by markdown-it, their cells by GitHub's rule (a pipe ends a cell unless it is escaped).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

from markdown_it import MarkdownIt

from erm.tasks.table.spans import read_colspan, read_rowspan


@dataclass
class SourceCell:
    """One cell.

    Attributes:
        tag: td or th.
        start, end: offsets of the whole cell, tags included.
        inner, outer: offsets of its content.
        pieces: offsets of stretches of plain text in it, references and tags left out.
        row, column, rowspan, colspan: its place in the grid, 0-based.
        nested: whether a table stands in it.
    """

    tag: str
    start: int
    inner: int
    outer: int = 0
    end: int = 0
    pieces: list[tuple[int, int]] = field(default_factory=list)
    row: int = 0
    column: int = 0
    rowspan: int = 1
    colspan: int = 1
    nested: bool = False


@dataclass
class SourceRow:
    """One row: offsets of the whole row and of its content, and the section it stands in."""

    start: int
    inner: int
    outer: int = 0
    end: int = 0
    section: int = 0
    cells: list[SourceCell] = field(default_factory=list)


@dataclass
class SourceTable:
    """One table; `delimiters` are the spans of a Markdown table's alignment marks.

    Attributes:
        start, end: offsets of the whole table; `inner` is where its content starts.
        caption: (start, inner, outer, end) offsets of the caption.
        sections: tag of each section, '' where rows stand directly in the table.
        depth: 0 for a table that stands in no other.
    """

    markdown: bool
    start: int
    inner: int
    end: int = 0
    depth: int = 0
    caption: tuple[int, int, int, int] | None = None
    caption_pieces: list[tuple[int, int]] = field(default_factory=list)
    sections: list[str] = field(default_factory=lambda: [""])
    rows: list[SourceRow] = field(default_factory=list)
    delimiters: list[tuple[int, int]] = field(default_factory=list)

    @property
    def cells(self) -> list[SourceCell]:
        """All cells in source order."""
        return [cell for row in self.rows for cell in row.cells]

    @property
    def width(self) -> int:
        """Number of grid columns."""
        return max((cell.column + cell.colspan for cell in self.cells), default=0)

    def covering(self, row: int, column: int) -> SourceCell | None:
        """The cell over a slot of the grid."""
        for cell in self.cells:
            in_row = cell.row <= row < cell.row + cell.rowspan
            if in_row and cell.column <= column < cell.column + cell.colspan:
                return cell
        return None


Splice = tuple[int, int, str]
"""Characters from the first to the second offset are replaced by the text."""


def spliced(source: str, splices: Iterable[Splice]) -> str:
    """The source with all splices made; their offsets are those of the unchanged source."""
    for start, end, text in sorted(splices, key=lambda item: item[:2], reverse=True):
        source = source[:start] + text + source[end:]
    return source


def is_html(source: str) -> bool:
    """Whether a source is read as HTML rather than as Markdown."""
    return "<table" in source.lower()


def read_tables(source: str) -> list[SourceTable]:
    """All tables with at least one cell, in the order of their starts."""
    tables = _html_tables(source) if is_html(source) else list(_markdown_tables(source))
    return sorted((table for table in tables if table.cells), key=lambda table: table.start)


# HTML


@dataclass(frozen=True)
class Token:
    """A tag or a piece of text; `kind` is open, close or text."""

    kind: str
    name: str
    start: int
    end: int
    attributes: dict[str, str] = field(default_factory=dict)


class _Tokenizer(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self.tokens: list[Token] = []
        self._source = source
        self._lines = [0, *(match.end() for match in re.finditer("\n", source))]
        self.feed(source)
        self.close()

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self._offset()
        text = self.get_starttag_text() or ""
        attributes: dict[str, str] = {}
        for name, value in attrs:
            attributes.setdefault(name, value or "")
        self.tokens.append(Token("open", tag, start, start + len(text), attributes))

    def handle_endtag(self, tag: str) -> None:
        start = self._offset()
        end = self._source.find(">", start)
        self.tokens.append(Token("close", tag, start, len(self._source) if end < 0 else end + 1))

    def handle_data(self, data: str) -> None:
        start = self._offset()
        if self.cdata_elem is None:
            self.tokens.append(Token("text", "", start, start + len(data)))


def read_tokens(source: str) -> list[Token]:
    """Tags and text of an HTML source with their offsets."""
    return _Tokenizer(source).tokens


def _html_tables(source: str) -> list[SourceTable]:
    found: list[SourceTable] = []
    open_tables: list[_OpenTable] = []
    for token in read_tokens(source):
        if token.kind == "open" and token.name == "table":
            if open_tables and open_tables[-1].cell is None:
                open_tables.pop().finish(token.start, token.start)
            if open_tables and open_tables[-1].cell is not None:
                open_tables[-1].cell.nested = True
            table = SourceTable(False, token.start, token.end, depth=len(open_tables))
            found.append(table)
            open_tables.append(_OpenTable(table))
        elif open_tables and token.kind == "close" and token.name == "table":
            open_tables.pop().finish(token.start, token.end)
        elif open_tables:
            open_tables[-1].take(token)
    while open_tables:
        open_tables.pop().finish(len(source), len(source))
    for table in found:
        _place(table)
    return found


class _OpenTable:
    """Builds one table from its tokens, closing what HTML5 closes by implication."""

    def __init__(self, table: SourceTable) -> None:
        self.table = table
        self.row: SourceRow | None = None
        self.cell: SourceCell | None = None
        self.caption: tuple[int, int] | None = None

    def take(self, token: Token) -> None:
        if token.kind == "text":
            if self.cell is not None:
                self.cell.pieces.append((token.start, token.end))
            elif self.caption is not None:
                self.table.caption_pieces.append((token.start, token.end))
            return
        opening = token.kind == "open"
        if token.name in ("td", "th"):
            self._end_cell(token.start, token.start if opening else token.end)
            if opening:
                self._open_cell(token)
        elif token.name == "tr":
            self._end_row(token.start, token.start if opening else token.end)
            if opening:
                self._open_row(token.start, token.end)
        elif token.name in ("thead", "tbody", "tfoot"):
            self._end_row(token.start, token.start)
            self.table.sections.append(token.name if opening else "")
        elif token.name in ("caption", "colgroup"):
            self._end_row(token.start, token.start)
            if token.name == "caption" and opening and self.table.caption is None:
                self.caption = (token.start, token.end)
            elif token.name == "caption" and not opening:
                self._end_caption(token.start, token.end)

    def finish(self, start: int, end: int) -> None:
        self._end_row(start, start)
        self.table.end = end

    def _open_row(self, start: int, inner: int) -> None:
        section = len(self.table.sections) - 1
        self.row = SourceRow(start, inner, section=section)
        self.table.rows.append(self.row)

    def _open_cell(self, token: Token) -> None:
        self._end_caption(token.start, token.start)
        if self.row is None:
            self._open_row(token.start, token.start)
        assert self.row is not None
        self.cell = SourceCell(token.name, token.start, token.end)
        self.cell.rowspan = read_rowspan(token.attributes.get("rowspan"))
        self.cell.colspan = read_colspan(token.attributes.get("colspan"))
        self.row.cells.append(self.cell)

    def _end_cell(self, outer: int, end: int) -> None:
        if self.cell is not None:
            self.cell.outer, self.cell.end = outer, end
            self.cell = None

    def _end_row(self, outer: int, end: int) -> None:
        self._end_caption(outer, outer)
        self._end_cell(outer, outer)
        if self.row is not None:
            self.row.outer, self.row.end = outer, end
            self.row = None

    def _end_caption(self, outer: int, end: int) -> None:
        if self.caption is not None:
            self.table.caption = (*self.caption, outer, end)
            self.caption = None


def _place(table: SourceTable) -> None:
    """Gives each cell its slot, as HTML5 forms a table."""
    taken: set[tuple[int, int]] = set()
    last = {row.section: index for index, row in enumerate(table.rows)}
    for index, row in enumerate(table.rows):
        column = 0
        for cell in row.cells:
            while (index, column) in taken:
                column += 1
            left = last[row.section] - index + 1
            cell.rowspan = min(cell.rowspan or left, left)
            cell.row, cell.column = index, column
            for down in range(cell.rowspan):
                taken.update((index + down, column + right) for right in range(cell.colspan))
            column += cell.colspan


# Markdown


def _markdown_tables(source: str) -> Iterator[SourceTable]:
    starts = [0, *(match.end() for match in re.finditer("\n", source))]
    starts.append(len(source) + 1)
    for token in MarkdownIt("commonmark").enable("table").parse(source):
        if token.type != "table_open" or token.map is None:
            continue
        first, after = token.map
        table = SourceTable(True, starts[first], starts[first], sections=["thead", "tbody"])
        for line in range(first, after):
            start = starts[line]
            end = min(len(source), starts[line + 1] - 1)
            if source[start:end].endswith("\r"):
                end -= 1
            if not source[start:end].strip():
                continue
            spans = list(_markdown_cells(source, start, end))
            if line == first + 1:
                table.delimiters = [(inner, outer) for _, inner, outer, _ in spans]
                continue
            row = SourceRow(start, start, end, end, section=int(line > first))
            for column, (before, inner, outer, behind) in enumerate(spans):
                cell = SourceCell("td" if table.rows else "th", before, inner, outer, behind)
                cell.row, cell.column = len(table.rows), column
                cell.pieces = list(_plain_markdown(source, inner, outer))
                row.cells.append(cell)
            table.rows.append(row)
            table.end = end
        yield table


def _markdown_cells(source: str, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(start, inner, outer, end) of the cells of a line, padding outside inner and outer."""
    text = source[start:end]
    bars = [match.start() for match in re.finditer(r"(?<!\\)\|", text)]
    lead = len(text) - len(text.lstrip())
    trail = len(text.rstrip())
    edges = [lead - 1, *bars, trail]
    if bars and bars[0] == lead:
        edges = edges[1:]
    if bars and bars[-1] == trail - 1 and len(edges) > 2:
        edges = edges[:-1]
    for before, after in pairwise(edges):
        content = text[before + 1 : after]
        inner = before + 1 + len(content) - len(content.lstrip())
        outer = max(inner, before + 1 + len(content.rstrip()))
        yield start + before + 1, start + inner, start + outer, start + after


def _plain_markdown(source: str, inner: int, outer: int) -> Iterator[tuple[int, int]]:
    """Stretches without Markdown's or HTML's own characters."""
    for match in re.finditer(r"[^*_`~\[\]()<>\\&!]+|&(?![#\w])", source[inner:outer]):
        yield inner + match.start(), inner + match.end()
