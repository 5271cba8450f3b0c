"""Differences of two plots except for their series: background, projection, axes, texts, legends.

Ticks, limits and texts that follow from a listed difference are not listed again. Not covered:
series (`erm.tasks.chart.compare_series`) and colour bars (`erm.tasks.chart.compare_colour_bar`).
"""

from __future__ import annotations

from dataclasses import replace

from erm.tasks.chart.compare_fonts import compare_fonts
from erm.tasks.chart.compare_frame import compare_frame, compare_grid
from erm.tasks.chart.compare_legends import compare_legends
from erm.tasks.chart.compare_limits import compare_limits, follow_data
from erm.tasks.chart.compare_space import compare_cameras
from erm.tasks.chart.compare_text import compare_texts, compare_wedge_texts
from erm.tasks.chart.compare_ticks import compare_ticks, tick_fonts
from erm.tasks.chart.elements import Axes, Axis, BoxList
from erm.tasks.chart.findings import Element, Findings, hull
from erm.tasks.chart.plot_pair import Matched, PlotPair, axis_names
from erm.tasks.chart.severity import VALUE_RULES
from erm.tasks.shared.colours import is_visible

_STRUCTURE_RULES = (
    "series",
    "bar",
    "point",
    "category",
    "chart type",
    "orientation",
    "arrangement",
    "bins",
)
"""Rules of differences in which marks there are and how they stand; axes follow from them."""


def compare_axes(
    plots: PlotPair, matched: Matched, at_place: Matched, figure_changed: bool
) -> None:
    """Adds all but the series' differences; ``at_place`` are the matched series of all plots at
    this place, which a legend may name."""
    reference, candidate, findings = plots.reference, plots.candidate, plots.findings
    boxes = (reference["box"], candidate["box"])
    backgrounds = plots.reference_background, plots.candidate_background
    explained_by_figure = figure_changed and _shows_figure(reference) and _shows_figure(candidate)
    if is_visible(*backgrounds) and not explained_by_figure:
        findings.add("background", Element("plot background"), "colour", backgrounds, boxes)
    projections = reference["projection"], candidate["projection"]
    if projections[0] != projections[1]:
        names = {"rectilinear": "straight", "3d": "three-dimensional"}
        before, after = (names.get(name, name) for name in projections)
        element = Element("axes", plural=True)
        findings.add("chart type", element, "projection", (before, after), boxes)
    retyped = findings.has("chart type", "orientation")
    hidden = _compare_hidden(plots)
    compare_cameras(plots)
    # Bars that lie down exchange the axes; a pie or polar axes have others.
    comparable = projections[0] == projections[1] and not findings.has("orientation")
    pies = _is_pie(reference), _is_pie(candidate)
    for name in axis_names(reference, candidate):
        if not comparable or any(pies):
            continue
        explained = findings.has(*_STRUCTURE_RULES) or _explains(reference, findings)
        compare_limits(name, plots, explained)
        if not hidden and not retyped:
            refitted = (
                (explained and reference[name]["limits"] != candidate[name]["limits"])
                or is_resized(reference, candidate)
                or _has_other_tick_size(reference[name], candidate[name])
            )
            follows = refitted and (
                _follows(reference[name], candidate[name]) or follow_data(name, plots.sides)
            )
            moved = findings.has("limits", "limits small", "scale") or follows
            compare_ticks(name, matched, plots, moved)
    if comparable and not hidden and pies[0] == pies[1]:
        compare_grid(plots)
        compare_frame(plots)
    # flat axes have no third label that could be missing
    alike = projections[0] == projections[1]
    texts = [
        [text for text in axes["texts"] if alike or text["role"] != "z label"]
        for axes in (reference, candidate)
    ]
    fonts = compare_texts(texts[0], texts[1], backgrounds, findings, boxes, plots)
    fonts += compare_wedge_texts(matched, plots)
    legends = reference["legends"], candidate["legends"]
    fonts += compare_legends(*legends, at_place, backgrounds, boxes, findings)
    compare_fonts([*fonts, *tick_fonts(plots)], backgrounds, findings)
    _note_rescaling(plots)


def _note_rescaling(plots: PlotPair) -> None:
    """Notes in findings about data that a rescaled axis may show them by its tick labels."""
    labels: tuple[list[BoxList], list[BoxList]] = ([], [])
    for name in axis_names(plots.reference, plots.candidate):
        axes = plots.reference[name], plots.candidate[name]
        if axes[0]["limits"] != axes[1]["limits"]:
            for side, axis in zip(labels, axes, strict=True):
                side += [tick["box"] for tick in axis["ticks"] if tick["text"]]
    scale = hull(labels[0]), hull(labels[1])
    plots.findings.found = [
        replace(finding, scale=scale)
        if finding.rule in (*VALUE_RULES, *_STRUCTURE_RULES)
        else finding
        for finding in plots.findings.found
    ]


def _shows_figure(axes: Axes) -> bool:
    return axes["background"].endswith("00")


def _is_pie(axes: Axes) -> bool:
    return any(series["kind"] == "pie" for series in axes["series"])


def _compare_hidden(plots: PlotPair) -> bool:
    """Whether the axes' lines and labels are switched off on one side only."""
    sides = plots.reference, plots.candidate
    states = [axes["x"]["visible"] or axes["y"]["visible"] for axes in sides]
    if states[0] == states[1] or any(_is_pie(axes) for axes in sides):
        return states[0] != states[1]
    boxes = (plots.reference["box"], plots.candidate["box"])
    element = Element("axis lines and tick labels", plural=True)
    plots.findings.add_presence("axes hidden", element, states[0], boxes)
    return True


def is_resized(reference: Axes, candidate: Axes) -> bool:
    """Whether a plot has another size; matplotlib then chooses other ticks."""
    (a0, b0, a1, b1), (c0, d0, c1, d1) = reference["box"], candidate["box"]
    return abs((a1 - a0) - (c1 - c0)) > 1 or abs((b1 - b0) - (d1 - d0)) > 1


def _has_other_tick_size(reference: Axis, candidate: Axis) -> bool:
    """Whether tick labels have another size; matplotlib then fits more or fewer of them."""
    return abs(reference["tick_size"] - candidate["tick_size"]) > 0.4


def _follows(reference: Axis, candidate: Axis) -> bool:
    """Whether the ticks of both axes follow from their data."""
    return (reference["auto"] and candidate["auto"]) or (reference["fixed"] and candidate["fixed"])


def _explains(axes: Axes, findings: Findings) -> bool:
    """Whether a listed change of values can move the limits of an axis."""
    moving = (*VALUE_RULES, "shape", "error bars", "bar width", "marker", "line", "outline")
    return findings.has(*moving) and bool(axes["series"])
