"""Differences of notes: their words, places and arrows; of numbers written at marks as a group.

Numbers that follow from listed values are not listed again. Not covered: how notes are set and
their boxes (`erm.tasks.chart.compare_fonts`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from erm.tasks.chart.elements import Axes, BoxList, TextItem
from erm.tasks.chart.findings import Element, Finding, Findings, Value, hull, one_sided
from erm.tasks.chart.matching import assign
from erm.tasks.chart.plot_pair import VISIBLE_WIDTH, PlotPair
from erm.tasks.chart.severity import VALUE_RULES
from erm.tasks.chart.text_changes import TextChange, TextPair, word_rule
from erm.tasks.shared.colours import is_visible, over
from erm.tasks.shared.findings import union
from erm.tasks.shared.numbers import parse_number
from erm.tasks.shared.text import text_distance

_SHOWN = 6
"""Most value labels that a finding names."""

_NUMBER = re.compile(r"\d+(?:\.\d+)?")

_STRETCHED = 1.25
"""Factor by which a frame must change for offsets in pixels to look otherwise."""

DATA_RULES = (
    *VALUE_RULES,
    "bar",
    "point",
    "series",
    "category",
    "bins",
    "limits",
    "limits small",
    "chart type",
    "orientation",
    "arrangement",
)
"""Rules of differences that change data, and with it the numbers that are written at marks."""


def compare_notes(
    reference: Sequence[TextItem],
    candidate: Sequence[TextItem],
    findings: Findings,
    frames: tuple[BoxList, BoxList],
    plots: PlotPair | None,
) -> list[TextPair]:
    """Adds differences of notes in ``frames``; returns pairs of notes for `compare_fonts`."""
    size = math.hypot(frames[0][2] - frames[0][0], frames[0][3] - frames[0][1])
    first = [item for item in reference if item["role"] == "annotation"]
    second = [item for item in candidate if item["role"] == "annotation"]
    follows = findings.has(*DATA_RULES)
    carried = follows or findings.has(
        "bar width", "error bars", "layout", "figure size", "inverted", "scale", "view"
    )
    carried = carried or _is_reshaped(frames)
    if _are_value_labels(first, second):
        boxes = hull(item["box"] for item in first), hull(item["box"] for item in second)
        element = Element("value labels", plural=True)
        findings.add_presence("annotation", element, bool(first), boxes)
        return []

    kept = [_at_values(item, plots) for item in second]
    shifts = [
        [min(_shift(a, b, frames), _apart(a, place)) for b, place in zip(second, kept, strict=True)]
        for a in first
    ]

    def cost(i: int, j: int) -> float:
        words = text_distance(first[i]["text"], second[j]["text"])
        return words + 2 * shifts[i][j] / max(size, 1.0) + 0.01 * abs(i - j)

    def note(item: TextItem) -> Element:
        return Element("note", name=item["text"]) if len(first) > 1 else Element("note")

    matched = assign(first, second, cost)
    on_cells = findings.has("colour map", "value", "value large", "mark colour") and (
        plots is not None and any(s["kind"] == "heat map" for s in plots.reference["series"])
    )
    pairs: list[TextPair] = []
    moved: list[TextPair] = []
    known = len(findings.found)
    for i, j in matched:
        a, b = first[i], second[j]
        numbers = [parse_number(item["text"]) for item in (a, b)]
        written = (
            None not in numbers and (plots is None or _is_value_label(a["text"], plots.reference))
        ) or _writes_values(a["text"], b["text"], findings)
        if a["text"] != b["text"] and not (follows and written):
            rule = word_rule(b["text"], a["text"], "annotation")
            texts = a["text"], b["text"]
            findings.add(rule, note(a), "text", texts, (a["box"], b["box"]))
        elif not carried and a["angle"] == b["angle"] and shifts[i][j] > max(2.0, 0.01 * size):
            moved.append((note(a), a, b))
        _compare_arrows(a, b, findings)
        # a note on a cell is black or white as the cell is bright or dark
        own = TextItem(**{**b, "colour": a["colour"]}) if on_cells else b
        pairs.append((note(a), a, own))
    _join_value_labels(known, findings)
    _join_arrows(known, findings)
    _add_moved_notes(moved, findings)
    matched_sides = {i for i, _ in matched}, {j for _, j in matched}
    for missing, items, taken in (
        (True, first, matched_sides[0]),
        (False, second, matched_sides[1]),
    ):
        for index, item in enumerate(items):
            if index not in taken and not (follows and parse_number(item["text"]) is not None):
                element = Element("note", name=item["text"])
                sides = one_sided(item["box"], missing)
                findings.add_presence("annotation", element, missing, sides)
    return pairs


def _join_arrows(known: int, findings: Findings) -> None:
    """Makes one finding of a look that changed alike on the arrows of three and more notes."""
    groups: dict[TextChange, list[Finding]] = {}
    for finding in findings.found[known:]:
        if finding.rule == "line" and finding.element.noun == "arrow of note":
            change = finding.attribute, finding.reference, finding.candidate
            groups.setdefault(change, []).append(finding)
    for (attribute, *values), members in groups.items():
        if len(members) >= 3:
            kept = [finding for finding in findings.found[known:] if finding not in members]
            findings.found[known:] = kept
            boxes = union(m.reference_box for m in members), union(m.candidate_box for m in members)
            element = Element("arrows of notes", plural=True)
            findings.add("line", element, attribute, (values[0], values[1]), boxes)


def _writes_values(reference: str, candidate: str, findings: Findings) -> bool:
    """Whether two notes differ only in numbers, which are values that a listed finding has."""
    words = [_NUMBER.split(text) for text in (reference, candidate)]
    if words[0] != words[1]:
        return False
    changes = {
        (f"{before:.6g}", f"{after:.6g}")
        for finding in findings.found
        if finding.attribute in ("value", "values", "share", "shares")
        for before, after in zip(
            _as_numbers(finding.reference), _as_numbers(finding.candidate), strict=False
        )
    }
    numbers = zip(_NUMBER.findall(reference), _NUMBER.findall(candidate), strict=True)
    written = {(f"{float(a):.6g}", f"{float(b):.6g}") for a, b in numbers if a != b}
    return bool(written) and written <= changes


def _join_value_labels(known: int, findings: Findings) -> None:
    """Makes one finding of more than three notes that are other numbers."""
    changed = [
        finding
        for finding in findings.found[known:]
        if finding.attribute == "text"
        and parse_number(str(finding.reference)) is not None
        and parse_number(str(finding.candidate)) is not None
    ]
    if len(changed) <= 3:
        return
    texts = (
        tuple(finding.reference for finding in changed[:_SHOWN]),
        tuple(finding.candidate for finding in changed[:_SHOWN]),
    )
    boxes = (
        hull(f.reference_box and [*f.reference_box] for f in changed),
        hull(f.candidate_box and [*f.candidate_box] for f in changed),
    )
    kept = [finding for finding in findings.found[known:] if finding not in changed]
    findings.found[known:] = kept
    element = Element("value labels", plural=True)
    findings.add("annotation", element, "texts", (texts[0], texts[1]), boxes)  # type: ignore[arg-type]


def _is_value_label(text: str, axes: Axes) -> bool:
    """Whether a mark of the plot shows a number, in some unit, as far as the text writes it."""
    number = parse_number(text)
    digits = _NUMBER.search(text)
    if number is None or digits is None:
        return False
    step = 0.5 * 10.0 ** -len(digits[0].partition(".")[2])
    values = np.abs(
        [
            value
            for series in axes["series"]
            for point in series["points"]
            for value in (
                point["value"],
                point["value"] + point["base"],
                point["value"] - point["base"],
            )
        ]
        or [0.0]
    )
    total = values.sum() or 1.0
    scales = (1.0, 100.0, 1e-3, 1e-6, 1e-9, 100.0 / total)
    return any((np.abs(values * scale - abs(number)) <= 1.01 * step).any() for scale in scales)


def _as_numbers(value: Value | None) -> list[float]:
    items = value if isinstance(value, tuple) else (value,)
    return [float(item) for item in items if isinstance(item, float | int)]


def _compare_arrows(a: TextItem, b: TextItem, findings: Findings) -> None:
    """The arrows of two notes: there or not, colour, width, style."""
    arrows = a.get("arrow"), b.get("arrow")
    element = Element("arrow of note", name=a["text"])
    if arrows[0] is None or arrows[1] is None:
        present = arrows[0] or arrows[1]
        if present is not None:
            missing = arrows[0] is not None
            findings.add_presence("shape", element, missing, one_sided(present["box"], missing))
        return
    boxes = arrows[0]["box"], arrows[1]["box"]
    colours = over(arrows[0]["colour"], "#ffffff"), over(arrows[1]["colour"], "#ffffff")
    if is_visible(*colours):
        findings.add("line", element, "colour", colours, boxes)
    widths = arrows[0]["width"], arrows[1]["width"]
    if abs(widths[0] - widths[1]) > VISIBLE_WIDTH:
        findings.add("line", element, "line width", widths, boxes)
    styles = arrows[0]["style"], arrows[1]["style"]
    if styles[0] != styles[1]:
        findings.add("line", element, "arrow style", styles, boxes)


def _are_value_labels(first: list[TextItem], second: list[TextItem]) -> bool:
    """Whether only one side has notes, and these are several numbers."""
    if bool(first) == bool(second) or max(len(first), len(second)) < 2:
        return False
    return all(parse_number(item["text"]) is not None for item in [*first, *second])


def _add_moved_notes(moved: list[TextPair], findings: Findings) -> None:
    if len(moved) > 2:
        boxes = hull(a["box"] for _, a, _ in moved), hull(b["box"] for _, _, b in moved)
        findings.add("place", Element("notes", plural=True), "places", (None, None), boxes)
        return
    for element, a, b in moved:
        findings.add("place", element, "place", (None, None), (a["box"], b["box"]))


def _is_reshaped(frames: tuple[BoxList, BoxList]) -> bool:
    """Whether a frame became so much wider or narrower that offsets in pixels look otherwise."""
    (a0, b0, a1, b1), (c0, d0, c1, d1) = frames
    stretch = [(c1 - c0) / max(a1 - a0, 1.0), (d1 - d0) / max(b1 - b0, 1.0)]
    return any(not 1 / _STRETCHED < factor < _STRETCHED for factor in stretch)


def _shift(a: TextItem, b: TextItem, frames: tuple[BoxList, BoxList]) -> float:
    """Pixels that a text moved on the page or in its frame, whichever is less."""
    moves = []
    for side in (0, 1):
        before, after = ((item["box"][side] + item["box"][side + 2]) / 2 for item in (a, b))
        (low, high), (other_low, other_high) = ((frame[side], frame[side + 2]) for frame in frames)
        stretch = (high - low) / max(other_high - other_low, 1.0)
        moves.append((abs(after - before), abs((after - other_low) * stretch - (before - low))))
    return float(min(max(page) for page in zip(*moves, strict=True)))


def _at_values(item: TextItem, plots: PlotPair | None) -> tuple[float, float] | None:
    """Where the middle of a candidate's text stands on the reference's page by its values."""
    if plots is None or "camera" in plots.reference or "camera" in plots.candidate:
        return None
    x0, y0, x1, y1 = plots.candidate["box"]
    box = item["box"]
    middle = np.array([[(box[0] + box[2]) / 2 - x0, y1 - (box[1] + box[3]) / 2]])
    share = plots.carried(middle / np.array([max(x1 - x0, 1.0), max(y1 - y0, 1.0)]))[0]
    a0, b0, a1, b1 = plots.reference["box"]
    return float(a0 + share[0] * (a1 - a0)), float(b1 - share[1] * (b1 - b0))


def _apart(item: TextItem, place: tuple[float, float] | None) -> float:
    if place is None:
        return math.inf
    x0, y0, x1, y1 = item["box"]
    return max(abs((x0 + x1) / 2 - place[0]), abs((y0 + y1) / 2 - place[1]))
