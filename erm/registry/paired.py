"""Scores of two versions on the same items, and how certain their difference is.

A score is a ratio of sums over items: F1 is Σ 2·matches / Σ (2·matches + invented + missed), a mean
reward is Σ reward / Σ 1. An item is such a numerator and denominator, so that one paired bootstrap
serves both.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from erm.benchmark.statistics import RESAMPLES, draw_items

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RESAMPLES = 10_000
_F1 = {"f1_hard": "hard", "f1_soft": "soft"}
"""Metric of the benchmark → the column of matches in ``items.csv``."""


class TaskScore(NamedTuple):
    """A score in one task with its 95 % interval; higher is better."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


Scores = Mapping[str, TaskScore]
"""Scores by task; tasks are never averaged."""

Items = Mapping[str, Mapping[str, tuple[float, float]]]
"""Task → key of an item → its numerator and denominator."""


@dataclass(frozen=True)
class Measured:
    """What a version scored.

    Attributes:
        items: of the same scores; empty where they are not known.
    """

    scores: Scores
    items: Items = field(default_factory=dict)


class DifferenceInterval(NamedTuple):
    """A difference of two scores with an interval; `paired` if both were resampled together."""

    value: float
    low: float
    high: float
    paired: bool


def difference_interval(
    candidate: Measured, champion: Measured, task: str, confidence: float
) -> DifferenceInterval | None:
    """The candidate's score less the champion's in a task that both know.

    With items of both it is a paired percentile bootstrap over the items that both have (Efron and
    Tibshirani, ch. 13). Otherwise both intervals are combined as if the scores were independent,
    which is wider. None where there are neither items nor intervals.
    """
    own, other = candidate.items.get(task, {}), champion.items.get(task, {})
    shared = [key for key in own if key in other]
    if shared:
        return _paired(
            np.array([own[key] for key in shared], dtype=np.float64),
            np.array([other[key] for key in shared], dtype=np.float64),
            confidence,
        )
    first, second = candidate.scores[task], champion.scores[task]
    if first.low == first.high and second.low == second.high:
        return None
    normal = NormalDist()
    widen = normal.inv_cdf((1 + confidence) / 2) / normal.inv_cdf(0.975)
    value = first.value - second.value
    below = np.hypot(first.value - first.low, second.high - second.value) * widen
    above = np.hypot(first.high - first.value, second.value - second.low) * widen
    return DifferenceInterval(value, float(value - below), float(value + above), False)


def _paired(
    first: NDArray[np.float64], second: NDArray[np.float64], confidence: float
) -> DifferenceInterval:
    """Of two (items, 2) arrays of numerators and denominators."""
    generator = np.random.default_rng(0)
    everything = np.ones((1, len(first)), dtype=np.int64)
    found = []
    for _ in range(_RESAMPLES // RESAMPLES):  # all at once would take 100 MB
        draws = draw_items(len(first), generator, RESAMPLES)
        found.append(_ratios(first, draws) - _ratios(second, draws))
    tails = [50 * (1 - confidence), 50 * (1 + confidence)]
    low, high = np.percentile(np.concatenate(found), tails)
    value = _ratios(first, everything)[0] - _ratios(second, everything)[0]
    return DifferenceInterval(float(value), float(low), float(high), True)


def _ratios(items: NDArray[np.float64], draws: NDArray[np.int64]) -> NDArray[np.float64]:
    """(resamples,) Σ numerator / Σ denominator; 1 for 0 / 0, where nothing was to be found."""
    numerator, denominator = (draws @ items).T
    return np.where(denominator > 0, numerator / np.where(denominator > 0, denominator, 1), 1.0)


def critic_items(benchmarked: Path, metric: str) -> Items:
    """The items behind a critic's score, from ``items.csv`` of the benchmark's folder.

    Empty where the metric is no F1, or the benchmark wrote no such file.
    """
    path = benchmarked / "items.csv"
    if metric not in _F1 or not path.is_file():
        return {}
    items: dict[str, dict[str, tuple[float, float]]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found = 2.0 * float(row[_F1[metric]])
            whole = found + float(row["invented"]) + float(row["missed"])
            items.setdefault(row["task"], {})[f"{row['id']} {row['idx']}"] = (found, whole)
    return items


def policy_items(evaluated: Path, metric: str) -> Items:
    """The references behind a policy's score, from ``completions.jsonl`` of the evaluation.

    Empty where the metric is no mean over greedy completions, or there is no such file.
    """
    path = evaluated / "completions.jsonl"
    if not path.is_file():
        return {}
    items: dict[str, dict[str, tuple[float, float]]] = {}
    with path.open(encoding="utf-8") as file:
        for row in map(json.loads, file):
            if (row["policy"], row["mode"]) != ("after", "greedy"):
                continue
            value = _value(row, metric)
            if value is None:
                return {}
            own = items.setdefault(row["task"], {})
            sum_, number = own.get(row["source_id"], (0.0, 0.0))
            own[row["source_id"]] = (sum_ + value, number + 1.0)
    return items


def _value(row: Mapping[str, Any], metric: str) -> float | None:
    value = row.get(metric, row["similarities"].get(metric))
    return float(value) if isinstance(value, int | float) else None
