"""Time of the published scores of charts, and of the public evaluator on a sample in the same run.

``python benchmarks/chart_scores.py [--pairs N] [--workers N] [--folders REFERENCES CANDIDATES]
[--public CHECKOUT] [--sample N] [--json FILE]``

A pair is a procedural chart and an edited copy, or with ``--folders`` two programs of one name in
the two folders. All pairs are scored contained. With ``--public``, a checkout of ChartMimic that
runs with the installed libraries, its four evaluators score the first pairs of an evenly spread
sample too, each pair in a process of its own; the table then has both sides' seconds a pair and
the scores that differ. The public evaluator does not contain the programs that it runs: give it
programs that you trust. Not covered: starting our workers, which is paid once.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from erm.benchmark.drawing_scores import DrawingScore, score_drawings, summarize_scores
from erm.render import Renderer
from erm.tasks import get_task

Pair = tuple[str, str]

PARTS = ("text", "layout", "type", "color")
TOLERANCE = 5e-4
"""Difference of scores that is rounding: the two sides' colour conversions differ by as much."""

SECONDS = 300
"""After so long the public evaluator's work on a pair is given up."""

DRIVER = """
import builtins, json, sys
import numpy
builtins.np = numpy
from chart2code.utils.evaluator.text_evaluator import TextEvaluator
from chart2code.utils.evaluator.layout_evaluator import LayoutEvaluator
from chart2code.utils.evaluator.chart_type_evaluator import ChartTypeEvaluator
from chart2code.utils.evaluator.color_evaluator import ColorEvaluator
candidate, reference, target = sys.argv[1:]
found = {}
for name, evaluator in {
    "text": TextEvaluator(use_position=False, use_axs=False),
    "layout": LayoutEvaluator(),
    "type": ChartTypeEvaluator(),
    "color": ColorEvaluator(),
}.items():
    try:
        evaluator(candidate, reference)
        found[name] = float(evaluator.metrics["f1"])
    except Exception as error:
        found[name] = type(error).__name__
with open(target, "w") as file:
    json.dump(found, file)
"""
"""Calls the evaluators as the public command does. They read numbers that NumPy 2 writes as
``np.float64(…)``, hence the name `np`."""


def procedural_pairs(count: int) -> list[Pair]:
    """Wide procedural charts, each with one edit that shows."""
    task = get_task("chart")
    operators = [one for one in task.operators if one.category]
    pairs: list[Pair] = []
    seed = 0
    while len(pairs) < count:
        rng = random.Random(seed)
        seed += 1
        reference = task.generate(rng, "wide")
        edits = (one.apply(reference, rng) for one in rng.sample(operators, len(operators)))
        candidate = next((edit for edit in edits if edit is not None), None)
        if candidate is not None:
            pairs.append((reference, candidate))
    return pairs


def pairs_in(references: Path, candidates: Path) -> list[Pair]:
    """Programs of one name in both folders."""
    names = sorted(path.name for path in references.glob("*.py"))
    both = [name for name in names if (candidates / name).is_file()]
    return [((references / name).read_text(), (candidates / name).read_text()) for name in both]


def run_public(checkout: Path, pairs: list[Pair]) -> tuple[list[dict[str, float | str]], float]:
    """The public scores by part (the name of an error where it fails), and seconds of all."""
    folder = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PROJECT_PATH": str(checkout),
        "PYTHONPATH": os.pathsep.join([str(checkout), os.environ.get("PYTHONPATH", "")]),
        "PATH": os.pathsep.join([str(folder), os.environ.get("PATH", "")]),
        "MPLBACKEND": "agg",
    }
    found: list[dict[str, float | str]] = []
    begun = time.perf_counter()
    for number, pair in enumerate(pairs):
        with tempfile.TemporaryDirectory() as scratch:
            files = []
            for side, program in zip(("reference", "candidate"), pair, strict=True):
                file = Path(scratch, side, f"pair_{number}.py")
                file.parent.mkdir()
                file.write_text(program)
                files.append(file)
            target = Path(scratch, "scores.json")
            command = [sys.executable, "-c", DRIVER, str(files[1]), str(files[0]), str(target)]
            with subprocess.Popen(
                command,
                cwd=checkout,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            ) as process:
                try:
                    process.wait(SECONDS)
                except subprocess.TimeoutExpired:
                    # what it started would go on by itself
                    os.killpg(process.pid, signal.SIGKILL)
            scores = dict.fromkeys(PARTS, "no result")
            if target.exists():
                scores = json.loads(target.read_text())
            found.append(scores)
    return found, time.perf_counter() - begun


def saved_as(pairs: list[Pair]) -> list[Pair]:
    """The programs with one line that saves under the name that the public evaluator removes."""
    tail = 'import matplotlib.pyplot as plt\nplt.savefig("pair_{}.pdf")\n'
    return [
        (f"{reference}\n{tail.format(number)}", f"{candidate}\n{tail.format(number)}")
        for number, (reference, candidate) in enumerate(pairs)
    ]


def differences(
    ours: list[DrawingScore], public: list[dict[str, float | str]]
) -> list[dict[str, Any]]:
    """Parts of pairs whose scores differ by more than rounding."""
    rows = []
    for number, (own, other) in enumerate(zip(ours, public, strict=True)):
        for part in PARTS:
            value, theirs = own.values.get(f"chartmimic_{part}"), other[part]
            if value is None or isinstance(theirs, str) or abs(value - theirs) > TOLERANCE:
                rows.append({"pair": number, "part": part, "ours": value, "public": theirs})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--pairs", type=int, default=600)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folders", type=Path, nargs=2)
    parser.add_argument("--public", type=Path)
    parser.add_argument("--sample", type=int, default=6)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    pairs = pairs_in(*arguments.folders) if arguments.folders else procedural_pairs(arguments.pairs)
    pairs = pairs[: arguments.pairs]
    if not pairs:
        parser.error("there are no pairs of programs")
    with Renderer(workers=arguments.workers) as renderer:
        score_drawings("chart", pairs[:1] * arguments.workers, renderer=renderer)
        begun = time.perf_counter()
        scores = score_drawings("chart", pairs, renderer=renderer)
        seconds = time.perf_counter() - begun
        result: dict[str, Any] = {
            "pairs": len(pairs),
            "workers": arguments.workers,
            "seconds": round(seconds, 2),
            "seconds_a_pair": round(seconds / len(pairs), 4),
            **summarize_scores(scores),
        }
        if arguments.public is not None:
            step = max(1, len(pairs) // arguments.sample)
            sample = saved_as(pairs[::step][: arguments.sample])
            begun = time.perf_counter()
            own = score_drawings("chart", sample, renderer=renderer)
            own_seconds = time.perf_counter() - begun
            public, public_seconds = run_public(arguments.public.resolve(), sample)
            result["sample"] = {
                "pairs": len(sample),
                "ours_seconds_a_pair": round(own_seconds / len(sample), 3),
                "public_seconds_a_pair": round(public_seconds / len(sample), 3),
                "times_faster": round(public_seconds / own_seconds, 1),
                "differences": differences(own, public),
            }
    for name, value in result.items():
        if isinstance(value, dict):
            print(name)
            for key, one in value.items():
                print(f"  {key:<24}{one}")
        else:
            print(f"{name:<26}{value}")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
