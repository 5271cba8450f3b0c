"""A cairo context that paints strokes before fills, and strokes that don't scale, where asked."""

from __future__ import annotations

from typing import Any

import cairocffi as cairo  # type: ignore[import-untyped]

_ATTRIBUTES = ("paint-order", "vector-effect", "text-decoration", "text-decoration-line")
_DECORATIONS = {"underline": -0.11, "line-through": 0.28, "overline": 0.76}
_THICKNESS = 0.05
"""Thickness of a text's lines, in font sizes."""

_Letter = tuple[str, Any, tuple[float, float]]


def strokes_first(node: Any) -> bool:
    """Whether ``paint-order`` puts a node's stroke beneath its fill (SVG 2, section 13.8)."""
    words = (node.get("paint-order") or "").split()
    if "stroke" not in words:
        return False
    return "fill" not in words or words.index("stroke") < words.index("fill")


def keeps_width(node: Any) -> bool:
    """Whether a node's stroke is measured in pixels of the picture."""
    return bool(node.get("vector-effect") == "non-scaling-stroke")


def decorations(node: Any) -> list[float]:
    """Heights above the baseline, in font sizes, of a text's lines (CSS Text Decoration 3)."""
    words = (node.get("text-decoration-line") or node.get("text-decoration") or "").split()
    return [height for word, height in _DECORATIONS.items() if word in words]


def needs_context(element: Any) -> bool:
    """Whether an element asks for anything that only a `PaintingContext` paints."""
    return any(name in element.attrib for name in _ATTRIBUTES)


class PaintingContext:
    """Wraps a context; everything that it does not name goes to the real one.

    Attributes:
        node: what is painted; decides how.
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        self.node: Any = {}
        self._fill: tuple[Any, int] | None = None
        self._letters: list[_Letter] = []
        self._decorated: list[tuple[_Letter, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def fill_preserve(self) -> None:
        if strokes_first(self.node):
            self._fill = (self._context.get_source(), self._context.get_fill_rule())
        else:
            self._context.fill_preserve()

    def show_text(self, text: str) -> None:
        context = self._context
        letter = (text, context.get_matrix(), context.get_current_point())
        source = context.get_source()
        if decorations(self.node):
            self._decorated.append((letter, source))
        if strokes_first(self.node):
            self._fill = (source, context.get_fill_rule())
            self._letters.append(letter)
        else:
            context.show_text(text)

    def stroke(self) -> None:
        context = self._context
        context.save()
        if keeps_width(self.node):
            context.identity_matrix()
        if self._fill is None:
            context.stroke()
        else:
            context.stroke_preserve()
        context.restore()
        if self._fill is not None:
            self._paint_fill(*self._fill)
            self._fill = None
        if self._decorated:
            self._decorate()

    def _paint_fill(self, source: Any, rule: int) -> None:
        context = self._context
        context.save()
        context.set_source(source)
        if self._letters:
            context.new_path()
            for letter, matrix, point in self._letters:
                context.set_matrix(matrix)
                context.move_to(*point)
                context.show_text(letter)
            self._letters = []
            context.new_path()
        else:
            context.set_fill_rule(rule)
            context.fill()
            context.set_fill_rule(cairo.FILL_RULE_WINDING)
        context.restore()

    def _decorate(self) -> None:
        """Draw the lines of a text from its first letter to its last one."""
        context = self._context
        (_, matrix, start), source = self._decorated[0]
        (last, _, end), _ = self._decorated[-1]
        self._decorated = []
        size = context.get_font_matrix().xx
        length = end[0] + context.text_extents(last)[4] - start[0]
        context.save()
        context.set_matrix(matrix)
        context.set_source(source)
        for height in decorations(self.node):
            context.new_path()
            y = start[1] - (height + _THICKNESS / 2) * size
            context.rectangle(start[0], y, length, _THICKNESS * size)
            self.fill_line()
        context.restore()

    def fill_line(self) -> None:
        """Fill the current path, a line of a text."""
        self._context.fill()
