"""Constructed pairs of error lists whose alignment is known, to validate any judge.

Covers the seeded construction from the facts of each task (`erm.tasks.judge_words`) and the
agreement of a judge with it. What each way of saying an error is worth follows the rules in
``docs/benchmark.md``.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from erm.benchmark.judge.alignment import ErrorLists, Level, Match, read_reply
from erm.benchmark.judge.judges import Judge
from erm.tasks import get_task, task_names
from erm.tasks.judge_words import Fact

PAIRS = 200

_LEVELS: dict[str, Level | None] = {
    "full": "yes",
    "directed": "yes",
    "general": "partial",
    "vague": "partial",
    "clash": "partial",
    "other_category": "partial",
    "elsewhere": None,
    "otherwise": None,
}
"""What each way of telling a fact is worth against a full one."""


@dataclass(frozen=True)
class Constructed:
    """Two lists and the matches that a fair judge finds."""

    lists: ErrorLists
    matches: tuple[Match, ...]


@dataclass(frozen=True)
class Agreement:
    """How far a judge agrees: by whole pair of lists, and by single error of either list."""

    pairs: int
    pairs_right: int
    decisions: int
    decisions_right: int
    disagreements: tuple[str, ...]


def _facts(rng: random.Random, task: str) -> list[Fact]:
    """Two to five facts at places of their own."""
    count = rng.randint(2, 5)
    known = get_task(task).judge.facts
    makers = known(rng) if known is not None else []
    return [make() for make in rng.sample(makers, min(count, len(makers)))]


def construct(seed: int = 0, pairs: int = PAIRS) -> list[Constructed]:
    """Constructed pairs of lists of the tasks with facts; same seed and tasks, same lists."""
    rng = random.Random(seed)
    tasks = [task for task in task_names() if get_task(task).judge.facts is not None]
    return [_construct_one(rng, number, rng.choice(tasks)) for number in range(pairs)]


def _construct_one(rng: random.Random, number: int, task: str) -> Constructed:
    annotated: list[dict[str, Any]] = []
    predicted: list[tuple[dict[str, Any], tuple[int, Level] | None]] = []
    for place, fact in enumerate(_facts(rng, task)):
        annotated.append(_error(rng, fact.category, fact.full))
        way = rng.choice(("full", "full", "full", *_LEVELS, "dropped"))
        if way == "dropped":
            continue
        sayings = fact.full if way == "other_category" else getattr(fact, way)
        if not sayings:
            sayings, way = fact.full, "full"
        category = fact.other_category if way == "other_category" else fact.category
        level = _LEVELS[way]
        found = (place, level) if level is not None else None
        predicted.append((_error(rng, category, sayings), found))
    rng.shuffle(predicted)
    matches = tuple(
        Match(index, found[0], found[1])
        for index, (_, found) in enumerate(predicted)
        if found is not None
    )
    lists = ErrorLists(
        number, number, task, tuple(error for error, _ in predicted), tuple(annotated)
    )
    return Constructed(lists, matches)


def _error(rng: random.Random, category: str, ways: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    location, description = rng.choice(ways)
    error: dict[str, Any] = {"type": category, "severity": rng.randint(1, 3)}
    return {**error, "location": location, "description": description}


def agreement(judge: Judge, constructed: list[Constructed]) -> Agreement:
    """How far a judge's alignments are the known ones; a decision is one error's partner and
    level, or that it has none."""
    replies = judge.replies([one.lists for one in constructed])
    pairs_right = decisions = decisions_right = 0
    disagreements = []
    for one, reply in zip(constructed, replies, strict=True):
        found = set(read_reply(reply or "", one.lists).matches)
        expected = set(one.matches)
        pairs_right += found == expected
        for side, count in ((0, len(one.lists.predicted)), (1, len(one.lists.annotated))):
            decided = {match[side]: match for match in found}
            known = {match[side]: match for match in expected}
            decisions += count
            decisions_right += sum(decided.get(i) == known.get(i) for i in range(count))
        disagreements += [_describe(one, match, "expected") for match in sorted(expected - found)]
        disagreements += [_describe(one, match, "found") for match in sorted(found - expected)]
    return Agreement(
        len(constructed), pairs_right, decisions, decisions_right, tuple(disagreements)
    )


def _describe(one: Constructed, match: Match, which: str) -> str:
    sides = (one.lists.annotated[match.annotated], one.lists.predicted[match.predicted])
    words = " | ".join(f"{side['location']}: {side['description']}" for side in sides)
    return f"{which} {match.level}: {words}"
