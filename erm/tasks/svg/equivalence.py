"""Edits that change an SVG source and nothing that anybody sees: their report is empty."""

from __future__ import annotations

import random
import re

from erm.tasks import Operator
from erm.tasks.svg import document as dom
from erm.tasks.svg.document import Element, make_edit

_HEX = {
    "red": "#ff0000",
    "orange": "#ffa500",
    "gold": "#ffd700",
    "green": "#008000",
    "blue": "#0000ff",
    "purple": "#800080",
    "black": "#000000",
    "gray": "#808080",
    "white": "#ffffff",
    "lightblue": "#add8e6",
    "pink": "#ffc0cb",
    "beige": "#f5f5dc",
    "lightgray": "#d3d3d3",
}
_STYLED = ("fill", "stroke", "stroke-width", "opacity", "stroke-dasharray", "font-weight")


def _pick(root: Element, rng: random.Random, *tags: str) -> Element | None:
    found = [item for item in dom.shapes(root) if dom.tag_of(item) in tags]
    return rng.choice(found) if found else None


def _reorder_attributes(root: Element, rng: random.Random) -> bool:
    for element in root.iter():
        if not dom.tag_of(element):
            continue
        items = list(element.attrib.items())
        rng.shuffle(items)
        for name, _ in items:
            del element.attrib[name]
        for name, value in items:
            element.set(name, value)
    return True


def _rename_colors(root: Element, rng: random.Random) -> bool:
    renamed = False
    for element in root.iter():
        for name in ("fill", "stroke", "stop-color") if dom.tag_of(element) else ():
            value = element.get(name)
            digits = _digits(value) if value else None
            if digits is None:
                continue
            levels = ",".join(str(int(digits[i : i + 2], 16)) for i in (1, 3, 5))
            names = (digits, digits.upper(), f"rgb({levels})")
            element.set(name, rng.choice([other for other in names if other != value]))
            renamed = True
    return renamed


def _digits(color: str) -> str | None:
    """``#rrggbb`` of a colour's name or code; None for what is no plain colour."""
    match = re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", color.strip().lower())
    if match is None:
        return _HEX.get(color)
    return "#" + (match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1]))


def _attributes_to_style(root: Element, rng: random.Random) -> bool:
    changed = False
    for element in [*dom.shapes(root), *dom.texts(root)]:
        moved = {name: element.get(name) for name in _STYLED if element.get(name)}
        if not moved:
            continue
        for name in moved:
            del element.attrib[name]
        dom.set_style(element, {**moved, **dom.style_of(element)})
        changed = True
    return changed


def _replace(element: Element, tag: str, gone: tuple[str, ...], **attributes: str) -> bool:
    new = dom.like(element, tag, **attributes)
    for name, value in element.attrib.items():
        if name not in gone:
            new.set(name, value)
    new.tail = element.tail
    element.getparent().replace(element, new)
    return True


def _rect_to_path(root: Element, rng: random.Random) -> bool:
    element = _pick(root, rng, "rect")
    box = None if element is None else dom.bounds(element)
    if element is None or box is None or element.get("rx") or element.get("ry"):
        return False
    x0, y0, x1, y1 = (dom.plain(value) for value in box)
    gone = ("x", "y", "width", "height")
    return _replace(element, "path", gone, d=f"M{x0} {y0}L{x1} {y0}L{x1} {y1}L{x0} {y1}Z")


def _circle_to_ellipse(root: Element, rng: random.Random) -> bool:
    element = _pick(root, rng, "circle")
    if element is None:
        return False
    radius = element.get("r", "0")
    return _replace(element, "ellipse", ("r",), rx=radius, ry=radius)


def _circle_to_path(root: Element, rng: random.Random) -> bool:
    element = _pick(root, rng, "circle", "ellipse")
    box = None if element is None else dom.bounds(element)
    if element is None or box is None or box[2] <= box[0] or box[3] <= box[1]:
        return False
    p = dom.plain
    rx, ry, y = (box[2] - box[0]) / 2, (box[3] - box[1]) / 2, p((box[1] + box[3]) / 2)
    arc = f"A{rx:g} {ry:g} 0 1 0 "
    d = f"M{p(box[0])} {y}{arc}{p(box[2])} {y}{arc}{p(box[0])} {y}Z"
    return _replace(element, "path", ("cx", "cy", "r", "rx", "ry"), d=d)


def _polygon_to_path(root: Element, rng: random.Random) -> bool:
    element = _pick(root, rng, "polygon", "polyline")
    points = [] if element is None else dom.points_of(element)
    if element is None or len(points) < 2:
        return False
    d = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
    d += "Z" if dom.tag_of(element) == "polygon" else ""
    return _replace(element, "path", ("points",), d=d)


def _start_elsewhere(root: Element, rng: random.Random) -> bool:
    element = _pick(root, rng, "polygon")
    points = [] if element is None else dom.points_of(element)
    if element is None or len(points) < 3 or dom.property_of(element, "stroke-dasharray"):
        return False
    first = rng.randrange(1, len(points))
    turned = points[first:] + points[:first]
    element.set("points", " ".join(f"{x:g},{y:g}" for x, y in turned))
    return True


def _absolute_path(root: Element, rng: random.Random) -> bool:
    element = _pick(root, rng, "path")
    path = None if element is None else dom.path_of(element)
    if element is None or path is None:
        return False
    dom.set_path(element, path)
    return True


def _wrap_in_group(root: Element, rng: random.Random) -> bool:
    drawn = [*dom.shapes(root), *dom.texts(root)]
    if not drawn:
        return False
    element = rng.choice(drawn)
    group = dom.like(element, "g")
    group.tail, element.tail = element.tail, None
    element.addprevious(group)
    group.append(element)
    return True


def _transform_instead_of_coordinates(root: Element, rng: random.Random) -> bool:
    element = _pick(root, rng, "circle", "ellipse")
    if element is None or element.get("transform") or _has_gradient(element):
        return False
    x, y = dom.length(element, "cx"), dom.length(element, "cy")
    element.attrib.pop("cx", None)
    element.attrib.pop("cy", None)
    element.set("transform", f"translate({x:g} {y:g})")
    return True


def _has_gradient(element: Element) -> bool:
    paints = [dom.property_of(element, name) or "" for name in ("fill", "stroke")]
    return any("url(" in paint for paint in paints)


def _use_instead_of_shape(root: Element, rng: random.Random) -> bool:
    element = _pick(root, rng, *dom.SHAPE_TAGS)
    if element is None or element.get("id") or element.getparent() is not root:
        return False
    taken = {item.get("id") for item in root.iter()}
    name = next(f"s{number}" for number in range(10_000) if f"s{number}" not in taken)
    use = dom.like(root, "use", href=f"#{name}")
    use.tail, element.tail = element.tail, None
    root.replace(element, use)
    definitions = dom.like(root, "defs")
    element.set("id", name)
    definitions.append(element)
    root.insert(0, definitions)
    return True


def _annotate(root: Element, rng: random.Random) -> bool:
    from lxml import etree

    for number, element in enumerate(dom.shapes(root)):
        if element.get("id") is None:
            element.set("id", f"part{number}")
    root.insert(0, etree.Comment(f" version {rng.randint(1, 99)} "))
    title = dom.like(root, "title")
    title.text = "icon"
    root.insert(0, title)
    return True


def _spread_lines(root: Element, rng: random.Random) -> bool:
    blank = "\n" + " " * rng.randint(1, 8)
    for element in root:
        element.tail = (element.tail or "") + blank
    return len(root) > 0


EQUIVALENT_OPERATORS: tuple[Operator, ...] = (
    make_edit("reorder_attributes", None, _reorder_attributes),
    make_edit("rename_colors", None, _rename_colors),
    make_edit("attributes_to_style", None, _attributes_to_style),
    make_edit("rect_to_path", None, _rect_to_path),
    make_edit("circle_to_ellipse", None, _circle_to_ellipse),
    make_edit("circle_to_path", None, _circle_to_path),
    make_edit("polygon_to_path", None, _polygon_to_path),
    make_edit("start_elsewhere", None, _start_elsewhere),
    make_edit("absolute_path", None, _absolute_path),
    make_edit("wrap_in_group", None, _wrap_in_group),
    make_edit("transform_instead_of_coordinates", None, _transform_instead_of_coordinates),
    make_edit("use_instead_of_shape", None, _use_instead_of_shape),
    make_edit("ids_and_comments", None, _annotate),
    make_edit("spread_lines", None, _spread_lines),
)
"""Edits that preserve visual equivalence."""
