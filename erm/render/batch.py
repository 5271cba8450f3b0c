"""Items that are drawn for one caller, who may stop waiting for them, say by Ctrl-C."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Protocol


class Interruptible(Protocol):
    """What can be made to stop drawing from another thread."""

    def interrupt(self) -> None: ...


class Batch:
    """Knows who draws for the caller, and whether the caller still waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy: list[Interruptible] = []
        self._abandoned = False

    @contextmanager
    def drawing(self, worker: Interruptible) -> Iterator[None]:
        """While a worker draws an item.

        Raises:
            CancelledError: nobody waits for the item any more.
        """
        with self._lock:
            if self._abandoned:
                raise CancelledError
            self._busy.append(worker)
        try:
            yield
        finally:
            with self._lock:
                self._busy.remove(worker)

    def abandon(self) -> None:
        """Interrupt what is being drawn, and let nothing else begin."""
        with self._lock:
            self._abandoned = True
            for worker in self._busy:
                worker.interrupt()
