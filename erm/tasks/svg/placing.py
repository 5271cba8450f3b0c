"""Where edits of an SVG source put things: picking, moving, removing and inserting elements.

What an edit does to an element itself is in `edit_structure`, `edit_shape`, `edit_style` and
`edit_text`.
"""

from __future__ import annotations

import math
import random

from erm.tasks.svg import document as dom
from erm.tasks.svg import pathdata
from erm.tasks.svg.document import Bounds, Element

COLORS = ("red", "orange", "green", "blue", "purple", "black")
"""Paints of new and recoloured elements, easy to distinguish from each other and the page."""

_ORIGINS = {
    "rect": (("x",), ("y",)),
    "text": (("x",), ("y",)),
    "circle": (("cx",), ("cy",)),
    "ellipse": (("cx",), ("cy",)),
    "line": (("x1", "x2"), ("y1", "y2")),
}


def pick(items: list[Element], rng: random.Random) -> Element | None:
    return rng.choice(items) if items else None


def any_shape(root: Element, rng: random.Random) -> Element | None:
    return pick(dom.shapes(root), rng)


def _steps(root: Element, rng: random.Random) -> float:
    """One or two sixteenths of the picture, whole where units are large enough."""
    step = dom.unit(root) * rng.choice((1, 2))
    return round(step) if step >= 1 else step


def direction(root: Element, rng: random.Random) -> tuple[float, float]:
    step = _steps(root, rng)
    dx, dy = rng.choice(((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1)))
    return dx * step, dy * step


def remove(element: Element) -> None:
    parent = element.getparent()
    before = element.getprevious()
    if element.tail:
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def insert(before: Element, element: Element) -> bool:
    element.tail = before.tail
    before.addnext(element)
    return True


def between(rng: random.Random, low: float, high: float, root: Element) -> float:
    step = dom.unit(root)
    count = max(0, math.floor((high - low) / step))
    return low + step * rng.randint(0, count)


def free_place(root: Element, rng: random.Random, half: float) -> tuple[float, float]:
    """A middle for a new shape, away from others where a few tries find one."""
    x0, y0, x1, y1 = dom.view_box(root)
    taken = [box for box in map(dom.bounds, [*dom.shapes(root), *dom.texts(root)]) if box]
    x = y = 0.0
    for _ in range(12):
        x = between(rng, x0 + half, x1 - half, root)
        y = between(rng, y0 + half, y1 - half, root)
        box = (x - half, y - half, x + half, y + half)
        if not any(overlap(box, other) for other in taken):
            break
    return x, y


def overlap(a: Bounds, b: Bounds) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def move(element: Element | None, root: Element, rng: random.Random) -> bool:
    if element is None:
        return False
    box, page = dom.bounds(element), dom.view_box(root)
    for _ in range(8):
        dx, dy = direction(root, rng)
        if box is None or element.get("transform") or _inside(box, dx, dy, page):
            return translate(element, dx, dy)
    return translate(element, dx, dy)


def _inside(box: Bounds, dx: float, dy: float, page: Bounds) -> bool:
    return (
        box[0] + dx >= page[0]
        and box[1] + dy >= page[1]
        and box[2] + dx <= page[2]
        and box[3] + dy <= page[3]
    )


def translate(element: Element, dx: float, dy: float) -> bool:
    tag = dom.tag_of(element)
    if tag in _ORIGINS:
        for names, step in zip(_ORIGINS[tag], (dx, dy), strict=True):
            for name in names:
                if step:
                    element.set(name, dom.plain(dom.length(element, name) + step))
    elif tag in ("polyline", "polygon"):
        dom.set_points(element, [(x + dx, y + dy) for x, y in dom.points_of(element)])
    else:
        path = dom.path_of(element)
        if path is None:
            return False
        dom.set_path(element, pathdata.translated(path, dx, dy))
    return True
