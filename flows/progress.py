"""How far a training is, as a progress artifact of Prefect."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event, Thread
from typing import Any

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from erm.tracking import progress_of

_SECONDS = 10.0


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
