"""Settings of promotion."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from erm.settings import Settings


class PromoteSettings(Settings):
    """Section ``promote`` of the parameters: the gate before the alias ``champion``.

    Scores are compared task by task, since the scales of different tasks don't compare.

    Attributes:
        critic_metric: metric of the benchmark in each task, ``<task>/<metric>``; higher is better.
        policy_metric: metric of the evaluation in each task, ``after.<task>.<metric>``; higher is
            better.
        margin: by how much a version must beat the champion in at least one task.
        most_loss: by how much it may be worse in any task.
        critic_floor: every critic must exceed these F1 in each task: of the ``baselines`` that
            don't look (untrained, commonest error), of numbers by task, or none (null).
        policy_floor: ``start`` refuses a policy that is worse than the one it started from: the
            95 % interval of its gain in a task lies below zero. null is no floor.
    """

    critic_metric: str = "f1_hard"
    policy_metric: str = "exact_reward"
    margin: float = Field(0.0, ge=0)
    most_loss: float = Field(0.02, ge=0)
    critic_floor: Literal["baselines"] | dict[str, float] | None = "baselines"
    policy_floor: Literal["start"] | None = "start"
