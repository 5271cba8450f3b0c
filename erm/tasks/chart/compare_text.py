"""Differences of texts: titles, axis labels, labels and shares of wedges and tiles.

Not covered: notes (`erm.tasks.chart.compare_notes`), how texts are set
(`erm.tasks.chart.compare_fonts`), tick labels (`erm.tasks.chart.compare_ticks`) and legends
(`erm.tasks.chart.compare_legends`).
"""

from __future__ import annotations

from collections.abc import Sequence

from erm.tasks.chart.compare_fonts import compare_text_boxes
from erm.tasks.chart.compare_notes import DATA_RULES, compare_notes
from erm.tasks.chart.elements import BoxList, TextItem
from erm.tasks.chart.findings import Element, Findings, hull, one_sided
from erm.tasks.chart.naming import SHARES
from erm.tasks.chart.plot_pair import Matched, PlotPair
from erm.tasks.chart.text_changes import TextPair, add_changed_texts, word_rule

_LABEL_OFFSET = 3.0
"""Pixels up to which a label of an axis stands at one of its ends or in its middle."""
_PART_ROLES = ("wedge label", "wedge share", "tile label")
_TITLES = ("title", "left title", "right title")


def compare_texts(
    reference: Sequence[TextItem],
    candidate: Sequence[TextItem],
    backgrounds: tuple[str, str],
    findings: Findings,
    frames: tuple[BoxList, BoxList],
    plots: PlotPair | None = None,
) -> list[TextPair]:
    """Adds differences of all texts of a plot or figure except ticks and legends; returns pairs of
    texts for `compare_fonts`.

    ``frames`` are the boxes of what the texts stand in, on each side, against which places are
    compared; where data differs, numbers written at marks follow it and are not listed again.
    Between two ``plots`` a note that stands at the same values stands where it stood.
    """
    roles = list(dict.fromkeys(item["role"] for item in [*reference, *candidate]))
    several = ("annotation", *_PART_ROLES)
    first = {item["role"]: item for item in reference if item["role"] not in several}
    second = {item["role"]: item for item in candidate if item["role"] not in several}
    _pair_titles(first, second, findings)
    if findings.has("orientation"):
        second = _turned_labels(first, second)
    pairs: list[TextPair] = []
    for role in (role for role in roles if role not in several):
        a, b = first.get(role), second.get(role)
        element = Element(role)
        if a is not None and b is not None:
            if a["text"] != b["text"]:
                rule = word_rule(b["text"], a["text"], "title")
                texts = a["text"], b["text"]
                findings.add(rule, element, "text", texts, (a["box"], b["box"]))
            places = _label_place(a, frames[0]), _label_place(b, frames[1])
            if plots is not None and None not in places and places[0] != places[1]:
                findings.add("place", element, "side", places, (a["box"], b["box"]))
            pairs.append((element, a, b))
        elif (present := a or b) is not None:
            missing = a is not None
            findings.add_presence("title", element, missing, one_sided(present["box"], missing))
    pairs += compare_notes(reference, candidate, findings, frames, plots)
    compare_text_boxes(pairs, backgrounds, findings)
    return pairs


def _label_place(item: TextItem, frame: BoxList) -> str | None:
    """Where the label of an axis stands along it; None where it fits none of three places."""
    if item["role"] not in ("x label", "y label", "right y label"):
        return None
    low, high = (0, 2) if item["role"] == "x label" else (1, 3)
    names = ("left", "centre", "right") if low == 0 else ("top", "centre", "bottom")
    box = item["box"]
    gaps = [
        abs(box[low] - frame[low]),
        abs(box[low] + box[high] - frame[low] - frame[high]) / 2,
        abs(box[high] - frame[high]),
    ]
    near = [f"at the {name}" for name, gap in zip(names, gaps, strict=True) if gap <= _LABEL_OFFSET]
    return near[0] if len(near) == 1 else None


def _turned_labels(first: dict[str, TextItem], second: dict[str, TextItem]) -> dict[str, TextItem]:
    """The candidate's texts, axis labels exchanged where they went along with turned bars."""
    names = ("x label", "y label")
    before = [first[name]["text"] if name in first else "" for name in names]
    after = [second[name]["text"] if name in second else "" for name in names]
    if before == after or before != after[::-1]:
        return second
    texts = {role: item for role, item in second.items() if role not in names}
    for name, other in (names, names[::-1]):
        if name in second:
            texts[other] = {**second[name], "angle": first[other]["angle"]}
    return texts


def _pair_titles(
    first: dict[str, TextItem], second: dict[str, TextItem], findings: Findings
) -> None:
    """A title that moved to another side stays the same title."""
    gone = [role for role in _TITLES if role in first and role not in second]
    added = [role for role in _TITLES if role in second and role not in first]
    places = {"title": "centred", "left title": "at the left", "right title": "at the right"}
    if len(gone) == len(added) == 1:
        item = second.pop(added[0])
        sides = places[gone[0]], places[added[0]]
        boxes = first[gone[0]]["box"], item["box"]
        findings.add("place", Element("title"), "side", sides, boxes)
        second[gone[0]] = item


def compare_wedge_texts(matched: Matched, plots: PlotPair) -> list[TextPair]:
    """Adds differences of labels and shares written at wedges or tiles, which move and change with
    them; returns pairs of texts for `compare_fonts`."""
    pies = [
        pairs
        for first, second, pairs in matched
        if first["kind"] == second["kind"] and first["kind"] in SHARES
    ]
    if not pies:
        return []
    linked = dict(pies[0])
    follows = plots.findings.has(*DATA_RULES)
    fonts: list[TextPair] = []
    for role in _PART_ROLES:
        first, second = (
            {text.get("wedge", -1): text for text in axes["texts"] if text["role"] == role}
            for axes in (plots.reference, plots.candidate)
        )
        if bool(first) != bool(second):
            boxes = hull(t["box"] for t in first.values()), hull(t["box"] for t in second.values())
            element = Element(f"{role}s", plural=True)
            plots.findings.add_presence("tick text", element, bool(first), boxes)
            continue
        pairs = [(first[i], second[j], i) for i, j in linked.items() if i in first and j in second]
        fonts += [(Element(role), a, b) for a, b, _ in pairs]
        if role != "wedge share" or not follows:
            rule = "annotation" if role == "wedge share" else "label"
            changed = [
                (Element(role, rank=i + 1), a, b) for a, b, i in pairs if a["text"] != b["text"]
            ]
            add_changed_texts(changed, rule, plots.findings)
    return fonts
