"""SVG documents as trees that edits work on: parsing, elements that draw, style, plain geometry.

Covers what an edit needs to know without drawing: which elements are shapes, which paint applies
to them by attribute, inline style or inheritance, and their extent in their own coordinates.
Style sheets and transforms are left to `scene`, which reads what is drawn.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from erm.tasks import Operator
from erm.tasks.shared.operators import make_operator
from erm.tasks.svg import pathdata
from erm.tasks.svg.pathdata import Command

Element = Any
"""An lxml element."""

Edit = Callable[[Element, random.Random], bool]
"""Changes a document's root in place; False where there is nothing it can edit."""

Bounds = tuple[float, float, float, float]

SHAPE_TAGS = ("rect", "circle", "ellipse", "line", "polyline", "polygon", "path")
_DEFINING_TAGS = frozenset(
    ("defs", "clipPath", "mask", "symbol", "marker", "pattern", "linearGradient", "radialGradient")
)
_INHERITED = frozenset(
    ("fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-weight", "color")
)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_DEFAULT_SIDE = 336.0
"""Side in px of a document that states no size."""


def parse(source: str) -> Element | None:
    """The root element, or None where the source is not an SVG document."""
    # The parser's own encoding overrides a declared one, which was that of bytes.
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, huge_tree=False
    )
    try:
        root = etree.fromstring(source.strip().encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root if tag_of(root) == "svg" else None


def make_edit(name: str, category: str | None, edit: Edit) -> Operator:
    """An operator that edits a document's root in place; see `make_operator`."""

    def apply(root: Element, rng: random.Random) -> str | None:
        return text_of(root) if edit(root, rng) else None

    return make_operator(name, category, parse, apply)


def text_of(root: Element) -> str:
    """The document as text."""
    return str(etree.tostring(root, encoding="unicode"))


def tag_of(element: Element) -> str:
    """Local name, empty for comments and processing instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def like(element: Element, tag: str, **attributes: str) -> Element:
    """A new element in the namespace of another one; ``_`` in names stands for ``-``."""
    namespace = etree.QName(element).namespace
    name = f"{{{namespace}}}{tag}" if namespace else tag
    new = etree.Element(name, nsmap=element.nsmap if namespace else None)
    for key, value in attributes.items():
        new.set(key.replace("_", "-"), value)
    return new


def shapes(root: Element) -> list[Element]:
    """Elements that draw a shape, in paint order; the page's background is left out."""
    return [
        element
        for element in root.iter()
        if tag_of(element) in SHAPE_TAGS and _draws(element) and not is_background(element, root)
    ]


def texts(root: Element) -> list[Element]:
    """``text`` elements that hold letters themselves."""
    return [
        element
        for element in root.iter()
        if tag_of(element) == "text" and _draws(element) and (element.text or "").strip()
    ]


def background(root: Element) -> Element | None:
    """The rectangle that covers the page, None where there is none."""
    for element in root.iter():
        if tag_of(element) == "rect" and _draws(element):
            return element if is_background(element, root) else None
    return None


def is_background(element: Element, root: Element) -> bool:
    """Whether a rectangle covers the whole view box."""
    if tag_of(element) != "rect":
        return False
    if element.get("width") == "100%" and element.get("height") == "100%":
        return True
    x0, y0, x1, y1 = view_box(root)
    box = bounds(element)
    return box is not None and box[0] <= x0 and box[1] <= y0 and box[2] >= x1 and box[3] >= y1


def _draws(element: Element) -> bool:
    if any(tag_of(ancestor) in _DEFINING_TAGS for ancestor in element.iterancestors()):
        return False
    return bool(property_of(element, "display") != "none")


def view_box(root: Element) -> Bounds:
    """x0, y0, x1, y1 of what the document shows, in its own units."""
    values = numbers(root.get("viewBox", ""))
    if len(values) == 4 and values[2] > 0 and values[3] > 0:
        x, y, width, height = values
        return x, y, x + width, y + height
    sides = [numbers(root.get(side, "")) for side in ("width", "height")]
    width, height = (
        side[0] if side and side[0] > 0 and "%" not in root.get(name, "") else _DEFAULT_SIDE
        for side, name in zip(sides, ("width", "height"), strict=True)
    )
    return 0.0, 0.0, width, height


def unit(root: Element) -> float:
    """A sixteenth of the document's longer side: a step that anybody sees."""
    x0, y0, x1, y1 = view_box(root)
    return max(x1 - x0, y1 - y0) / 16


def numbers(text: str) -> list[float]:
    """All finite numbers in a text."""
    values = (float(match) for match in _NUMBER.findall(text))
    return [value for value in values if math.isfinite(value)]


def plain(value: float) -> str:
    """A number with at most two decimals and no needless zeros."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def length(element: Element, name: str, default: float = 0.0) -> float:
    """A length attribute in user units, units of measure ignored."""
    values = numbers(element.get(name) or "")
    return values[0] if values else default


def style_of(element: Element) -> dict[str, str]:
    """Declarations of the inline style."""
    declared = {}
    for declaration in (element.get("style") or "").split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            declared[name.strip()] = value.strip()
    return declared


def set_style(element: Element, declared: dict[str, str]) -> None:
    """Write the inline style, without an empty one."""
    if declared:
        element.set("style", ";".join(f"{name}:{value}" for name, value in declared.items()))
    elif "style" in element.attrib:
        del element.attrib["style"]


def property_of(element: Element, name: str) -> str | None:
    """A presentation property by inline style, attribute or inheritance."""
    here: Element | None = element
    while here is not None:
        value = style_of(here).get(name) or here.get(name)
        if value and value != "inherit":
            return str(value)
        here = here.getparent() if name in _INHERITED else None
    return None


def set_property(element: Element, name: str, value: str) -> None:
    """Set a property so that it wins: inline where an inline style or a style sheet rules."""
    declared = style_of(element)
    if name in declared or element.get("class") or _has_sheet(element):
        set_style(element, {**declared, name: value})
    else:
        element.set(name, value)


def _has_sheet(element: Element) -> bool:
    return any(tag_of(other) == "style" for other in element.getroottree().getroot().iter())


def is_filled(element: Element) -> bool:
    """Whether a shape has a fill."""
    return tag_of(element) != "line" and property_of(element, "fill") != "none"


def is_stroked(element: Element) -> bool:
    """Whether a shape has a stroke."""
    return (property_of(element, "stroke") or "none") != "none"


def points_of(element: Element) -> list[tuple[float, float]]:
    """Points of a polyline or polygon."""
    values = numbers(element.get("points") or "")
    return list(zip(values[::2], values[1::2], strict=False))


def set_points(element: Element, points: list[tuple[float, float]]) -> None:
    """Write the points of a polyline or polygon."""
    element.set("points", " ".join(f"{plain(x)},{plain(y)}" for x, y in points))


def path_of(element: Element) -> list[Command] | None:
    """Absolute commands of a path element, None where its data is malformed or not finite."""
    commands = pathdata.parse(element.get("d") or "")
    if commands is None:
        return None
    path = pathdata.absolute(commands)
    finite = all(math.isfinite(value) for point in pathdata.nodes(path) for value in point)
    return path if finite else None


def set_path(element: Element, path: list[Command]) -> None:
    """Write a path's commands."""
    element.set("d", pathdata.text_of(path))


def bounds(element: Element) -> Bounds | None:
    """Extent of a shape or text in its own coordinates, None where it is unknown."""
    tag = tag_of(element)
    measure = _BOUNDS.get(tag)
    return measure(element) if measure else None


def _rect_bounds(element: Element) -> Bounds | None:
    if "%" in element.get("width", "") + element.get("height", ""):
        return None
    x, y = length(element, "x"), length(element, "y")
    return x, y, x + length(element, "width"), y + length(element, "height")


def _circle_bounds(element: Element) -> Bounds | None:
    x, y = length(element, "cx"), length(element, "cy")
    rx = length(element, "r") or length(element, "rx")
    ry = length(element, "r") or length(element, "ry")
    return x - rx, y - ry, x + rx, y + ry


def _line_bounds(element: Element) -> Bounds | None:
    xs = sorted(length(element, name) for name in ("x1", "x2"))
    ys = sorted(length(element, name) for name in ("y1", "y2"))
    return xs[0], ys[0], xs[1], ys[1]


def _points_bounds(element: Element) -> Bounds | None:
    points = points_of(element)
    if not points:
        return None
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _path_bounds(element: Element) -> Bounds | None:
    path = path_of(element)
    if not path:
        return None
    if any(command.letter in "ACQST" for command in path):
        return _curve_bounds(pathdata.text_of(path))
    xs, ys = zip(*pathdata.nodes(path), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _curve_bounds(data: str) -> Bounds | None:
    from svgpathtools import parse_path

    try:
        x0, x1, y0, y1 = (float(value) for value in parse_path(data).bbox())
    except (ValueError, ZeroDivisionError, AssertionError, IndexError):
        return None
    return (x0, y0, x1, y1) if math.isfinite(x1 - x0 + y1 - y0) else None


def _text_bounds(element: Element) -> Bounds | None:
    size = numbers(property_of(element, "font-size") or "16")
    if not size:
        return None
    width = 0.6 * size[0] * len((element.text or "").strip())
    x, y = length(element, "x"), length(element, "y")
    shift = {"middle": width / 2, "end": width}.get(property_of(element, "text-anchor") or "", 0.0)
    return x - shift, y - 0.75 * size[0], x - shift + width, y


_BOUNDS: dict[str, Callable[[Element], Bounds | None]] = {
    "rect": _rect_bounds,
    "circle": _circle_bounds,
    "ellipse": _circle_bounds,
    "line": _line_bounds,
    "polyline": _points_bounds,
    "polygon": _points_bounds,
    "path": _path_bounds,
    "text": _text_bounds,
}
