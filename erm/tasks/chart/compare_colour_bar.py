"""Differences of colour bars: range, label and tick labels.

A range that changed together with the colours of a heat map is one difference.
"""

from __future__ import annotations

from dataclasses import replace

from erm.tasks.chart.compare_axes import is_resized
from erm.tasks.chart.compare_fonts import compare_fonts
from erm.tasks.chart.compare_limits import compare_limits
from erm.tasks.chart.compare_text import compare_texts
from erm.tasks.chart.compare_ticks import compare_ticks, tick_fonts
from erm.tasks.chart.elements import ChartScene
from erm.tasks.chart.findings import Finding, Findings
from erm.tasks.chart.plot_pair import AxisName, PlotPair
from erm.tasks.chart.severity import VALUE_RULES
from erm.tasks.discrepancy import Box
from erm.tasks.shared.findings import union


def compare_colour_bar(plots: PlotPair, page: Findings) -> None:
    """Range, label and tick labels of a colour bar; ``page`` has what differs in the plots."""
    name: AxisName = "y" if plots.reference["y"]["ticks"] else "x"
    recoloured = page.has(*VALUE_RULES, "colour map")
    if not page.has(*VALUE_RULES):
        compare_limits(name, plots, False)
        _move_range_to_heat_map(page, plots.findings)
    same = plots.reference[name]["limits"] == plots.candidate[name]["limits"]
    compare_ticks(name, [], plots, recoloured or not same or is_resized(*plots.sides))
    texts = plots.reference["texts"], plots.candidate["texts"]
    backgrounds = plots.reference_background, plots.candidate_background
    boxes = plots.reference["box"], plots.candidate["box"]
    fonts = compare_texts(*texts, backgrounds, plots.findings, boxes)
    compare_fonts([*fonts, *tick_fonts(plots)], backgrounds, plots.findings)
    plots.findings.found = [
        replace(
            finding, element=replace(finding.element, noun=_colour_bar_noun(finding.element.noun))
        )
        for finding in plots.findings.found
    ]


def _colour_bar_noun(noun: str) -> str:
    """``colour bar label`` of ``right y label``."""
    for axis in ("right y", "x", "y"):
        if noun.startswith(f"{axis} "):
            return f"colour bar {noun.removeprefix(axis).strip()}"
    return noun


def with_colour_bar(finding: Finding, reference: ChartScene, candidate: ChartScene) -> Finding:
    """A changed colour map with the nearest colour bar of each side in its boxes."""
    if finding.rule != "colour map":
        return finding
    boxes = []
    for box, scene in ((finding.reference_box, reference), (finding.candidate_box, candidate)):
        bars = [Box(*axes["box"]) for axes in scene["axes"] if axes["role"] == "colour bar"]
        if box is not None and bars:
            gaps = [_gap(bar, box) for bar in bars]
            box = union([box, bars[gaps.index(min(gaps))]])
        boxes.append(box)
    return replace(finding, reference_box=boxes[0], candidate_box=boxes[1])


def _gap(first: Box, second: Box) -> float:
    """Pixels between two boxes, the longer way of the two axes."""
    across = max(first.x0, second.x0) - min(first.x1, second.x1)
    along = max(first.y0, second.y0) - min(first.y1, second.y1)
    return max(across, along)


def _move_range_to_heat_map(page: Findings, bar: Findings) -> None:
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
