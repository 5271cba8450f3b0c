"""A pool of contained, warm drawing workers behind one call.

Covers order, faults (a worker that dies, hangs or floods is replaced, its item gets the error), the
asynchronous form, Ctrl-C and shutdown. Not covered: what contains a worker (`erm.render.sandbox`).
"""

from __future__ import annotations

import asyncio
import atexit
import importlib.util
import json
import logging
import os
import signal
import site
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from erm.errors import ErmError
from erm.render import wire
from erm.render.batch import Batch
from erm.render.browser import browser_tasks, find_browser
from erm.render.limits import Limits, Rendered, RenderError
from erm.render.sandbox import holds_packages
from erm.settings import Isolation
from erm.sources.encodings import MARK
from erm.sources.errors import ERROR_KINDS
from erm.tasks import CHROMIUM, get_task, package_folder, task_names
from erm.tasks.settings import DrawingSettings

START_SECONDS = 300.0
"""Within so long a worker has to be warm."""

GRACE_SECONDS = 10.0
"""So long after an item's deadline a worker that has not answered is given up."""

ENDED_WORKERS = 2
"""So many workers have to end while they draw an item before the item counts as the cause."""

LOST_WORKERS = 20
"""So many workers may end before they draw an item; then nothing draws on this machine."""

MAX_IMAGE_BYTES_PER_PIXEL = 4

_READINGS = {
    wire.SCENE: "scenes, which exact reports",
    wire.FACTS: "facts, which scores of drawings",
}
"""What a reading gives, and what needs it, as the middle of a sentence."""

SMALL_REQUEST = 1 << 16
"""Bytes that a channel takes whatever the other side does; larger sources wait for their turn."""

_log = logging.getLogger("erm.render")


class _WorkerGoneError(Exception):
    """A worker ended or no longer answers.

    Attributes:
        late: which of the two.
        begun: whether it may have begun with the item.
    """

    def __init__(self, late: bool = False, begun: bool = True) -> None:
        super().__init__()
        self.late = late
        self.begun = begun


class _KilledWhileStartingError(ErmError):
    """A worker was killed before it could draw, which no item can cause."""


class _Worker:
    """The pool's side of one worker: its process and its channel.

    Requests of several threads are answered in the order in which they were made.

    Attributes:
        tasks: of the items that it has.
        batch: whose items these are.
    """

    def __init__(
        self, limits: Limits, isolation: Isolation, drawing: DrawingSettings, browser: bool
    ) -> None:
        self.browser = browser
        self.tasks: list[str] = []
        self.batch: Batch | None = None
        self._starting = threading.Lock()
        self._sending = threading.Lock()
        self._last_answered = threading.Event()
        self._last_answered.set()
        self._gone = False
        self._limits = limits
        self._missing: list[str] | None = None
        self._warm: set[str] = set()
        self._channel, worker_end = socket.socketpair()
        # a file and no pipe, so that nobody has to read it; a warm worker no longer writes to it
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        with worker_end:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-W", "ignore", "-m", "erm.render.worker"),
                    *(str(worker_end.fileno()), str(os.getpid())),
                ],
                pass_fds=[worker_end.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                env=_environment(),
                start_new_session=True,
            )
        settings = {
            "limits": limits.model_dump(),
            "isolation": isolation,
            "browser": browser,
            "drawing": {
                **drawing.model_dump(mode="json"),
                "fonts": [str(folder.resolve()) for folder in drawing.fonts],
            },
        }
        wire.send(self._channel, settings)

    def takes(self, task: str, batch: Batch) -> bool:
        """Whether it may be given an item: it has none, or one document of the same batch.

        What waits behind a program would wait too long, and what waits behind another caller's
        item would end with it.
        """
        if not self.tasks:
            return True
        alike = len(self.tasks) == 1 and self.batch is batch and not self.browser
        return alike and all(get_task(one).kind == "document" for one in (task, *self.tasks))

    def missing(self) -> list[str]:
        """Protections that this machine does not allow; waits until the worker has started."""
        with self._starting:
            return self._started()

    def _started(self) -> list[str]:
        if self._missing is None:
            if self._gone:
                raise _WorkerGoneError(begun=False)
            started = self._start_message()
            self._missing = [str(name) for name in started["missing"]]
            self._warm = set(started["warm"])
            self._errors.close()
        return self._missing

    def warm_up(self, task: str) -> None:
        """Have it load what a task needs, the first time.

        Raises:
            ErmError: it can't.
            _WorkerGoneError: it ended.
        """
        with self._starting:
            self._started()
            if task in self._warm:
                return
            try:
                answer, _ = self._ask({"warm": task}, b"", 0, START_SECONDS)
            except _WorkerGoneError as gone:
                raise _WorkerGoneError(gone.late, begun=False) from gone
            if "failed" in answer:
                self.kill()
                reason = f"{answer['failed']}{_unseen(answer.get('module'))}"
                raise ErmError(f"A drawing worker could not start: {reason}")
            self._warm.add(task)

    def draw(self, task: str, source: bytes, reading: str) -> Rendered:
        """Draw one item; raises `_WorkerGoneError`."""
        most = (
            self._limits.max_pixels * MAX_IMAGE_BYTES_PER_PIXEL
            + self._limits.max_scene_bytes
            + wire.MAX_HEADER
        )
        seconds = self._limits.wall_seconds + GRACE_SECONDS
        header, body = self._ask({"task": task, "reading": reading}, source, most, seconds)
        return _read_answer(header, body, reading)

    def _ask(
        self, header: dict[str, Any], body: bytes, most: int, seconds: float
    ) -> tuple[dict[str, Any], bytes]:
        """The answer to a request, within so long after the answer before it."""
        answered = threading.Event()
        try:
            with self._sending:
                before, self._last_answered = self._last_answered, answered
                if len(body) > SMALL_REQUEST:
                    before.wait()
                try:
                    wire.send(self._channel, header, body)
                except OSError as error:
                    raise _WorkerGoneError(begun=False) from error
            before.wait()
            if self._gone:
                raise _WorkerGoneError(begun=False)
            try:
                self._channel.settimeout(seconds)
                return wire.receive(self._channel, most)
            except (OSError, wire.WireError) as error:
                raise _WorkerGoneError(late=isinstance(error, TimeoutError)) from error
        except _WorkerGoneError:
            self._gone = True
            raise
        finally:
            answered.set()

    def alive(self) -> bool:
        """Whether its process still runs, and is to go on running."""
        return not self._gone and self._process.poll() is None

    def stop(self) -> None:
        """End it and all that it started."""
        self._errors.close()
        self._channel.close()
        try:
            self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def interrupt(self) -> None:
        """End its process; who waits for its answer finds it gone."""
        # the process takes a moment to end, in which nobody else may be given the worker
        self._gone = True
        self._process.kill()

    def kill(self) -> None:
        """End it at once."""
        self._gone = True
        self._errors.close()
        self._process.kill()
        self._process.wait()
        self._channel.close()

    def _start_message(self) -> dict[str, Any]:
        try:
            self._channel.settimeout(START_SECONDS)
            header, _ = wire.receive(self._channel, 0)
        except (OSError, wire.WireError) as error:
            try:
                status = self._process.wait(2.0)
            except subprocess.TimeoutExpired:
                status = 0
                self._process.kill()
                self._process.wait()
            reason = self._reason()
            self.kill()
            killed = -status in (signal.SIGKILL, signal.SIGTERM)
            kind = _KilledWhileStartingError if killed else ErmError
            raise kind(f"A drawing worker could not start: {reason}") from error
        return header

    def _reason(self) -> str:
        """The last line that a worker wrote before it ended."""
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return said[-1][:500] if said else "it gave no reason."


def _environment() -> dict[str, str]:
    """What a worker needs to find its modules, and nothing else of the caller's environment."""
    installed = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
    # this package first, so that a checkout wins over an installed copy
    own = Path(__file__).resolve().parents[2]
    folders = dict.fromkeys([own, *(package_folder(task).parent for task in task_names())])
    path = [str(folder) for folder in folders if folder not in installed]
    # packages that the caller installed in a folder of their own, but no folder of sources
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path += [folder for folder in named if folder and holds_packages(folder)]
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    if site.ENABLE_USER_SITE:
        kept["PYTHONUSERBASE"] = site.getuserbase()
    return kept | {
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _unseen(module: str | None) -> str:
    """Where a module lies that a worker did not find and this process does; "" for any other."""
    top = (module or "").partition(".")[0]
    found = importlib.util.find_spec(top) if top else None
    if found is None:
        return ""
    return (
        f". It lies at {found.origin}, but workers see only folders of installed packages: install "
        "its package as files, not as an editable one and not as links"
    )


def _read_answer(header: dict[str, Any], body: bytes, reading: str) -> Rendered:
    seconds = float(header["seconds"])
    peak, drawing = int(header["peak_memory"]), float(header["draw_seconds"])
    if "kind" in header:
        kind = header["kind"] if header["kind"] in ERROR_KINDS else "runtime_error"
        message = str(header["message"]).encode("utf-8", "replace").decode()
        return Rendered(None, None, RenderError(kind, message), False, seconds, peak, drawing)
    size = int(header["image_bytes"])
    values: Any = None
    if reading:
        try:
            values = json.loads(body[size:])
        except (ValueError, RecursionError):
            values = None
        if not isinstance(values, dict):
            error = RenderError("unreadable", f"The drawing process sent no {reading}.")
            return Rendered(None, None, error, False, seconds, peak, drawing)
    scene, facts = (values if reading == wanted else None for wanted in (wire.SCENE, wire.FACTS))
    blank = bool(header["blank"])
    return Rendered(body[:size], scene, None, blank, seconds, peak, drawing, facts)


def _failed(kind: str, message: str, seconds: float = 0.0) -> Rendered:
    return Rendered(None, None, RenderError(kind, message), False, seconds, 0)


class Renderer:
    """Draws items in contained, warm workers; a context manager.

    Args:
        workers: processes that draw at the same time; None for one a processor.
        limits: of each item.
        isolation: ``auto`` contains with what the machine allows and says once what is missing;
            ``required`` raises where anything is missing; ``off`` keeps only limits and deadlines.
        drawing: how items are drawn. The back end ``chromium`` gives no scenes.

    Raises:
        ErmError: a worker can't start, ``required`` can't be had, or there is no Chromium.
    """

    def __init__(
        self,
        *,
        workers: int | None = None,
        limits: Limits | None = None,
        isolation: Isolation = "auto",
        drawing: DrawingSettings | None = None,
    ) -> None:
        count = workers if workers is not None else len(os.sched_getaffinity(0))
        if count < 1:
            raise ErmError(f"A renderer needs at least one worker, not {count}.")
        self.limits = limits or Limits()
        self._isolation: Isolation = isolation
        self._drawing = drawing or DrawingSettings()
        self._owner = os.getpid()
        self._closed = False
        self._lock = threading.Lock()
        self._in_browser = browser_tasks(self._drawing)
        if self._in_browser:
            find_browser()
        kinds = [False, True] if self._in_browser else [False]
        self._freed = threading.Condition(self._lock)
        self._all = [self._start(browser) for browser in kinds for _ in range(count)]
        # a worker has one item that it draws and may have one that waits
        self._threads = ThreadPoolExecutor(2 * count, "erm-render")
        if isolation == "required":
            self._require(self.missing())

    def missing(self) -> list[str]:
        """Protections that this machine does not allow, in words; waits until a worker has started.

        Raises:
            ErmError: workers can't start.
        """
        return self._all[0].missing()

    def render_batch(
        self, items: Sequence[tuple[str, str]], *, scenes: bool = False
    ) -> list[Rendered]:
        """Draw (task, source) items; one result each, in order, whatever the sources hold.

        Raises:
            ErmError: an unknown task, scenes of a back end that gives none, a closed renderer, or
                workers that can't start.
        """
        return list(self.render_each(items, scenes=scenes))

    def render_each(
        self, items: Sequence[tuple[str, str]], *, scenes: bool = False
    ) -> Iterator[Rendered]:
        """As `render_batch`, each result as soon as it and all before it are drawn."""
        batch = Batch()
        try:
            for future in self._submit(items, wire.SCENE if scenes else "", batch):
                yield future.result()
        except BaseException:
            batch.abandon()
            raise

    def measure_batch(self, items: Sequence[tuple[str, str]]) -> list[Rendered]:
        """As `render_batch`, with what published scores compare (`erm.tasks.Task.fact_scores`).

        It is read while a source is drawn, also of drawings whose scene can't be read.
        """
        batch = Batch()
        try:
            return [future.result() for future in self._submit(items, wire.FACTS, batch)]
        except BaseException:
            batch.abandon()
            raise

    async def render_batch_async(
        self, items: Sequence[tuple[str, str]], *, scenes: bool = False
    ) -> list[Rendered]:
        """`render_batch` without blocking the event loop."""
        batch = Batch()
        try:
            futures = self._submit(items, wire.SCENE if scenes else "", batch)
            return list(await asyncio.gather(*map(asyncio.wrap_future, futures)))
        except BaseException:
            batch.abandon()
            raise

    def close(self) -> None:
        """End every worker; items that wait are cancelled. Closing twice is fine."""
        with self._lock:
            if self._closed or os.getpid() != self._owner:
                return
            self._closed = True
            self._freed.notify_all()
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._all:
            worker.stop()
        self._threads.shutdown(wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _start(self, browser: bool) -> _Worker:
        return _Worker(self.limits, self._isolation, self._drawing, browser)

    def _require(self, missing: list[str]) -> None:
        if missing:
            self.close()
            raise ErmError(
                f"isolation is 'required', but this machine lacks: {', '.join(missing)}."
            )

    def _submit(
        self, items: Sequence[tuple[str, str]], reading: str, batch: Batch
    ) -> list[Future[Rendered]]:
        if self._closed or os.getpid() != self._owner:
            raise ErmError("The renderer is closed or belongs to another process.")
        for task in {task for task, _ in items}:
            get_task(task)
            if reading and task in self._in_browser:
                raise ErmError(f"The back end '{CHROMIUM}' gives no {_READINGS[reading]} need.")
        return [
            self._threads.submit(self._draw, task, source, reading, batch) for task, source in items
        ]

    def _draw(self, task: str, source: str, reading: str, batch: Batch) -> Rendered:
        source = source.removeprefix(MARK)
        data = source.encode("utf-8", "replace")
        if not source.strip():
            return _failed("no_source", "The source is empty.")
        if len(data) > self.limits.max_source_bytes:
            most = self.limits.max_source_bytes
            return _failed("too_large", f"The source has {len(data)} bytes, more than {most}.")
        ended = never_drew = 0
        while True:
            try:
                with self._worker(task, batch) as worker, batch.drawing(worker):
                    _say_once(worker.missing())
                    worker.warm_up(task)
                    return worker.draw(task, data, reading)
            except _KilledWhileStartingError:
                never_drew += 1
                if never_drew == LOST_WORKERS:
                    raise
            except _WorkerGoneError as gone:
                if gone.late:
                    return _failed("wall_time", "The worker did not answer in time.")
                ended += gone.begun
                never_drew += not gone.begun
                # The first time, something other than the item may have ended it.
                if ended == ENDED_WORKERS:
                    return _failed("worker_died", "The worker ended while it drew the item.")
                if never_drew == LOST_WORKERS:
                    raise ErmError(
                        f"{LOST_WORKERS} drawing workers ended before they drew."
                    ) from gone

    @contextmanager
    def _worker(self, task: str, batch: Batch) -> Iterator[_Worker]:
        """A worker that takes an item; one that turns out to be gone is replaced."""
        browser = task in self._in_browser
        with self._freed:
            while not (found := self._free(task, browser, batch)) and not self._closed:
                self._freed.wait()
            if self._closed:
                raise CancelledError
            worker = min(found, key=lambda one: len(one.tasks))
            if not worker.tasks and not worker.alive():
                worker = self._replace(worker)
            worker.tasks.append(task)
            worker.batch = batch
        try:
            yield worker
        except _WorkerGoneError:
            with self._lock:
                self._replace(worker)
            raise
        finally:
            with self._freed:
                worker.tasks.remove(task)
                self._freed.notify_all()

    def _free(self, task: str, browser: bool, batch: Batch) -> list[_Worker]:
        return [one for one in self._all if one.browser == browser and one.takes(task, batch)]

    def _replace(self, worker: _Worker) -> _Worker:
        """Another worker in the place of one, unless it has been replaced already."""
        worker.kill()
        if self._closed or worker not in self._all:
            return worker
        fresh = self._start(worker.browser)
        self._all[self._all.index(worker)] = fresh
        return fresh


_said: set[str] = set()


def _say_once(missing: list[str]) -> None:
    sentence = f"Drawing is not fully contained here; missing: {', '.join(missing)}."
    if missing and sentence not in _said:
        _said.add(sentence)
        _log.warning(sentence)


_shared: dict[int, Renderer] = {}
_shared_lock = threading.Lock()


def shared_renderer() -> Renderer:
    """One renderer that this process shares and closes at exit."""
    with _shared_lock:
        renderer = _shared.get(os.getpid())
        if renderer is None:
            renderer = _shared[os.getpid()] = Renderer()
            atexit.register(renderer.close)
    return renderer


def render_batch(items: Sequence[tuple[str, str]], *, scenes: bool = False) -> list[Rendered]:
    """`Renderer.render_batch` through the renderer that this process shares."""
    return shared_renderer().render_batch(items, scenes=scenes)
