"""Two matched plots: where values stand in the reference's pixels, and what their marks are called.

A move of less than half a pixel in the reference's frame is no difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from erm.tasks.chart.elements import Axes, Series
from erm.tasks.chart.findings import Findings
from erm.tasks.chart.matching import carried, unit
from erm.tasks.chart.naming import element_words, series_words

HALF_PIXEL = 0.5
"""Move in pixels of the reference below which two marks count as the same."""

BARS = ("bar", "horizontal bar")
BOXES = ("box", "sideways box")

_SIDEWAYS = ("horizontal bar", "sideways box", "sideways area", "vertical line")

Pairs = list[tuple[int, int]]
"""Indices of points of two matched series that stand for each other."""


@dataclass(frozen=True)
class Frame:
    """Two matched plots and the colours behind their marks."""

    old: Axes
    new: Axes
    under_old: str
    under_new: str
    findings: Findings

    def pixels(self, series: Series, value: float) -> float:
        """Where a value stands along the reference's value axis, in pixels."""
        return _along(series, value, self.old)

    def pixels_x(self, value: float) -> float:
        """Where a value stands along the reference's x axis, in pixels."""
        return _pixels(self.old, "x", value)

    def pixels_y(self, value: float) -> float:
        """Where a value stands along the reference's y axis, in pixels."""
        return _pixels(self.old, "y", value)

    def place(self, series: Series, value: float) -> float:
        """Where a value stands along the reference's category axis, in pixels."""
        sideways = series["kind"] in _SIDEWAYS
        return self.pixels_y(value) if sideways else self.pixels_x(value)

    def gap(self, matched: tuple[Series, Series], new: float, old: float) -> float:
        """Pixels between two values as far as both pictures show them.

        What lies beyond an axis is cut off there, in either picture; what is too close to be told
        apart along one of the axes is the same there.
        """
        gaps = []
        for series, axes in zip(matched, (self.old, self.new), strict=True):
            cut = [_cut(series, value, axes) for value in (new, old)]
            spans = [_along(matched[0], value, self.old) for value in cut]
            shown = [_along(series, value, axes) for value in cut]
            gaps += [abs(spans[0] - spans[1]), abs(shown[0] - shown[1])]
        return min(gaps)

    def step(self, matched: tuple[Series, Series], new: float, old: float) -> float:
        """Pixels of the reference between two values, each as far as its own picture shows it.

        An axis that grows with its largest value hides nothing of that value's change.
        """
        ends = _cut(matched[1], new, self.new), _cut(matched[0], old, self.old)
        return abs(self.pixels(matched[0], ends[0]) - self.pixels(matched[0], ends[1]))

    def carried(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (n, 2) of the candidate's plot, as shares of its sides with y up, where their
        values stand in the reference's."""
        return carried(points, self.new, self.old)

    def length(self, series: Series) -> float:
        """Length of the reference's value axis in pixels."""
        box = self.old["box"]
        sideways = series["kind"] in _SIDEWAYS
        return max(1.0, box[2] - box[0] if sideways else box[3] - box[1])

    def breadth(self, series: Series) -> float:
        """Length of the reference's category axis in pixels."""
        box = self.old["box"]
        return max(1.0, box[3] - box[1] if series["kind"] in _SIDEWAYS else box[2] - box[0])

    def old_words(self, series: Series) -> str:
        """The name of a series of the reference."""
        return series_words(series, self.old, self.under_old)

    def new_words(self, series: Series) -> str:
        """The name of a series of the candidate."""
        return series_words(series, self.new, self.under_new)

    def old_element(self, series: Series, index: int) -> str:
        """The name of an element of the reference."""
        return element_words(series, index, self.old, self.under_old)

    def new_element(self, series: Series, index: int) -> str:
        """The name of an element of the candidate."""
        return element_words(series, index, self.new, self.under_new)


def _pixels(axes: Axes, name: Literal["x", "y"], value: float) -> float:
    side = 0 if name == "x" else 1
    return unit(axes[name], value) * (axes["box"][side + 2] - axes["box"][side])


def _along(series: Series, value: float, axes: Axes) -> float:
    """Where a value stands along the value axis of a plot, in pixels."""
    return _pixels(axes, "x" if series["kind"] in _SIDEWAYS else "y", value)


def _cut(series: Series, value: float, axes: Axes) -> float:
    """A value, or the end of the value axis that it lies beyond."""
    low, high = sorted(axes["x" if series["kind"] in _SIDEWAYS else "y"]["limits"])
    return min(max(value, low), high)


def size_rule(share: float) -> str:
    """The rule of a changed value by its size as a share of the axis."""
    return "value small" if share < 0.05 else "value" if share <= 0.25 else "value large"
