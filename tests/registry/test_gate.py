"""The gate before ``champion``: floors, losses and gains, task by task."""

from __future__ import annotations

import pytest

from erm.errors import ErmError
from erm.registry.champions import _critic_floor, _task_scores
from erm.registry.gate import Scores, TaskScore, below_floor, below_start, not_better
from erm.registry.settings import PromoteSettings


def scores(**values: float) -> Scores:
    return {task: TaskScore(value, value - 0.05, value + 0.05) for task, value in values.items()}


def test_a_floor_must_be_exceeded_in_each_task() -> None:
    found = below_floor(scores(chart=0.3, svg=0.1), {"chart": 0.2, "svg": 0.1, "table": 0.9})
    assert found == ["svg has 0.100 [0.050, 0.150], which is not above the floor of 0.100"]


def test_a_policy_is_below_its_start_only_where_the_interval_is() -> None:
    gains = {
        "chart": TaskScore(-0.2, -0.3, -0.1),
        "svg": TaskScore(-0.1, -0.3, 0.1),
        "table": TaskScore(0.2, 0.1, 0.3),
    }
    assert len(below_start(gains)) == 1
    assert below_start(gains)[0].startswith("chart lost")


@pytest.mark.parametrize(
    ("candidate", "words"),
    [
        (scores(chart=0.5, svg=0.5), []),
        (scores(chart=0.5, svg=0.39), []),
        (scores(chart=0.9, svg=0.37), ["svg"]),
        (scores(chart=0.4, svg=0.4), ["no task exceeds"]),
        (scores(chart=0.9), ["svg is missing"]),
        (scores(chart=0.4, svg=0.4, table=0.1), []),
    ],
)
def test_a_gain_in_one_task_does_not_pay_for_a_loss_in_another(
    candidate: Scores, words: list[str]
) -> None:
    champion = scores(chart=0.4, svg=0.4)
    reasons = not_better(candidate, champion, margin=0.0, most_loss=0.02)
    assert len(reasons) == len(words)
    assert all(word in reason for word, reason in zip(words, reasons, strict=True))


def test_scores_of_tasks_are_read_with_their_intervals() -> None:
    metrics = {"svg/f1_hard": 0.5, "svg/f1_hard_low": 0.4, "svg/f1_hard_high": 0.6, "chart/f1": 1}
    assert _task_scores(metrics, "{}/f1_hard", "benchmark") == {"svg": TaskScore(0.5, 0.4, 0.6)}
    with pytest.raises(ErmError, match="no metric '<task>/f1' to promote by"):
        _task_scores({"overall/f1": 1.0}, "{}/f1", "benchmark")


def test_the_default_floor_is_the_better_blind_baseline() -> None:
    metrics = {
        "baselines/untrained/svg/f1_hard": 0.02,
        "baselines/commonest_error/svg/f1_hard": 0.1,
        "baselines/pixels/svg/f1_hard": 0.4,
    }
    assert _critic_floor(metrics, PromoteSettings()) == {"svg": 0.1}
    assert _critic_floor(metrics, PromoteSettings(critic_floor={"svg": 0.3})) == {"svg": 0.3}
    assert _critic_floor(metrics, PromoteSettings(critic_floor=None)) == {}
