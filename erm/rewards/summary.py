"""A batch's rewards in numbers, for logs; and what a training does with failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from erm.errors import ErmError
from erm.rewards.rollout import PartScore, Scored


def summarize(scored: Sequence[Scored], weights: Mapping[str, float]) -> dict[str, float]:
    """Numbers of a batch by name.

    ``rendered``: share of completions that drew something. ``unparsable``: share of those whose
    critique holds no report. ``severity``: mean S of what was judged. ``failed``: share of
    completions without a reward. For each part ``part/NAME``, its mean value, ``weight/NAME``, and
    the means of its components, such as ``critic/style_error``. With the part ``exact``,
    ``exact_severity``. NaN where there is nothing to take a mean of.
    """
    outcomes = Counter(each.outcome for each in scored)
    drawn = sum(each.drawn.outcome == "judged" for each in scored)
    numbers = {
        "rendered": drawn / len(scored),
        "unparsable": outcomes["unparsable"] / max(1, drawn),
        "severity": _mean([each.severity for each in scored]),
        "failed": sum(each.value is None for each in scored) / len(scored),
    }
    for name, weight in weights.items():
        scores = [each.parts[name] for each in scored]
        numbers |= {f"part/{name}": _mean([score.value for score in scores])}
        numbers |= {f"weight/{name}": weight, **_components(name, scores)}
        if any(score.annotation is not None for score in scores):
            numbers["exact_severity"] = _mean([score.severity for score in scores])
    return numbers


def require_values(scored: Sequence[Scored]) -> list[float]:
    """The rewards; raises `ErmError` where a completion has none, since it is no zero."""
    values = [each.value for each in scored if each.value is not None]
    if len(values) < len(scored):
        raise ErmError(_sentence(scored))
    return values


def values_or_none(scored: Sequence[Scored]) -> list[float | None]:
    """The rewards, None where a completion has none; raises `ErmError` where all have none."""
    values = [each.value for each in scored]
    if values and all(value is None for value in values):
        raise ErmError(_sentence(scored))
    return values


def filled_values(scored: Sequence[Scored]) -> list[float]:
    """The rewards; a completion without one gets the mean of its reference's other completions.

    So its advantage in its group is 0. For trainers that can't leave a completion out.

    Raises:
        ErmError: no completion of a reference has a reward.
    """
    groups: dict[tuple[str, bytes], list[float]] = {}
    for each in scored:
        key = (each.drawn.rollout.task, each.drawn.rollout.reference)
        groups.setdefault(key, []).extend([each.value] if each.value is not None else [])
    if not all(groups.values()):
        raise ErmError(_sentence(scored))
    return [
        each.value
        if each.value is not None
        else float(np.mean(groups[each.drawn.rollout.task, each.drawn.rollout.reference]))
        for each in scored
    ]


def _sentence(scored: Sequence[Scored]) -> str:
    failures = [each.failure for each in scored if each.value is None and each.failure is not None]
    kinds = Counter(failure.kind for failure in failures)
    counted = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    return (
        f"{len(failures)} of {len(scored)} completions have no reward ({counted}); "
        f"the first: {failures[0].message}"
    )


def _components(part: str, scores: Sequence[PartScore]) -> dict[str, float]:
    names = dict.fromkeys(name for score in scores for name in score.components)
    return {
        f"{part}/{name}": _mean([score.components.get(name) for score in scores]) for name in names
    }


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(sum(known) / len(known)) if known else float("nan")
