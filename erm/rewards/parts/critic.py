"""The critic's reward: the published formula, and the one of the paper's second version.

With S the sum of severities that the critic reports. Published: a task of the family ``rendered``
(charts, icons) earns 1 + clip(1 − S/50, 0, 1) where it draws something and 0 otherwise; one of the
family ``severity`` (tables) earns −S, where a failure counts S = 4. Second form: 1 + (1 − S/S_max)
for all tasks, with S_max the largest S of the task's rollouts in the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from erm.critics.base import (
    Critic,
    Critique,
    ImagePair,
    critique_each_with_retry,
)
from erm.endpoints.errors import EndpointError
from erm.errors import ErmError
from erm.rewards.parts.base import Part
from erm.rewards.published import reward_value
from erm.rewards.rollout import Drawn, Failure, PartScore
from erm.rewards.settings import RewardSettings
from erm.tasks import get_task


class CriticPart(Part):
    """``critic``: the published formula, for each rollout on its own.

    Grades of what drew the reference to the byte are 0, and the critic is not asked.

    Args:
        critic: judges the pairs of reference and render.
        settings: which severities count, and how replies are read.

    Raises:
        ErmError: grades are asked for, and the critic gives none without a report.
    """

    name = "critic"

    def __init__(self, critic: Critic, settings: RewardSettings) -> None:
        if settings.severity == "graded" and not critic.grades:
            raise ErmError(
                f"The critic '{critic.name}' can't grade a pair without writing a report; with "
                "reward.severity=expected it writes one."
            )
        self.batch_size = critic.batch_size
        self.parallel = critic.parallel
        self._critic = critic
        self._settings = settings

    def score(self, drawn: Sequence[Drawn]) -> list[PartScore]:
        pairs = [
            ImagePair(each.rollout.task, each.rollout.reference, each.image)
            for each in drawn
            if each.image is not None
        ]
        if self._settings.severity == "graded":
            return self._graded_each(pairs)
        answers = critique_each_with_retry(self._critic, pairs, self._settings.replies)
        return [self._read(pair.task, answer) for pair, answer in zip(pairs, answers, strict=True)]

    def without(self, drawn: Drawn) -> PartScore:
        return PartScore(reward_value(drawn.rollout.task, drawn.outcome, None))

    def _graded_each(self, pairs: Sequence[ImagePair]) -> list[PartScore]:
        asked = [pair for pair in pairs if pair.candidate != pair.reference]
        grades = iter(self._critic.grade_each(asked))
        return [
            self._graded(pair.task, next(grades) if pair.candidate != pair.reference else 0.0)
            for pair in pairs
        ]

    def _graded(self, task: str, severity: float | EndpointError) -> PartScore:
        if isinstance(severity, EndpointError):
            return PartScore(failure=Failure(severity.kind, str(severity)))
        return PartScore(reward_value(task, "judged", severity), severity=severity)

    def _read(self, task: str, answer: Critique | EndpointError) -> PartScore:
        if isinstance(answer, EndpointError):
            return PartScore(failure=Failure(answer.kind, str(answer)))
        severity = answer.severity
        if severity is None:
            reason = f"no report in the reply {answer.excerpt}"
            value = reward_value(task, "unparsable", None)
            return PartScore(value, Failure("unparsable", reason), critique=answer)
        if self._settings.severity == "expected" and answer.expected_severity is not None:
            severity = answer.expected_severity
        return PartScore(
            reward_value(task, "judged", severity),
            severity=severity,
            components=_by_category(task, answer),
            critique=answer,
        )


class BatchCriticPart(CriticPart):
    """``critic:batch``: S divided by the largest S of the task's rollouts in the batch.

    1 − S/S_max for what the critic judged, plus 1 for the render, for all tasks; a rollout that
    draws nothing earns 0. Where no rollout of the task has a discrepancy, S/S_max counts 0. An
    unparsable reply has no value.
    """

    name = "critic:batch"
    needs_batch = True

    def without(self, drawn: Drawn) -> PartScore:
        return PartScore(0.0)

    def settle(self, drawn: Sequence[Drawn], scores: Sequence[PartScore]) -> list[PartScore]:
        return settle_batch(drawn, scores)


def settle_batch(drawn: Sequence[Drawn], scores: Sequence[PartScore]) -> list[PartScore]:
    """The scores of ``critic:batch`` in a batch, from the severities in scores of any batch."""
    largest: dict[str, float] = {}
    for each, score in zip(drawn, scores, strict=True):
        task = each.rollout.task
        if score.severity is not None:
            largest[task] = max(largest.get(task, 0.0), score.severity)
    return [
        _settled(score, largest.get(each.rollout.task, 0.0))
        for each, score in zip(drawn, scores, strict=True)
    ]


def _settled(score: PartScore, largest: float) -> PartScore:
    if score.failure is not None:
        return replace(score, value=None)
    if score.severity is None:
        return score
    return replace(score, value=2.0 - (score.severity / largest if largest else 0.0))


def _by_category(task: str, critique: Critique) -> dict[str, float]:
    """Sum of reported severities by category of the task."""
    sums = dict.fromkeys(get_task(task).categories, 0.0)
    for error in critique.report.errors if critique.report is not None else ():
        sums[error.category] = sums.get(error.category, 0.0) + error.severity
    return sums
