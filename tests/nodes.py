"""A second machine of a training: another process on this one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from erm.models.settings import LaunchSettings


def two_processes(nodes: int, **launch: Any) -> LaunchSettings:
    """Two processes on one machine, or one on each of two, which meet at a free port."""
    if nodes == 1:
        return LaunchSettings(processes=2, **launch)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    meeting = {"rendezvous": f"localhost:{port}", "join_timeout": 300}
    return LaunchSettings(nodes=nodes, **(meeting | launch))


@contextmanager
def other_node(launch: LaunchSettings, status: int = 0) -> Iterator[None]:
    """Run ``erm train-node``, which must end with this status; nothing for a single machine."""
    if launch.nodes == 1:
        yield
        return
    command = [sys.executable, "-m", "erm.cli", "train-node", str(launch.rendezvous)]
    with subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}) as node:
        try:
            yield
            assert node.wait(timeout=300) == status
        finally:
            node.kill()
