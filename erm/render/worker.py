"""A drawing worker: ``python -m erm.render.worker CHANNEL PARENT``, started by the pool.

Two processes: a warden that ends everything when the parent or the worker ends, and the worker
itself, first process of its own process-id space, which warms up once for each task and then forks
what draws (`erm.render.drawers`), or keeps a browser (`erm.render.browser`). A worker that forks
never touches a source beyond passing it on. Not covered: which worker gets which item
(`erm.render.pool`).
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import mmap
import os
import resource
import select
import shutil
import signal
import socket
import sys
import time
import traceback
from collections.abc import Sequence
from typing import Any, BinaryIO, NamedTuple

from erm.errors import ErmError
from erm.render import browser, kernel, sandbox, wire
from erm.render.drawers import Drawers, ParentGoneError, Reply
from erm.render.limits import Limits
from erm.render.png import encode_rgb, has_one_colour
from erm.render.sandbox import Containment
from erm.tasks import get_task, task_names
from erm.tasks.settings import DrawingSettings
from erm.tasks.shared.fonts import named_fonts

LARGE_PICTURE = 1 << 22
"""Bytes of pixels above which a picture's memory is given back at once."""


def main(arguments: Sequence[str]) -> None:
    """Serve the channel until it closes or the parent ends."""
    channel = socket.socket(fileno=int(arguments[0]))
    parent = os.pidfd_open(int(arguments[1]))
    settings, _ = wire.receive(channel, 0)
    limits = Limits.model_validate(settings["limits"])
    drawing = DrawingSettings.model_validate(settings["drawing"])
    # the private root may not show what names the tasks
    task_names()
    containment = Containment()
    if settings["isolation"] != "off":
        # first, because finding the library starts a process, which would be the namespace's first
        sandbox.compile_filter(containment)
        sandbox.enter_namespaces(containment)
    own = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(parent)
        try:
            work = _work_in_browser if settings["browser"] else _work
            work(channel, limits, drawing, containment, own, settings["isolation"] != "off")
        except Exception:
            traceback.print_exc()
        os._exit(0)
    channel.close()
    _watch(parent, pid)


def _watch(parent: int, pid: int) -> None:
    """Wait for either end of the worker's life, and see to it that it is over."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = os.pidfd_open(pid)
    poller = select.poll()
    poller.register(parent, select.POLLIN)
    poller.register(worker, select.POLLIN)
    poller.poll()
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    # a worker with a private root leaves no such folder
    shutil.rmtree(sandbox.outer_scratch(pid), ignore_errors=True)


def _work(
    channel: socket.socket,
    limits: Limits,
    drawing: DrawingSettings,
    containment: Containment,
    worker: int,
    contained: bool,
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kernel.die_with_parent(signal.SIGKILL)
    if not containment.namespaced:
        kernel.adopt_orphans()
    # the private root shows no process ids
    with open("/proc/self/statm", "rb", buffering=0) as sizes:
        sandbox.enter_root(containment, limits.scratch_mb, drawing.fonts)
        if contained:
            sandbox.drop_privileges(containment, worker)
        kernel.die_with_parent(signal.SIGKILL)
        _check_fonts(drawing)
        gc.disable()
        drawers = Drawers(limits, drawing, containment, channel)
        ready: list[str] = []
        if contained and not containment.namespaced:
            # libraries read files while they warm up that are out of reach from here on
            for task in task_names():
                _warm_up(task, drawers, containment, sizes)
                ready.append(task)
            sandbox.confine_files(containment, drawing.fonts)
        _silence()
        wire.send(channel, {"missing": containment.missing, "warm": ready})
        try:
            _serve(channel, drawers, limits, containment, sizes)
        except (ParentGoneError, wire.WireError, OSError):
            # the parent went away, in one of the ways in which that shows
            drawers.close()


def _work_in_browser(
    channel: socket.socket,
    limits: Limits,
    drawing: DrawingSettings,
    containment: Containment,
    worker: int,
    contained: bool,
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sandbox.enter_root(containment, limits.scratch_mb, drawing.fonts, browser.PATHS)
    if contained:
        sandbox.drop_privileges(containment, worker)
    kernel.die_with_parent(signal.SIGKILL)
    _check_fonts(drawing)
    with contextlib.suppress(wire.WireError, OSError):
        ready = {"missing": containment.missing, "warm": browser.browser_tasks(drawing)}
        browser.serve(channel, limits, drawing, ready)


def _check_fonts(drawing: DrawingSettings) -> None:
    """Check that the user that draws can read fonts in each named folder."""
    for folder in drawing.fonts:
        if not named_fonts((folder,)):
            raise ErmError(
                f"no font in '{folder}' can be read by the user that draws; "
                f"run `chmod -R o+rX {folder}`."
            )


def _warm_up(task: str, drawers: Drawers, containment: Containment, sizes: BinaryIO) -> None:
    """Load what drawing a task's sources needs, so that forked processes have it already."""
    warm_up = get_task(task).warm_up
    for module in warm_up.modules:
        importlib.import_module(module)
    if warm_up.source:
        drawers.warm_up(task, warm_up.source)
    sandbox.empty_scratch(containment)
    gc.collect()
    gc.freeze()
    sizes.seek(0)
    drawers.start_from(int(sizes.read().split()[0]) * resource.getpagesize())


def _try_warm_up(
    task: str, drawers: Drawers, containment: Containment, sizes: BinaryIO
) -> dict[str, Any]:
    try:
        _warm_up(task, drawers, containment, sizes)
    except Exception as error:
        # whatever a library fails with on this machine, the caller gets to know
        module = error.name if isinstance(error, ModuleNotFoundError) else None
        return {"failed": f"{type(error).__name__}: {error}"[:500], "module": module}
    return {}


def _silence() -> None:
    """What programs print goes nowhere."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)


class _Picture(NamedTuple):
    """Pixels that were drawn: ``width * height * 3`` bytes."""

    pixels: bytes
    width: int
    height: int


def _serve(
    channel: socket.socket,
    drawers: Drawers,
    limits: Limits,
    containment: Containment,
    sizes: BinaryIO,
) -> None:
    """Answer requests in order; one that waits is begun before the last picture is encoded."""
    ahead: tuple[dict[str, Any], bytes] | None = None
    while True:
        header, body = ahead or wire.receive(channel, limits.max_source_bytes)
        ahead = None
        if "warm" in header:
            wire.send(channel, _try_warm_up(header["warm"], drawers, containment, sizes))
            continue
        if not drawers.busy:
            drawers.begin(header, body)
        reply = drawers.finish()
        picture = _picture(drawers, reply)
        if _has_more(channel):
            ahead = wire.receive(channel, limits.max_source_bytes)
            if "warm" not in ahead[0]:
                drawers.begin(*ahead)
        wire.send(channel, *_answer(reply, picture))


def _has_more(channel: socket.socket) -> bool:
    poller = select.poll()
    poller.register(channel, select.POLLIN)
    return bool(poller.poll(0))


def _picture(drawers: Drawers, reply: Reply) -> _Picture | None:
    """What was drawn, None where nothing was; the size is whatever a hostile process said."""
    width, height = reply.header.get("width"), reply.header.get("height")
    if "kind" in reply.header or not isinstance(width, int) or not isinstance(height, int):
        return None
    size = width * height * 3
    if not 0 < size <= len(drawers.canvas) or min(width, height) < 1:
        return None
    # a copy, so that no process that still runs changes what is looked at twice
    pixels = drawers.canvas[:size]
    if size > LARGE_PICTURE:
        # a large picture's memory goes back at once, so that the worker stays as it began
        drawers.canvas.madvise(mmap.MADV_REMOVE)
    return _Picture(pixels, width, height)


def _answer(reply: Reply, picture: _Picture | None) -> tuple[dict[str, Any], bytes]:
    """The message for the parent; checks all that a hostile process could have put into its own."""
    header = reply.header
    answer: dict[str, Any] = {
        "peak_memory": reply.peak_memory,
        "draw_seconds": _number(header.get("draw_seconds")),
    }
    body = b""
    if "kind" in header:
        answer |= {"kind": str(header["kind"]), "message": str(header.get("message"))[:500]}
    elif picture is None:
        answer |= {"kind": "worker_died", "message": "The drawing process sent no picture."}
    else:
        encoded = encode_rgb(*picture)
        answer |= {"image_bytes": len(encoded), "blank": has_one_colour(picture.pixels)}
        body = encoded + reply.values
    return answer | {"seconds": time.perf_counter() - reply.began}, body


def _number(value: Any) -> float:
    return float(value) if isinstance(value, float) and 0 <= value < 1e6 else 0.0


if __name__ == "__main__":
    main(sys.argv[1:])
