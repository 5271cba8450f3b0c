"""From matplotlib's display coordinates, colours and dashes to those of a scene.

Runs only inside the contained worker.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.colors import to_hex, to_rgba

from erm.tasks.chart.elements import BoxList, Stroke

DIGITS = 9
"""Significant digits that data values keep: more than an image can show, and free of the last
bits in which two ways to compute a value differ."""

_DASHES = {
    "dashed": (3.7, 1.6),
    "dotted": (1.0, 1.65),
    "dash-dotted": (6.4, 1.6, 1.0, 1.6),
}


def number(value: Any) -> float:
    """A value rounded to `DIGITS` significant digits; -0 becomes 0."""
    plain = float(value)
    if plain == 0 or not math.isfinite(plain):
        return 0.0 if plain == 0 else plain
    return float(f"{plain:.{DIGITS}g}")


@dataclass(frozen=True)
class Canvas:
    """A drawn figure and the mapping from its display coordinates to pixels of the image.

    Attributes:
        figure: the matplotlib Figure after drawing.
        renderer: the Agg renderer that it was drawn with.
        width, height: size of the image in pixels.
        left, top: display coordinates of the image's top left corner, y up.
        dpi: dots an inch of the drawing.
    """

    figure: Any
    renderer: Any
    width: int
    height: int
    left: float
    top: float
    dpi: float

    def point(self, display: Any) -> list[float]:
        """A display point in pixels of the image."""
        return [round(float(display[0]) - self.left, 1), round(self.top - float(display[1]), 1)]

    def box(self, bbox: Any) -> BoxList:
        """A matplotlib Bbox in pixels of the image; not clipped to it."""
        x0, x1 = sorted((bbox.x0, bbox.x1))
        y0, y1 = sorted((bbox.y0, bbox.y1))
        values = (x0 - self.left, self.top - y1, x1 - self.left, self.top - y0)
        return [round(value, 1) if math.isfinite(value) else 0.0 for value in map(float, values)]

    def box_of(self, display: Any, margin: float = 0.0) -> BoxList:
        """The box around display points of shape (n, 2), grown by a margin in pixels."""
        points = np.asarray(display, dtype=float).reshape(-1, 2)
        points = points[np.isfinite(points).all(axis=1)]
        if not len(points):
            return [0.0, 0.0, 0.0, 0.0]
        (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
        values = (
            x0 - margin - self.left,
            self.top - y1 - margin,
            x1 + margin - self.left,
            self.top - y0 + margin,
        )
        return [round(float(value), 1) for value in values]

    def shows(self, box: BoxList) -> bool:
        """Whether any part of a box lies inside the image."""
        x0, y0, x1, y1 = box
        return x1 > 0 and y1 > 0 and x0 < self.width and y0 < self.height

    def hex(self, colour: Any, alpha: float | None = None) -> str:
        """A colour as ``#rrggbbaa``."""
        return to_hex(to_rgba(colour, alpha), keep_alpha=True)

    def pixels(self, points: float) -> float:
        """A length in points as pixels."""
        return round(float(points) * self.dpi / 72, 2)


def dash_name(pattern: Any, width: float) -> str:
    """The common name of a dash pattern in points; a custom one is named by its lengths."""
    if pattern is None or not len(pattern):
        return "solid"
    unit = [float(length) / max(float(width), 1e-6) for length in pattern]
    for name, known in _DASHES.items():
        if len(known) == len(unit) and np.allclose(unit, known, rtol=0.02):
            return name
    return "dashes of " + "-".join(f"{length:.3g}" for length in unit)


def stroke(
    canvas: Canvas, colour: Any, width: float, dash: str, alpha: float | None = None
) -> Stroke | None:
    """A line's look, or None where it is invisible."""
    name = canvas.hex(colour, alpha)
    if width <= 0 or name.endswith("00"):
        return None
    return Stroke(colour=name, width=canvas.pixels(width), dash=dash)
