"""Reads boxes that stand at a corner of a plot or at a point of it, and what they hold.

Covers matplotlib's `AnchoredOffsetbox` (texts, size bars, direction arrows, drawings) and
`AnnotationBbox`. A box of mere text is that text's frame. Runs only inside the contained worker.
"""

from __future__ import annotations

from typing import Any

from matplotlib.lines import Line2D
from matplotlib.offsetbox import AnchoredOffsetbox, AnnotationBbox
from matplotlib.patches import Patch
from matplotlib.text import Text

from erm.sources.errors import DrawError
from erm.tasks.chart.canvas import Canvas
from erm.tasks.chart.elements import Series, TextItem
from erm.tasks.chart.embedded import paints_data
from erm.tasks.chart.lines import line_look
from erm.tasks.chart.shapes import read_line_shape, read_patches
from erm.tasks.chart.texts import read_text, text_frame

OFFSET_BOXES = (AnchoredOffsetbox, AnnotationBbox)
"""Artists that this module reads."""


def texts_of_box(artist: Any, canvas: Canvas) -> list[TextItem]:
    """Texts inside a box; a single one has the box as its frame."""
    texts = artist.findobj(Text)
    items = [item for text in texts if (item := read_text(text, "annotation", canvas)) is not None]
    if len(items) == 1 and not _drawn(artist) and artist.patch.get_visible():
        frame = text_frame(artist.patch, canvas)
        if frame is not None:
            items[0]["frame"] = frame
    return items


def shapes_of_box(artist: Any, axes: Any, canvas: Canvas) -> list[Series]:
    """What is drawn inside a box, with its frame where that is not the frame of a text.

    Raises `DrawError('unreadable', …)` for a picture inside.
    """
    if artist.findobj(paints_data):
        raise DrawError("unreadable", "A picture inside an annotation can't be read.")
    drawn = _drawn(artist)
    arrow = getattr(artist, "arrow_patch", None)
    patches = [part for part in drawn if isinstance(part, Patch)]
    patches += [arrow] if arrow is not None and arrow.get_visible() else []
    if artist.patch.get_visible() and (drawn or len(artist.findobj(Text)) != 1):
        patches.insert(0, artist.patch)
    found = [series for _, series in read_patches(patches, axes, canvas)]
    for line in drawn:
        if isinstance(line, Line2D):
            look, face, _ = line_look(line, canvas)
            series = read_line_shape(line, look, face, canvas, axes)
            found += [] if series is None else [series]
    return found


def _drawn(artist: Any) -> list[Any]:
    """Visible patches and lines inside a box, without its frame and arrow."""
    own = (artist.patch, getattr(artist, "arrow_patch", None))
    parts = artist.findobj(lambda part: isinstance(part, Patch | Line2D))
    framed = {id(text.get_bbox_patch()) for text in artist.findobj(Text)}
    return [
        part
        for part in parts
        if part.get_visible() and not any(part is item for item in own) and id(part) not in framed
    ]
