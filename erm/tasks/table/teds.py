"""TEDS of two HTML or Markdown tables: how alike their structure and texts are.

Covers TEDS and TEDS-S (Zhong et al. 2020), and the edit distance of their texts. Not covered: TEDS
as a score of a whole benchmark (`erm.benchmark.similarity`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
from lxml import etree, html
from markdown_it import MarkdownIt
from numpy.typing import NDArray

from erm.errors import ErmError
from erm.tasks.shared.text import normalized_distance, normalized_distances
from erm.tasks.table.spans import read_colspan, read_rowspan
from erm.tasks.table.tree_distance import tree_distance

MOST_NODES = 2000
"""Nodes of one table; two of them take about 2 s, in the square of their number."""

MOST_CHARACTERS = 100_000
"""Characters of one table; the edit distance takes time in their product."""

_TAGS = ("table", "thead", "tbody", "tfoot", "tr", "td", "th")


@dataclass
class _Node:
    """A table element: its tag with spans, and for a cell its text."""

    label: tuple[str, int, int]
    text: str = ""
    children: list[_Node] = field(default_factory=list)

    @cached_property
    def size(self) -> int:
        """Nodes of the subtree."""
        return 1 + sum(child.size for child in self.children)

    def in_postorder(self) -> list[_Node]:
        """The nodes of the subtree."""
        return [*(node for child in self.children for node in child.in_postorder()), self]


def teds(reference: str, candidate: str, structure_only: bool = False) -> float:
    """1 − tree edit distance / nodes of the larger tree, in [0, 1].

    A changed cell costs the normalised edit distance of its text, any other changed node 1; spans
    belong to a node's label. The element ``table`` itself is not counted, as in ``metric.py`` of
    PubTabNet, with which published numbers are computed. Either text without a table scores 0.

    Args:
        structure_only: TEDS-S, which ignores texts.

    Raises:
        ErmError: a table of more than `MOST_NODES` nodes.
    """
    first, second = _parse(reference), _parse(candidate)
    if first is None or second is None:
        return 0.0

    if (nodes := max(first.size, second.size) - 1) == 0:
        return 1.0
    one, other = first.in_postorder(), second.in_postorder()
    update = _costs(one, other, structure_only)
    distance = tree_distance(
        [node.size - 1 for node in one], [node.size - 1 for node in other], update
    )
    return max(0.0, 1.0 - distance / nodes)


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


def _costs(
    first: Sequence[_Node], second: Sequence[_Node], structure_only: bool
) -> NDArray[np.float64]:
    """What changing each node of one tree into each of the other costs."""
    kinds = {
        label: number for number, label in enumerate({node.label for node in (*first, *second)})
    }
    one, other = (np.array([kinds[node.label] for node in nodes]) for nodes in (first, second))
    differ = one[:, None] != other
    if structure_only:
        return np.asarray(differ, dtype=np.float64)
    texts = normalized_distances([node.text for node in first], [node.text for node in second])
    costs: NDArray[np.float64] = np.where(differ, 1.0, texts)
    return costs


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
