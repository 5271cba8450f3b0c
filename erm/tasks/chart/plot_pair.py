"""Two matched plots: where values stand in the reference's pixels, and what their marks are called.

A move of less than half a pixel in the reference's frame is no difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from erm.tasks.chart.elements import Axes, Series
from erm.tasks.chart.findings import Coordinate, Element, Findings
from erm.tasks.chart.matching import carried, unit
from erm.tasks.chart.naming import SIDEWAYS, coordinate, mark_element, series_element

HALF_PIXEL = 0.5
"""Move in pixels of the reference below which two marks count as the same."""

VISIBLE_WIDTH = 0.4
"""Pixels by which two widths or sizes must differ to be seen."""

BARS = ("bar", "horizontal bar")
BOXES = ("box", "sideways box")

Pairs = list[tuple[int, int]]
"""Indices of points of two matched series that stand for each other."""

AxisName = Literal["x", "y", "z"]

Matched = list[tuple[Series, Series, Pairs]]
"""Matched series of two plots with the pairs of their points."""


@dataclass(frozen=True)
class PlotPair:
    """Two matched plots.

    Attributes:
        reference, candidate: the plots.
        reference_background, candidate_background: opaque colours behind their marks.
        findings: the differences of the two.
        reference_twins, candidate_twins: series of other plots at the same place, such as those
            of a second y axis.
    """

    reference: Axes
    candidate: Axes
    reference_background: str
    candidate_background: str
    findings: Findings
    reference_twins: Sequence[Series] = ()
    candidate_twins: Sequence[Series] = ()

    @property
    def sides(self) -> tuple[Axes, Axes]:
        """The reference's and the candidate's plot."""
        return self.reference, self.candidate

    @property
    def reference_company(self) -> list[Series]:
        """All series at the reference's place."""
        return [*self.reference["series"], *self.reference_twins]

    @property
    def candidate_company(self) -> list[Series]:
        """All series at the candidate's place."""
        return [*self.candidate["series"], *self.candidate_twins]

    def pixels(self, series: Series, value: float) -> float:
        """Where a value stands along the reference's value axis, in pixels."""
        return _along(series, value, self.reference)

    def pixels_x(self, value: float) -> float:
        """Where a value stands along the reference's x axis, in pixels."""
        return _pixels(self.reference, "x", value)

    def pixels_y(self, value: float) -> float:
        """Where a value stands along the reference's y axis, in pixels."""
        return _pixels(self.reference, "y", value)

    def place(self, series: Series, value: float) -> float:
        """Where a value stands along the reference's category axis, in pixels."""
        sideways = series["kind"] in SIDEWAYS
        return self.pixels_y(value) if sideways else self.pixels_x(value)

    def gap(self, matched: tuple[Series, Series], candidate: float, reference: float) -> float:
        """Pixels between two values as far as both pictures show them.

        What lies beyond an axis is cut off there, in either picture; what is too close to be seen
        as two along one of the axes is the same there.
        """
        gaps = []
        for series, axes in zip(matched, (self.reference, self.candidate), strict=True):
            cut = [_cut(series, value, axes) for value in (candidate, reference)]
            spans = [_along(matched[0], value, self.reference) for value in cut]
            shown = [_along(series, value, axes) for value in cut]
            gaps += [abs(spans[0] - spans[1]), abs(shown[0] - shown[1])]
        return min(gaps)

    def step(self, matched: tuple[Series, Series], candidate: float, reference: float) -> float:
        """Pixels of the reference between two values, each as far as its own picture shows it.

        An axis that grows with its largest value hides nothing of that value's change.
        """
        ends = (
            _cut(matched[1], candidate, self.candidate),
            _cut(matched[0], reference, self.reference),
        )
        return abs(self.pixels(matched[0], ends[0]) - self.pixels(matched[0], ends[1]))

    def carried(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (n, 2) of the candidate's plot, as shares of its sides with y up, where their
        values stand in the reference's."""
        return carried(points, self.candidate, self.reference)

    def length(self, series: Series) -> float:
        """Length of the reference's value axis in pixels."""
        box = self.reference["box"]
        sideways = series["kind"] in SIDEWAYS
        return max(1.0, box[2] - box[0] if sideways else box[3] - box[1])

    def breadth(self, series: Series) -> float:
        """Length of the reference's category axis in pixels."""
        box = self.reference["box"]
        return max(1.0, box[3] - box[1] if series["kind"] in SIDEWAYS else box[2] - box[0])

    def series_element(self, series: Series) -> Element:
        """By what a series of the reference is known."""
        return series_element(series, self.reference_company, self.reference_background)

    def candidate_series_element(self, series: Series) -> Element:
        """By what a series of the candidate is known."""
        return series_element(series, self.candidate_company, self.candidate_background)

    def mark_element(self, series: Series, index: int) -> Element:
        """By what a mark of the reference is known."""
        return mark_element(
            series, index, self.reference, self.reference_company, self.reference_background
        )

    def candidate_mark_element(self, series: Series, index: int) -> Element:
        """By what a mark of the candidate is known."""
        return mark_element(
            series, index, self.candidate, self.candidate_company, self.candidate_background
        )

    def axis_length(self, name: AxisName) -> float:
        """Pixels along which the reference shows an axis; at most, in three dimensions."""
        x0, y0, x1, y1 = self.reference["box"]
        if "camera" in self.reference:
            return max(x1 - x0, y1 - y0)
        return x1 - x0 if name == "x" else y1 - y0

    def coordinates(self, name: AxisName, *sides: float) -> tuple[Coordinate, ...]:
        """Values of an axis, as dates where both sides show dates."""
        reference, candidate = self.reference[name], self.candidate[name]
        if reference.get("calendar") != candidate.get("calendar"):
            return sides
        return tuple(coordinate(value, reference) for value in sides)

    def value_coordinates(self, series: Series, *values: float) -> tuple[Coordinate, ...]:
        """Values along the value axis of a series."""
        return self.coordinates("x" if series["kind"] in SIDEWAYS else "y", *values)


def axis_names(reference: Axes, candidate: Axes) -> tuple[AxisName, ...]:
    """The axes that two plots have in common."""
    return ("x", "y", "z") if "z" in reference and "z" in candidate else ("x", "y")


def _pixels(axes: Axes, name: Literal["x", "y"], value: float) -> float:
    side = 0 if name == "x" else 1
    return unit(axes[name], value) * (axes["box"][side + 2] - axes["box"][side])


def _along(series: Series, value: float, axes: Axes) -> float:
    """Where a value stands along the value axis of a plot, in pixels."""
    return _pixels(axes, "x" if series["kind"] in SIDEWAYS else "y", value)


def _cut(series: Series, value: float, axes: Axes) -> float:
    """A value, or the end of the value axis that it lies beyond."""
    low, high = sorted(axes["x" if series["kind"] in SIDEWAYS else "y"]["limits"])
    return min(max(value, low), high)


def size_rule(share: float) -> str:
    """The rule of a changed value by its size as a share of the axis."""
    return "value small" if share < 0.05 else "value" if share <= 0.25 else "value large"
