"""Findings of charts: which part differs, in which attribute, with both values.

Findings are values from end to end: comparison, joining and dropping read their fields. They become
English once, in `erm.tasks.chart.phrases`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from erm.tasks.chart.elements import BoxList
from erm.tasks.discrepancy import Box
from erm.tasks.shared import findings as shared
from erm.tasks.shared.findings import union
from erm.tasks.shared.visible import changes_within

_MARGIN = 2.0
"""Pixels around an element's box in which its difference may show (antialiasing, outlines)."""

Coordinate = float | datetime
"""A place on an axis: a number, or a date where the axis shows dates."""

Value = bool | str | Coordinate | tuple["Value", ...]
"""One side's value of an attribute: opaque colours as ``#rrggbb``, lengths in pixels."""


@dataclass(frozen=True)
class Element:
    """A part of a chart: a mark, a series, a text, an axis.

    Attributes:
        noun: what it is: ``bar``, ``series``, ``x axis``, ``legend entry``.
        plural: several of them are meant.
        name: category, series or text that it is known by.
        colour: ``#rrggbb`` that it is known by where it has no name.
        rank: number, from 1, that it is known by.
        at: place on its axis that it is known by.
        cell: row and column, from 1, of a cell of a heat map.
        owner: the series that it belongs to.
        second: the other one of two that changed places.
        plot: number of its subplot, from 1; 0 in a figure of one plot.
        plots: number of subplots in which it differs alike; 0 for one.
    """

    noun: str
    plural: bool = False
    name: str | None = None
    colour: str | None = None
    rank: int | None = None
    at: Coordinate | None = None
    cell: tuple[int, int] | None = None
    owner: Element | None = None
    second: Element | None = None
    plot: int = 0
    plots: int = 0


@dataclass(frozen=True)
class Finding(shared.Finding[Element, Value]):
    """One difference between two charts.

    Attributes:
        attribute: what of the element differs; empty where the element itself is missing or extra.
        count: how many of how many parts of the element differ, where that is not all of them.
        most: the part that differs most, among several.
        scale: tick labels on each side where a rescaled axis may show the difference instead: bars
            that all shrink by one factor look the same on an axis that shrinks with them.
    """

    attribute: str = ""
    count: tuple[int, int] | None = None
    most: str | Coordinate | None = None
    scale: tuple[Box | None, Box | None] = (None, None)

    def seen(self, changed: NDArray[np.bool_]) -> Finding | None:
        """The finding with the boxes in which pixels differ; None where nobody can see it."""
        boxes = [box for box in (self.reference_box, self.candidate_box) if box is not None]
        if (not boxes and changed.any()) or any(
            changes_within(changed, box, _MARGIN) for box in boxes
        ):
            return self
        labels = [box for box in self.scale if box is not None]
        if not any(changes_within(changed, box, _MARGIN) for box in labels):
            return None
        return replace(
            self,
            reference_box=union([self.reference_box, self.scale[0]]),
            candidate_box=union([self.candidate_box, self.scale[1]]),
        )


@dataclass
class Findings:
    """The differences of one pair, or of one of its subplots.

    Attributes:
        plot: number of the subplot, from 1; 0 in a figure of one plot.
        found: the differences so far.
    """

    plot: int = 0
    found: list[Finding] = field(default_factory=list)

    def add(
        self,
        rule: str,
        element: Element,
        attribute: str,
        values: tuple[Value | None, Value | None],
        boxes: tuple[BoxList | Box | None, BoxList | Box | None],
        *,
        count: tuple[int, int] | None = None,
        most: str | Coordinate | None = None,
    ) -> None:
        """Adds a difference; values and boxes are the reference's and the candidate's."""
        reference_box, candidate_box = (None if box is None else Box(*box) for box in boxes)
        self.found.append(
            Finding(
                rule,
                replace(element, plot=self.plot),
                *values,
                reference_box,
                candidate_box,
                attribute,
                count,
                most,
            )
        )

    def add_presence(
        self,
        rule: str,
        element: Element,
        missing: bool,
        boxes: tuple[BoxList | Box | None, BoxList | Box | None],
        *,
        count: tuple[int, int] | None = None,
    ) -> None:
        """Adds an element that only the reference (missing) or only the candidate (extra) has."""
        values = (True, None) if missing else (None, True)
        self.add(rule, element, "", values, boxes, count=count)

    def has(self, *rules: str) -> bool:
        """Whether a difference of one of the rules was found."""
        return any(finding.rule in rules for finding in self.found)

    def has_attribute(self, *attributes: str) -> bool:
        """Whether a difference in one of the attributes was found."""
        return any(finding.attribute in attributes for finding in self.found)


def one_sided(
    box: BoxList | Box | None, missing: bool
) -> tuple[BoxList | Box | None, BoxList | Box | None]:
    """The boxes of an element that only the reference (missing) or only the candidate has."""
    return (box, None) if missing else (None, box)


def hull(boxes: Iterable[BoxList | Box | None]) -> Box | None:
    """The smallest box around boxes of a scene; None for none."""
    return union(None if box is None else Box(*box) for box in boxes)
