"""What is replaced in matplotlib while a program runs: all patches of it are here.

They serve interception, none of them speed. Four patches that remembered fonts, tables of fonts and
layouts were measured on procedural charts (process time, alternating runs, 40 compact and 30 wide
ones): each saved -0.2 to 6 % of drawing time, less than the tenth that a patch must be worth.

Seen with matplotlib 3.11.2. `unfit_patches` names what another version lacks; drawing goes on
without it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple
from unittest import mock

import matplotlib
import matplotlib.image
import matplotlib.pyplot as plt
import PIL.Image
from matplotlib import _text_helpers
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


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
    "missing glyph": Patch(_text_helpers, "warn_on_missing_glyph", "text without glyphs is seen"),
    "read image": Patch(matplotlib.image, "imread", "no image is read in"),
    "open image": Patch(PIL.Image, "open", "no image is read in"),
}
"""Every patch by the name that `patched` takes replacements under."""


def unfit_patches() -> list[str]:
    """One sentence on each patch that the installed matplotlib has no place for."""
    return [
        f"matplotlib {matplotlib.__version__} has no {_place(patch)} ({patch.purpose})."
        for patch in PATCHES.values()
        if not hasattr(patch.owner, patch.name)
    ]


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


for _sentence in unfit_patches():
    warnings.warn(_sentence, RuntimeWarning, stacklevel=2)
