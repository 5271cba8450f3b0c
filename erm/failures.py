"""Which failures end as one sentence, and which are tried again."""

import errno
from collections.abc import Iterator

from erm.errors import ErmError, masked

_FULL_WORDS = ("no space left on device", "disk is full", "disk quota exceeded")
_LOCKED_WORDS = "database is locked"
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


def explain(error: BaseException) -> str | None:
    """One sentence for a failure that needs no traceback; None for all others."""
    if isinstance(error, ErmError):
        return str(error)
    if any(words in str(cause).lower() for cause in _chain(error) for words in _FULL_WORDS):
        return "No space left on the disk; free some and run again, finished work is kept."
    if any(_LOCKED_WORDS in str(cause) for cause in _chain(error)):
        return "Another process held the lock of a database for too long; run again."
    if is_transient(error):
        return masked(f"A connection or a process was lost ({type(error).__name__}: {error}).")
    return None


def is_transient(error: object) -> bool:
    """Whether a lost connection or process caused an error, so that another try may succeed."""
    return any(
        (isinstance(cause, OSError) and cause.errno in _TRANSIENT)
        or any(
            f"{kind.__module__}.{kind.__qualname__}" in _TRANSIENT_CLASSES
            for kind in type(cause).__mro__
        )
        for cause in _chain(error)
    )


def _chain(error: object) -> Iterator[BaseException]:
    """An exception and what caused it."""
    cause = error if isinstance(error, BaseException) else None
    while cause is not None:
        yield cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
