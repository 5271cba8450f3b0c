"""How the machines of one training find each other: a key-value store at ``launch.rendezvous``.

The machine that runs the stage serves the store. It writes the job into the folder of the stage's
state, which all machines share, and waits until they are complete. Each other one (``erm
train-node``) gets its rank and the job's place from the store. Both then start ``torchrun``
(`erm.models.launch`). torchrun does not notice a machine that fails before the processes have found
each other, so all look into the store meanwhile.
"""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from torch.distributed import DistError, TCPStore

from erm.errors import ErmError
from erm.models.settings import LaunchSettings

CHECK_OUT = 60
"""Seconds that the machine which runs the stage waits for the ends of the others."""

_RANK, _JOB = "rank", "job"


_log = logging.getLogger(__name__)


class Place(NamedTuple):
    """A machine's place in a training.

    Attributes:
        job: file of the job, in the shared folder.
        node: rank of the machine; 0 runs the stage.
        nodes: how many machines there are.
        processes: on each machine.
        address, port: where ``torchrun`` of all machines meets.
        store: of keys that all see.
    """

    job: Path
    node: int
    nodes: int
    processes: int
    address: str
    port: int
    store: TCPStore

    def is_broken(self) -> bool:
        """Whether a machine failed, or the one that runs the stage is gone."""
        try:
            ends = [name for name in map(_end, range(1, self.nodes)) if self.store.check([name])]
            return any(self.store.get(name) != b"0" for name in ends)
        except DistError:
            return True

    def check_out(self, status: int) -> None:
        """Say with which exit status this machine's torchrun ended; the store's machine waits for
        those of the others if its own is 0."""
        try:
            if self.node:
                self.store.set(_end(self.node), str(status))
            elif status == 0:
                others = [_end(node) for node in range(1, self.nodes)]
                self.store.wait(others, timedelta(seconds=CHECK_OUT))
        except DistError as error:
            reason = str(error).splitlines()[0]
            _log.warning("The nodes did not end the training together (%s).", reason)


@contextmanager
def gathered(launch: LaunchSettings, job: Path) -> Iterator[Place]:
    """Wait for the other machines; the store is there until the context ends.

    Raises:
        ErmError: the store can't be served, machines are missing after `launch.join_timeout`
            seconds, or one of them can't see the job.
    """
    endpoint = launch.rendezvous or ""
    address, port = parse_endpoint(endpoint)
    try:
        with socket.socket() as free:  # where it is not, torch would print a stack trace
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("", port))
    except OSError as error:
        raise ErmError(
            f"launch.rendezvous {endpoint} can't be served ({error.strerror}); it is a free port "
            "of the machine that runs the stage."
        ) from error
    store = TCPStore("localhost", port, is_master=True, wait_for_workers=False)
    meeting = (launch.nodes, launch.processes, address, _free_port())
    store.set(_JOB, json.dumps([str(job.resolve()), *meeting]))
    try:
        others = [_arrival(node) for node in range(1, launch.nodes)]
        store.wait(others, timedelta(seconds=launch.join_timeout))
    except DistError as error:
        came = 1 + sum(store.check([name]) for name in others)
        raise ErmError(
            f"launch.rendezvous {endpoint}: {came} of {launch.nodes} nodes came within "
            f"{launch.join_timeout} s; start `erm train-node {endpoint}` on the others."
        ) from error
    for name in others:
        if refusal := store.get(name).decode():
            raise ErmError(refusal)
    yield Place(job.resolve(), 0, *meeting, store)


def join(endpoint: str, timeout: int) -> Place:
    """This machine's place in the training that is announced at an endpoint.

    Args:
        timeout: seconds to wait for a training that lacks a machine.

    Raises:
        ErmError: there is none in this time, or its job is not in this machine's file system.
    """
    address, port = parse_endpoint(endpoint)
    end = time.monotonic() + timeout
    while (left := end - time.monotonic()) > 0:
        try:
            # torch would print a stack trace for each attempt
            socket.create_connection((address, port), timeout=left).close()
            store = TCPStore(address, port, is_master=False, timeout=timedelta(seconds=left + 1))
            job, nodes, processes, meets_at, meeting_port = json.loads(store.get(_JOB))
            node = store.add(_RANK, 1)
        except (DistError, OSError):
            time.sleep(1)
            continue
        if node >= nodes:  # a training that is complete, or has just ended
            time.sleep(1)
            continue
        refusal = ""
        if not Path(job).is_file():
            refusal = (
                f"{job}: not on node {node} ({socket.gethostname()}); all nodes need the folder of "
                "the stage's state at the same path."
            )
        store.set(_arrival(node), refusal)
        if refusal:
            raise ErmError(refusal)
        return Place(Path(job), node, nodes, processes, meets_at, meeting_port, store)
    raise ErmError(
        f"{endpoint}: no training that lacks a node within {timeout} s. Start the stage there with "
        f"launch.rendezvous={endpoint}."
    )


def parse_endpoint(endpoint: str) -> tuple[str, int]:
    """Address and port of ``HOST:PORT``.

    Raises:
        ErmError: the text has another form.
    """
    host, _, port = endpoint.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ErmError(f"'{endpoint}' is no HOST:PORT.")
    return host.strip("[]"), int(port)


def _arrival(node: int) -> str:
    return f"node-{node}"


def _end(node: int) -> str:
    return f"end-{node}"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("", 0))
        port: int = free.getsockname()[1]
    return port
