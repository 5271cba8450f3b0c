"""The exact annotator of charts: differences of two scenes that a person can see.

Plots are matched by place and content, series by kind, name, data and colour, marks by category or
place (`erm.tasks.chart.matching`). What follows from a listed difference is not listed again:
limits that grew with a value, tick labels of a missing bar, a legend entry of a missing series.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from typing import cast

from erm.tasks import View
from erm.tasks.chart.area_edges import is_edge, without_edges
from erm.tasks.chart.bins import compare_joint_bins
from erm.tasks.chart.box_parts import is_rest_of_box, unpaired_boxes
from erm.tasks.chart.compare_data import COMPARABLE, arrangement, compare_data
from erm.tasks.chart.compare_frame import compare_frame, compare_grid
from erm.tasks.chart.compare_layout import compare_layout, exchange_swapped
from erm.tasks.chart.compare_legends import compare_legends
from erm.tasks.chart.compare_shapes import compare_shapes
from erm.tasks.chart.compare_space import compare_cameras, is_in_space
from erm.tasks.chart.compare_style import compare_bar_widths, compare_style
from erm.tasks.chart.compare_text import compare_fonts, compare_texts, compare_wedge_texts
from erm.tasks.chart.compare_ticks import compare_ticks, tick_fonts
from erm.tasks.chart.elements import Axes, Axis, BoxList, ChartScene, Series
from erm.tasks.chart.findings import Element, Finding, Findings, hull, one_sided
from erm.tasks.chart.legend_names import with_shown_names
from erm.tasks.chart.matching import OUTLINED, match_axes, match_series, unit
from erm.tasks.chart.naming import SIDEWAYS, background, type_name
from erm.tasks.chart.phrases import phrase
from erm.tasks.chart.plot_pair import BARS, AxisName, Matched, Pairs, PlotPair, axis_names
from erm.tasks.chart.reference_lines import with_levels
from erm.tasks.chart.related import (
    join_bins,
    join_categories,
    join_colours,
    join_error_bars,
    join_looks,
    join_marks,
    join_plots,
    join_shapes,
)
from erm.tasks.chart.sampled import marks
from erm.tasks.chart.severity import RULES
from erm.tasks.chart.stems import ChangedLines, without_stems
from erm.tasks.chart.subplot_numbers import subplot_numbers
from erm.tasks.chart.wicks import without_wicks
from erm.tasks.discrepancy import Box, Discrepancy
from erm.tasks.shared.colours import is_visible, over
from erm.tasks.shared.findings import union, write_discrepancy
from erm.tasks.shared.visible import visible_change

_GONE = ("series", "bar", "point", "category", "chart type", "orientation", "arrangement", "bins")
_SINGLE = (
    *OUTLINED,
    "horizontal line",
    "vertical line",
    "horizontal span",
    "vertical span",
)
"""Kinds of marks that stand for themselves and not for a series of values."""

_VALUES = ("value", "value small", "value large")


def compare_charts(reference: View, candidate: View) -> list[Discrepancy]:
    """Discrepancies of the candidate against the reference.

    Images without a visible difference have none, whatever their scenes say; in images of one size
    a difference under which no pixel differs is hidden and not listed.
    """
    changed = visible_change(reference.pixels, candidate.pixels)
    same_canvas = reference.pixels.shape == candidate.pixels.shape
    if same_canvas and not changed.any():
        return []
    scenes = cast(ChartScene, reference.scene), cast(ChartScene, candidate.scene)
    found = compare_scenes(*scenes)
    if same_canvas:
        seen = [finding.seen(changed) for finding in found]
        found = [finding for finding in seen if finding is not None]
    return [write_discrepancy(item, RULES, phrase, same_canvas=same_canvas) for item in found]


def compare_scenes(reference: ChartScene, candidate: ChartScene) -> list[Finding]:
    """All differences of two scenes, hidden ones included."""
    page = Findings()
    reference, candidate = with_shown_names(reference), with_shown_names(candidate)
    reference, candidate = _with_figure_marks(reference, candidate)
    _compare_backgrounds(reference, candidate, page)
    sizes = reference["size"], candidate["size"]
    pairs = match_axes(reference["axes"], candidate["axes"], sizes)
    numbers = subplot_numbers(reference)
    pairs = exchange_swapped(reference, candidate, pairs, numbers, page)
    compare_layout(reference, candidate, pairs, numbers, page)
    # values first: the range of a colour bar follows from them
    pairs.sort(key=lambda pair: reference["axes"][pair[0]]["role"] == "colour bar")
    compared = [
        _PlotComparison(plots, numbers[i])
        for (i, _), plots in zip(
            pairs, _pair_plots(reference, candidate, pairs, numbers), strict=True
        )
    ]
    for item in compared:
        if item.plots.reference["role"] != "colour bar":
            item.matched = _compare_series(item.plots)
    for item in compared:
        role = item.plots.reference["role"]
        if role == "plot":
            twins = [other.matched for other in compared if other.number == item.number]
            at_place = list(chain.from_iterable(twins))
            _compare_axes(item.plots, item.matched, at_place, page.has("background"))
        elif role == "colour bar":
            _compare_bar(item.plots, page)
        page.found += item.plots.findings.found
    _add_unmatched_axes(reference, candidate, pairs, page)
    backgrounds = over(reference["background"], "#ffffff"), over(candidate["background"], "#ffffff")
    frames = _page_box(reference), _page_box(candidate)
    fonts = compare_texts(reference["texts"], candidate["texts"], backgrounds, page, frames)
    every = list(chain.from_iterable(item.matched for item in compared))
    legends = reference["legends"], candidate["legends"]
    fonts += compare_legends(*legends, every, backgrounds, frames, page)
    compare_fonts(fonts, backgrounds, page)
    page.found = [_with_bar(finding, reference, candidate) for finding in page.found]
    _compare_sizes(reference, candidate, page)
    return join_plots(page.found)


@dataclass
class _PlotComparison:
    """Two matched plots, the number of their place, and their matched series once compared."""

    plots: PlotPair
    number: int
    matched: Matched = field(default_factory=list)


def _compare_bar(plots: PlotPair, page: Findings) -> None:
    """Range, label and tick labels of a colour bar; ``page`` has what differs in the plots."""
    name: AxisName = "y" if plots.reference["y"]["ticks"] else "x"
    recoloured = page.has(*_VALUES, "colour map")
    if not page.has(*_VALUES):
        _compare_limits(name, plots, False)
        _give_range(page, plots.findings)
    same = plots.reference[name]["limits"] == plots.candidate[name]["limits"]
    compare_ticks(name, [], plots, recoloured or not same or _is_resized(*plots.sides))
    texts = plots.reference["texts"], plots.candidate["texts"]
    backgrounds = plots.reference_background, plots.candidate_background
    boxes = plots.reference["box"], plots.candidate["box"]
    fonts = compare_texts(*texts, backgrounds, plots.findings, boxes)
    compare_fonts([*fonts, *tick_fonts(plots)], backgrounds, plots.findings)
    plots.findings.found = [
        replace(finding, element=replace(finding.element, noun=_of_bar(finding.element.noun)))
        for finding in plots.findings.found
    ]


def _of_bar(noun: str) -> str:
    """``colour bar label`` of ``right y label``."""
    for axis in ("right y", "x", "y"):
        if noun.startswith(f"{axis} "):
            return f"colour bar {noun.removeprefix(axis).strip()}"
    return noun


def _with_bar(finding: Finding, reference: ChartScene, candidate: ChartScene) -> Finding:
    """A changed colour map with the nearest colour bar of each side in its boxes."""
    if finding.rule != "colour map":
        return finding
    boxes = []
    for box, scene in ((finding.reference_box, reference), (finding.candidate_box, candidate)):
        bars = [Box(*axes["box"]) for axes in scene["axes"] if axes["role"] == "colour bar"]
        if box is not None and bars:
            gaps = [_between(bar, box) for bar in bars]
            box = union([box, bars[gaps.index(min(gaps))]])
        boxes.append(box)
    return replace(finding, reference_box=boxes[0], candidate_box=boxes[1])


def _between(first: Box, second: Box) -> float:
    """Pixels between two boxes, the longer way of the two axes."""
    across = max(first.x0, second.x0) - min(first.x1, second.x1)
    along = max(first.y0, second.y0) - min(first.y1, second.y1)
    return max(across, along)


def _give_range(page: Findings, bar: Findings) -> None:
    """Moves the range that a colour bar shows to the one heat map whose colours changed with it."""
    ranged = [k for k, finding in enumerate(page.found) if finding.attribute == "colour range"]
    shown = [finding for finding in bar.found if finding.attribute == "range"]
    if not ranged or not shown:
        return
    bar.found = [finding for finding in bar.found if finding.attribute != "range"]
    if len(ranged) == len(shown) == 1:
        page.found[ranged[0]] = replace(
            page.found[ranged[0]], reference=shown[0].reference, candidate=shown[0].candidate
        )


def _pair_plots(
    reference: ChartScene, candidate: ChartScene, pairs: Pairs, numbers: dict[int, int]
) -> list[PlotPair]:
    """The matched plots with what stands around them."""
    several = len(set(numbers.values()) - {0}) > 1
    places = numbers, subplot_numbers(candidate)

    def twins(scene: ChartScene, index: int, place: dict[int, int]) -> list[Series]:
        axes = scene["axes"]
        same = [k for k in range(len(axes)) if k != index and place[k] == place[index] > 0]
        return [series for k in same for series in axes[k]["series"]]

    plots = []
    for i, j in pairs:
        first, second = with_levels(reference["axes"][i], candidate["axes"][j])
        plots.append(
            PlotPair(
                first,
                second,
                background(first, reference["background"]),
                background(second, candidate["background"]),
                Findings(numbers[i] if several else 0),
                twins(reference, i, places[0]),
                twins(candidate, j, places[1]),
            )
        )
    return plots


def _with_figure_marks(
    reference: ChartScene, candidate: ChartScene
) -> tuple[ChartScene, ChartScene]:
    """Both scenes with a place for marks outside any axes where either has some."""
    scenes = [reference, candidate]
    found = [
        next((axes for axes in scene["axes"] if axes["role"] == "figure"), None) for scene in scenes
    ]
    for side, other in ((0, 1), (1, 0)):
        present = found[other]
        if found[side] is None and present is not None:
            empty = Axes(**{**present, "series": [], "box": _page_box(scenes[side])})
            scenes[side] = ChartScene(**{**scenes[side], "axes": [*scenes[side]["axes"], empty]})
    return scenes[0], scenes[1]


def _add_unmatched_axes(
    reference: ChartScene, candidate: ChartScene, pairs: Pairs, findings: Findings
) -> None:
    for missing, scene, taken in (
        (True, reference, {i for i, _ in pairs}),
        (False, candidate, {j for _, j in pairs}),
    ):
        numbers = subplot_numbers(scene)
        for index, axes in enumerate(scene["axes"]):
            if index in taken:
                continue
            boxes = one_sided(axes["box"], missing)
            if axes["role"] == "colour bar":
                findings.add_presence("colour bar", Element("colour bar"), missing, boxes)
            else:
                element = Element("subplot", rank=numbers[index])
                findings.add_presence("subplot", element, missing, boxes)


def _page_box(scene: ChartScene) -> BoxList:
    return [0.0, 0.0, float(scene["size"][0]), float(scene["size"][1])]


def _compare_sizes(reference: ChartScene, candidate: ChartScene, findings: Findings) -> None:
    """The size of the image; of one that is cut to its content it follows from what differs."""
    boxes = _page_box(reference), _page_box(candidate)
    sides = reference["size"], candidate["size"]
    follows = reference["cropped"] and candidate["cropped"] and findings.found
    if not follows and max(abs(a - b) for a, b in zip(*sides, strict=True)) > 1:
        sizes = "×".join(map(str, sides[0])), "×".join(map(str, sides[1]))
        findings.add("figure size", Element("figure"), "size", sizes, boxes)


def _compare_backgrounds(reference: ChartScene, candidate: ChartScene, findings: Findings) -> None:
    boxes = _page_box(reference), _page_box(candidate)
    colours = over(reference["background"], "#ffffff"), over(candidate["background"], "#ffffff")
    if is_visible(*colours):
        findings.add("background", Element("figure background"), "colour", colours, boxes)


def _compare_axes(
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
        explained = findings.has(*_GONE) or _explains(reference, findings)
        _compare_limits(name, plots, explained)
        if not hidden and not retyped:
            refitted = (
                (explained and reference[name]["limits"] != candidate[name]["limits"])
                or _is_resized(reference, candidate)
                or _has_other_tick_size(reference[name], candidate[name])
            )
            follows = refitted and (
                _follows(reference[name], candidate[name]) or _follow_data(name, plots.sides)
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
        replace(finding, scale=scale) if finding.rule in (*_VALUES, *_GONE) else finding
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


def _is_resized(reference: Axes, candidate: Axes) -> bool:
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
    moving = (*_VALUES, "shape", "error bars", "bar width", "marker", "line", "outline")
    return findings.has(*moving) and bool(axes["series"])


def _compare_limits(name: AxisName, plots: PlotPair, explained: bool) -> None:
    reference, candidate = plots.reference[name], plots.candidate[name]
    bar = plots.reference["role"] == "colour bar"
    element = Element("colour bar" if bar else f"{name} axis")
    boxes = (plots.reference["box"], plots.candidate["box"])
    scales = reference["scale"], candidate["scale"]
    if scales[0] != scales[1]:
        plots.findings.add("scale", element, "scale", scales, boxes)
        return
    turned = [axis["limits"][0] > axis["limits"][1] for axis in (reference, candidate)]
    if turned[0] != turned[1]:
        plots.findings.add("inverted", element, "inverted", (turned[0], turned[1]), boxes)
    if explained and ((reference["auto"] and candidate["auto"]) or _follow_data(name, plots.sides)):
        return
    length = plots.axis_length(name)
    before, after = sorted(reference["limits"]), sorted(candidate["limits"])
    gap = max(
        abs(unit(reference, a) - unit(reference, b)) for a, b in zip(after, before, strict=True)
    )
    if gap * length > 0.5:
        rule = "limits small" if gap <= 0.1 else "limits"
        limits = plots.coordinates(name, *before), plots.coordinates(name, *after)
        plots.findings.add(rule, element, "range", limits, boxes)


def _follow_data(name: AxisName, sides: tuple[Axes, Axes]) -> bool:
    """Whether a program computed both limits from the data: each end stays, or keeps its ratio to
    the largest value or its distance from an end of the data.

    Round limits that keep their ratio were more likely written down than computed.
    """
    first, second = (_extent(name, axes) for axes in sides)
    limits = [sorted(axes[name]["limits"]) for axes in sides]
    if first is None or second is None or limits[0] == limits[1]:
        return False
    span = limits[0][1] - limits[0][0]

    def follows(end: int) -> bool:
        a, b = limits[0][end], limits[1][end]
        if abs(a - b) <= 1e-6 * span:
            return True
        for data, other in zip(first, second, strict=True):
            if abs(data - other) <= 1e-6 * span:
                continue
            if abs((a - data) - (b - other)) <= 1e-3 * span:
                return True
            computed = not (float(a).is_integer() and float(b).is_integer())
            if computed and data and other and abs(a / data - b / other) <= 1e-3 * abs(a / data):
                return True
        return False

    return follows(0) and follows(1)


def _extent(name: AxisName, axes: Axes) -> tuple[float, float] | None:
    """Least and greatest value that the series of a plot show along one axis."""
    ends: list[float] = []
    if name == "z":
        return None
    for series in axes["series"]:
        if series["kind"] in OUTLINED:
            continue
        along = (name == "x") == (series["kind"] in SIDEWAYS)
        bars = series["kind"] in BARS
        for point in series["points"]:
            if not along:
                half = point["size"] / 2 if bars else 0.0
                ends += [point["at"] - half, point["at"] + half]
            else:
                ends += [point["value"] + (point["base"] if bars else 0.0)]
                ends += [point["low"], point["high"]] if "low" in point else []
    return (min(ends), max(ends)) if ends else None


def _compare_series(plots: PlotPair) -> Matched:
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
            single = series["kind"] in _SINGLE
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
