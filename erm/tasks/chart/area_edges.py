"""Lines that belong to an area: its upper edge, drawn once more, or the line that its band follows.

pandas draws a line on each area of a stack, and programs fill the room below a line or a band
around it. A change of such a line and the area's are one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from erm.tasks.chart.elements import Series
from erm.tasks.chart.findings import Finding
from erm.tasks.chart.plot_pair import HALF_PIXEL, PlotPair
from erm.tasks.chart.severity import VALUE_RULES

_DATA = (*VALUE_RULES, "point")
"""Rules of differences of a line's or an area's data."""

_COLOURS = ("series colour", "shade")
"""Rules of differences of its colour."""


def without_edges(
    compared: Sequence[tuple[Series, Series, Sequence[Finding]]], plots: PlotPair
) -> list[Finding]:
    """The findings of matched series (reference, candidate, findings) but for those that say again
    of a line on an area what is said of the area, or of a band what is said of its line."""
    dropped: set[int] = set()
    areas = [item for item in compared if item[0]["kind"] == item[1]["kind"] == "area"]
    lines = [item for item in compared if item[0]["kind"] == item[1]["kind"] == "line"]
    for area, other_area, of_area in areas:
        for line, other_line, of_line in lines:
            before = _offsets(line, area, plots)
            after = _offsets(other_line, other_area, plots)
            if before is None or after is None:
                continue
            edge = max(np.abs(before[:, 1]).max(), np.abs(after[:, 1]).max()) <= HALF_PIXEL
            same = before.shape == after.shape
            if edge:
                dropped |= {id(finding) for finding in of_line if finding.rule in _DATA}
                if any(finding.rule in _COLOURS for finding in of_area):
                    dropped |= {id(finding) for finding in of_line if finding.rule in _COLOURS}
            elif same and np.abs(before - after).max() <= 2 * HALF_PIXEL:
                dropped |= {id(finding) for finding in of_area if finding.rule in _DATA}
    found = [finding for *_, own in compared for finding in own]
    return [finding for finding in found if id(finding) not in dropped]


def is_edge(line: Series, area: Series, plots: PlotPair) -> bool:
    """Whether a line runs along the upper edge of an area."""
    if line["kind"] != "line" or area["kind"] != "area":
        return False
    offsets = _offsets(line, area, plots)
    return offsets is not None and bool(np.abs(offsets[:, 1]).max() <= HALF_PIXEL)


def _offsets(line: Series, area: Series, plots: PlotPair) -> NDArray[np.float64] | None:
    """How far below and above a line the area reaches at each of its points (n, 2), in pixels; None
    where the line leaves the area."""
    ends = {point["at"]: (point["base"], point["value"]) for point in area["points"]}
    points = line["points"]
    if not points or any(point["at"] not in ends for point in points):
        return None
    gaps = np.array(
        [
            [plots.pixels_y(end) - plots.pixels_y(point["value"]) for end in ends[point["at"]]]
            for point in points
        ]
    )
    within = gaps[:, 0].max() <= HALF_PIXEL and gaps[:, 1].min() >= -HALF_PIXEL
    return gaps if within else None
