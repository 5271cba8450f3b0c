"""matplotlib program to pixels, with save and show intercepted while it runs.

Covers which figure counts, the arguments of ``savefig`` that shape the picture, backends that a
program asks for, and the refusal of raster images. Not covered: containment and limits of time and
memory (`erm.render`); a program may do anything to the process that runs it, so `draw_chart`
belongs in a process of its own.
"""

from __future__ import annotations

import ast
import contextlib
import io
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import matplotlib
import matplotlib.image
import matplotlib.pyplot as plt
import numpy as np
import PIL.Image
import PIL.ImageFile
from matplotlib import layout_engine
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection, QuadMesh
from matplotlib.figure import Figure
from numpy.typing import NDArray

from erm.sources.errors import DrawError
from erm.tasks import Drawing
from erm.tasks.chart.compatibility import older_libraries
from erm.tasks.chart.determinism import same_randomness_and_clock
from erm.tasks.chart.embedded import Embedded, find_embedded, paints_data
from erm.tasks.chart.fonts import add_fonts, falling_back_to
from erm.tasks.chart.matplotlib_patches import layout_done_once, measured_once, patched
from erm.tasks.settings import DrawingSettings
from erm.tasks.shared.glyphs import needs_glyph, refuse_missing_glyphs

PROGRAM_NAME = "chart.py"

MAX_SIDE = 65_535
"""Pixels a side that Agg can draw."""

plt.switch_backend("agg")

_SHAPING = ("dpi", "facecolor", "edgecolor", "bbox_inches", "pad_inches", "bbox_extra_artists")
_VECTOR_FORMATS = ("svg", "svgz", "pdf", "ps", "eps")
_SAMPLE_IMAGES = Path(matplotlib.get_data_path(), "sample_data").resolve()


@dataclass(frozen=True)
class ChartFigure:
    """What is behind the pixels of a chart drawing.

    Attributes:
        figure: the figure that was saved or shown, drawn by Agg at the picture's resolution;
            ``get_window_extent`` of its artists answers in display coordinates (pixels, y up).
        width, height: size of the picture in pixels.
        left, bottom: display coordinates of the picture's lower left corner; not 0 where
            ``bbox_inches`` cropped or widened the figure.
        changed: the program went on changing the figure after the picture was taken, so that its
            artists no longer are what the picture shows.
    """

    figure: Figure
    width: int
    height: int
    left: float
    bottom: float
    changed: bool


@dataclass
class _Picture:
    figure: Figure
    dpi: float
    shape: dict[str, Any]
    pixels: NDArray[np.uint8]
    rgba: NDArray[np.uint8]
    left: float
    bottom: float
    without_glyph: frozenset[str]
    """Characters of the figure that no font at hand has."""


def draw_chart(
    source: str,
    max_pixels: int,
    max_elements: int,
    settings: DrawingSettings,
    recording: AbstractContextManager[object] | None = None,
) -> Drawing:
    """Run a program; the picture is that of the figure saved or shown last, or else the current.

    Args:
        recording: entered while the program runs.

    Raises:
        DrawError: ``syntax_error``, ``runtime_error``, ``memory``, ``nothing_drawn``,
            ``too_many_pixels``, ``too_many_elements``, ``raster_refused`` or ``missing_glyphs``.
    """
    code, data = _compile(source)
    interception = _Interception(max_pixels, max_elements, add_fonts(settings.fonts))
    libraries = older_libraries() if settings.older_libraries else contextlib.nullcontext()
    with interception.active(), same_randomness_and_clock(), libraries:
        with recording or contextlib.nullcontext():
            failure = _run(code)
        # a program may have swallowed what was raised inside it
        for error in (interception.refused, failure, interception.failed):
            if error is not None:
                raise error
        interception.finish()
    picture = interception.picture
    if picture is None:
        raise DrawError("nothing_drawn", "The program left no figure.")
    _refuse_pasted(picture.figure, data)
    refuse_missing_glyphs(picture.without_glyph)
    changed = bool(picture.figure.stale)
    if not changed and not isinstance(picture.figure.canvas, FigureCanvasAgg):
        # closing a figure takes its canvas away, and extents are asked of that
        FigureCanvasAgg(picture.figure)
    if not changed and picture.figure.dpi != picture.dpi:
        picture.figure.dpi = picture.dpi
    height, width = picture.pixels.shape[:2]
    live = ChartFigure(picture.figure, width, height, picture.left, picture.bottom, changed)
    return Drawing(picture.pixels, live)


def _compile(source: str) -> tuple[types.CodeType, Embedded]:
    try:
        tree = ast.parse(source, PROGRAM_NAME)
        data = find_embedded(tree)
        return compile(tree, PROGRAM_NAME, "exec", dont_inherit=True), data
    except SyntaxError as error:
        raise DrawError("syntax_error", f"Line {error.lineno}: {error.msg}.") from error
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise DrawError("syntax_error", f"The program can't be compiled: {error}.") from error


def _run(code: types.CodeType) -> DrawError | None:
    module = types.ModuleType("__main__")
    module.__dict__["__file__"] = PROGRAM_NAME
    replaced = {"__main__": module}
    with mock.patch.dict(sys.modules, replaced), mock.patch.object(sys, "argv", [PROGRAM_NAME]):
        try:
            exec(code, module.__dict__)
        except SystemExit as error:
            if error.code not in (None, 0):
                return DrawError("runtime_error", f"The program exited with {error.code!r}."[:300])
        except DrawError as error:
            return error
        except MemoryError:
            return DrawError("memory", "The program asked for more memory than it may have.")
        except BaseException as error:
            return DrawError("runtime_error", _describe(error))
    return None


def _describe(error: BaseException) -> str:
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == PROGRAM_NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    place = "" if line is None else f" (line {line})"
    try:
        text = str(error)
    except Exception:
        # the program's own exception class may fail to describe itself
        text = "no message"
    return f"{type(error).__name__}: {text[:300]}{place}"


def _refuse_pasted(figure: Figure, data: Embedded) -> None:
    """Raise where a figure shows an array of values and the program writes that much data out."""
    if data.opaque and figure.findobj(lambda it: isinstance(it, Collection) or paints_data(it)):
        raise DrawError("raster_refused", "The program draws an image and holds embedded data.")
    if data.excessive and figure.findobj(paints_data):
        message = f"The program shows an image and writes out {data.numbers} numbers' worth of data"
        raise DrawError("raster_refused", f"{message} and {data.names} names.")


class _Interception:
    """Takes the place of saving and showing, and keeps the last picture."""

    def __init__(self, max_pixels: int, max_elements: int, families: Sequence[str]) -> None:
        self.picture: _Picture | None = None
        self.refused: DrawError | None = None
        self.failed: DrawError | None = None
        self._max_pixels = max_pixels
        self._max_elements = max_elements
        self._families = families
        self._without_glyph: set[str] = set()
        self._own_pictures: set[bytes] = set()
        self._lay_out = getattr(layout_engine, "get_tight_layout_figure", None)
        self._print_figure = FigureCanvasBase.print_figure
        self._open_image = PIL.Image.open
        self._read_image = matplotlib.image.imread
        self._grabbed: tuple[NDArray[np.uint8], float, float, float] | None = None

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """While it lasts, figures are pictured where a program would save or show them."""

        def print_figure(
            canvas: FigureCanvasBase, filename: Any, *args: Any, **kwargs: Any
        ) -> None:
            kwargs.update(zip(("dpi", "facecolor", "edgecolor"), args, strict=False))
            shape = {name: kwargs[name] for name in _SHAPING if kwargs.get(name) is not None}
            self._take(canvas.figure, shape)
            form = str(kwargs.get("format") or matplotlib.rcParams["savefig.format"]).lower()
            self._write(canvas.figure, filename, form, shape)

        def print_directly(canvas: FigureCanvasBase, filename: Any, *_: Any, **__: Any) -> None:
            shape = {"dpi": canvas.figure.dpi}
            self._take(canvas.figure, shape)
            self._write(canvas.figure, filename, "png", shape)

        def show(*_: Any, **__: Any) -> None:
            numbers = plt.get_fignums()
            if numbers:
                self._show(plt.gcf())

        def show_figure(figure: Figure, *_: Any, **__: Any) -> None:
            self._show(figure)

        def grab(canvas: FigureCanvasAgg, *_: Any, **__: Any) -> None:
            self._grab(canvas)

        def note_missing(codepoint: int, *_: Any) -> None:
            if needs_glyph(chr(codepoint)):
                self._without_glyph.add(chr(codepoint))

        def ignore(*_: Any, **__: Any) -> None:
            return None

        replacements: dict[str, Callable[..., Any]] = {
            "print": print_figure,
            "print png": print_directly,
            "print jpg": print_directly,
            "grab": grab,
            "redraw": ignore,
            "wait": ignore,
            "show figure": show_figure,
            "show": show,
            "backend": ignore,
            "switch": ignore,
            "missing glyph": note_missing,
            "read image": self._guard(self._read_image),
            "open image": self._guard(self._open_image),
        }
        if self._families:
            replacements["fonts"] = falling_back_to(self._families)
        if self._lay_out is not None:
            replacements["tight layout"] = measured_once(self._lay_out)
        with patched(replacements):
            yield

    def finish(self) -> None:
        """Picture the current figure where the program neither saved nor showed one."""
        if self.picture is None and plt.get_fignums():
            try:
                self._show(plt.gcf())
            except (DrawError, MemoryError):
                raise
            except Exception as error:
                raise DrawError("runtime_error", _describe(error)) from error

    def _show(self, figure: Figure) -> None:
        if self.picture is not None and self.picture.figure is figure and not figure.stale:
            return
        with matplotlib.rc_context({"savefig.bbox": None, "savefig.facecolor": "auto"}):
            self._take(figure, {"dpi": figure.dpi})

    def _take(self, figure: Figure, shape: dict[str, Any]) -> None:
        last = self.picture
        if last and last.figure is figure and not figure.stale and last.shape == shape:
            return
        try:
            self._check_elements(figure)
            self._check_size(figure.get_size_inches() * _dpi_of(figure, shape))
            self._grabbed = None
            self._without_glyph.clear()
            figure = figure.figure if isinstance(figure.figure, Figure) else figure
            cropped = bool(shape.get("bbox_inches") or matplotlib.rcParams["savefig.bbox"])
            with layout_done_once(figure, _dpi_of(figure, shape), cropped):
                self._print_figure(figure.canvas, io.BytesIO(), format="rgba", **shape)
        except DrawError as error:
            self.failed = error
            raise
        assert self._grabbed is not None
        rgba, left, bottom, dpi = self._grabbed
        figure.stale = False
        self.failed = None
        missing = frozenset(self._without_glyph)
        self.picture = _Picture(figure, dpi, shape, on_white(rgba), rgba, left, bottom, missing)

    def _grab(self, canvas: FigureCanvasAgg) -> None:
        self._check_size(canvas.figure.bbox.size)
        FigureCanvasAgg.draw(canvas)
        left, bottom = -canvas.figure.transFigure.transform((0.0, 0.0))
        rgba = np.array(canvas.buffer_rgba(), np.uint8)
        self._grabbed = (rgba, float(left), float(bottom), float(canvas.figure.dpi))

    def _check_size(self, size: NDArray[np.float64]) -> None:
        width, height = float(size[0]), float(size[1])
        if not width * height <= self._max_pixels or not max(width, height) <= MAX_SIDE:
            raise DrawError(
                "too_many_pixels", f"{width:.0f} x {height:.0f} pixels exceed {self._max_pixels}."
            )

    def _check_elements(self, figure: Figure) -> None:
        count = 0
        for axes in figure.axes:
            count += _count_elements(axes)
            if count > self._max_elements:
                raise DrawError("too_many_elements", f"More than {self._max_elements} elements.")

    def _write(self, figure: Figure, target: Any, form: str, shape: dict[str, Any]) -> None:
        """Give a program that saves into an open buffer the bytes that it goes on with."""
        picture = self.picture
        if picture is None or not callable(getattr(target, "write", None)):
            return
        if form in ("raw", "rgba"):
            target.write(picture.rgba.tobytes())
        elif form in _VECTOR_FORMATS:
            self._print_figure(figure.canvas, target, format=form, **shape)
            # printing alone leaves it as it was pictured
            figure.stale = False
        else:
            encoded = io.BytesIO()
            PIL.Image.fromarray(picture.pixels).save(encoded, "PNG", compress_level=1)
            self._own_pictures.add(encoded.getvalue())
            target.write(encoded.getvalue())

    def _guard(self, read: Any) -> Any:
        def refuse(source: Any, *args: Any, **kwargs: Any) -> Any:
            name = (
                getattr(source, "name", None) if isinstance(source, io.BufferedReader) else source
            )
            if isinstance(source, io.BytesIO) and source.getvalue() in self._own_pictures:
                return read(source, *args, **kwargs)
            if isinstance(name, str | Path) and _SAMPLE_IMAGES in Path(name).resolve().parents:
                return read(source, *args, **kwargs)
            self.refused = DrawError("raster_refused", "The program opens an image file.")
            raise self.refused

        return refuse


def _dpi_of(figure: Figure, shape: dict[str, Any]) -> float:
    dpi = shape.get("dpi", matplotlib.rcParams["savefig.dpi"])
    return float(figure.dpi if dpi == "figure" else dpi)


def _count_elements(axes: Axes) -> int:
    """Artists, each marker and polygon being one; a mesh is one, as an image is."""
    count = 0
    for child in axes.get_children():
        if isinstance(child, Collection) and not isinstance(child, QuadMesh):
            count += max(1, len(np.asarray(child.get_offsets())), len(child.get_paths()))
        else:
            count += 1
    return count


def on_white(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 of straight-alpha (h, w, 4) uint8 over white."""
    alpha = rgba[:, :, 3:]
    if alpha.min(initial=255) == 255:
        return np.ascontiguousarray(rgba[:, :, :3])
    weight = alpha.astype(np.uint16)
    mixed = (rgba[:, :, :3] * weight + 255 * (255 - weight) + 127) // 255
    return mixed.astype(np.uint8)
