"""How a contained Chromium draws a table; the second back end, without scenes.

Not covered: the browser and its page (`erm.render.browser`).
"""

from __future__ import annotations

from xml.etree import ElementTree

from erm.tasks.contract import BrowserPage
from erm.tasks.table.draw import PADDING, parse_table, to_html
from erm.tasks.table.house_style import HOUSE_STYLE, VIEWPORT_WIDTH

_EXTENT = """() => {
  const boxes = [...document.querySelectorAll("table, td, th")].map(e => e.getBoundingClientRect());
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (texts.nextNode()) {
    range.selectNodeContents(texts.currentNode);
    boxes.push(...range.getClientRects());
  }
  const seen = boxes.filter(box => box.width > 0 && box.height > 0);
  return seen.length === 0 ? null : [
    Math.min(...seen.map(box => box.left)), Math.min(...seen.map(box => box.top)),
    Math.max(...seen.map(box => box.right)), Math.max(...seen.map(box => box.bottom)),
  ];
}"""


def _page(source: str, max_elements: int) -> str:
    root = parse_table(to_html(source), max_elements).etree_element
    text = ElementTree.tostring(root, "unicode", method="html")
    # first, so that the table's own rules win
    style = f"<style>html {{ padding: 12px }} {HOUSE_STYLE}</style>"
    return "<!DOCTYPE html>" + text.replace("<head>", "<head>" + style, 1)


BROWSER_PAGE = BrowserPage(
    to_html=_page,
    extent=_EXTENT,
    viewport_width=VIEWPORT_WIDTH,
    padding=PADDING,
    warm_up="<table><tr><td>a</td></tr></table>",
)
