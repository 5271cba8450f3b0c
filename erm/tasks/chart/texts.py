"""Reads texts as they are drawn: words, place, font, the box behind them and their arrow.

Runs only inside the contained worker.
"""

from __future__ import annotations

from typing import Any

from matplotlib.text import Annotation, Text

from erm.tasks.chart.canvas import Canvas
from erm.tasks.chart.elements import Arrow, TextFrame, TextItem
from erm.tasks.chart.series import patch_edge, patch_fill


def plain(text: str) -> str:
    """A text without the markup that matplotlib's own number formats add."""
    shown = text.strip()
    if "\\mathdefault" not in shown:
        return shown
    for mark, letter in (("\\mathdefault", ""), ("\\times", "×"), ("$", ""), ("{", ""), ("}", "")):
        shown = shown.replace(mark, letter)
    return shown


def read_text(text: Any, role: str, canvas: Canvas, extent: Any = None) -> TextItem | None:
    """A text as it is seen, or None where nothing of it is.

    ``extent`` is the box on display of a text that does not stand at its own place.
    """
    if not text.get_visible() or not text.get_text().strip() or text.get_alpha() == 0:
        return None
    # the extent of an annotation would include its arrow
    box = canvas.box(extent or Text.get_window_extent(text, canvas.renderer))
    if not canvas.shows(box):
        return None
    item = TextItem(
        role=role,
        text=plain(text.get_text()),
        box=box,
        colour=canvas.hex(text.get_color(), text.get_alpha()),
        size=round(text.get_fontsize() * canvas.dpi / 72, 2),
        font=text.get_fontname(),
        weight=font_weight(text),
        angle=round(text.get_rotation() % 360, 1),
    )
    patch = text.get_bbox_patch()
    if patch is not None and patch.get_visible():
        frame = text_frame(patch, canvas)
        if frame is not None:
            item["frame"] = frame
    if isinstance(text, Annotation) and text.arrow_patch is not None:
        arrow = _arrow(text.arrow_patch, canvas)
        if arrow is not None:
            item["arrow"] = arrow
    return item


def font_weight(text: Any) -> str:
    """normal, bold, italic or bold italic."""
    weight = text.get_fontweight()
    bold = weight in ("bold", "heavy", "black", "extra bold", "semibold") or (
        isinstance(weight, (int, float)) and weight >= 600
    )
    italic = text.get_fontstyle() in ("italic", "oblique")
    return " ".join(word for word, on in (("bold", bold), ("italic", italic)) if on) or "normal"


def text_frame(patch: Any, canvas: Canvas) -> TextFrame | None:
    """The box behind a text, or None where nothing of it is seen."""
    fill, edge = patch_fill(patch, canvas), patch_edge(patch, canvas)
    if fill.endswith("00") and edge is None:
        return None
    box = canvas.box(patch.get_window_extent(canvas.renderer))
    form = type(patch.get_boxstyle()).__name__.lower()
    return TextFrame(fill=fill, edge=edge, form=form, box=box)


def _arrow(patch: Any, canvas: Canvas) -> Arrow | None:
    """The arrow of an annotation from tail to head, or None where it is invisible."""
    width = patch.get_linewidth()
    colour = canvas.hex(patch.get_edgecolor())
    if not patch.get_visible() or colour.endswith("00"):
        return None
    points = patch.get_transform().transform(patch.get_path().vertices)
    ends = [*canvas.point(points[0]), *canvas.point(points[-1])]
    return Arrow(
        colour=colour,
        width=canvas.pixels(width),
        style=type(patch.get_arrowstyle()).__name__.lower(),
        ends=ends,
        box=canvas.box_of(points, 1),
    )
