"""A real Prefect server in a process of its own, which can be killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx

from tests.waiting import until

PATIENCE_SECONDS = 240


class PrefectServer:
    """A server whose database is in a folder.

    Attributes:
        url: ``http://127.0.0.1:PORT/api``, the same after a restart.
    """

    def __init__(self, home: Path, database: Path) -> None:
        """Starts with a copy of a database, since migrating a new one takes 20 s."""
        home.mkdir(parents=True, exist_ok=True)
        with sqlite3.connect(database) as source, sqlite3.connect(home / "prefect.db") as target:
            source.backup(target)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}/api"
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Answers from now on."""
        command = [sys.executable, "-m", "prefect", "server", "start", "--port", str(self._port)]
        kept = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
        self._process = subprocess.Popen(
            command,
            env={**kept, "PREFECT_HOME": str(self._home)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until(self._answers, PATIENCE_SECONDS)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health").is_success
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """Is away from now on."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
