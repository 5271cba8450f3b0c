"""Differences of what surrounds the data: grid lines and the lines around a plot."""

from __future__ import annotations

from erm.tasks.chart.compare_style import StrokeChange, stroke_changes
from erm.tasks.chart.elements import Axis
from erm.tasks.chart.findings import Element
from erm.tasks.chart.plot_pair import PlotPair

_AXES = ("x", "y")
_SPINES = ("left", "bottom", "right", "top", "polar", "outline")


def compare_grid(plots: PlotPair) -> None:
    """Grid lines: on or off, and their look; a changed scale has grid lines of its own."""
    if plots.findings.has("scale"):
        return
    boxes = (plots.reference["box"], plots.candidate["box"])
    for key, noun in (("grid", "grid"), ("minor_grid", "minor grid")):
        before = {name: plots.reference[name][key] for name in _AXES}  # type: ignore[literal-required]
        after = {name: plots.candidate[name][key] for name in _AXES}  # type: ignore[literal-required]
        shown = {name: (before[name] is not None, after[name] is not None) for name in _AXES}
        # without ticks in its range an axis has no place for grid lines
        turned = [
            name for name in _AXES if _has_ticks(plots, name) and shown[name][0] != shown[name][1]
        ]
        if len(turned) == 2 and shown["x"] == shown["y"]:
            plots.findings.add_presence("grid", Element(noun), shown["x"][0], boxes)
        else:
            for name in turned:
                direction = "vertical" if name == "x" else "horizontal"
                element = Element(f"{direction} {noun} lines", plural=True)
                plots.findings.add_presence("grid", element, shown[name][0], boxes)
        changes: list[StrokeChange] = []
        for name in _AXES:
            if all(shown[name]):
                changes += stroke_changes(before[name], after[name], plots, False, "grid line")
        for attribute, *values in dict.fromkeys(changes):
            plots.findings.add("grid", Element(noun), attribute, (values[0], values[1]), boxes)


def _has_ticks(plots: PlotPair, name: str) -> bool:
    sides: tuple[Axis, Axis] = (plots.reference[name], plots.candidate[name])  # type: ignore[literal-required]
    return all(axis["ticks"] for axis in sides)


def compare_frame(plots: PlotPair) -> None:
    """The lines around a plot."""
    reference, candidate = plots.reference["spines"], plots.candidate["spines"]
    boxes = (plots.reference["box"], plots.candidate["box"])
    for missing, first, second in ((True, reference, candidate), (False, candidate, reference)):
        sides = [name for name in _SPINES if name in first and name not in second]
        if sides:
            plots.findings.add_presence("frame", _lines(sides), missing, boxes)
    both = [name for name in _SPINES if name in reference and name in candidate]
    changes: dict[StrokeChange, list[str]] = {}
    for name in both:
        for change in stroke_changes(reference[name], candidate[name], plots, False, "frame line"):
            changes.setdefault(change, []).append(name)
    for (attribute, *values), sides in changes.items():
        element = Element("frame" if len(sides) == len(both) else f"{_joined(sides)} frame")
        plots.findings.add("frame", element, attribute, (values[0], values[1]), boxes)


def _lines(sides: list[str]) -> Element:
    if len(sides) > 3:
        return Element("frame")
    return Element(f"{_joined(sides)} frame line{'s' * (len(sides) > 1)}", plural=len(sides) > 1)


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
