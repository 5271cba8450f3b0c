"""Policies for real: supervised start, GRPO on the critic's reward, exact evaluation."""

from __future__ import annotations

import csv
import json
import logging
import math
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from erm.critics.base import ImagePair
from erm.critics.local import LocalCritic
from erm.errors import ErmError
from erm.models.role import read_role, write_role
from erm.models.settings import ModelSettings, OptimizationSettings
from erm.policies.base import Request, write_completion
from erm.policies.evaluation import evaluate
from erm.policies.local import LocalPolicy
from erm.policies.references import digest, images_in, read_pictures, read_used
from erm.policies.reinforcement import WITHOUT_SOURCES, reinforce
from erm.policies.settings import (
    EvaluateSettings,
    ReinforceSettings,
    SampledSettings,
    TrainPolicySettings,
)
from erm.policies.training import train_policy
from erm.render import Renderer
from erm.rewards.adapters.trl import TrlReward
from erm.rewards.loading import load_reward
from erm.rewards.published import reward_value
from erm.rewards.settings import RewardSettings
from erm.synthesis.settings import SynthesizeSettings
from erm.synthesis.synthesize import synthesize
from erm.tasks import get_task
from tests.killed import kill_at_checkpoint

PARTS = ("generation", "rendering", "judging", "update")
"""Of a step's time."""


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    settings = SynthesizeSettings(
        sources={"chart": 0, "table": 0, "svg": 12}, test_share=0.25, workers=1
    )
    synthesize(settings, folder / "pairs", folder / "work")
    return folder / "pairs"


@pytest.fixture(scope="module")
def policy(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("policy")
    settings = TrainPolicySettings(
        model=ModelSettings(name="tiny"),
        tasks=("svg",),
        optimization=OptimizationSettings(batch_size=8, epochs=2, log_every=1),
        max_side=112,
    )
    out = folder / "out"
    metrics = train_policy(settings, pairs, out, folder / "work")
    assert metrics["examples"] >= 12
    # after so few steps it never ends a completion
    write_role(read_role(out, "policy").model_copy(update={"max_new_tokens": 64}), out)
    return out


def test_a_policy_learns_sources_of_images(policy: Path, pairs: Path) -> None:
    with (policy / "history.csv").open() as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert losses[-1] < losses[0]
    assert read_role(policy, "policy").prompts == {"svg": "draw svg"}
    written = write_completion("svg", "<svg/>")
    assert get_task("svg").extract(written) == "<svg/>"


def test_a_policy_learns_fresh_sources_that_no_pair_shows(pairs: Path, tmp_path: Path) -> None:
    settings = TrainPolicySettings(
        model=ModelSettings(name="micro"),
        tasks=("svg",),
        sources={"svg": 9},
        optimization=OptimizationSettings(batch_size=8, epochs=1, log_every=1),
        max_side=112,
        render_workers=1,
    )
    metrics = train_policy(settings, pairs, tmp_path / "out", tmp_path / "work")
    assert metrics["examples"] == 9
    drawn = read_pictures(tmp_path / "work" / "sources.parquet")
    assert not {digest(one.image) for one in drawn} & images_in(pairs)
    assert read_used(tmp_path / "out") == {digest(one.image) for one in drawn}
    with pytest.raises(ValidationError, match="table"):
        TrainPolicySettings(tasks=("svg",), sources={"table": 1})


def test_reinforcement_moves_the_policy_and_leaves_a_history(
    policy: Path, tiny_critic: Path, pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracked: dict[str, float] = {}
    monkeypatch.setattr("erm.models.sft.log_metrics", lambda row, step: tracked.update(row))
    settings = ReinforceSettings(
        tasks=("svg",),
        steps=2,
        prompts_per_step=2,
        generations=2,
        max_completion_tokens=24,
        learning_rate=1e-3,
        render_workers=1,
    )
    out = tmp_path / "out"
    metrics = reinforce(settings, policy, tiny_critic, pairs, out, tmp_path / "work")
    assert metrics["steps"] == 2
    with (out / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["step"]) for row in rows] == [1, 2]
    assert all(0 <= float(row["reward"]) <= 2 for row in rows)
    assert all(0 <= float(row["no_spread"]) <= 1 for row in rows)
    assert {f"time/{part}" for part in PARTS} <= set(tracked)
    assert sum(tracked[f"time/{part}"] for part in PARTS) == pytest.approx(1)
    assert min(tracked[f"time/{part}"] for part in PARTS) >= 0
    assert {"part/critic", "entropy", "completions/clipped_ratio"} <= set(tracked)
    assert read_role(out, "policy") == read_role(policy, "policy")
    image = next(iter(_references(pairs)))
    assert LocalPolicy(out).complete([Request("svg", image)])


def test_the_severity_that_the_critic_expects_reaches_the_reward(
    tiny_critic: Path, pairs: Path, renderer: Renderer
) -> None:
    image = _references(pairs)[0]
    red = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h5v5z"/></svg>'
    critic = LocalCritic(tiny_critic)
    talkative = critic.checkpoint.role.model_copy(update={"max_new_tokens": 90})
    critic.checkpoint = critic.checkpoint._replace(role=talkative)
    render = renderer.render_batch([("svg", red)])[0].image
    assert render is not None
    (critique,) = critic.critique([ImagePair("svg", image, render)])
    completions = [[{"role": "assistant", "content": f"```svg\n{red}\n```"}]]
    earned = {}
    for kind in ("expected", "reported", "graded"):
        reward = TrlReward(load_reward(RewardSettings(severity=kind), critic, renderer))
        (earned[kind],) = reward(completions, ["svg"], [image], log_metric=lambda *_: None)
    assert earned["expected"] == reward_value("svg", "judged", critique.expected_severity)
    assert earned["reported"] == reward_value("svg", "judged", critique.severity)
    assert earned["expected"] != earned["reported"]
    assert earned["graded"] == pytest.approx(earned["expected"], abs=1e-6)


def test_evaluation_annotates_both_policies_exactly(
    policy: Path, tiny_critic: Path, pairs: Path, tmp_path: Path
) -> None:
    settings = EvaluateSettings(
        tasks=("svg",),
        references=2,
        pictured=2,
        sources={"svg": 2},
        sampled=SampledSettings(completions=2),
        render_workers=1,
    )
    metrics = evaluate(settings, policy, policy, tiny_critic, pairs, tmp_path)
    assert metrics["gain.svg"] == 0
    for way in ("greedy", "sampled"):
        name = f"severity_gain.svg.{way}"
        assert metrics[name] == metrics[f"{name}_low"] == metrics[f"{name}_high"] == 0
    best = metrics["after.svg.best_of_n.exact_severity"]
    gained = metrics["before.svg.exact_severity"] - best
    assert metrics["severity_gain.svg.best_of_n"] == pytest.approx(gained)
    assert '<section id="gallery"' in (tmp_path / "index.html").read_text()
    assert 0 <= metrics["before.rendered"] <= 1
    sampled = settings.model_copy(update={"sampled": None})
    alone = evaluate(sampled, policy, policy, tiny_critic, pairs, tmp_path)
    assert alone.keys() <= metrics.keys()
    assert all(metrics[key] == alone[key] for key in alone if not key.endswith("pixel_mse"))
    rows = [json.loads(line) for line in (tmp_path / "completions.jsonl").read_text().splitlines()]
    assert {row["policy"] for row in rows} == {"before", "after"}
    assert [row["source_id"] for row in rows][2:4] == [f"svg/evaluation-{n:06d}" for n in (0, 1)]
    assert (tmp_path / "comparison.png").stat().st_size > 1000


@pytest.mark.parametrize("critic", ["pixel", "exact"])
def test_another_critic_takes_the_trained_ones_place(
    critic: str, policy: Path, pairs: Path, tmp_path: Path
) -> None:
    settings = EvaluateSettings(
        tasks=("svg",), references=2, pictured=2, critic=critic, sampled=None, render_workers=1
    )
    metrics = evaluate(settings, policy, policy, Path("nowhere"), pairs, tmp_path)
    assert metrics["gain.svg"] == 0
    same = metrics["after.svg.critic_reward"] == metrics["after.svg.exact_reward"]
    assert same or critic == "pixel"


def test_reinforcement_by_the_exact_annotator_needs_no_critic(
    policy: Path, pairs: Path, tmp_path: Path
) -> None:
    settings = ReinforceSettings(
        tasks=("svg",),
        steps=1,
        prompts_per_step=2,
        generations=2,
        max_completion_tokens=24,
        critic="exact",
        render_workers=1,
    )
    out = tmp_path / "out"
    metrics = reinforce(settings, policy, Path("nowhere"), pairs, out, tmp_path / "work")
    assert metrics["steps"] == 1
    assert 0 <= metrics["reward_last"] <= 2


def _validated(**chosen: Any) -> ReinforceSettings:
    """Four steps with a checkpoint and a validation at every second."""
    return ReinforceSettings.model_validate(
        {
            "tasks": ("svg",),
            "steps": 4,
            "prompts_per_step": 2,
            "generations": 4,
            "max_completion_tokens": 48,
            "learning_rate": 1e-3,
            "checkpoint_every": 2,
            "critic": "exact",
            "validation": {"every": 2, "references": 4},
            "render_workers": 1,
            **chosen,
        }
    )


def _table(path: Path) -> list[dict[str, float]]:
    with path.open() as file:
        return [
            {name: float(value or "nan") for name, value in row.items()}
            for row in csv.DictReader(file)
        ]


@pytest.fixture(scope="module")
def validated(policy: Path, pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("validated")
    out = folder / "out"
    metrics = reinforce(_validated(), policy, Path("nowhere"), pairs, out, folder / "work")
    rows = _table(out / "validation.csv")
    assert [row["step"] for row in rows] == [0, 2, 4]
    assert metrics["start/greedy/exact_severity"] == rows[0]["greedy/exact_severity"]
    best = min(row["greedy/exact_severity"] for row in rows)
    assert metrics["best/greedy/exact_severity"] == best
    at_best = [row["step"] for row in rows if row["greedy/exact_severity"] == best]
    assert metrics["best/step"] == max(at_best)
    return out


def test_a_killed_reinforcement_goes_on_to_the_same_curve(
    validated: Path, policy: Path, pairs: Path, tmp_path: Path
) -> None:
    out, work = tmp_path / "out", tmp_path / "work"
    paths = {"policy": policy, "critic": Path("nowhere"), "pairs": pairs, "out": out, "work": work}
    function = "erm.policies.reinforcement:reinforce"
    kill_at_checkpoint(2, function, _validated(), paths, tmp_path)
    reinforce(_validated(), policy, Path("nowhere"), pairs, out, work)
    for table in ("history.csv", "validation.csv"):
        for resumed, whole in zip(_table(out / table), _table(validated / table), strict=True):
            assert resumed == pytest.approx(whole, rel=1e-4, abs=1e-5, nan_ok=True)
    weights = "model.safetensors"
    assert (out / weights).stat().st_size == (validated / weights).stat().st_size


def test_fresh_references_are_drawn_for_reinforcement(
    policy: Path, pairs: Path, tmp_path: Path
) -> None:
    settings = _validated(steps=1, sources={"svg": 2}, validation={"references": 3})
    out, work = tmp_path / "out", tmp_path / "work"
    metrics = reinforce(settings, policy, Path("nowhere"), pairs, out, work)
    assert metrics["steps"] == 1
    trained, held_out = (
        read_pictures(work / f"{name}.parquet") for name in ("references", "held-out")
    )
    assert [one.name for one in trained] == ["svg/fresh-000000", "svg/fresh-000001"]
    assert [one.name for one in held_out] == [f"svg/validation-{n:06d}" for n in range(3)]
    assert not {one.image for one in trained} & {one.image for one in held_out}
    assert read_used(out) == {digest(one.image) for one in trained + held_out}


def test_adapters_are_trained_and_merged(policy: Path, pairs: Path, tmp_path: Path) -> None:
    settings = _validated(
        steps=2,
        lora={"rank": 4},
        activation_checkpointing=True,
        steps_per_generation=2,
        loss="grpo",
        trl={"top_p": 0.9, "max_grad_norm": 0.5},
        validation=None,
    )
    out = tmp_path / "out"
    metrics = reinforce(settings, policy, Path("nowhere"), pairs, out, tmp_path / "work")
    assert metrics["steps"] == 2
    assert not list(out.glob("adapter*"))
    assert LocalPolicy(out).complete([Request("svg", _references(pairs)[0])])


def test_two_processes_follow_the_curve_of_one(
    validated: Path, policy: Path, pairs: Path, tmp_path: Path
) -> None:
    """They sample other completions, so that rewards are alike in the mean only; what is validated
    at the start is the same."""
    launched = _validated(launch={"processes": 2}, steps=2)
    out = tmp_path / "out"
    metrics = reinforce(launched, policy, Path("nowhere"), pairs, out, tmp_path / "work")
    assert metrics["steps"] == 2
    first, one = (_table(folder / "validation.csv")[0] for folder in (out, validated))
    assert first == pytest.approx(one, abs=1e-4)
    rows, alone = _table(out / "history.csv"), _table(validated / "history.csv")
    for column, tolerance in (("reward", 0.5), ("rendered", 0.5), ("length", 12.0)):
        means = [sum(row[column] for row in table) / len(table) for table in (rows, alone)]
        assert means[0] == pytest.approx(means[1], abs=tolerance)
    for row in rows:  # shares of all eight completions of a step, not of sixteen or four
        assert row["rendered"] * 8 == pytest.approx(round(row["rendered"] * 8), abs=1e-5)


def test_images_alone_are_reinforced_on(
    policy: Path,
    tiny_critic: Path,
    pairs: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder = tmp_path / "icons"
    folder.mkdir()
    for number, image in enumerate(_references(pairs)):
        (folder / f"{number}.png").write_bytes(image)
    settings = _validated(
        steps=1, critic="pixel", images={"svg": str(folder)}, validation={"references": 1}
    )
    out = tmp_path / "out"
    with caplog.at_level(logging.WARNING):
        reinforce(settings, policy, tiny_critic, Path("nowhere"), out, tmp_path / "work")
    assert WITHOUT_SOURCES in caplog.text
    rows = _table(out / "validation.csv")
    assert [row["step"] for row in rows] == [0, 1]
    assert not any("exact" in name or "watch" in name for name in rows[0])
    assert math.isnan(_table(out / "history.csv")[0]["exact_severity"])


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"critic": "exact"}, "the critic 'exact' needs the sources"),
        ({"reward": {"parts": [{"part": "exact"}]}}, "the part 'exact' of the reward needs"),
        ({"sources": {"svg": 3}}, "exclude each other"),
        ({"images": {"chart": "x"}}, "images names chart, but tasks names svg"),
        ({"images": {"svg": "hf:icons"}}, "not of the form hf:OWNER/NAME"),
    ],
)
def test_what_needs_sources_is_refused_with_images(chosen: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        ReinforceSettings.model_validate({"tasks": ("svg",), "images": {"svg": "icons"}} | chosen)


def test_sources_are_of_the_tasks() -> None:
    with pytest.raises(ValidationError, match="sources names chart, but tasks names svg"):
        ReinforceSettings(tasks=("svg",), sources={"chart": 3})


def test_a_critic_is_no_policy(tiny_critic: Path, pairs: Path, tmp_path: Path) -> None:
    with pytest.raises(ErmError, match="holds a critic, not a policy"):
        reinforce(
            ReinforceSettings(tasks=("svg",)),
            tiny_critic,
            tiny_critic,
            pairs,
            tmp_path / "o",
            tmp_path,
        )


def test_tasks_that_the_policy_never_saw_are_refused(
    policy: Path, tiny_critic: Path, pairs: Path, tmp_path: Path
) -> None:
    settings = ReinforceSettings(tasks=("chart",))
    with pytest.raises(ErmError, match="not trained on chart"):
        reinforce(settings, policy, tiny_critic, pairs, tmp_path / "out", tmp_path)


def _references(pairs: Path) -> list[bytes]:
    from erm.dataset.pairs import read_references

    return [reference.image for reference in read_references(pairs, "test")]
