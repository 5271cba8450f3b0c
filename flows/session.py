"""The session that all stages of one pipeline run share.

Its owner is the process that carries the run: ``dvc``, the pipeline, or the stage itself when it is
started alone. Stages below the same owner share one Prefect server and one MLflow parent run, and
none of them outlives it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from flows import server
from flows.handover import socket_of


@dataclass(frozen=True)
class Session:
    """One pipeline run.

    Attributes:
        root: folder of the checkout; experiments that DVC runs elsewhere share it.
        owner: pid of the process that carries the run.
        started: when that process began.
        parent_run: id of the MLflow parent run, once the first stage has made it.
    """

    root: Path
    owner: int
    started: float
    parent_run: str | None = None

    @property
    def path(self) -> Path:
        """Where the session is recorded."""
        return self.root / ".erm" / "sessions" / f"{self.owner}.json"

    def with_parent_run(self, run_id: str) -> Session:
        """The same session with its MLflow run, recorded for the stages to come."""
        session = replace(self, parent_run=run_id)
        _write(session)
        return session


_stands_for: int | None = None


def stand_for(pid: int) -> None:
    """Has this process, which another one forked, belong to the session of process `pid`."""
    global _stands_for
    _stands_for = pid


def open_session() -> Session:
    """The session of the nearest ancestor that carries one, or a new one."""
    root = Path(os.environ.get("DVC_ROOT") or Path.cwd()).resolve()
    me = psutil.Process(_stands_for)
    family = [me, *me.parents()]
    for process in family:
        session = _read(root, process)
        if session is not None:
            return session
    carriers = [process for process in family if _is_dvc(process)]
    owner = carriers[-1] if carriers else me
    session = Session(root, owner.pid, server.started(owner))
    for path in session.path.parent.glob("*.json"):
        if not server.is_alive(int(path.stem), json.loads(path.read_text())["started"]):
            path.unlink(missing_ok=True)
            socket_of(root, int(path.stem)).unlink(missing_ok=True)
    socket_of(root, session.owner).unlink(missing_ok=True)  # of an earlier process of this number
    _write(session)
    return session


def _read(root: Path, process: psutil.Process) -> Session | None:
    try:
        began = server.started(process)
    except psutil.Error:
        return None
    path = Session(root, process.pid, began).path
    if not path.exists():
        return None
    content = json.loads(path.read_text())
    if content["started"] != began:
        return None
    return Session(root, process.pid, began, content["parent_run"])


def _write(session: Session) -> None:
    session.path.parent.mkdir(parents=True, exist_ok=True)
    partial = session.path.with_suffix(".partial")
    partial.write_text(json.dumps({"started": session.started, "parent_run": session.parent_run}))
    partial.replace(session.path)


def _is_dvc(process: psutil.Process) -> bool:
    try:
        arguments = process.cmdline()[:3]
    except psutil.Error:
        return False
    names = [Path(argument).name for argument in arguments]
    return "dvc" in names[:2] or names[1:3] == ["-m", "dvc"]


def connect(session: Session) -> Callable[[], None]:
    """Points Prefect to a server, starting the checkout's own where none is configured.

    Returns what waits for the server, so that the caller can use the time. Raises `ErmError` from
    there if the server can't start.
    """
    from prefect.context import refresh_global_settings_context
    from prefect.settings import get_current_settings

    if get_current_settings().api.url:
        return lambda: None
    server.register(psutil.Process(session.owner), session.root)
    url = server.launch(session.root)
    os.environ["PREFECT_API_URL"] = url
    refresh_global_settings_context()
    return lambda: server.wait_for(url, session.root)


def end_with(session: Session) -> None:
    """Ends this process and its children soon after the session's owner is gone.

    A stage that outlives a killed ``dvc`` would write beside the next run's.
    """
    if session.owner == os.getpid():
        return

    def watch() -> None:
        while server.is_alive(session.owner, session.started):
            time.sleep(1)
        sys.stderr.write("erm: the run that this stage belongs to is gone; stopping.\n")
        for child in psutil.Process().children(recursive=True):
            child.kill()
        os._exit(1)

    threading.Thread(target=watch, name="session", daemon=True).start()
