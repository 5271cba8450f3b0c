"""One process at a time: a lock that ends with its process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from erm.errors import ErmError


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Lets one process at a time do in the current folder what the lock file is named after.

    The lock ends with its process, however that ends.

    Raises:
        ErmError: another process does it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        try:
            # Not flock: a worker forked from the stage would inherit it and keep it.
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            process = path.read_text()
            raise ErmError(
                f"{path.name} already runs in {Path.cwd()}, as process {process}."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
