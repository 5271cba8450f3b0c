"""Style sheets that a table is laid out with, and what else all tables share.

Not covered: the table's own sheets, which the sanitiser in ``draw`` has seen.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import weasyprint
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

_BROWSER_DEFAULTS = """
caption { text-align: center }
th { text-align-all: start; text-align-last: auto }
:is(thead, tbody, tfoot, tr, td, th)[hidden] { display: none }
"""
"""Rules of browsers' own sheets (HTML standard, section "Rendering") that WeasyPrint's lacks.

``start`` on a ``th`` stands for the standard's ``-internal-center``
(`erm.tasks.table.weasyprint_patches`).
"""

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
    text = page + _BROWSER_DEFAULTS + HOUSE_STYLE + _UNBROKEN
    return [weasyprint.CSS(string=text, font_config=fonts(), url_fetcher=no_fetcher())]
