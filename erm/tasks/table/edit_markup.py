"""Edits of the markup that leave what is drawn as it is."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from erm.tasks import Operator
from erm.tasks.shared.operators import make_operator
from erm.tasks.table.edit_structure import set_attribute
from erm.tasks.table.source import (
    SourceTable,
    Splice,
    is_html,
    read_tables,
    read_tokens,
    spliced,
)

_ATTRIBUTE = re.compile(r"""\s+([\w:-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+))?)""")
_SPACED = frozenset({"pre", "textarea", "code", "style", "script"})
_STRUCTURAL = frozenset({"table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption"})

Edit = Callable[[str, random.Random], list[Splice]]


def _html_source(source: str) -> str | None:
    return source if is_html(source) else None


def _html_operator(name: str, edit: Edit) -> Operator:
    """An operator on HTML sources that keeps the picture."""
    return make_operator(
        name, None, _html_source, lambda source, rng: spliced(source, edit(source, rng))
    )


def _reorder_attributes(source: str, rng: random.Random) -> list[Splice]:
    splices: list[Splice] = []
    for token in read_tokens(source):
        text = source[token.start : token.end]
        if token.kind != "open" or len(token.attributes) < 2 or not text.endswith(">"):
            continue
        head = re.match(r"<[\w:-]+", text)
        attributes = _ATTRIBUTE.findall(text)
        if head is None or len(attributes) != len(token.attributes):
            continue
        rng.shuffle(attributes)
        splices.append((token.start, token.end, f"{head[0]} {' '.join(attributes)}>"))
    return splices


def _break_lines(source: str, rng: random.Random) -> list[Splice]:
    """Line breaks and indents before rows and cells."""
    if any(token.name in _SPACED for token in read_tokens(source)) or "white-space" in source:
        return []
    indents = {"tr": "\n ", "td": "\n  ", "th": "\n  ", "caption": "\n ", "tbody": "\n"}
    return [
        (token.start, token.start, indents[token.name])
        for token in read_tokens(source)
        if token.kind == "open"
        and token.name in indents
        and rng.random() < 0.8
        and "<table" in source[: token.start].lower()
    ]


def _explicit_tbody(source: str, rng: random.Random) -> list[Splice]:
    """Writes the section that HTML5 implies."""
    splices: list[Splice] = []
    for table in read_tables(source):
        if table.sections == [""] and not table.markdown and _plain_end(source, table):
            last = table.rows[-1].end
            splices += [(table.rows[0].start, table.rows[0].start, "<tbody>")]
            splices += [(last, last, "</tbody>")]
    return splices


def _plain_end(source: str, table: SourceTable) -> bool:
    """Whether only rows stand between the first row and the table's end."""
    rest = source[table.rows[-1].end : table.end].lower()
    return re.fullmatch(r"\s*(</table\s*>)?", rest) is not None


def _close_tags(source: str, rng: random.Random) -> list[Splice]:
    """Writes the end tags of cells and rows that HTML5 implies."""
    splices: list[Splice] = []
    for table in read_tables(source):
        for row in table.rows:
            splices.extend(
                (cell.end, cell.end, f"</{cell.tag}>")
                for cell in row.cells
                if cell.end == cell.outer
            )
    return splices


def _upper_case_tags(source: str, rng: random.Random) -> list[Splice]:
    splices: list[Splice] = []
    for token in read_tokens(source):
        if token.name not in _STRUCTURAL or token.kind == "text":
            continue
        start = token.start + (1 if token.kind == "open" else 2)
        splices.append((start, start + len(token.name), token.name.upper()))
    return splices


def _character_reference(source: str, rng: random.Random) -> list[Splice]:
    """Writes some letters of a cell as numeric references."""
    places = [
        at
        for table in read_tables(source)
        for cell in table.cells
        for start, end in cell.pieces
        for at in range(start, end)
        if source[at].isalnum()
    ]
    chosen = rng.sample(places, min(len(places), rng.randint(1, 3)))
    return [(at, at + 1, f"&#{ord(source[at])};") for at in chosen]


def _explicit_spans(source: str, rng: random.Random) -> list[Splice]:
    """Says of cells over one row or column that they are."""
    splices: list[Splice] = []
    for table in read_tables(source):
        for cell in table.cells:
            tag = source[cell.start : cell.inner]
            names = [name for name in ("rowspan", "colspan") if name not in tag.lower()]
            if names and rng.random() < 0.5:
                splices.append((cell.start, cell.inner, set_attribute(tag, rng.choice(names), "1")))
    return splices


def _comment(source: str, rng: random.Random) -> list[Splice]:
    """A comment in a cell, before its content."""
    cells = [cell for table in read_tables(source) for cell in table.cells]
    if not cells:
        return []
    at = rng.choice(cells).inner
    return [(at, at, "<!-- checked -->")]


def _neutral_span(source: str, rng: random.Random) -> list[Splice]:
    """Wraps a cell's text in an element without a look of its own."""
    spots = [
        piece
        for table in read_tables(source)
        for cell in table.cells
        for piece in cell.pieces
        if source[slice(*piece)].strip()
    ]
    if not spots or "<style" in source.lower():
        return []
    start, end = rng.choice(spots)
    return [(start, end, f"<span>{source[start:end]}</span>")]


def _pad_markdown(source: str, rng: random.Random) -> str | None:
    """Other padding around cells, longer alignment marks."""
    if is_html(source):
        return None
    splices: list[Splice] = []
    for table in read_tables(source):
        for cell in table.cells:
            pad = " " * rng.randint(1, 3)
            content = source[cell.inner : cell.outer]
            splices.append((cell.start, cell.end, f"{pad}{content}{pad}"))
        for start, end in table.delimiters:
            longer = re.sub("-+", "-" * rng.randint(3, 6), source[start:end])
            splices.append((start, end, longer))
    edited = spliced(source, splices)
    return edited if edited != source else None


MARKUP_OPERATORS = (
    *(
        _html_operator(name, edit)
        for name, edit in (
            ("reorder_attributes", _reorder_attributes),
            ("break_lines", _break_lines),
            ("explicit_tbody", _explicit_tbody),
            ("close_tags", _close_tags),
            ("upper_case_tags", _upper_case_tags),
            ("character_reference", _character_reference),
            ("explicit_spans", _explicit_spans),
            ("add_comment", _comment),
            ("wrap_in_span", _neutral_span),
        )
    ),
    Operator("pad_markdown", None, _pad_markdown),
)
"""Edits that must give an empty report."""
