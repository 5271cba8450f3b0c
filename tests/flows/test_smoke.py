"""``make smoke``: the real pipeline, small, in a scratch copy; then what it left behind.

And the same once more, killed in the middle of every stage.
"""

from __future__ import annotations

import json
import math
import sqlite3
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest
import yaml

from erm.fingerprint import content_hash
from erm.parameters import PARAMS
from erm.registry.aliases import CHAMPION, CRITIC, POLICY
from erm.tracking import configure_tracking
from tests.flows.killing import kill_in, metrics, middle, start
from tests.flows.scratch import compose, copy_checkout, environment

pytestmark = pytest.mark.smoke
ROOT = Path(__file__).parents[2]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


def in_copy(copy: Path, *module: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *module],
        cwd=copy,
        env=environment(copy),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("smoke") / "checkout"
    copy_checkout(ROOT, folder)
    (folder / PARAMS).write_text(compose(folder / "conf", "smoke"))
    done = subprocess.run(
        [sys.executable, "-m", "flows.pipeline"], cwd=folder, env=environment(folder), check=False
    )
    assert done.returncode == 0
    return folder


def test_every_stage_left_its_outputs_and_metrics(copy: Path) -> None:
    for name, stage in STAGES.items():
        for out in stage.get("outs", []):
            assert (copy / out).exists(), out
        metrics = json.loads((copy / f"reports/{name}.json").read_text())
        assert metrics, name
    benchmark = json.loads((copy / "reports/benchmark.json").read_text())
    assert 0 <= benchmark["overall/f1_hard"] <= 1
    assert benchmark["baselines/exact_annotator/overall/f1_hard"] == 1
    assert math.isfinite(json.loads((copy / "reports/train_critic.json").read_text())["loss"])


def test_a_run_that_is_killed_in_every_stage_leaves_the_same(copy: Path, tmp_path: Path) -> None:
    """Nothing that it started is left, and the last run has nothing to make twice."""
    killed = tmp_path / "checkout"
    copy_checkout(ROOT, killed)
    (killed / PARAMS).write_text((copy / PARAMS).read_text())
    for stage in middle(killed):
        kill_in(stage, killed)
    assert start(killed).wait() == 0
    assert content_hash(killed / "data/pairs") == content_hash(copy / "data/pairs")
    assert all((killed / f"reports/{stage}.json").is_file() for stage in STAGES)
    loss = metrics(copy, "train_policy")["loss"]
    assert metrics(killed, "train_policy")["loss"] == pytest.approx(loss, rel=1e-3)


def test_a_second_run_does_nothing(copy: Path) -> None:
    done = in_copy(copy, "dvc", "repro")
    assert done.returncode == 0, done.stderr
    assert "Running stage" not in done.stdout
    assert "up to date" in done.stdout
    done = in_copy(copy, "flows.pipeline")
    assert (done.returncode, done.stdout) == (0, "Data and pipelines are up to date.\n")


def test_mlflow_holds_one_parent_and_a_child_a_stage(copy: Path) -> None:
    before = mlflow.get_tracking_uri()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        configure_tracking(copy)
    try:
        runs = mlflow.search_runs(search_all_experiments=True, output_format="list")
        client = mlflow.MlflowClient()
        champions = [client.get_model_version_by_alias(name, CHAMPION) for name in (CRITIC, POLICY)]
        critic = next(run for run in runs if run.data.tags.get("stage") == "train_critic")
        pictures = client.list_artifacts(critic.info.run_id, "validation")
        course = client.get_metric_history(critic.info.run_id, "validation/f1_hard")
    finally:
        mlflow.set_tracking_uri(before)
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert len(parents) == 1
    children = {run.data.tags["stage"]: run for run in runs if "stage" in run.data.tags}
    assert set(children) == set(STAGES)
    for run in runs:
        assert run.info.status == "FINISHED"
        assert len(run.data.tags["mlflow.source.git.commit"]) == 40
        assert run.data.tags["git.changed"] in ("True", "False")
    for run in children.values():
        assert run.data.tags["mlflow.parentRunId"] == parents[0].info.run_id
        assert run.data.params
        assert run.data.metrics["seconds"] > 0
    assert children["train_critic"].data.tags["dvc.data/pairs"].endswith(".dir")
    trained = json.loads((copy / "reports/train_critic.json").read_text())
    assert [point.step for point in course] == [trained["best/step"]] == [trained["steps"]]
    assert [point.value for point in course] == [trained["best/f1_hard"]]
    assert [Path(one.path).suffix for one in pictures] == [".png"]
    assert [int(champion.version) for champion in champions] == [1, 1]
    trainings = [children[stage].info.run_id for stage in ("train_critic", "reinforce")]
    assert [champion.run_id for champion in champions] == trainings
    assert all("# Visual-ERM" in champion.description for champion in champions)
    inputs = {one.dataset.name: one for one in critic.inputs.dataset_inputs}
    assert set(inputs) == {"data/inferred", "data/pairs"}
    digest = content_hash(copy / "data/pairs")
    assert digest.startswith(inputs["data/pairs"].dataset.digest)


def test_prefect_shows_every_stage_below_the_pipeline(copy: Path) -> None:
    with sqlite3.connect(copy / ".erm/prefect/prefect.db") as database:
        rows = database.execute(
            "select flow.name, run.state_type, parent.name from flow_run run"
            " join flow on flow.id = run.flow_id"
            " left join task_run task on task.id = run.parent_task_run_id"
            " left join flow_run parent_run on parent_run.id = task.flow_run_id"
            " left join flow parent on parent.id = parent_run.flow_id"
        ).fetchall()
    assert set(rows) == {
        ("pipeline", "COMPLETED", None),
        *((name, "COMPLETED", "pipeline") for name in STAGES),
    }


def test_data_and_models_reach_a_fresh_clone_through_a_remote(copy: Path, tmp_path: Path) -> None:
    """As in docs/operations.md; the remote is a folder."""
    outs = [out for stage in STAGES.values() for out in stage.get("outs", [])]
    clone = tmp_path / "clone"
    remote = ("dvc", "remote", "add", "--default", "team", str(tmp_path / "remote"))
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b")
    assert in_copy(copy, *remote).returncode == 0
    for command in ("add --all", "commit --quiet -m run", "tag -a -m run erm-critic@v1.0.0"):
        subprocess.run([*git, *command.split()], cwd=copy, check=True)
    assert in_copy(copy, "dvc", "push").returncode == 0
    subprocess.run(["git", "clone", "--quiet", copy, clone], check=True)
    pulled = in_copy(clone, "dvc", "pull")
    assert pulled.returncode == 0, pulled.stderr
    assert [content_hash(clone / out) for out in outs] == [content_hash(copy / out) for out in outs]
    status = in_copy(clone, "dvc", "status")
    assert "up to date" in status.stdout, status.stdout
    for command in ("get {} models/critic", "artifacts get {} erm-critic"):
        taken = tmp_path / command.split()[0]
        words = [word.format(copy) for word in command.split()]
        got = in_copy(copy, "dvc", *words, "--out", str(taken))
        assert got.returncode == 0, got.stderr
        assert content_hash(taken) == content_hash(copy / "models/critic")
