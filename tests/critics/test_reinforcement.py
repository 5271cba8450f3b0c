"""Reinforcing a critic for real: its reward, what is learnt, what is kept, and going on."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from erm.benchmark.judge.alignment import ErrorLists
from erm.benchmark.judge.offline import OfflineJudge
from erm.critics.base import ImagePair, read_reply, write_reply
from erm.critics.local import LocalCritic
from erm.critics.reinforcement import (
    ExactReportReward,
    reinforce_critic,
    report_rewards,
    sample_prompts,
    write_prompts,
)
from erm.critics.selection import training_pairs
from erm.critics.settings import ReinforceCriticSettings, TrainCriticSettings
from erm.critics.training import train_critic
from erm.errors import ErmError
from erm.models.checkpoint import load_checkpoint
from erm.models.settings import ModelSettings, OptimizationSettings, ValidationSettings
from erm.report import Report
from erm.tasks.discrepancy import Discrepancy
from tests.nodes import other_node, two_processes
from tests.squares import square_pair, write_squares

_RED = Discrepancy("style_error", 2, "red square", "fill is blue instead of red")
_GREEN = Discrepancy("style_error", 2, "green square", "fill is blue instead of green")
_ONE, _TWO, _EMPTY = Report("svg", (_RED,)), Report("svg", (_RED, _GREEN)), Report("svg")


def _reply(*errors: tuple[str, Any, str, str]) -> str:
    names = ("category", "severity", "location", "description")
    return json.dumps({"errors": [dict(zip(names, error, strict=True)) for error in errors]})


_HIT = ("style_error", 2, "red square", "fill is blue instead of red")
_OTHER_VALUE = ("style_error", 2, "red square", "fill is green instead of red")
_INVENTED = ("shape_error", 1, "text 'A'", "is missing")
_UNLISTED = ("data_error", 1, "bar", "is missing")


@pytest.mark.parametrize(
    ("reply", "exact", "f1_soft", "agreement"),
    [
        (_reply(_HIT), _ONE, 1.0, 1.0),
        (_reply(), _EMPTY, 1.0, 1.0),
        (_reply(), _ONE, 0.0, 0.0),
        (_reply(_INVENTED), _EMPTY, 0.0, 0.0),
        (_reply(_HIT), _TWO, 2 / 3, 1 / 2),
        (_reply(_HIT, _INVENTED), _ONE, 2 / 3, 2 / 3),
        (_reply(_HIT, _UNLISTED), _ONE, 2 / 3, 2 / 3),
        (_reply(_OTHER_VALUE), _ONE, 1 / 2, 1.0),
        ("The images are the same.", _EMPTY, 0.0, 0.0),
        (_reply(_HIT)[:-1], _ONE, 0.0, 0.0),
    ],
)
def test_a_reply_earns_the_soft_f1_of_the_whole_report_and_its_severity(
    reply: str, exact: Report, f1_soft: float, agreement: float
) -> None:
    (reward,) = report_rewards([read_reply("svg", reply)], [exact], OfflineJudge())
    assert reward == pytest.approx((f1_soft, agreement))
    assert reward.value == pytest.approx(f1_soft + agreement)


_errors = st.tuples(
    st.sampled_from(["style_error", "shape_error", "data_error", "", "other_error"]),
    st.sampled_from([-1, 0, 1, 3, 1e9, "2", "high", None]),
    st.sampled_from(["red square", ""]),
    st.sampled_from(["fill is blue instead of red", "is missing", ""]),
)


@given(reply=st.lists(_errors, max_size=4).map(lambda errors: _reply(*errors)) | st.text())
@settings(deadline=None, derandomize=True, max_examples=150)
def test_no_reply_earns_more_than_the_exact_report_or_less_than_none(reply: str) -> None:
    critiques = [read_reply("svg", text) for text in (reply, write_reply(_TWO), "none")]
    some, best, worst = report_rewards(critiques, [_TWO] * 3, OfflineJudge())
    assert worst.value == 0 <= some.value <= best.value == 2


class _FaultyJudge(OfflineJudge):
    """Fails in one call, counted from 1; always if that is 0."""

    def __init__(self, call: int) -> None:
        self._call, self._calls = call, 0

    def replies(self, lists: Sequence[ErrorLists]) -> list[str | None]:
        self._calls += 1
        if self._calls == self._call:
            raise RuntimeError("the judge is broken")
        return [None] * len(lists) if not self._call else super().replies(lists)


def test_a_judge_without_an_answer_gives_no_reward() -> None:
    completion = [{"role": "assistant", "content": _reply(_HIT)}]
    reward = ExactReportReward(_FaultyJudge(0))
    with pytest.raises(ErmError, match="judge offline gave no alignment for a sampled reply"):
        reward([completion], ["svg"], [_ONE.to_json()], log_metric=lambda *_: None)


def _settings(**reinforce: Any) -> TrainCriticSettings:
    chosen = {
        "steps": 9,
        "prompts_per_step": 10,
        "generations": 6,
        "learning_rate": 6e-4,
        "kl_coefficient": 0.0,
        "checkpoint_every": 2,
        "validate_every": 4,
        "empty_share": 0.2,
    }
    return TrainCriticSettings(
        model=ModelSettings(name="tiny"),
        optimization=OptimizationSettings(
            epochs=1.5, batch_size=8, learning_rate=4e-3, log_every=1
        ),
        validation=ValidationSettings(every=6, pairs=12),
        max_side=56,
        max_target_tokens=64,
        vocabulary=600,
        reinforce=ReinforceCriticSettings.model_validate(chosen | reinforce),
    )


def _rows(folder: Path, name: str = "reinforcement.csv") -> list[dict[str, float]]:
    with (folder / name).open() as file:
        return [{name: float(row[name]) for name in row} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_squares(tmp_path_factory.mktemp("pairs"), train=60)


@pytest.fixture(scope="module")
def trained(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The whole stage: its folder and metrics, and what was tracked."""
    folder, tracked = tmp_path_factory.mktemp("trained"), set[str]()
    with pytest.MonkeyPatch.context() as patch:
        for module in ("sft", "best_checkpoint"):
            patch.setattr(f"erm.models.{module}.log_metrics", lambda row, step: tracked.update(row))
        metrics = train_critic(_settings(), pairs, folder / "critic", folder / "work")
    return {"folder": folder, "metrics": metrics, "tracked": tracked}


def test_the_sampled_reward_rises(trained: dict[str, Any]) -> None:
    rows = _rows(trained["folder"] / "critic")
    assert [row["step"] for row in rows] == list(range(10))
    rewards = [row["reward"] for row in rows[1:]]
    assert np.mean(rewards[-3:]) > np.mean(rewards[:3]) + 0.1
    for row in rows[1:]:
        assert row["f1_soft"] + row["severity_agreement"] == pytest.approx(row["reward"], abs=1e-5)
    metrics = trained["metrics"]
    assert metrics["reinforce/reward_last"] > metrics["reinforce/reward_first"]
    names = ("reward", "f1_soft", "severity_agreement", "unparsable", "validation/f1_hard")
    assert {f"reinforce/{name}" for name in names} <= trained["tracked"]


def test_the_best_of_both_trainings_is_kept(trained: dict[str, Any], pairs: Path) -> None:
    folder, metrics = trained["folder"] / "critic", trained["metrics"]
    scores = {row["step"]: row["validation_f1_hard"] for row in _rows(folder)}
    validated = {step: score for step, score in scores.items() if not math.isnan(score)}
    assert list(validated) == [0, 4, 8, 9]
    assert validated[0] == metrics["best/f1_hard"] == metrics["reinforce/start/f1_hard"]
    assert metrics["reinforce/best/f1_hard"] == max(validated.values()) >= validated[0]
    assert [row["step"] for row in _rows(folder, "validation.csv")] == [6, 12]
    pair = square_pair(1)
    assert LocalCritic(folder).critique([ImagePair("svg", pair.reference, pair.candidate)])


def test_a_critic_that_reinforcement_ruins_is_the_one_before(
    trained: dict[str, Any], pairs: Path, tmp_path: Path
) -> None:
    start = trained["folder"] / "work" / "supervised"
    ruinous = _settings(steps=1, prompts_per_step=4, generations=4, learning_rate=1.0)
    metrics = reinforce_critic(ruinous, start, pairs, tmp_path / "critic", tmp_path / "work")
    assert metrics["best/step"] == 0
    weights = "model.safetensors"
    assert (tmp_path / "critic" / weights).read_bytes() == (start / weights).read_bytes()


def test_a_fault_of_the_judge_ends_the_run_which_goes_on_to_the_same_curve(
    trained: dict[str, Any], pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _settings(steps=3, prompts_per_step=4, generations=4)
    start = trained["folder"] / "work" / "supervised"
    reinforce_critic(settings, start, pairs, tmp_path / "whole", tmp_path / "whole-work")
    out, work = tmp_path / "critic", tmp_path / "work"
    with monkeypatch.context() as patch:
        patch.setattr("erm.critics.reinforcement.judge_from_spec", lambda _: _FaultyJudge(3))
        with pytest.raises(RuntimeError, match="the judge is broken"):
            reinforce_critic(settings, start, pairs, out, work)
    assert not out.exists()
    assert (work / "checkpoints" / "checkpoint-2" / "complete.json").is_file()
    reinforce_critic(settings, start, pairs, out, work)
    rows = _rows(tmp_path / "whole")
    assert len(rows) == 4
    for resumed, whole in zip(_rows(out), rows, strict=True):
        assert resumed == pytest.approx(whole, rel=1e-4, nan_ok=True)


@pytest.mark.smoke
def test_two_machines_reinforce_together(
    trained: dict[str, Any], pairs: Path, tmp_path: Path
) -> None:
    settings = _settings(steps=1, prompts_per_step=2, generations=4)
    launch = two_processes(nodes=2)
    launched = settings.model_copy(update={"launch": launch})
    start = trained["folder"] / "work" / "supervised"
    with other_node(launch):
        reinforce_critic(launched, start, pairs, tmp_path / "critic", tmp_path / "work")
    start_row, first = _rows(tmp_path / "critic")
    assert 0 <= first["reward"] <= 2
    assert first["unparsable"] * 8 == pytest.approx(round(first["unparsable"] * 8))
    assert (
        start_row["validation_f1_hard"]
        == _rows(trained["folder"] / "critic")[0]["validation_f1_hard"]
    )


def test_another_launcher_is_sent_to_the_two_trainings(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_RANK", "0")
    with pytest.raises(ErmError, match="run train_on_reports, then reinforce_critic"):
        train_critic(_settings(), pairs, tmp_path / "critic", tmp_path / "work")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"validation": None}, "reinforce needs validation, which chooses the weights to keep"),
        ({"reinforce": {"pears": 1}}, "Extra inputs are not permitted"),
        ({"reinforce": {"steps": 0}}, "greater than or equal to 1"),
        ({"reinforce": {"empty_share": 1.0}}, "less than 1"),
        ({"reinforce": {"vllm": "colocate"}}, "reinforce.vllm needs pair_encoding 'two_images'"),
        (
            {
                "reinforce": {"vllm": "colocate"},
                "model": {"pair_encoding": "two_images", "details": {}},
            },
            "'two_images' without details",
        ),
        (
            {"reinforce": {"prompts_per_step": 1, "generations": 3}, "launch": {"processes": 2}},
            "can't be shared out equally to 2 processes",
        ),
    ],
)
def test_settings_that_can_not_work_are_refused(change: dict[str, Any], sentence: str) -> None:
    valid = {"validation": {"pairs": 4}, "reinforce": {"steps": 2}}
    assert TrainCriticSettings.model_validate(valid).reinforce
    with pytest.raises(ValidationError, match=sentence):
        TrainCriticSettings.model_validate(valid | change)


def test_prompts_are_mostly_pairs_with_errors_each_in_its_turn() -> None:
    chosen = ReinforceCriticSettings(steps=10, prompts_per_step=8, empty_share=0.25, seed=3)
    differing, equal = list(range(30)), list(range(100, 140))
    order = sample_prompts(differing, equal, chosen)
    assert order == sample_prompts(differing, equal, chosen)
    assert len(order) == 80
    assert sum(place >= 100 for place in order) == len(set(order) - set(differing)) == 20
    assert {order.count(place) for place in differing} == {2}
    assert set(sample_prompts(differing, [], chosen)) == set(differing)


def test_reports_that_the_critic_can_not_write_are_no_prompts(
    tiny_critic: Path, pairs: Path, tmp_path: Path
) -> None:
    checkpoint = load_checkpoint(tiny_critic, "critic")
    chosen = ReinforceCriticSettings(steps=3, prompts_per_step=4)

    def examined() -> Iterator[Any]:
        return training_pairs(TrainCriticSettings(), pairs)

    with pytest.raises(ErmError, match="no training pairs with errors to reinforce"):
        write_prompts(examined, checkpoint, chosen, tmp_path)
    unknowing = checkpoint.role.model_copy(update={"prompts": {"chart": "compare chart"}})
    with pytest.raises(ErmError, match="knows the tasks chart, not svg"):
        write_prompts(examined, checkpoint._replace(role=unknowing), chosen, tmp_path)
    longer = checkpoint.role.model_copy(update={"max_new_tokens": 200})
    samples = write_prompts(examined, checkpoint._replace(role=longer), chosen, tmp_path)
    assert len(samples) == 12
    first = samples[0]
    assert first["prompt"] == [{"role": "user", "content": "compare svg"}]
    assert [image.size for image in first["images"]] == [(56, 56), (56, 56)]
    reports = [json.loads(text) for text in samples["exact"]]
    assert sum(not report["errors"] for report in reports) == 2
