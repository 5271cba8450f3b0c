"""The optional table backend: a warm Chromium page that draws one table after another.

Runs as a worker of its own kind (`erm.render.worker` starts it in the same namespaces, root and
user). Nothing is loaded and no script runs: the sanitiser of tables comes first, scripting is off,
every request is refused, and there is no network. Not covered: memory and processor limits of the
browser's processes, scenes, and pixels that two machines agree on (those are WeasyPrint's part).
"""

from __future__ import annotations

import importlib.util
import io
import os
import resource
import socket
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from PIL import Image

from erm.errors import ErmError
from erm.render import wire
from erm.render.limits import Limits
from erm.render.png import encode_rgb, has_one_colour
from erm.sources.errors import DrawError

EXECUTABLES = (
    "/usr/lib/chromium/chromium",
    "/usr/lib/chromium-browser/chromium-browser",
    "/opt/google/chrome/chrome",
)
"""Where a browser is looked for: the binaries, because the worker's root has no shell."""

PATHS = ("/usr/share", "/opt/google")
"""What a browser reads beside what every worker does."""

VIEWPORT_HEIGHT = 2400

_ARGUMENTS = (
    # the worker's own walls are around it, and inside them it can't build its own
    "--no-sandbox",
    *("--disable-gpu", "--disable-dev-shm-usage", "--no-zygote", "--force-color-profile=srgb"),
    *("--disable-extensions", "--disable-background-networking", "--font-render-hinting=none"),
)

_CONTENT = """() => {
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
"""Left, top, right and bottom of all that shows, in CSS pixels."""


def find_browser() -> str:
    """The browser's executable.

    Raises:
        ErmError: no browser is installed, or Playwright is missing.
    """
    if importlib.util.find_spec("playwright") is None:
        raise ErmError("Drawing tables in Chromium needs Playwright (the extra 'browser').")
    for path in EXECUTABLES:
        if Path(path).exists():
            return path
    raise ErmError(f"Drawing tables in Chromium needs one of {', '.join(EXECUTABLES)}.")


class TablePage:
    """A browser and its page, started anew after a table that it did not survive."""

    def __init__(self, playwright: Any, limits: Limits) -> None:
        self._playwright = playwright
        self._limits = limits
        self._browser: Any = None
        self._page: Any = None
        self.start()

    def start(self) -> None:
        """Start the browser; an earlier one is ended."""
        from erm.tasks.table.sheets import VIEWPORT_WIDTH

        if self._browser is not None:
            self._browser.close()
        self._browser = self._playwright.chromium.launch(
            executable_path=find_browser(), args=list(_ARGUMENTS), env=dict(os.environ)
        )
        context = self._browser.new_context(
            java_script_enabled=False,
            offline=True,
            viewport={"width": VIEWPORT_WIDTH, "height": VIEWPORT_HEIGHT},
        )
        context.route("**/*", lambda route: route.abort())
        self._page = context.new_page()
        self._page.set_default_timeout(1000 * self._limits.wall_seconds)

    def draw(self, source: str) -> tuple[bytes, bool]:
        """PNG of a table, RGB, and whether it has one colour; raises `DrawError`."""
        from playwright.sync_api import Error, TimeoutError

        html = self._safe(source)
        try:
            self._page.set_content(html, wait_until="load")
            picture = self._screenshot()
        except TimeoutError as error:
            self.start()
            message = f"Drawing took longer than {self._limits.wall_seconds:g} s."
            raise DrawError("wall_time", message) from error
        except Error as error:
            self.start()
            raise DrawError("worker_died", f"The browser failed: {error}"[:300]) from error
        with Image.open(io.BytesIO(picture), formats=("PNG",)) as image:
            width, height = image.size
            pixels = image.convert("RGB").tobytes()
        return encode_rgb(pixels, width, height), has_one_colour(pixels)

    def _safe(self, source: str) -> str:
        from erm.tasks.table.draw import parse_table, to_html
        from erm.tasks.table.sheets import HOUSE_STYLE

        root = parse_table(to_html(source), self._limits.max_elements).etree_element
        text = ElementTree.tostring(root, "unicode", method="html")
        # first, so that the table's own rules win
        style = f"<style>html {{ padding: 12px }} {HOUSE_STYLE}</style>"
        return "<!DOCTYPE html>" + text.replace("<head>", "<head>" + style, 1)

    def _screenshot(self) -> bytes:
        from erm.tasks.table.draw import PADDING

        box = self._page.evaluate(_CONTENT)
        if box is None:
            raise DrawError("nothing_drawn", "The table is empty.")
        left, top = (max(0, int(edge // 1) - PADDING) for edge in box[:2])
        right, bottom = (-int(-edge // 1) + PADDING for edge in box[2:])
        width, height = right - left, bottom - top
        most = self._limits.max_pixels
        if width * height > most or max(width, height) > most:
            raise DrawError("too_many_pixels", f"{width} x {height} pixels exceed {most}.")
        clip = {"x": left, "y": top, "width": width, "height": height}
        picture: bytes = self._page.screenshot(full_page=True, clip=clip)
        return picture


def serve(channel: socket.socket, limits: Limits, ready: dict[str, Any]) -> None:
    """Start a browser, send ``ready``, and draw tables until the channel closes.

    Raises:
        ImportError: Playwright is missing.
        playwright.sync_api.Error: the browser does not start.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        page = TablePage(playwright, limits)
        page.draw("<table><tr><td>a</td></tr></table>")
        wire.send(channel, ready)
        while True:
            header, body = wire.receive(channel, limits.max_source_bytes)
            wire.send(channel, *_answer(page, body.decode(), bool(header["scene"])))


def _answer(page: TablePage, source: str, scene: bool) -> tuple[dict[str, Any], bytes]:
    started = time.perf_counter()
    picture, answer = b"", dict[str, Any]()
    try:
        if scene:
            raise DrawError("unreadable", "The browser tells no scenes.")
        picture, blank = page.draw(source)
        answer |= {"image_bytes": len(picture), "blank": blank}
    except DrawError as error:
        answer |= {"kind": error.kind, "message": error.message[:500]}
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return answer | {"seconds": seconds, "draw_seconds": seconds, "peak_memory": peak}, picture
