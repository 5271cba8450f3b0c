"""How a stage hands itself over to its session's fork server, and what passes between the two.

A stage sends its module, environment, folder and standard streams, and is answered whether it is
run. It then stays as a small process that passes signals on, and ends as its child did. Who runs it
is `flows.fork_server`; this module is what every stage imports first, so it imports little.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NamedTuple

_LENGTH = struct.Struct("=I")
_STATUS = struct.Struct("=i")
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCONT)


class Job(NamedTuple):
    """A stage that is handed over: its streams as file descriptors, its process as a pid."""

    module: str
    environment: dict[str, str]
    folder: str
    streams: tuple[int, ...] = ()
    client: int = 0


def socket_of(root: Path, owner: int) -> Path:
    """Where the fork server of the session that process `owner` carries listens."""
    return root / ".erm" / "sessions" / f"{owner}.socket"


@contextlib.contextmanager
def short(path: Path) -> Iterator[str]:
    """A name for `path` that fits into the 107 bytes of a socket's address."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def hand_over() -> None:
    """Has the session's fork server run this stage, and exits as it did; returns if none will.

    Only ``python -m flows.<stage>`` below DVC is handed over.
    """
    module = f"flows.{os.environ.get('DVC_STAGE')}"
    if sys.orig_argv[1:] != ["-m", module]:
        return
    root = Path(os.environ.get("DVC_ROOT") or Path.cwd())
    with socket.socket(socket.AF_UNIX) as connection:
        job = Job(module, dict(os.environ), str(Path.cwd()), (0, 1, 2))
        if _reached(connection, root) and _accepted(connection, job):
            _stand_by(connection)


def _reached(connection: socket.socket, root: Path) -> bool:
    """Connects to the fork server of the nearest ancestor that has one."""
    pid = os.getppid()
    while pid > 1:
        path = socket_of(root, pid)
        if path.exists():
            try:
                with short(path) as address:
                    connection.connect(address)
            except OSError:  # it ended without a word
                return False
            return True
        pid = _parent(pid)
    return False


def _parent(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    return int(status.rpartition(")")[2].split()[1])


def _accepted(connection: socket.socket, job: Job) -> bool:
    body = json.dumps([job.module, job.environment, job.folder]).encode()
    try:
        socket.send_fds(connection, [_LENGTH.pack(len(body))], list(job.streams))
        connection.sendall(body)
        return connection.recv(1) == b"y"
    except OSError:
        return False


def receive(connection: socket.socket) -> Job:
    """What `hand_over` sent; raises `ValueError` or `OSError` for anything else."""
    head, streams, _, _ = socket.recv_fds(connection, _LENGTH.size, 3)
    try:
        if len(streams) != 3 or len(head) != _LENGTH.size:
            raise ValueError("not a stage")
        (length,) = _LENGTH.unpack(head)
        body = b""
        while len(body) < length:
            part = connection.recv(length - len(body))
            if not part:
                raise ValueError("it ended in the middle")
            body += part
        module, environment, folder = json.loads(body)
    except (OSError, ValueError):
        for stream in streams:
            os.close(stream)
        raise
    return Job(module, environment, folder, tuple(streams))


def answer(connection: socket.socket, accepts: bool) -> None:
    """Tells a stage whether it is run."""
    connection.sendall(b"y" if accepts else b"n")


def report(connection: socket.socket, status: int) -> None:
    """Tells a stage how it ended: its exit status, or the negative number of a signal."""
    connection.sendall(_STATUS.pack(status))


def _stand_by(connection: socket.socket) -> None:
    """Passes signals on until the child ends, and ends in the same way."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(OSError):  # it has just ended
            connection.send(bytes([number]))

    def suspend(_number: int, frame: FrameType | None) -> None:
        pass_on(signal.SIGSTOP, frame)
        os.kill(os.getpid(), signal.SIGSTOP)

    for number in _PASSED_ON:
        signal.signal(number, pass_on)
    signal.signal(signal.SIGTSTP, suspend)
    try:
        reply = connection.recv(_STATUS.size, socket.MSG_WAITALL)
    except OSError:
        reply = b""
    if len(reply) < _STATUS.size:
        sys.stderr.write("erm: the process that ran this stage is gone.\n")
        os._exit(1)
    (status,) = _STATUS.unpack(reply)
    if status < 0:
        if -status not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)
