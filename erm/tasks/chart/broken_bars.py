"""Differences of bars that run from one value to another in rows, as `broken_barh` draws them."""

from __future__ import annotations

from erm.tasks.chart.elements import Point, Series
from erm.tasks.chart.matching import assign
from erm.tasks.chart.plot_pair import HALF_PIXEL, Pairs, PlotPair, size_rule


def match_broken_bars(reference: Series, candidate: Series, plots: PlotPair) -> Pairs:
    """Pairs of bars by row, colour and ends."""
    length, breadth = plots.length(reference), plots.breadth(reference)

    def cost(i: int, j: int) -> float:
        a, b = reference["points"][i], candidate["points"][j]
        ends = abs(plots.pixels(reference, a["base"]) - plots.pixels(reference, b["base"]))
        ends += abs(plots.pixels(reference, a["value"]) - plots.pixels(reference, b["value"]))
        rows = abs(plots.place(reference, a["at"]) - plots.place(reference, b["at"]))
        return ends / length + rows / breadth + 0.5 * (_paint(reference, a) != _paint(candidate, b))

    return assign(reference["points"], candidate["points"], cost)


def compare_broken_bars(
    reference: Series, candidate: Series, pairs: Pairs, plots: PlotPair
) -> None:
    """Adds bars that span other values or stand in another row."""
    sides = reference, candidate
    for i, j in pairs:
        a, b = reference["points"][i], candidate["points"][j]
        element, boxes = plots.mark_element(reference, i), (a["box"], b["box"])
        spans = (a["base"], a["value"]), (b["base"], b["value"])
        gaps = [plots.gap(sides, y, x) for x, y in zip(*spans, strict=True)]
        if max(gaps) > HALF_PIXEL:
            rule = size_rule(max(gaps) / plots.length(reference))
            values = [plots.value_coordinates(reference, *span) for span in spans]
            plots.findings.add(rule, element, "span", (values[0], values[1]), boxes)
        shift = abs(plots.place(reference, b["at"]) - plots.place(reference, a["at"]))
        if shift > HALF_PIXEL:
            rule = size_rule(shift / plots.breadth(reference))
            rows = plots.coordinates("y", a["at"], b["at"])
            plots.findings.add(rule, element, "level", (rows[0], rows[1]), boxes)


def _paint(series: Series, point: Point) -> str:
    return point.get("colour", series["colour"])
