"""Settings of promotion."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from erm.settings import Settings
from erm.tasks import task_names


def _known(values: dict[str, float]) -> dict[str, float]:
    for task in values:
        if task not in task_names():
            raise ValueError(f"unknown task '{task}'; tasks: {', '.join(task_names())}")
    return values


ByTask = Annotated[dict[str, float], AfterValidator(_known)]
"""Limits by task; a task that is not named has none."""


class PromoteSettings(Settings):
    """Section ``promote`` of the parameters: the gate before the alias ``champion``.

    Scores are compared task by task, since the scales of different tasks don't compare.

    Attributes:
        critic_metric: metric of the benchmark in each task, ``<task>/<metric>``; higher is better.
        policy_metric: metric of the evaluation in each task, ``after.<task>.<metric>``; higher is
            better.
        margin: by how much a version must beat the champion in at least one task.
        most_loss: by how much it may be worse in any task.
        confidence: of the interval of the difference to the champion that must lie above `margin`
            in at least one task; null is no such condition.
        critic_floor: ``baselines`` refuses a critic that does not exceed the better baseline that
            doesn't look (untrained, commonest error) in each task. null is no floor.
        critic_least, policy_least: least score by task.
        critic_empty_accuracy: least share of pairs, in each task, of which a critic says rightly
            whether they differ at all.
        critic_hacks: refuses a critic that pays a hack better than a larger share of honest
            candidates (`erm.critics.hacks`), in any task; 0.5 is chance.
        policy_floor: ``start`` refuses a policy that is worse than the one it started from: the
            95 % interval of its gain in a task lies below zero. null is no floor.
        policy_gain: least gain in exact reward on the policy that it started from, by task.
        policy_hack_gap: points of severity; refuses a policy that gained more than that by the
            critic than by the exact annotator: the 95 % interval of the gap in a task lies above.
        most_mb: largest size of a model's folder, in megabytes (10⁶ bytes).
        most_seconds: most seconds in which a critic judges a pair: the mean over the benchmark's
            test split, on the machine that ran it.
        approval: seconds that a version which passes the gate waits for a person's approval; after
            that it stays challenger. null asks nobody.
    """

    critic_metric: str = "f1_hard"
    policy_metric: str = "exact_reward"
    margin: float = Field(0.0, ge=0)
    most_loss: float = Field(0.02, ge=0)
    confidence: float | None = Field(0.95, gt=0, lt=1)
    critic_floor: Literal["baselines"] | None = "baselines"
    critic_least: ByTask = Field(default_factory=dict)
    critic_empty_accuracy: float | None = Field(None, ge=0, le=1)
    critic_hacks: float | None = Field(None, ge=0, le=1)
    policy_floor: Literal["start"] | None = "start"
    policy_least: ByTask = Field(default_factory=dict)
    policy_gain: ByTask = Field(default_factory=dict)
    policy_hack_gap: float | None = Field(None, ge=0)
    most_mb: float | None = Field(None, gt=0)
    most_seconds: float | None = Field(None, gt=0)
    approval: int | None = Field(None, gt=0)
