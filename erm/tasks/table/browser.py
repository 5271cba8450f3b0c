"""How a contained Chromium draws a table; the second back end, without scenes.

Not covered: the browser and its page (`erm.render.browser`).
"""

from __future__ import annotations

from xml.etree import ElementTree

from erm.tasks.contract import BrowserPage
from erm.tasks.settings import DrawingSettings
from erm.tasks.shared.glyphs import characters_without_glyph, refuse_missing_glyphs
from erm.tasks.table.draw import PADDING, parse_table, to_html
from erm.tasks.table.house_style import HOUSE_STYLE, VIEWPORT_WIDTH
from erm.tasks.table.spans import leading_digits

_EXTENT = """() => {
  const drawn = element => getComputedStyle(element).visibility !== "collapse";
  const boxes = [...document.querySelectorAll("table, td, th")].filter(drawn)
    .map(element => element.getBoundingClientRect());
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (texts.nextNode()) {
    if (!drawn(texts.currentNode.parentElement)) continue;
    range.selectNodeContents(texts.currentNode);
    boxes.push(...range.getClientRects());
  }
  const pen = document.createElement("canvas").getContext("2d");
  for (const item of document.querySelectorAll("li")) {
    const {font, display, listStyleType, listStylePosition} = getComputedStyle(item);
    if (display !== "list-item" || listStyleType === "none" || listStylePosition === "inside")
      continue;
    const list = item.closest("ol");
    const before = [...item.parentElement.children].indexOf(item);
    pen.font = font;
    const marker = list === item.parentElement ? `${list.start + before}. ` : "\u2022 ";
    const {left, top, bottom} = item.getBoundingClientRect();
    const width = pen.measureText(marker).width;
    boxes.push(new DOMRect(left - width, top, width, bottom - top));
  }
  const seen = boxes.filter(box => box.width > 0 && box.height > 0);
  return seen.length === 0 ? null : [
    Math.min(...seen.map(box => box.left)), Math.min(...seen.map(box => box.top)),
    Math.max(...seen.map(box => box.right)), Math.max(...seen.map(box => box.bottom)),
  ];
}"""
"""Bounds of tables, cells, texts and the markers outside list items; as `draw` crops pages."""


_CELLPADDING = """
table[cellpadding] { --cellpadding: attr(cellpadding px) }
:where(table[cellpadding]) td, :where(table[cellpadding]) th { padding: var(--cellpadding) }
"""
"""The attribute ``cellpadding`` over the house style, which a browser prefers to attributes."""

_METRICS = "body { text-rendering: geometricPrecision; line-height: 1.164 }"
"""Advances of letters and heights of lines that Chromium would round to whole pixels.

1.164 is what ``normal`` is in the shipped fonts (ascent and descent of DejaVu).
"""


def _page(source: str, max_elements: int, settings: DrawingSettings) -> str:
    root = parse_table(to_html(source), max_elements).etree_element
    # Chromium draws boxes for letters that no font has
    text = "".join(root.itertext())
    refuse_missing_glyphs(characters_without_glyph(text, settings.fonts))
    for element in root.iter():
        if (digits := leading_digits(element.attrib.pop("cellpadding", None))) is not None:
            element.set("cellpadding", digits)
    html = ElementTree.tostring(root, "unicode", method="html")
    # first, so that the table's own rules win
    style = f"<style>html {{ padding: 12px }} {HOUSE_STYLE} {_CELLPADDING} {_METRICS}</style>"
    return "<!DOCTYPE html>" + html.replace("<head>", "<head>" + style, 1)


BROWSER_PAGE = BrowserPage(
    to_html=_page,
    extent=_EXTENT,
    viewport_width=VIEWPORT_WIDTH,
    padding=PADDING,
    warm_up="<table><tr><td>a</td></tr></table>",
)
