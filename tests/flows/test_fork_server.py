"""Stages that hand themselves over: what they get, how they end, and who ends with whom."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from flows.handover import socket_of
from flows.smoke import environment
from tests.waiting import until

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120

SERVER = """
import sys
from flows import fork_server
fork_server.LIBRARIES = ("colorsys", "no_such_library")
fork_server.main()
"""

STAGE = """
import json, os, signal, subprocess, sys, time
from pathlib import Path

signal.signal(signal.SIGINT, signal.default_int_handler)  # as every stage does
found = {
    "parent": os.getppid(),
    "warm": "colorsys" in sys.modules,
    "task": os.environ.get("ERM_PARENT_TASK_RUN"),
    "read": sys.stdin.read(),
    "name": __name__,
}
if os.environ["ERM_PARENT_TASK_RUN"] == "wait":
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    partial = Path("partial")
    partial.write_text(json.dumps({"pid": os.getpid(), "child": child.pid}))
    partial.rename("waiting")
    try:
        time.sleep(600)
    except KeyboardInterrupt:
        child.kill()
        sys.exit(130)
print(json.dumps(found))
sys.exit(7)
"""


def surroundings(root: Path) -> dict[str, str]:
    """The environment that the server and all stages share."""
    shared = environment(root)
    del shared["PYTEST_CURRENT_TEST"]
    return shared


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Checkout:
    """A checkout with one stage, and a fork server of this process's session."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT / "flows", root / "flows")
        self.write_stage(STAGE)
        self.server = self.serve(os.getpid())

    def write_stage(self, code: str) -> None:
        (self.root / "flows" / "echo.py").write_text(code)

    def serve(self, owner: int) -> subprocess.Popen[bytes]:
        arguments = [sys.executable, "-c", SERVER, str(self.root), str(owner)]
        server = subprocess.Popen(arguments, cwd=self.root, env=surroundings(self.root))
        until(socket_of(self.root, owner).exists, PATIENCE_SECONDS)
        return server

    def start(
        self, task: str = "", stdin: int = subprocess.PIPE, **more: str
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "flows.echo"],
            cwd=self.root,
            env={
                **surroundings(self.root),
                "DVC_STAGE": "echo",
                "ERM_PARENT_TASK_RUN": task,
                **more,
            },
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, task: str = "", **more: str) -> dict[str, object]:
        process = self.start(task, subprocess.PIPE, **more)
        said, complaints = process.communicate("typed", timeout=PATIENCE_SECONDS)
        assert (process.returncode, complaints) == (7, "")
        return dict(json.loads(said))

    def waiting(self) -> tuple[subprocess.Popen[str], int, int]:
        """A stage in the middle of its work, its worker, and a child of that."""
        process = self.start("wait", subprocess.DEVNULL)
        until((self.root / "waiting").exists, PATIENCE_SECONDS)
        pids = json.loads((self.root / "waiting").read_text())
        (self.root / "waiting").unlink()
        assert psutil.Process(pids["pid"]).ppid() == self.server.pid
        return process, pids["pid"], pids["child"]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DVC_ROOT", raising=False)
        made = Checkout(tmp_path_factory.mktemp("a-deep-folder" * 10))
        yield made
        made.server.kill()
        made.server.wait()


def test_a_stage_is_forked_with_all_that_is_its_own(checkout: Checkout) -> None:
    found = checkout.run("42")
    assert found == {
        "parent": checkout.server.pid,
        "warm": True,
        "task": "42",
        "read": "typed",
        "name": "__main__",
    }


def test_a_stage_runs_the_code_that_lies_on_disk(checkout: Checkout) -> None:
    checkout.run()
    checkout.write_stage(STAGE.replace("sys.exit(7)", "sys.exit(5)"))
    process = checkout.start()
    process.communicate("", timeout=PATIENCE_SECONDS)
    checkout.write_stage(STAGE)
    assert process.returncode == 5


def test_another_environment_gets_a_process_of_its_own(checkout: Checkout) -> None:
    found = checkout.run(ERM_ELSE="where")
    assert found["parent"] == os.getpid()
    assert not found["warm"]


def test_what_is_no_stage_below_dvc_is_not_handed_over(checkout: Checkout) -> None:
    assert checkout.run(DVC_STAGE="other")["parent"] == os.getpid()


def test_a_key_reaches_the_forked(checkout: Checkout) -> None:
    process, _, child = checkout.waiting()
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_SECONDS) == 130
    until(lambda: is_gone(child), PATIENCE_SECONDS)


def test_a_killed_stage_takes_the_forked_and_its_children_along(checkout: Checkout) -> None:
    process, pid, child = checkout.waiting()
    process.kill()
    process.wait()
    until(lambda: is_gone(pid) and is_gone(child), PATIENCE_SECONDS)
    assert checkout.run()["parent"] == checkout.server.pid


def test_a_stage_ends_as_the_forked_did(checkout: Checkout) -> None:
    process, pid, child = checkout.waiting()
    os.kill(pid, signal.SIGKILL)
    assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    os.kill(child, signal.SIGKILL)


def test_a_server_that_dies_fails_the_stage_and_the_next_runs_alone(checkout: Checkout) -> None:
    process, pid, child = checkout.waiting()
    checkout.server.kill()
    checkout.server.wait()
    until(lambda: is_gone(pid), PATIENCE_SECONDS)
    os.kill(child, signal.SIGKILL)
    _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1
    assert said == "erm: the process that ran this stage is gone.\n"
    assert checkout.run()["parent"] == os.getpid()


def test_a_server_ends_with_its_session(checkout: Checkout) -> None:
    owner = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    server = checkout.serve(owner.pid)
    owner.communicate(b"\n")
    assert server.wait(PATIENCE_SECONDS) == 0
    assert not socket_of(checkout.root, owner.pid).exists()
