"""A second machine of a training, which is another process on this one, and a training function.

Processes load this module: it needs neither pytest nor PyTorch.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from erm.errors import ErmError
from erm.models.launch import is_main_process, rank
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


def train(settings: LaunchSettings, data: Path, work: Path) -> dict[str, float]:
    """Stands for a training function, which each process calls."""
    if data.name == "torn" and rank() == settings.world_size - 1:
        raise ErmError(f"{data.name}: row 3 is torn.")
    assert settings.world_size == 2
    assert work.is_dir()
    return {"main": float(is_main_process())}
