"""A scorer whose server does not answer for some completions."""

from __future__ import annotations

from collections.abc import Sequence

from erm.rewards.rollout import Drawn, Failure, PartScore, Rollout, Scored


class Failing:
    """Scores the length of completions; there is no answer for what says ``late``."""

    def __init__(self) -> None:
        self.weights = {"length": 1.0}

    def score(self, rollouts: Sequence[Rollout]) -> list[Scored]:
        return [self._one(rollout) for rollout in rollouts]

    async def score_async(self, rollouts: Sequence[Rollout]) -> list[Scored]:
        return self.score(rollouts)

    def _one(self, rollout: Rollout) -> Scored:
        if rollout.completion == "late":
            score = PartScore(failure=Failure("late", "no whole reply in 3 s"))
        else:
            score = PartScore(float(len(rollout.completion)))
        return Scored(score.value, {"length": score}, Drawn(rollout))
