"""Threads of torch that wait do not keep the cores busy for long."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

READ = "import erm.models, os; print(os.environ['GOMP_SPINCOUNT'])"


@pytest.mark.parametrize(("given", "found"), [(None, "3000"), ("7", "7")])
def test_waiting_is_short_unless_somebody_chose(given: str | None, found: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    if given is not None:
        environment["GOMP_SPINCOUNT"] = given
    command = [sys.executable, "-c", READ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == found
