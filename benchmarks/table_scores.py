"""Time of TEDS against the library that public implementations compute it with.

``python -m benchmarks.table_scores [--rows N] [--columns N] [--pairs N]
[--against COMMAND] [--against-pairs N] [--json FILE]``

A pair is a table of words and numbers and a copy with a row less and some other texts. Both sides
parse the HTML and give the score. The baseline is the ``apted`` package with our distance of texts,
which is faster than theirs. Times are those of the processor. With ``--against`` another program,
such as a public implementation, scores a sample of the pairs too (`benchmarks/against.py` says how
it is asked and timed).
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from apted import APTED, Config
from apted.helpers import Tree
from lxml import html

from benchmarks.against import check_options, measure, program_words, show
from erm.errors import ErmError
from erm.tasks.shared.text import normalized_distance
from erm.tasks.table.teds import teds

WORDS = ("alpha", "beta", "net sales")


class Costs(Config):  # type: ignore[misc]
    """Changing a cell costs the distance of the texts, inserting and removing 1."""

    def rename(self, node1: Any, node2: Any) -> float:
        if node1.name != node2.name:
            return 1.0
        return normalized_distance(node1.text, node2.text)


def baseline(reference: str, candidate: str) -> float:
    """TEDS by the library."""
    first, second = (_tree(html.fromstring(source)) for source in (reference, candidate))
    distance = APTED(first, second, Costs()).compute_edit_distance()
    return 1 - float(distance) / (max(_size(first), _size(second)) - 1)


def _tree(element: html.HtmlElement) -> Tree:
    tree = Tree(element.tag, *map(_tree, element))
    tree.text = element.text or ""
    return tree


def _size(tree: Tree) -> int:
    return 1 + sum(map(_size, tree.children))


def make_pair(rng: random.Random, rows: int, columns: int) -> tuple[str, str]:
    """A table and its copy with a row less and twelve cells changed."""
    cells = [
        [f"{rng.choice(WORDS)} {rng.randrange(10_000)}" for _ in range(columns)]
        for _ in range(rows)
    ]
    reference = _html(cells)
    for _ in range(12):
        rng.choice(cells)[rng.randrange(columns)] = f"{rng.choice(WORDS)} {rng.randrange(10_000)}"
    del cells[rng.randrange(rows)]
    return reference, _html(cells)


def _html(cells: list[list[str]]) -> str:
    lines = ("".join(f"<td>{text}</td>" for text in row) for row in cells)
    return f"<table><tbody>{''.join(f'<tr>{line}</tr>' for line in lines)}</tbody></table>"


def _timed(score: Callable[[str, str], float], pairs: list[tuple[str, str]]) -> tuple[Any, float]:
    begun = time.process_time()
    scores = [score(*pair) for pair in pairs]
    return scores, (time.process_time() - begun) / len(pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rows", type=int, default=30)
    parser.add_argument("--columns", type=int, default=8)
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--against", type=program_words, metavar="COMMAND")
    parser.add_argument("--against-pairs", type=int, metavar="N", help="of the pairs (default 8)")
    arguments = parser.parse_args()
    check_options(parser, arguments)
    rng = random.Random(0)
    pairs = [make_pair(rng, arguments.rows, arguments.columns) for _ in range(arguments.pairs)]
    teds(*pairs[0])
    ours, seconds = _timed(teds, pairs)
    theirs, of_library = _timed(baseline, pairs)
    result: dict[str, Any] = {
        "rows": arguments.rows,
        "columns": arguments.columns,
        "seconds_a_pair": round(seconds, 4),
        "seconds_a_pair_apted": round(of_library, 3),
        "ratio": round(of_library / seconds, 1),
        "largest_difference": max(abs(a - b) for a, b in zip(ours, theirs, strict=True)),
    }
    if arguments.against is not None:
        try:
            result["against"] = measure(
                arguments.against,
                arguments.against_pairs,
                pairs,
                lambda reference, candidate: {"teds": teds(reference, candidate)},
            )
        except ErmError as error:
            parser.exit(1, f"{error}\n")
    show(result)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
