"""Times of the benchmark's own work: judging, statistics, page, and the page in a browser.

``python benchmarks/scoring.py [--json FILE]`` scores 1,335 items of five errors a side with the
offline judge, builds their report page and, where chromium and playwright are installed, opens it.
Also tells the offline judge's agreement with constructed lists. Critics' and rendering times are
not covered.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import random
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from erm.benchmark import Item, Prediction, Scores, judge_from_spec, score, write_page
from erm.benchmark.judge.constructed import agreement, construct
from erm.benchmark.scoring import judge_items

ITEMS, ERRORS = 1335, 5
LIMITS = {
    "judge_seconds": 3.0,
    "page_seconds": 20.0,
    "first_view_seconds": 2.0,
    "filter_milliseconds": 100.0,
}


def picture(rng: random.Random) -> bytes:
    """A 480 × 360 chart-like PNG of about 3 kB."""
    image = Image.new("RGB", (480, 360), "white")
    draw = ImageDraw.Draw(image)
    for left in range(30, 450, 60):
        colour = tuple(rng.randrange(256) for _ in range(3))
        draw.rectangle((left, rng.randrange(20, 300), left + 40, 340), fill=colour)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def make_predictions(seed: int = 0) -> list[Prediction]:
    """Items whose predicted list shares about half of its errors with the annotated one."""
    rng = random.Random(seed)
    pool: dict[str, list[Mapping[str, Any]]] = {"chart": [], "table": [], "svg": []}
    for one in construct(seed, 1500):
        pool[one.lists.task] += [*one.lists.annotated, *one.lists.predicted]
    predictions = []
    for number in range(ITEMS):
        task = ("chart", "table", "svg")[number % 3]
        annotated = [dict(error) for error in rng.sample(pool[task], ERRORS)]
        for error in annotated:
            left, top = rng.randrange(400), rng.randrange(300)
            error |= {"box": [left, top, left + 60, top + 50], "box_in": "reference"}
        others = [dict(error) for error in rng.sample(pool[task], ERRORS)]
        predicted = [rng.choice(pair) for pair in zip(annotated, others, strict=True)]
        item = Item(f"{task}-{number}", number, task, picture(rng), picture(rng), annotated)
        predictions.append(Prediction(item, {"errors": predicted}))
    return predictions


def time_browser(page_file: Path, browser: str) -> dict[str, float]:
    """Seconds to the first card and milliseconds of the slowest filter."""
    from playwright.sync_api import sync_playwright

    filtering = """() => {
      const show = document.getElementById('show');
      let slowest = 0;
      for (const value of ['missed', 'invented', 'partial', 'right', '']) {
        const start = performance.now();
        show.value = value;
        show.dispatchEvent(new Event('change'));
        document.body.offsetHeight;
        slowest = Math.max(slowest, performance.now() - start);
      }
      return slowest;
    }"""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        start = time.perf_counter()
        page.goto(page_file.as_uri(), wait_until="commit")
        page.wait_for_selector(".card .frame img")
        seconds = time.perf_counter() - start
        page.wait_for_load_state("load")
        milliseconds = float(page.evaluate(filtering))
        chromium.close()
    return {"first_view_seconds": seconds, "filter_milliseconds": milliseconds}


def measure() -> dict[str, Any]:
    """All numbers, by name."""
    judge = judge_from_spec("offline")
    predictions = make_predictions()
    start, used = time.perf_counter(), time.process_time()
    judge_items(predictions, judge.replies)
    judged, used = time.perf_counter(), time.process_time() - used
    scores: Scores = score(predictions, judge)
    scored = time.perf_counter()
    numbers: dict[str, Any] = {
        "items": ITEMS,
        "errors_a_side": ERRORS,
        "judge_seconds": judged - start,
        "judge_cpu_seconds": used,
        "judge_again_and_statistics_seconds": scored - judged,
    }
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        page = write_page(scores, folder)
        numbers["page_seconds"] = time.perf_counter() - start
        numbers["page_megabytes"] = page.stat().st_size / 2**20
        browser = shutil.which("chromium")
        if browser and importlib.util.find_spec("playwright"):
            numbers |= time_browser(page, browser)
    result = agreement(judge, construct())
    numbers["agreement_pairs_of_lists"] = result.pairs_right / result.pairs
    numbers["agreement_decisions"] = result.decisions_right / result.decisions
    return numbers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    path = parser.parse_args().json
    numbers = measure()
    for name, value in numbers.items():
        limit = f"  (limit {LIMITS[name]:g})" if name in LIMITS else ""
        print(f"{name:40} {value:10.3f}{limit}")
    if path is not None:
        path.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
