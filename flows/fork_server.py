"""One process a session that has imported the libraries, and forks the stages of that session.

Importing Prefect, MLflow, torch and their like takes a stage 5 to 15 s; forking takes none. A stage
that DVC starts hands itself over (`flows.handover`), and a child with its environment, folder and
standard streams runs it. The server imports libraries only: each stage runs the code of `erm` and
`flows` as it lies on disk. It ends with its session.

A stage runs by itself, as if there were no such server, where none is up, where its environment
differs from the server's, and on systems other than Linux.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import io
import os
import random
import runpy
import selectors
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import psutil

from flows.handover import Job, answer, receive, report, short, socket_of

LIBRARIES = (
    "prefect.artifacts",
    "prefect.flow_engine",
    "mlflow",
    "mlflow.store.tracking.sqlalchemy_store",
    "great_expectations",
    "torch",
    "transformers.models.qwen3_vl.modeling_qwen3_vl",
    "datasets",
    "trl.trainer.sft_trainer",
    "trl.trainer.grpo_trainer",
    "matplotlib.figure",
)
"""What stages import, in the order in which a session needs it."""

_OF_A_STAGE = {
    *("DVC_ROOT", "DVC_STAGE", "ERM_PARENT_TASK_RUN", "PREFECT_API_URL"),
    *("PWD", "OLDPWD", "SHLVL", "PS1", "_"),  # a shell's
}
"""Variables that differ between the stages of a session, and that no library reads on import."""
_OURS = ("erm", "flows")
_CREDENTIALS = struct.Struct("=3i")
_PATIENCE_SECONDS = 10.0


def start(root: Path, owner: int) -> None:
    """Starts the fork server of the session that process `owner` carries, where it has none."""
    if sys.platform != "linux" or socket_of(root, owner).exists():
        return
    with (root / ".erm" / "fork_server.log").open("w") as log:
        subprocess.Popen(
            [sys.executable, "-m", "flows.fork_server", str(root), str(owner)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


class _Worker(NamedTuple):
    """A child that runs a stage, and the connection to the process that it runs for."""

    pid: int
    connection: socket.socket


class _Server:
    """Imports, forks, and reports how the forked ended.

    All of it on one thread, between the events of one selector, so that forking is safe.
    """

    def __init__(self, listener: socket.socket, owner: int) -> None:
        self._listener = listener
        self._surroundings = _comparable({**os.environ, "folder": str(Path.cwd())})
        self._libraries = list(LIBRARIES)
        self._workers: dict[int, _Worker] = {}
        self._session = os.pidfd_open(owner)
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._session, selectors.EVENT_READ, self._end)
        self._over = False

    def serve(self) -> Job | None:
        """Returns the stage to run, in the child that runs it; None when the session is over."""
        while not self._over or self._workers:
            events = self._selector.select(0 if self._libraries else None)
            if events:
                key = events[0][0]
                job: Job | None = key.data(key.fd)
                if job is not None:
                    return job
            elif self._libraries:
                with contextlib.suppress(ImportError):  # the stage that needs it will say so
                    importlib.import_module(self._libraries.pop(0))
                gc.freeze()
        return None

    def _end(self, descriptor: int) -> None:
        """Forks no more; the stages that run see by themselves that their session is over."""
        self._selector.unregister(descriptor)
        self._libraries.clear()
        self._over = True

    def _accept(self, _descriptor: int) -> Job | None:
        """Forks for the stage that connected; its job in the child, None in the server."""
        connection, _ = self._listener.accept()
        connection.settimeout(_PATIENCE_SECONDS)
        try:
            job = receive(connection)
        except (OSError, ValueError):
            connection.close()
            return None
        client, suits = self._client(connection, job)
        with contextlib.suppress(OSError):  # gone already; its worker sees that at once
            answer(connection, suits)
        server = os.getpid()
        pid = os.fork() if suits else None
        if pid == 0:
            self._leave()
            connection.close()
            _become(job, server)
            return job._replace(client=client)
        for stream in job.streams:
            os.close(stream)
        if pid is None:
            connection.close()
        else:
            self._watch(_Worker(pid, connection))
        return None

    def _client(self, connection: socket.socket, job: Job) -> tuple[int, bool]:
        """Process that handed a stage over, and whether a fork of this one can stand for it."""
        peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        client, user, _ = _CREDENTIALS.unpack(peer)
        theirs = _comparable({**job.environment, "folder": job.folder})
        differing = {name for name, _ in theirs.items() ^ self._surroundings.items()}
        refused = ""
        if differing:
            refused = f"it differs in {', '.join(sorted(differing))}"
        elif threading.active_count() > 1:  # a fork would lose them; native ones look after that
            refused = f"{threading.enumerate()[-1].name} runs beside the server"
        elif user != os.getuid() or self._over:
            refused = "it is of another user or session"
        if refused:
            print(f"{job.module} runs alone: {refused}.", flush=True)
        return client, not refused

    def _watch(self, worker: _Worker) -> None:
        descriptor = os.pidfd_open(worker.pid)
        self._workers[descriptor] = worker
        self._selector.register(descriptor, selectors.EVENT_READ, self._bury)
        hear = functools.partial(self._hear, worker)
        self._selector.register(worker.connection, selectors.EVENT_READ, hear)

    def _hear(self, worker: _Worker, _descriptor: int) -> None:
        """Passes signals on to the worker's group, or ends it if nobody waits for it any more."""
        try:
            numbers = worker.connection.recv(64)
        except OSError:
            numbers = b""
        if not numbers:
            self._selector.unregister(worker.connection)
            end_family(worker.pid)
        for number in numbers:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                _signal_group(worker.pid, number)

    def _bury(self, descriptor: int) -> None:
        """Reports how a worker ended."""
        worker = self._workers.pop(descriptor)
        self._selector.unregister(descriptor)
        os.close(descriptor)
        status = os.waitstatus_to_exitcode(os.waitpid(worker.pid, 0)[1])
        with contextlib.suppress(KeyError):  # it is not heard any more
            self._selector.unregister(worker.connection)
        with contextlib.suppress(OSError):
            report(worker.connection, status)
        worker.connection.close()

    def _leave(self) -> None:
        """Closes, in a child, what belongs to the server."""
        self._selector.close()
        self._listener.close()
        os.close(self._session)
        for descriptor, worker in self._workers.items():
            os.close(descriptor)
            worker.connection.close()


def _comparable(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in _OF_A_STAGE}


def _signal_group(pid: int, number: int) -> None:
    """Signals a process and its group, or it alone while it leads none yet."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        os.kill(pid, number)


def end_family(pid: int) -> None:
    """Kills a process and all its descendants."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for one in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()


def _become(job: Job, server: int) -> None:
    """Gives this process the streams and the environment of a stage, and none of our modules."""
    from erm.models.launch import die_with_parent  # in the child: the server loads no code of ours

    die_with_parent()
    if os.getppid() != server:
        os._exit(1)
    os.setsid()
    for target, stream in enumerate(job.streams):
        os.dup2(stream, target)
        os.close(stream)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=sys.stdout.isatty())
    os.environ.clear()
    os.environ.update(job.environment)
    random.seed()
    sys.argv = [job.module]
    for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
        del sys.modules[name]


def main() -> None:
    """``python -m flows.fork_server ROOT OWNER``; in each of its children, the stage itself."""
    root, owner = Path(sys.argv[1]), int(sys.argv[2])
    path = socket_of(root, owner)
    path.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        with short(path) as address:
            listener.bind(address)
        path.chmod(0o600)
        listener.listen()
        job = _Server(listener, owner).serve()
    if job is None:
        path.unlink(missing_ok=True)
        return
    _run(job)


def _run(job: Job) -> None:
    from prefect.context import refresh_global_settings_context

    from flows import session

    refresh_global_settings_context()
    session.stand_for(job.client)
    runpy.run_module(job.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
