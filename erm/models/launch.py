"""Training in several processes: the same stage function, started once a process by ``torchrun``.

A training function that is asked for more than one process, or for DeepSpeed, calls `distribute`;
each process then finds itself `distributed` and goes on as a single one would. With ``nodes`` the
other machines call `take_part`, and `erm.models.rendezvous` brings all together. The processes of
the machine that runs the stage have the first ranks, so that it alone writes results and logs.
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
from typing import TYPE_CHECKING

import psutil

from erm.errors import ErmError
from erm.failures import explain
from erm.models.settings import LaunchSettings
from erm.settings import Settings
from erm.tracking import resumed_run, tracked_environment

if TYPE_CHECKING:
    from erm.models.rendezvous import Place

_PR_SET_PDEATHSIG = 1
_WATCHED_EVERY = 1.0
"""Seconds between looks at whether the other machines still train."""

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
    return not distributed() and (launch.world_size > 1 or launch.deepspeed is not None)


def own_file(path: Path) -> Path:
    """Where this process writes: processes that another launcher started can't share a file."""
    if distributed() and not path.exists():
        return path.with_stem(f"{path.stem}-{rank()}")
    return path


def distribute(
    function: str, settings: Settings, launch: LaunchSettings, paths: Mapping[str, Path]
) -> dict[str, float]:
    """Run ``module:function`` in the processes that `launch` asks for; returns the first one's
    metrics.

    Args:
        function: a training function ``f(settings, **paths) -> metrics``; its settings class is
            the annotation of its first parameter.
        paths: with several machines, ``work`` among them, a folder that all of them share.

    Raises:
        ErmError: what a process raised; or that one failed, whose traceback stands on standard
            error; or that machines are missing (`erm.models.rendezvous.gathered`).
    """
    shared = None
    if launch.nodes > 1:
        shared = paths["work"]
        shared.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=shared, prefix="launch-") as folder:
        job = Path(folder) / "job.json"
        result = Path(folder) / "metrics.json"
        reason = Path(folder) / "reason"
        job.write_text(
            json.dumps(
                {
                    "function": function,
                    "settings": settings.model_dump(mode="json"),
                    "paths": {name: str(path) for name, path in paths.items()},
                    "folder": str(Path.cwd()),
                    "deepspeed": launch.deepspeed is not None,
                    "result": str(result),
                    "reason": str(reason),
                }
            )
        )
        if launch.nodes > 1:
            from erm.models.rendezvous import gathered

            with gathered(launch, job) as place:
                code = _train_here(job, launch.processes, place)
        else:
            code = _train_here(job, launch.processes)
        if reason.is_file():
            raise ErmError(reason.read_text(encoding="utf-8"))
        if code or not result.is_file():
            raise ErmError(
                f"{function}: training in {launch.world_size} processes failed (exit {code})."
            )
        metrics: dict[str, float] = json.loads(result.read_text())
        return metrics


def take_part(endpoint: str, timeout: int) -> None:
    """Train with other machines, once: this one runs processes and leaves nothing of its own.

    Args:
        endpoint: ``HOST:PORT``, the parameter ``launch.rendezvous`` of the stage.
        timeout: seconds to wait for a training that lacks a machine.

    Raises:
        ErmError: there is none in this time (`erm.models.rendezvous.join`), or it failed.
    """
    from erm.models.rendezvous import join

    place = join(endpoint, timeout)
    _log.info("Node %d of %d trains in %d processes.", *place[1:4])
    if code := _train_here(place.job, place.processes, place):
        raise ErmError(f"{endpoint}: the training failed on node {place.node} (exit {code}).")


def _train_here(job: Path, processes: int, place: Place | None = None) -> int:
    """Run a job in processes of this machine, and return torchrun's exit status."""
    from torch.cuda import is_available

    content = json.loads(job.read_text())
    if content["deepspeed"]:
        remove_dead_locks()
    environment = dict(os.environ)
    if not is_available():
        # DeepSpeed looks for an accelerator first; gloo and the CPU need to be named.
        environment |= {"DS_ACCELERATOR": "cpu", "CUDA_VISIBLE_DEVICES": ""}
        environment.setdefault("OMP_NUM_THREADS", str(max(1, _cores() // processes)))
    environment |= tracked_environment()
    meeting = ["--standalone"]
    if place is not None:
        meeting = [
            *("--nnodes", str(place.nodes), "--node_rank", str(place.node)),
            *("--master_addr", place.address, "--master_port", str(place.port)),
        ]
    command = [
        *(sys.executable, "-m", "torch.distributed.run", *meeting),
        *("--nproc_per_node", str(processes), "-m", "erm.models.launch", str(job)),
    ]
    with subprocess.Popen(
        command, cwd=content["folder"], env=environment, preexec_fn=die_with_parent
    ) as torchrun:
        if place is None:
            return torchrun.wait()
        while torchrun.poll() is None:
            try:
                torchrun.wait(_WATCHED_EVERY)
            except subprocess.TimeoutExpired:
                if place.is_broken():
                    torchrun.kill()  # its processes end with it; at its barrier it hears no signal
                    break
        status = torchrun.wait()
    place.check_out(status)
    return status


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
