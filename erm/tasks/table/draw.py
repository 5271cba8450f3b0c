"""HTML or Markdown table to pixels, through WeasyPrint and PDFium.

Covers GitHub Markdown, the house style, the crop to content and the refusal of whatever a table has
no need to load. Not covered: scripts, which are dropped; limits of time and memory (`erm.render`).
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element

import cssselect2
import numpy as np
import pypdfium2
import tinycss2
from markdown_it import MarkdownIt
from numpy.typing import NDArray
from weasyprint import HTML
from weasyprint.formatting_structure import boxes
from weasyprint.text.ffi import ffi, pango
from weasyprint.urls import FatalURLFetchingError

from erm.sources.errors import DrawError
from erm.sources.markup import drop, local_name, walk
from erm.sources.references import refuse_loading_css
from erm.tasks import Drawing
from erm.tasks.shared.glyphs import refuse_missing_glyphs
from erm.tasks.table.house_style import VIEWPORT_WIDTH, fonts, house_sheets, no_fetcher
from erm.tasks.table.spans import cut_spans
from erm.tasks.table.weasyprint_patches import apply_patches

PADDING = 12
"""White pixels around the content."""

MAX_DEPTH = 100
"""Deepest nesting of elements."""

_RASTER_TAGS = frozenset(
    ("img", "image", "picture", "svg", "canvas", "video", "audio", "source", "object", "embed")
) | {"iframe", "frame", "applet"}
_DROPPED_TAGS = frozenset(("", "script", "noscript", "template", "base", "meta", "title"))
"""Children that nobody sees; comments have no name."""
_VERTICAL = re.compile(r"writing-mode\s*:\s*(?:vertical|sideways|tb)[\w-]*", re.IGNORECASE)
_LOADING_ATTRIBUTES = frozenset(("src", "srcset", "background", "data", "poster", "lowsrc"))

logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
apply_patches()


@dataclass(frozen=True)
class TablePage:
    """What is behind the pixels of a table drawing.

    Attributes:
        html: the HTML that was laid out; Markdown is converted already.
        root: the sanitised element tree that was laid out; a box's ``element`` is one of its.
        page: WeasyPrint's page; ``page._page_box`` is the tree of boxes, in CSS pixels.
        width, height: size of the picture in pixels.
        left, top: CSS pixels of the picture's upper left corner on the page; one CSS pixel is one
            pixel of the picture, so a point (x, y) of the page is at (x - left, y - top).
    """

    html: str
    root: Element
    page: Any
    width: int
    height: int
    left: int
    top: int


def draw_table(source: str, max_pixels: int, max_elements: int) -> Drawing:
    """Draw a table, HTML or GitHub Markdown, on white, with `PADDING` around its content.

    Raises:
        DrawError: ``invalid_markup``, ``nothing_drawn``, ``too_many_pixels``,
            ``too_many_elements``, ``raster_refused``, ``external_refused``, ``missing_glyphs``,
            ``unsupported`` (vertical text) or ``runtime_error``.
    """
    html = to_html(source)
    try:
        document = parse_table(html, max_elements)
        _refuse_vertical_text(document.etree_element)
        return _lay_out(document, html, max_pixels)
    except (DrawError, MemoryError):
        raise
    except RecursionError as error:
        raise DrawError("too_many_elements", "Elements are nested too deeply.") from error
    except (Exception, FatalURLFetchingError) as error:
        # WeasyPrint raises whatever its layout of odd values runs into
        message = f"WeasyPrint can't lay it out: {type(error).__name__}: {error}"[:300]
        raise DrawError("runtime_error", message) from error


def parse_table(html: str, max_elements: int) -> HTML:
    """A document without what a table has no need to load.

    Raises:
        DrawError: ``invalid_markup``, ``too_many_elements``, ``raster_refused`` or
            ``external_refused``.
    """
    document = HTML(string=html, url_fetcher=no_fetcher(), media_type="screen")
    root = document.etree_element
    _sanitise(root, max_elements)
    cut_spans(root)
    document.wrapper_element = cssselect2.ElementWrapper.from_html_root(root, content_language=None)
    return document


def to_html(source: str) -> str:
    """The source itself where it holds a ``<table``, otherwise its Markdown as HTML.

    Raises:
        DrawError: ``invalid_markup`` where neither holds a table.
    """
    if "<table" in source.lower():
        return source
    html: str = _markdown().render(source)
    if "<table" not in html:
        raise DrawError("invalid_markup", "Neither an HTML nor a Markdown table is in the source.")
    return html


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _sanitise(root: Element, max_elements: int) -> None:
    for element in walk(root, max_elements, MAX_DEPTH):
        name = local_name(element)
        if name in _RASTER_TAGS:
            raise DrawError("raster_refused", f"<{name}> is not allowed in a table.")
        if name == "link":
            raise DrawError("external_refused", "The table links to another document.")
        _sanitise_attributes(element)
        if name == "style":
            element.text = _without_page_rules("".join(element.itertext()))
        for child in list(element):
            if local_name(child) in _DROPPED_TAGS:
                drop(element, child)


def _sanitise_attributes(element: Element) -> None:
    for name, value in list(element.attrib.items()):
        plain = name.rsplit("}", 1)[-1].lower()
        if plain in _LOADING_ATTRIBUTES:
            raise DrawError("raster_refused", f"The attribute {plain} is not allowed in a table.")
        if plain == "href" or plain.startswith("on"):
            del element.attrib[name]
        elif plain == "style":
            refuse_loading_css(value)


def _without_page_rules(sheet: str) -> str:
    refuse_loading_css(sheet)
    rules = tinycss2.parse_stylesheet(sheet)
    kept = [
        rule for rule in rules if not (rule.type == "at-rule" and rule.lower_at_keyword == "page")
    ]
    return str(tinycss2.serialize(kept))


def _lay_out(document: HTML, html: str, max_pixels: int) -> Drawing:
    # every picture that max_pixels allows at the padding's smallest width fits on such a page
    height = min(100_000, max(1000, max_pixels // (2 * PADDING)))
    laid_out = document.render(
        font_config=fonts(), stylesheets=house_sheets(height), presentational_hints=True
    )
    if len(laid_out.pages) > 1:
        raise DrawError("too_many_pixels", f"The table is taller than {height} pixels.")
    page = laid_out.pages[0]
    refuse_missing_glyphs(_missing_glyphs(page._page_box))
    extents = [box for box in _extents(page._page_box) if box[2] > box[0] and box[3] > box[1]]
    if not extents:
        raise DrawError("nothing_drawn", "The table is empty.")
    left = math.floor(min(extent[0] for extent in extents)) - PADDING
    top = math.floor(min(extent[1] for extent in extents)) - PADDING
    right = math.ceil(max(extent[2] for extent in extents)) + PADDING
    bottom = math.ceil(max(extent[3] for extent in extents)) + PADDING
    width, tall = right - left, bottom - top
    if width * tall > max_pixels or max(width, tall) > max_pixels:
        raise DrawError("too_many_pixels", f"{width} x {tall} pixels exceed {max_pixels}.")
    pixels = _rasterise(laid_out.write_pdf(uncompressed_pdf=True), left, top, width, tall, height)
    return Drawing(pixels, TablePage(html, document.etree_element, page, width, tall, left, top))


def _refuse_vertical_text(root: Element) -> None:
    """Refuse what WeasyPrint would draw upright."""
    for element in root.iter():
        css = element.text if local_name(element) == "style" else element.get("style")
        match = _VERTICAL.search(css or "")
        if match is not None:
            raise DrawError("unsupported", f"WeasyPrint draws no vertical text ({match[0]}).")


def _missing_glyphs(page_box: Any) -> set[str]:
    """Characters that Pango found in no font."""
    missing: set[str] = set()
    for box in page_box.descendants(placeholders=True):
        if isinstance(box, boxes.TextBox) and not box.text.isascii():
            box.pango_layout.reactivate(box.style)
            run = box.pango_layout.get_first_line()[0].runs[0]
            while run != ffi.NULL:
                glyphs = run.data.glyphs
                for info in glyphs.glyphs[0 : glyphs.num_glyphs]:
                    unknown = info.glyph & pango.PANGO_GLYPH_UNKNOWN_FLAG
                    if info.glyph != pango.PANGO_GLYPH_EMPTY and unknown:
                        missing.add(chr(info.glyph - pango.PANGO_GLYPH_UNKNOWN_FLAG))
                run = run.next
            box.pango_layout.deactivate()
    return missing


def _extents(page_box: Any) -> Iterator[tuple[float, float, float, float]]:
    """(x0, y0, x1, y1) in CSS pixels of everything that shows: tables, text, painted boxes."""
    for box in page_box.descendants(placeholders=True):
        if isinstance(box, boxes.TextBox):
            yield (
                box.position_x,
                box.position_y,
                box.position_x + box.width,
                box.position_y + box.height,
            )
        elif isinstance(box, boxes.TableBox | boxes.TableCellBox):
            x, y = box.border_box_x(), box.border_box_y()
            yield x, y, x + box.border_width(), y + box.border_height()


def _rasterise(
    pdf: bytes, left: int, top: int, width: int, height: int, page_height: int
) -> NDArray[np.uint8]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0]
        scale = 96 / 72
        crop = (
            left / scale,
            (page_height - top - height) / scale,
            (VIEWPORT_WIDTH - left - width) / scale,
            top / scale,
        )
        bitmap = page.render(scale=scale, crop=crop, rev_byteorder=True)
        pixels = bitmap.to_numpy()[:height, :width, :3]
        picture = np.full((height, width, 3), 255, np.uint8)
        picture[: pixels.shape[0], : pixels.shape[1]] = pixels
        return picture
    finally:
        document.close()
