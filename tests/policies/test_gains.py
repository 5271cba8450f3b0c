"""Gains of one policy on another, from rows whose worth is known."""

from __future__ import annotations

import pytest

from erm.policies.gains import best_of_samples, measure_policies, severity_gains
from erm.policies.scoring import Row


def row(reference: int, severity: float, expected: float | None = None, task: str = "svg") -> Row:
    """A completion that the critic expects to be so severe; None is one that draws nothing."""
    return {
        "reference": reference,
        "task": task,
        "outcome": "not_rendered" if expected is None else "judged",
        "critic_reward": 2.0 - severity / 50,
        "critic_severity": None if expected is None else 0,
        "critic_expected": expected,
        "exact_severity": severity,
        "exact_reward": 2.0 - severity / 50,
        "pixel_mse": None,
        "similarities": {"ssim": 0.5},
        "image": None if expected is None else b"png",
    }


def test_gains_are_paired_by_reference() -> None:
    greedy = {
        "before": [row(0, 10, 1), row(1, 20, 1), row(2, 5, 1, "chart")],
        "after": [row(0, 8, 1), row(1, 14, 1), row(2, 9, 1, "chart")],
    }
    sampled = {
        "before": [row(0, 50), row(0, 10, 1), row(2, 6, 1, "chart")],
        "after": [row(0, 12, 3), row(0, 4, 2), row(2, 6, 1, "chart")],
    }
    best = best_of_samples(sampled["after"])
    metrics = measure_policies(("svg", "chart"), greedy, sampled, best, seed=0)
    gains = {
        (one["task"], one["of"]): (one["before"], one["after"], one["gain"])
        for one in severity_gains(metrics, ("svg", "chart"))
    }
    assert gains == {
        ("svg", "greedy"): (15, 11, 4),
        ("svg", "sampled"): (30, 8, 22),
        ("svg", "best of n"): (10, 4, 6),
        ("chart", "greedy"): (5, 9, -4),
        ("chart", "sampled"): (6, 6, 0),
        ("chart", "best of n"): (5, 6, -1),
    }
    assert metrics["severity_gain.svg.greedy_low"] == 2
    assert metrics["severity_gain.svg.greedy_high"] == 6
    assert metrics["gain.svg"] == pytest.approx(4 / 50)
    assert metrics["before.svg.sampled.rendered"] == 0.5
    assert metrics["after.svg.ssim"] == 0.5


def test_the_hack_gap_is_what_the_critic_says_beyond_the_exact_gain() -> None:
    before, pleased, better = row(0, 10, 1), row(0, 12, 1), row(0, 4, 1)
    pleased["critic_reward"] = before["critic_reward"] + 3 / 50
    for after, gap in ((pleased, 5.0), (better, 0.0)):
        greedy = {"before": [before], "after": [after]}
        metrics = measure_policies(("svg",), greedy, {}, [], seed=0)
        assert metrics["hack_gap.svg"] == pytest.approx(gap)
        assert metrics["hack_gap.svg_low"] == pytest.approx(gap)


def test_the_best_sample_is_the_one_that_the_critic_expects_to_be_mildest() -> None:
    rows = [row(0, 50), row(0, 9, 2.0), row(0, 1, 3.0), row(1, 50), row(1, 50)]
    assert [one["exact_severity"] for one in best_of_samples(rows)] == [9, 50]


def test_without_samples_there_are_greedy_gains_alone() -> None:
    greedy = {"before": [row(0, 10, 1)], "after": [row(0, 8, 1)]}
    metrics = measure_policies(("svg",), greedy, {}, [], seed=0)
    assert [one["of"] for one in severity_gains(metrics, ("svg",))] == ["greedy"]


def test_published_scores_of_drawings_are_also_over_what_is_drawn() -> None:
    drawn, undrawn = row(0, 10, 1, "chart"), row(1, 50, None, "chart")
    drawn["similarities"] = {"ssim": 0.5, "chartmimic": 0.8}
    undrawn["similarities"] = {"ssim": 0.0, "chartmimic": 0.0}
    metrics = measure_policies(
        ("chart",), {"before": [drawn, undrawn], "after": [drawn, drawn]}, {}, [], seed=0
    )
    assert metrics["before.chart.chartmimic"] == pytest.approx(0.4)
    assert metrics["before.chart.chartmimic_drawn"] == pytest.approx(0.8)
    assert metrics["after.chart.chartmimic"] == pytest.approx(0.8)
    assert "before.chart.ssim_drawn" not in metrics
