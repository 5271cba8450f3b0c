"""Style sheets that a table is laid out with, and two amendments to WeasyPrint.

Covers the house style and WeasyPrint's own sheet without what no table needs; the sharing of
computed styles between cells of equal ``style``, as computing styles is a third of the time of
laying out a table; and lines that end in a space. Not covered: the table's own sheets, which the
sanitiser in ``draw`` has seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import tinycss2
import weasyprint
import weasyprint.css
import weasyprint.html
import weasyprint.layout.inline
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

VIEWPORT_WIDTH = 3600
"""Width in CSS pixels in which a table is laid out (the reference's viewport)."""

HOUSE_STYLE = """
body { margin: 12px; background: white; color: black; font: 14px Arial, sans-serif; }
table { border-collapse: collapse; }
th, td { border: 1px solid #333; padding: 6px 10px; }
"""
"""How a table looks that says nothing about its looks; any rule of the source overrides it."""

_PAGE_STYLE = "@page {{ size: {width}px {height}px; margin: 0 }}"
_UNBROKEN = "* { break-before: auto !important; break-after: auto !important; position: static; }"


class _NoFetcher(URLFetcher):  # type: ignore[misc]
    """Refuses every address; what the sanitiser lets through by mistake ends here."""

    def fetch(self, url: str, headers: Any = None) -> Any:
        raise FatalURLFetchingError(f"The document refers to '{url[:60]}'.")


@cache
def fonts() -> FontConfiguration:
    """The configuration that all tables share; none of them brings fonts."""
    return FontConfiguration()


@cache
def no_fetcher() -> URLFetcher:
    """The fetcher that all tables share."""
    return _NoFetcher()


@cache
def house_sheets(height: int) -> list[weasyprint.CSS]:
    """The house style for a page of `VIEWPORT_WIDTH` x ``height`` CSS pixels."""
    page = _PAGE_STYLE.format(width=VIEWPORT_WIDTH, height=height)
    # one sheet, because each is matched against each element
    text = page + HOUSE_STYLE + _UNBROKEN
    return [weasyprint.CSS(string=text, font_config=fonts(), url_fetcher=no_fetcher())]


class TableHTML(weasyprint.HTML):  # type: ignore[misc]
    """A document with the part of WeasyPrint's own sheet that tables need."""

    def _ua_stylesheets(self, forms: bool = False) -> list[weasyprint.CSS]:
        return [_own_sheet()]


@cache
def _own_sheet() -> weasyprint.CSS:
    """WeasyPrint's sheet; no notes at the foot of a page, and markers of list items only.

    The rules left out give every element pseudo-elements with styles of their own.
    """
    kept = []
    for rule in tinycss2.parse_stylesheet(weasyprint.html.UA):
        if rule.type == "qualified-rule":
            selector = tinycss2.serialize(rule.prelude).strip()
            if selector == "::marker":
                rule.prelude = tinycss2.parse_component_value_list("li::marker, summary::marker")
            elif selector.startswith("::"):
                continue
        kept.append(rule)
    return weasyprint.CSS(string=tinycss2.serialize(kept), url_fetcher=no_fetcher())


_find_style_attributes = weasyprint.css.find_style_attributes


def _find_shared(*args: Any, **kwargs: Any) -> Iterator[tuple[Any, Any, Any, Any]]:
    """`weasyprint.css.find_style_attributes` with equal ``style`` texts giving the same objects.

    WeasyPrint shares the computed styles of elements whose parent's style, matching rules and
    declarations are the same objects, but parses each ``style`` attribute anew.
    """
    found = list(_find_style_attributes(*args, **kwargs))
    # of several findings on one element (``style`` and ``align``) the sharing sees the last only
    findings = Counter(element for _, element, _, _ in found)
    parsed: dict[str, Any] = {}
    for specificity, element, declarations, base_url in found:
        text = element.get("style")
        if text and findings[element] == 1:
            declarations = parsed.setdefault(text, declarations)
        yield specificity, element, declarations, base_url


def share_equal_styles() -> None:
    """Have WeasyPrint share the styles of elements with equal ``style`` from here on."""
    weasyprint.css.find_style_attributes = _find_shared


_split_first_line = weasyprint.layout.inline.split_first_line


def _split_before_spaces(
    text: str, style: Any, context: Any, max_width: Any, *rest: Any, **named: Any
) -> Any:
    """`weasyprint.layout.inline.split_first_line` for text that would fit but for a last space.

    A space at a line's end takes no room, but WeasyPrint breaks such a line before its last word:
    in the widest cell of a column wherever its source has a line break before ``</td>``.
    """
    split = _split_first_line(text, style, context, max_width, *rest, **named)
    fits_in_one = split[2] is None
    if fits_in_one or not text.endswith(" ") or style["white_space"] not in ("normal", "pre-line"):
        return split
    bare = _split_first_line(text.rstrip(" "), style, context, max_width, *rest, **named)
    return bare if bare[2] is None and bare[3] <= max_width else split


def ignore_last_spaces() -> None:
    """Have WeasyPrint give no room to the space at a line's end from here on."""
    weasyprint.layout.inline.split_first_line = _split_before_spaces
