"""A reward server in a process of its own, as ``erm serve`` starts it, and images for requests."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
from PIL import Image

from erm.images import encode_png

SLOW_CHART = (
    "import time\nimport matplotlib.pyplot as plt\ntime.sleep(1.5)\nplt.plot([{}, 2])\nplt.show()\n"
)
"""A program that takes its time, different for each number."""


class Server:
    """A running server.

    Attributes:
        address: ``http://HOST:PORT``.
        process: of the server.
        http: a client with the server's token.
    """

    def __init__(self, process: subprocess.Popen[str], token: str | None) -> None:
        self.process = process
        assert process.stdout is not None
        self.address = process.stdout.readline().strip()
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(
            base_url=self.address, headers=headers, timeout=120.0, trust_env=False
        )

    def post(self, path: str, *items: Mapping[str, Any], **fields: Any) -> httpx.Response:
        """The answer to a request with some items."""
        return self.http.post(path, json={"items": items, **fields})

    def under_way(self) -> int:
        """Items that are accepted and whose work has not ended."""
        return int(self.http.get("/health").json()["under_way"])


@contextmanager
def served(*options: str, token: str | None = None) -> Iterator[Server]:
    """``erm serve`` on a free port with one worker; it is ended at the end."""
    environment = {name: value for name, value in os.environ.items() if name != "ERM_SERVE_TOKEN"}
    if token is not None:
        environment["ERM_SERVE_TOKEN"] = token
    command = [sys.executable, "-m", "erm.cli", "serve", "--port", "0", "--workers", "1", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        server = Server(process, token)
        assert server.address, f"erm serve {' '.join(options)} did not start"
        with server.http:
            yield server
    finally:
        process.terminate()
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()


def in_base64(colour: str, size: tuple[int, int] = (40, 40)) -> str:
    """A PNG of one colour."""
    return base64.b64encode(encode_png(Image.new("RGB", size, colour))).decode()


def pair(reference: str, candidate: str, task: str = "svg") -> dict[str, str]:
    """An item of two images."""
    return {"task": task, "reference": reference, "candidate": candidate}
