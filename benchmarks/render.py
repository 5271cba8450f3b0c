"""Throughput of drawing against a process, a manager or a browser an image, in one run.

``python benchmarks/render.py [--items N] [--tasks chart,svg,table] [--varieties compact,wide]
[--folder FOLDER] [--renders N] [--json FILE]``

Baselines are what public code does: a fresh Python process a chart, a process and a
`multiprocessing` manager an SVG, a headless browser a table. Both sides draw the same procedural
sources, small ones (``compact``) and those meant for large models (``wide``), and take turns in
rounds, so that a busy machine slows both. With a folder the sources are files in it instead
(``.py``, ``.svg``, ``.html``, ``.md``; a fixed sample of those that are drawn). Ours is measured
with containment on, with one worker and with two; tables also in one warm Chromium page. Not
covered: the time a renderer takes to start, which is paid once and is printed on its own.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import json
import multiprocessing
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cairosvg
import psutil

from erm.render import Renderer
from erm.tasks import CHROMIUM, Variety, get_task, task_names
from erm.tasks.settings import DrawingSettings

Draw = Callable[[str], bytes]
"""A picture of a source as an image file; raises `UndrawnError`."""

ROUNDS = 3
IN_BROWSER = DrawingSettings(
    backends={task: CHROMIUM for task in task_names() if get_task(task).browser is not None}
)
SUFFIXES = {"chart": (".py",), "table": (".html", ".md"), "svg": (".svg",)}


class UndrawnError(Exception):
    """A source has no picture."""


def draw_in_fresh_process(source: str) -> bytes:
    """One Python process a chart."""
    with tempfile.TemporaryDirectory() as folder:
        program = "import matplotlib\nmatplotlib.use('agg')\n" + source
        program += "\nimport matplotlib.pyplot as plt\nplt.savefig('out.png')\n"
        try:
            subprocess.run(
                [sys.executable, "-c", program],
                cwd=folder,
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except subprocess.CalledProcessError as error:
            raise UndrawnError from error
        return (Path(folder) / "out.png").read_bytes()


def _convert(source: str, results: Any) -> None:
    with contextlib.suppress(ElementTree.ParseError):
        results["png"] = cairosvg.svg2png(
            bytestring=source.encode(),
            output_width=336,
            output_height=336,
            background_color="white",
        )


def draw_in_managed_process(source: str) -> bytes:
    """One process and one manager an SVG."""
    with multiprocessing.Manager() as manager:
        results = manager.dict()
        process = multiprocessing.Process(target=_convert, args=(source, results))
        process.start()
        process.join(10)
        if "png" not in results:
            raise UndrawnError
        return bytes(results["png"])


def browser_drawing(executable: str) -> Draw:
    """One headless browser a table, cropped to the content."""
    from playwright.sync_api import sync_playwright

    from erm.tasks.table.draw import to_html

    def draw(source: str) -> bytes:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 3600, "height": 2400})
            page.set_content(to_html(source))
            picture: bytes = page.locator("table").first.screenshot()
            browser.close()
        return picture

    return draw


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def procedural(task: str, variety: Variety) -> Iterator[str]:
    """Sources of a task without end."""
    for seed in itertools.count():
        yield get_task(task).generate(random.Random(seed), variety)


def in_folder(task: str, folder: Path) -> Iterator[str]:
    """A folder's files of a task in a fixed random order."""
    files = sorted(file for kind in SUFFIXES[task] for file in folder.rglob(f"*{kind}"))
    random.Random(0).shuffle(files)
    for file in files:
        yield file.read_text(encoding="utf-8", errors="replace")


def drawable(task: str, sources: Iterator[str], items: int, renderer: Renderer) -> list[str]:
    """The first sources that are drawn without an error."""
    drawn = (one for one in sources if renderer.render_batch([(task, one)])[0].error is None)
    return list(itertools.islice(drawn, items))


def compare(
    task: str, sources: list[str], baseline: Draw | None, one: Renderer, two: Renderer
) -> dict[str, float]:
    """Medians over rounds: milliseconds an item of each side, ratios, share that is not drawing."""
    items = len(sources)
    batch = [(task, source) for source in sources] * 4
    two.render_batch(batch)
    rows = []
    for _ in range(ROUNDS):
        old = _seconds(lambda: [baseline(source) for source in sources]) if baseline else 0.0
        single = _seconds(lambda: one.render_batch(batch)) / 4
        double = _seconds(lambda: two.render_batch(batch)) / 4
        started = time.perf_counter()
        drawing = sum(result.draw_seconds for result in one.render_batch(batch))
        rows.append((old, single, double, 1 - drawing / (time.perf_counter() - started)))
    old, single, double, share = (statistics.median(row[n] for row in rows) for n in range(4))
    result = {
        "one_worker_ms": 1000 * single / items,
        "two_workers_ms": 1000 * double / items,
        "two_against_one": single / double,
        "share_not_drawing": share,
    }
    if baseline is not None:
        result |= {"baseline_ms": 1000 * old / items, "speed_up": old / single}
    return result


def in_warm_browser(sources: list[str], page: Renderer) -> dict[str, float]:
    """Milliseconds a table in one Chromium page that stays open; median of rounds."""
    batch = [("table", source) for source in sources]
    page.render_batch(batch[:2])
    rounds = [_seconds(lambda: page.render_batch(batch)) for _ in range(ROUNDS)]
    return {"warm_page_ms": 1000 * statistics.median(rounds) / len(sources)}


def memory_growth(renderer: Renderer, renders: int) -> dict[str, float]:
    """Resident MiB of the workers over a run, and the growth after its first fifth."""
    batch = [(task, get_task(task).generate(random.Random(1), "compact")) for task in task_names()]
    batch += [batch[2]] * 7

    def resident() -> float:
        children = psutil.Process().children(recursive=True)
        return sum(child.memory_info().rss for child in children) / 2**20

    sizes, done = [], []
    for part in range(1, 21):
        for _ in range(renders // 200):
            renderer.render_batch(batch)
        sizes.append(resident())
        done.append(part * (renders // 200) * len(batch))
    slope = statistics.linear_regression(done[4:], sizes[4:]).slope
    return {
        "renders": done[-1],
        "mib_after_a_fifth": sizes[3],
        "mib_at_the_end": sizes[-1],
        "mib_a_thousand_renders": 1000 * slope,
    }


def main() -> None:
    """Run, print a table, and write JSON where asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--items", type=int, default=10, help="sources a task and round")
    parser.add_argument("--tasks", default=",".join(task_names()))
    parser.add_argument("--varieties", default="compact,wide")
    parser.add_argument("--folder", type=Path, help="sources of your own instead of varieties")
    parser.add_argument("--renders", type=int, default=5000, help="for the memory figure; 0: none")
    parser.add_argument("--raster-side", type=int, default=0, help="0 is what sources state")
    parser.add_argument("--browser", default="/usr/bin/chromium", help="for the table's baseline")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.folder and not options.folder.is_dir():
        parser.error(f"{options.folder} is no folder")
    baselines: dict[str, Draw | None] = {
        "chart": draw_in_fresh_process,
        "svg": draw_in_managed_process,
        "table": browser_drawing(options.browser) if Path(options.browser).exists() else None,
    }
    report: dict[str, dict[str, float]] = {}
    started = time.perf_counter()
    drawing = DrawingSettings(raster_side=options.raster_side)
    with (
        Renderer(workers=1, drawing=drawing) as one,
        Renderer(workers=2, drawing=drawing) as two,
    ):
        one.render_batch([("svg", "")])
        one.render_batch([("svg", "x")])
        two.render_batch([("svg", "x")] * 2)
        report["start"] = {"seconds": time.perf_counter() - started}
        groups = [options.folder.name] if options.folder else options.varieties.split(",")
        for task, group in itertools.product(options.tasks.split(","), groups):
            folder = options.folder
            offered = in_folder(task, folder) if folder else procedural(task, group)
            sources = drawable(task, offered, options.items, one)
            if not sources:
                continue
            row = compare(task, sources, baselines[task], one, two)
            if task == "table" and baselines[task]:
                with Renderer(workers=1, drawing=IN_BROWSER) as page:
                    row |= in_warm_browser(sources, page)
            report[f"{task} {group}"] = row
        if options.renders:
            report["memory"] = memory_growth(two, options.renders)
    file = io.StringIO()
    for name, numbers in report.items():
        values = "  ".join(f"{key} {value:.2f}" for key, value in numbers.items())
        print(f"{name:15}{values}", file=file)
    print(file.getvalue(), end="")
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
