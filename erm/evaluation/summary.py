"""What the rows of an evaluation say together: means, intervals, best of n, and what went wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from erm.evaluation.items import Item
from erm.evaluation.metrics import (
    CRITIC_SEVERITY,
    EXACT_SEVERITY,
    Metric,
    likeness_of,
    metrics_of,
)
from erm.evaluation.records import Row
from erm.evaluation.settings import EvaluationSettings
from erm.policies.intervals import mean_interval
from erm.policies.scoring import stated_severity
from erm.rewards.exact import WORST_SEVERITY
from erm.tasks.shared.text import shorten

_LONGEST_REASON = 200
"""Characters of a reason in an example."""

DRAWN_KIND = "drawn"
"""Among the kinds of outcomes, a completion that draws something."""

COUNTS = {
    "outcomes": "{}",
    "not_evaluated": "not evaluated: {}",
    "gaps": "without {}",
    "notes": "worst {} without a comparison",
    "draft_outcomes": "further drafts, {}",
    "draft_gaps": "further drafts without {}",
}
"""Parts of a group's summary that count, and how a kind is named in tables."""

Summary = dict[str, Any]


def summarize(
    items: Sequence[Item],
    rows: Sequence[Row],
    settings: EvaluationSettings,
    *,
    critic: bool,
    drafts: Sequence[Row] = (),
) -> Summary:
    """The summary of an evaluation, as ``scores.json`` has it.

    Args:
        drafts: of `erm.evaluation.revision.revise`.

    Returns:
        ``items``, ``evaluated`` (items that could be), ``left_out`` (sentences on metrics that no
        item has), and ``groups``: a list with, for each task and group of items,

        - ``task``, ``group``, ``items``, ``evaluated``
        - ``metrics``: by name ``title``, ``lower_is_better`` (null: neither), ``items`` (that have
          a value), ``mean`` with ``interval_95`` over items, each by its first completion, and
          ``mean_drawn`` over those that draw something; ``interval_95`` is a percentile bootstrap
        - ``samples`` (of an item, at most), ``sampled`` (mean over items of the mean over samples)
          and ``best_of_n``: means of the sample that the ``critic``, the exact annotator
          (``exact``) or the first similarity likes best
        - ``outcomes``: of completions, by kind, and ``not_evaluated``: of items, by reason
        - ``gaps`` and ``notes``: of completions without a value of a metric, or with the worst one
          although they draw something, by metric; as the two before with their ``number`` and an
          ``example``, a sentence on the first one
        - ``draft_outcomes`` and ``draft_gaps``: as ``outcomes`` and ``gaps``, of `drafts`; a kind
          begins with their mode
    """
    kinds = dict.fromkeys((item.task, item.group) for item in items)
    groups = [
        _group(
            task,
            group,
            [item for item in items if (item.task, item.group) == (task, group)],
            [row for row in rows if (row["task"], row["group"]) == (task, group)],
            [row for row in drafts if (row["task"], row["group"]) == (task, group)],
            settings,
            critic,
        )
        for task, group in kinds
    ]
    return {
        "items": len(items),
        "evaluated": sum(group["evaluated"] for group in groups),
        "left_out": _left_out(items),
        "groups": groups,
    }


def first_rows(rows: Sequence[Row]) -> list[Row]:
    """The first completion of each item."""
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(row["id"], row)
    return list(found.values())


def sampled_rows(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The samples of each item, by its id."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row["mode"] == "sampled":
            found.setdefault(row["id"], []).append(row)
    return found


def choices(
    task: str, settings: EvaluationSettings, critic: bool
) -> dict[str, Callable[[Row], float]]:
    """Ways to choose among an item's samples: name → what is least for the best one."""
    first = likeness_of(task, settings.similarities)[0]
    sign = 1.0 if first.lower else -1.0
    found: dict[str, Callable[[Row], float]] = {}
    if critic:
        found["critic"] = _disliked
    found["exact"] = lambda row: _number(row["metrics"].get(EXACT_SEVERITY))
    found[first.name] = lambda row: _number(row["metrics"].get(first.name), sign)
    return found


def best_rows(rows: Sequence[Row], choice: Callable[[Row], float]) -> list[Row]:
    """Of each item's samples the best one, the earliest of equals; none where the choice knows
    nothing of any sample."""
    best = [min(own, key=choice) for own in sampled_rows(rows).values()]
    return best if any(choice(row) < math.inf for row in best) else []


def _disliked(row: Row) -> float:
    """The critic's severity; a drawing without a report is better than nothing drawn."""
    if row["outcome"] != "judged":
        return math.inf
    stated = stated_severity(row["metrics"])
    return WORST_SEVERITY if stated is None else min(stated, WORST_SEVERITY)


def _number(value: float | None, sign: float = 1.0) -> float:
    return math.inf if value is None else sign * value


def _group(
    task: str,
    group: str,
    items: Sequence[Item],
    rows: Sequence[Row],
    drafts: Sequence[Row],
    settings: EvaluationSettings,
    critic: bool,
) -> Summary:
    first, samples = first_rows(rows), sampled_rows(rows)
    metrics = metrics_of(task, settings.similarities, critic) if task else []
    generator = np.random.default_rng(settings.seed)
    measured = {one.name: _metric(one, first, generator) for one in metrics}
    known = [one for one in metrics if measured[one.name]["items"]]
    return {
        "task": task,
        "group": group,
        "items": len(items),
        "evaluated": len(first),
        "metrics": {one.name: measured[one.name] for one in known},
        "samples": max(map(len, samples.values()), default=0),
        "sampled": _sampled(known, samples),
        "best_of_n": _best_of_n(task, known, rows, settings, critic),
        "outcomes": _counted(
            (row["kind"] or DRAWN_KIND, row["id"], row["reason"]) for row in first
        ),
        "not_evaluated": _counted(
            (kind, item.id, reason)
            for item in items
            if item.problem
            for kind, _, reason in [item.problem.partition(": ")]
        ),
        "gaps": _counted(
            (name, row["id"], reason) for row in first for name, reason in _gaps(row).items()
        ),
        "notes": _counted(
            (name, row["id"], reason) for row in first for name, reason in row["notes"].items()
        ),
        "draft_outcomes": _counted(
            (f"{row['mode']}: {row['kind'] or DRAWN_KIND}", row["id"], row["reason"])
            for row in drafts
        ),
        "draft_gaps": _counted(
            (f"{name} ({row['mode']})", row["id"], reason)
            for row in drafts
            for name, reason in _gaps(row).items()
        ),
    }


def _metric(metric: Metric, first: Sequence[Row], generator: np.random.Generator) -> Summary:
    values = _values(first, metric.name)
    drawn = _values([row for row in first if row["outcome"] == "judged"], metric.name)
    found = mean_interval(np.array(values), generator) if values else None
    return {
        "title": metric.title,
        "lower_is_better": metric.lower,
        "items": len(values),
        "mean": None if found is None else found.mean,
        "interval_95": None if found is None else [found.low, found.high],
        "mean_drawn": float(np.mean(drawn)) if drawn else None,
    }


def _values(rows: Sequence[Row], name: str) -> list[float]:
    values = (row["metrics"].get(name) for row in rows)
    return [value for value in values if value is not None]


def _sampled(
    metrics: Sequence[Metric], samples: Mapping[str, Sequence[Row]]
) -> dict[str, float | None]:
    """The mean over items of the mean over their samples, by metric."""
    if not samples:
        return {}
    found: dict[str, float | None] = {}
    for metric in metrics:
        means = [
            float(np.mean(values))
            for own in samples.values()
            if (values := _values(own, metric.name))
        ]
        found[metric.name] = float(np.mean(means)) if means else None
    return found


def _best_of_n(
    task: str,
    metrics: Sequence[Metric],
    rows: Sequence[Row],
    settings: EvaluationSettings,
    critic: bool,
) -> dict[str, dict[str, float | None]]:
    found: dict[str, dict[str, float | None]] = {}
    for name, choice in choices(task, settings, critic).items() if metrics else ():
        if best := best_rows(rows, choice):
            found[name] = {
                metric.name: float(np.mean(values))
                if (values := _values(best, metric.name))
                else None
                for metric in metrics
            }
    return found


def _gaps(row: Row) -> dict[str, str]:
    """Why metrics have no value, by name, the critic's among them."""
    unparsable = {CRITIC_SEVERITY: row["unparsable"]} if row["unparsable"] else {}
    return {**row["gaps"], **unparsable}


def _counted(found: Iterable[tuple[str, str, str]]) -> dict[str, Summary]:
    """How many there are of each kind, the commonest first, with the first one as an example.

    Args:
        found: the kind, the item's id, and a reason, which may be empty.
    """
    counts: dict[str, Summary] = {}
    for kind, name, reason in found:
        entry = counts.setdefault(kind, {"number": 0, "example": _example(name, reason)})
        entry["number"] += 1
    return dict(sorted(counts.items(), key=lambda one: -one[1]["number"]))


def _example(name: str, reason: str) -> str:
    """A sentence on an item; empty without a reason."""
    short = shorten(reason, _LONGEST_REASON).rstrip(".")
    return f"{name}: {short}." if short else ""


def _left_out(items: Sequence[Item]) -> list[str]:
    """What can't be measured of the data, a sentence each."""
    without = sum(item.source is None and not item.problem for item in items)
    if not without:
        return []
    some = "no item has" if without == len(items) else f"{without} of {len(items)} items lack"
    return [
        f"Exact severity and reward, and comparisons of sources, are left out: {some} a source."
    ]
