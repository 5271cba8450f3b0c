"""What WeasyPrint works out again and again while it lays out one table, worked out once.

Covers the fonts of styles, properties that nothing declares, and the fonts in the PDF. Pictures
stay the same to the byte; without the library HarfBuzz-Subset they are what they are with it, and
take a fifth of the time. Not covered: fonts in the PDF that are no plain TrueType.
"""

from __future__ import annotations

import functools
import io
import struct
from collections.abc import Callable
from typing import Any

import weasyprint.css
import weasyprint.pdf.fonts
import weasyprint.text.line_break
from fontTools.ttLib import TTFont, TTLibError

from erm.tasks.shared.cache import Known

_FONT_PROPERTIES = (
    *("font_style", "font_stretch", "font_weight", "font_size", "font_variant_caps"),
    "font_variation_settings",
)
"""The properties besides the families that decide what a font is."""

_MOST_FONTS = 4096

_HINTS = ("cvar", "cvt ", "fpgm", "gasp", "hdmx", "prep", "VDMX")
"""The tables of a font that say how its outlines are fitted to pixels."""

_UNUSED = ("DSIG", "GDEF", "GPOS", "GSUB", "kern")
"""The tables of a font that nobody reads once its glyphs are placed."""

_NOT_PLAIN = ("CBDT", "COLR", "EBDT", "fvar", "sbix", "SVG ")
"""The tables of fonts that are more than one set of outlines."""

_LARGEST_FONT = 1 << 21
"""Bytes of a font that is worth less than finding out which parts of it a table needs."""

_MOST_UNHINTED = 64

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
    fonts = weasyprint.pdf.fonts.Font
    fonts.subset = _unhinted_once(fonts.subset)
    lines.get_font_description = _described_once(lines.get_font_description)
    styles.__missing__ = _undeclared_first(styles.__missing__)


def _described_once(describe: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`weasyprint.text.fonts.get_font_description` that remembers what it described."""
    known = Known[Any](_MOST_FONTS)

    @functools.wraps(describe)
    def described(style: Any) -> Any:
        key = (tuple(style["font_family"]), *[style[name] for name in _FONT_PROPERTIES])
        return known.once(key, lambda: describe(style))

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


def _unhinted_once(subset: Callable[..., None]) -> Callable[..., None]:
    """`weasyprint.pdf.fonts.Font.subset` that leaves out no glyphs, only the hints, once a font.

    Which glyphs a table needs is another question for each; the answer takes a tenth of the time of
    drawing one where HarfBuzz-Subset is there, and nine tenths where fontTools must do.
    """
    known = Known[bytes | None](_MOST_UNHINTED)

    @functools.wraps(subset)
    def unhinted_only(font: Any, to_unicode: Any, hinting: bool) -> None:
        content, plain = font.file_content, None
        if to_unicode and not hinting and len(content) <= _LARGEST_FONT:
            key = (font.hash, font.index, len(content))
            plain = known.once(key, lambda: unhinted(content, font.index))
        if plain is None:
            subset(font, to_unicode, hinting)
        else:
            font.file_content = plain

    return unhinted_only


def unhinted(content: bytes, index: int) -> bytes | None:
    """A TrueType font without hints and without what places glyphs, its glyphs numbered as before.

    None where the font is not of that kind, or damaged.

    Args:
        content: the font's file.
        index: of the font, where the file holds several.
    """
    try:
        # names of glyphs would be read, and boxes around them computed, for nothing
        font = TTFont(io.BytesIO(content), fontNumber=index, lazy=True, recalcBBoxes=False)
        if "glyf" not in font or any(table in font for table in _NOT_PLAIN):
            return None
        font.setGlyphOrder([f"glyph{number}" for number in range(font["maxp"].numGlyphs)])
        for table in (*_HINTS, *_UNUSED):
            if table in font:
                del font[table]
        for glyph in font["glyf"].glyphs.values():
            glyph.trim(remove_hinting=True)
        file = io.BytesIO()
        font.save(file, reorderTables=None)
    except (TTLibError, AssertionError, IndexError, struct.error):
        return None
    return file.getvalue()
