"""The optional second way to draw: a warm Chromium page that draws one source after another.

Runs as a worker of its own kind (`erm.render.worker` starts it in the same namespaces, root and
user), for tasks with a `erm.tasks.BrowserPage`. Nothing is loaded and no script runs: the task's
sanitiser comes first, scripting is off, every request is refused, and there is no network. Not
covered: memory and processor limits of the browser's processes, scenes, and pixels that two
machines agree on.
"""

from __future__ import annotations

import io
import os
import resource
import socket
import time
from pathlib import Path
from typing import Any

from PIL import Image

from erm.errors import ErmError
from erm.render import wire
from erm.render.limits import Limits
from erm.render.png import encode_rgb, has_one_colour
from erm.sources.errors import DrawError
from erm.tasks import CHROMIUM, BrowserPage, get_task, task_names
from erm.tasks.settings import DrawingSettings

EXECUTABLES = (
    "/usr/lib/chromium/chromium",
    "/usr/lib/chromium-browser/chromium-browser",
    "/opt/google/chrome/chrome",
)
"""Where a browser is looked for: the binaries, because the worker's root has no shell."""

PATHS = ("/usr/share", "/opt/google")
"""What a browser reads in addition to what every worker does."""

VIEWPORT_HEIGHT = 2400
"""CSS pixels; the width is the task's."""

_ARGUMENTS = (
    # the worker's own walls are around it, and inside them it can't build its own
    "--no-sandbox",
    *("--disable-gpu", "--disable-dev-shm-usage", "--no-zygote", "--force-color-profile=srgb"),
    *("--disable-extensions", "--disable-background-networking", "--font-render-hinting=none"),
)


def find_browser() -> str:
    """The browser's executable; raises `ErmError` where none is installed."""
    for path in EXECUTABLES:
        if Path(path).exists():
            return path
    raise ErmError(f"Drawing in Chromium needs one of {', '.join(EXECUTABLES)}.")


def browser_tasks(drawing: DrawingSettings) -> tuple[str, ...]:
    """Tasks that a browser is to draw."""
    return tuple(task for task in task_names() if drawing.backend_of(task) == CHROMIUM)


class ContainedPage:
    """A browser and its page, started anew after a source that it did not survive."""

    def __init__(self, playwright: Any, limits: Limits, drawing: DrawingSettings) -> None:
        self._playwright = playwright
        self._limits = limits
        self._drawing = drawing
        self._browser: Any = None
        self._page: Any = None
        self.start()

    def start(self) -> None:
        """Start the browser; an earlier one is ended."""
        if self._browser is not None:
            self._browser.close()
        self._browser = self._playwright.chromium.launch(
            executable_path=find_browser(), args=list(_ARGUMENTS), env=dict(os.environ)
        )
        context = self._browser.new_context(java_script_enabled=False, offline=True)
        context.route("**/*", lambda route: route.abort())
        self._page = context.new_page()
        self._page.set_default_timeout(1000 * self._limits.wall_seconds)

    def draw(self, task: str, source: str) -> tuple[bytes, bool]:
        """PNG of a source, RGB, and whether it has one colour; raises `DrawError`."""
        from playwright.sync_api import Error, TimeoutError

        page = get_task(task).browser
        assert page is not None
        html = page.to_html(source, self._limits.max_elements, self._drawing)
        try:
            self._page.set_viewport_size({"width": page.viewport_width, "height": VIEWPORT_HEIGHT})
            self._page.set_content(html, wait_until="load")
            picture = self._screenshot(page)
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

    def _screenshot(self, page: BrowserPage) -> bytes:
        box = self._page.evaluate(page.extent)
        if box is None:
            raise DrawError("nothing_drawn", "The document is empty.")
        left, top = (max(0, int(edge // 1) - page.padding) for edge in box[:2])
        right, bottom = (-int(-edge // 1) + page.padding for edge in box[2:])
        width, height = right - left, bottom - top
        most = self._limits.max_pixels
        if width * height > most or max(width, height) > most:
            raise DrawError("too_many_pixels", f"{width} x {height} pixels exceed {most}.")
        clip = {"x": left, "y": top, "width": width, "height": height}
        picture: bytes = self._page.screenshot(full_page=True, clip=clip)
        return picture


def serve(
    channel: socket.socket, limits: Limits, drawing: DrawingSettings, ready: dict[str, Any]
) -> None:
    """Start a browser, send ``ready``, and draw sources until the channel closes.

    Raises:
        ImportError: Playwright is missing.
        playwright.sync_api.Error: the browser does not start.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        page = ContainedPage(playwright, limits, drawing)
        for task in browser_tasks(drawing):
            drawn = get_task(task).browser
            assert drawn is not None
            page.draw(task, drawn.warm_up)
        wire.send(channel, ready)
        while True:
            header, body = wire.receive(channel, limits.max_source_bytes)
            wire.send(channel, *_answer(page, header["task"], body.decode()))


def _answer(page: ContainedPage, task: str, source: str) -> tuple[dict[str, Any], bytes]:
    started = time.perf_counter()
    picture, answer = b"", dict[str, Any]()
    try:
        picture, blank = page.draw(task, source)
        answer |= {"image_bytes": len(picture), "blank": blank}
    except DrawError as error:
        answer |= {"kind": error.kind, "message": error.message[:500]}
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return answer | {"seconds": seconds, "draw_seconds": seconds, "peak_memory": peak}, picture
