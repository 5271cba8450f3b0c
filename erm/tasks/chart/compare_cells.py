"""Differences of the values that two matched heat maps or box plots show."""

from __future__ import annotations

from dataclasses import replace

from erm.tasks.chart.elements import Point, Series
from erm.tasks.chart.findings import Element, Finding
from erm.tasks.chart.naming import plural
from erm.tasks.chart.pair_points import match_points
from erm.tasks.chart.plot_pair import HALF_PIXEL, Pairs, PlotPair, size_rule
from erm.tasks.chart.sampled import add_share, is_sampled
from erm.tasks.chart.severity import RULES


def compare_cells(reference: Series, candidate: Series, plots: PlotPair) -> Pairs:
    """Adds differences of the cells of two heat maps; returns the pairs of cells."""
    pairs = match_points(reference, candidate, plots)
    shapes = [" by ".join(map(str, side.get("shape", []))) for side in (reference, candidate)]
    boxes = reference["box"], candidate["box"]
    element = plots.series_element(reference)
    if shapes[0] != shapes[1]:
        plots.findings.add("bins", element, "cells", (shapes[0], shapes[1]), boxes)
        return []
    values = [point["value"] for point in reference["points"]]
    span = max(values) - min(values) or 1.0
    changed = [
        (i, j)
        for i, j in pairs
        if abs(reference["points"][i]["value"] - candidate["points"][j]["value"]) > 0.004 * span
    ]
    if changed and is_sampled(reference):
        add_share("value large", "sampled cells", len(changed), reference, candidate, plots)
        return pairs
    if len(changed) > 6 or (len(changed) >= 3 and len(changed) > 0.5 * len(pairs)):
        count = len(changed), len(pairs)
        plots.findings.add("value large", element, "some cells", (None, None), boxes, count=count)
        return pairs
    for i, j in changed:
        a, b = reference["points"][i], candidate["points"][j]
        share = abs(b["value"] - a["value"]) / span
        rule = "value small" if share < 0.05 else "value" if share <= 0.25 else "value large"
        cell = plots.mark_element(reference, i)
        plots.findings.add(rule, cell, "value", (a["value"], b["value"]), (a["box"], b["box"]))
    return pairs


def _box_values(box: Point) -> dict[str, float]:
    return {
        "median": box["value"],
        "lower quartile": box["first"],
        "upper quartile": box["third"],
        "lower whisker": box["low"],
        "upper whisker": box["high"],
    }


def compare_boxes(reference: Series, candidate: Series, pairs: Pairs, plots: PlotPair) -> None:
    """Adds the largest difference of each two matched boxes."""
    kept = [i for i, _ in pairs] == [j for _, j in pairs]
    shifts = {
        i: abs(
            plots.place(reference, reference["points"][i]["at"])
            - plots.place(reference, candidate["points"][j]["at"])
        )
        for i, j in pairs
        if kept and len(candidate["points"]) == len(reference["points"]) == len(pairs)
    }
    moved = [i for i, shift in shifts.items() if shift > 2 * HALF_PIXEL]
    known = len(plots.findings.found)
    for i, j in pairs:
        a, b = reference["points"][i], candidate["points"][j]
        boxes, element = (a["box"], b["box"]), plots.mark_element(reference, i)
        before, after = _box_values(a), _box_values(b)
        gaps = {
            part: plots.gap((reference, candidate), after[part], before[part]) for part in before
        }
        outliers = [sorted(value for _, value in point.get("outline", [])) for point in (a, b)]
        counts = len(outliers[0]), len(outliers[1])
        largest = max(gaps, key=lambda part: gaps[part])
        shift = shifts.get(i, 0.0)
        # all boxes make room for a further one
        if shift > 2 * HALF_PIXEL and len(moved) < len(pairs) / 2:
            rule = size_rule(shift / plots.breadth(reference))
            plots.findings.add(rule, element, "place on axis", (a["at"], b["at"]), boxes)
        if gaps[largest] > HALF_PIXEL:
            rule = size_rule(gaps[largest] / plots.length(reference))
            ends = plots.value_coordinates(reference, before[largest], after[largest])
            plots.findings.add(rule, element, largest, (ends[0], ends[1]), boxes)
        elif counts[0] != counts[1]:
            plots.findings.add("value", element, "outliers", counts, boxes)
        else:
            moves = [
                plots.gap((reference, candidate), y, x) for x, y in zip(*outliers, strict=True)
            ]
            if max(moves, default=0.0) > HALF_PIXEL:
                places = tuple(outliers[0]), tuple(outliers[1])
                plots.findings.add("value", element, "outlier values", places, boxes)
    _join_boxes(reference, candidate, known, len(pairs), plots)


def _join_boxes(
    reference: Series, candidate: Series, known: int, count: int, plots: PlotPair
) -> None:
    """Makes one finding of one part that changed in three and more boxes, most of a series."""
    found = plots.findings.found
    for parts in (("lower whisker", "upper whisker"), ("outliers",)):
        changed = [finding for finding in found[known:] if finding.attribute in parts]
        if len(changed) < 3 or len(changed) <= 0.5 * count:
            continue
        worst = max(changed, key=_size)
        kept = [finding for finding in found[known:] if finding not in changed]
        found[known:] = kept
        names = {finding.attribute for finding in changed}
        name = "whiskers" if len(names) > 1 else f"{names.pop().removesuffix('s')}s"
        plots.findings.add(
            worst.rule,
            Element(plural(reference), plural=True),
            f"some {name}",
            (worst.reference, worst.candidate),
            (reference["box"], candidate["box"]),
            count=(len(changed), count),
            most=worst.element.name or worst.element.at,
        )


def _size(finding: Finding) -> tuple[int, float]:
    """Severity of a changed number, and by how much it changed."""
    before, after = finding.reference, finding.candidate
    assert isinstance(before, float | int)
    assert isinstance(after, float | int)
    return RULES[finding.rule].severity, abs(after - before)


def compare_violins(reference: Series, candidate: Series, pairs: Pairs, plots: PlotPair) -> None:
    """Adds each two matched violins that reach over other values or have another form, and lines
    within all of them that only one side has."""
    parts = reference.get("parts", 0), candidate.get("parts", 0)
    if parts[0] != parts[1] and len(reference["points"]) == len(candidate["points"]) == len(pairs):
        element = replace(plots.series_element(reference), plural=True)
        boxes_of = reference["box"], candidate["box"]
        plots.findings.add("shape", element, "inner lines", parts, boxes_of)
    for i, j in pairs:
        a, b = reference["points"][i], candidate["points"][j]
        boxes, element = (a["box"], b["box"]), plots.mark_element(reference, i)
        sides = (a["low"], a["high"]), (b["low"], b["high"])
        gaps = [plots.gap((reference, candidate), y, x) for x, y in zip(*sides, strict=True)]
        if max(gaps) > HALF_PIXEL:
            rule = size_rule(max(gaps) / plots.length(reference))
            values = tuple(plots.value_coordinates(reference, *side) for side in sides)
            plots.findings.add(rule, element, "reach", (values[0], values[1]), boxes)
        elif a.get("outline") != b.get("outline") and _bulges(a, b) > _BULGE:
            plots.findings.add("value", element, "violin form", (None, None), boxes)


_BULGE = 0.03
"""Difference of a violin's width, as a share of its widest place, that people see."""


def _bulges(a: Point, b: Point) -> float:
    """Largest difference of two violins' widths at the same share of their height, 0 to 1."""
    widths = [[width for _, width in point.get("outline", [])] for point in (a, b)]
    if len(widths[0]) != len(widths[1]):
        return 1.0
    return max((abs(x - y) for x, y in zip(*widths, strict=True)), default=0.0)
