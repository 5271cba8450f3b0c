"""The parts of a box of a box plot that remain when its frame is gone.

matplotlib draws a box as loose lines and one frame; without the frame its whiskers, median and caps
are lines of their own, which belong to the box that is reported as missing or extra.
"""

from __future__ import annotations

from erm.tasks.chart.elements import Point, Series
from erm.tasks.chart.plot_pair import BOXES, Matched

_SLACK = 1e-6
"""Share of a box's width by which its parts may stick out through rounding."""


def unpaired_boxes(matched: Matched, missing: bool) -> list[tuple[Point, bool]]:
    """Boxes that only the reference (missing) or only the candidate has, and if they lie down."""
    found = []
    for reference, candidate, pairs in matched:
        series = reference if missing else candidate
        if reference["kind"] == candidate["kind"] and series["kind"] in BOXES:
            taken = {pair[0 if missing else 1] for pair in pairs}
            found += [
                (point, series["kind"] == "sideways box")
                for index, point in enumerate(series["points"])
                if index not in taken
            ]
    return found


def is_rest_of_box(series: Series, boxes: list[tuple[Point, bool]]) -> bool:
    """Whether all points of a series stand where one of the boxes has its parts."""
    return any(
        all(_is_inside(point, box, sideways) for point in series["points"])
        for box, sideways in boxes
    )


def _is_inside(point: Point, box: Point, sideways: bool) -> bool:
    across, along = point["at"], point["value"]
    if sideways:
        across, along = along, across
    fliers = [value for _, value in box.get("outline", [])]
    low, high = min([box["low"], *fliers]), max([box["high"], *fliers])
    reach = box["size"] * (0.5 + _SLACK)
    slack = _SLACK * (high - low)
    return abs(across - box["at"]) <= reach and low - slack <= along <= high + slack
