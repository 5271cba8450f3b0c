"""Scores critics on the 60 hand-edited pairs of real sources in ``tests/checked``.

``python benchmarks/real_pairs.py [--critic SPEC …] [--json FILE]``

For each critic and task: F1 hard of the offline judge against the exact reports, the Pearson
correlation of total severities among pairs that differ, how many equal pairs get an empty report,
and seconds a pair. A reply without a report has severity 0 in the correlation and is no empty
report. The reading critic was developed on these pairs, so expect less of it elsewhere.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from erm.annotation import annotate_rendered
from erm.benchmark import Item, Prediction, human_error, judge_from_spec, score
from erm.critics.base import Critic, ImagePair
from erm.critics.loading import critic_from_spec
from erm.images import encode_png
from erm.render import Limits, Renderer
from erm.report import Report
from tests.checked.measure import REAL, TASKS


@dataclass(frozen=True)
class Drawn:
    """A pair's two pictures, as PNG, and its exact report."""

    name: str
    task: str
    images: tuple[bytes, bytes]
    report: Report


def draw() -> list[Drawn]:
    """All pairs of real sources, drawn as by default."""
    sources = [(task, text) for task, pair in REAL for text in (pair.reference, pair.candidate)]
    with Renderer(limits=Limits(wall_seconds=120)) as renderer:
        rendered = renderer.render_batch(sources, scenes=True)
    drawn = []
    for (task, pair), *sides in zip(REAL, rendered[::2], rendered[1::2], strict=True):
        report = annotate_rendered(task, *sides).require(pair.name)
        reference, candidate = (encode_png(Image.fromarray(side.pixels)) for side in sides)
        drawn.append(Drawn(pair.name, task, (reference, candidate), report))
    return drawn


def measure(critic: Critic, pairs: list[Drawn]) -> dict[str, dict[str, Any]]:
    """Numbers of one critic by task and over all pairs (``overall``)."""
    predictions, rows = [], []
    for number, one in enumerate(pairs):
        start = time.perf_counter()
        (critique,) = critic.critique([ImagePair(one.task, *one.images)])
        took = time.perf_counter() - start
        errors = [human_error(error) for error in one.report.errors]
        item = Item(one.name, number, one.task, *one.images, errors)
        predictions.append(Prediction(item, critique.parsed))
        empty = critique.severity == 0
        rows.append((one.task, one.report.total_severity, critique.severity or 0.0, empty, took))
    metrics = score(predictions, judge_from_spec("offline")).metrics()
    numbers = {}
    for task in ("overall", *TASKS):
        own = [row[1:] for row in rows if task in ("overall", row[0])]
        exact, judged, empty_reports, seconds = (
            np.array(column, dtype=float) for column in zip(*own, strict=True)
        )
        differ = exact > 0
        varies = np.ptp(judged[differ]) > 0
        numbers[task] = {
            "f1_hard": metrics[f"{task}/f1_hard"],
            "pearson": float(np.corrcoef(exact[differ], judged[differ])[0, 1]) if varies else None,
            "empty_right": int(empty_reports[~differ].sum()),
            "equal_pairs": int((~differ).sum()),
            "seconds": float(seconds.mean()),
            "most_seconds": float(seconds.max()),
        }
    return numbers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--critic", action="append", help="spec of a critic; by default reading")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    pairs = draw()
    results = {}
    sys.stdout.write("critic  task     F1 hard  Pearson  empty   s a pair  at most\n")
    for spec in arguments.critic or ["reading"]:
        results[spec] = measure(critic_from_spec(spec), pairs)
        for task, row in results[spec].items():
            pearson = "-" if row["pearson"] is None else f"{row['pearson']:.2f}"
            empty = f"{row['empty_right']}/{row['equal_pairs']}"
            sys.stdout.write(
                f"{spec:7} {task:8} {row['f1_hard']:7.2f}  {pearson:>7}  {empty:5}"
                f"  {row['seconds']:9.2f}  {row['most_seconds']:7.2f}\n"
            )
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
