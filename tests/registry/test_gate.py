"""The gate before ``champion``: floors, limits, losses and gains, task by task."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from erm.errors import ErmError
from erm.registry.champions import _critic_floor, _task_scores
from erm.registry.gate import (
    Missed,
    below_floor,
    below_least,
    below_start,
    beyond_gap,
    beyond_size,
    not_better,
    pays_hacks,
    too_slow,
)
from erm.registry.paired import Items, Measured, Scores, TaskScore
from erm.registry.settings import PromoteSettings


def scores(**values: float) -> Scores:
    return {task: TaskScore(value, value - 0.05, value + 0.05) for task, value in values.items()}


def one(missed: list[Missed]) -> tuple[str, str | None, float | None, str]:
    """The only condition missed; its number to three digits."""
    (found,) = missed
    return (*found[:2], None if found.by is None else round(found.by, 3), found.sentence)


def test_a_floor_must_be_exceeded_in_each_task() -> None:
    found = below_floor(scores(chart=0.3, svg=0.1), {"chart": 0.2, "svg": 0.1, "table": 0.9})
    sentence = "svg has 0.100 [0.050, 0.150], which is not above the floor of 0.100"
    assert one(found) == ("floor", "svg", 0.0, sentence)


def test_a_policy_is_below_its_start_only_where_the_interval_is() -> None:
    gains = {
        "chart": TaskScore(-0.2, -0.3, -0.1),
        "svg": TaskScore(-0.1, -0.3, 0.1),
        "table": TaskScore(0.2, 0.1, 0.3),
    }
    condition, task, by, sentence = one(below_start(gains))
    assert (condition, task, by) == ("start", "chart", 0.1)
    assert sentence.startswith("chart lost")


def test_a_least_score_may_be_met_exactly_and_must_be_known() -> None:
    found = below_least(
        {"chart": 0.3, "svg": 0.25}, {"chart": 0.3, "svg": 0.3, "table": 0.1}, "least", "f1_hard"
    )
    assert [(missed.task, missed.by) for missed in found] == [
        ("svg", pytest.approx(0.05)),
        ("table", None),
    ]
    assert found[0].sentence == "svg has f1_hard 0.250, below the least of 0.3"
    assert found[1].sentence == "table has no f1_hard, which must be 0.1 at least"


def test_a_hack_gap_counts_where_its_whole_interval_is_beyond() -> None:
    gaps = {"chart": TaskScore(3.0, 0.5, 5.5), "svg": TaskScore(3.0, 2.5, 3.5)}
    condition, task, by, _ = one(beyond_gap(gaps, 1.0))
    assert (condition, task, by) == ("hack_gap", "svg", 1.5)


def test_hacks_may_be_paid_better_than_a_share_and_must_be_measured() -> None:
    found = pays_hacks("svg", {"single_dot": 0.3, "a_coarse_copy": 0.2, "mute": None}, 0.2)
    assert [(missed.condition, missed.task) for missed in found] == [
        ("hacks.single_dot", "svg"),
        ("hacks.mute", "svg"),
    ]
    assert found[0].by == pytest.approx(0.1)
    assert found[0].sentence == (
        "svg: the hack 'single_dot' is paid better than 0.30 of honest candidates, more than the "
        "allowed 0.2"
    )
    assert found[1].sentence == "svg has no measurement of the hack 'mute'"


def test_size_counts_all_files_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    (tmp_path / "a").write_bytes(bytes(1_500_000))
    (tmp_path / "deeper" / "b").write_bytes(bytes(500_000))
    assert beyond_size(tmp_path, 2.0) == []
    assert one(beyond_size(tmp_path, 1.5))[:3] == ("most_mb", None, 0.5)


def test_the_time_of_a_pair_must_be_known_and_short() -> None:
    assert too_slow(0.5, 0.5) == []
    name, task, by, sentence = one(too_slow(2.0, 0.5))
    assert (name, task, by) == ("most_seconds", None, 1.5)
    assert sentence == "a judged pair takes 2 s, more than the allowed 0.5"
    assert one(too_slow(None, 0.5))[:3] == ("most_seconds", None, None)


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
    champion = Measured(scores(chart=0.4, svg=0.4))
    missed = not_better(Measured(candidate), champion, margin=0.0, most_loss=0.02)
    assert len(missed) == len(words)
    assert all(word in found.sentence for word, found in zip(words, missed, strict=True))


def test_the_margin_says_how_much_is_lacking() -> None:
    champion = Measured(scores(chart=0.4, svg=0.4))
    found = not_better(Measured(scores(chart=0.43, svg=0.4)), champion, margin=0.05, most_loss=0.02)
    assert one(found)[:3] == ("margin", None, 0.02)


def binary(right: int, of: int) -> Items:
    return {"svg": {str(index): (float(index < right), 1.0) for index in range(of)}}


@pytest.mark.parametrize(
    ("right", "of", "passes"), [(55, 100, True), (51, 100, False), (550, 1000, True)]
)
def test_a_gain_must_be_beyond_chance_on_the_same_items(right: int, of: int, passes: bool) -> None:
    candidate = Measured(scores(svg=right / of), binary(right, of))
    champion = Measured(scores(svg=0.5), binary(of // 2, of))
    found = not_better(candidate, champion, margin=0.0, most_loss=0.02, confidence=0.95)
    assert [missed.condition for missed in found] == ([] if passes else ["confidence"])
    # one task beyond chance is enough, and without the condition any gain is
    assert not_better(candidate, champion, margin=0.0, most_loss=0.02) == []


def test_without_items_both_intervals_decide() -> None:
    champion = Measured(scores(svg=0.4))
    near, far = Measured(scores(svg=0.46)), Measured(scores(svg=0.48))
    found = not_better(near, champion, margin=0.0, most_loss=0.02, confidence=0.95)
    condition, task, by, sentence = one(found)
    assert (condition, task, by) == ("confidence", "svg", 0.011)
    assert "not paired" in sentence
    assert not_better(far, champion, margin=0.0, most_loss=0.02, confidence=0.95) == []


def test_a_gain_without_items_and_intervals_is_no_reason_to_promote() -> None:
    bare = [Measured({"svg": TaskScore(value, value, value)}) for value in (0.9, 0.1)]
    found = not_better(*bare, margin=0.0, most_loss=0.02, confidence=0.95)
    assert one(found)[:3] == ("confidence", "svg", None)


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
    assert _critic_floor(metrics, PromoteSettings(critic_floor=None)) == {}


@pytest.mark.parametrize("name", ["critic_least", "policy_least", "policy_gain"])
def test_limits_name_tasks_that_exist(name: str) -> None:
    with pytest.raises(ValidationError, match="unknown task 'chrat'; tasks: "):
        PromoteSettings.model_validate({name: {"chrat": 0.3}})
