"""Differences of the series of two plots: their types, their data and style, and missing ones.

What one change makes of several series or marks is one difference (`erm.tasks.chart.related`). Not
covered: how two matched series are compared (`erm.tasks.chart.compare_data`,
`erm.tasks.chart.compare_style`, `erm.tasks.chart.compare_shapes`).
"""

from __future__ import annotations

from erm.tasks.chart.area_edges import is_edge, without_edges
from erm.tasks.chart.bins import compare_joint_bins
from erm.tasks.chart.box_parts import is_rest_of_box, unpaired_boxes
from erm.tasks.chart.compare_data import COMPARABLE, arrangement, compare_data
from erm.tasks.chart.compare_shapes import compare_shapes
from erm.tasks.chart.compare_space import is_in_space
from erm.tasks.chart.compare_style import compare_bar_widths, compare_style
from erm.tasks.chart.elements import Series
from erm.tasks.chart.findings import Element, Finding, one_sided
from erm.tasks.chart.matching import OUTLINED, match_series
from erm.tasks.chart.naming import type_name
from erm.tasks.chart.plot_pair import BARS, Matched, Pairs, PlotPair
from erm.tasks.chart.related import (
    join_bins,
    join_categories,
    join_colours,
    join_error_bars,
    join_looks,
    join_marks,
    join_shapes,
)
from erm.tasks.chart.sampled import marks
from erm.tasks.chart.stems import ChangedLines, without_stems
from erm.tasks.chart.wicks import without_wicks

_SINGLE_KINDS = (
    *OUTLINED,
    "horizontal line",
    "vertical line",
    "horizontal span",
    "vertical span",
)
"""Kinds of marks that stand for themselves and not for a series of values."""


def compare_series(plots: PlotPair) -> Matched:
    """Adds the differences of a plot's series; returns what was matched."""
    findings = plots.findings
    if is_in_space(plots.reference) != is_in_space(plots.candidate):
        return []  # nothing of one is comparable with anything of the other
    first, second = plots.reference["series"], plots.candidate["series"]
    pairs = match_series(
        (plots.reference, plots.candidate),
        (plots.reference_background, plots.candidate_background),
    )
    _compare_types([(first[i], second[j]) for i, j in pairs], plots)
    arranged = arrangement(plots.reference), arrangement(plots.candidate)
    if arranged[0] != arranged[1] and "single" not in arranged:
        boxes = plots.reference["box"], plots.candidate["box"]
        bars = Element("bars", plural=True)
        findings.add("arrangement", bars, "arrangement", arranged, boxes)
    rebinned = compare_joint_bins(plots)
    matched: Matched = []
    drawn: list[ChangedLines] = []
    before = list(findings.found)
    compared: list[tuple[Series, Series, list[Finding]]] = []
    for i, j in pairs:
        reference, candidate = first[i], second[j]
        known = len(findings.found)
        kinds = {reference["kind"], candidate["kind"]}
        linked: Pairs = []
        if reference["kind"] in OUTLINED:
            if len(kinds) == 1:
                changed = compare_shapes(reference, candidate, plots)
                linked = _in_order(reference, candidate)
                if changed:
                    drawn.append(ChangedLines(findings.found[-1], reference, candidate, changed))
        elif rebinned and kinds <= set(BARS):
            linked = []  # no bar of one side is a bar of the other
        elif len(kinds) == 1 or kinds <= set(COMPARABLE):
            linked = compare_data(reference, candidate, plots)
        compare_style(reference, candidate, linked, plots)
        matched.append((reference, candidate, linked))
        compared.append((reference, candidate, findings.found[known:]))
    findings.found = before + without_wicks(without_edges(compared, plots), matched, plots)
    findings.found = without_stems(findings.found, drawn, matched, plots)
    _add_unmatched_series(matched, plots)
    if not findings.has("arrangement", "series", "chart type", "orientation"):
        compare_bar_widths(matched, plots)
    findings.found = join_categories(findings.found, matched)
    findings.found = join_looks(findings.found, matched, plots)
    findings.found = join_marks(findings.found, matched, plots)
    findings.found = join_colours(findings.found, matched, plots)
    findings.found = join_shapes(findings.found, matched, plots)
    findings.found = join_error_bars(findings.found, plots)
    findings.found = join_bins(findings.found, plots)
    return matched


def _in_order(reference: Series, candidate: Series) -> Pairs:
    """Pairs of the parts of two series of free form; none where their numbers differ."""
    counts = marks(reference), marks(candidate)
    if not reference["mixed"] or not candidate["mixed"] or counts[0] != counts[1]:
        return []
    return [(i, i) for i in range(len(reference["points"]))]


def _add_unmatched_series(matched: Matched, plots: PlotPair) -> None:
    """Adds series that only one side has, but for the parts of a box that lost its frame."""
    for missing, axes, name, taken in (
        (True, plots.reference, plots.series_element, {id(a) for a, _, _ in matched}),
        (False, plots.candidate, plots.candidate_series_element, {id(b) for _, b, _ in matched}),
    ):
        boxes = unpaired_boxes(matched, missing=not missing)
        for series in axes["series"]:
            if id(series) in taken or is_rest_of_box(series, boxes):
                continue
            others = [other for other in axes["series"] if id(other) not in taken]
            if any(is_edge(series, other, plots) for other in others):
                continue
            single = series["kind"] in _SINGLE_KINDS
            rule = "shape" if single else "series"
            plots.findings.add_presence(
                rule, name(series), missing, one_sided(series["box"], missing)
            )


def _compare_types(pairs: list[tuple[Series, Series]], plots: PlotPair) -> None:
    """Changed chart types; one finding where all series of a plot changed alike."""
    changes = []
    for reference, candidate in pairs:
        if reference["kind"] != candidate["kind"]:
            names = type_name(reference), type_name(candidate)
            bars = {reference["kind"], candidate["kind"]} == {"bar", "horizontal bar"}
            changes.append((reference, candidate, names, "orientation" if bars else "chart type"))
    if len({(names, rule) for _, _, names, rule in changes}) == 1 and len(changes) == len(pairs):
        _, _, names, rule = changes[0]
        boxes = (plots.reference["box"], plots.candidate["box"])
        plots.findings.add(rule, Element("chart"), "type", names, boxes)
        return
    for reference, candidate, names, rule in changes:
        both = reference["box"], candidate["box"]
        plots.findings.add(rule, plots.series_element(reference), "type", names, both)
