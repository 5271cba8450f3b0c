"""SVG source to pixels, through cairosvg.

Covers every kind of size and viewBox, the refusal of whatever an icon has no need to load, and the
limits on pixels and on elements after ``use`` is expanded. Not covered: scripts, animation and
``foreignObject``, which are ignored; limits of time and memory (`erm.render`).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

import defusedxml
import numpy as np
import PIL.Image
from defusedxml import ElementTree
from numpy.typing import NDArray

from erm.sources.errors import DrawError
from erm.sources.markup import drop, local_name, walk
from erm.sources.references import refuse_loading_css, refuse_url
from erm.tasks import Drawing
from erm.tasks.settings import DrawingSettings
from erm.tasks.shared.fonts import named_fonts
from erm.tasks.svg.cairosvg_patches import DocumentTree, IconSurface, install
from erm.tasks.svg.cascade import apply_styles
from erm.tasks.svg.prepare import XLINK_HREF, prepare

DEFAULT_SIDE = 336
"""Pixels of the longest side where the source states no size (the reference's viewport)."""

MAX_DEPTH = 200
"""Deepest nesting, ``use`` included; far above real icons, below the interpreter's stack."""

MAX_USED = 2_000
"""Elements that ``use`` may add to a document; each takes a millisecond to draw."""

_RASTER_TAGS = frozenset(("image", "feImage", "video", "audio", "canvas", "iframe", "embed"))
_IGNORED_TAGS = frozenset(("script", "foreignObject", "handler", "set", "metadata"))
_UNITS = {
    "": 1.0,
    "px": 1.0,
    "pt": 96 / 72,
    "pc": 16.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "em": 16.0,
    "ex": 8.0,
}
_LENGTH = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([a-zA-Z]*)\s*")
_SEPARATOR = re.compile(r"[\s,]+")

install()


@dataclass(frozen=True)
class SvgTree:
    """What is behind the pixels of an SVG drawing.

    Attributes:
        root: the sanitised element tree that was drawn: no scripts, no foreign objects, no
            comments; ``width`` and ``height`` of the root are the picture's, in pixels.
        width, height: size of the picture in pixels.
        view_box: (x, y, width, height) in user units of the part that the picture shows before
            ``preserveAspectRatio``; (0, 0, width, height) where the source gives none.
        backend: name of what drew the pixels.
        fallback: families for text whose own font lacks its letters.
    """

    root: Element
    width: int
    height: int
    view_box: tuple[float, float, float, float]
    backend: str
    fallback: tuple[str, ...]


def draw_svg(source: str, max_pixels: int, max_elements: int, settings: DrawingSettings) -> Drawing:
    """Draw an SVG document on white.

    The picture has the shape of the root's ``width`` x ``height`` where these are absolute lengths
    (1 in = 96 px), otherwise the viewBox's, otherwise a square; of one given length the other
    follows the viewBox. Its longest side is ``settings.raster_side``; where that is 0, what the
    source states, and `DEFAULT_SIDE` where it states nothing. The scene is read from CairoSVG, and
    refused where the pixels of another back end differ from it.

    Raises:
        DrawError: ``invalid_markup``, ``too_many_pixels``, ``too_many_elements``,
            ``raster_refused``, ``external_refused``, ``missing_glyphs``, ``nothing_drawn`` or
            ``runtime_error``.
    """
    root = parse_svg(source)
    _sanitise(root, max_elements)
    _count_expanded(root, max_elements)
    apply_styles(root)
    tree = _resolve_size(root, max_pixels, settings)
    prepare(root, tree.view_box)
    if tree.backend == "resvg":
        from erm.tasks.svg.resvg import paint_with_resvg

        return Drawing(paint_with_resvg(root, tree.width, tree.height, settings.fonts), tree)
    return Drawing(_paint(tree), tree)


def parse_svg(source: str) -> Element:
    """The root ``svg`` element; entities and external references are refused.

    Raises:
        DrawError: ``invalid_markup`` or ``external_refused``.
    """
    text = source.lstrip("\ufeff \t\r\n")
    # The parser's own encoding overrides a declared one, which was that of bytes.
    parser = ElementTree.DefusedXMLParser(
        target=TreeBuilder(), encoding="utf-8", forbid_entities=True, forbid_external=True
    )
    try:
        parser.feed(text.encode("utf-8", "strict"))
        root: Element = parser.close()
    except defusedxml.EntitiesForbidden as error:
        raise DrawError("invalid_markup", f"Entity '{error.name}' is declared.") from error
    except defusedxml.DefusedXmlException as error:
        raise DrawError("external_refused", "The document refers to an external entity.") from error
    except (ParseError, ValueError, LookupError) as error:
        raise DrawError("invalid_markup", f"Not well-formed XML: {error}.") from error
    if local_name(root) != "svg":
        raise DrawError("invalid_markup", f"The root element is <{local_name(root)}>, not <svg>.")
    return root


def _sanitise(root: Element, max_elements: int) -> None:
    for element in walk(root, max_elements, MAX_DEPTH):
        name = local_name(element)
        if name in _RASTER_TAGS:
            raise DrawError("raster_refused", f"<{name}> is not allowed.")
        _sanitise_attributes(element, name)
        if name == "style":
            refuse_loading_css("".join(element.itertext()))
        for child in list(element):
            if local_name(child) in _IGNORED_TAGS or local_name(child) == "":
                drop(element, child)


def _sanitise_attributes(element: Element, name: str) -> None:
    for attribute, value in list(element.attrib.items()):
        plain = attribute.rsplit("}", 1)[-1].lower()
        if plain in ("href", "src"):
            if name == "a":
                del element.attrib[attribute]
            else:
                refuse_url(value)
        elif plain == "base":
            del element.attrib[attribute]
        else:
            refuse_loading_css(value)


def _count_expanded(root: Element, max_elements: int) -> None:
    """Count elements as drawn; a ``use`` counts as what it refers to."""
    by_id: dict[str, Element] = {}
    for element in root.iter():
        identifier = element.get("id")
        if identifier is not None:
            by_id.setdefault(identifier, element)
    sizes: dict[int, tuple[int, int]] = {}
    open_elements: set[int] = set()

    def measure(element: Element, depth: int) -> tuple[int, int]:
        """(elements, levels) below and including an element."""
        if id(element) in sizes:
            return sizes[id(element)]
        if id(element) in open_elements:
            raise DrawError("invalid_markup", "A <use> refers to an element that contains it.")
        if depth > MAX_DEPTH:
            raise DrawError("too_many_elements", f"Elements are nested deeper than {MAX_DEPTH}.")
        open_elements.add(id(element))
        count, levels = 1, 0
        parts = list(element)
        if local_name(element) in ("use", "tref"):
            target = by_id.get((element.get(XLINK_HREF) or element.get("href") or "").strip()[1:])
            parts += [] if target is None else [target]
        for part in parts:
            inner_count, inner_levels = measure(part, depth + 1)
            count += inner_count
            levels = max(levels, inner_levels)
        open_elements.discard(id(element))
        if count > max_elements:
            raise DrawError("too_many_elements", f"<use> expands to over {max_elements} elements.")
        if levels + 1 > MAX_DEPTH:
            raise DrawError("too_many_elements", f"<use> nests deeper than {MAX_DEPTH}.")
        sizes[id(element)] = (count, levels + 1)
        return sizes[id(element)]

    added = measure(root, 1)[0] - sum(1 for _ in root.iter())
    if added > MAX_USED:
        raise DrawError("too_many_elements", f"<use> adds {added} elements; at most {MAX_USED}.")


def _length(value: str | None) -> float | None:
    """A positive absolute length in pixels, or None."""
    match = _LENGTH.fullmatch(value or "")
    if match is None or match[2].lower() not in _UNITS:
        return None
    pixels = float(match[1]) * _UNITS[match[2].lower()]
    return pixels if math.isfinite(pixels) and pixels > 0 else None


def _view_box(value: str | None) -> tuple[float, float, float, float] | None:
    try:
        numbers = [float(part) for part in _SEPARATOR.split((value or "").strip())]
    except ValueError:
        return None
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)) or min(numbers[2:]) <= 0:
        return None
    return (numbers[0], numbers[1], numbers[2], numbers[3])


def _resolve_size(root: Element, max_pixels: int, settings: DrawingSettings) -> SvgTree:
    width, height = _length(root.get("width")), _length(root.get("height"))
    box = _view_box(root.get("viewBox"))
    if box is None:
        root.attrib.pop("viewBox", None)
        width, height = width or DEFAULT_SIDE, height or DEFAULT_SIDE
    elif width is None and height is None:
        scale = DEFAULT_SIDE / max(box[2], box[3])
        width, height = box[2] * scale, box[3] * scale
    elif width is None:
        assert height is not None
        width = height * box[2] / box[3]
    elif height is None:
        height = width * box[3] / box[2]
    if settings.raster_side:
        if box is None:
            box = (0.0, 0.0, width, height)
            root.set("viewBox", f"0 0 {width:g} {height:g}")
        scale = settings.raster_side / max(width, height)
        width, height = width * scale, height * scale
    if width * height > max_pixels or max(width, height) > max_pixels:
        raise DrawError(
            "too_many_pixels", f"{width:.0f} x {height:.0f} pixels exceed {max_pixels}."
        )
    columns, rows = max(1, round(width)), max(1, round(height))
    root.set("width", str(columns))
    root.set("height", str(rows))
    for attribute in ("x", "y"):
        root.attrib.pop(attribute, None)
    view_box = box or (0.0, 0.0, float(columns), float(rows))
    families = tuple(dict.fromkeys(font.family for font in named_fonts(settings.fonts)))
    return SvgTree(root, columns, rows, view_box, settings.backend_of("svg"), families)


def _paint(tree: SvgTree) -> NDArray[np.uint8]:
    try:
        parsed = DocumentTree(tree.root, tree.fallback)
        surface = IconSurface(parsed, None, 96, background_color="white")
        data = bytes(surface.cairo.get_data())
        stride = surface.cairo.get_stride()
        surface.finish()
    except (DrawError, MemoryError):
        raise
    except RecursionError as error:
        raise DrawError("too_many_elements", "References are nested too deeply.") from error
    except Exception as error:
        # cairosvg raises whatever its parsing of attribute values runs into
        message = f"cairosvg can't draw it: {type(error).__name__}: {error}"[:300]
        raise DrawError("runtime_error", message) from error
    size = (tree.width, tree.height)
    # Pillow reorders channels several times faster than NumPy copies reversed ones
    picture = PIL.Image.frombuffer("RGB", size, data, "raw", "BGRX", stride, 1)
    return np.asarray(picture)
