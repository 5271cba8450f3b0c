"""Recognises violin plots among areas and lines.

matplotlib and seaborn draw a violin as a filled area that is symmetric about its place, and lines
over it that mark its ends, quartiles, mean or median. Runs only inside the contained worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from erm.tasks.chart.canvas import Canvas, number
from erm.tasks.chart.elements import Point, Series
from erm.tasks.chart.series import collection_look, label_of, make_series

_SLACK = 1e-3
"""Share of a violin's width by which its parts may stick out through rounding."""

_FEWEST = 10
"""Vertices along a violin's side; a drawn area of fewer is no estimate of a density."""

_OUTLINE = 50
"""Widths that are kept of a violin, evenly over its height."""


class _Violin:
    """One body: its place, its ends, its widest width, and whether it lies down."""

    def __init__(
        self, artist: Any, at: float, low: float, high: float, size: float, sideways: bool
    ) -> None:
        self.artist = artist
        self.at, self.low, self.high, self.size = at, low, high, size
        self.sideways = sideways

    def holds(self, points: NDArray[np.float64]) -> bool:
        """Whether all points (n, 2) in data coordinates lie within its bounds."""
        across, along = (points[:, 1], points[:, 0]) if self.sideways else points.T
        reach = self.size * (0.5 + _SLACK)
        slack = _SLACK * (self.high - self.low)
        inside = np.abs(across - self.at) <= reach
        return bool(
            len(points)
            and (inside & (along >= self.low - slack) & (along <= self.high + slack)).all()
        )


def take_violins(
    artists: Sequence[Any], axes: Any, canvas: Canvas
) -> list[tuple[Any, Series, list[Any]]]:
    """Violin plots as (first artist, series, all artists that belong to it)."""
    bodies = [
        violin
        for artist in artists
        if type(artist).__name__ == "FillBetweenPolyCollection"
        and (violin := _read_body(artist, axes)) is not None
    ]
    found = []
    for sideways in (False, True):
        group = [body for body in bodies if body.sideways == sideways]
        if group:
            members = [body.artist for body in group]
            members += [a for a in artists if a not in members and _is_part(a, group, axes)]
            series = _series(group, sideways, axes, canvas)
            series["parts"] = sum(_line_count(part) for part in members[len(group) :])
            found.append((group[0].artist, series, members))
    return found


def _read_body(artist: Any, axes: Any) -> _Violin | None:
    paths = artist.get_paths()
    if len(paths) != 1 or not artist.get_transform().contains_branch(axes.transData):
        return None
    sideways = artist.t_direction == "x"
    vertices = np.asarray(paths[0].vertices, dtype=float)
    if not np.isfinite(vertices).all():
        return None
    across, along = (vertices[:, 1], vertices[:, 0]) if sideways else vertices.T
    low, high, start, end = along.min(), along.max(), across.min(), across.max()
    middle = (start + end) / 2
    heights = np.unique(along)
    if len(heights) < _FEWEST or start == end:
        return None
    sides = [(across[along == height].min(), across[along == height].max()) for height in heights]
    lean = max(abs((a + b) / 2 - middle) for a, b in sides)
    if lean > _SLACK * (end - start):
        return None
    return _Violin(artist, float(middle), float(low), float(high), float(end - start), sideways)


def _is_part(artist: Any, bodies: list[_Violin], axes: Any) -> bool:
    """Whether an artist is only lines or dots within the bodies."""
    if isinstance(artist, Line2D):
        lines = [np.asarray(artist.get_xydata(), dtype=float)]
    elif isinstance(artist, LineCollection):
        lines = [np.asarray(segment, dtype=float) for segment in artist.get_segments()]
    elif type(artist).__name__ == "PathCollection":
        lines = [np.asarray(offset, dtype=float)[None] for offset in artist.get_offsets()]
    else:
        return False
    if not artist.get_transform().contains_branch(axes.transData) and isinstance(artist, Line2D):
        return False
    return bool(lines) and all(any(body.holds(line) for body in bodies) for line in lines)


def _line_count(artist: Any) -> int:
    return len(artist.get_segments()) if isinstance(artist, LineCollection) else 1


def _series(bodies: list[_Violin], sideways: bool, axes: Any, canvas: Canvas) -> Series:
    points = []
    for body in bodies:
        vertices = np.asarray(body.artist.get_paths()[0].vertices, dtype=float)
        across, along = (vertices[:, 1], vertices[:, 0]) if sideways else vertices.T
        display = axes.transData.transform(vertices)
        upper = across >= body.at
        order = np.argsort(along[upper], kind="stable")
        heights = np.linspace(body.low, body.high, _OUTLINE)
        half = np.interp(heights, along[upper][order], across[upper][order] - body.at)
        shares = half / max(body.size / 2, 1e-12)
        point = Point(
            at=number(body.at),
            value=number((body.low + body.high) / 2),
            base=0.0,
            size=number(body.size),
            box=canvas.box_of(display, 1),
            name="",
            low=number(body.low),
            high=number(body.high),
            outline=[[number(h), round(float(w), 3)] for h, w in zip(heights, shares, strict=True)],
        )
        face, _ = collection_look(body.artist, canvas)
        point["colour"] = face
        points.append(point)
    _, edge = collection_look(bodies[0].artist, canvas)
    kind = "sideways violin" if sideways else "violin"
    return make_series(kind, label_of(bodies[0].artist), points, edge=edge)
