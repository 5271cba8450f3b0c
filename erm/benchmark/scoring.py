"""The published VC-RewardBench scores: F1 hard and soft, severity correlation, to the last digit.

All rules are those of the public evaluator; ``tests/golden`` holds its input and output.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from erm.benchmark.formats import Prediction
from erm.benchmark.judge.alignment import (
    Alignment,
    Error,
    ErrorLists,
    UnusableItemError,
    error_lists,
    named_category,
    read_reply,
)
from erm.report import categories_of
from erm.tasks import task_names


@dataclass(frozen=True)
class Counts:
    """Matches and misses, summed over items; `soft` counts a partial match as half."""

    hard: int = 0
    soft: float = 0.0
    invented: int = 0
    missed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.hard + other.hard,
            self.soft + other.soft,
            self.invented + other.invented,
            self.missed + other.missed,
        )

    @property
    def f1_hard(self) -> float:
        """In [0, 1]; 1 if there are no errors on either side."""
        if self.hard == self.invented == self.missed == 0:
            return 1.0
        return f1(self.hard, self.invented, self.missed)

    @property
    def f1_soft(self) -> float:
        """In [0, 1]; unlike the hard one, 0 if there are no errors on either side."""
        return f1(self.soft, self.invented, self.missed)

    def published(self) -> dict[str, float]:
        """With the public evaluator's keys."""
        return {
            "tp_hard": self.hard,
            "tp_soft": self.soft,
            "fp": self.invented,
            "fn": self.missed,
            "f1_hard": self.f1_hard,
            "f1_soft": self.f1_soft,
        }


def f1(found: float, invented: float, missed: float) -> float:
    """2PR/(P+R) with x/0 = 0."""
    precision = ratio(found, found + invented)
    recall = ratio(found, found + missed)
    return ratio(2 * precision * recall, precision + recall)


def ratio(part: float, whole: float) -> float:
    """part / whole; 0 if the whole is 0."""
    return part / whole if whole else 0.0


@dataclass(frozen=True)
class ItemScore:
    """The scores of one item.

    Attributes:
        lists: the aligned errors; None if the item was left out or is unusable.
        alignment: None unless the item counts.
        failure: why the item does not count; None if it counts or its task is unknown.
        counts: of the whole item; `by_category` has those of each category.
        predicted_severity, annotated_severity: sums by category; not finite if a severity in the
            file is not.
    """

    prediction: Prediction
    lists: ErrorLists | None = None
    alignment: Alignment | None = None
    failure: str | None = None
    counts: Counts = Counts()
    by_category: Mapping[str, Counts] = field(default_factory=dict)
    predicted_severity: Mapping[str, float] = field(default_factory=dict)
    annotated_severity: Mapping[str, float] = field(default_factory=dict)

    @property
    def task(self) -> str:
        return self.prediction.item.task

    @property
    def counted(self) -> bool:
        """Whether the item counts in the summary."""
        return self.alignment is not None


def judge_items(
    predictions: Sequence[Prediction], align: Callable[[Sequence[ErrorLists]], Sequence[str | None]]
) -> list[ItemScore]:
    """Score all items, in order.

    Args:
        align: a judge; from the lists of all usable items to its replies. If a reply is None, the
            item fails.
    """
    scores: list[ItemScore | None] = [None] * len(predictions)
    asked: list[tuple[int, ErrorLists]] = []
    for place, prediction in enumerate(predictions):
        if prediction.item.task not in task_names():
            scores[place] = ItemScore(prediction)
            continue
        try:
            asked.append((place, error_lists(prediction)))
        except UnusableItemError as error:
            scores[place] = ItemScore(prediction, failure=str(error))
    replies = align([lists for _, lists in asked])
    for (place, lists), reply in zip(asked, replies, strict=True):
        scores[place] = _score_item(predictions[place], lists, reply)
    return [score for score in scores if score is not None]


def _score_item(prediction: Prediction, lists: ErrorLists, reply: str | None) -> ItemScore:
    if reply is None:
        return ItemScore(prediction, lists, failure="the judge has no reply for the item")
    try:
        alignment = read_reply(reply, lists)
    except UnusableItemError as error:
        return ItemScore(prediction, lists, failure=str(error))
    categories = categories_of(lists.task)
    by_category = {category: Counts() for category in categories}
    for match in alignment.matches:
        category = named_category(lists.predicted[match.predicted])
        by_category[category] += Counts(int(match.level == "yes"), _worth(match.level))
    for index in alignment.unmatched_predicted:
        by_category[named_category(lists.predicted[index])] += Counts(invented=1)
    for index in alignment.unmatched_annotated:
        by_category[named_category(lists.annotated[index])] += Counts(missed=1)
    return ItemScore(
        prediction,
        lists,
        alignment,
        counts=total(by_category.values()),
        by_category=by_category,
        predicted_severity=_severity_sums(lists.predicted, categories),
        annotated_severity=_severity_sums(lists.annotated, categories),
    )


def _worth(level: str) -> float:
    return 1.0 if level == "yes" else 0.5


def total(counts: Iterable[Counts]) -> Counts:
    """The sum of counts, `Counts()` for none."""
    return sum(counts, start=Counts())


def _severity_sums(errors: Sequence[Error], categories: Sequence[str]) -> dict[str, float]:
    sums = dict.fromkeys(categories, 0.0)
    for error in errors:
        sums[named_category(error)] += severity_number(error.get("severity", 0))
    return sums


def severity_number(value: Any) -> float:
    """A severity as the public evaluator reads it: what Python's ``float`` accepts, else 0."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0


def summarize(scores: Sequence[ItemScore]) -> dict[str, Any]:
    """The published summary, with the public evaluator's keys; None if a value is undefined."""
    counted = [score for score in scores if score.counted]
    tasks = {task: [s for s in counted if s.task == task] for task in sorted(task_names())}
    every = sorted({category for task in task_names() for category in categories_of(task)})
    present = {category for score in counted for category in score.by_category}
    failed = [s.prediction.item.idx for s in scores if s.failure is not None]
    return {
        "overall": _section(counted, [category for category in every if category in present]),
        "by_category": {
            task: _section(rows, [c for c in sorted(categories_of(task)) if rows])
            for task, rows in tasks.items()
        },
        "severity_correlation": {
            "by_category": {
                task: {
                    "by_type": {
                        category: _correlate(rows, category)
                        for category in sorted(categories_of(task))
                    },
                    "total": _correlate(rows, None),
                }
                for task, rows in tasks.items()
            },
            "overall": {"total": _correlate(counted, None)},
        },
        "evaluated": len(counted),
        "failed": sorted(failed) if all(isinstance(idx, int) for idx in failed) else failed,
    }


def _section(rows: Sequence[ItemScore], categories: Sequence[str]) -> dict[str, Any]:
    by_type = {
        category: total(
            row.by_category[category] for row in rows if category in row.by_category
        ).published()
        for category in categories
    }
    return {"overall": total(row.counts for row in rows).published(), "by_type": by_type}


def _correlate(rows: Sequence[ItemScore], category: str | None) -> float | None:
    return pearson(
        [severity_sum(row.predicted_severity, category) for row in rows],
        [severity_sum(row.annotated_severity, category) for row in rows],
    )


def severity_sum(sums: Mapping[str, float], category: str | None = None) -> float:
    """The severity of one category, or of all categories, of an item."""
    return sum(sums.values()) if category is None else sums[category]


def pearson(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Pearson correlation in [-1, 1], up to rounding.

    It is None for fewer than two values, if one sequence is constant, or if a value is not finite.
    Sums are exact, so that the order of items does not matter.
    """
    if len(first) < 2 or not all(map(math.isfinite, [*first, *second])):
        return None
    if min(first) == max(first) or min(second) == max(second):
        return None
    try:
        mean_first = math.fsum(first) / len(first)
        mean_second = math.fsum(second) / len(second)
        squares_first = math.fsum((x - mean_first) ** 2 for x in first)
        squares_second = math.fsum((y - mean_second) ** 2 for y in second)
        products = math.fsum(
            (x - mean_first) * (y - mean_second) for x, y in zip(first, second, strict=True)
        )
        return products / math.sqrt(squares_first * squares_second)
    except (OverflowError, ZeroDivisionError):
        return None
