"""Making chunks in parallel processes, going on from those that are finished.

Covers the pool, its renderers and its end when the run is killed. Not covered: what a chunk is and
how one is made (`erm.synthesis.chunks`), which chunks there are (`erm.synthesis.synthesize`,
`erm.synthesis.infer`).
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.util
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from erm.errors import ErmError
from erm.render import Renderer
from erm.synthesis.chunks import Chunk, make_chunk
from erm.synthesis.settings import PairingSettings, WorkSettings
from erm.tasks import Variety


@dataclass(frozen=True)
class ChunkJob:
    """How chunks are made, and the folder that holds the finished ones.

    Attributes:
        variety: of sources that are generated.
        second_backends: `erm.synthesis.settings.SynthesizeSettings.second_backends`.
    """

    pairing: PairingSettings
    work: WorkSettings
    done: Path
    variety: Variety = "compact"
    second_backends: Mapping[str, str] = field(default_factory=dict)


def make_chunks(job: ChunkJob, chunks: Sequence[Chunk], label: str) -> tuple[int, float]:
    """Make the chunks that are not finished, with a progress bar of that label.

    Returns:
        The number of pairs made and the seconds it took.

    Raises:
        ErmError: a process died.
    """
    missing = [chunk for chunk in chunks if not chunk.is_made(job.done)]
    if not missing:
        return 0, 0.0
    sources = sum(len(chunk.sources) for chunk in chunks)
    finished = sources - sum(len(chunk.sources) for chunk in missing)
    began, made = time.monotonic(), 0
    with tqdm(total=sources, initial=finished, desc=label, unit="source") as bar:
        for chunk, pairs in _run(job, missing):
            made += pairs
            bar.update(len(chunk.sources))
            bar.set_postfix(pairs=made, refresh=False)
    return made, time.monotonic() - began


def _run(job: ChunkJob, missing: Sequence[Chunk]) -> Iterator[tuple[Chunk, int]]:
    workers = min(job.work.workers or os.cpu_count() or 1, len(missing))
    if workers <= 1:
        with _renderer(job.work) as renderer, _second_renderer(job) as second:
            for chunk in missing:
                yield chunk, _make(chunk, job, renderer, second)
        return
    # Every process has a renderer of its own with one worker, and the two take turns.
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(job, os.getpid()),
    )
    waiting = iter(missing)
    running: dict[Future[int], Chunk] = {}
    try:
        while True:
            for chunk in waiting:
                running[pool.submit(_work, chunk, job)] = chunk
                if len(running) >= 2 * workers:
                    break
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
    except BrokenProcessPool as error:
        raise ErmError("A process that makes pairs died, perhaps for lack of memory.") from error
    except BaseException:
        # Nothing is lost: unfinished chunks are made anew, and waiting for them takes a minute.
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


_worker_renderer: Renderer | None = None
_worker_second: Renderer | None = None


def _renderer(work: WorkSettings) -> Renderer:
    return Renderer(workers=1, limits=work.limits, isolation=work.isolation, drawing=work.drawing)


@contextmanager
def _second_renderer(job: ChunkJob) -> Iterator[Renderer | None]:
    """Draws with the second back ends, where there are any."""
    if not job.second_backends:
        yield None
        return
    work = job.work
    backends = {**work.drawing.backends, **job.second_backends}
    drawing = work.drawing.model_copy(update={"backends": backends})
    with Renderer(
        workers=1, limits=work.limits, isolation=work.isolation, drawing=drawing
    ) as renderer:
        yield renderer


def _start_worker(job: ChunkJob, parent: int) -> None:
    global _worker_renderer, _worker_second
    _die_with(parent)
    # Ctrl-C is the parent's to answer in words; a worker just ends.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    opened = ExitStack()
    _worker_renderer = opened.enter_context(_renderer(job.work))
    _worker_second = opened.enter_context(_second_renderer(job))
    # Processes of a pool end without running what `atexit` holds.
    multiprocessing.util.Finalize(None, opened.close, exitpriority=10)


def _die_with(parent: int) -> None:
    """Have the kernel end this process when its parent is killed, so that none is left behind."""
    if sys.platform == "linux":
        from erm.render.kernel import die_with_parent

        die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _work(chunk: Chunk, job: ChunkJob) -> int:
    assert _worker_renderer is not None
    return _make(chunk, job, _worker_renderer, _worker_second)


def _make(chunk: Chunk, job: ChunkJob, renderer: Renderer, second: Renderer | None) -> int:
    checked = second if chunk.task in job.second_backends else None
    return make_chunk(chunk, job.pairing, job.variety, renderer, job.done, checked)
