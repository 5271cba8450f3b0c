"""TEDS of two HTML or Markdown tables: how alike their structure and texts are.

Covers TEDS and TEDS-S (Zhong et al. 2020), and the edit distance of their texts. Not covered: TEDS
as a score of a whole benchmark (`erm.benchmark.similarity`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import zss
from lxml import etree, html
from markdown_it import MarkdownIt

from erm.errors import ErmError
from erm.tasks.shared.text import normalized_distance
from erm.tasks.table.spans import read_colspan, read_rowspan

MOST_NODES = 600
"""Nodes of one table; the tree edit distance takes time in about their third power."""

MOST_CHARACTERS = 100_000
"""Characters of one table; the edit distance takes time in their product."""

_TAGS = ("table", "thead", "tbody", "tfoot", "tr", "td", "th")


@dataclass
class _Node:
    """A table element: its tag with spans, and for a cell its text."""

    label: tuple[str, int, int]
    text: str = ""
    children: list[_Node] = field(default_factory=list)

    @property
    def size(self) -> int:
        return 1 + sum(child.size for child in self.children)


def teds(reference: str, candidate: str, structure_only: bool = False) -> float:
    """1 − tree edit distance / nodes of the larger tree, in [0, 1].

    A changed cell costs the normalised edit distance of its text, any other changed node 1; spans
    belong to a node's label. Either text without a table scores 0.

    Args:
        structure_only: TEDS-S, which ignores texts.

    Raises:
        ErmError: a table of more than `MOST_NODES` nodes.
    """
    first, second = _parse(reference), _parse(candidate)
    if first is None or second is None:
        return 0.0

    def update(a: _Node, b: _Node) -> float:
        if a.label != b.label:
            return 1.0
        return 0.0 if structure_only else normalized_distance(a.text, b.text)

    distance = zss.distance(
        first,
        second,
        get_children=lambda node: node.children,
        insert_cost=lambda node: 1.0,
        remove_cost=lambda node: 1.0,
        update_cost=update,
    )
    return max(0.0, 1.0 - float(distance) / max(first.size, second.size))


def edit_distance(reference: str, candidate: str) -> float:
    """Normalised Levenshtein distance of two serialised tables, in [0, 1].

    A table is written cell by cell, with a tab between cells and a line break after each row, so
    that markup does not count. Either text without a table is at distance 1.

    Raises:
        ErmError: a table of more than `MOST_NODES` nodes or `MOST_CHARACTERS` characters.
    """
    first, second = _parse(reference), _parse(candidate)
    if first is None or second is None:
        return 1.0
    texts = [_serialized(tree) for tree in (first, second)]
    if (longest := max(map(len, texts))) > MOST_CHARACTERS:
        raise ErmError(
            f"A table of {longest} characters is too large for the edit distance (at most "
            f"{MOST_CHARACTERS})."
        )
    return normalized_distance(*texts)


def _serialized(tree: _Node) -> str:
    if tree.label[0] != "tr":
        return "".join(_serialized(child) for child in tree.children)
    return "\t".join(cell.text for cell in tree.children) + "\n"


def is_markdown(source: str) -> bool:
    """Whether a source is read as Markdown: it holds no HTML table."""
    return "<table" not in source.lower()


def parsed_source(source: str) -> html.HtmlElement | None:
    """The elements of an HTML or Markdown source; None where it holds none."""
    if is_markdown(source):
        source = _markdown().render(source)
    try:
        # Bytes, since lxml refuses text that declares the encoding of its bytes.
        content, parser = source.encode("utf-8", "replace"), html.HTMLParser(encoding="utf-8")
        return html.fromstring(content, parser=parser) if source.strip() else None
    except (etree.ParserError, ValueError):
        return None


def _parse(source: str) -> _Node | None:
    root = parsed_source(source)
    if root is None:
        return None
    table = next(root.iter("table"), None)
    if table is None:
        return None
    node = _node(table)
    if node.size > MOST_NODES:
        raise ErmError(
            f"A table of {node.size} nodes is too large for TEDS (at most {MOST_NODES})."
        )
    return node


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def _node(element: html.HtmlElement) -> _Node:
    cell = element.tag in ("td", "th")
    # Header and plain cells are one kind here, as in the published metric's tables.
    tag = "td" if cell else str(element.tag)
    node = _Node((tag, read_colspan(element.get("colspan")), read_rowspan(element.get("rowspan"))))
    if cell:
        node.text = " ".join(element.text_content().split())
    else:
        node.children = [_node(child) for child in element if child.tag in _TAGS]
    return node
