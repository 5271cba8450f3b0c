"""MLflow's parent run of a pipeline, which its stages find again."""

from __future__ import annotations

import psutil
import pytest

from flows.records import _pipeline_process


def test_a_pipeline_is_known_again_when_the_clock_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    named, started = _pipeline_process(), psutil.Process().create_time()
    # The kernel's boot time is that of the clock less the time since.
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: 0.0)
    assert psutil.Process().create_time() != started
    assert _pipeline_process() == named
