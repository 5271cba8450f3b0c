"""What cairosvg paints, mark by mark, with every transform, style rule and reference resolved.

Covers a second drawing pass over the same document in which each fill, stroke and run of text is
noted in pixels: the scene therefore holds what is drawn, quirks of the renderer included, and
not what the markup says. Not covered: what the marks look like to a person (`scene`). Masks,
blend filters and tiled patterns that alter pixels can't be read mark by mark and are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

import cairocffi as cairo  # type: ignore[import-untyped]
import numpy as np
from cairosvg.parser import Node
from numpy.typing import NDArray

from erm.sources.errors import DrawError
from erm.tasks.svg.cairosvg_patches import DocumentTree, IconSurface
from erm.tasks.svg.painting import PaintingContext, keeps_width, strokes_first

CairoPath = list[tuple[int, tuple[float, ...]]]
"""Path segments in pixels as cairo lists them: (operation, coordinates)."""

_BLENDING = frozenset({"feBlend", "feFlood", "feOffset"})
_SAME_MASK = 5
"""Difference of two values of a mask, 0 to 255, that nobody sees."""


@dataclass
class Glyph:
    """One letter of a text: where its origin is in the user space of `matrix`."""

    letter: str
    matrix: cairo.Matrix
    origin: tuple[float, float]


@dataclass
class Mark:
    """One element as painted.

    Attributes:
        node: the element.
        owner: the line whose start, middle or end the mark decorates.
        path: outline in pixels, curves kept.
        matrix: user space to pixels while painting.
        fill, stroke: cairo sources, None where nothing is painted.
        line_width: in user units of `matrix`.
        clips: outlines, in pixels, to which the mark is confined.
        alpha: product of the opacities of the groups around it.
        glyphs: letters, for text only.
        font: (family, slant, weight, size in user units), for text only.
        stroke_first: whether the stroke lies beneath the fill.
    """

    node: Any
    path: CairoPath
    matrix: cairo.Matrix
    fill: cairo.Pattern | None = None
    fill_matrix: cairo.Matrix | None = None
    fill_rule: int = cairo.FILL_RULE_WINDING
    stroke: cairo.Pattern | None = None
    line_width: float = 0.0
    cap: int = cairo.LINE_CAP_BUTT
    join: int = cairo.LINE_JOIN_MITER
    miter: float = 4.0
    dash: tuple[tuple[float, ...], float] = ((), 0.0)
    antialias: int = cairo.ANTIALIAS_DEFAULT
    clips: tuple[tuple[CairoPath, int], ...] = ()
    alpha: float = 1.0
    glyphs: list[Glyph] = field(default_factory=list)
    font: tuple[str, int, int, float] | None = None
    font_options: Any = None
    owner: Mark | None = None
    stroke_first: bool = False


def trace(root: Element, width: float, height: float, fallback: Sequence[str] = ()) -> list[Mark]:
    """Marks of a sanitised SVG tree in paint order, drawn to `width` × `height` pixels.

    Raises `DrawError('unreadable', …)` for effects that can't be read mark by mark.
    """
    surface = _TracingSurface(
        DocumentTree(root, fallback), None, 96, output_width=width, output_height=height
    )
    marks: list[Mark] = surface.marks
    surface.cairo.finish()
    return marks


def device_path(context: cairo.Context) -> CairoPath:
    """The context's current path in pixels."""
    context.save()
    context.identity_matrix()
    path: CairoPath = context.copy_path()
    context.restore()
    return path


def has_area_or_length(path: CairoPath) -> bool:
    """Whether a path holds anything beyond moves."""
    return any(operation in (cairo.PATH_LINE_TO, cairo.PATH_CURVE_TO) for operation, _ in path)


class _TracingSurface(IconSurface):
    """Draws as the renderer does and notes every mark."""

    marks: list[Mark]
    context: Any

    def draw(self, node: Node) -> None:
        if not isinstance(self.context, _TracingContext):
            self.marks = []
            self.context = _TracingContext(self.context, self)
        self._refuse_effects(node)
        owner = self.context.owner
        if node.parent is not None and node.parent.tag == "marker":
            bearers = [mark for mark in self.marks if mark.node is self.context.node]
            self.context.owner = bearers[-1] if bearers else None
        super().draw(node)
        self.context.owner = owner

    def _refuse_effects(self, node: Node) -> None:
        name = node.get("filter")
        if not name:
            return
        identifier = name.strip().removeprefix("url(").removesuffix(")").strip("'\" #")
        definition = self.filters.get(identifier)
        if definition is not None and any(child.tag in _BLENDING for child in definition.children):
            raise DrawError("unreadable", f"The filter '{identifier}' blends or moves pixels.")


class _TracingContext(PaintingContext):
    """A cairo context that notes marks."""

    def __init__(self, context: cairo.Context, surface: _TracingSurface) -> None:
        super().__init__(context)
        self._surface = surface
        self._clips: list[tuple[CairoPath, int]] = []
        self._saved: list[int] = []
        self._groups: list[int] = []
        self._closed_group = 0
        self._pending: Mark | None = None
        self._font: tuple[str, int, int] = ("", 0, 0)
        self.owner: Mark | None = None

    def save(self) -> None:
        self._saved.append(len(self._clips))
        self._context.save()

    def restore(self) -> None:
        del self._clips[self._saved.pop() :]
        self._context.restore()

    def clip(self) -> None:
        self._clips.append((device_path(self._context), self._context.get_fill_rule()))
        self._context.clip()

    def push_group(self) -> None:
        self._groups.append(len(self._surface.marks))
        self._context.push_group()

    def pop_group_to_source(self) -> None:
        self._closed_group = self._groups.pop()
        self._context.pop_group_to_source()

    def paint_with_alpha(self, alpha: float) -> None:
        self._fade(alpha)
        self._context.paint_with_alpha(alpha)

    def mask_surface(self, surface: cairo.Surface, x: float = 0, y: float = 0) -> None:
        marks = self._surface.marks[self._closed_group :]
        coverage = self._coverage_of(surface, x, y)
        alpha = float(self.node.get("opacity", 1))
        seen = np.zeros_like(coverage, dtype=bool)
        for mark in marks:
            seen |= _reach(mark, coverage.shape)
        inside = coverage[seen]
        if inside.size and int(inside.max()) - int(inside.min()) > _SAME_MASK:
            raise DrawError("unreadable", "A mask shows only part of what it is applied to.")
        self._fade(float(inside.max()) / 255 if inside.size else alpha)
        self._context.mask_surface(surface, x, y)

    def _coverage_of(self, surface: cairo.Surface, x: float, y: float) -> NDArray[np.uint8]:
        canvas = cairo.ImageSurface(
            cairo.FORMAT_ARGB32, int(self._surface.width), int(self._surface.height)
        )
        context = cairo.Context(canvas)
        context.set_matrix(self._context.get_matrix())
        context.set_source_rgb(1, 1, 1)
        context.mask_surface(surface, x, y)
        return image_of(canvas)[:, :, 3].copy()

    def _fade(self, alpha: float) -> None:
        for mark in self._surface.marks[self._closed_group :]:
            mark.alpha *= alpha

    def select_font_face(self, family: str, slant: int, weight: int) -> None:
        self._font = (family, slant, weight)
        self._context.select_font_face(family, slant, weight)

    def show_text(self, text: str) -> None:
        mark = self._mark()
        if mark.fill is None:
            self._note_fill(mark)
        origin = self._context.get_current_point()
        mark.glyphs.append(Glyph(text, self._context.get_matrix(), origin))
        super().show_text(text)

    def fill_preserve(self) -> None:
        self._note_fill(self._mark())
        super().fill_preserve()

    def fill_line(self) -> None:
        text = self._surface.marks[-1] if self._surface.marks else None
        mark = Mark(self.node, device_path(self._context), self._context.get_matrix())
        self._note_fill(mark)
        mark.clips, mark.owner = tuple(self._clips), text
        if mark.fill is not None:
            self._surface.marks.append(mark)
        super().fill_line()

    def stroke(self) -> None:
        context, mark = self._context, self._mark()
        self._pending = None
        path = device_path(context)
        if has_area_or_length(path):
            mark.path = path
            mark.matrix = cairo.Matrix() if keeps_width(self.node) else context.get_matrix()
            mark.stroke_first = strokes_first(self.node)
            mark.clips = tuple(self._clips)
            mark.antialias = context.get_antialias()
            source = context.get_source()
            if context.get_line_width() > 0 and not _is_clear(source):
                mark.stroke = source
                mark.line_width = context.get_line_width()
                mark.cap, mark.join = context.get_line_cap(), context.get_line_join()
                mark.miter = context.get_miter_limit()
                dashes, offset = context.get_dash()
                mark.dash = (tuple(dashes), offset)
            if mark.glyphs:
                size = context.get_font_matrix().xx
                mark.font = (*self._font, size)
                mark.font_options = context.get_font_options()
            if mark.fill is not None or mark.stroke is not None:
                mark.owner = self.owner
                self._surface.marks.append(mark)
        super().stroke()

    def _mark(self) -> Mark:
        if self._pending is None:
            self._pending = Mark(self.node, [], self._context.get_matrix())
        return self._pending

    def _note_fill(self, mark: Mark) -> None:
        source = self._context.get_source()
        if not _is_clear(source):
            mark.fill = source
            mark.fill_matrix = self._context.get_matrix()
            mark.fill_rule = self._context.get_fill_rule()


def _is_clear(source: cairo.Pattern) -> bool:
    return isinstance(source, cairo.SolidPattern) and source.get_rgba()[3] <= 0


def _reach(mark: Mark, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Pixels (height, width) that a mark touches."""
    canvas = cairo.ImageSurface(cairo.FORMAT_ARGB32, shape[1], shape[0])
    paint(cairo.Context(canvas), mark)
    return np.asarray(image_of(canvas)[:, :, 3] > 0)


def paint(context: cairo.Context, mark: Mark) -> None:
    """Paint one mark as it was drawn, its groups' opacity applied to it alone."""
    context.save()
    context.identity_matrix()
    for path, rule in mark.clips:
        context.new_path()
        context.append_path(path)
        context.set_fill_rule(rule)
        context.clip()
    context.set_antialias(mark.antialias)
    if mark.alpha < 1:
        context.push_group()
    steps = [_paint_fill, _paint_stroke]
    for step in reversed(steps) if mark.stroke_first else steps:
        step(context, mark)
    if mark.alpha < 1:
        context.pop_group_to_source()
        context.paint_with_alpha(mark.alpha)
    context.restore()


def _paint_fill(context: cairo.Context, mark: Mark) -> None:
    if mark.fill is None:
        return
    context.identity_matrix()
    context.new_path()
    if not mark.glyphs:
        context.append_path(mark.path)
    context.set_matrix(mark.fill_matrix)
    context.set_source(mark.fill)
    context.set_fill_rule(mark.fill_rule)
    if mark.glyphs:
        _show(context, mark)
    else:
        context.fill()


def _paint_stroke(context: cairo.Context, mark: Mark) -> None:
    if mark.stroke is None:
        return
    context.identity_matrix()
    context.new_path()
    context.append_path(mark.path)
    context.set_matrix(mark.matrix)
    context.set_source(mark.stroke)
    context.set_line_width(mark.line_width)
    context.set_line_cap(mark.cap)
    context.set_line_join(mark.join)
    context.set_miter_limit(mark.miter)
    context.set_dash(*mark.dash)
    context.stroke()


def _show(context: cairo.Context, mark: Mark) -> None:
    assert mark.font is not None
    family, slant, weight, size = mark.font
    context.select_font_face(family, slant, weight)
    context.set_font_size(size)
    context.set_font_options(mark.font_options)
    for glyph in mark.glyphs:
        context.set_matrix(glyph.matrix)
        context.move_to(*glyph.origin)
        context.show_text(glyph.letter)


def image_of(canvas: cairo.ImageSurface) -> NDArray[np.uint8]:
    """(height, width, 4) premultiplied blue, green, red, alpha view of a canvas."""
    canvas.flush()
    rows = np.frombuffer(canvas.get_data(), dtype=np.uint8)
    height, width, stride = canvas.get_height(), canvas.get_width(), canvas.get_stride()
    return rows.reshape(height, stride)[:, : width * 4].reshape(height, width, 4)
