"""What WeasyPrint works out again and again while it lays out one table, worked out once.

Covers the fonts of styles, and properties that nothing declares. Pictures stay the same to the
byte.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import weasyprint.css
import weasyprint.text.line_break

_FONT_PROPERTIES = (
    *("font_style", "font_stretch", "font_weight", "font_size", "font_variant_caps"),
    "font_variation_settings",
)
"""The properties besides the families that decide what a font is."""

_MOST_FONTS = 4096

_OF_THEIR_OWN = {"page", "position", "float", "display", *weasyprint.css.INITIAL_NOT_COMPUTED}
"""Properties whose value is more than the parent's or the initial one where nothing declares it."""

_LOGICAL = {
    name: {direction: logical(block="ttb", inline=direction) for direction in ("ltr", "rtl")}
    for name, logical in weasyprint.css.PHYSICAL_FUNCTIONS.items()
}
"""The property that says the same as a physical one, in each direction of text."""


def take_shortcuts() -> None:
    """Have WeasyPrint take them in this process from here on."""
    lines, styles = weasyprint.text.line_break, weasyprint.css.ComputedStyle
    lines.get_font_description = _described_once(lines.get_font_description)
    styles.__missing__ = _undeclared_first(styles.__missing__)


def _described_once(describe: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`weasyprint.text.fonts.get_font_description` that remembers what it described."""
    known: dict[Any, Any] = {}

    @functools.wraps(describe)
    def described(style: Any) -> Any:
        key = (tuple(style["font_family"]), *[style[name] for name in _FONT_PROPERTIES])
        if key not in known:
            if len(known) >= _MOST_FONTS:
                known.clear()
            known[key] = describe(style)
        return known[key]

    return described


def _undeclared_first(missing: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    """`ComputedStyle.__missing__` that has soon done with what nearly all properties are."""

    @functools.wraps(missing)
    def found(style: Any, key: str) -> Any:
        parent, declared = style.parent_style, style.cascaded
        if (
            parent is None
            or key in declared
            or key in _OF_THEIR_OWN
            or key.startswith("text_decoration_")
            or (key in _LOGICAL and _LOGICAL[key][style["direction"]] in declared)
        ):
            return missing(style, key)
        inherited = key in weasyprint.css.INHERITED or key.startswith("__")
        value = style[key] = parent[key] if inherited else weasyprint.css.INITIAL_VALUES[key]
        return value

    return found
