"""All changes to CairoSVG, each with its reason; seen with CairoSVG 2.9.1.

- `DocumentTree`: CairoSVG writes and reads a parsed document again; without it an icon is drawn in
  about a seventh less time (process time, measured alternately).
- `paint_mask`: masks count their brightness, at the picture's resolution and in the coordinates of
  what is masked.
- `draw_pattern`: tiles are drawn at the picture's resolution and start where they should.
- `draw_rectangle`: two of the four round corners are bent too far.
- `IconSurface`: anchors of texts of several parts, ``clip-rule``, ``paint-order``,
  ``vector-effect`` and lines of texts.

What filters really do and ``mix-blend-mode`` are not drawn.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from typing import Any, Self
from xml.etree.ElementTree import Element

import cairocffi as cairo  # type: ignore[import-untyped]
import cairosvg
import cairosvg.defs
import cairosvg.parser
import cairosvg.shapes
import cairosvg.surface
import numpy as np
from cairosvg.bounding_box import calculate_bounding_box, is_non_empty_bounding_box
from cairosvg.helpers import preserve_ratio, size, transform
from cairosvg.parser import Node
from cairosvg.url import parse_url
from cssselect2 import ElementWrapper, Matcher

from erm.errors import ErmError
from erm.sources.errors import DrawError
from erm.tasks.svg.painting import PaintingContext, needs_context
from erm.tasks.svg.text_anchor import anchor_text
from erm.tasks.svg.text_font import choose_fonts

VERSION = "2.9.1"
"""The version of CairoSVG with which the patches were seen to work, pinned in pyproject.toml."""

_EXPECTED = (
    (cairosvg.surface, "paint_mask", ("surface", "node", "name", "opacity")),
    (cairosvg.defs, "draw_pattern", ("surface", "node", "name", "opacity")),
    (cairosvg.shapes, "rect", ("surface", "node")),
    (cairosvg.surface.Surface, "draw", ("self", "node")),
    (
        cairosvg.parser.Node,
        "__init__",
        ("self", "element", "style", "url_fetcher", "parent", "parent_children", "url", "unsafe"),
    ),
)

_LUMINANCE = np.array([0.0721, 0.7154, 0.2125])
"""Weights of blue, green and red in a mask's brightness (SVG 1.1, section 14.4)."""

_ARC = 4 * (math.sqrt(2) - 1) / 3
"""Length of a Bézier control arm for a quarter of a circle of radius 1."""

_LARGEST_TILE = 2048
"""Pixels of a pattern's tile along one side."""


ORIGINALS: tuple[tuple[Any, str, Any], ...] = (
    (cairosvg.surface, "paint_mask", cairosvg.surface.paint_mask),
    (cairosvg.defs, "draw_pattern", cairosvg.defs.draw_pattern),
    (cairosvg.surface.TAGS, "rect", cairosvg.surface.TAGS["rect"]),
)
"""What `install` replaces: owner, name and CairoSVG's own function."""


def check() -> None:
    """Check that the patches fit; raises `ErmError` with one sentence that says what doesn't."""
    for owner, name, parameters in _EXPECTED:
        found = getattr(owner, name, None)
        if found is None or tuple(inspect.signature(found).parameters) != parameters:
            raise ErmError(
                f"CairoSVG {cairosvg.VERSION} doesn't fit: {owner.__name__}.{name} is not as in "
                f"{VERSION}; install that version."
            )


def install() -> None:
    """Check that the patches fit and apply them."""
    check()
    cairosvg.surface.paint_mask = paint_mask
    cairosvg.defs.draw_pattern = draw_pattern
    cairosvg.surface.TAGS["rect"] = draw_rectangle


class DocumentTree(cairosvg.parser.Tree):  # type: ignore[misc]
    """CairoSVG's tree of a parsed and prepared document.

    Attributes:
        fallback: families for text whose own font lacks its letters.
    """

    def __new__(cls, root: Element, fallback: Sequence[str] = ()) -> Self:
        tree: Self = Node.__new__(cls)
        return tree

    def __init__(self, root: Element, fallback: Sequence[str] = ()) -> None:
        self.fallback = fallback
        self.url, self.url_fetcher, self.xml_tree = None, _refuse_fetch, root
        style = (Matcher(), Matcher())
        Node.__init__(self, ElementWrapper.from_xml_root(root), style, _refuse_fetch)
        self.root = True
        self.needs_context = any(map(needs_context, root.iter()))


def _refuse_fetch(url: str, resource_type: str) -> bytes:
    raise DrawError("external_refused", f"The document refers to '{url[:60]}'.")


class IconSurface(cairosvg.surface.PNGSurface):  # type: ignore[misc]
    """Draws what CairoSVG's surface ignores."""

    context: Any
    fallback: Sequence[str] = ()

    def draw(self, node: Any) -> None:
        """Draw a node and its children."""
        if getattr(node, "needs_context", False) and not isinstance(self.context, PaintingContext):
            self.context = PaintingContext(self.context)
        if isinstance(node, DocumentTree):
            self.fallback = node.fallback
        if node.tag == "text":
            choose_fonts(self.context, node, self.fallback)
            anchor_text(self, node)
        if not isinstance(self.context, PaintingContext):
            self._draw_clipped(node)
            return
        outer, self.context.node = self.context.node, node
        self._draw_clipped(node)
        self.context.node = outer

    def _draw_clipped(self, node: Any) -> None:
        clip = (
            self.paths.get(parse_url(node["clip-path"]).fragment) if "clip-path" in node else None
        )
        if clip is None or not _clips_even_odd(clip):
            super().draw(node)
            return
        self.context.save()
        self.context.set_fill_rule(cairo.FILL_RULE_EVEN_ODD)
        super().draw(node)
        self.context.restore()


def _clips_even_odd(path: Any) -> bool:
    """Whether a clip path's shapes are all filled by the even-odd rule."""
    return bool(path.children) and all(
        child.get("clip-rule", path.get("clip-rule")) == "evenodd" for child in path.children
    )


def _inner_surface(surface: Any, canvas: Any, context: Any) -> Any:
    """A plain surface that draws a part of the document elsewhere than into the picture."""
    inner = IconSurface.__new__(IconSurface)
    inner.__dict__.update(surface.__dict__)
    inner.cairo = canvas
    helped = isinstance(surface.context, PaintingContext)
    inner.context = PaintingContext(context) if helped else context
    return inner


def draw_rectangle(surface: Any, node: Any) -> None:
    """Add a rectangle to the path of a surface's context; stands in for CairoSVG's."""
    context = surface.context
    x, y = size(surface, node.get("x"), "x"), size(surface, node.get("y"), "y")
    width, height = size(surface, node.get("width"), "x"), size(surface, node.get("height"), "y")
    given = [value for value in (node.get("rx"), node.get("ry")) if value not in (None, "auto")]
    rx = min(size(surface, given[0], "x"), width / 2) if given else 0.0
    ry = min(size(surface, given[-1], "y"), height / 2) if given else 0.0
    if rx <= 0 or ry <= 0:
        context.rectangle(x, y, width, height)
        return
    right, bottom = x + width, y + height
    ax, ay = (1 - _ARC) * rx, (1 - _ARC) * ry
    context.new_path()
    context.move_to(x + rx, y)
    context.line_to(right - rx, y)
    context.curve_to(right - ax, y, right, y + ay, right, y + ry)
    context.line_to(right, bottom - ry)
    context.curve_to(right, bottom - ay, right - ax, bottom, right - rx, bottom)
    context.line_to(x + rx, bottom)
    context.curve_to(x + ax, bottom, x, bottom - ay, x, bottom - ry)
    context.line_to(x, y + ry)
    context.curve_to(x, y + ay, x + ax, y, x + rx, y)
    context.close_path()


def paint_mask(surface: Any, node: Any, name: str, opacity: float) -> None:
    """Paint the source of a surface's context through a mask; stands in for CairoSVG's."""
    mask = surface.masks[name]
    canvas = cairo.ImageSurface(
        cairo.FORMAT_ARGB32, max(1, round(surface.width)), max(1, round(surface.height))
    )
    context = cairo.Context(canvas)
    context.set_matrix(surface.context.get_matrix())
    box = calculate_bounding_box(surface, node)
    known = is_non_empty_bounding_box(box)
    _clip_to_region(surface, mask, box if known else None, context)
    if mask.get("maskContentUnits") == "objectBoundingBox" and known:
        context.translate(box[0], box[1])
        context.scale(box[2], box[3])
    inner = _inner_surface(surface, canvas, context)
    for child in mask.children:
        inner.draw(child)
    # CairoSVG has painted a childless element with its opacity already
    _keep_brightness(canvas, mask.get("mask-type") == "alpha", opacity if node.children else 1.0)
    surface.context.save()
    surface.context.identity_matrix()
    surface.context.mask_surface(canvas)
    surface.context.restore()


def _clip_to_region(surface: Any, mask: Any, box: Any, context: Any) -> None:
    """Confine a mask to its region, a tenth wider on each side than what is masked by default."""
    values = [mask.get(*pair) for pair in (("x", "-10%"), ("y", "-10%"))]
    values += [mask.get(name, "120%") for name in ("width", "height")]
    if mask.get("maskUnits") == "userSpaceOnUse":
        x, y, width, height = (
            size(surface, value, axis) for value, axis in zip(values, "xyxy", strict=True)
        )
    elif box is None:
        return
    else:
        x, y, width, height = (size(surface, value, 1) for value in values)
        x, y = box[0] + x * box[2], box[1] + y * box[3]
        width, height = width * box[2], height * box[3]
    context.rectangle(x, y, width, height)
    context.clip()


def _keep_brightness(canvas: Any, alpha: bool, opacity: float) -> None:
    """Turn a drawn mask into how much of the masked shows, as the opacity of its pixels."""
    canvas.flush()
    rows = np.frombuffer(canvas.get_data(), np.uint8).reshape(canvas.get_height(), -1, 4)
    shown = rows[:, :, 3] if alpha else rows[:, :, :3] @ _LUMINANCE
    coverage = np.rint(shown * opacity).astype(np.uint8)
    rows[:] = 0
    rows[:, :, 3] = coverage
    canvas.mark_dirty()


def draw_pattern(surface: Any, node: Any, name: str, opacity: float) -> bool:
    """Set a pattern as the source of a surface's context; stands in for CairoSVG's.

    The tile is drawn at the resolution of the picture and repeated.
    """
    pattern = surface.patterns[name]
    box = calculate_bounding_box(surface, node)
    tile = _tile_of(surface, pattern, box)
    if tile is None:
        return False
    x, y, width, height = tile
    transform(surface, pattern.get("patternTransform"))
    xx, yx, xy, yy, _, _ = surface.context.get_matrix().as_tuple()
    columns, rows = (
        min(max(1, math.ceil(side * scale - 1e-6)), _LARGEST_TILE)
        for side, scale in ((width, math.hypot(xx, yx)), (height, math.hypot(xy, yy)))
    )
    canvas = cairo.ImageSurface(cairo.FORMAT_ARGB32, columns, rows)
    context = cairo.Context(canvas)
    context.scale(columns / width, rows / height)
    inner = _inner_surface(surface, canvas, context)
    context.push_group()
    _scale_content(inner, pattern, (width, height), box)
    for child in pattern.children:
        inner.draw(child)
    context.pop_group_to_source()
    context.paint_with_alpha(opacity * float(pattern.get("opacity", 1)))
    source = cairo.SurfacePattern(canvas)
    source.set_extend(cairo.EXTEND_REPEAT)
    to_tile = cairo.Matrix(columns / width, 0, 0, rows / height)
    to_tile.translate(-x, -y)
    source.set_matrix(to_tile)
    surface.context.set_source(source)
    return True


def _tile_of(surface: Any, pattern: Any, box: Any) -> tuple[float, float, float, float] | None:
    """x, y, width and height of a pattern's tile; None for a pattern that paints nothing."""
    values = [pattern.get(key, "0") for key in ("x", "y", "width", "height")]
    if pattern.get("patternUnits") == "userSpaceOnUse":
        x, y, width, height = (
            size(surface, value, axis) for value, axis in zip(values, "xyxy", strict=True)
        )
    elif not is_non_empty_bounding_box(box):
        return None
    else:
        x, y, width, height = (size(surface, value, 1) for value in values)
        x, y = box[0] + x * box[2], box[1] + y * box[3]
        width, height = width * box[2], height * box[3]
    return (x, y, width, height) if width > 0 and height > 0 else None


def _scale_content(inner: Any, pattern: Any, tile: tuple[float, float], box: Any) -> None:
    """Set the coordinates in which a pattern's content is drawn into its tile."""
    view_box = pattern.get("viewBox")
    if view_box:
        left, top, width, height = (float(part) for part in view_box.replace(",", " ").split())
        frame = Node.__new__(Node)
        frame.tag, frame.image_width, frame.image_height = "g", width, height
        frame["preserveAspectRatio"] = pattern.get("preserveAspectRatio", "xMidYMid")
        frame["width"], frame["height"] = str(tile[0]), str(tile[1])
        scale_x, scale_y, move_x, move_y = preserve_ratio(inner, frame, *tile)
        inner.context.scale(scale_x, scale_y)
        inner.context.translate(move_x - left, move_y - top)
    elif pattern.get("patternContentUnits") == "objectBoundingBox":
        inner.context.scale(box[2], box[3])
