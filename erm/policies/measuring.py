"""All that is measured of completions at once: the parts of a reward, and scores of drawings.

A measure that says nothing of a completion for a reason that is not the completion's has no value,
and the reason stands in the place of it: the reference can't be read, drawn or compared. A server
that does not answer stops the measuring, since it would be nobody's score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erm.benchmark.drawing_scores import score_drawings
from erm.errors import ErmError
from erm.report import Replies
from erm.rewards.exact import exact_reward
from erm.rewards.loading import load_reward
from erm.rewards.references import References
from erm.rewards.rollout import Drawn, Outcome, PartScore, Rollout
from erm.rewards.settings import (
    CRITIC,
    EXACT,
    MSE,
    RENDERS,
    SSIM,
    PartSettings,
    RewardSettings,
    text_parts,
)
from erm.tasks import get_task

if TYPE_CHECKING:
    from erm.critics.base import Critic
    from erm.render import Renderer
    from erm.rewards.reward import Reward

_OUTSIDE = ("late", "unreachable", "refused")
"""Kinds of failure (`erm.rewards.rollout.FailureKind`) of servers."""


@dataclass(frozen=True)
class Measured:
    """What is measured of one completion.

    Attributes:
        drawn: the completion, its source and its render.
        likeness: similarity in 0..1 by name, 0 where nothing is drawn: ``ssim``, ``mse`` (1 − MSE),
            and where the reference's source is known the task's similarities of sources and its
            published scores of drawings.
        exact: of the exact annotator; None where the reference's source is not known.
        critic: of the critic; None where there is none.
        gaps: why a measure of `likeness`, or ``exact``, has no value, by its name.
        notes: why a measure of what is drawn has its worst value, where no comparison decided
            that, by its name.
    """

    drawn: Drawn
    likeness: Mapping[str, float]
    exact: PartScore | None
    critic: PartScore | None
    gaps: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def unparsable(self) -> bool:
        """Whether the critic's reply holds no report."""
        return self.critic is not None and self.critic.failure is not None

    @property
    def outcome(self) -> Outcome:
        """How far the completion came."""
        return "unparsable" if self.unparsable else self.drawn.outcome

    @property
    def reason(self) -> str:
        """Why the completion was not judged; empty where it was."""
        if self.critic is not None and self.critic.failure is not None:
            return self.critic.failure.message
        return self.drawn.reason

    @property
    def exact_reward(self) -> float | None:
        """As of `erm.rewards.exact`; None where it has no value."""
        if self.exact is None or EXACT in self.gaps:
            return None
        return exact_reward(self.drawn.rollout.task, self.exact.annotation)

    @property
    def exact_severity(self) -> float | None:
        """As of `erm.rewards.exact`; None where it has no value."""
        return None if self.exact is None or EXACT in self.gaps else self.exact.severity

    @property
    def exact_failure(self) -> str | None:
        """Why there is no exact report; None where there is one, and where there is no source."""
        if self.exact is None or self.drawn.source is None:
            return None
        annotation = self.exact.annotation
        if annotation is None:
            return "blank" if self.drawn.outcome == "blank" else "not drawn"
        return None if annotation.failure is None else annotation.failure.kind

    @property
    def report(self) -> dict[str, Any] | None:
        """The critic's report as JSON with boxes, or the exact one where there is no critic."""
        report = None
        if self.critic is not None:
            critique = self.critic.critique
            report = None if critique is None else critique.report
        elif self.exact is not None and self.exact.annotation is not None:
            report = self.exact.annotation.report
        return None if report is None else report.to_dict(boxes=True)


class Measuring:
    """Measures batches of completions.

    Args:
        renderer: draws completions and references, contained.
        critic: judges what is drawn; None leaves its part out.
        similarities: further parts of rewards that compare pictures, such as ``lpips:alex``.
        replies: how the critic's replies are read.
        cache: folder of the critic's replies (`erm.rewards.cache`); None keeps none.
    """

    def __init__(
        self,
        renderer: Renderer,
        critic: Critic | None = None,
        *,
        similarities: Sequence[str] = (),
        replies: Replies = "strict",
        cache: Path | None = None,
    ) -> None:
        self._renderer = renderer
        self._critic = critic
        self._pictures = tuple(dict.fromkeys((SSIM, MSE, *similarities)))
        judging = (CRITIC,) if critic is not None else ()
        unweighted = (*judging, *self._pictures, EXACT, *text_parts())
        parts = [PartSettings(part=name, weight=0.0) for name in unweighted]
        self._settings = RewardSettings(
            parts=(PartSettings(part=RENDERS), *parts), replies=replies, cache=cache
        )
        self._references = References()
        self._rewards: dict[bool, Reward] = {}

    def measure(self, rollouts: Sequence[Rollout]) -> list[Measured]:
        """What is measured of each rollout, in order.

        Raises:
            ErmError: a task or a similarity is unknown, a server gives no answer, or nothing can
                be drawn on this machine.
        """
        found: dict[int, Measured] = {}
        for sourced in (True, False):
            own = [
                index
                for index, one in enumerate(rollouts)
                if (one.reference_source is not None) == sourced
            ]
            if own:
                measured = self._measure([rollouts[index] for index in own], sourced)
                found.update(zip(own, measured, strict=True))
        return [found[index] for index in range(len(rollouts))]

    def _measure(self, rollouts: Sequence[Rollout], sourced: bool) -> list[Measured]:
        scored = self._reward(sourced).score(rollouts)
        published = self._published([one.drawn for one in scored]) if sourced else {}
        return [
            self._measured(one.drawn, one.parts, published.get(index, {}), sourced)
            for index, one in enumerate(scored)
        ]

    def _reward(self, sourced: bool) -> Reward:
        if sourced not in self._rewards:
            settings = self._settings if sourced else self._settings.without_sources()
            self._rewards[sourced] = load_reward(
                settings, self._critic, self._renderer, self._references
            )
        return self._rewards[sourced]

    def _published(self, drawn: Sequence[Drawn]) -> dict[int, dict[str, float | str]]:
        """Scores of drawings, or why the reference has none, by name, by the place in the batch."""
        found: dict[int, dict[str, float | str]] = {}
        for task in dict.fromkeys(one.rollout.task for one in drawn):
            names = get_task(task).fact_scores
            own = [index for index, one in enumerate(drawn) if one.rollout.task == task]
            if not names:
                continue
            pairs = [
                (drawn[index].rollout.reference_source or "", drawn[index].source) for index in own
            ]
            for index, score in zip(
                own, score_drawings(task, pairs, None, self._renderer), strict=True
            ):
                found[index] = (
                    dict.fromkeys(names, score.reference) if score.reference else {**score.values}
                )
        return found

    def _measured(
        self,
        drawn: Drawn,
        parts: Mapping[str, PartScore],
        published: Mapping[str, float | str],
        sourced: bool,
    ) -> Measured:
        for part in parts.values():
            if part.failure is not None and part.failure.kind in _OUTSIDE:
                raise ErmError(part.failure.message)
        likeness: dict[str, float] = {}
        gaps: dict[str, str] = {}
        by_text = get_task(drawn.rollout.task).text_distances if sourced else ()
        for name in (*self._pictures, *by_text):
            part = parts[name]
            if part.value is not None:
                likeness[name] = part.value
            elif part.failure is not None:
                gaps[name] = part.failure.message
        for name, value in published.items():
            if isinstance(value, str):
                gaps[name] = value
            else:
                likeness[name] = value
        exact = parts.get(EXACT)
        if exact is not None and exact.failure is not None:
            gaps[EXACT] = exact.failure.message
        notes = {name: part.note for name, part in parts.items() if part.note}
        failure = exact.annotation.failure if exact is not None and exact.annotation else None
        if failure is not None and EXACT not in gaps:
            notes[EXACT] = f"no exact report ({failure.kind}): {failure.message}"
        return Measured(drawn, likeness, exact, parts.get(CRITIC), gaps, notes)
