"""Work on the nodes of a Ray cluster: the connection, equal code on all nodes, what dies there.

Each piece of work is a Ray task, so that the work of a node that dies goes to any free processor,
also of nodes that joined later. Not covered: what the work is and which files it needs
(`erm.synthesis.workers`), and starting a cluster (``docs/scale.md``).
"""

from __future__ import annotations

import logging
import os
import pickle
import platform
import signal
import socket
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from packaging.requirements import Requirement

from erm.errors import ErmError
from erm.fingerprint import content_hash
from erm.tasks import distribution_of, get_task, package_folder, task_names

CONNECT_SECONDS = 5.0
"""Within so long a named address has to accept a connection."""

RETRIES = 3
"""So often work is begun again whose process or node died."""

_LOOK_SECONDS = 10.0
"""Nodes that joined or left are noticed within so long."""

_END_SECONDS = 5.0
"""So long interrupted work has to end."""

_EXTRAS = ("charts",)
"""Extras whose packages decide pictures, and that no back end names."""

_ATTEMPTS = "RAY_gcs_server_port_wait_time_s"
"""Ray's variable for how often it asks a head for its id, 30 s each; it does so 20 times."""

_log = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Be connected to a cluster; a connection that this process has already is used as it is.

    Args:
        address: as in `erm.settings.Cluster`, but not ``local``.

    Raises:
        ErmError: Ray is not installed, or there is no such cluster, or it has other versions of
            Python or Ray.
    """
    ray = _ray()
    if ray.is_initialized():
        yield
        return
    _connect(ray, address)
    try:
        yield
    finally:
        ray.shutdown()


def map_unordered(
    function: Callable[[Item], Result],
    items: Iterator[Item],
    *,
    workers: int | None = None,
    read: Sequence[Path] = (),
) -> Generator[tuple[Item, Result]]:
    """Have the cluster of this process's connection work, each item on a processor of some node.

    Items are taken as processors become free. Leaving the iteration ends what is being worked on.

    Args:
        function: of a module; it, the items and the results are pickled.
        workers: most items that are worked on at the same time; None is what the nodes allow.
        read: files and folders that `function` reads; each node must have them with equal contents.

    Raises:
        ErmError: a node lacks this package, or has other versions or files, or the processes that
            worked on an item died `RETRIES` times.
    """
    ray = _ray()
    work = ray.remote(_answering()).options(num_cpus=1, max_retries=RETRIES, name="visual-erm")
    expected = environment(read)
    running: dict[Any, Item] = {}
    lacking = False
    try:
        while True:
            processors = int(ray.cluster_resources().get("CPU", 0))
            if not processors and not lacking:
                _log.warning("The cluster has no processor; waiting for a node with some.")
            lacking = not processors
            # The second half waits on the cluster, so that no processor waits for this process.
            while len(running) < (workers or max(2 * processors, 1)):
                try:
                    item = next(items)
                except StopIteration:
                    break
                running[work.remote(expected, pickle.dumps((function, item)))] = item
            if not running:
                return
            for reference in ray.wait(list(running), num_returns=1, timeout=_LOOK_SECONDS)[0]:
                result = _result(ray, reference)
                yield running.pop(reference), result
    finally:
        for reference in running:
            ray.cancel(reference)
        if running:  # time to put away there what was begun; leaving the cluster kills the rest
            ray.wait(list(running), num_returns=len(running), timeout=_END_SECONDS)


def environment(read: Sequence[Path] = ()) -> dict[str, str]:
    """What must be equal on all nodes, as name → version or hash of the contents.

    These are Python, the packages that bring tasks and what they require, and the files in `read`.
    """
    files = {str(path): content_hash(path) if path.exists() else "missing" for path in read}
    return {**_installed(), **files}


def answer(expected: Mapping[str, str], pickled: bytes) -> Any:
    """Work on one item, as a node does.

    Raises:
        ErmError: something here is not as expected.
    """
    installed = _installed()
    here = environment([Path(name) for name in expected if name not in installed])
    for name in [*expected, *here]:
        theirs, own = expected.get(name, "missing"), here.get(name, "missing")
        if theirs != own:
            raise ErmError(
                f"The node {socket.gethostname()} has another {name} ({own[:12]}) than the machine "
                f"that asks ({theirs[:12]}); equal results need the same on each."
            )
    function, item = pickle.loads(pickled)
    return function(item)


@cache
def _installed() -> dict[str, str]:
    found = {"Python": platform.python_version()}
    for task in task_names():
        distribution = distribution_of(task)
        folder = package_folder(task)
        found[f"code of {folder.name}"] = content_hash(folder)
        extras = {*_EXTRAS, *(one.extra for one in get_task(task).backends if one.extra)}
        for text in distribution.requires or []:
            wanted = Requirement(text)
            chosen = ({"extra": extra} for extra in ("", *sorted(extras)))
            if wanted.marker is None or any(wanted.marker.evaluate(one) for one in chosen):
                found[wanted.name] = _version(wanted.name)
    return found


def _version(name: str) -> str:
    try:
        return version(name).partition("+")[0]  # without the label of a build, such as +cpu
    except PackageNotFoundError:
        return "missing"


def _answering() -> Callable[[Mapping[str, str], bytes], Any]:
    """`answer` in a function that is pickled with its code, since a node may lack this package."""

    def work(expected: Mapping[str, str], pickled: bytes) -> Any:
        from erm.cluster import answer

        return answer(expected, pickled)

    return work


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise ErmError("A cluster needs Ray: pip install 'visual-erm[ray]'.") from error
    return ray


def require_head(address: str) -> None:
    """Raise `ErmError` where nothing accepts a connection at a cluster's address.

    Ray itself would try for ten minutes. Which cluster ``auto`` is, only Ray knows, unless
    ``RAY_ADDRESS`` says so.
    """
    named = os.environ.get("RAY_ADDRESS", address) if address == "auto" else address
    host, _, port = named.rpartition("://")[2].rpartition(":")
    if not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ErmError(f"Nothing answers at the cluster's {named} ({reason}).") from error


def _connect(ray: Any, address: str) -> None:
    require_head(address)
    attempts, terminate = os.environ.get(_ATTEMPTS), signal.getsignal(signal.SIGTERM)
    os.environ[_ATTEMPTS] = attempts or "1"
    try:
        ray.init(address=address, logging_level=logging.WARNING)
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split()).rstrip(".")[:400]
        raise ErmError(f"The Ray cluster '{address}' can't be used: {reason}.") from error
    finally:
        if attempts is None:
            del os.environ[_ATTEMPTS]
        if signal.getsignal(signal.SIGTERM) is not terminate:
            signal.signal(signal.SIGTERM, terminate)  # Ray's own would hide what ended the process


def _result(ray: Any, reference: Any) -> Any:
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, ErmError):
            raise ErmError(str(error.cause)) from error
        if isinstance(error.cause, ImportError):
            raise ErmError(
                f"A node of the cluster can't run this package ({error.cause}); each needs "
                "visual-erm installed as it is here."
            ) from error
        raise
    except ray.exceptions.RayError as error:
        raise ErmError(
            f"A process of the cluster died {RETRIES + 1} times with the same work, perhaps for "
            f"lack of memory ({type(error).__name__})."
        ) from error
