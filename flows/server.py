"""One Prefect server for everything that runs in this checkout.

The server belongs to its owners: processes that registered in ``.erm/owners``. A small watcher
starts it and ends it when the last owner is gone, in whatever way it went. Nothing is started where
Prefect already knows a server (``PREFECT_API_URL`` or a profile); see `flows.session`.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from erm.errors import ErmError

START_SECONDS = 180
"""Longest wait for a server; the first one of an installation creates its database (20 s)."""
GRACE_SECONDS = 3
"""How long a server without an owner lives."""
USUAL_PORT = 4200

_ENVIRONMENT = {
    "PREFECT_API_URL": "",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
}


def started(process: psutil.Process) -> float:
    """Time at which a process began: with the pid, it names the process for good."""
    return round(process.create_time(), 2)


def is_alive(pid: int, began: float) -> bool:
    """Whether that very process still runs."""
    try:
        process = psutil.Process(pid)
        return started(process) == began and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def process_name(pid: int) -> str:
    """Name of a running process that no other one shares, on any machine or later."""
    return f"{socket.gethostname()}/{pid}/{started(psutil.Process(pid))}"


def is_abandoned(name: str) -> bool:
    """Whether `name` is a `process_name` of this machine whose process is gone."""
    host, pid, began = [*name.split("/"), "", ""][:3]
    return host == socket.gethostname() and pid.isdigit() and not is_alive(int(pid), float(began))


def register(process: psutil.Process, root: Path) -> None:
    """Makes `process` an owner of the checkout's server."""
    owners = root / ".erm" / "owners"
    owners.mkdir(parents=True, exist_ok=True)
    (owners / str(process.pid)).write_text(str(started(process)))


def _has_owner(root: Path) -> bool:
    """Whether any owner is alive; forgets those that are not."""
    found = False
    for path in (root / ".erm" / "owners").glob("*"):
        if is_alive(int(path.name), float(path.read_text() or 0)):
            found = True
        else:
            path.unlink(missing_ok=True)
    return found


def launch(root: Path) -> str:
    """Address of the checkout's API; starts a server where none runs, without waiting for it."""
    home = root / ".erm" / "prefect"
    home.mkdir(parents=True, exist_ok=True)
    with _locked(home / "lock"):
        record = home / "server.json"
        if record.exists():
            server = json.loads(record.read_text())
            if is_alive(server["pid"], server["started"]):
                return str(server["url"])
        port, reservation = reserved_port(USUAL_PORT)
        with (home / "server.log").open("w") as log:
            watcher = subprocess.Popen(
                [sys.executable, "-m", "flows.server", str(root), str(port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[reservation],
            )
        os.close(reservation)
        url = f"http://127.0.0.1:{port}/api"
        began = started(psutil.Process(watcher.pid))
        partial = record.with_suffix(".partial")
        partial.write_text(json.dumps({"url": url, "pid": watcher.pid, "started": began}))
        partial.replace(record)
        return url


def wait_for(url: str, root: Path) -> None:
    """Waits until the server answers; raises `ErmError` with its last words if it can't start."""
    home = root / ".erm" / "prefect"
    deadline = time.monotonic() + START_SECONDS
    while not answers(url):
        server = json.loads((home / "server.json").read_text())
        if time.monotonic() > deadline or not is_alive(server["pid"], server["started"]):
            lines = (home / "server.log").read_text().strip().splitlines() or ["it said nothing"]
            raise ErmError(f"The Prefect server did not start ({home}/server.log): {lines[-1]}")
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether a Prefect or MLflow server is ready at `url`."""
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def reserved_port(usual: int) -> tuple[int, int]:
    """`usual`, or any free port of this machine where that one is taken.

    A server binds its port seconds after it was chosen, and another checkout that chose the same
    one would take the first one's answers for its own's. So a port goes with a descriptor: whoever
    holds it, or inherited it, has the port reserved.
    """
    for wanted in (usual, *(0 for _ in range(16))):
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            port = int(trial.getsockname()[1])
        reservation = _reservation(port)
        if reservation is not None:
            return port, reservation
    raise ErmError("No port of 127.0.0.1 is free to start a server on.")


def _reservation(port: int) -> int | None:
    path = Path(tempfile.gettempdir()) / f"erm-port-{port}"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:  # another user's
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def prepare_database(database: Path) -> None:
    """Creates Prefect's SQLite file as a copy of an empty one that the installation keeps.

    Prefect needs 20 s of migrations for a new file: an installation pays for them once.
    """
    if database.exists():
        return
    version = importlib.metadata.version("prefect")
    empty = Path(sys.prefix) / "var" / f"prefect-{version}.db"
    if not empty.exists():
        partial = empty.with_suffix(f".{os.getpid()}")
        try:
            empty.parent.mkdir(exist_ok=True)
            _migrate(partial)
        except OSError:  # an installation that can't be written to: pay here
            _migrate(database)
            return
        partial.replace(empty)
    partial = database.with_suffix(".partial")
    shutil.copyfile(empty, partial)
    partial.replace(database)


def _migrate(database: Path) -> None:
    database.touch()
    command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "--yes"]
    url = f"sqlite+aiosqlite:///{database}"
    environment = os.environ | _ENVIRONMENT | {"PREFECT_SERVER_DATABASE_CONNECTION_URL": url}
    subprocess.run(command, env=environment, check=True)
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _watch(root: Path, port: int) -> None:
    """Runs the server until it ends or the last owner is gone."""
    home = root / ".erm" / "prefect"
    prepare_database(home / "prefect.db")
    environment = {
        **os.environ,
        **_ENVIRONMENT,
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home / 'prefect.db'}",
    }
    command = [sys.executable, "-m", "prefect", "server", "start"]
    server = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)], env=environment
    )
    alone_since: float | None = None
    while server.poll() is None:
        time.sleep(0.5)
        now = time.monotonic()
        alone_since = None if _has_owner(root) else alone_since or now
        if alone_since is not None and now - alone_since > GRACE_SECONDS:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()


def main() -> None:
    """``python -m flows.server ROOT PORT`` is the watcher; alone it only prepares a database."""
    if len(sys.argv) == 3:
        _watch(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        home = Path(".erm/prefect").resolve()
        home.mkdir(parents=True, exist_ok=True)
        prepare_database(home / "prefect.db")


if __name__ == "__main__":
    main()
