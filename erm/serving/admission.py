"""A bounded number of items under way, and how long a client that finds no room should wait."""

from __future__ import annotations

import math
import threading
import time
from collections import deque

_LAST = 64
"""Answered requests from which the rate is taken."""

_LONGEST = 60
"""Seconds after which a client may try again in any case."""


class FullError(Exception):
    """There is no room for a request.

    Attributes:
        retry_after: whole seconds in which as many items are answered as are under way now.
    """

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class Admission:
    """Counts the items that were accepted and whose work has not ended.

    Args:
        most: items at a time.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.under_way = 0
        self._lock = threading.Lock()
        self._answered: deque[tuple[float, int]] = deque(maxlen=_LAST)

    def enter(self, items: int) -> None:
        """Take room for a request.

        Raises:
            FullError: there is no room.
        """
        with self._lock:
            if self.under_way + items > self.most:
                raise FullError(self._seconds())
            self.under_way += items

    def leave(self, items: int) -> None:
        """Give the room back."""
        with self._lock:
            self.under_way -= items
            self._answered.append((time.monotonic(), items))

    def _seconds(self) -> int:
        if not self._answered:
            return 1
        passed = time.monotonic() - self._answered[0][0]
        rate = sum(items for _, items in self._answered) / max(passed, 1e-3)
        return min(_LONGEST, max(1, math.ceil(self.under_way / rate)))
