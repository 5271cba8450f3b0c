"""A training in a process of its own that is killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from erm.settings import Settings


def kill_at_checkpoint(
    step: int, function: str, settings: Settings, paths: Mapping[str, Path], folder: Path
) -> None:
    """Run ``module:function`` and kill it (``kill -9``) once its checkpoint of that step is whole.

    Args:
        paths: the function's other arguments, among them ``work`` with its checkpoints, and
            ``out``, of which nothing may be there.
        folder: for the job's own files.
    """
    job = folder / "job.json"
    job.write_text(
        json.dumps(
            {
                "function": function,
                "settings": settings.model_dump(mode="json"),
                "paths": {name: str(path) for name, path in paths.items()},
                "result": str(folder / "metrics.json"),
            }
        )
    )
    command = [sys.executable, "-u", "-m", "erm.models.launch", str(job)]
    reached = paths["work"] / "checkpoints" / f"checkpoint-{step}" / "complete.json"
    with subprocess.Popen(
        command,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        for _ in process.stderr:  # the bar, each time it moves
            if reached.is_file():
                break
        os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not paths["out"].exists()
