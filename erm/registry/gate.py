"""The gate before the alias ``champion``: which conditions a version misses, and by how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class TaskScore(NamedTuple):
    """A score in one task with its 95 % interval; higher is better."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


Scores = Mapping[str, TaskScore]
"""Scores by task; tasks are never averaged."""


def below_floor(scores: Scores, floor: Mapping[str, float]) -> list[str]:
    """Tasks whose score does not exceed their floor, a sentence each; tasks without one pass."""
    return [
        f"{task} has {scores[task]}, which is not above the floor of {least:.3f}"
        for task, least in floor.items()
        if task in scores and scores[task].value <= least
    ]


def below_start(gains: Scores) -> list[str]:
    """Tasks in which a policy lost against its start: the interval of its gain is below zero."""
    return [
        f"{task} lost against the policy that it started from: {gain}"
        for task, gain in gains.items()
        if gain.high < 0
    ]


def not_better(
    candidate: Scores, champion: Scores, *, margin: float, most_loss: float
) -> list[str]:
    """Why a candidate does not beat a champion, a sentence each; none where it does.

    It must exceed the champion by more than `margin` in one task at least, and be worse by more
    than `most_loss` in none. A task that only the champion knows counts as lost.
    """
    reasons = []
    for task, score in champion.items():
        if task not in candidate:
            reasons.append(f"{task} is missing, in which the champion has {score}")
        elif candidate[task].value < score.value - most_loss:
            reasons.append(
                f"{task} has {candidate[task]}, worse than the champion's {score} by more than "
                f"{most_loss:g}"
            )
    ahead = [
        task
        for task, score in candidate.items()
        if task not in champion or score.value > champion[task].value + margin
    ]
    if not ahead:
        reasons.append(f"no task exceeds the champion's score by more than {margin:g}")
    return reasons
