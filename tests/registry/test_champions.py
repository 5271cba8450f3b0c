"""Both models against their champions, from the files that a pipeline leaves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import mlflow
import pytest

from erm.critics.hacks import hack_names
from erm.critics.settings import BenchmarkSettings
from erm.errors import ErmError
from erm.fingerprint import content_hash
from erm.policies.settings import EvaluateSettings
from erm.registry.aliases import CHAMPION, CRITIC, POLICY, aliases_of
from erm.registry.champions import Chosen, Trained, promote_trained, try_trained
from erm.registry.lineage import lineage
from erm.registry.settings import PromoteSettings
from erm.tracking import TRAINED, experiment_id
from tests.registered import tags

BENCHMARK = {
    "svg/f1_hard": 0.5,
    "svg/f1_hard_low": 0.4,
    "svg/f1_hard_high": 0.6,
    "svg/empty_report_accuracy": 0.8,
    "baselines/untrained/svg/f1_hard": 0.1,
    **{f"hacks/svg/{hack}": 0.25 for hack in hack_names("svg")},
}
EVALUATION = {
    "after.svg.exact_reward": 1.5,
    **{"gain.svg": 0.1, "gain.svg_low": 0.05, "gain.svg_high": 0.15},
    **{"hack_gap.svg": 2.0, "hack_gap.svg_low": 1.5, "hack_gap.svg_high": 2.5},
}


@pytest.fixture
def trained(registry: Any, tiny_critic: Path, tiny_policy: Path) -> Trained:
    """A checkout after the stages benchmark and evaluate."""
    for name, folder in (("critic", tiny_critic), ("policy", tiny_policy)):
        shutil.copytree(folder, Path("models") / name)
    for name in ("data/pairs", "data/inferred", "reports"):
        Path(name).mkdir(parents=True)
    Path("data/pairs/part").write_text("pairs")
    Path("reports/benchmark.json").write_text(json.dumps(BENCHMARK))
    Path("reports/benchmark").mkdir()
    Path("reports/benchmark/seconds.json").write_text('{"seconds_per_pair": 0.25}')
    Path("reports/evaluate.json").write_text(json.dumps(EVALUATION))
    Path("params.yaml").write_text("profile: laptop\n")
    mlflow.log_artifact("params.yaml")
    return Trained()


def chosen(**promote: Any) -> Chosen:
    settings = PromoteSettings.model_validate(promote)
    return Chosen(settings, BenchmarkSettings(), EvaluateSettings())


def conditions(trained: Trained, tmp_path: Path, **promote: Any) -> dict[str, list[str]]:
    tried = try_trained(chosen(**promote), trained, tmp_path)
    return {name: [one.condition for one in outcome.missed] for name, outcome in tried.items()}


@pytest.mark.parametrize(
    ("promote", "critic", "policy"),
    [
        ({}, [], []),
        ({"critic_least": {"svg": 0.6}}, ["least"], []),
        ({"critic_least": {"svg": 0.5}}, [], []),
        ({"critic_empty_accuracy": 0.9}, ["empty_accuracy"], []),
        ({"critic_hacks": 0.2}, [f"hacks.{hack}" for hack in hack_names("svg")], []),
        ({"critic_hacks": 0.25}, [], []),
        ({"policy_least": {"svg": 1.6}}, [], ["least"]),
        ({"policy_gain": {"svg": 0.2}}, [], ["gain"]),
        ({"policy_hack_gap": 1.0}, [], ["hack_gap"]),
        ({"policy_hack_gap": 2.0}, [], []),
        ({"most_mb": 0.001}, ["most_mb"], ["most_mb"]),
        ({"most_seconds": 0.2}, ["most_seconds"], []),
        ({"most_seconds": 0.3}, [], []),
    ],
)
def test_each_parameter_is_a_condition(
    promote: dict[str, Any], critic: list[str], policy: list[str], trained: Trained, tmp_path: Path
) -> None:
    expected = {"critic": critic, "policy": policy}
    assert conditions(trained, tmp_path / "work", **promote) == expected


def test_both_models_are_registered_with_where_they_come_from(
    registry: Any, trained: Trained, tmp_path: Path
) -> None:
    with mlflow.start_run(experiment_id=experiment_id(Path.cwd()), nested=True) as training:
        mlflow.set_tag(TRAINED, content_hash(trained.critic))
    metrics = promote_trained(chosen(policy_hack_gap=1.0), trained, tmp_path / "work")
    assert metrics == {
        **{"critic.version": 1.0, "critic.promoted": 1.0, "critic.missed": 0.0},
        **{"policy.version": 1.0, "policy.promoted": 0.0, "policy.missed": 1.0},
    }
    assert aliases_of(registry, CRITIC) == {CHAMPION: 1}
    assert tags(1, POLICY)["gate.hack_gap.svg"] == "0.5"
    critic = registry.get_model_version(CRITIC, "1")
    assert critic.run_id == training.info.run_id
    assert critic.description.startswith("---\nlibrary_name: transformers")
    assert registry.get_run(training.info.run_id).info.status == "FINISHED"
    promoting = mlflow.active_run()
    assert promoting is not None
    assert registry.get_model_version(POLICY, "1").run_id == promoting.info.run_id
    policy = lineage(registry, "models:/erm-policy/1")
    assert policy["rewarded_by"]["critic"] == "models:/erm-critic/1"
    assert policy["parameters"]["address"].endswith("/params.yaml")
    assert lineage(registry, "models:/erm-critic/1")["rewards"] == ["models:/erm-policy/1"]
    # a trial now meets the champion
    tried = try_trained(chosen(), trained, tmp_path / "work")
    assert tried["critic"].is_champion
    assert tried["policy"].promoted


def test_a_critic_by_name_is_the_policys(trained: Trained, registry: Any, tmp_path: Path) -> None:
    by_name = Trained(rewarded_by="openai:judge")
    promote_trained(chosen(), by_name, tmp_path / "work")
    found = lineage(registry, "models:/erm-policy/1")["rewarded_by"]
    assert found == {"critic": "openai:judge", "sha256": None}


def test_metrics_that_are_missing_are_one_sentence(trained: Trained, tmp_path: Path) -> None:
    trained.evaluation.unlink()
    with pytest.raises(ErmError, match=r"^reports/evaluate.json can't be read .*dvc repro"):
        try_trained(chosen(), trained, tmp_path / "work")
