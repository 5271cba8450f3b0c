"""All changes that this package makes to WeasyPrint, with the reason for each.

Seen with WeasyPrint 70.0. `apply_patches` checks that what it replaces is there as expected.

| patch | why |
|---|---|
| fonts in the PDF lose their hints only | drawing takes 7 % of the time without HarfBuzz-Subset |
| equal ``style`` texts share declarations | wide tables take 11 % less time |
| styles that nothing declares are taken over at once | 13 % less time, wide tables 9 % |
| a space at a line's end takes no room | browsers: otherwise a cell's last word wraps |
| ``start`` on a ``th`` is ``-internal-center`` | browsers: heads are centred by default |
| ``visibility: collapse`` on rows | browsers: such rows take no room |

Pictures stay the same to the byte under the first three.
"""

from __future__ import annotations

import functools
import inspect
import io
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import tinycss2
import weasyprint
import weasyprint.css
import weasyprint.css.computed_values
import weasyprint.html
import weasyprint.layout.inline
import weasyprint.pdf.fonts
from fontTools.ttLib import TTFont, TTLibError

from erm.errors import ErmError
from erm.tasks.shared.cache import BoundedCache

_SEEN_WITH = "70.0"
"""WeasyPrint's version in which the patched parts were read."""

_PARAMETERS = {
    "weasyprint.css.ComputedStyle.__missing__": "self key",
    "weasyprint.css.find_style_attributes": "tree presentational_hints base_url",
    "weasyprint.css.computed_values.display": "style name value",
    "weasyprint.layout.inline.split_first_line": "text style context max_width",
    "weasyprint.pdf.fonts.Font.subset": "self to_unicode hinting",
}
"""First parameters of what is patched or called."""

_HINTS = ("cvar", "cvt ", "fpgm", "gasp", "hdmx", "prep", "VDMX")
"""The tables of a font that say how its outlines are fitted to pixels."""

_UNUSED = ("DSIG", "GDEF", "GPOS", "GSUB", "kern")
"""The tables of a font that nobody reads once its glyphs are placed."""

_NOT_PLAIN = ("CBDT", "COLR", "EBDT", "fvar", "sbix", "SVG ")
"""The tables of fonts that are more than one set of outlines."""

_LARGEST_FONT = 1 << 21
"""Bytes of the largest font that is embedded whole."""

_SPECIAL = {"page", "position", "float", "display", *weasyprint.css.INITIAL_NOT_COMPUTED}
"""Properties whose undeclared value is more than the parent's or the initial one."""

_LOGICAL = {
    name: {direction: logical(block="ttb", inline=direction) for direction in ("ltr", "rtl")}
    for name, logical in weasyprint.css.PHYSICAL_FUNCTIONS.items()
}
"""The property that says the same as a physical one, in each direction of text."""

_ROWS = (("table-row",), ("table-row-group",), ("table-header-group",), ("table-footer-group",))
"""Values of ``display`` of rows and their groups."""

_MOST_UNHINTED = 64
"""Fonts that are kept without hints."""


def apply_patches() -> None:
    """Patch WeasyPrint in this process; a second call changes nothing.

    Raises:
        ErmError: this WeasyPrint has no part of that name, or other parameters.
    """
    if getattr(weasyprint.css.find_style_attributes, "__wrapped__", None) is not None:
        return
    check_weasyprint()
    css, computed = weasyprint.css, weasyprint.css.computed_values.COMPUTER_FUNCTIONS
    css.find_style_attributes = _share_equal_styles(css.find_style_attributes)
    css.ComputedStyle.__missing__ = _take_over_undeclared(css.ComputedStyle.__missing__)
    weasyprint.UA_STYLESHEET = _without_pseudo_elements(weasyprint.html.UA)
    inline = weasyprint.layout.inline
    inline.split_first_line = _ignore_last_space(inline.split_first_line)
    font = weasyprint.pdf.fonts.Font
    font.subset = _drop_hints_only(font.subset)
    computed["text_align_all"] = _align_heads
    computed["display"] = _hide_collapsed_rows(computed["display"])


def check_weasyprint() -> None:
    """Check that what is patched is there with the parameters that the patches rely on.

    Raises:
        ErmError: it is not; one sentence that names the part and both versions.
    """
    for name, parameters in _PARAMETERS.items():
        part: Any = weasyprint
        for attribute in name.split(".")[1:]:
            part = getattr(part, attribute, None)
        found = list(inspect.signature(part).parameters) if callable(part) else []
        if found[: len(parameters.split())] != parameters.split():
            expected = f"({', '.join(parameters.split())}, …), as in {_SEEN_WITH},"
            raise ErmError(
                f"WeasyPrint {weasyprint.__version__} doesn't fit: {name} should take {expected} "
                f"not ({', '.join(found)})."
            )


def _share_equal_styles(find: Callable[..., Any]) -> Callable[..., Any]:
    """`weasyprint.css.find_style_attributes` that parses equal ``style`` texts once.

    WeasyPrint shares the computed styles of elements whose parent's style, matching rules and
    declarations are the same objects, but parses each ``style`` attribute anew.
    """

    @functools.wraps(find)
    def find_shared(*args: Any, **kwargs: Any) -> Iterator[tuple[Any, Any, Any, Any]]:
        found = list(find(*args, **kwargs))
        # Of several findings on one element (``style`` and ``align``) only the last is shared
        findings = Counter(element for _, element, _, _ in found)
        parsed: dict[str, Any] = {}
        for specificity, element, declarations, base_url in found:
            text = element.get("style")
            if text and findings[element] == 1:
                declarations = parsed.setdefault(text, declarations)
            yield specificity, element, declarations, base_url

    return find_shared


def _take_over_undeclared(missing: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    """`ComputedStyle.__missing__` that takes undeclared values from the parent or the initial ones.

    WeasyPrint looks at each of 200 properties for variables, arithmetic and logical directions,
    though nothing declares nearly all of them.
    """

    @functools.wraps(missing)
    def value_of(style: Any, key: str) -> Any:
        parent, declared = style.parent_style, style.cascaded
        if (
            parent is None
            or key in declared
            or key in _SPECIAL
            or key.startswith("text_decoration_")
            or (key in _LOGICAL and _LOGICAL[key][style["direction"]] in declared)
        ):
            return missing(style, key)
        inherited = key in weasyprint.css.INHERITED or key.startswith("__")
        value = style[key] = parent[key] if inherited else weasyprint.css.INITIAL_VALUES[key]
        return value

    return value_of


def _without_pseudo_elements(sheet: str) -> weasyprint.CSS:
    """WeasyPrint's sheet without rules that give every element pseudo-elements and their styles.

    Markers of list items are kept; notes at the foot of a page are not.
    """
    kept = []
    for rule in tinycss2.parse_stylesheet(sheet):
        if rule.type == "qualified-rule":
            selector = tinycss2.serialize(rule.prelude).strip()
            if selector == "::marker":
                rule.prelude = tinycss2.parse_component_value_list("li::marker, summary::marker")
            elif selector.startswith("::"):
                continue
        kept.append(rule)
    text = tinycss2.serialize(kept)
    return weasyprint.CSS(string=text, counter_style=weasyprint.html.UA_COUNTER_STYLE)


def _ignore_last_space(split: Callable[..., Any]) -> Callable[..., Any]:
    """`weasyprint.layout.inline.split_first_line` for text that would fit but for a last space.

    A space at a line's end takes no room, but WeasyPrint breaks such a line before its last word:
    in the widest cell of a column wherever its source has a line break before ``</td>``.
    """

    @functools.wraps(split)
    def split_before_spaces(
        text: str, style: Any, context: Any, max_width: Any, *rest: Any, **named: Any
    ) -> Any:
        line = split(text, style, context, max_width, *rest, **named)
        fits_in_one, white_space = line[2] is None, style["white_space"]
        if fits_in_one or not text.endswith(" ") or white_space not in ("normal", "pre-line"):
            return line
        bare = split(text.rstrip(" "), style, context, max_width, *rest, **named)
        return bare if bare[2] is None and bare[3] <= max_width else line

    return split_before_spaces


def _align_heads(style: Any, name: str, value: str) -> str:
    """``text-align`` of an element that declares it.

    What the house style declares is a ``th``'s ``-internal-center`` (HTML standard, "Tables"):
    what the row has, and center where that is the initial value.
    """
    _, (precedence, *_) = style.cascaded[name]
    if precedence != weasyprint.css.declaration_precedence("user", importance=False):
        return value
    inherited: str = style.parent_style[name]
    return "center" if inherited == "start" else inherited


def _hide_collapsed_rows(display: Callable[..., Any]) -> Callable[..., Any]:
    """The computed ``display`` that is none for rows with ``visibility: collapse``.

    Not covered: collapsed columns, and the share of a collapsed row in the widths of columns.
    """

    @functools.wraps(display)
    def display_or_none(style: Any, name: str, value: Any) -> Any:
        computed = display(style, name, value)
        if computed in _ROWS and style["visibility"] == "collapse":
            return ("none",)
        return computed

    return display_or_none


def _drop_hints_only(subset: Callable[..., None]) -> Callable[..., None]:
    """`weasyprint.pdf.fonts.Font.subset` that leaves out no glyphs, only the hints, once a font.

    WeasyPrint finds out for each table which glyphs it needs: a tenth of the time of drawing where
    HarfBuzz-Subset is installed, and nine tenths where fontTools must do.
    """
    cache = BoundedCache[bytes | None](_MOST_UNHINTED)

    @functools.wraps(subset)
    def drop_hints(font: Any, to_unicode: Any, hinting: bool) -> None:
        content, plain = font.file_content, None
        if to_unicode and not hinting and len(content) <= _LARGEST_FONT:
            key = (font.hash, font.index, len(content))
            plain = cache.get_or_compute(key, lambda: without_hints(content, font.index))
        if plain is None:
            subset(font, to_unicode, hinting)
        else:
            font.file_content = plain

    return drop_hints


def without_hints(content: bytes, index: int) -> bytes | None:
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
