"""Straight lines from a base to a point, which `vlines` draws apart from the points themselves.

A line that only goes along with its point is no second difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from erm.tasks.chart.elements import Point, Series
from erm.tasks.chart.findings import Finding
from erm.tasks.chart.plot_pair import HALF_PIXEL, Matched, Pairs, PlotPair

_NEAR = 3 * HALF_PIXEL
"""Pixels up to which an end of a line lies on a point."""


@dataclass(frozen=True)
class ChangedLines:
    """A finding about matched lines, and the pairs of lines that it means."""

    finding: Finding
    reference: Series
    candidate: Series
    changed: Pairs


def without_stems(
    found: Sequence[Finding], lines: Sequence[ChangedLines], matched: Matched, plots: PlotPair
) -> list[Finding]:
    """The findings but for lines that go along with a moved point."""
    moves = [
        (_place(reference["points"][i], plots), _place(candidate["points"][j], plots))
        for reference, candidate, pairs in matched
        if reference["kind"] in ("line", "scatter")
        for i, j in pairs
    ]
    moves = [(a, b) for a, b in moves if np.abs(b - a).max() > HALF_PIXEL]
    kept = list(found)
    for item in lines:
        rest = [pair for pair in item.changed if not _goes_along(item, *pair, moves, plots)]
        if len(rest) == len(item.changed):
            continue
        at = next(k for k, finding in enumerate(kept) if finding is item.finding)
        if rest:
            kept[at] = replace(item.finding, count=(len(rest), len(item.reference["points"])))
        else:
            del kept[at]
    return kept


def _place(point: Point, plots: PlotPair) -> NDArray[np.float64]:
    return np.array([plots.pixels_x(point["at"]), plots.pixels_y(point["value"])])


def _goes_along(
    item: ChangedLines,
    i: int,
    j: int,
    moves: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
    plots: PlotPair,
) -> bool:
    """Whether one end of a straight line stays on a moved point and the other only follows."""
    box = plots.reference["box"]
    sides = np.array([box[2] - box[0], box[3] - box[1]])
    before = np.asarray(item.reference["points"][i].get("outline", []), dtype=float) / 1000
    after = np.asarray(item.candidate["points"][j].get("outline", []), dtype=float) / 1000
    if before.shape != (2, 2) or after.shape != (2, 2):
        return False
    before, after = before * sides, plots.carried(after) * sides
    for end in (0, 1):
        for a, b in moves:
            on_point = max(np.abs(before[end] - a).max(), np.abs(after[end] - b).max()) <= _NEAR
            shift = after[1 - end] - before[1 - end]
            stays, follows = np.abs(shift) <= _NEAR, np.abs(shift - (b - a)) <= _NEAR
            if on_point and (stays | follows).all():
                return True
    return False
