"""What is said of a completion in numbers, by name, and which way is better.

All numbers of a completion that draws nothing are the worst of their range, except those that only
drawn completions have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from erm.benchmark.image_distances import PIXEL_DISTANCES, image_distance_title
from erm.tasks import get_task

if TYPE_CHECKING:
    from erm.policies.measuring import Measured

DRAWN = "execution_rate"
CRITIC_SEVERITY, CRITIC_EXPECTED, CRITIC_REWARD = (
    "critic_severity",
    "critic_expected",
    "critic_reward",
)
EXACT_SEVERITY, EXACT_REWARD = "exact_severity", "exact_reward"
CHARACTERS = "characters"
"""Names of metrics that all tasks have."""

_ONE_MINUS = "1 − "


@dataclass(frozen=True)
class Metric:
    """A number of a completion.

    Attributes:
        title: in tables.
        lower: whether lower is better; None where neither is.
        drawn: whether only completions that draw something have one.
    """

    name: str
    title: str
    lower: bool | None = False
    drawn: bool = False


def metrics_of(task: str, similarities: Sequence[str], critic: bool) -> list[Metric]:
    """The metrics of a task, in the order of tables.

    Args:
        similarities: of `erm.evaluation.settings.EvaluationSettings`, measured as well.
        critic: whether a critic judges.
    """
    known = [
        Metric(DRAWN, "execution rate"),
        Metric(EXACT_SEVERITY, "exact severity", lower=True),
        Metric(EXACT_REWARD, "exact reward"),
    ]
    if critic:
        known += [
            Metric(CRITIC_SEVERITY, "critic's severity", lower=True, drawn=True),
            Metric(CRITIC_EXPECTED, "critic's expected severity", lower=True, drawn=True),
            Metric(CRITIC_REWARD, "critic's reward"),
        ]
    known += likeness_of(task, similarities)
    return [*known, Metric(CHARACTERS, "characters", lower=None, drawn=True)]


def likeness_of(task: str, similarities: Sequence[str]) -> list[Metric]:
    """The metrics that compare a completion with its reference; the task's own ones first."""
    asked = get_task(task)
    by_text = [_metric(name, one.title) for name, one in asked.text_distances.items()]
    by_drawing = [Metric(name, one.title) for name, one in asked.fact_scores.items()]
    by_image = [_metric(name, image_distance_title(name)) for name in PIXEL_DISTANCES]
    further = [_metric(name, image_distance_title(name)) for name in similarities]
    return [*by_text, *by_drawing, *by_image, *further]


def _metric(name: str, title: str) -> Metric:
    """The similarity of a distance that is named as 1 − similarity, or else the distance."""
    if title.startswith(_ONE_MINUS):
        return Metric(name, title.removeprefix(_ONE_MINUS))
    return Metric(name, title, lower=True)


def values_of(
    measured: Measured, metrics: Sequence[Metric], completion: str
) -> dict[str, float | None]:
    """The number of each metric; None where it has none.

    Args:
        completion: the policy's own, without a preamble.
    """
    critic, drawn = measured.critic, measured.drawn.outcome == "judged"
    source = get_task(measured.drawn.rollout.task).extract(completion) if drawn else None
    critique = critic.critique if critic is not None else None
    found: Mapping[str, float | None] = {
        DRAWN: float(drawn),
        EXACT_SEVERITY: measured.exact_severity,
        EXACT_REWARD: measured.exact_reward,
        CRITIC_SEVERITY: critic.severity if critic is not None else None,
        CRITIC_EXPECTED: critique.expected_severity if critique is not None else None,
        CRITIC_REWARD: critic.value if critic is not None else None,
        CHARACTERS: None if source is None else float(len(source.strip())),
    }
    return {metric.name: _value(metric, measured, found) for metric in metrics}


def _value(metric: Metric, measured: Measured, found: Mapping[str, float | None]) -> float | None:
    if metric.name in found:
        return found[metric.name]
    value = measured.likeness.get(metric.name)
    return 1.0 - value if value is not None and metric.lower else value
