"""The offline judge: a deterministic one-to-one alignment of two lists of errors, without a model.

Covers the assignment over whole lists. Not covered: the decision on one pair
(`erm.benchmark.judge.likeness`). Limits and rules are described in ``docs/benchmark.md``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from erm.benchmark.judge.alignment import Error, ErrorLists, Match, named_category
from erm.benchmark.judge.likeness import Verdict, compare_readings
from erm.benchmark.judge.wording import read_error

MOST_PAIRS = 10_000
"""Pairs of errors that are compared in one item. In longer lists equal errors find each other first
and what is late in alphabetical order stays unmatched, so that a flood of errors costs its sender
and not the judge."""

_FIELDS = ("type", "category", "location", "description", "severity")


class OfflineJudge:
    """Decides from category, place and described difference; same lists, same reply.

    The order of the errors does not matter beyond identical ones: both lists are put into
    alphabetical order before anything is decided.
    """

    name = "offline"

    def replies(self, lists: Sequence[ErrorLists]) -> list[str | None]:
        """One reply in the judge's JSON format for each item."""
        return [_reply(align(item)) for item in lists]


def _reply(matches: Sequence[Match]) -> str:
    return json.dumps(
        {
            "matches": [
                {"pred_id": match.predicted, "gt_id": match.annotated, "match_level": match.level}
                for match in matches
            ]
        }
    )


def align(lists: ErrorLists) -> list[Match]:
    """The assignment with the most full matches, then the most partial ones, then the best fit."""
    if not lists.predicted or not lists.annotated:
        return []
    predicted, annotated = _ordered(lists.predicted), _ordered(lists.annotated)
    equal: list[Match] = []
    if len(predicted) * len(annotated) > MOST_PAIRS:
        equal = _equal(lists, predicted, annotated)
        predicted, annotated = _without(equal, predicted, annotated)
    readings = [read_error(lists.annotated[index], lists.task) for index in annotated]
    verdicts: dict[tuple[int, int], Verdict] = {}
    for row, index in enumerate(predicted):
        reading = read_error(lists.predicted[index], lists.task)
        for column, other in enumerate(readings):
            verdict = compare_readings(reading, other, lists.task)
            if verdict is not None:
                verdicts[row, column] = verdict
    found = (
        Match(predicted[row], annotated[column], verdicts[row, column].level)
        for row, column in _assign(verdicts)
    )
    return sorted([*equal, *found])


def _equal(lists: ErrorLists, predicted: list[int], annotated: list[int]) -> list[Match]:
    """Errors in the same words in the same category, each once."""
    waiting: dict[tuple[str, ...], list[int]] = {}
    for index in reversed(annotated):
        waiting.setdefault(_words(lists.annotated[index]), []).append(index)
    partners = ((index, waiting.get(_words(lists.predicted[index]))) for index in predicted)
    return [Match(index, places.pop(), "yes") for index, places in partners if places]


def _words(error: Error) -> tuple[str, ...]:
    return tuple(str(value) for value in (named_category(error), *map(error.get, _FIELDS[2:4])))


def _without(
    equal: Sequence[Match], predicted: list[int], annotated: list[int]
) -> tuple[list[int], list[int]]:
    """The rest of both lists, cut to at most `MOST_PAIRS` pairs."""
    matched, annotated_matched = (
        {match.predicted for match in equal},
        {match.annotated for match in equal},
    )
    predicted = [index for index in predicted if index not in matched]
    annotated = [index for index in annotated if index not in annotated_matched]
    rows = max(math.isqrt(MOST_PAIRS), MOST_PAIRS // max(1, len(annotated)))
    predicted = predicted[:rows]
    return predicted, annotated[: MOST_PAIRS // max(1, len(predicted))]


def _ordered(errors: Sequence[Error]) -> list[int]:
    return sorted(range(len(errors)), key=lambda index: _sort_key(errors[index]))


def _sort_key(error: Error) -> tuple[str, ...]:
    return tuple(str(error.get(key)) for key in _FIELDS)


def _assign(verdicts: Mapping[tuple[int, int], Verdict]) -> list[tuple[int, int]]:
    rows = sorted({row for row, _ in verdicts})
    columns = sorted({column for _, column in verdicts})
    row_at = {row: place for place, row in enumerate(rows)}
    column_at = {column: place for place, column in enumerate(columns)}
    if len(verdicts) == len(rows) == len(columns):
        return list(verdicts)
    size = min(len(rows), len(columns)) + 1
    # Any number of better fits stays below one partial match, and those below one full match.
    worth = np.zeros((len(rows), len(columns)))
    for (row, column), verdict in verdicts.items():
        gain = size * (size + 1) if verdict.level == "yes" else size
        worth[row_at[row], column_at[column]] = gain + 0.9 * verdict.fit
    chosen = linear_sum_assignment(worth, maximize=True)
    pairs = [(rows[row], columns[column]) for row, column in zip(*chosen, strict=True)]
    return [pair for pair in pairs if pair in verdicts]
