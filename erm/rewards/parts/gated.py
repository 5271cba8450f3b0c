"""The critic's reward behind gates, for policies that search for what earns without drawing.

The published formulas leave three openings. A table that is not drawn costs S = 4, less than many
honest tables. An unparsable reply counts S = 25, less than many readable ones. And a picture that
shows nothing of the reference has one large error, which a critic may count 3. `GatedCriticPart`
closes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from erm.rewards.parts.critic import CriticPart
from erm.rewards.parts.resemblance import shows_reference
from erm.rewards.published import SEVERITY_SCALE, reward_value
from erm.rewards.rollout import Drawn, PartScore
from erm.tasks import get_task


class GatedCriticPart(CriticPart):
    """``critic:gated``: the published formula with every failure as the task's worst outcome.

    S is at most `SEVERITY_SCALE`, as in `erm.rewards.exact`. No code, no render, a blank picture,
    and one that shows nothing of the reference (`shows_reference`) earn as if that were S, or 0 in
    the family ``rendered``. An unparsable reply has no value.
    """

    name = "critic:gated"

    def score(self, drawn: Sequence[Drawn]) -> list[PartScore]:
        return [
            self._gated(each, score)
            for each, score in zip(drawn, super().score(drawn), strict=True)
        ]

    def without(self, drawn: Drawn) -> PartScore:
        return PartScore(_worst(drawn.rollout.task))

    def _gated(self, drawn: Drawn, score: PartScore) -> PartScore:
        task, severity = drawn.rollout.task, score.severity
        if severity is None:
            return replace(score, value=None)
        assert drawn.image is not None
        if not shows_reference(drawn.rollout.reference, drawn.image):
            return replace(score, value=_worst(task))
        return replace(score, value=reward_value(task, "judged", min(severity, SEVERITY_SCALE)))


def _worst(task: str) -> float:
    return -SEVERITY_SCALE if get_task(task).reward == "severity" else 0.0
