"""Differences in how texts are set: size, family, weight, colour, angle, and boxes behind them.

Not covered: their words and places (`erm.tasks.chart.compare_text`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from erm.tasks.chart.elements import BoxList, TextItem
from erm.tasks.chart.findings import Element, Findings, hull
from erm.tasks.chart.phrases import plural_of
from erm.tasks.chart.plot_pair import VISIBLE_WIDTH
from erm.tasks.chart.text_changes import TextChange, TextPair
from erm.tasks.shared.colours import is_visible, over


def compare_text_boxes(
    pairs: Sequence[TextPair], backgrounds: tuple[str, str], findings: Findings
) -> None:
    """The boxes behind texts; what changed alike on all or on three and more is one difference."""
    changes: dict[TextChange, list[tuple[Element, TextItem, TextItem]]] = {}
    framed = sum("frame" in a or "frame" in b for _, a, b in pairs)
    for element, a, b in pairs:
        for change in _frame_changes(a, b, backgrounds):
            changes.setdefault(change, []).append((element, a, b))
    for (attribute, *values), members in changes.items():
        if len(members) >= 3 or len(members) == framed > 1:
            boxes = hull(_framed(a) for _, a, _ in members), hull(_framed(b) for _, _, b in members)
            element = Element("boxes of texts", plural=True)
            findings.add("frame", element, attribute, (values[0], values[1]), boxes)
            continue
        for text, a, b in members:
            element = replace(text, noun=f"box of {text.noun}")
            findings.add(
                "frame", element, attribute, (values[0], values[1]), (_framed(a), _framed(b))
            )


def _framed(item: TextItem) -> BoxList:
    return item["frame"]["box"] if "frame" in item else item["box"]


def _frame_changes(a: TextItem, b: TextItem, backgrounds: tuple[str, str]) -> list[TextChange]:
    frames = a.get("frame"), b.get("frame")
    if frames[0] is None or frames[1] is None:
        if frames[0] is frames[1]:
            return []
        return [("", True if frames[0] else None, True if frames[1] else None)]
    changes: list[TextChange] = []
    fills = over(frames[0]["fill"], backgrounds[0]), over(frames[1]["fill"], backgrounds[1])
    if frames[0]["fill"] != frames[1]["fill"] and is_visible(*fills):
        changes.append(("colour", *fills))
    if frames[0]["form"] != frames[1]["form"]:
        changes.append(("form name", frames[0]["form"], frames[1]["form"]))
    edges = frames[0]["edge"], frames[1]["edge"]
    if edges[0] is None or edges[1] is None:
        if edges[0] is not edges[1]:
            changes.append(("outline", True if edges[0] else None, True if edges[1] else None))
        return changes
    colours = over(edges[0]["colour"], backgrounds[0]), over(edges[1]["colour"], backgrounds[1])
    if is_visible(*colours):
        changes.append(("outline colour", *colours))
    if abs(edges[0]["width"] - edges[1]["width"]) > VISIBLE_WIDTH:
        changes.append(("outline width", edges[0]["width"], edges[1]["width"]))
    return changes


def compare_fonts(
    pairs: Sequence[TextPair], backgrounds: tuple[str, str], findings: Findings
) -> None:
    """Differences of size, weight, colour and turn of texts that stand for each other.

    What changed alike on three or more texts is one difference.
    """
    changes: dict[TextChange, list[tuple[TextChange, Element, TextItem, TextItem]]] = {}
    for element, a, b in pairs:
        for change in _font_changes(a, b, backgrounds):
            key = change
            if change[0] == "font size":
                # one change of all sizes makes another step of each
                key = ("font sizes", None, "larger" if b["size"] > a["size"] else "smaller")
            changes.setdefault(key, []).append((change, element, a, b))
    for (attribute, *values), members in changes.items():
        both = {m[1].noun for m in members} == {"x tick labels", "y tick labels"}
        if len(members) >= 3 or both:
            boxes = hull(m[2]["box"] for m in members), hull(m[3]["box"] for m in members)
            nouns = {m[1].noun for m in members}
            noun = plural_of(nouns.pop()) if len(nouns) == 1 else "texts"
            element = Element("tick labels" if both else noun, plural=True)
            change = members[0][0] if both else (attribute, values[0], values[1])
            findings.add("font", element, change[0], change[1:], boxes)
            continue
        for change, element, a, b in members:
            findings.add("font", element, change[0], change[1:], (a["box"], b["box"]))


def _font_changes(a: TextItem, b: TextItem, backgrounds: tuple[str, str]) -> list[TextChange]:
    changes: list[TextChange] = []
    if abs(a["size"] - b["size"]) > max(0.4, 0.03 * a["size"]):
        changes.append(("font size", a["size"], b["size"]))
    if a["font"] != b["font"]:
        changes.append(("font family", a["font"], b["font"]))
    if a["weight"] != b["weight"]:
        changes.append(("font", a["weight"], b["weight"]))
    colours = over(a["colour"], backgrounds[0]), over(b["colour"], backgrounds[1])
    if a["colour"] != b["colour"] and is_visible(*colours):
        changes.append(("colour", *colours))
    if abs((a["angle"] - b["angle"] + 180) % 360 - 180) > 1:
        changes.append(("turn", a["angle"], b["angle"]))
    return changes
