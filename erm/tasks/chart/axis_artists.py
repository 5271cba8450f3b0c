"""Reads axes of `mpl_toolkits.axisartist`, which draw their own lines, ticks and labels.

The first drawn axis of each direction is the axis of the plot; labels and tick labels of further
ones are texts. Runs only inside the contained worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from mpl_toolkits.axisartist.axis_artist import AxisArtist, GridlinesCollection
from mpl_toolkits.axisartist.axislines import Axes as ArtistAxes

from erm.tasks.chart.canvas import Canvas, dash_name, number, stroke
from erm.tasks.chart.elements import Axis, Stroke, TextItem, Tick
from erm.tasks.chart.texts import font_weight, plain, read_text

AXIS_PARTS = (AxisArtist, GridlinesCollection)
"""Artists that this module reads."""

_DIRECTIONS = ("x", "y")


def draws_own_axes(axes: Any) -> bool:
    """Whether axes draw their axes as artists."""
    return isinstance(axes, ArtistAxes) and bool(axes._axisline_on)


def _artists(axes: Any, name: str) -> list[tuple[str, Any]]:
    """Visible artists of the axis ``x`` or ``y`` with their names, the usual sides first."""
    found = [
        (key, artist)
        for key, artist in axes._axislines.items()
        if artist.get_visible() and _DIRECTIONS[artist._axis_artist_helper.nth_coord] == name
    ]
    usual = ("bottom", "left")
    return sorted(found, key=lambda pair: (pair[0] not in usual, not _labels(pair[1])))


def _labels(artist: Any) -> list[tuple[Any, str]]:
    """Place on display and text of each drawn major tick label."""
    texts = artist.major_ticklabels
    if not texts.get_visible():
        return []
    to_display = artist._axis_artist_helper.get_tick_transform(artist.axes)
    return [(to_display.transform(place), text) for place, _, text in texts._locs_angles_labels]


def add_artist_axis(axis: Axis, axes: Any, name: str, canvas: Canvas) -> None:
    """Replaces ticks, their look and the grid of an axis by those that its artists draw."""
    artists = _artists(axes, name)
    axis["grid"] = _grid(axes, name, canvas)
    axis["visible"] = bool(artists)
    if not artists:
        return
    _, artist = artists[0]
    texts = artist.major_ticklabels
    axis["ticks"] = list(_ticks(artist, axes, 0 if name == "x" else 1, canvas))
    axis["tick_font"] = texts.get_fontname()
    axis["tick_weight"] = font_weight(texts)
    axis["tick_size"] = round(texts.get_fontsize() * canvas.dpi / 72, 2)
    axis["tick_colour"] = canvas.hex(texts.get_color())


def _ticks(artist: Any, axes: Any, side: int, canvas: Canvas) -> Iterator[Tick]:
    labels = _labels(artist)
    boxes = artist.major_ticklabels.get_window_extents(canvas.renderer) if labels else []
    places = axes.transData.inverted().transform(np.array([p for p, _ in labels]).reshape(-1, 2))
    found = [
        Tick(at=number(place[side]), text=plain(text), box=canvas.box(box))
        for place, (_, text), box in zip(places, labels, boxes, strict=True)
    ]
    yield from sorted(found, key=lambda tick: tick["at"])


def _grid(axes: Any, name: str, canvas: Canvas) -> Stroke | None:
    lines = axes.gridlines
    if not lines.get_visible() or lines._axis not in ("both", name) or not lines.get_segments():
        return None
    width = float(lines.get_linewidth()[0])
    dash = dash_name(lines.get_linestyle()[0][1], width)
    return stroke(canvas, lines.get_color()[0], width, dash)


def artist_spines(axes: Any, canvas: Canvas) -> dict[str, Stroke]:
    """The lines of all drawn axes by name."""
    found = {}
    for name in _DIRECTIONS:
        for key, artist in _artists(axes, name):
            line = artist.line
            look = stroke(canvas, line.get_edgecolor(), line.get_linewidth(), "solid")
            if line.get_visible() and look is not None:
                found[str(key)] = look
    return found


def artist_texts(axes: Any, canvas: Canvas) -> list[TextItem]:
    """Labels of all drawn axes, and the tick labels of further ones."""
    found: list[TextItem | None] = []
    for name, other in (("x", "top x label"), ("y", "right y label")):
        for rank, (_, artist) in enumerate(_artists(axes, name)):
            label = artist.label
            if label.get_visible() and label.get_text().strip():
                role = f"{name} label" if rank == 0 else other if rank == 1 else "annotation"
                found.append(_read(label, label.get_window_extent(canvas.renderer), role, canvas))
            ticks = artist.major_ticklabels
            if rank > 0 and _labels(artist):
                boxes = ticks.get_window_extents(canvas.renderer)
                for (_, text), box in zip(_labels(artist), boxes, strict=True):
                    ticks.set_text(text)
                    found.append(_read(ticks, box, "annotation", canvas))
    return [item for item in found if item is not None]


def _read(text: Any, box: Any, role: str, canvas: Canvas) -> TextItem | None:
    """A text of an axis, which is turned along it."""
    item = read_text(text, role, canvas, box)
    if item is not None:
        item["angle"] = round((text.get_rotation() + text._text_ref_angle) % 360, 1)
    return item
