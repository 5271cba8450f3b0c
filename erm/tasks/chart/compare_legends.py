"""Differences of legends: there or not, entries, place, frame, title."""

from __future__ import annotations

from collections.abc import Sequence

from erm.tasks.chart.elements import BoxList, Legend
from erm.tasks.chart.findings import Element, Findings, one_sided
from erm.tasks.chart.matching import assign
from erm.tasks.chart.plot_pair import Matched, Pairs
from erm.tasks.chart.text_changes import TextPair, add_changed_texts, word_rule
from erm.tasks.shared.colours import is_visible, over
from erm.tasks.shared.text import text_distance

_LEGEND = Element("legend")

_FEW = 4
"""Most changed entries that are listed one by one."""

_SHOWN = 6
"""Most entries that a finding names."""


def compare_legends(
    reference: Sequence[Legend],
    candidate: Sequence[Legend],
    matched: Matched,
    backgrounds: tuple[str, str],
    frames: tuple[BoxList, BoxList],
    findings: Findings,
) -> list[TextPair]:
    """Adds differences of the legends of two plots; returns pairs of texts for `compare_fonts`.

    ``matched`` are all series that the legends may name, ``frames`` the boxes of what the legends
    stand in, on each side.
    """
    pairs = assign(reference, candidate, lambda i, j: _distance(reference[i], candidate[j]))
    fonts: list[TextPair] = []
    for i, j in pairs:
        sides = reference[i], candidate[j]
        fonts += _compare_two(*sides, matched, backgrounds, frames, findings)
    for missing, legends, taken in (
        (True, reference, {i for i, _ in pairs}),
        (False, candidate, {j for _, j in pairs}),
    ):
        for index, legend in enumerate(legends):
            if index not in taken:
                boxes = one_sided(legend["box"], missing)
                findings.add_presence("legend", _LEGEND, missing, boxes)
    return fonts


def _distance(reference: Legend, candidate: Legend) -> float:
    """How much the entries of two legends differ, 0 to 1."""
    first, second = (
        " ".join(item["text"] for item in legend["entries"]) for legend in (reference, candidate)
    )
    return text_distance(first, second)


def _compare_two(
    reference: Legend,
    candidate: Legend,
    matched: Matched,
    backgrounds: tuple[str, str],
    frames: tuple[BoxList, BoxList],
    findings: Findings,
) -> list[TextPair]:
    names = {first["name"]: second["name"] for first, second, _ in matched if first["name"]}
    pairs = _entry_pairs(reference, candidate, names)
    changed = []
    fonts: list[TextPair] = []
    for i, j in pairs:
        a, b = reference["entries"][i], candidate["entries"][j]
        if a["text"] != b["text"]:
            changed.append((Element("legend entry", rank=i + 1), a, b))
        fonts.append((Element("legend entry"), a, b))
    if len(changed) > _FEW:
        texts = tuple(a["text"] for _, a, _ in changed), tuple(b["text"] for *_, b in changed)
        boxes = reference["box"], candidate["box"]
        entries = Element("legend entries", plural=True)
        findings.add("label", entries, "texts", (texts[0][:_SHOWN], texts[1][:_SHOWN]), boxes)
    else:
        add_changed_texts(changed, "label", findings)
    _compare_colours(reference, candidate, pairs, names, backgrounds, findings)
    if not findings.has("series", "chart type", "bar"):
        _add_unmatched(reference, candidate, pairs, findings)
    _compare_places(reference, candidate, frames, findings)
    _compare_titles(reference, candidate, findings)
    return fonts


def _compare_colours(
    reference: Legend,
    candidate: Legend,
    pairs: Pairs,
    names: dict[str, str],
    backgrounds: tuple[str, str],
    findings: Findings,
) -> None:
    """Colours of entries that name no series; a patch follows the bar that it names."""
    boxes = reference["box"], candidate["box"]
    known = {(f.reference, f.candidate) for f in findings.found if f.attribute == "colour"}
    paler = findings.has_attribute("opacity")
    for i, j in pairs:
        paints = reference["colours"][i], candidate["colours"][j]
        colours = over(paints[0], backgrounds[0]), over(paints[1], backgrounds[1])
        own = reference["entries"][i]["text"] not in names and paints[0] != paints[1]
        own = own and not (paler and paints[0][:7] == paints[1][:7])
        if own and colours not in known and is_visible(*colours):
            element = Element("legend entry", rank=i + 1)
            findings.add("mark colour", element, "colour", colours, boxes)


def _add_unmatched(reference: Legend, candidate: Legend, pairs: Pairs, findings: Findings) -> None:
    for missing, legend, taken in (
        (True, reference, {i for i, _ in pairs}),
        (False, candidate, {j for _, j in pairs}),
    ):
        for index, item in enumerate(legend["entries"]):
            if index not in taken:
                element = Element("legend entry", name=item["text"])
                boxes = one_sided(item["box"], missing)
                findings.add_presence("label", element, missing, boxes)
    order = [j for _, j in sorted(pairs)]
    if order != sorted(order):
        both = reference["box"], candidate["box"]
        findings.add("place", _LEGEND, "entry order", (None, None), both)


def _compare_places(
    reference: Legend, candidate: Legend, frames: tuple[BoxList, BoxList], findings: Findings
) -> None:
    """Place, columns and frame."""
    boxes = reference["box"], candidate["box"]
    follows = reference["auto"] and candidate["auto"]
    places = reference["place"], candidate["place"]
    if not follows and _is_moved(*boxes, frames):
        attribute = "named place" if places[0] != places[1] else "place"
        findings.add("place", _LEGEND, attribute, places, boxes)
    columns = reference["columns"], candidate["columns"]
    if columns[0] != columns[1] and len(reference["entries"]) == len(candidate["entries"]):
        findings.add("place", _LEGEND, "columns", columns, boxes)
    if reference["framed"] != candidate["framed"]:
        element = Element("legend frame")
        findings.add_presence("frame", element, reference["framed"], boxes)
        return
    shadows = [side.get("shadow") for side in (reference, candidate)]
    if shadows[0] != shadows[1]:
        findings.add("frame", _LEGEND, "shadow", (shadows[0], shadows[1]), boxes)


def _entry_pairs(reference: Legend, candidate: Legend, names: dict[str, str]) -> Pairs:
    """Entries by the series that they name, else by their patches, else by their texts.

    ``names`` are the names of matched series, by the reference's; a legend of patches that the
    program made itself names none of them, and there an entry is what its colour stands for.
    """
    first, second = (
        [item["text"] for item in legend["entries"]] for legend in (reference, candidate)
    )
    colours = reference["colours"]
    distinct = len(set(colours)) == len(colours)
    if distinct and colours == candidate["colours"] and not names.keys() & set(first):
        return [(i, i) for i in range(len(first))]

    def cost(i: int, j: int) -> float:
        linked = 0.0 if names.get(first[i], second[j]) == second[j] else 2.0
        return linked + text_distance(first[i], second[j]) + 0.05 * abs(i - j)

    return assign(first, second, cost)


def _is_moved(reference: BoxList, candidate: BoxList, frames: tuple[BoxList, BoxList]) -> bool:
    """Whether a box stands elsewhere in its frame, not only grew from a side or its middle."""
    a, b = (
        [x - y for x, y in zip(*pair, strict=True)]
        for pair in ((reference, frames[0]), (candidate, frames[1]))
    )
    for low, high in ((0, 2), (1, 3)):
        starts, ends = abs(a[low] - b[low]), abs(a[high] - b[high])
        middles = abs(a[low] + a[high] - b[low] - b[high]) / 2
        if min(starts, ends, middles) > 1:
            return True
    return False


def _compare_titles(reference: Legend, candidate: Legend, findings: Findings) -> None:
    a, b = reference["title"], candidate["title"]
    element = Element("legend title")
    if a is not None and b is not None:
        if a["text"] != b["text"]:
            rule = word_rule(b["text"], a["text"], "title")
            findings.add(rule, element, "text", (a["text"], b["text"]), (a["box"], b["box"]))
    elif (present := a or b) is not None:
        missing = a is not None
        findings.add_presence("title", element, missing, one_sided(present["box"], missing))
