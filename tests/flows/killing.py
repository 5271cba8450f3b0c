"""Killing a pipeline in the middle of a stage, and what must not be left of it."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

from erm.errors import ErmError
from erm.lock import exclusive
from tests.flows.scratch import environment
from tests.waiting import until

PATIENCE_SECONDS = 1800
ENDING_SECONDS = 180


def _found(folder: Path, pattern: str) -> Callable[[], bool]:
    return lambda: next(folder.glob(pattern), None) is not None


def _registered(folder: Path) -> Callable[[], bool]:
    """Whether the first of the two models is a version of the registry."""

    def is_registered() -> bool:
        with sqlite3.connect(folder / "mlflow.db", timeout=60) as store:
            (versions,) = store.execute("select count(*) from model_versions").fetchone()
        return bool(versions)

    return is_registered


def middle(folder: Path) -> dict[str, Callable[[], bool]]:
    """By stage, in their order: whether it has begun to leave something, and is not complete."""
    work, unfinished = ".erm/work", ".erm/unfinished"
    return {
        "synthesize": _found(folder, f"{work}/synthesize/*/*/*.json"),
        "validate": _found(folder, f"{unfinished}/validate/reports/validate/*"),
        "train_policy": _found(folder, f"{work}/train_policy/*/checkpoints/*/complete.json"),
        "infer": _found(folder, f"{work}/infer/*/*/*.replies.json"),
        "train_critic": _found(folder, f"{work}/train_critic/*/checkpoints/*/complete.json"),
        "benchmark": _found(folder, f"{unfinished}/benchmark/reports/benchmark/*"),
        "reinforce": _found(folder, f"{work}/reinforce/*/references.parquet"),
        "evaluate": _found(folder, f"{unfinished}/evaluate/reports/evaluate/*"),
        "promote": _registered(folder),
    }


def start(folder: Path) -> subprocess.Popen[bytes]:
    """The pipeline, as a user starts it."""
    command = [sys.executable, "-m", "flows.pipeline"]
    return subprocess.Popen(command, cwd=folder, env=environment(folder), start_new_session=True)


def left_by(folder: Path) -> list[psutil.Process]:
    """Processes that work in a checkout."""
    found = []
    for process in psutil.process_iter():
        try:
            works = Path(process.cwd()).is_relative_to(folder)
        except psutil.Error:
            continue
        if works and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def _is_free(lock: Path) -> bool:
    """Whether nobody holds a lock; a killed process does until its last thread has ended."""
    try:
        with exclusive(lock):
            return True
    except ErmError:
        return False


def kill_in(stage: str, folder: Path) -> None:
    """Run the pipeline and kill it, and nothing else, in the middle of a stage."""
    reached, complete = middle(folder)[stage], folder / f"reports/{stage}.json"
    process = start(folder)
    until(lambda: reached() or process.poll() is not None, PATIENCE_SECONDS)
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not complete.exists(), "it was complete already"
    until(lambda: not left_by(folder), ENDING_SECONDS)
    locks = list((folder / ".erm/locks").iterdir())
    until(lambda: all(map(_is_free, locks)), ENDING_SECONDS)


def metrics(folder: Path, stage: str) -> dict[str, float | None]:
    """What a stage left in its file."""
    found: dict[str, float | None] = json.loads((folder / f"reports/{stage}.json").read_text())
    return found
