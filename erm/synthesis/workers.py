"""Making chunks in parallel processes or on a cluster, going on from those that are finished.

Covers the pool, its renderers and its end when the run is killed, and what goes to the nodes of a
cluster and comes back. Not covered: the cluster itself (`erm.cluster`), what a chunk is and how one
is made (`erm.synthesis.chunks`), which chunks there are (`erm.synthesis.synthesize`,
`erm.synthesis.infer`).
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.util
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from tqdm import tqdm

from erm.cluster import connected, map_unordered
from erm.errors import ErmError
from erm.render import Renderer
from erm.settings import LOCAL
from erm.state import write_whole
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
        ErmError: a process died, or the cluster can't be used (`erm.cluster`).
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
    if job.work.cluster != LOCAL:
        return _on_cluster(job, missing)
    workers = min(job.work.workers or os.cpu_count() or 1, len(missing))
    return _in_processes(job, missing, workers) if workers > 1 else _here(job, missing)


def _here(job: ChunkJob, missing: Sequence[Chunk]) -> Iterator[tuple[Chunk, int]]:
    with _Maker(job) as maker:
        for chunk in missing:
            yield chunk, maker.make(chunk, job.done)


def _in_processes(
    job: ChunkJob, missing: Sequence[Chunk], workers: int
) -> Iterator[tuple[Chunk, int]]:
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
                running[pool.submit(_work, chunk)] = chunk
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


class _Maker:
    """Makes chunks with renderers of its own; a context manager."""

    def __init__(self, job: ChunkJob) -> None:
        self.job = job
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        self._renderer = self._opened.enter_context(_renderer(self.job.work))
        self._second = self._opened.enter_context(_second_renderer(self.job))
        return self

    def __exit__(self, *exception: object) -> None:
        self._opened.close()

    def make(self, chunk: Chunk, done: Path) -> int:
        """Make a chunk into the folder `done`; returns its number of pairs."""
        job = self.job
        second = self._second if chunk.task in job.second_backends else None
        return make_chunk(chunk, job.pairing, job.variety, self._renderer, done, second)


_maker: _Maker | None = None
"""That of a process that makes chunks for another one, whose renderers stay warm."""


def _maker_of(job: ChunkJob) -> _Maker:
    global _maker
    if _maker is not None and _maker.job != job:
        _maker.__exit__()
        _maker = None
    if _maker is None:
        _maker = _Maker(job).__enter__()
    return _maker


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
    _die_with(parent)
    # Ctrl-C is the parent's to answer in words; a worker just ends.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Processes of a pool end without running what `atexit` holds.
    multiprocessing.util.Finalize(None, _maker_of(job).__exit__, exitpriority=10)


def _die_with(parent: int) -> None:
    """Have the kernel end this process when its parent is killed, so that none is left behind."""
    if sys.platform == "linux":
        from erm.render.kernel import die_with_parent

        die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _work(chunk: Chunk) -> int:
    assert _maker is not None
    return _maker.make(chunk, _maker.job.done)


@dataclass(frozen=True)
class _Unit:
    """A chunk that a node of a cluster makes, with the files that it needs, by name."""

    job: ChunkJob
    chunk: Chunk
    needs: Mapping[str, bytes]


@dataclass(frozen=True)
class _Made:
    """Files of a finished chunk, by name, and the number of its pairs."""

    files: Mapping[str, bytes]
    pairs: int


def _on_cluster(job: ChunkJob, missing: Sequence[Chunk]) -> Iterator[tuple[Chunk, int]]:
    """Have nodes make the chunks; their files come back, since nodes may share no folder."""
    fonts = tuple(folder.resolve() for folder in job.work.drawing.fonts)
    drawing = job.work.drawing.model_copy(update={"fonts": fonts})
    sent = replace(job, work=job.work.model_copy(update={"drawing": drawing}))
    units = (_Unit(sent, chunk, chunk.needs(job.done)) for chunk in missing)
    with (
        connected(job.work.cluster),
        closing(map_unordered(_make_unit, units, workers=job.work.workers, read=fonts)) as results,
    ):
        for unit, made in results:
            for name, content in made.files.items():
                write_whole(job.done / name, content)
            yield unit.chunk, made.pairs


def _make_unit(unit: _Unit) -> _Made:
    with tempfile.TemporaryDirectory(prefix="erm-chunk-") as folder:
        done = Path(folder)
        for name, content in unit.needs.items():
            write_whole(done / name, content)
        pairs = _maker_of(unit.job).make(unit.chunk, done)
        return _Made(unit.chunk.made(done), pairs)
