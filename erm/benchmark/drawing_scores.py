"""Published scores of drawings: a candidate's source against its reference's, both drawn contained.

What is compared is the task's (`erm.tasks.Task.fact_scores`). A candidate that doesn't run or draws
nothing is counted, with its reason, and never left out. A reference without facts has no score,
since that is no fault of the candidate's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from erm.errors import ErmError
from erm.tasks import Facts, FactScore, get_task, task_names

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from erm.render import Rendered, Renderer

MOST_FACTS = 50_000
"""Strings, numbers and lists in a drawing's facts, at most; more are a failure of the drawing."""


@dataclass(frozen=True)
class DrawingScore:
    """What one candidate scores.

    Attributes:
        values: score in 0..1 by name, 0 where the candidate doesn't run; empty where the reference
            has no facts.
        reason: why the candidate doesn't run, as a kind and a sentence; empty where it does.
        reference: why the reference has no facts; empty where it has.
    """

    values: Mapping[str, float]
    reason: str = ""
    reference: str = ""


def score_drawings(
    task: str,
    pairs: Sequence[tuple[str, str | None]],
    names: Sequence[str] | None = None,
    renderer: Renderer | None = None,
) -> list[DrawingScore]:
    """Scores of (reference source, candidate source) pairs, in order.

    Each distinct source is drawn once. Two equal calls give equal values.

    Args:
        pairs: a candidate is None where a completion holds no source.
        names: of `erm.tasks.Task.fact_scores`; None for all.
        renderer: by default the one that this process shares.

    Raises:
        ErmError: the task has no such score.
    """
    from erm.render.pool import shared_renderer

    scores = get_task(task).fact_scores
    for name in names or ():
        if name not in scores:
            known = ", ".join(scores) or "none"
            raise ErmError(f"{task} has no score '{name}'; known: {known}.")
    chosen = {name: scores[name] for name in (scores if names is None else names)}
    sources = dict.fromkeys(source for pair in pairs for source in pair if source is not None)
    drawn = (renderer or shared_renderer()).measure_batch([(task, one) for one in sources])
    facts = {
        source: _facts_of(task, rendered) for source, rendered in zip(sources, drawn, strict=True)
    }
    return [
        _score(chosen, facts[reference], "no code" if candidate is None else facts[candidate])
        for reference, candidate in pairs
    ]


def _score(
    scores: Mapping[str, FactScore], reference: Facts | str, candidate: Facts | str
) -> DrawingScore:
    """The scores of two drawings' facts, or of a sentence in their place."""
    if isinstance(reference, str):
        return DrawingScore({}, candidate if isinstance(candidate, str) else "", reference)
    if isinstance(candidate, str):
        return DrawingScore(dict.fromkeys(scores, 0.0), candidate)
    return DrawingScore({name: one.measure(reference, candidate) for name, one in scores.items()})


def _facts_of(task: str, rendered: Rendered) -> Facts | str:
    """A drawing's facts, checked; else why it has none."""
    from pydantic import ValidationError

    if rendered.error is not None:
        return f"{rendered.error.kind}: {rendered.error.message}"
    if rendered.facts is None:
        raise ErmError("A drawing without facts can't be scored.")
    if _size(rendered.facts) > MOST_FACTS:
        return f"too many facts: more than {MOST_FACTS} are drawn"
    try:
        _adapter(task).validate_python(rendered.facts)
    except ValidationError as error:
        return f"invalid facts: {error.errors(include_url=False, include_input=False)[0]['msg']}"
    return rendered.facts


def _size(value: Any) -> int:
    """Values and lists within a JSON value; iterative, since nesting may be hostile."""
    count, todo = 0, [value]
    while todo and count <= MOST_FACTS:
        one = todo.pop()
        count += 1
        if isinstance(one, dict):
            todo += one.values()
        elif isinstance(one, list):
            todo += one
    return count


@cache
def _adapter(task: str) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(get_task(task).facts_type)


def summarize_scores(scores: Sequence[DrawingScore]) -> dict[str, Any]:
    """Means over a set, over all candidates and over those that run.

    Returns:
        ``items``; ``unscored``: items whose reference has no facts, which count nowhere else;
        ``execution_rate``: share of candidates that run, in 0..1; ``mean``: by name over all, where
        one that doesn't run scores 0, as in published tables; ``mean_drawn``: by name over
        candidates that run; ``failures``: number of candidates by kind of failure. A mean over
        nothing is None, and there are no means where no reference has facts.
    """
    scored = [one for one in scores if not one.reference]
    ran = [one for one in scored if not one.reason]
    kinds = [one.reason.partition(":")[0] for one in scored if one.reason]
    return {
        "items": len(scores),
        "unscored": len(scores) - len(scored),
        "execution_rate": len(ran) / len(scored) if scored else None,
        "mean": _means(scored, scored),
        "mean_drawn": _means(scored, ran),
        "failures": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
    }


def _means(
    scored: Sequence[DrawingScore], chosen: Sequence[DrawingScore]
) -> dict[str, float | None]:
    """Mean by name over the chosen ones of those that are scored."""
    names = dict.fromkeys(name for one in scored for name in one.values)
    return {
        name: float(np.mean([one.values[name] for one in chosen])) if chosen else None
        for name in names
    }


def drawing_scores() -> dict[str, tuple[str, FactScore]]:
    """Task and score, by the name that asks for them."""
    return {
        name: (task, score)
        for task in task_names()
        for name, score in get_task(task).fact_scores.items()
    }
