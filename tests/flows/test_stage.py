"""Stages in a checkout of one stage: complete outputs, resumption, records, failures, retries."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import mlflow
import psutil
import pytest

from erm.errors import ErmError
from erm.fingerprint import content_hash
from erm.tracking import configure_tracking
from flows.outputs import finish, prepare
from tests.flows.counting import DVC_YAML, PARAMS
from tests.flows.scratch import environment
from tests.waiting import until

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 240
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-m', 'flows.count'])"
"""Stands for a ``dvc`` that is killed; its stage must not go on."""


def start(
    checkout: Path, variables: dict[str, str], how: str = "", *module: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *(module or ("flows.count",))],
        cwd=checkout,
        env={**variables, "COUNT": how},
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str], *, without_prefect: bool = False) -> tuple[int, list[str]]:
    """Exit status, and what users are meant to read; it is never a traceback.

    Without its server, Prefect itself may write traces of what it could not log.
    """
    _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert without_prefect or "Traceback" not in said, said
    return process.returncode, [line for line in said.splitlines() if line.startswith("erm: ")]


def until_waiting(process: subprocess.Popen[str], checkout: Path) -> None:
    waiting = checkout / ".erm/unfinished/count/numbers/waiting"
    until(lambda: waiting.exists() or process.poll() is not None, PATIENCE_SECONDS)
    assert process.returncode is None, process.communicate()
    waiting.unlink()


def test_failed_killed_and_interrupted_stages_go_on(counting: Path, served: dict[str, str]) -> None:
    """Nothing is half-written, the pipeline goes on from there, and retries a lost worker."""
    # and a proxy is not asked for the server of this machine
    nowhere = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    variables = {**served, **nowhere, "NO_PROXY": "example.org"}
    variables.pop("no_proxy", None)
    assert end(start(counting, variables, "fail")) == (1, ["erm: count: numbers: 2 is torn."])
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=counting,
        env={**served, "COUNT": "wait", "DVC_STAGE": "count"},
        stderr=subprocess.PIPE,
        text=True,
    )
    until_waiting(parent, counting)
    stage = psutil.Process(int((counting / ".erm/locks/count").read_text()))
    assert stage.ppid() == parent.pid
    parent.kill()
    assert end(parent) == (-signal.SIGKILL, [])
    until(lambda: not stage.is_running() or stage.status() == psutil.STATUS_ZOMBIE, 60)
    interrupted = start(counting, served, "wait")
    until_waiting(interrupted, counting)
    interrupted.send_signal(signal.SIGINT)
    status, said = end(interrupted)
    assert status == 130
    assert "was interrupted" in said[0]
    assert not (counting / "numbers").exists()
    assert not (counting / "reports").exists()

    assert end(start(counting, served, "", "flows.counting")) == (0, [])
    assert sorted(path.name for path in (counting / "numbers").iterdir()) == ["all"]
    assert json.loads((counting / "reports/count.json").read_text()) == {"begun": 5, "mean": None}
    assert not list(counting.glob(".erm/work/count/*"))

    uri = mlflow.get_tracking_uri()
    configure_tracking(counting)
    runs = mlflow.search_runs(search_all_experiments=True, output_format="list")
    kept_in = mlflow.get_experiment(runs[0].info.experiment_id).artifact_location
    mlflow.set_tracking_uri(uri)
    assert kept_in == (counting / "mlartifacts").as_uri()
    children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    states = [run.info.status for run in sorted(children, key=lambda run: run.info.start_time)]
    assert states == ["FAILED", "KILLED", "KILLED", "FAILED", "FINISHED"]
    parents = {run.info.run_id: run.info.status for run in runs if run not in children}
    assert "RUNNING" not in parents.values()
    last = max(children, key=lambda run: run.info.start_time)
    assert last.data.params == {"upto": "5", "text": "text"}
    assert parents[last.data.tags["mlflow.parentRunId"]] == "FINISHED"

    with sqlite3.connect(counting / ".erm/prefect/prefect.db") as database:
        rows = database.execute(
            "select run.state_type, parent.name from flow_run run"
            " join flow on flow.id = run.flow_id"
            " left join task_run task on task.id = run.parent_task_run_id"
            " left join flow_run parent_run on parent_run.id = task.flow_run_id"
            " left join flow parent on parent.id = parent_run.flow_id"
            " where flow.name = 'count' order by run.created"
        ).fetchall()
        artifacts = dict(database.execute("select key, description from artifact").fetchall())
        shown = database.execute("select data from artifact where type = 'progress'").fetchall()
    assert [state for state, _ in rows] == ["FAILED", "CRASHED", "CRASHED", "COMPLETED"]
    assert [parent for _, parent in rows] == [None, None, None, "pipeline"]
    assert f"/runs/{last.info.run_id})" in artifacts["count"]
    assert artifacts["count-progress"] == "Training steps of count"
    assert {float(percent) for (percent,) in shown} == {40.0, 80.0}


@pytest.mark.deployed
def test_one_pipeline_runs_in_a_checkout_and_an_interrupt_of_its_process_ends_it(
    counting: Path, served: dict[str, str]
) -> None:
    (counting / "text").write_text("twice")
    locks = counting / ".erm/locks"
    (locks / "pipeline").write_text(str(os.getpid()))  # left by a machine that was switched off
    first = start(counting, served, "wait", "flows.counting")
    until_waiting(first, counting)
    stage = psutil.Process(int((locks / "count").read_text()))
    sentence = "erm: {} already runs in {}, as process {}."
    second = start(counting, served, "", "flows.counting")
    assert end(second) == (2, [sentence.format("pipeline", counting, first.pid)])
    assert end(start(counting, served)) == (2, [sentence.format("count", counting, stage.pid)])
    first.send_signal(signal.SIGINT)
    status, said = end(first)
    assert status == 130
    assert [line.partition(" was ")[0] for line in said] == ["erm: count", "erm: pipeline"]
    assert not stage.is_running()


def test_a_server_that_does_not_answer_is_one_sentence(counting: Path) -> None:
    url = "http://127.0.0.1:9/api"
    status, said = end(start(counting, {**environment(counting), "PREFECT_API_URL": url}))
    assert status == 2
    assert said[0].startswith(f"erm: Prefect at {url}/ does not answer (")
    assert said[0].endswith("; start it or unset PREFECT_API_URL.")


def test_outputs_appear_complete_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small(tmp_path))
    paths = prepare("count", PARAMS)
    assert paths.data == {Path("text"): content_hash(Path("text"))}
    (paths.work / "half").touch()
    with pytest.raises(ErmError, match="lists no output 'other'"):
        paths.out("other")
    with pytest.raises(ErmError, match="did not write its output numbers"):
        finish(paths, {})
    again = prepare("count", PARAMS)
    assert (again.work / "half").exists()
    again.out("numbers").write_text("1 2 3")
    finish(again, {"n": 3, "timing/speed": 7.0})
    assert (tmp_path / "numbers").read_text() == "1 2 3"
    assert json.loads((tmp_path / "reports/count.json").read_text()) == {"n": 3}
    assert not again.work.exists()


def small(folder: Path) -> Path:
    """The files that `prepare` reads."""
    (folder / "dvc.yaml").write_text(DVC_YAML)
    for path in ("text", "other", "erm/code.py", "flows/count.py"):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text("one")
    return folder


def test_state_of_other_settings_data_or_code_is_not_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small(tmp_path))
    seen = set()

    def begin(**settings: Any) -> None:
        paths = prepare("count", {"count": {**PARAMS["count"], **settings}})
        seen.add(paths.work)
        assert not any(paths.work.iterdir())
        (paths.work / "half").touch()

    begin()
    begin(upto=6)
    for changed in ("text", "erm/code.py", "flows/count.py"):
        Path(changed).write_text("two")
        begin()
    begin(text="other")
    assert len(seen) == 6
    compiled = Path("erm/__pycache__")
    compiled.mkdir()
    (compiled / "code.pyc").touch()
    assert prepare("count", {"count": {**PARAMS["count"], "text": "other"}}).work in seen


def test_answers_outlive_all_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(small(tmp_path))
    paths = prepare("count", PARAMS)
    assert ".erm/answers" in str(paths.answers)
    assert not paths.answers.is_relative_to(paths.work.resolve().parent)
    assert not paths.answers.is_relative_to(paths.unfinished.resolve())


def test_a_stage_does_not_start_without_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small(tmp_path))
    Path("text").unlink()
    with pytest.raises(ErmError, match="text is missing"):
        prepare("count", PARAMS)
