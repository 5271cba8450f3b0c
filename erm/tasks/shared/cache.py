"""A bounded memory for what drawing libraries are kept from working out again.

For what depends on less than a function's arguments, or on arguments without a hash; for anything
else there is `functools.lru_cache`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

Value = TypeVar("Value")


class Known(dict[Hashable, Value]):
    """Values by what decides them; all are forgotten when there would be more than `most`."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def once(self, key: Hashable, work_out: Callable[[], Value]) -> Value:
        """The value of a key, worked out the first time."""
        if key not in self:
            value = work_out()
            if len(self) >= self._most:
                self.clear()
            self[key] = value
        return self[key]
