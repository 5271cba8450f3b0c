"""A reward: a list of parts with weights, over a batch of rollouts.

A batch is judged once for what is equal in it: identical completions are drawn once, and identical
renders of one reference are judged once. Judging begins while later completions are still drawn.
The order in which parts get rollouts depends on the batch alone, so that the same batch and the
same models give the same numbers.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import NamedTuple

from erm.critics.base import Critic
from erm.errors import ErmError
from erm.render import Renderer
from erm.rewards.parts.base import Part
from erm.rewards.parts.critic import CriticPart
from erm.rewards.references import References
from erm.rewards.rollout import Drawn, PartScore, Rollout, Scored
from erm.rewards.settings import RewardSettings
from erm.rewards.stream import Lane, judge_batch
from erm.tasks import get_task

AS_REPORTED = RewardSettings()
"""Rewards by the reported severities; replies are read strictly."""


class Weighted(NamedTuple):
    """A part and its weight; a part of weight 0 is computed and logged, and earns nothing."""

    part: Part
    weight: float = 1.0


class Reward:
    """Scores batches of rollouts with weighted parts.

    Args:
        parts: with distinct names.
        renderer: draws completions, contained.
        references: drawn for other rewards too; by default this one keeps its own.

    Attributes:
        seconds: of all batches so far: ``rendering`` until the last completion is drawn, while
            parts judge what is drawn already, and ``judging`` after that.

    Raises:
        ErmError: there is no part, two have one name, or a weight is not finite.
    """

    def __init__(
        self, parts: Sequence[Weighted], renderer: Renderer, references: References | None = None
    ) -> None:
        names = [part.name for part, _ in parts]
        if not parts:
            raise ErmError("A reward needs at least one part.")
        for name, weight in zip(names, (weight for _, weight in parts), strict=True):
            if names.count(name) > 1:
                raise ErmError(f"The part '{name}' is listed twice in the reward.")
            if not math.isfinite(weight):
                raise ErmError(f"The weight of the part '{name}' is not a finite number.")
        self.parts = tuple(parts)
        self.seconds = {"rendering": 0.0, "judging": 0.0}
        self._renderer = renderer
        self._references = references or References()

    @property
    def weights(self) -> dict[str, float]:
        """Weight by name of the part."""
        return {part.name: weight for part, weight in self.parts}

    async def score_async(self, rollouts: Sequence[Rollout]) -> list[Scored]:
        """`score` without blocking the event loop."""
        return await asyncio.to_thread(self.score, rollouts)

    def score(self, rollouts: Sequence[Rollout]) -> list[Scored]:
        """What each rollout earned, in order.

        Raises:
            ErmError: a rollout's task is unknown, no part with a weight applies to it, or a part
                needs the source behind its reference.
        """
        for number, rollout in enumerate(rollouts, start=1):
            self.check(rollout, number)
        begun = time.perf_counter()
        with ExitStack() as stack:
            lanes = [stack.enter_context(Lane(part)) for part, _ in self.parts]
            drawn = judge_batch(rollouts, lanes, self._renderer, self._references)
            all_drawn = time.perf_counter()
            by_part = {lane.part.name: lane.scores(drawn) for lane in lanes}
        self.seconds["rendering"] += all_drawn - begun
        self.seconds["judging"] += time.perf_counter() - all_drawn
        return [
            self._scored(each, {name: scores[index] for name, scores in by_part.items()})
            for index, each in enumerate(drawn)
        ]

    def check(self, rollout: Rollout, number: int) -> None:
        """Raise `ErmError` where `score` can't score a rollout.

        Args:
            number: of the rollout within its batch, from 1, for messages.
        """
        get_task(rollout.task)
        applying = [
            (part, weight)
            for part, weight in self.parts
            if part.tasks is None or rollout.task in part.tasks
        ]
        if not any(weight for _, weight in applying):
            names = ", ".join(part.name for part, _ in self.parts)
            raise ErmError(
                f"Rollout {number}: no part with a weight applies to {rollout.task} ({names})."
            )
        for part, _ in applying:
            if part.needs_source and rollout.reference_source is None:
                raise ErmError(
                    f"Rollout {number}: the part '{part.name}' needs the source behind the "
                    "reference."
                )

    def _scored(self, drawn: Drawn, scores: dict[str, PartScore]) -> Scored:
        return Scored(weighted_sum(self.weights, scores), scores, drawn)


def weighted_sum(weights: Mapping[str, float], scores: Mapping[str, PartScore]) -> float | None:
    """The sum of the parts that apply; None where one with a weight has no value for a failure."""
    total = 0.0
    for name, weight in weights.items():
        score = scores[name]
        if weight and score.value is not None:
            total += weight * score.value
        elif weight and score.failure is not None:
            return None
    return total


def reward_completions(
    items: Sequence[tuple[str, bytes, str]],
    critic: Critic,
    renderer: Renderer,
    settings: RewardSettings = AS_REPORTED,
) -> list[Scored]:
    """What completions earn by a critic alone (`erm.rewards.published`), each with a value.

    Args:
        items: (task, reference image as encoded bytes, completion text) each.

    Raises:
        ErmError: a task is unknown, a reference can't be read, or a server gave no answer.
    """
    reward = Reward([Weighted(CriticPart(critic, settings))], renderer)
    scored = reward.score([Rollout(*item) for item in items])
    for each in scored:
        each.require()
    return scored
