"""Reads the legends of a drawn figure: entries, colours of their keys, title, frame and place.

Runs only inside the contained worker. Not covered: the forms of keys, such as markers and dashes.
"""

from __future__ import annotations

from typing import Any

from erm.tasks.chart.canvas import Canvas
from erm.tasks.chart.elements import Legend
from erm.tasks.chart.texts import read_text

_STANDARD_PLACES = {
    "upper left": (0.0, 1.0),
    "upper center": (0.5, 1.0),
    "upper right": (1.0, 1.0),
    "center left": (0.0, 0.5),
    "center": (0.5, 0.5),
    "center right": (1.0, 0.5),
    "lower left": (0.0, 0.0),
    "lower center": (0.5, 0.0),
    "lower right": (1.0, 0.0),
}
"""Shares of the room that a legend leaves, from the left and from below, by matplotlib's names."""


def read_legend(legend: Any, canvas: Canvas) -> Legend:
    """A legend with its entries in reading order of its columns."""
    entries, colours = [], []
    for text, handle in zip(legend.get_texts(), legend.legend_handles, strict=False):
        item = read_text(text, "legend entry", canvas)
        if item is None:
            continue
        entries.append(item)
        colours.append(_handle_colour(handle, canvas))
    box = canvas.box(legend.get_window_extent(canvas.renderer))
    frame = legend.get_frame()
    found = Legend(
        box=box,
        place=_place(legend, canvas),
        auto=legend._loc_real == 0,
        columns=min(legend._ncols, max(1, len(entries))),
        framed=bool(legend.get_frame_on() and (frame.get_alpha() or 1) > 0),
        title=read_text(legend.get_title(), "legend title", canvas),
        entries=entries,
        colours=colours,
    )
    if legend.shadow and found["framed"]:
        found["shadow"] = True
    return found


def _handle_colour(handle: Any, canvas: Canvas) -> str:
    for getter in ("get_facecolor", "get_color", "get_edgecolor"):
        if not hasattr(handle, getter):
            continue
        value = getattr(handle, getter)()
        if getattr(value, "ndim", 1) == 2:
            if len(value) == 0:
                continue
            value = value[0]
        colour = canvas.hex(value)
        if not colour.endswith("00"):
            return colour
    return "#00000000"


def _place(legend: Any, canvas: Canvas) -> str:
    """The nearest of the nine standard places by the legend's box; outside where it overlaps none.

    The place is judged by where the legend stands and not by how the program asked for it.
    """
    parent = legend.axes.bbox if legend.axes is not None else legend.get_figure(root=True).bbox
    box = legend.get_window_extent(canvas.renderer)
    middle = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
    if not (parent.x0 <= middle[0] <= parent.x1 and parent.y0 <= middle[1] <= parent.y1):
        across = "right" if middle[0] > parent.x1 else "left" if middle[0] < parent.x0 else ""
        along = "above" if middle[1] > parent.y1 else "below" if middle[1] < parent.y0 else ""
        return f"outside, {across or along}"
    spare = (max(parent.width - box.width, 1e-6), max(parent.height - box.height, 1e-6))
    at = ((box.x0 - parent.x0) / spare[0], (box.y0 - parent.y0) / spare[1])

    def distance(name: str) -> float:
        x, y = _STANDARD_PLACES[name]
        return float(((at[0] - x) * spare[0]) ** 2 + ((at[1] - y) * spare[1]) ** 2)

    return min(_STANDARD_PLACES, key=distance)
