"""Where MLflow's records and artifacts lie, whatever the checkout's path and wherever it moves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest

from erm.errors import ErmError
from erm.models.location import model_folder
from erm.models.role import CARD
from erm.tracking import configure_tracking, experiment_id

NAME = "erm-critic"


@pytest.fixture(autouse=True)
def own_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = mlflow.get_tracking_uri()
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    yield
    mlflow.set_tracking_uri(before)


def record(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run with a model folder that is registered as champion; returns its artifacts' address."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)  # MLflow sets it itself
    configure_tracking(checkout)
    client = mlflow.MlflowClient()
    run = client.create_run(experiment_id(checkout))
    client.log_text(run.info.run_id, "{}", f"model/{CARD}")
    if not client.search_registered_models(f"name = '{NAME}'"):
        client.create_registered_model(NAME)
    source = f"{run.info.artifact_uri}/model"
    version = client.create_model_version(NAME, source, run.info.run_id)
    client.set_registered_model_alias(NAME, "champion", version.version)
    return str(run.info.artifact_uri)


def test_records_lie_in_the_checkout_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "a%20b it's q?x#é $HOME"
    checkout = tmp_path / name
    checkout.mkdir()
    monkeypatch.chdir(checkout)
    assert record(checkout, monkeypatch).startswith((checkout / "mlartifacts").as_uri())
    assert {path.name for path in checkout.iterdir()} == {"mlflow.db", "mlartifacts"}
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert list(checkout.glob(f"mlartifacts/*/artifacts/model/{CARD}"))


@pytest.mark.parametrize("how", [shutil.move, shutil.copytree])
def test_a_moved_or_copied_checkout_keeps_its_champion(
    how: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = tmp_path / "old", tmp_path / "other" / "new%"
    old.mkdir()
    new.parent.mkdir()
    monkeypatch.chdir(tmp_path)
    record(old, monkeypatch)
    assert callable(how)
    how(old, new)
    monkeypatch.chdir(new)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert model_folder(f"models:/{NAME}@champion", "critic").is_relative_to(new)
    before = sorted(old.rglob("*"))
    assert record(new, monkeypatch).startswith((new / "mlartifacts").as_uri())
    assert sorted(old.rglob("*")) == before


def test_artifacts_that_stayed_behind_keep_their_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    record(tmp_path / "old", monkeypatch)
    shutil.move(tmp_path / "old" / "mlflow.db", tmp_path / "new")
    monkeypatch.chdir(tmp_path / "new")
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    found = model_folder(f"models:/{NAME}@champion", "critic")
    assert found.is_relative_to(tmp_path / "old")


def test_a_server_that_does_not_answer_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://somebody:secret@127.0.0.1:9")
    with pytest.raises(ErmError, match=r"^MLflow at 127\.0\.0\.1:9 does not answer \(.*; start it"):
        configure_tracking(tmp_path)
