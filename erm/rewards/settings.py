"""Settings of rewards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from erm.errors import ErmError
from erm.report import Replies
from erm.settings import Settings
from erm.tasks import get_task, task_names

CRITIC, BATCH_CRITIC, GATED_CRITIC = "critic", "critic:batch", "critic:gated"
EXACT = "exact"
CRITICS = (CRITIC, BATCH_CRITIC, GATED_CRITIC)
SSIM, MSE = "ssim", "mse"
LPIPS = ("lpips:alex", "lpips:vgg")
FEATURES, UNISVG = "features:", "unisvg:"
RENDERS, FORMAT, LENGTH = "renders", "format", "length"
"""Names of parts. `CRITICS` ask a critic; `FEATURES` and `UNISVG` are followed by the name of a
model."""


class PartSettings(Settings):
    """A part of a reward and its weight.

    Attributes:
        part: see `known_parts`.
        weight: of the part's value in the sum; a part of weight 0 is logged only.
    """

    part: str
    weight: float = Field(1.0, allow_inf_nan=False)

    @field_validator("part")
    @classmethod
    def _known(cls, part: str) -> str:
        if part not in known_parts() and not names_model(part):
            raise ValueError(f"unknown part '{part}'; parts: {', '.join(known_parts())}")
        return part


def known_parts() -> tuple[str, ...]:
    """Names of all parts of a reward, with ``MODEL`` for the name of a vision model."""
    by_image = (SSIM, MSE, *LPIPS, f"{FEATURES}MODEL", f"{UNISVG}MODEL")
    return (*CRITICS, EXACT, *by_image, RENDERS, FORMAT, LENGTH, *text_parts(), *drawing_parts())


def text_parts() -> tuple[str, ...]:
    """Parts that compare sources: the names of all tasks' `erm.tasks.Task.text_distances`."""
    names = (name for task in task_names() for name in get_task(task).text_distances)
    return tuple(dict.fromkeys(names))


def drawing_parts() -> tuple[str, ...]:
    """Parts that compare drawings of sources: the names of all tasks'
    `erm.tasks.Task.fact_scores`."""
    return tuple(dict.fromkeys(n for task in task_names() for n in get_task(task).fact_scores))


def compares_images(part: str) -> bool:
    """Whether a part is a similarity of images (`erm.benchmark.image_distances`)."""
    return part in (SSIM, MSE, *LPIPS) or names_model(part)


def names_model(part: str) -> bool:
    """Whether a part names a vision model, a folder or one of the hub."""
    return part.startswith((FEATURES, UNISVG)) and part not in (FEATURES, UNISVG)


class RewardSettings(Settings):
    """What a completion earns.

    Attributes:
        parts: the reward is the sum of their values, each times its weight.
        severity: S is the sum of the severities that the critic ``reported``, as published, or the
            sum ``expected`` by its own probabilities
            (`erm.critics.base.Critique.expected_severity`), where it gives one. ``graded`` is that
            expectation without a report (`erm.critics.base.Critic.grade_each`): sooner, and
            nothing says what differs.
        replies: how critics' replies are read (`erm.report.parse_reply`): ``strict``, or as
            ``published``, which takes a reply without a list of errors for an empty report.
        failures: what becomes of a completion that can't be judged for a reason that is not its
            own (`erm.rewards.rollout.FailureKind`): ``stop`` ends the training with a sentence,
            ``skip`` leaves the completion out of the update.
        length_free, length_most: characters, for the part ``length``.
        cache: folder of critics' replies, shared between runs and processes; None keeps none.
        cache_mb: size up to which the cache grows; the replies used least recently go first.
    """

    parts: tuple[PartSettings, ...] = (PartSettings(part=CRITIC),)
    severity: Literal["reported", "expected", "graded"] = "reported"
    replies: Replies = "strict"
    failures: Literal["stop", "skip"] = "stop"
    length_free: int = Field(8_000, ge=0)
    length_most: int = Field(16_000, ge=1)
    cache: Path | None = None
    cache_mb: int = Field(1024, ge=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [each.part for each in self.parts]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the part '{name}' is listed twice")
        if not any(each.weight for each in self.parts):
            raise ValueError("no part of the reward has a weight")
        if self.length_free >= self.length_most:
            raise ValueError("length_free must be less than length_most")
        if self.severity == "graded" and (self.cache is not None or self.replies != "strict"):
            raise ValueError("with severity=graded there are no replies to keep or to read")
        return self

    def by_exact_annotator(self) -> RewardSettings:
        """The same reward with the part ``exact`` in the place of each that asks a critic.

        Raises:
            ErmError: it would have that part twice.
        """
        if len([each for each in self.parts if each.part in (*CRITICS, EXACT)]) > 1:
            names = ", ".join((*CRITICS, EXACT))
            raise ErmError(f"With the critic 'exact' a reward has one of the parts {names}.")
        parts = tuple(
            PartSettings(part=EXACT, weight=each.weight) if each.part in CRITICS else each
            for each in self.parts
        )
        return self.model_copy(update={"parts": parts})

    def with_exact(self) -> RewardSettings:
        """The same reward with the part ``exact``; of weight 0 if it was none of the parts."""
        if any(each.part == EXACT for each in self.parts):
            return self
        parts = (*self.parts, PartSettings(part=EXACT, weight=0.0))
        return self.model_copy(update={"parts": parts})

    def without_sources(self) -> RewardSettings:
        """The same reward where no sources are known: parts of weight 0 that need them are left
        out.

        Raises:
            ValueError: a part with a weight needs sources.
        """
        by_source = (EXACT, *text_parts(), *drawing_parts())
        needing = [each for each in self.parts if each.part in by_source]
        weighted = [each.part for each in needing if each.weight]
        if weighted:
            raise ValueError(
                f"the part '{weighted[0]}' of the reward needs the references' sources"
            )
        parts = tuple(each for each in self.parts if each not in needing)
        return self.model_copy(update={"parts": parts})

    def check_tasks(self, tasks: Sequence[str]) -> None:
        """Raise ValueError for a task to which no part with a weight applies."""
        for task in tasks:
            if not any(each.weight and applies(each.part, task) for each in self.parts):
                names = ", ".join(each.part for each in self.parts)
                raise ValueError(f"no part of the reward with a weight applies to {task} ({names})")


def applies(part: str, task: str) -> bool:
    """Whether a part says something of a task; parts that compare sources or their drawings are
    some tasks' alone."""
    own = {**get_task(task).text_distances, **get_task(task).fact_scores}
    return part not in (*text_parts(), *drawing_parts()) or part in own
