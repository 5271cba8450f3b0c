"""From a completion to a reward: extract, render, let the critic judge, aggregate.

The formulas are the published ones. With S the sum of severities, a task of the family ``rendered``
(charts, icons) earns r = 1 + clip(1 − S/50, 0, 1) where it renders to something, otherwise 0; one
of the family ``severity`` (tables) earns r = −S, where a failure counts S = 4.

Not covered: the optimisation that uses rewards (`erm.policies.reinforcement`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from erm.critics.base import Critic, Critique, ImagePair, critique_with_retry
from erm.render import Renderer
from erm.rewards.settings import RewardSettings
from erm.tasks import get_task

SEVERITY_SCALE = 50.0
"""S at which what rendered earns no more than having rendered, in the family ``rendered``."""

UNPARSABLE_SEVERITY = 25.0
"""S of what rendered but whose critique could not be parsed in `erm.critics.base.TRIES` tries, in
the family ``rendered``."""

FAILURE_SEVERITY = 4.0
"""S in the family ``severity`` without code, render, or a critique that could be parsed."""

AS_REPORTED = RewardSettings()
"""Rewards by the reported severities; replies are read strictly."""

Outcome = Literal["judged", "unparsable", "no_code", "not_rendered", "blank"]


@dataclass(frozen=True)
class Reward:
    """What one completion earned, and why.

    Attributes:
        value: in [0, 2] in the family ``rendered``, ≤ 0 in the family ``severity``.
        outcome: how far the completion came.
        severity: S; None where nothing was judged.
        reason: why the completion was not judged; empty where it was.
        source: the code in the completion, or None.
        image: PNG of its render, or None.
        critique: the critic's answer, or None.
    """

    value: float
    outcome: Outcome
    severity: float | None = None
    reason: str = ""
    source: str | None = None
    image: bytes | None = None
    critique: Critique | None = None


def reward_value(task: str, outcome: Outcome, severity: float | None) -> float:
    """The published reward of a task for an outcome and S."""
    if get_task(task).reward == "severity":
        judged = outcome == "judged" and severity is not None
        return -severity if judged and severity is not None else -FAILURE_SEVERITY
    if outcome in ("no_code", "not_rendered", "blank"):
        return 0.0
    total = UNPARSABLE_SEVERITY if severity is None else severity
    return 1.0 + min(1.0, max(0.0, 1.0 - total / SEVERITY_SCALE))


def reward_completions(
    items: Sequence[tuple[str, bytes, str]],
    critic: Critic,
    renderer: Renderer,
    settings: RewardSettings = AS_REPORTED,
) -> list[Reward]:
    """Rewards of completions.

    Args:
        items: (task, reference image as encoded bytes, completion text) each.
    """
    rewards: list[Reward | None] = [None] * len(items)
    sources = {
        index: source
        for index, (task, _, completion) in enumerate(items)
        if (source := get_task(task).extract(completion)) is not None
    }
    renders = renderer.render_batch([(items[index][0], sources[index]) for index in sources])
    judged: list[tuple[int, bytes]] = []
    for index, rendered in zip(sources, renders, strict=True):
        task, source = items[index][0], sources[index]
        if rendered.image is None:
            reason = rendered.error.message if rendered.error else "no image"
            value = reward_value(task, "not_rendered", None)
            rewards[index] = Reward(value, "not_rendered", reason=reason, source=source)
        elif rendered.blank:
            value = reward_value(task, "blank", None)
            rewards[index] = Reward(
                value, "blank", reason="the image is blank", source=source, image=rendered.image
            )
        else:
            judged.append((index, rendered.image))
    pairs = [ImagePair(items[index][0], items[index][1], image) for index, image in judged]
    critiques = critique_with_retry(critic, pairs, settings.replies)
    for (index, image), critique in zip(judged, critiques, strict=True):
        severity = critique.severity
        given = severity is not None and critique.expected_severity is not None
        if settings.severity == "expected" and given:
            severity = critique.expected_severity
        outcome: Outcome = "unparsable" if severity is None else "judged"
        rewards[index] = Reward(
            reward_value(items[index][0], outcome, severity),
            outcome,
            severity=severity,
            reason="" if outcome == "judged" else f"no report in the reply {critique.excerpt}",
            source=sources[index],
            image=image,
            critique=critique,
        )
    return [
        reward
        or Reward(reward_value(task, "no_code", None), "no_code", reason="no code in the text")
        for reward, (task, _, _) in zip(rewards, items, strict=True)
    ]
