"""What further drafts bring, by their number and by what they cost, against the first completion.

The drafts of an item are its samples, or those of `erm.evaluation.revision`. Of the first
completion and the drafts after it one is kept: the best by the critic, or, as it would be without
a critic, the last. A draft that draws something is better than any that does not. The search for
the best one ends at a draft in which the critic finds nothing, so samples after it do not count as
spent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from erm.evaluation.completions import REVISIONS
from erm.evaluation.metrics import (
    CRITIC_SEVERITY,
    DRAWN,
    EXACT_SEVERITY,
    likeness_of,
)
from erm.evaluation.records import Row
from erm.evaluation.settings import EvaluationSettings
from erm.policies.intervals import MeanInterval, stratified_interval
from erm.policies.refinement import preference
from erm.policies.scoring import stated_severity
from erm.rewards.exact import WORST_SEVERITY

if TYPE_CHECKING:
    from numpy.typing import NDArray

CRITIC_SCORE = "critic_score"
"""The critic's severity, expected or else reported, at most `WORST_SEVERITY`, which is that of a
draft that draws nothing; None where the reply holds no report."""

SAMPLED = "sampled"
"""Drafts that are independent samples."""

CHANGES = ("repaired", "broken", "improved", "worsened")
"""What becomes of an item: it draws something only afterwards, or only before; or both times, and
is better or worse."""

Curve = dict[str, Any]
"""Points of one kind of drafts and one way of keeping: see `curves`."""

Drafts = Sequence[Row]
"""Rows of an item: its first completion, and the drafts after it."""


def curves(rows: Sequence[Row], drafts: Sequence[Row], settings: EvaluationSettings) -> list[Curve]:
    """Curves of each task and group, and over all of them where there are several.

    Args:
        rows: of `erm.evaluation.run.run`, with a critic.
        drafts: of `erm.evaluation.revision.revise`.

    Returns:
        a list of ``task``, ``group`` (both empty over all, where each group counts the same),
        ``drafts`` (``sampled``, ``revised`` or ``reflected``), ``kept`` (``critic`` or ``last``),
        ``measure`` (the metric by which items are improved or worsened: `EXACT_SEVERITY`, or
        `CRITIC_SCORE` where no source is known) and ``points``: a list with, for each number of
        drafts after the first completion,

        - ``further``: that number; items with fewer drafts count with those that they have
        - ``spent``: mean ``tokens`` (null where they are not counted) and ``characters`` that the
          policy has written for an item
        - ``metrics``: by name ``items``, ``mean`` and ``interval_95`` of the kept draft, and
          ``difference`` and ``difference_interval_95`` to the first completion, over items that
          have a value of both; where as many samples were drawn, also ``to_samples`` and
          ``to_samples_interval_95``, the paired difference to the best of them by the critic
        - ``changes``: by `CHANGES` ``items`` and ``difference``, their part of the measure's
          difference
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in (*rows, *drafts):
        groups.setdefault((row["task"], row["group"]), []).append(row)
    found: list[Curve] = []
    for (task, group), own in groups.items():
        names = [metric.name for metric in likeness_of(task, settings.similarities)]
        strata = [_by_kind(own, settings)]
        for kind in strata[0]:
            found += _curves(task, group, kind, strata, names, settings)
    if len(groups) > 1:
        strata = [_by_kind(own, settings) for own in groups.values()]
        for kind in dict.fromkeys(kind for one in strata for kind in one):
            shared = [one for one in strata if kind in one]
            found += _curves("", "", kind, shared, [], settings)
    return found


def score(row: Row) -> float | None:
    """`CRITIC_SCORE` of a draft."""
    if row["outcome"] != "judged":
        return WORST_SEVERITY
    stated = stated_severity(row["metrics"])
    return None if stated is None else min(stated, WORST_SEVERITY)


def best(drafts: Drafts) -> Row:
    """The best draft by the critic, the earliest of equals."""
    return min(
        drafts,
        key=lambda row: preference(
            "unparsable" if row["unparsable"] else row["outcome"], score(row)
        ),
    )


def searched(drafts: Drafts) -> list[Row]:
    """The drafts up to the first one in which the critic finds nothing."""
    found: list[Row] = []
    for row in drafts:
        found.append(row)
        if row["metrics"].get(CRITIC_SEVERITY) == 0:
            break
    return found


def _last(drafts: Drafts) -> Row:
    return drafts[-1]


def _by_kind(rows: Sequence[Row], settings: EvaluationSettings) -> dict[str, list[Drafts]]:
    """The first completion of each item and the drafts after it, by the kind of these."""
    found: dict[str, list[Drafts]] = {}
    drawn = _by_item(row for row in rows if row["mode"] not in REVISIONS)
    if any(len(own) > 1 for own in drawn.values()):
        found[SAMPLED] = list(drawn.values())
    for mode in REVISIONS[: bool(settings.rounds) + settings.reflect]:
        after = _by_item(row for row in rows if row["mode"] == mode)
        found[mode] = [[own[0], *after.get(name, ())] for name, own in drawn.items()]
    return found


def _by_item(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["id"], []).append(row)
    return found


def _curves(
    task: str,
    group: str,
    kind: str,
    groups: Sequence[dict[str, list[Drafts]]],
    names: Sequence[str],
    settings: EvaluationSettings,
) -> Iterator[Curve]:
    strata = [own[kind] for own in groups]
    rivals = [own[SAMPLED] for own in groups if SAMPLED in own] if kind != SAMPLED else []
    ways: dict[str, Callable[[Drafts], Row]] = {"critic": best}
    if kind != SAMPLED:
        ways["last"] = _last
    first = [own[0] for items in strata for own in items]
    known = any(row["metrics"].get(EXACT_SEVERITY) is not None for row in first)
    measure = EXACT_SEVERITY if known else CRITIC_SCORE
    longest = max(len(own) for items in strata for own in items)
    most = longest if kind == SAMPLED else settings.rounds + 1
    drawn = min((len(own) for items in rivals for own in items), default=0)
    for way, keep in ways.items():
        tried = strata if way == "last" else [[searched(own) for own in one] for one in strata]
        compared = way == "critic" and len(rivals) == len(strata)
        yield {
            "task": task,
            "group": group,
            "drafts": kind,
            "kept": way,
            "measure": measure,
            "points": [
                {
                    "further": further,
                    **_point(
                        [[own[: further + 1] for own in items] for items in tried],
                        keep,
                        (DRAWN, EXACT_SEVERITY, CRITIC_SCORE, *names),
                        measure,
                        settings.seed,
                        [[best(searched(own)[: further + 1]) for own in one] for one in rivals]
                        if compared and 0 < further < drawn
                        else None,
                    ),
                }
                for further in range(most)
            ],
        }


def _point(
    strata: Sequence[Sequence[Drafts]],
    keep: Callable[[Drafts], Row],
    names: Sequence[str],
    measure: str,
    seed: int,
    samples: Sequence[Sequence[Row]] | None,
) -> dict[str, Any]:
    kept = [[keep(own) for own in items] for items in strata]
    pairs = [
        [(own[0], row) for own, row in zip(*one, strict=True)]
        for one in zip(strata, kept, strict=True)
    ]
    metrics = {name: found for name in names if (found := _metric(pairs, name, seed)) is not None}
    if samples is not None:
        rivals = [list(zip(*one, strict=True)) for one in zip(samples, kept, strict=True)]
        for name, found in metrics.items():
            if (against := _metric(rivals, name, seed)) is not None:
                found["to_samples"] = against["difference"]
                found["to_samples_interval_95"] = against["difference_interval_95"]
    return {
        "spent": {
            unit: _mean([[_spent(own, unit) for own in items] for items in strata])
            for unit in ("tokens", "characters")
        },
        "metrics": metrics,
        "changes": _changes(pairs, measure),
    }


def _spent(drafts: Drafts, unit: str) -> float | None:
    numbers = [row["spent"][unit] for row in drafts]
    return None if None in numbers else float(sum(numbers))


def _mean(strata: Sequence[Sequence[float | None]]) -> float | None:
    """The mean over strata of their means; None where a value is missing."""
    if any(value is None for values in strata for value in values):
        return None
    return float(np.mean([np.mean(np.array(values, dtype=np.float64)) for values in strata]))


def _value(row: Row, name: str) -> float | None:
    found: float | None = score(row) if name == CRITIC_SCORE else row["metrics"].get(name)
    return found


def _metric(
    strata: Sequence[Sequence[tuple[Row, Row]]], name: str, seed: int
) -> dict[str, Any] | None:
    """The metric of the kept drafts and its difference to the first; None where no item has it."""
    known = [
        [
            (before, after)
            for pair in items
            for before, after in [(_value(pair[0], name), _value(pair[1], name))]
            if before is not None and after is not None
        ]
        for items in strata
    ]
    values = [np.array(items, dtype=np.float64) for items in known if items]
    if not values:
        return None
    mean = _interval([one[:, 1] for one in values], seed)
    difference = _interval([one[:, 1] - one[:, 0] for one in values], seed)
    return {
        "items": sum(map(len, values)),
        "mean": mean.mean,
        "interval_95": [mean.low, mean.high],
        "difference": difference.mean,
        "difference_interval_95": [difference.low, difference.high],
    }


def _changes(
    strata: Sequence[Sequence[tuple[Row, Row]]], measure: str
) -> dict[str, dict[str, float]]:
    counts = dict.fromkeys(CHANGES, 0)
    parts = dict.fromkeys(CHANGES, 0.0)
    changes = [[(*pair, _difference(*pair, measure)) for pair in items] for items in strata]
    known = [sum(change is not None for *_, change in items) for items in changes]
    strata_known = sum(map(bool, known))
    for items, number in zip(changes, known, strict=True):
        for before, after, change in items:
            kind = _change(before, after, change)
            if kind is not None:
                counts[kind] += 1
                parts[kind] += change / number / strata_known if change is not None else 0.0
    return {kind: {"items": counts[kind], "difference": parts[kind]} for kind in CHANGES}


def _change(before: Row, after: Row, change: float | None) -> str | None:
    drew, draws = (row["outcome"] == "judged" for row in (before, after))
    if drew != draws:
        return "repaired" if draws else "broken"
    if not drew or not change:
        return None
    return "improved" if change < 0 else "worsened"


def _difference(before: Row, after: Row, measure: str) -> float | None:
    first, last = _value(before, measure), _value(after, measure)
    return None if first is None or last is None else last - first


def _interval(strata: Sequence[NDArray[np.float64]], seed: int) -> MeanInterval:
    return stratified_interval(strata, np.random.default_rng(seed))
