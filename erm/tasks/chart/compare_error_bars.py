"""Differences of the error bars of two matched series: all of them, or their ends.

Not covered: the colour and the width of their lines.
"""

from __future__ import annotations

from erm.tasks.chart.elements import Point, Series
from erm.tasks.chart.findings import Element, one_sided
from erm.tasks.chart.naming import SIDEWAYS, coordinate
from erm.tasks.chart.plot_pair import BARS, HALF_PIXEL, Pairs, PlotPair, size_rule

_FEW_ERRORS = 3
"""Most error bars that are listed one by one."""


def compare_error_bars(reference: Series, candidate: Series, pairs: Pairs, plots: PlotPair) -> None:
    """Adds error bars that only one side has, else those with other ends."""
    have = [any("low" in point for point in series["points"]) for series in (reference, candidate)]
    if have[0] != have[1]:
        several = len(plots.reference["series"]) > 1
        owner = plots.series_element(reference) if several else None
        element = Element("error bars", plural=True, owner=owner)
        missing = have[0]
        boxes = one_sided(reference["box"] if missing else candidate["box"], missing)
        plots.findings.add_presence("error bars", element, missing, boxes)
        return
    changed = []
    for i, j in pairs:
        a, b = reference["points"][i], candidate["points"][j]
        if "low" not in a or "low" not in b:
            continue
        # An error bar goes along with the end of its bar, in a stack with all bars below.
        along = _end_of_mark(a, reference) - _end_of_mark(b, candidate)
        before, after = (a["low"], a["high"]), (b["low"], b["high"])
        gap = min(
            max(
                plots.gap((reference, candidate), x + way, y)
                for x, y in zip(after, before, strict=True)
            )
            for way in (0.0, along)
        )
        if gap > HALF_PIXEL:
            changed.append((gap, i, a, b))
    if len(changed) > _FEW_ERRORS:
        gap, _, a, b = max(changed, key=lambda entry: entry[0])
        axis = plots.reference["y" if reference["kind"] in SIDEWAYS else "x"]
        plots.findings.add(
            size_rule(gap / plots.length(reference)),
            plots.series_element(reference),
            "some error bars",
            ((a["low"], a["high"]), (b["low"], b["high"])),
            (reference["box"], candidate["box"]),
            count=(len(changed), len(pairs)),
            most=a["name"] or coordinate(a["at"], axis),
        )
        return
    for gap, i, a, b in changed:
        rule = size_rule(gap / plots.length(reference))
        values = (a["low"], a["high"]), (b["low"], b["high"])
        element = plots.mark_element(reference, i)
        plots.findings.add(rule, element, "error bar", values, (a["box"], b["box"]))


def _end_of_mark(point: Point, series: Series) -> float:
    """The value at which a mark ends: of a bar, its top in a stack."""
    return point["value"] + (point["base"] if series["kind"] in BARS else 0.0)
