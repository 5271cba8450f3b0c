"""The same program, the same picture: fixed seeds and a fixed clock for the program being drawn.

Covers `random`, `secrets`, `uuid4`, `os.urandom`, NumPy's legacy and new generators, names of
temporary files, every clock of `time`, `timeit` and `datetime`, which is one clock, and
``numpy.datetime64("now")``. Not covered: "now" and "today" as strings that NumPy turns into an
array of dates, times of files, ``/dev/urandom``, load of the machine, the order of sets of objects
that hash by address, and races between a program's own threads.
"""

from __future__ import annotations

import datetime
import itertools
import os
import random
import tempfile
import time
import timeit
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import numpy as np
import time_machine

EPOCH = datetime.datetime(2024, 1, 1, 12, 0, 0, tzinfo=datetime.UTC)
"""What the clock says when a program starts; unseeded generators start from a fixed state too."""

SEED = 0
STEP_NANOSECONDS = 1_000_000
"""How far a clock moves at each reading, so that a loop that waits for a time still ends."""

_Datetime64 = np.datetime64
_ctime, _asctime, _localtime = time.ctime, time.asctime, time.localtime


class _Clock:
    """A clock that moves only when it is read or slept on."""

    def __init__(self, start: int) -> None:
        self._nanoseconds = start

    def nanoseconds(self) -> int:
        self._nanoseconds += STEP_NANOSECONDS
        return self._nanoseconds

    def seconds(self) -> float:
        return self.nanoseconds() / 1e9

    def ctime(self, seconds: float | None = None) -> str:
        return _ctime(self.seconds() if seconds is None else seconds)

    def asctime(self, parts: Any = None) -> str:
        return _asctime(_localtime(self.seconds()) if parts is None else parts)

    def sleep(self, seconds: float) -> None:
        self._nanoseconds += max(0, int(seconds * 1e9))


def _seeded_random() -> type[random.Random]:
    seeds = itertools.count(SEED)

    class Random(random.Random):
        """`random.Random` whose unseeded form starts from the next number, not from the system."""

        def seed(self, a: Any = None, version: int = 2) -> None:
            super().seed(next(seeds) if a is None else a, version)

    return Random


def _dated(clock: _Clock) -> type[np.datetime64]:
    """`numpy.datetime64` whose "now" and "today" are the clock's, not the C library's."""

    class Kind(type):
        """Scalars of arrays stay instances, though their type is NumPy's own."""

        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, _Datetime64)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, _Datetime64)

        def __eq__(cls, other: object) -> bool:
            return other is cls or other is _Datetime64

        def __hash__(cls) -> int:
            return hash(_Datetime64)

    class datetime64(_Datetime64, metaclass=Kind):  # noqa: N801
        def __new__(cls, *arguments: Any) -> Any:
            if arguments and isinstance(arguments[0], str) and arguments[0] in ("now", "today"):
                unit = "s" if arguments[0] == "now" else "D"
                moment = _Datetime64(clock.nanoseconds(), "ns").astype(f"M8[{unit}]")
                return _Datetime64(moment, *arguments[1:])
            return _Datetime64(*arguments)

    return datetime64


def _seeded_bytes() -> Callable[[int], bytes]:
    return random.Random(SEED).randbytes


@contextmanager
def same_randomness_and_clock() -> Iterator[None]:
    """While it lasts, unseeded randomness and clocks give the same values in every process."""
    seeded, seeded_bytes = _seeded_random(), _seeded_bytes()
    shared = seeded(SEED)
    clock, ticks = _Clock(int(EPOCH.timestamp()) * 1_000_000_000), _Clock(0)
    patches: dict[Any, dict[str, Any]] = {
        random: {
            "Random": seeded,
            "_urandom": seeded_bytes,
            **{
                name: getattr(shared, name)
                for name in dir(random)
                if callable(getattr(random, name))
                and getattr(getattr(random, name), "__self__", None) is random._inst
            },
        },
        os: {"urandom": seeded_bytes, "getrandom": lambda size, flags=0: seeded_bytes(size)},
        tempfile: {"_Random": seeded},
        timeit: {"default_timer": ticks.seconds},
        np: {"datetime64": _dated(clock)},
        time: {
            "time": clock.seconds,
            "time_ns": clock.nanoseconds,
            "ctime": clock.ctime,
            "asctime": clock.asctime,
            "sleep": clock.sleep,
            "perf_counter": ticks.seconds,
            "perf_counter_ns": ticks.nanoseconds,
            "monotonic": ticks.seconds,
            "monotonic_ns": ticks.nanoseconds,
            "process_time": ticks.seconds,
            "process_time_ns": ticks.nanoseconds,
            "thread_time": ticks.seconds,
            "thread_time_ns": ticks.nanoseconds,
        },
    }
    with ExitStack() as stack:
        traveller = stack.enter_context(time_machine.travel(EPOCH, tick=False))
        # one clock for `time` and `datetime`, so that waiting on either ends
        stack.enter_context(mock.patch.object(traveller, "time_ns", clock.nanoseconds))
        for module, replacements in patches.items():
            stack.enter_context(mock.patch.multiple(module, **replacements))
        np.random.seed(SEED)
        yield
