"""Differences of the data that two matched series show: values, missing and extra marks.

A difference counts where it moves something by more than half a pixel in the reference's frame;
what follows from another difference (a wedge that shrinks because another grew, a stacked segment
that was lifted) is not listed.
"""

from __future__ import annotations

import statistics
from typing import Literal

import numpy as np

from erm.tasks.chart.broken_bars import compare_broken_bars, match_broken_bars
from erm.tasks.chart.compare_cells import compare_boxes, compare_cells, compare_violins
from erm.tasks.chart.compare_error_bars import compare_error_bars
from erm.tasks.chart.compare_pies import compare_wedges
from erm.tasks.chart.compare_shapes import compare_arrows, off_course, same_course
from erm.tasks.chart.compare_space import IN_SPACE, compare_in_space
from erm.tasks.chart.elements import Axes, Point, Series
from erm.tasks.chart.findings import Coordinate, Element, hull, one_sided
from erm.tasks.chart.naming import SHARES, SIDEWAYS, coordinate, is_histogram, pair_element
from erm.tasks.chart.pair_points import match_points, turns_back
from erm.tasks.chart.plot_pair import BARS, BOXES, HALF_PIXEL, Pairs, PlotPair, size_rule
from erm.tasks.chart.reference_lines import compare_ends
from erm.tasks.chart.sampled import compare_sampled, is_sampled
from erm.tasks.chart.severity import VALUE_RULES

COMPARABLE = (*BARS, "line", "scatter", "stem", "area")
"""Kinds whose values can be compared with each other's after a change of chart type."""

_FEW = 6
"""Most values that are listed one by one."""

_DENSE = 20
"""Fewest vertices of a line that nobody counts."""

_SAME_SPAN = 0.15
"""Share of a plot's width by which the ends of two lines over one span may differ."""

_EXPLAINS_BASES = ("arrangement", "orientation", *VALUE_RULES)
"""Rules of differences that move the start of bars."""


def compare_data(reference: Series, candidate: Series, plots: PlotPair) -> Pairs:
    """Adds the differences of two matched series' data; returns the pairs of points."""
    kinds = reference["kind"], candidate["kind"]
    if set(kinds) & set(SHARES):
        if kinds[0] != kinds[1]:
            return []
        pairs = match_points(reference, candidate, plots)
        _add_unmatched(reference, candidate, pairs, plots)
        compare_wedges(reference, candidate, pairs, plots)
        return pairs
    if kinds[0] == "image":
        # an image's difference is the share of its cells that differ, listed with its colours
        alike = len(reference["points"]) == len(candidate["points"])
        return [(i, i) for i in range(len(reference["points"]))] if alike else []
    if kinds[0] in IN_SPACE:
        return compare_in_space(reference, candidate, plots)
    if kinds[0] == "heat map":
        return compare_cells(reference, candidate, plots)
    if kinds[0] == "broken bar":
        pairs = match_broken_bars(reference, candidate, plots)
        _add_unmatched(reference, candidate, pairs, plots)
        compare_broken_bars(reference, candidate, pairs, plots)
        return pairs
    if "box" in kinds[0]:
        pairs = match_points(reference, candidate, plots)
        _add_unmatched(reference, candidate, pairs, plots)
        compare_boxes(reference, candidate, pairs, plots)
        return pairs
    if kinds[0] in ("horizontal line", "vertical line"):
        _compare_level(reference, candidate, plots)
        return [(0, 0)]
    if kinds[0] in ("horizontal span", "vertical span"):
        _compare_span(reference, candidate, plots)
        return [(0, 0)]
    if kinds[0] == "arrows":
        return compare_arrows(reference, candidate, plots)
    if "violin" in kinds[0]:
        pairs = match_points(reference, candidate, plots)
        _add_unmatched(reference, candidate, pairs, plots)
        compare_violins(reference, candidate, pairs, plots)
        return pairs
    if kinds[0] == kinds[1] and is_sampled(reference, candidate):
        return compare_sampled(reference, candidate, plots)
    counts = len(reference["points"]), len(candidate["points"])
    if is_histogram(reference) and is_histogram(candidate) and counts[0] != counts[1]:
        boxes = (reference["box"], candidate["box"])
        plots.findings.add("bins", plots.series_element(reference), "bins", counts, boxes)
        return []
    pairs = match_points(reference, candidate, plots)
    if same_course(reference, candidate, plots):
        compare_error_bars(reference, candidate, pairs, plots)
        return pairs
    endless = reference.get("endless") or candidate.get("endless")
    if kinds[0] == kinds[1] and endless and compare_ends(reference, candidate, plots):
        return []
    if _compare_resampled(reference, candidate, plots):
        return pairs
    _add_unmatched(reference, candidate, pairs, plots)
    _compare_values(reference, candidate, pairs, plots)
    return pairs


def _compare_resampled(reference: Series, candidate: Series, plots: PlotPair) -> bool:
    """Adds one finding where two lines without markers run apart and have other vertices, which
    nobody can count; whether it did."""
    sides = reference, candidate
    first, second = (side["points"] for side in sides)
    plain = all(side["kind"] == "line" and not side["marker"] for side in sides)
    if not plain or min(len(first), len(second)) < _DENSE or any(map(turns_back, sides)):
        return False
    places, others = ([point["at"] for point in points] for points in (first, second))
    if set(places) == set(others) or not _is_same_span(places, others, plots):
        return False
    runs = candidate.get("step", "") or reference.get("step", "")
    heights = np.array([point["value"] for point in second])
    order = np.argsort(others, kind="stable")
    if runs:
        side: Literal["left", "right"] = "right" if runs.endswith("post") else "left"
        ranks = np.searchsorted(np.array(others)[order], places, side=side) - (side == "right")
        there = heights[order][np.clip(ranks, 0, len(heights) - 1)]
    else:
        there = np.interp(places, np.array(others)[order], heights[order])
    changed = [
        (point, float(value), plots.step(sides, float(value), point["value"]))
        for point, value in zip(first, there, strict=True)
        if plots.gap(sides, float(value), point["value"]) > HALF_PIXEL
    ]
    if len(changed) <= _FEW:
        return False
    point, value, gap = max(changed, key=lambda entry: entry[2])
    values = plots.value_coordinates(reference, point["value"], value)
    plots.findings.add(
        size_rule(gap / plots.length(reference)),
        plots.series_element(reference),
        "some values",
        (values[0], values[1]),
        (reference["box"], candidate["box"]),
        count=(len(changed), len(first)),
        most=coordinate(point["at"], plots.reference["x"]),
    )
    return True


def _is_same_span(places: list[float], others: list[float], plots: PlotPair) -> bool:
    """Whether two lines start and end at about the same places."""
    ends = (min(places), min(others)), (max(places), max(others))
    gaps = [abs(plots.pixels_x(a) - plots.pixels_x(b)) for a, b in ends]
    width = plots.reference["box"][2] - plots.reference["box"][0]
    return max(gaps) <= _SAME_SPAN * width


def _add_unmatched(reference: Series, candidate: Series, pairs: Pairs, plots: PlotPair) -> None:
    """Adds points that only one side has, unless a line runs the same without them."""
    for missing in (True, False):
        series, other = (reference, candidate) if missing else (candidate, reference)
        taken = {pair[0 if missing else 1] for pair in pairs}
        rest = [index for index in range(len(series["points"])) if index not in taken]
        if series["kind"] == "line" and not series["marker"]:
            rest = _departing(series, rest, other, plots)
        if not rest:
            continue
        rule = "bar" if series["kind"] in (*BARS, "broken bar", *SHARES, *BOXES) else "point"
        if len(rest) > 3:
            element = (
                plots.series_element(series) if missing else plots.candidate_series_element(series)
            )
            plots.findings.add_presence(
                rule,
                element,
                missing,
                one_sided(series["box"], missing),
                count=(len(rest), len(series["points"])),
            )
            continue
        name = plots.mark_element if missing else plots.candidate_mark_element
        for index in rest:
            boxes = one_sided(series["points"][index]["box"], missing)
            plots.findings.add_presence(rule, name(series, index), missing, boxes)


def _departing(series: Series, indices: list[int], other: Series, plots: PlotPair) -> list[int]:
    """Those of a line's vertices that lie off the other line."""
    points = [series["points"][index] for index in indices]
    if not points or len(other["points"]) < 2:
        return indices
    if turns_back(series) or turns_back(other):
        away = off_course(points, other, plots)
    else:
        ats, values, places, heights = (
            np.array(numbers)
            for side in (other["points"], points)
            for numbers in ([p["at"] for p in side], [plots.pixels_y(p["value"]) for p in side])
        )
        order = np.argsort(ats, kind="stable")
        within = (ats.min() <= places) & (places <= ats.max())
        there = np.interp(places, ats[order], values[order])
        away = ~within | (np.abs(there - heights) > HALF_PIXEL)
    return [index for index, is_away in zip(indices, away.tolist(), strict=True) if is_away]


def _value(point: Point, series: Series, stacked: bool) -> float:
    """What a point shows: of a stacked area its own height, without what lies below."""
    own_height = series["kind"] == "area" and stacked
    return point["value"] - point["base"] if own_height else point["value"]


def _compare_values(reference: Series, candidate: Series, pairs: Pairs, plots: PlotPair) -> None:
    first, second = reference["points"], candidate["points"]
    named = bool(first and first[0]["name"])
    bars = reference["kind"] in BARS and candidate["kind"] in BARS
    stacked = reference["kind"] == candidate["kind"] == "area"
    # bars in groups stand elsewhere than bars in stacks
    rearranged = bars and plots.findings.has("arrangement")
    changed: list[tuple[int, int, float]] = []
    moved: Pairs = []
    for i, j in pairs:
        a, b = first[i], second[j]
        start = a["base"] if bars else 0.0
        ends = start + _value(b, candidate, stacked), start + _value(a, reference, stacked)
        gap = plots.gap((reference, candidate), *ends)
        shift = abs(plots.place(reference, b["at"]) - plots.place(reference, a["at"]))
        if shift > HALF_PIXEL and not named and not is_histogram(reference) and not rearranged:
            moved.append((i, j))
        elif gap > HALF_PIXEL:
            changed.append((i, j, plots.step((reference, candidate), *ends)))
    _add_moved(reference, candidate, moved, plots)
    if len(moved) > max(_FEW, 0.5 * len(pairs)):
        return
    if named and bars and not changed:
        _compare_order(reference, candidate, pairs, plots)
    # Where many values changed, two that cross do so by chance.
    few = [(i, j) for i, j, _ in changed] if len(changed) <= _FEW else []
    for i, j, k, m in _swaps(reference, candidate, few, plots):
        changed = [entry for entry in changed if entry[0] not in (i, k)]
        gap = abs(
            plots.pixels(reference, second[j]["value"]) - plots.pixels(reference, first[i]["value"])
        )
        element = pair_element(plots.mark_element(reference, i), plots.mark_element(reference, k))
        values = plots.value_coordinates(reference, first[i]["value"], first[k]["value"])
        boxes = (
            hull([first[i]["box"], first[k]["box"]]),
            hull([second[j]["box"], second[m]["box"]]),
        )
        rule = size_rule(gap / plots.length(reference))
        plots.findings.add(rule, element, "values swapped", (values, values[::-1]), boxes)
    if len(changed) >= 3 and len(changed) > 0.5 * len(pairs):
        _add_values(reference, candidate, changed, pairs, stacked, plots)
    elif len(changed) > _FEW:
        _add_course(reference, candidate, changed, plots)
    else:
        for i, j, gap in changed:
            before, after = plots.value_coordinates(
                reference,
                _value(first[i], reference, stacked),
                _value(second[j], candidate, stacked),
            )
            plots.findings.add(
                size_rule(gap / plots.length(reference)),
                plots.mark_element(reference, i),
                "value",
                (before, after),
                (first[i]["box"], second[j]["box"]),
            )
    if bars and not changed and not plots.findings.has(*_EXPLAINS_BASES):
        _compare_bases(reference, candidate, pairs, plots)
    if is_histogram(reference) and is_histogram(candidate) and not rearranged:
        _compare_bins(reference, candidate, plots)
    compare_error_bars(reference, candidate, pairs, plots)


def _swaps(
    reference: Series, candidate: Series, changed: Pairs, plots: PlotPair
) -> list[tuple[int, int, int, int]]:
    """Pairs of points whose values stand in each other's place."""
    found: list[tuple[int, int, int, int]] = []
    used: set[int] = set()
    for i, j in changed:
        for k, m in changed:
            if k <= i or i in used or k in used:
                continue
            crossed = (
                (candidate["points"][j]["value"], reference["points"][k]["value"]),
                (candidate["points"][m]["value"], reference["points"][i]["value"]),
            )
            gaps = [
                abs(plots.pixels(reference, a) - plots.pixels(reference, b)) for a, b in crossed
            ]
            if max(gaps) <= HALF_PIXEL:
                found.append((i, j, k, m))
                used.update((i, k))
    return found


def _compare_order(reference: Series, candidate: Series, pairs: Pairs, plots: PlotPair) -> None:
    """Adds bars that keep name and value and stand in another order."""
    ranks = [
        candidate["points"][j]["at"]
        for _, j in sorted(pairs, key=lambda pair: reference["points"][pair[0]]["at"])
    ]
    if ranks != sorted(ranks) and not plots.findings.has("layout"):
        boxes = reference["box"], candidate["box"]
        element = Element("categories", plural=True)
        plots.findings.add("layout", element, "order", (False, True), boxes)


def _add_moved(reference: Series, candidate: Series, moved: Pairs, plots: PlotPair) -> None:
    """Adds points that moved along the category axis."""
    first, second = reference["points"], candidate["points"]
    if len(moved) > 3:
        boxes = reference["box"], candidate["box"]
        element, count = plots.series_element(reference), (len(moved), len(first))
        plots.findings.add("value large", element, "positions", (None, None), boxes, count=count)
        return
    along = ("y", "x") if reference["kind"] in SIDEWAYS else ("x", "y")
    for i, j in moved:
        a, b = first[i], second[j]
        across = abs(plots.place(reference, b["at"]) - plots.place(reference, a["at"]))
        height = abs(plots.pixels(reference, b["value"]) - plots.pixels(reference, a["value"]))
        share = max(across / plots.breadth(reference), height / plots.length(reference))
        before, after = (
            (
                *plots.coordinates(along[0], point["at"]),  # type: ignore[arg-type]
                *plots.coordinates(along[1], point["value"]),  # type: ignore[arg-type]
            )
            for point in (a, b)
        )
        element = plots.mark_element(reference, i)
        boxes = a["box"], b["box"]
        plots.findings.add(size_rule(share), element, "position", (before, after), boxes)


def _add_values(
    reference: Series,
    candidate: Series,
    changed: list[tuple[int, int, float]],
    pairs: Pairs,
    stacked: bool,
    plots: PlotPair,
) -> None:
    """Adds the change of most values of a series as one."""
    if len(pairs) > _FEW:
        _add_course(reference, candidate, changed, plots)
        return
    before = [_value(reference["points"][i], reference, stacked) for i, _ in pairs]
    after = [_value(candidate["points"][j], candidate, stacked) for _, j in pairs]
    values = tuple(plots.value_coordinates(reference, *side) for side in (before, after))
    rule = size_rule(max(gap for _, _, gap in changed) / plots.length(reference))
    boxes = reference["box"], candidate["box"]
    plots.findings.add(rule, plots.series_element(reference), "values", values, boxes)  # type: ignore[arg-type]


def _add_course(
    reference: Series,
    candidate: Series,
    changed: list[tuple[int, int, float]],
    plots: PlotPair,
) -> None:
    """Adds the change of many values as one, with the largest change."""
    i, j, gap = max(changed, key=lambda entry: entry[2])
    point = reference["points"][i]
    axis = plots.reference["y" if reference["kind"] in SIDEWAYS else "x"]
    most: str | Coordinate = point["name"] or coordinate(point["at"], axis)
    before, after = plots.value_coordinates(
        reference, point["value"], candidate["points"][j]["value"]
    )
    plots.findings.add(
        size_rule(gap / plots.length(reference)),
        plots.series_element(reference),
        "some values",
        (before, after),
        (reference["box"], candidate["box"]),
        count=(len(changed), len(reference["points"])),
        most=most,
    )


def _compare_bases(reference: Series, candidate: Series, pairs: Pairs, plots: PlotPair) -> None:
    """Adds bars that keep their length and start elsewhere."""
    moved = []
    for i, j in pairs:
        a, b = reference["points"][i], candidate["points"][j]
        gap = plots.gap((reference, candidate), b["base"], a["base"])
        if gap > HALF_PIXEL and a["value"] != 0:
            moved.append((i, a, b, gap))
    stacks = arrangement(plots.reference) == arrangement(plots.candidate) == "stacked"
    if stacks and len(moved) >= 2 and len(moved) > 0.5 * len(pairs):
        boxes = reference["box"], candidate["box"]
        element = plots.series_element(reference)
        plots.findings.add("arrangement", element, "stacking order", (False, True), boxes)
        return
    for i, a, b, gap in moved:
        rule = size_rule(gap / plots.length(reference))
        values = plots.value_coordinates(reference, a["base"], b["base"])
        element = plots.mark_element(reference, i)
        plots.findings.add(rule, element, "start", (values[0], values[1]), (a["box"], b["box"]))


def _compare_bins(reference: Series, candidate: Series, plots: PlotPair) -> None:
    spans = []
    for series in (reference, candidate):
        points = series["points"]
        ends = [p["at"] - p["size"] / 2 for p in points] + [p["at"] + p["size"] / 2 for p in points]
        spans.append((min(ends), max(ends)))
    gaps = [
        abs(plots.place(reference, a) - plots.place(reference, b))
        for a, b in zip(*spans, strict=True)
    ]
    if max(gaps) > 1.0:
        boxes = reference["box"], candidate["box"]
        element = plots.series_element(reference)
        plots.findings.add("value", element, "bins span", (spans[0], spans[1]), boxes)


def _compare_level(reference: Series, candidate: Series, plots: PlotPair) -> None:
    """A line across the plot at another value."""
    a, b = reference["points"][0], candidate["points"][0]
    if plots.gap((reference, candidate), b["value"], a["value"]) > HALF_PIXEL:
        values = plots.value_coordinates(reference, a["value"], b["value"])
        boxes = a["box"], b["box"]
        element = plots.series_element(reference)
        plots.findings.add("value", element, "level", (values[0], values[1]), boxes)


def _compare_span(reference: Series, candidate: Series, plots: PlotPair) -> None:
    """A band across the plot between two other values."""
    a, b = reference["points"][0], candidate["points"][0]
    sides = (a["base"], a["value"]), (b["base"], b["value"])
    gaps = [plots.gap((reference, candidate), y, x) for x, y in zip(*sides, strict=True)]
    if max(gaps) > HALF_PIXEL:
        steps = [plots.step((reference, candidate), y, x) for x, y in zip(*sides, strict=True)]
        values = tuple(plots.value_coordinates(reference, *side) for side in sides)
        rule = size_rule(max(steps) / plots.length(reference))
        element = plots.series_element(reference)
        plots.findings.add(rule, element, "span", (values[0], values[1]), (a["box"], b["box"]))


def arrangement(axes: Axes) -> str:
    """How the bar series of a plot stand to each other: stacked, grouped, overlaid, or single."""
    series = [item for item in axes["series"] if item["kind"] in BARS and item["points"]]
    if len(series) < 2:
        return "single"
    first, second = series[0]["points"], series[1]["points"]
    gap = statistics.median(
        min(abs(a["at"] - b["at"]) for b in second) / max(a["size"], 1e-9) for a in first
    )
    if gap > 0.5:
        return "grouped"
    lifted = any(point["base"] != 0 for item in series for point in item["points"])
    return "stacked" if lifted else "overlaid"
