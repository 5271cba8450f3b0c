"""Share of exact errors all of whose words occur often enough in training reports.

``python benchmarks/coverage.py TRAINING TESTED [--split test] [--packages] [--least 20]``

TRAINING and TESTED are folders of pairs, as stage synthesize writes them; the training split of the
first is compared with a split of the second. What counts as a word: `erm.benchmark.coverage`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from erm.benchmark.coverage import LEAST, coverage, sentences


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("training", type=Path)
    parser.add_argument("tested", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--packages", action="store_true", help="only sources of packages")
    parser.add_argument("--least", type=int, default=LEAST)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    training = sentences(options.training, "train")
    tested = sentences(options.tested, options.split, options.packages)
    results = coverage(training, tested, options.least)
    sys.stdout.write("task     errors  coverage  literal  missing words (errors that have them)\n")
    for task, one in sorted(results.items()):
        missing = ", ".join(f"{word} {number}" for word, number in one.missing.most_common(40))
        sys.stdout.write(
            f"{task:8} {one.errors:6}  {one.share:8.3f}  {one.literal_share:7.3f}  {missing}\n"
        )
    if options.json:
        rows = {
            task: {
                "errors": one.errors,
                "coverage": one.share,
                "literal_coverage": one.literal_share,
                "missing": dict(one.missing.most_common()),
            }
            for task, one in results.items()
        }
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
