"""Items behind scores, read from what the stages write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from erm.registry.paired import (
    Measured,
    TaskScore,
    critic_items,
    difference_interval,
    policy_items,
)

ITEMS = """task,id,idx,hard,soft,invented,missed
svg,a,0,1,2,1,0
svg,a,1,0,0,0,0
chart,b,0,2,2,0,3
"""


def test_items_of_a_critic_are_parts_of_its_f1(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(ITEMS)
    assert critic_items(tmp_path, "f1_hard") == {
        "svg": {"a 0": (2.0, 3.0), "a 1": (0.0, 0.0)},
        "chart": {"b 0": (4.0, 7.0)},
    }
    assert critic_items(tmp_path, "f1_soft")["svg"]["a 0"] == (4.0, 5.0)
    assert critic_items(tmp_path, "ranking_accuracy") == {}
    assert critic_items(tmp_path / "gone", "f1_hard") == {}


def row(policy: str, mode: str, source: str, reward: float) -> str:
    fields = {"policy": policy, "mode": mode, "task": "svg", "source_id": source}
    return json.dumps({**fields, "exact_reward": reward, "similarities": {"ssim": reward / 2}})


def test_items_of_a_policy_are_its_greedy_completions(tmp_path: Path) -> None:
    lines = [
        row("before", "greedy", "a", 0.1),
        row("after", "greedy", "a", 0.4),
        row("after", "greedy", "b", 0.6),
        row("after", "sampled", "a", 0.9),
    ]
    (tmp_path / "completions.jsonl").write_text("\n".join(lines) + "\n")
    assert policy_items(tmp_path, "exact_reward") == {"svg": {"a": (0.4, 1.0), "b": (0.6, 1.0)}}
    assert policy_items(tmp_path, "ssim") == {"svg": {"a": (0.2, 1.0), "b": (0.3, 1.0)}}
    assert policy_items(tmp_path, "rendered") == {}
    assert policy_items(tmp_path / "gone", "exact_reward") == {}


def test_only_items_of_both_versions_are_compared() -> None:
    score = {"svg": TaskScore(0.5, 0.4, 0.6)}
    first = Measured(score, {"svg": {"a": (1.0, 1.0), "b": (0.0, 1.0)}})
    second = Measured(score, {"svg": {"a": (0.0, 1.0), "c": (1.0, 1.0)}})
    found = difference_interval(first, second, "svg", 0.95)
    assert found is not None
    assert (found.value, found.low, found.high, found.paired) == (1.0, 1.0, 1.0, True)


def test_pairing_sees_a_difference_that_separate_intervals_hide() -> None:
    score = {"svg": TaskScore(0.5, 0.3, 0.7)}
    items = {str(index): (float(index % 2), 1.0) for index in range(100)}
    better = {key: (value + 0.1, 1.0) for key, (value, _) in items.items()}
    higher = {"svg": TaskScore(0.6, 0.4, 0.8)}
    paired = difference_interval(
        Measured(higher, {"svg": better}), Measured(score, {"svg": items}), "svg", 0.95
    )
    apart = difference_interval(Measured(higher), Measured(score), "svg", 0.95)
    assert paired is not None
    assert apart is not None
    assert (paired.low, paired.high) == pytest.approx((0.1, 0.1))
    assert apart.low == pytest.approx(0.1 - 0.08**0.5)
    assert apart.high == pytest.approx(0.1 + 0.08**0.5)
