"""Memory, disk and GPUs, as the doctor says them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from erm.doctor import machine
from erm.doctor.machine import look_at_machine


def test_this_machine_is_described(tmp_path: Path) -> None:
    found = {finding.check: finding for finding in look_at_machine(tmp_path)}
    assert found["processors"].what.startswith(str(len(os.sched_getaffinity(0))))
    assert " GiB free" in found["memory"].what
    assert found["disk"].what.endswith(str(tmp_path))


def test_too_little_is_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "MEMORY_GIB", 1e9)
    monkeypatch.setattr(machine, "DISK_GIB", 1e9)
    found = {finding.check: finding for finding in look_at_machine(tmp_path)}
    for check in ("memory", "disk"):
        assert found[check].status == "warning"
        assert found[check].mend


def test_a_containers_limit_is_the_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(machine, "_LIMITS", (str(tmp_path / "gone"), str(limit)))
    limit.write_text("max\n")
    assert list(machine._limits()) == []
    limit.write_text(f"{2**30}\n")
    assert machine._memory().what.endswith("of 1.0")


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program of NVIDIA's driver, to be written by a test."""
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return program


def test_each_gpu_is_a_line_and_torch_must_see_it(
    driver: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    driver.write_text("#!/bin/sh\necho 'NVIDIA H200, 570.1, 143771 MiB'\n" * 2)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    first, second, cuda = machine._gpus()
    assert (first.check, second.check) == ("GPU 0", "GPU 1")
    assert first.what == "NVIDIA H200, 143771 MiB, driver 570.1"
    assert (cuda.status, cuda.what) == ("warning", f"torch {torch.__version__} sees no GPU")


def test_a_driver_that_does_not_answer_is_a_warning(driver: Path) -> None:
    driver.write_text("#!/bin/sh\necho 'no driver is loaded' >&2\nexit 9\n")
    (finding,) = machine._gpus()
    assert finding.status == "warning"
    assert finding.what == "nvidia-smi fails: no driver is loaded"
