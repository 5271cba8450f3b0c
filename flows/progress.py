"""What a stage shows in Prefect: how far a training is; and what becomes of it without a server."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event, Thread
from typing import Any

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact

from erm.tracking import progress_of

_SECONDS = 10.0
_log = logging.getLogger("erm")


@contextmanager
def artifacts_optional() -> Iterator[None]:
    """Goes on with a warning where Prefect does not take an artifact, which decides nothing."""
    try:
        yield
    except httpx.HTTPError as error:
        _log.warning("Prefect's server did not take an artifact: %s", error)


@contextmanager
def progress_shown(stage: str, run_id: str) -> Iterator[None]:
    """Shows the metric ``progress`` of an MLflow run, in per cent, as long as the block lasts.

    The processes that train log it; a run without it gets no artifact.
    """
    ended = Event()

    def follow() -> None:
        artifact: Any = None
        while True:
            last = ended.wait(_SECONDS)
            progress = progress_of(run_id)
            with artifacts_optional():
                if progress is not None and artifact is None:
                    key = f"{stage}-progress".replace("_", "-")
                    artifact = create_progress_artifact(progress, key, f"Training steps of {stage}")
                elif progress is not None:
                    update_progress_artifact(artifact, progress)
            if last:
                return

    thread = Thread(target=copy_context().run, args=(follow,))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
