"""The exact annotator of charts: differences of two scenes that a person can see.

Plots are matched by place and content, series by kind, name, data and colour, marks by category or
place (`erm.tasks.chart.matching`). What follows from a listed difference is not listed again:
limits that grew with a value, tick labels of a missing bar, a legend entry of a missing series.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import cast

import numpy as np

from erm.tasks import View
from erm.tasks.chart.compare_axes import compare_axes
from erm.tasks.chart.compare_colour_bar import compare_colour_bar, with_colour_bar
from erm.tasks.chart.compare_fonts import compare_fonts
from erm.tasks.chart.compare_layout import compare_layout, exchange_swapped
from erm.tasks.chart.compare_legends import compare_legends
from erm.tasks.chart.compare_series import compare_series
from erm.tasks.chart.compare_text import compare_texts
from erm.tasks.chart.elements import Axes, BoxList, ChartScene, Series
from erm.tasks.chart.findings import Element, Finding, Findings, one_sided
from erm.tasks.chart.legend_names import with_shown_names
from erm.tasks.chart.matching import match_axes
from erm.tasks.chart.naming import background
from erm.tasks.chart.phrases import phrase
from erm.tasks.chart.plot_pair import Matched, Pairs, PlotPair
from erm.tasks.chart.reference_lines import with_levels
from erm.tasks.chart.related import join_plots
from erm.tasks.chart.severity import RULES
from erm.tasks.chart.subplot_numbers import subplot_numbers
from erm.tasks.discrepancy import Discrepancy
from erm.tasks.shared.colours import is_visible, over, rgb
from erm.tasks.shared.findings import write_discrepancy
from erm.tasks.shared.visible import VISIBLE_LEVEL, box_slices, visible_change

_LEAST_BACKGROUND = 0.05
"""Share of its box that a background fills at least, where a person sees it."""


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
    found = [
        one for one in found if one.rule != "background" or _is_shown(one, reference, candidate)
    ]
    if same_canvas:
        seen = [finding.seen(changed) for finding in found]
        found = [finding for finding in seen if finding is not None]
    return [write_discrepancy(item, RULES, phrase, same_canvas=same_canvas) for item in found]


def _is_shown(finding: Finding, reference: View, candidate: View) -> bool:
    """Whether both pictures show the backgrounds that their scenes name.

    The box of a background is large and explains every difference within it, so that a scene which
    is wrong about it, by a program's intent, would hide all others.
    """
    sides = (
        (finding.reference, finding.reference_box, reference.pixels),
        (finding.candidate, finding.candidate_box, candidate.pixels),
    )
    for colour, box, pixels in sides:
        assert isinstance(colour, str)
        assert box is not None
        place = pixels[box_slices(box, 0, pixels.shape[:2])]
        gap = np.abs(place.astype(np.int16) - np.array(rgb(colour), np.int16)).max(axis=2)
        if float((gap <= VISIBLE_LEVEL).mean()) < _LEAST_BACKGROUND:
            return False
    return True


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
            item.matched = compare_series(item.plots)
    for item in compared:
        role = item.plots.reference["role"]
        if role == "plot":
            twins = [other.matched for other in compared if other.number == item.number]
            at_place = list(chain.from_iterable(twins))
            compare_axes(item.plots, item.matched, at_place, page.has("background"))
        elif role == "colour bar":
            compare_colour_bar(item.plots, page)
        page.found += item.plots.findings.found
    _add_unmatched_axes(reference, candidate, pairs, page)
    backgrounds = over(reference["background"], "#ffffff"), over(candidate["background"], "#ffffff")
    frames = _page_box(reference), _page_box(candidate)
    fonts = compare_texts(reference["texts"], candidate["texts"], backgrounds, page, frames)
    every = list(chain.from_iterable(item.matched for item in compared))
    legends = reference["legends"], candidate["legends"]
    fonts += compare_legends(*legends, every, backgrounds, frames, page)
    compare_fonts(fonts, backgrounds, page)
    page.found = [with_colour_bar(finding, reference, candidate) for finding in page.found]
    _compare_sizes(reference, candidate, page)
    return join_plots(page.found)


@dataclass
class _PlotComparison:
    """Two matched plots, the number of their place, and their matched series once compared."""

    plots: PlotPair
    number: int
    matched: Matched = field(default_factory=list)


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
