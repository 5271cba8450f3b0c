"""One promotion at a time: a lock of a registered model's aliases.

MLflow sets aliases without comparing. A registry in a local SQLite file is locked by a file next to
it, which ends with its process, however that ends. Other registries are locked by a registered
model named ``<name>.lock``: the registry's database gives a name to one client only. If its process
is killed, the lock stays until somebody deletes that model; the error names the command.

Guaranteed: of processes of this project, on one machine or on several with one server, one at a
time compares and sets. Not covered: aliases that are set by hand, and a SQLite file that several
machines share.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path
from typing import Any
from uuid import uuid4

from erm.errors import ErmError
from erm.tracking import store_file

_PATIENCE = 30.0
_PAUSE = 0.2


@contextmanager
def exclusive(client: Any, name: str) -> Iterator[None]:
    """Holds the lock of a registered model; waits for another process that holds it.

    Raises:
        ErmError: on a server, another process held it for 30 s.
    """
    file = _local_file()
    if file is None:
        with _server_lock(client, f"{name}.lock"):
            yield
        return
    with file.with_name(f"{file.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)  # also for a child that inherited the file


def who() -> str:
    """The user and the machine, as ``name@host``."""
    try:
        user = getuser()
    except (KeyError, OSError):  # a user id without an entry in /etc/passwd
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def _local_file() -> Path | None:
    """The registry's SQLite file; None if it is a server."""
    import mlflow

    return store_file(mlflow.get_registry_uri())


@contextmanager
def _server_lock(client: Any, lock: str) -> Iterator[None]:
    from mlflow.exceptions import MlflowException

    token = uuid4().hex
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            client.create_registered_model(lock, tags={"token": token, "held_by": who()})
            break
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        holder = _tags(client, lock)
        if holder.get("token") == token:  # the answer to the first try was lost
            break
        if time.monotonic() > deadline:
            raise ErmError(
                f"{holder.get('held_by')} has been promoting for {_PATIENCE:.0f} s; if that "
                'process is dead, remove its lock with `python -c "import mlflow; '
                f"mlflow.MlflowClient().delete_registered_model('{lock}')\"`."
            )
        time.sleep(_PAUSE)
    try:
        yield
    finally:
        client.delete_registered_model(lock)


def _tags(client: Any, lock: str) -> dict[str, str]:
    """Of the lock; empty if it was released meanwhile."""
    from mlflow.exceptions import MlflowException

    try:
        return dict(client.get_registered_model(lock).tags)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return {}
