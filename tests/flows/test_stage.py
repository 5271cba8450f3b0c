"""Stages in a checkout of one stage: sessions, servers, complete outputs, resumption, failures."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import mlflow
import psutil
import pytest

from erm.errors import ErmError
from erm.settings import Settings
from erm.tracking import configure_tracking
from flows import server
from flows.failures import explain, is_transient
from flows.outputs import finish, prepared, read_stage_files, recorded_md5
from flows.session import open_session
from flows.smoke import environment
from tests.waiting import until

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 240

DVC_YAML = """
stages:
  count:
    cmd: python -m flows.count
    deps: [flows/count.py, text]
    outs: [numbers]
    metrics: [{reports/count.json: {cache: false}}]
"""

COUNT = """
import os, time
from prefect import flow
from erm.errors import ErmError
from erm.settings import Settings
from flows import params, stage

params.SETTINGS.clear()
params.SETTINGS["count"] = "flows.count:CountSettings"
stage.check_params = lambda: None


class CountSettings(Settings):
    upto: int


def work(params, paths):
    out = paths.out("numbers")
    out.mkdir()
    done = paths.work / "done"
    begun = int(done.read_text()) if done.exists() else 0
    for number in range(begun, params.sections["count"].upto):
        if number == 2 and os.environ["COUNT"] == "fail":
            raise ErmError("numbers: 2 is torn.")
        if number == 2 and os.environ["COUNT"] == "wait":
            (out / "waiting").touch()
            time.sleep(600)
        done.write_text(str(number + 1))
    (out / "all").touch()
    return {"begun": begun, "mean": float("nan")}


@flow(name="count")
def count():
    return stage.perform("count", work)


if __name__ == "__main__":
    stage.main(count)
"""


class CountSettings(Settings):
    upto: int = 5


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose only stage counts, as current directory."""
    (tmp_path / "erm").symlink_to(ROOT / "erm")
    shutil.copytree(ROOT / "flows", tmp_path / "flows")
    (tmp_path / "conf" / "profile").mkdir(parents=True)
    (tmp_path / "conf" / "profile" / "laptop.yaml").touch()
    (tmp_path / "flows" / "count.py").write_text(COUNT)
    (tmp_path / "dvc.yaml").write_text(DVC_YAML)
    (tmp_path / "params.yaml").write_text("profile: laptop\ncount: {upto: 5}\n")
    (tmp_path / "text").write_text("one")
    for name in ("DVC_ROOT", "MLFLOW_TRACKING_URI", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def until_waiting(process: subprocess.Popen[str], waiting: Path) -> None:
    until(lambda: waiting.exists() or process.poll() is not None, PATIENCE_SECONDS)
    assert process.returncode is None, process.communicate()


def start(checkout: Path, how: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flows.count"],
        cwd=checkout,
        env={**environment(checkout), "COUNT": how},
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    """Exit status, and what users are meant to read; it is never a traceback."""
    _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert "Traceback" not in said
    return process.returncode, [line for line in said.splitlines() if line.startswith("erm: ")]


def test_stages_of_one_session(checkout: Path) -> None:
    """A failure, a kill and an interruption leave nothing half-written, and the next run goes on.

    All of it with one server and one parent run, which belong to this process.
    """
    session = open_session()
    assert session.owner == os.getpid()
    server.register(psutil.Process(), checkout)
    url = server.launch(checkout)
    assert server.launch(checkout) == url
    server.wait_for(url, checkout)
    waiting = checkout / ".erm/unfinished/count/numbers/waiting"

    assert end(start(checkout, "fail")) == (1, ["erm: count: numbers: 2 is torn."])
    killed = start(checkout, "wait")
    until_waiting(killed, waiting)
    killed.kill()
    assert end(killed) == (-signal.SIGKILL, [])
    waiting.unlink()
    interrupted = start(checkout, "wait")
    until_waiting(interrupted, waiting)
    interrupted.send_signal(signal.SIGINT)
    status, said = end(interrupted)
    assert status == 130
    assert "was interrupted" in said[0]
    assert not (checkout / "numbers").exists()
    assert not (checkout / "reports").exists()

    assert end(start(checkout)) == (0, [])
    assert sorted(path.name for path in (checkout / "numbers").iterdir()) == ["all"]
    assert json.loads((checkout / "reports/count.json").read_text()) == {"begun": 2, "mean": None}
    assert not list(checkout.glob(".erm/work/count/*/"))

    assert len(list((checkout / ".erm/sessions").iterdir())) == 1
    before = mlflow.get_tracking_uri()
    configure_tracking(checkout)
    runs = mlflow.search_runs(search_all_experiments=True, output_format="list")
    mlflow.set_tracking_uri(before)
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert [run.info.run_id for run in parents] == [open_session().parent_run]
    children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parents[0].info.run_id}
    states = [run.info.status for run in sorted(children, key=lambda run: run.info.start_time)]
    assert states == ["FAILED", "KILLED", "KILLED", "FINISHED"]
    assert children[0].data.params == {"upto": "5"}
    assert parents[0].data.metrics["count.begun"] == 2

    with sqlite3.connect(checkout / ".erm/prefect/prefect.db") as database:
        rows = database.execute("select state_type from flow_run order by created").fetchall()
    assert [state for (state,) in rows] == ["FAILED", "CRASHED", "CRASHED", "COMPLETED"]

    (checkout / ".erm/owners" / str(os.getpid())).unlink()
    watcher = json.loads((checkout / ".erm/prefect/server.json").read_text())
    until(lambda: not server.is_alive(watcher["pid"], watcher["started"]), PATIENCE_SECONDS)


def test_a_port_is_reserved_before_a_server_binds_it() -> None:
    """Two checkouts whose runs begin together must not share the server that binds first."""
    usual, reservation = server.reserved_port(0)
    try:
        other, second = server.reserved_port(usual)
        os.close(second)
        assert other != usual
    finally:
        os.close(reservation)
    again, third = server.reserved_port(usual)
    os.close(third)
    assert again == usual


def test_outputs_appear_complete_or_not_at_all(checkout: Path) -> None:
    files = read_stage_files("count")
    assert files.deps == (Path("text"),)
    with prepared(files, CountSettings()) as paths:
        (paths.work / "half").touch()
        first = paths.work
        with pytest.raises(ErmError, match="lists no output 'other'"):
            paths.out("other")
        with pytest.raises(ErmError, match="did not write its output numbers"):
            finish(paths, {})
    with prepared(files, CountSettings()) as paths:
        assert (paths.work / "half").exists()
        paths.out("numbers").write_text("1 2 3")
        finish(paths, {"n": 3})
    assert (checkout / "numbers").read_text() == "1 2 3"
    assert not first.exists()


def test_state_of_other_settings_or_data_is_not_resumed(checkout: Path) -> None:
    files = read_stage_files("count")
    seen = set()
    for upto, text in ((5, "one"), (6, "one"), (5, "two")):
        (checkout / "text").write_text(text)
        with prepared(files, CountSettings(upto=upto)) as paths:
            seen.add(paths.work)
            assert not any(paths.work.iterdir())
            (paths.work / "half").touch()
    assert len(seen) == 3


def test_a_stage_does_not_start_without_inputs_or_space(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = read_stage_files("count")
    with monkeypatch.context() as patch:
        patch.setattr("flows.outputs.MINIMUM_FREE_BYTES", 1 << 60)
        with (
            pytest.raises(ErmError, match="MiB of free disk space"),
            prepared(files, CountSettings()),
        ):
            pass
    (checkout / "text").unlink()
    with pytest.raises(ErmError, match="text is missing"), prepared(files, CountSettings()):
        pass


def test_two_runs_of_a_stage_exclude_each_other(checkout: Path) -> None:
    attempt = """
from tests.flows.test_stage import CountSettings, prepared, read_stage_files
with prepared(read_stage_files("count"), CountSettings()):
    pass
"""
    with prepared(read_stage_files("count"), CountSettings()):
        path = f"{checkout}{os.pathsep}{ROOT}"
        second = subprocess.run(
            [sys.executable, "-c", attempt],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
    assert "Stage count already runs" in second.stderr.splitlines()[-1]


def test_recorded_md5_is_of_the_lock_file(checkout: Path) -> None:
    assert recorded_md5((Path("numbers"),)) == {}
    lock = {"stages": {"count": {"outs": [{"path": "numbers", "md5": "abc.dir"}]}}}
    (checkout / "dvc.lock").write_text(json.dumps(lock))
    assert recorded_md5((Path("numbers"), Path("text"))) == {"numbers": "abc.dir"}


@pytest.mark.parametrize(
    ("error", "sentence", "transient"),
    [
        (ErmError("text is torn."), "text is torn.", False),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on the disk", False),
        (RuntimeError("database or disk is full"), "No space left on the disk", False),
        (ConnectionResetError("lost"), None, True),
        (OSError(errno.EBUSY, "busy"), None, True),
        (FileNotFoundError("text"), None, False),
        (ValueError("a mistake"), None, False),
    ],
)
def test_failures(error: Exception, sentence: str | None, transient: bool) -> None:
    explained = explain(error)
    assert explained is None if sentence is None else sentence in str(explained)
    assert is_transient(error) is transient
