"""Time of the published scores of charts.

``python -m benchmarks.chart_scores [--pairs N] [--workers N] [--folders REFERENCES CANDIDATES]
[--against COMMAND] [--against-pairs N] [--json FILE]``

A pair is a procedural chart and an edited copy, or with ``--folders`` two programs of one name in
the two folders. All pairs are scored contained. With ``--against`` another program, such as the
public evaluator, scores a sample of them, and so does one of our workers
(`benchmarks/against.py` says how they are asked and timed). Not covered: starting our workers,
which is paid once.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.against import Pair, Scores, check_options, measure, program_words, show
from erm.benchmark.drawing_scores import score_drawings, summarize_scores
from erm.errors import ErmError
from erm.render import Renderer
from erm.tasks import get_task


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


def against(command: Sequence[str], count: int | None, pairs: list[Pair]) -> dict[str, Any]:
    """One worker of ours and the command on a sample of the pairs."""
    with Renderer(workers=1) as renderer:

        def scores(reference: str, candidate: str) -> Scores:
            return score_drawings("chart", [(reference, candidate)], renderer=renderer)[0].values

        scores(*pairs[0])  # starts the worker
        return measure(command, count, pairs, scores)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--pairs", type=int, default=600)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folders", type=Path, nargs=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--against", type=program_words, metavar="COMMAND")
    parser.add_argument("--against-pairs", type=int, metavar="N", help="of the pairs (default 8)")
    arguments = parser.parse_args()
    check_options(parser, arguments)
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
    if arguments.against is not None:
        try:
            result["against"] = against(arguments.against, arguments.against_pairs, pairs)
        except ErmError as error:
            parser.exit(1, f"{error}\n")
    show(result)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
