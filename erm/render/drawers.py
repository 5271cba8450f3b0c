"""Processes that draw, forked from the warm worker, and the worker's watch over them.

A program gets a process of its own, which is killed when it has answered; documents (nothing in
them is executed) share one a task, which lives until it fails or has drawn
`DOCUMENTS_PER_PROCESS`. Covers deadlines, bounded replies and the kind of error that an end means.
Not covered: what a process may reach (`erm.render.sandbox`).
"""

from __future__ import annotations

import contextlib
import gc
import json
import math
import mmap
import os
import resource
import select
import signal
import socket
import time
from dataclasses import dataclass
from typing import Any, NoReturn

from erm.render import sandbox, wire
from erm.render.limits import Limits
from erm.render.sandbox import Containment
from erm.sources.errors import DrawError
from erm.tasks import get_task
from erm.tasks.settings import PUBLISHED_SIDE, DrawingSettings

DOCUMENTS_PER_PROCESS = 500
"""After so many documents their process is replaced, so that nothing adds up."""

WARM_UP_PIXELS = 1_000_000
"""Limit of the warm-up pictures, whatever an item's is."""

_NEARLY = 0.9
_perf_counter = time.perf_counter


@dataclass(frozen=True)
class Reply:
    """What a drawing process answered, or what its end means.

    Attributes:
        header: ``width``, ``height`` and ``draw_seconds``, or ``kind`` and ``message``.
        values: JSON text of what was read of the drawing; empty where nothing was.
        peak_memory: bytes.
        began: when drawing was asked for, by `time.perf_counter`.
    """

    header: dict[str, Any]
    values: bytes
    peak_memory: int
    began: float


class ParentGoneError(Exception):
    """The process that asked for the drawing has ended."""


class _Process:
    """One drawing process, seen from the worker."""

    def __init__(self, pid: int, task: str, channel: socket.socket) -> None:
        self.pid = pid
        self.task = task
        self.channel = channel
        self.ended = os.pidfd_open(pid)
        self.drawn = 0

    def end(self) -> tuple[int, resource.struct_rusage]:
        """Kill it; returns its wait status and use of resources."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        _, status, usage = os.wait4(self.pid, 0)
        self.channel.close()
        os.close(self.ended)
        return status, usage


class Drawers:
    """Draws items one after the other in processes forked from the caller.

    Args:
        limits: of each item.
        drawing: how items are drawn.
        containment: what each process is given.
        parent: the channel on which the asking process' end is seen.
    """

    def __init__(
        self,
        limits: Limits,
        drawing: DrawingSettings,
        containment: Containment,
        parent: socket.socket,
    ) -> None:
        self.canvas = mmap.mmap(-1, limits.max_pixels * 3)
        self._limits = limits
        self._settings = drawing
        self._containment = containment
        self._parent = parent
        self._memory = 0
        self._documents: dict[str, _Process] = {}
        self._drawing: _Process | None = None
        self._began = 0.0

    def warm_up(self, task: str, source: str) -> None:
        """Draw a source in the caller itself, so that libraries load what they need."""
        small = {"raster_side": min(self._settings.raster_side, PUBLISHED_SIDE)}
        settings = self._settings.model_copy(update=small)
        drawing = get_task(task).draw(source, WARM_UP_PIXELS, 1000, settings)
        with contextlib.suppress(DrawError):
            get_task(task).read_scene(drawing)

    def start_from(self, base_memory: int) -> None:
        """Processes from here on start with what the caller has loaded by now.

        ``base_memory`` is the caller's address space in bytes, the canvas included.
        """
        self.close()
        self._memory = base_memory + (self._limits.memory_mb << 20)

    @property
    def busy(self) -> bool:
        """Whether an item was begun and is not finished."""
        return self._drawing is not None

    def begin(self, header: dict[str, Any], source: bytes) -> None:
        """Have the item of a request drawn (``task``, ``reading``); only one at a time."""
        self._began = _perf_counter()
        task = header["task"]
        if get_task(task).kind == "program":
            self._drawing = self._fork(task, source.decode(), header["reading"])
            return
        if task not in self._documents:
            self._documents[task] = self._fork(task)
        self._drawing = self._documents[task]
        # a process that died since its last document shows when its reply is awaited
        with contextlib.suppress(OSError):
            wire.send(self._drawing.channel, header, source)

    def finish(self) -> Reply:
        """The reply about the item that was begun; its pixels are in `canvas`.

        Raises:
            ParentGoneError: nobody waits for it any more.
        """
        process, self._drawing = self._drawing, None
        assert process is not None
        if process in self._documents.values():
            return self._finish_document(process)
        try:
            data, stopped = self._await_reply(process)
        except ParentGoneError:
            process.end()
            raise
        status, usage = process.end()
        self._end_strays()
        sandbox.empty_scratch(self._containment)
        return self._judge(data, stopped, status, usage)

    def close(self) -> None:
        """End every process."""
        while self._documents:
            self._documents.popitem()[1].end()

    def _finish_document(self, process: _Process) -> Reply:
        data, stopped = self._await_reply(process)
        process.drawn += 1
        reply = None if stopped else self._read(data)
        healthy = reply is not None and reply[0].get("kind") not in ("memory", "runtime_error")
        if reply is not None and healthy and process.drawn < DOCUMENTS_PER_PROCESS:
            return Reply(*reply, int(reply[0].get("peak_memory", 0)), self._began)
        status, usage = process.end()
        del self._documents[process.task]
        return self._judge(data, stopped, status, usage)

    def _fork(self, task: str, program: str | None = None, reading: str = "") -> _Process:
        """A process that draws one program, or a task's documents where none is given."""
        own_end, child_end = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            own_end.close()
            self._parent.close()
            self._live(child_end, task, program, reading)
        child_end.close()
        return _Process(pid, task, own_end)

    def _live(
        self, channel: socket.socket, task: str, program: str | None, reading: str
    ) -> NoReturn:
        try:
            os.setsid()
            for process in self._documents.values():
                process.channel.close()
            reserved = get_task(task).reserved_mb << 20
            sandbox.limit_process(self._memory, reserved, self._containment)
            # drawing makes many short-lived objects, and each collection costs milliseconds
            gc.set_threshold(50_000, 20, 20)
            gc.enable()
            if program is not None:
                self._allow_processor_time(hard=True)
                channel.sendall(self._answer(task, program, reading))
            else:
                self._serve_documents(channel)
        finally:
            os._exit(0)

    def _serve_documents(self, channel: socket.socket) -> None:
        while True:
            header, body = wire.receive(channel, self._limits.max_source_bytes)
            self._allow_processor_time(hard=False)
            channel.sendall(self._answer(header["task"], body.decode(), header["reading"]))

    def _allow_processor_time(self, *, hard: bool) -> None:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        soft = math.ceil(usage.ru_utime + usage.ru_stime) + self._limits.cpu_seconds
        most = soft + 1 if hard else resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_CPU, (soft, most))

    def _answer(self, task: str, source: str, reading: str) -> bytes:
        """The message about one drawing; puts the pixels into the canvas."""
        started = _perf_counter()
        header: dict[str, Any]
        body = b""
        try:
            limits = (self._limits.max_pixels, self._limits.max_elements)
            values: dict[str, Any] | None = None
            if reading == wire.FACTS:
                drawing, values = get_task(task).draw_facts(source, *limits, self._settings)
            else:
                drawing = get_task(task).draw(source, *limits, self._settings)
            height, width = drawing.pixels.shape[:2]
            self.canvas[: height * width * 3] = drawing.pixels.tobytes()
            if reading == wire.SCENE:
                values = get_task(task).read_scene(drawing)
            if values is not None:
                body = json.dumps(values, ensure_ascii=True).encode()
            header = {"width": width, "height": height}
        except DrawError as error:
            header = {"kind": error.kind, "message": error.message[:500]}
        except MemoryError:
            header = {"kind": "memory", "message": "Drawing asked for too much memory."}
        except Exception as error:
            text = f"{type(error).__name__}: {error}"[:500]
            header = {"kind": "runtime_error", "message": text}
        header["draw_seconds"] = _perf_counter() - started
        header["peak_memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
        return wire.pack(header, body)

    def _await_reply(self, process: _Process) -> tuple[bytearray, str | None]:
        """The bytes that a process sent, and the kind of error for which it was given up."""
        deadline = self._began + self._limits.wall_seconds
        most = wire.LENGTHS.size + wire.MAX_HEADER + self._limits.max_scene_bytes
        data = bytearray()
        poller = select.poll()
        poller.register(process.channel, select.POLLIN)
        poller.register(process.ended, select.POLLIN)
        # only its end counts: it may ask for the next item before this one is drawn
        poller.register(self._parent, 0)
        while True:
            left = deadline - _perf_counter()
            if left <= 0:
                return data, "wall_time"
            ready = {number for number, _ in poller.poll(left * 1000)}
            if self._parent.fileno() in ready:
                raise ParentGoneError
            if process.channel.fileno() in ready:
                chunk = process.channel.recv(1 << 18)
                data += chunk
                if not chunk or self._read(data) is not None:
                    return data, None
                if len(data) > most:
                    return data, "output_flood"
            elif process.ended in ready:
                return data, None

    def _read(self, data: bytearray) -> tuple[dict[str, Any], bytes] | None:
        """Header and values once they are complete."""
        if len(data) < wire.LENGTHS.size:
            return None
        header, body = wire.LENGTHS.unpack(data[: wire.LENGTHS.size])
        start = wire.LENGTHS.size
        if header > wire.MAX_HEADER or len(data) != start + header + body:
            return None
        try:
            return wire.unpack_header(data[start : start + header]), bytes(data[start + header :])
        except wire.WireError:
            return None

    def _judge(
        self, data: bytearray, stopped: str | None, status: int, usage: resource.struct_rusage
    ) -> Reply:
        peak = usage.ru_maxrss << 10
        reply = None if stopped else self._read(data)
        if reply is not None:
            return Reply(*reply, peak, self._began)
        kind, message = stopped or "", ""
        seconds = usage.ru_utime + usage.ru_stime
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        if kind == "wall_time":
            message = f"Drawing took longer than {self._limits.wall_seconds:g} s."
        elif kind == "output_flood":
            message = f"More than {self._limits.max_scene_bytes} bytes came back."
        elif number == signal.SIGXCPU or (number and seconds >= self._limits.cpu_seconds):
            kind = "cpu_time"
            message = f"Drawing took more than {self._limits.cpu_seconds} s of processor time."
        elif (
            number is not None and usage.ru_maxrss << 10 > _NEARLY * self._limits.memory_mb * 2**20
        ):
            kind = "memory"
            message = f"Drawing wanted more than {self._limits.memory_mb} MiB."
        elif number is not None:
            kind, message = "worker_died", f"The drawing process was ended by signal {number}."
        else:
            kind, message = "worker_died", "The drawing process ended without an answer."
        return Reply({"kind": kind, "message": message}, b"", peak, self._began)

    def _end_strays(self) -> None:
        """End what a program started; the filter of system calls lets it start nothing."""
        if self._containment.filter is not None:
            return
        if self._containment.namespaced:
            self.close()
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        else:
            import psutil

            keep = {process.pid for process in self._documents.values()}
            while strays := [
                child
                for child in psutil.Process().children(recursive=True)
                if child.pid not in keep and child.status() != psutil.STATUS_ZOMBIE
            ]:
                for child in strays:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        child.kill()
        self._reap()

    def _reap(self) -> None:
        keep = {process.pid for process in self._documents.values()}
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None or ended.si_pid in keep:
                return
            os.waitpid(ended.si_pid, 0)
