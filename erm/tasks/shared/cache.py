"""A bounded cache for results whose key is not simply a function's arguments.

For what depends on less than a function's arguments, or on arguments without a hash; for anything
else there is `functools.lru_cache`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

Value = TypeVar("Value")


class BoundedCache(dict[Hashable, Value]):
    """Values by key; all are dropped when there would be more than `most`."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def get_or_compute(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """The value of a key, computed the first time."""
        if key not in self:
            value = compute()
            if len(self) >= self._most:
                self.clear()
            self[key] = value
        return self[key]
