"""Scores critics on the 60 hand-edited pairs of real sources of `erm.dataset.checked`.

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
from pathlib import Path
from typing import Any

import numpy as np

from erm.benchmark import judge_from_spec, score
from erm.critics.base import Critic, ImagePair
from erm.critics.loading import critic_from_spec
from erm.critics.prediction import items_of, predictions_of
from erm.dataset.checked import checked_pairs, draw_checked
from erm.dataset.pairs import Pair


def measure(critic: Critic, pairs: list[Pair]) -> dict[str, dict[str, Any]]:
    """Numbers of one critic by task and over all pairs (``overall``)."""
    critiques, rows = [], []
    for one in pairs:
        start = time.perf_counter()
        (critique,) = critic.critique([ImagePair(one.task, one.reference, one.candidate)])
        took = time.perf_counter() - start
        critiques.append(critique)
        empty = critique.severity == 0
        rows.append((one.task, one.report.total_severity, critique.severity or 0.0, empty, took))
    predictions = predictions_of(items_of(pairs), critiques)
    metrics = score(predictions, judge_from_spec("offline")).metrics()
    numbers = {}
    for task in ("overall", *sorted({pair.task for pair in pairs})):
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
    pairs = draw_checked(checked_pairs())
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
