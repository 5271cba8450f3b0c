"""Walking a parsed document within the limits on elements and nesting.

Covers what SVG and HTML share: names, the walk, and taking an element out while its tail text
stays. Not covered: what each task refuses or drops on the way (its ``draw.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from erm.sources.errors import DrawError


def local_name(element: Element) -> str:
    """An element's tag without namespace; '' for comments and processing instructions."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def walk(root: Element, max_elements: int, max_depth: int) -> Iterator[Element]:
    """Every element, parents first; children that the caller drops on the way are not visited.

    Raises:
        DrawError: ``too_many_elements`` beyond either limit.
    """
    count = 0
    stack: list[tuple[Element, int]] = [(root, 1)]
    while stack:
        element, depth = stack.pop()
        count += 1
        if count > max_elements:
            raise DrawError("too_many_elements", f"More than {max_elements} elements.")
        if depth > max_depth:
            raise DrawError("too_many_elements", f"Elements are nested deeper than {max_depth}.")
        yield element
        stack.extend((child, depth + 1) for child in element)


def drop(parent: Element, child: Element) -> None:
    """Remove a child; the text that follows it stays."""
    index = list(parent).index(child)
    tail = child.tail or ""
    if index:
        before = parent[index - 1]
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(child)
