"""A parsed document rewritten so that CairoSVG draws what browsers draw.

Covers colours of CSS Color 4, opacities in percent, relative font sizes, CSS
transforms and their origins, opacity of ``use``, the root's background, ellipses with one radius,
path data that CairoSVG misreads, dots, texts by reference, and filters of several steps, whose
offsets CairoSVG applies to the element itself: such a filter is left out. What can't be said in
CairoSVG's words is patched (`cairosvg_patches`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import numpy as np

from erm.sources.markup import local_name
from erm.tasks.svg import css_values, pathdata
from erm.tasks.svg.bounds import Bounds, bounding_box
from erm.tasks.svg.cascade import CSS_PREFIX

XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"

FONT_SIZE = 16.0
"""Pixels of a text without ``font-size``."""

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_DOT = re.compile(rf"([mM]\s*{_NUMBER}\s*,?\s*{_NUMBER})\s*([zZ])")
_MISREAD = re.compile(r"\+|[eE][-+]?\d*\.|^\s*[^mM\s]")
"""Path data with plus signs, with a point right after an exponent, or without a first ``M``."""
_OPACITIES = frozenset(
    ("opacity", "fill-opacity", "stroke-opacity", "stop-opacity", "flood-opacity")
)
_PERCENT = re.compile(r"\s*(\d+\.?\d*|\.\d+)%\s*")
_PAINTS = frozenset(("fill", "stroke"))
_COLOURS = frozenset(("color", "stop-color", "flood-color", "lighting-color"))
_PLAIN_TRANSFORM = re.compile(
    r"(?:\s*(?:matrix|translate|scale|rotate|skewX|skewY)\s*\([-+.,eE\d\s]*\)[\s,]*)*"
)
_PLAIN_SIZE = re.compile(r"\s*[\d.]+(?:px)?\s*")

_TRANSFORMS = ("translate", "rotate", "scale", "transform")
"""CSS properties that multiply in this order (CSS Transforms 2)."""


def prepare(root: Element, viewport: Bounds) -> None:
    """Rewrite what CairoSVG would misread, in place.

    Args:
        root: a document whose styles are attributes (`cascade`).
        viewport: the root's viewBox.
    """
    _resolve_texts(root)
    _add_background(root, viewport)
    _resolve_font_sizes(root, FONT_SIZE)
    keeps_blanks = any(element.get(XML_SPACE) == "preserve" for element in root.iter())
    for element in root.iter():
        _rewrite_values(element)
        tag = local_name(element)
        if tag in ("text", "tspan", "textPath", "a"):
            _join_lines(element)
        if tag == "text" and not keeps_blanks and any(len(part) for part in element):
            _collapse_blanks(element)
        if tag == "path" and "d" in element.attrib:
            _rewrite_path(element)
        elif tag == "ellipse":
            _complete_radii(element)
        elif tag == "filter" and len(element) > 1:
            del element[:]
        _resolve_transform(element, viewport)
    for parent, index, element in list(_uses(root)):
        _wrap_faded_use(parent, index, element)


def _resolve_texts(root: Element) -> None:
    """Make ``tref`` the text that it refers to; CairoSVG would change the text referred to."""
    references = [element for element in root.iter() if local_name(element) == "tref"]
    known = {element.get("id"): element for element in root.iter()} if references else {}
    for element in references:
        target = known.get((element.get(XLINK_HREF) or element.get("href") or "").strip()[1:])
        if target is not None:
            element.tag = _tag(element, "tspan")
            element.text = "".join(target.itertext())
            del element[:]


def _tag(element: Element, name: str) -> str:
    """A name in an element's namespace."""
    namespace, brace, _ = element.tag.rpartition("}")
    return f"{namespace}{brace}{name}"


def _add_background(root: Element, viewport: Bounds) -> None:
    """Put what browsers paint behind a root with a CSS background into the picture."""
    colour = None
    for name in ("background", "background-color"):
        value = root.attrib.pop(f"{CSS_PREFIX}{name}", None)
        colour = css_values.plain_colour(value) if value else colour
    if colour in (None, "none", "inherit"):
        return
    assert colour is not None
    x, y, width, height = viewport
    # A letterboxed picture shows more than its viewBox.
    page = Element(_tag(root, "rect"))
    for name, number in (("x", x - width * 10), ("y", y - height * 10)):
        page.set(name, f"{number:g}")
    page.set("width", f"{width * 21:g}")
    page.set("height", f"{height * 21:g}")
    page.set("fill", root.get("color", "black") if colour == "currentColor" else colour)
    page.set("stroke", "none")
    root.insert(0, page)


def _resolve_font_sizes(element: Element, inherited: float) -> None:
    """Make relative font sizes pixels; CairoSVG takes ``%`` of the picture and adds up ``em``."""
    size = inherited
    value = element.get("font-size")
    if value is not None and value != "inherit":
        found = css_values.font_size(value, inherited)
        if found is None:
            del element.attrib["font-size"]
        else:
            size = found
            if not _PLAIN_SIZE.fullmatch(value):
                element.set("font-size", f"{size:g}")
    for child in element:
        _resolve_font_sizes(child, size)


def _rewrite_values(element: Element) -> None:
    attributes = element.attrib
    for name, value in list(attributes.items()):
        rewritten: str | None = value
        if name in _OPACITIES:
            match = _PERCENT.fullmatch(value)
            rewritten = str(float(match[1]) / 100) if match else value
        elif name in _PAINTS:
            rewritten = css_values.plain_paint(value)
        elif name in _COLOURS:
            rewritten = css_values.plain_colour(value)
        if rewritten is None:
            del attributes[name]
        elif rewritten != value:
            attributes[name] = rewritten


def _rewrite_path(element: Element) -> None:
    data = element.get("d", "")
    if _MISREAD.search(data):
        commands = pathdata.parse_prefix(data)
        data = "" if commands is None else pathdata.text_of(commands)
    # cairo draws the caps of a line without length, but CairoSVG closes none
    element.set("d", _DOT.sub(r"\1h0\2", data))


def _join_lines(element: Element) -> None:
    """Make line ends in a text blanks, as CSS does; CairoSVG drops them as SVG 1.1 did."""
    if element.text and "\n" in element.text:
        element.text = element.text.replace("\n", " ")
    for child in element:
        if child.tail and "\n" in child.tail:
            child.tail = child.tail.replace("\n", " ")


def _collapse_blanks(text: Element) -> None:
    """Leave one of several blanks in a row, and none at the ends of a text.

    CairoSVG does so too, but forgets how the parts of a part end.
    """
    last, after_blank = None, True
    for owner, name in _letters(text):
        letters = re.sub(r"[ \t\r\n]+", " ", getattr(owner, name) or "")
        letters = letters.removeprefix(" ") if after_blank else letters
        setattr(owner, name, letters)
        if letters:
            last, after_blank = (owner, name), letters.endswith(" ")
    if last is not None:
        setattr(*last, getattr(*last).removesuffix(" "))
    text.set(XML_SPACE, "preserve")


def _letters(element: Element) -> Iterator[tuple[Element, str]]:
    """Elements and attributes that hold a text's letters, in reading order."""
    yield element, "text"
    for child in element:
        yield from _letters(child)
        yield child, "tail"


def _complete_radii(element: Element) -> None:
    """Give an ellipse with one radius the other one too (SVG 2, `auto`)."""
    radii = {name: element.get(name) for name in ("rx", "ry")}
    given = [value for value in radii.values() if value not in (None, "auto")]
    if len(given) == 1 and given[0] is not None:
        for name in radii:
            element.set(name, given[0])


def _resolve_transform(element: Element, viewport: Bounds) -> None:
    """Make CSS transforms and origins a plain ``matrix()``; drop an invalid attribute."""
    attributes = element.attrib
    written = "transform-origin" in attributes or any(
        name.startswith(CSS_PREFIX) for name in attributes
    )
    if not written and _PLAIN_TRANSFORM.fullmatch(attributes.get("transform", "")):
        return
    css = {name: attributes.pop(f"{CSS_PREFIX}{name}", "none") for name in _TRANSFORMS}
    box_name = attributes.pop(f"{CSS_PREFIX}transform-box", "view-box")
    centre = attributes.pop("transform-origin", "0 0")
    matrix = css_values.attribute_matrix(attributes.get("transform", ""))
    if matrix is None:
        del attributes["transform"]
        matrix = np.eye(3)
    if any(value != "none" for value in css.values()):
        box = _reference_box(element, box_name, viewport)
        if css["transform"] != "none":
            matrix = _transform_part("transform", css["transform"], box)
        for name in ("scale", "rotate", "translate"):
            matrix = _transform_part(name, css[name], box) @ matrix
    elif centre == "0 0" or "transform" not in attributes:
        return
    else:
        box = _reference_box(element, box_name, viewport)
    try:
        x, y = css_values.origin(centre, box[2], box[3], FONT_SIZE)
    except ValueError:
        x, y = 0.0, 0.0
    x, y = box[0] + x, box[1] + y
    matrix = css_values.shift(x, y) @ matrix @ css_values.shift(-x, -y)
    numbers = [*matrix[:2, 0], *matrix[:2, 1], *matrix[:2, 2]]
    attributes["transform"] = f"matrix({' '.join(f'{number:.9g}' for number in numbers)})"


def _transform_part(name: str, value: str, box: Bounds) -> css_values.Matrix:
    """The matrix of one of the properties `_TRANSFORMS`; of an invalid one, that of no change."""
    if value == "none":
        return np.eye(3)
    function = value if name == "transform" else f"{name}({','.join(value.split())})"
    matrix = css_values.transform_matrix(function, box[2], box[3], FONT_SIZE)
    return np.eye(3) if matrix is None else matrix


def _reference_box(element: Element, name: str, viewport: Bounds) -> Bounds:
    """The box that a transform's percentages and its origin refer to (CSS Transforms 1)."""
    if name == "view-box":
        return (0.0, 0.0, viewport[2], viewport[3])
    return bounding_box(element, viewport[2], viewport[3], FONT_SIZE) or (0.0, 0.0, 0.0, 0.0)


def _uses(root: Element) -> Iterator[tuple[Element, int, Element]]:
    for parent in root.iter():
        for index, child in enumerate(parent):
            if local_name(child) == "use" and float_of(child.get("opacity")) < 1:
                yield parent, index, child


def float_of(value: str | None) -> float:
    """An opacity attribute; 1 where it is missing or invalid."""
    try:
        return float(value) if value is not None else 1.0
    except ValueError:
        return 1.0


def _wrap_faded_use(parent: Element, index: int, element: Element) -> None:
    """Put a ``use`` into a group with its opacity, which CairoSVG ignores on the ``use``."""
    group = Element(_tag(element, "g"), {"opacity": element.attrib.pop("opacity")})
    group.tail, element.tail = element.tail, None
    group.append(element)
    parent[index] = group
