"""The critic in use, and how a running server takes the one that an alias names by now.

A critic that is named by an alias, such as ``models:/erm-critic@champion``, is looked up at
intervals. A new version is loaded while the one before goes on judging, and serves the requests
that begin afterwards. One that can't be loaded changes nothing but `Follower.problem`.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from erm.critics.base import Critic
from erm.errors import ErmError
from erm.failures import explain, is_transient
from erm.registry.aliases import aliases_of, registry_client
from erm.serving.batches import MicroBatches
from erm.tracking import has_store

_ALIAS = re.compile(r"models:/([^/@]+)@([^/@]+)")
_PATIENCE = 5.0
"""Seconds for which a server that ends waits for a critic that is being loaded."""

_log = logging.getLogger(__name__)


class CriticInUse:
    """Micro-batches that can be replaced; a request keeps the critic with which it began."""

    def __init__(self, batches: MicroBatches) -> None:
        self._batches = batches
        self._requests: Counter[MicroBatches] = Counter()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Name of the critic."""
        return self._batches.critic.name

    @contextmanager
    def until(self, deadline: float) -> Iterator[Critic]:
        """The critic for one request, which ends at `deadline` (`time.monotonic`)."""
        with self._lock:
            batches = self._batches
            self._requests[batches] += 1
        try:
            yield batches.until(deadline)
        finally:
            with self._lock:
                self._requests[batches] -= 1
                if not self._requests[batches]:
                    del self._requests[batches]
                over = batches is not self._batches and batches not in self._requests
            if over:
                batches.close()

    def replace(self, batches: MicroBatches) -> None:
        """Let requests that begin from now on have another critic.

        The one before is closed once its last request has ended.
        """
        with self._lock:
            before, self._batches = self._batches, batches
            over = before not in self._requests
        if over:
            before.close()

    def close(self) -> None:
        """Judge what waits, then end."""
        self._batches.close()


def version_behind(spec: str) -> str | None:
    """The version that an alias names, such as ``models:/erm-critic/3``.

    Args:
        spec: of a critic.

    Returns:
        None where `spec` names no alias of the registry, or the alias names no version.

    Raises:
        ErmError: the registry does not answer.
    """
    alias = _ALIAS.fullmatch(spec)
    if alias is None or not has_store(Path.cwd()):
        return None
    name, label = alias.groups()
    version = aliases_of(registry_client(Path.cwd()), name).get(label)
    return None if version is None else f"models:/{name}/{version}"


class Follower:
    """Lets the critic in use follow an alias; a context manager, which looks in a thread.

    Args:
        spec: of the critic; one that names no alias is never replaced.
        version: that is in use (`version_behind`).
        critic: what is replaced.
        load: loads a version.
        seconds: between two looks; 0 never looks.

    Attributes:
        version: in use; None where `spec` names no alias.
        problem: why the version that the alias names is not in use; None where it is.
    """

    def __init__(
        self,
        spec: str,
        version: str | None,
        critic: CriticInUse,
        load: Callable[[str], MicroBatches],
        seconds: float,
    ) -> None:
        self.version = version
        self.problem: str | None = None
        self._spec, self._critic, self._load, self._seconds = spec, critic, load, seconds
        self._refused: str | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="erm-follower", daemon=True)

    def __enter__(self) -> Follower:
        if self._seconds and _ALIAS.fullmatch(self._spec):
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE)

    def look(self) -> None:
        """Load the version that the alias names, unless it is in use or was refused before.

        A failure is a warning and `problem`. After a lost connection the same version is tried
        again at the next look; any other failure refuses it until the alias moves.
        """
        wanted = None
        try:
            wanted = version_behind(self._spec)
            if wanted is None:
                raise ErmError(f"{self._spec} names no version.")
            if wanted == self._refused:
                return
            if wanted != self.version:
                self._critic.replace(self._load(wanted))
                _log.info("The critic is %s now, not %s.", wanted, self.version)
        except Exception as error:  # whatever it is, the critic in use goes on
            if wanted is not None and not is_transient(error):
                self._refused = wanted
            self._report(error, wanted or self._spec)
        else:
            self.version, self.problem, self._refused = wanted, None, None

    def _report(self, error: Exception, wanted: str) -> None:
        reason = explain(error)
        problem = f"{wanted} can't be loaded ({reason or type(error).__name__}"
        problem = f"{problem.rstrip('.')}); the critic stays {self.version or 'as it is'}."
        if problem != self.problem:
            # a traceback only for what no sentence explains: a fault of ours
            _log.warning(problem, exc_info=error if reason is None else None)
        self.problem = problem

    def _watch(self) -> None:
        while not self._ended.wait(self._seconds):
            self.look()
