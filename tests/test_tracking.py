"""Where MLflow's records and artifacts lie, whatever the checkout's path and wherever it moves."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import mlflow
import pytest
import sqlalchemy
from mlflow.exceptions import MlflowException
from mlflow.tracking._tracking_service.utils import _get_store

from erm.errors import ErmError
from erm.failures import explain
from erm.models.location import model_folder
from erm.models.role import CARD
from erm.tracking import configure_tracking, experiment_id, log_metrics
from tests.chat_server import ChatServer

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


def test_credentials_of_a_server_leave_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chat_server: ChatServer
) -> None:
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.setenv(name, "")
    address = chat_server.url.replace("://", "://me:p%40ss@")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    assert configure_tracking(tmp_path) == mlflow.get_tracking_uri() == chat_server.url
    assert os.environ["MLFLOW_TRACKING_USERNAME"] == "me"
    assert os.environ["MLFLOW_TRACKING_PASSWORD"] == "p@ss"
    assert os.environ["MLFLOW_TRACKING_URI"] == chat_server.url


@contextmanager
def locked(registry_folder: Path) -> Iterator[sqlite3.Connection]:
    """Another process writes to the store."""
    other = sqlite3.connect(
        registry_folder / "mlflow.db", isolation_level=None, check_same_thread=False
    )
    with closing(other):
        other.execute("BEGIN IMMEDIATE")
        yield other


def test_a_store_that_is_locked_for_a_while_is_waited_for(registry: Any) -> None:
    with locked(Path.cwd()) as other:
        release = threading.Timer(0.2, other.rollback)
        release.start()
        log_metrics({"loss": 1.0})
        release.join()
    run = mlflow.active_run()
    assert run is not None
    assert registry.get_run(run.info.run_id).data.metrics == {"loss": 1.0}


def test_a_store_that_stays_locked_is_one_sentence(
    registry: Any,
) -> None:
    def impatient(_: Any, __: Any, statement: str, values: Any, *___: Any) -> tuple[str, Any]:
        return statement.replace("busy_timeout = 20000", "busy_timeout = 100"), values

    engine = _get_store().engine
    sqlalchemy.event.listen(engine, "before_cursor_execute", impatient, retval=True)
    with locked(Path.cwd()), pytest.raises(MlflowException) as raised:
        log_metrics({"loss": 1.0})
    assert explain(raised.value) == (
        "Another process held the lock of a database for too long; run again."
    )
