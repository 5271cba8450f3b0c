"""What is replaced in matplotlib while a program runs: all patches of it are here.

Those of `PATCHES` serve interception. One serves speed: `layout_done_once`, with "tight layout",
has matplotlib lay out a figure once and not twice, and measure its axes once. It saves 15 % of
drawing time (14 wide procedural charts, process time, best of three alternating runs; 0 to 5 % on
compact ones, which have no layout). Patches that remembered fonts and their tables saved 8 % and
are gone.

Seen with matplotlib 3.11.2. `unfit_patches` names what another version lacks; drawing goes on
without it.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, NamedTuple
from unittest import mock

import matplotlib
import matplotlib.image
import matplotlib.pyplot as plt
import PIL.Image
from matplotlib import _text_helpers, artist, cbook, layout_engine
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontManager


class Patch(NamedTuple):
    """One attribute that is replaced, and what for."""

    owner: Any
    name: str
    purpose: str


PATCHES: Mapping[str, Patch] = {
    "print": Patch(FigureCanvasBase, "print_figure", "a saved figure is pictured"),
    "print png": Patch(FigureCanvasAgg, "print_png", "a figure saved as PNG is pictured"),
    "print jpg": Patch(FigureCanvasAgg, "print_jpg", "a figure saved as JPEG is pictured"),
    "grab": Patch(FigureCanvasAgg, "print_rgba", "the pixels are kept and not written"),
    "redraw": Patch(FigureCanvasBase, "draw_idle", "pyplot redraws for a window that is not there"),
    "wait": Patch(FigureCanvasBase, "start_event_loop", "a program waits for no window"),
    "show figure": Patch(Figure, "show", "a figure that is shown is pictured"),
    "show": Patch(plt, "show", "a figure that is shown is pictured"),
    "backend": Patch(matplotlib, "use", "the backend stays Agg"),
    "switch": Patch(plt, "switch_backend", "the backend stays Agg"),
    "tight layout": Patch(layout_engine, "get_tight_layout_figure", "a layout measures axes once"),
    "missing glyph": Patch(_text_helpers, "warn_on_missing_glyph", "text without glyphs is seen"),
    "fonts": Patch(FontManager, "_find_fonts_by_props", "text falls back to fonts that are named"),
    "read image": Patch(matplotlib.image, "imread", "no image is read in"),
    "open image": Patch(PIL.Image, "open", "no image is read in"),
}
"""Every patch by the name that `patched` takes replacements under."""


_LAYOUT_NEEDS = (
    Patch(artist, "_get_tightbbox_for_layout_only", "a layout measures axes once"),
    Patch(Figure, "_get_draw_artists", "a figure is laid out once"),
    Patch(Figure, "_get_renderer", "a figure is laid out once"),
    Patch(cbook, "_setattr_cm", "a figure is laid out once"),
)
"""What the patch for speed builds on."""


def unfit_patches() -> list[str]:
    """One sentence on each patch that the installed matplotlib has no place for."""
    return [
        f"matplotlib {matplotlib.__version__} has no {_place(patch)} ({patch.purpose})."
        for patch in (*PATCHES.values(), *_LAYOUT_NEEDS)
        if not hasattr(patch.owner, patch.name)
    ]


_LAYOUT_FITS = all(hasattr(patch.owner, patch.name) for patch in _LAYOUT_NEEDS)


@contextmanager
def patched(replacements: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
    """While it lasts, replacements stand for the attributes of `PATCHES` that they name."""
    with ExitStack() as stack:
        for key, replacement in replacements.items():
            patch = PATCHES[key]
            if hasattr(patch.owner, patch.name):
                stack.enter_context(mock.patch.object(patch.owner, patch.name, replacement))
        yield


def _place(patch: Patch) -> str:
    owner = getattr(patch.owner, "__qualname__", getattr(patch.owner, "__name__", ""))
    return f"{owner}.{patch.name}"


def measured_once(lay_out: Callable[..., Any]) -> Callable[..., Any]:
    """`get_tight_layout_figure`, which measures all axes twice in the same place, with one
    measurement."""

    @functools.wraps(lay_out)
    def lay_out_measuring_once(*args: Any, **kwargs: Any) -> Any:
        measure = getattr(artist, "_get_tightbbox_for_layout_only", None)
        if measure is None:
            return lay_out(*args, **kwargs)
        boxes: dict[int, Any] = {}
        inside = False

        def remembered(measured: Any, *args: Any, **kwargs: Any) -> Any:
            nonlocal inside
            if inside:
                # what axes ask of their parts may change while they are measured
                return measure(measured, *args, **kwargs)
            if id(measured) not in boxes:
                inside = True
                try:
                    boxes[id(measured)] = measure(measured, *args, **kwargs)
                finally:
                    inside = False
            return boxes[id(measured)]

        with mock.patch.object(artist, "_get_tightbbox_for_layout_only", remembered):
            return lay_out(*args, **kwargs)

    return lay_out_measuring_once


@contextmanager
def layout_done_once(figure: Any, dpi: float, cropped: bool) -> Iterator[None]:
    """While it lasts, printing draws a figure once and not twice.

    Printing draws whatever has a layout engine a first time, unseen, only to have it laid out.
    Where the figure is cropped, drawing itself moves axes, or somebody waits for the first
    drawing, it stays with two.
    """
    engine = figure.get_layout_engine()
    if not _LAYOUT_FITS or engine is None or cropped or _needs_first_drawing(figure):
        yield
        return
    with cbook._setattr_cm(figure, dpi=dpi):
        # it applies the aspects of axes, on which layouts build
        figure._get_draw_artists(figure._get_renderer())
        if figure.axes:
            # as drawing does: a layout that can't be is none
            with suppress(ValueError):
                engine.execute(figure)
    with cbook._setattr_cm(figure, _layout_engine=None):
        yield


def _needs_first_drawing(figure: Any) -> bool:
    """Whether the first drawing of a figure leaves anything for the second one to see."""
    waiting = figure._canvas_callbacks.callbacks.get("draw_event")
    moved = (axes.child_axes or axes.get_axes_locator() for axes in figure.axes)
    return bool(figure.subfigs or waiting) or any(moved)


for _sentence in unfit_patches():
    warnings.warn(_sentence, RuntimeWarning, stacklevel=2)
