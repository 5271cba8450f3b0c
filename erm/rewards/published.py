"""The published reward of a completion.

With S the sum of severities, a task of the family ``rendered`` (charts, icons) earns
r = 1 + clip(1 − S/50, 0, 1) where it renders to something, otherwise 0; one of the family
``severity`` (tables) earns r = −S, where a failure counts S = 4.

Not covered: how a completion is drawn and judged (`erm.rewards.reward`).
"""

from __future__ import annotations

from erm.rewards.rollout import Outcome
from erm.tasks import get_task

SEVERITY_SCALE = 50.0
"""S at which what rendered earns no more than having rendered, in the family ``rendered``."""

UNPARSABLE_SEVERITY = 25.0
"""S of what rendered but whose critique could not be parsed in `erm.critics.base.TRIES` tries, in
the family ``rendered``."""

FAILURE_SEVERITY = 4.0
"""S in the family ``severity`` without code, render, or a critique that could be parsed."""


def reward_value(task: str, outcome: Outcome, severity: float | None) -> float:
    """The published reward of a task for an outcome and S."""
    if get_task(task).reward == "severity":
        judged = outcome == "judged" and severity is not None
        return -severity if judged and severity is not None else -FAILURE_SEVERITY
    if outcome in ("no_code", "not_rendered", "blank"):
        return 0.0
    total = UNPARSABLE_SEVERITY if severity is None else severity
    return 1.0 + min(1.0, max(0.0, 1.0 - total / SEVERITY_SCALE))


def severity_points(task: str) -> float:
    """What a difference of 1 in a task's published reward is in severity."""
    return 1.0 if get_task(task).reward == "severity" else SEVERITY_SCALE
