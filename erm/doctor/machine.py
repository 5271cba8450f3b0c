"""Processors, memory, disk and GPUs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil

from erm.doctor.finding import Finding

MEMORY_GIB, DISK_GIB = 4, 10
"""Below these a run of the default profile may fail; docs/measurements.md."""

_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_SMI = ("nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader")


def look_at_machine(root: Path) -> list[Finding]:
    """Processors, memory, the disk that holds `root`, and GPUs with their driver."""
    return [_processors(), _memory(), _disk(root), *_gpus()]


def _processors() -> Finding:
    return Finding("ok", "processors", f"{len(os.sched_getaffinity(0))} for this process")


def _memory() -> Finding:
    seen = psutil.virtual_memory()
    whole = min([seen.total, *_limits()])
    free = min(seen.available, whole)
    what = f"{free / 2**30:.1f} GiB free of {whole / 2**30:.1f}"
    if free >= MEMORY_GIB * 2**30:
        return Finding("ok", "memory", what)
    mend = f"end other programs: the default profile needs {MEMORY_GIB} GiB"
    return Finding("warning", "memory", what, mend)


def _limits() -> Iterator[int]:
    """Of this container, if it has any."""
    for name in _LIMITS:
        try:
            text = Path(name).read_text().strip()
        except OSError:
            continue
        if text.isdigit():
            yield int(text)


def _disk(root: Path) -> Finding:
    usage = shutil.disk_usage(root)
    what = f"{usage.free / 2**30:.1f} GiB free in {root}"
    if usage.free >= DISK_GIB * 2**30:
        return Finding("ok", "disk", what)
    return Finding("warning", "disk", what, "`dvc gc --workspace` removes data of earlier runs")


def _gpus() -> Iterator[Finding]:
    if shutil.which(_SMI[0]) is None:
        yield Finding("ok", "GPU", "none; all profiles but gpu are made for processors")
        return
    asked = subprocess.run(_SMI, capture_output=True, text=True, check=False, timeout=30)
    lines = [line.strip() for line in asked.stdout.splitlines() if line.strip()]
    if asked.returncode or not lines:
        said = (asked.stdout + asked.stderr).strip().splitlines() or ["it says nothing"]
        what = f"nvidia-smi fails: {said[-1]}"
        yield Finding(
            "warning", "GPU", what, "install the driver, or load it with `modprobe nvidia`"
        )
        return
    import torch

    for number, line in enumerate(lines):
        name, driver, memory = (part.strip() for part in line.split(","))
        yield Finding("ok", f"GPU {number}", f"{name}, {memory}, driver {driver}")
    if torch.cuda.is_available():
        yield Finding("ok", "CUDA", f"torch {torch.__version__} uses {torch.cuda.device_count()}")
    else:
        what = f"torch {torch.__version__} sees no GPU"
        mend = "`python -m pip install --force-reinstall torch` with a build for the driver's CUDA"
        yield Finding("warning", "CUDA", what, mend)
