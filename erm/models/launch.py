"""Training in several processes: the same stage function, started once a process by ``torchrun``.

A training function that is asked for more than one process, or for DeepSpeed, calls `distribute`;
each process then finds itself `distributed` and goes on as a single one would. Not covered:
clusters of several machines, whose own launcher starts ``python -m erm.models.launch`` on each.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import psutil

from erm.errors import ErmError
from erm.failures import explain
from erm.models.settings import LaunchSettings
from erm.settings import Settings
from erm.tracking import resumed_run, tracked_environment

_PR_SET_PDEATHSIG = 1

_log = logging.getLogger(__name__)


def distributed() -> bool:
    """Whether this process was started by `distribute` (or any other ``torchrun``)."""
    return "LOCAL_RANK" in os.environ


def is_main_process() -> bool:
    """Whether this process writes results and logs."""
    return rank() == 0


def rank() -> int:
    """Number of this process over all machines, from 0."""
    return int(os.environ.get("RANK", "0"))


def local_rank() -> int:
    """Number of this process on its machine, from 0."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def local_processes() -> int:
    """Processes that train together on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def share(number: int, processes: int, process: int) -> list[int]:
    """Indices of the items that a process computes, of `number` items.

    All processes get equally many, so some items come twice: under ZeRO-3 the processes must run
    the same number of batches.
    """
    each = -(-number // processes)
    return [(process + turn * processes) % number for turn in range(each)]


def needed(launch: LaunchSettings) -> bool:
    """Whether the settings ask for more than this process alone."""
    return not distributed() and (launch.processes > 1 or launch.deepspeed is not None)


def own_file(path: Path) -> Path:
    """Where this process writes: processes that another launcher started can't share a file."""
    if distributed() and not path.exists():
        return path.with_stem(f"{path.stem}-{rank()}")
    return path


def distribute(
    function: str, settings: Settings, launch: LaunchSettings, paths: Mapping[str, Path]
) -> dict[str, float]:
    """Run ``module:function`` in `launch.processes` processes and return the first one's metrics.

    Args:
        function: a training function ``f(settings, **paths) -> metrics``; its settings class is
            the annotation of its first parameter.

    Raises:
        ErmError: what a process raised; or that one failed, whose traceback stands on standard
            error.
    """
    from torch.cuda import is_available

    if launch.deepspeed is not None:
        remove_dead_locks()
    with tempfile.TemporaryDirectory() as folder:
        job = Path(folder) / "job.json"
        result = Path(folder) / "metrics.json"
        reason = Path(folder) / "reason"
        job.write_text(
            json.dumps(
                {
                    "function": function,
                    "settings": settings.model_dump(mode="json"),
                    "paths": {name: str(path) for name, path in paths.items()},
                    "result": str(result),
                    "reason": str(reason),
                }
            )
        )
        environment = dict(os.environ)
        if not is_available():
            # DeepSpeed looks for an accelerator first; gloo and the CPU need to be named.
            environment |= {"DS_ACCELERATOR": "cpu", "CUDA_VISIBLE_DEVICES": ""}
            environment.setdefault("OMP_NUM_THREADS", str(max(1, _cores() // launch.processes)))
        environment |= tracked_environment()
        command = [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc_per_node", str(launch.processes), "-m", "erm.models.launch", str(job)),
        ]
        finished = subprocess.run(command, env=environment, preexec_fn=die_with_parent, check=False)
        if reason.is_file():
            raise ErmError(reason.read_text(encoding="utf-8"))
        if finished.returncode or not result.is_file():
            raise ErmError(
                f"{function}: training in {launch.processes} processes failed "
                f"(exit {finished.returncode})."
            )
        metrics: dict[str, float] = json.loads(result.read_text())
        return metrics


def remove_dead_locks() -> list[Path]:
    """Remove locks of compilations that were killed, at which torch would wait for ever.

    DeepSpeed compiles a part of itself when it is first used. The compiling process keeps the lock
    open until it is done, so a lock that no process has open is dead. Only processes of this
    machine and this user are seen: locks of other users are left, and machines that share a folder
    of extensions need one each (``TORCH_EXTENSIONS_DIR``).

    Returns:
        The locks that were removed; a warning names each.
    """
    from torch.utils.cpp_extension import get_default_build_root

    root = Path(os.environ.get("TORCH_EXTENSIONS_DIR") or get_default_build_root())
    locks = [
        lock.resolve()
        for lock in root.rglob("lock")
        if lock.is_file() and lock.stat().st_uid == os.getuid()
    ]
    if not locks:
        return []
    held = {Path(path) for process in psutil.process_iter() for path in _opened_by(process)}
    dead = [lock for lock in locks if lock not in held]
    for lock in dead:
        lock.unlink(missing_ok=True)
        _log.warning("%s: removed, since the compilation that it locks was killed.", lock)
    return dead


def _opened_by(process: psutil.Process) -> list[str]:
    """Files that a process has open; none of a process that ended or is another user's."""
    try:
        return [file.path for file in process.open_files()]
    except psutil.Error:
        return []


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def die_with_parent() -> None:
    """End this process as soon as its parent is gone, however it went (on Linux).

    A killed run must not train on in the background: the next one resumes in the same folder.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main(job_file: str) -> int:
    """Entry of each process."""
    die_with_parent()
    job = json.loads(Path(job_file).read_text())
    module, name = job["function"].split(":")
    function = getattr(importlib.import_module(module), name)
    from typing import get_type_hints

    settings_class = get_type_hints(function)["settings"]
    settings = settings_class.model_validate(job["settings"])
    try:
        with resumed_run() if is_main_process() else nullcontext():
            metrics = function(settings, **{key: Path(path) for key, path in job["paths"].items()})
    except Exception as error:
        if (sentence := explain(error, map(Path, job["paths"].values()))) is None:
            raise
        Path(job["reason"]).write_text(sentence, encoding="utf-8")
        return 1
    if is_main_process():
        Path(job["result"]).write_text(json.dumps(metrics))
    import torch.distributed

    if torch.distributed.is_initialized():
        torch.distributed.barrier()
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is written. Threads of gloo that still hold tensors can abort an interpreter that
    # is being torn down, and with it a training that was over; so there is no tear-down.
    os._exit(code)
