"""Servers that go away while a stage runs, and secrets that nothing may keep."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import pytest
from prefect import get_client
from prefect.client.schemas.sorting import FlowRunSort
from prefect.settings import PREFECT_API_URL, temporary_settings

from erm.errors import SECRETS
from tests.chat_server import ChatServer, completion
from tests.flows.mlflow_server import MlflowServer
from tests.flows.prefect_server import PrefectServer
from tests.flows.test_stage import PATIENCE_SECONDS, end, start
from tests.waiting import until

SECRET = "planted-secret-4711"


@pytest.fixture
def mlflow_server(
    tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MlflowServer]:
    shutil.copy(empty_store / "mlflow.db", tmp_path)
    before = mlflow.get_tracking_uri()
    server = MlflowServer(tmp_path)
    server.start()
    yield server
    server.stop()
    mlflow.set_tracking_uri(before)


@pytest.fixture
def prefect_server(
    counting: Path, served: dict[str, str], tmp_path: Path
) -> Iterator[PrefectServer]:
    server = PrefectServer(tmp_path / "prefect", counting / ".erm/prefect/prefect.db")
    server.start()
    yield server
    server.kill()


def without(
    stop: Callable[[], None],
    stage: subprocess.Popen[str],
    checkout: Path,
    start: Callable[[], None] = lambda: None,
) -> None:
    """Stop a server while a stage pauses, start it again if asked, and let the stage go on."""
    waiting = checkout / ".erm/unfinished/count/numbers/waiting"
    until(lambda: waiting.exists() or stage.poll() is not None, PATIENCE_SECONDS)
    assert stage.returncode is None, stage.communicate()
    stop()
    start()
    waiting.unlink()


def anew(checkout: Path, text: str) -> None:
    """Give the stage another input, and nothing to find."""
    (checkout / "text").write_text(text)
    shutil.rmtree(checkout / "numbers", ignore_errors=True)
    (checkout / "reports/count.json").unlink(missing_ok=True)


@pytest.mark.deployed
def test_a_stage_outlives_mlflow(
    counting: Path, served: dict[str, str], mlflow_server: MlflowServer
) -> None:
    """Work in progress is kept and one sentence says what is missing; finished work is in place."""
    variables = {
        **served,
        "MLFLOW_TRACKING_URI": mlflow_server.url,
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }
    anew(counting, "while MLflow is away")
    stage = start(counting, variables, "pause")
    without(mlflow_server.stop, stage, counting)
    status, said = end(stage)
    assert status == 1
    (sentence,) = said
    assert sentence.startswith(f"erm: count: MLflow at {mlflow_server.url} does not answer (")
    assert not (counting / "numbers").exists()

    mlflow_server.start()
    stage = start(counting, variables, "pause at the end")
    without(mlflow_server.stop, stage, counting)
    assert end(stage) == (0, [])
    assert [path.name for path in (counting / "numbers").iterdir()] == ["all"]
    assert json.loads((counting / "reports/count.json").read_text())["begun"] >= 2


@pytest.mark.deployed
def test_a_pipeline_outlives_a_restart_of_prefect(
    counting: Path, served: dict[str, str], prefect_server: PrefectServer
) -> None:
    variables = {**served, "PREFECT_API_URL": prefect_server.url}
    anew(counting, "while Prefect restarts")
    pipeline = start(counting, variables, "pause", "flows.counting")
    without(prefect_server.kill, pipeline, counting, prefect_server.start)
    assert end(pipeline) == (0, [])
    assert [path.name for path in (counting / "numbers").iterdir()] == ["all"]
    with (
        temporary_settings({PREFECT_API_URL: prefect_server.url}),
        get_client(sync_client=True) as client,
    ):
        latest = client.read_flow_runs(sort=FlowRunSort.START_TIME_DESC, limit=2)
    assert [run.state.type.value for run in latest if run.state] == ["COMPLETED", "COMPLETED"]


@pytest.mark.deployed
def test_a_finished_stage_is_kept_without_prefect(
    counting: Path, served: dict[str, str], prefect_server: PrefectServer
) -> None:
    variables = {
        **served,
        "PREFECT_API_URL": prefect_server.url,
        "PREFECT_CLIENT_MAX_RETRIES": "2",
    }
    anew(counting, "while Prefect is away")
    pipeline = start(counting, variables, "pause at the end", "flows.counting")
    without(prefect_server.kill, pipeline, counting)
    status, said = end(pipeline, without_prefect=True)
    assert status == 1
    lost = "A connection or a process was lost (ConnectError: "
    assert said[0].startswith(f"erm: count is complete, but not its run in Prefect: {lost}")
    assert said[1].startswith(f"erm: {lost}")
    assert len(said) == 2
    assert [path.name for path in (counting / "numbers").iterdir()] == ["all"]
    again = start(counting, variables, "fail", "flows.counting")
    assert end(again) == (0, [])  # nothing is left to do, so no server is asked


def test_a_planted_secret_is_found_nowhere(
    counting: Path, served: dict[str, str], mlflow_server: MlflowServer, chat_server: ChatServer
) -> None:
    """Servers get it; outputs, logs and records don't, also where a server repeats it."""

    password = f"{SECRET}-password"

    def with_password(address: str) -> str:
        return address.replace("://", f"://me:{password}@")

    keys = {name: f"{SECRET}-{name}" for name in SECRETS}
    key = keys["OPENAI_API_KEY"]
    variables = {
        **served,
        **keys,
        "MLFLOW_TRACKING_URI": with_password(mlflow_server.url),
        "OPENAI_BASE_URL": with_password(chat_server.url),
        "ERM_WEBHOOK": f"{chat_server.url}/hook?key={SECRET}",
        "PREFECT_LOGGING_LEVEL": "DEBUG",
    }

    def ask(question: str) -> subprocess.CompletedProcess[str]:
        anew(counting, question)
        return subprocess.run(
            [sys.executable, "-m", "flows.count"],
            cwd=counting,
            env={**variables, "COUNT": "ask"},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )

    chat_server.behaviour = lambda number, body: completion("an answer")
    answered = ask("a question")
    assert answered.returncode == 0, answered.stderr
    chat_server.behaviour = lambda number, body: (
        completion("hook")
        if "text" in body
        else (401, json.dumps({"error": {"message": f"Incorrect key: {key}"}}).encode())
    )
    refused = ask("another question")
    assert refused.returncode == 1
    assert "Incorrect key: <OPENAI_API_KEY>" in refused.stderr

    # it was in use everywhere
    encoded = base64.b64encode(f"me:{password}".encode()).decode()
    assert f"Basic {encoded}" in mlflow_server.authorizations
    assert {f"Basic {encoded}", f"Bearer {key}"} & {*chat_server.keys}
    kept = [
        file
        for folder in (counting, mlflow_server.root)
        for file in folder.rglob("*")
        if file.is_file() and not file.is_relative_to(counting / "erm")
    ]
    assert counting / ".erm/answers/policy.jsonl" in kept
    assert counting / ".erm/prefect/prefect.db" in kept
    assert mlflow_server.root / "mlflow.db" in kept
    forms = [form.encode() for form in (SECRET, encoded)]
    holding = [file for file in kept if any(form in file.read_bytes() for form in forms)]
    assert not holding
    for said in (answered.stdout, answered.stderr, refused.stdout, refused.stderr):
        assert SECRET not in said
