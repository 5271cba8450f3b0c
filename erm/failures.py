"""Which failures end as one sentence, and which are tried again."""

import errno
import shutil
from collections.abc import Iterable, Iterator
from logging import LogRecord
from pathlib import Path

from erm.errors import ErmError, masked

_FULL_WORDS = ("no space left on device", "disk is full", "disk quota exceeded")
_FULL_BYTES = 1 << 20
_LOCKED_WORDS = "database is locked"
_STATUS_CLASS = "httpx.HTTPStatusError"
_TRANSIENT = {errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.ETIMEDOUT}
_TRANSIENT_CLASSES = {
    "builtins.ConnectionError",
    "builtins.TimeoutError",
    "concurrent.futures.process.BrokenProcessPool",
    "httpx.TransportError",
    "openai.APIConnectionError",
    "openai.InternalServerError",
    "openai.RateLimitError",
    "requests.exceptions.ConnectionError",
    "requests.exceptions.Timeout",
}
"""By name, since most of them belong to libraries that take seconds to import."""


def explain(error: BaseException, written: Iterable[Path] = ()) -> str | None:
    """One sentence for a failure that needs no traceback; None for all others.

    Args:
        written: folders that were written to. If a disk is full, the sentence names the one with
            the least space. Not every library says why it could not write, so whatever fails while
            less than 1 MiB is left there counts as a full disk.
    """
    if isinstance(error, ErmError):
        return str(error)
    left = {path: shutil.disk_usage(path).free for path in written if path.exists()}
    fullest = min(left, key=lambda path: left[path], default=None)
    is_full = fullest is not None and left[fullest] < _FULL_BYTES
    if is_full or any(
        words in str(cause).lower() for cause in _chain(error) for words in _FULL_WORDS
    ):
        where = f" of {fullest.resolve()}" if fullest is not None else ""
        return f"No space left on the disk{where}; free some and run again, finished work is kept."
    if any(_LOCKED_WORDS in str(cause) for cause in _chain(error)):
        return "Another process held the lock of a database for too long; run again."
    if is_transient(error):
        return masked(f"A connection or a process was lost ({type(error).__name__}: {error}).")
    for cause in _chain(error):
        if _STATUS_CLASS in _classes(cause):
            return masked(f"A server refused a request ({str(cause).splitlines()[0]}).")
    return None


def without_traceback(record: LogRecord) -> bool:
    """Filter of a logger: leaves out the traceback of a failure that has a sentence."""
    if record.exc_info and record.exc_info[1] and explain(record.exc_info[1]):
        record.exc_info = None
    return True


def is_transient(error: object) -> bool:
    """Whether a lost connection or process caused an error, so that another try may succeed."""
    return any(
        (isinstance(cause, OSError) and cause.errno in _TRANSIENT)
        or _classes(cause) & _TRANSIENT_CLASSES
        for cause in _chain(error)
    )


def _classes(error: BaseException) -> set[str]:
    """Names of the class of an exception and those that it is derived from."""
    return {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}


def _chain(error: object) -> Iterator[BaseException]:
    """An exception and what caused it."""
    cause = error if isinstance(error, BaseException) else None
    while cause is not None:
        yield cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
