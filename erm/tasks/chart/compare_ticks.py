"""Differences of tick labels: their texts, their places, and the factor at the end of an axis."""

from __future__ import annotations

import re

from erm.tasks.chart.elements import Axis, TextItem, Tick
from erm.tasks.chart.findings import Element, hull, one_sided
from erm.tasks.chart.matching import unit
from erm.tasks.chart.plot_pair import AxisName, Matched, Pairs, PlotPair, axis_names
from erm.tasks.chart.text_changes import TextPair, add_changed_texts
from erm.tasks.shared.numbers import parse_number

_SHOWN = 6
"""Most tick labels that a finding names."""


def tick_fonts(plots: PlotPair) -> list[TextPair]:
    """The tick labels of each axis as one text, for comparing how they are set."""
    fonts = []
    for name in axis_names(plots.reference, plots.candidate):
        sides = [_as_text(axes[name]) for axes in (plots.reference, plots.candidate)]
        if sides[0] is not None and sides[1] is not None:
            fonts.append((Element(f"{name} tick labels", plural=True), sides[0], sides[1]))
    return fonts


def _as_text(axis: Axis) -> TextItem | None:
    box = hull(tick["box"] for tick in axis["ticks"] if tick["text"])
    if box is None:
        return None
    return TextItem(
        role="tick labels",
        text="",
        box=list(box),
        colour=axis["tick_colour"],
        size=axis["tick_size"],
        font=axis["tick_font"],
        weight=axis["tick_weight"],
        angle=axis["tick_angle"],
    )


def compare_ticks(name: AxisName, matched: Matched, plots: PlotPair, moved: bool) -> None:
    """Tick labels of one axis; ``moved`` where limits or categories changed for another reason."""
    reference, candidate = plots.reference[name], plots.candidate[name]
    noun = f"{name} tick label"
    labels = Element(f"{noun}s", plural=True)
    first, second = ([t for t in axis["ticks"] if t["text"]] for axis in (reference, candidate))
    if not first and not second:
        return
    boxes = hull(t["box"] for t in first), hull(t["box"] for t in second)
    if not first or not second:
        unreached = moved and not (reference["ticks"] and candidate["ticks"])
        alike = all(reference[key] == candidate[key] for key in ("visible", "scale"))
        if not unreached and alike:
            plots.findings.add_presence("tick text", labels, bool(first), boxes)
        return
    sides = reference["side"], candidate["side"]
    if sides[0] != sides[1]:
        plots.findings.add("place", labels, "tick side", sides, boxes)
    pairs = _tick_pairs(name, first, second, matched, plots)
    changed = [
        (i, j)
        for i, j in pairs
        if first[i]["text"] != second[j]["text"] and not (_is_moved_number(first[i], second[j]))
    ]
    if moved and not (reference["fixed"] and candidate["fixed"]):
        texts_of = [(first[i]["text"], second[j]["text"]) for i, j in changed]
        if "calendar" in reference or not any(_is_reformatted(*both) for both in texts_of):
            changed = []
    if len(changed) > 3 or (len(changed) >= 2 and _are_numbers(first)):
        texts = (
            tuple(first[i]["text"] for i, _ in changed[:_SHOWN]),
            tuple(second[j]["text"] for _, j in changed[:_SHOWN]),
        )
        plots.findings.add("tick text", labels, "texts", texts, boxes)
    else:
        renamed = [(Element(noun, rank=i + 1), first[i], second[j]) for i, j in changed]
        add_changed_texts(renamed, "label", plots.findings)
    if not moved and not len(pairs) == len(first) == len(second):
        _add_other_ticks(name, first, second, pairs, plots)
    factors = reference["offset_text"], candidate["offset_text"]
    if factors[0] != factors[1] and not moved:
        element = Element(f"factor at the {name} axis")
        plots.findings.add("tick text", element, "offset text", factors, boxes)


def _is_moved_number(reference: Tick, candidate: Tick) -> bool:
    """Whether both tick labels are the numbers of their places, which differ."""
    numbers = all(parse_number(tick["text"]) == tick["at"] for tick in (reference, candidate))
    return numbers and reference["at"] != candidate["at"]


def _is_reformatted(reference: str, candidate: str) -> bool:
    """Whether two texts of one value differ in more than their digits; plain numbers don't."""
    forms = [re.sub(r"[-−]?\d+(\.\d+|\^[-−]?\d+)?", "0", text) for text in (reference, candidate)]
    return forms[0] != forms[1]


def _add_other_ticks(
    name: AxisName, first: list[Tick], second: list[Tick], pairs: Pairs, plots: PlotPair
) -> None:
    """Ticks at other places: of numbers the places, else the labels that only one side has."""
    if _are_numbers([*first, *second]):
        places = []
        for ticks in (first, second):
            at = [tick["at"] for tick in ticks]
            ends = [at[0], at[1], at[-1]] if len(at) > 2 else at
            places.append(plots.coordinates(name, *ends))
        boxes = hull(t["box"] for t in first), hull(t["box"] for t in second)
        element = Element(f"{name} ticks", plural=True)
        plots.findings.add("ticks", element, "tick places", (places[0], places[1]), boxes)
        return
    for missing, ticks, taken in (
        (True, first, {i for i, _ in pairs}),
        (False, second, {j for _, j in pairs}),
    ):
        for index, tick in enumerate(ticks):
            if index not in taken:
                element = Element(f"{name} tick label", name=tick["text"])
                boxes_of = one_sided(tick["box"], missing)
                plots.findings.add_presence("tick text", element, missing, boxes_of)


def _are_numbers(ticks: list[Tick]) -> bool:
    return all(parse_number(tick["text"]) is not None for tick in ticks)


def _tick_pairs(
    name: AxisName,
    first: list[Tick],
    second: list[Tick],
    matched: Matched,
    plots: PlotPair,
) -> Pairs:
    """Ticks that stand for each other: through the marks they name, else by place."""
    reference, candidate = plots.reference[name], plots.candidate[name]
    found: dict[int, int] = {}
    for series, other, pairs in matched:
        if (series["kind"] in ("horizontal bar", "sideways box")) != (name == "y"):
            continue
        for i, j in pairs:
            a, b = series["points"][i], other["points"][j]
            if a["name"] and b["name"] and reference["fixed"] and candidate["fixed"]:
                k = min(range(len(first)), key=lambda k: abs(first[k]["at"] - a["at"]))
                m = min(range(len(second)), key=lambda m: abs(second[m]["at"] - b["at"]))
                found.setdefault(k, m)
    length = plots.axis_length(name)
    for k, tick in enumerate(first):
        if k in found:
            continue
        for m, other_tick in enumerate(second):
            gap = abs(unit(reference, tick["at"]) - unit(reference, other_tick["at"])) * length
            if m not in found.values() and gap <= 0.5:
                found[k] = m
                break
    return sorted(found.items())
