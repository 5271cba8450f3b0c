"""A lock keeps two processes apart, and ends with its block."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from erm.lock import exclusive

ROOT = Path(__file__).parents[1]
ATTEMPT = """
from pathlib import Path
from erm.lock import exclusive
with exclusive(Path("locks/count")): print("runs")
"""


def test_a_lock_ends_with_its_block(tmp_path: Path) -> None:
    def attempt() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", ATTEMPT],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    with exclusive(tmp_path / "locks" / "count"):
        second = attempt()
    assert second.returncode == 1
    assert second.stderr.splitlines()[-1].endswith(f"as process {os.getpid()}.")
    assert attempt().stdout == "runs\n"
