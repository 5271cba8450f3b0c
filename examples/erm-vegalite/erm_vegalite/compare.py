"""Exact discrepancies of two charts, from their scenes."""

from __future__ import annotations

from typing import Any, NamedTuple

from erm.tasks import View
from erm.tasks.discrepancy import MEDIUM, MINOR, SEVERE, Box, Discrepancy
from erm.tasks.shared.colours import colour_change
from erm.tasks.shared.findings import Finding, Phrase, Rule, write_discrepancy
from erm.tasks.shared.numbers import number_change
from erm.tasks.shared.text import quote

RULES = {
    "type": Rule("structure_error", SEVERE, "the chart says something else"),
    "mark": Rule("structure_error", SEVERE, "a value is lost or invented"),
    "value": Rule("data_error", MEDIUM, "a value is misread"),
    "range": Rule("data_error", MEDIUM, "all values are drawn in another proportion"),
    "text": Rule("text_error", MEDIUM, "a name is misread"),
    "colour": Rule("style_error", MINOR, "all values can still be read"),
}


class Element(NamedTuple):
    """What differs: its kind (``bar``, ``title``) and, of one among several, its name."""

    kind: str
    name: str = ""


def compare(reference: View, candidate: View) -> list[Discrepancy]:
    """A discrepancy for each text, mark, value and range that differs, one for the colour."""
    one, other = reference.scene, candidate.scene
    kind = other["marks"]["kind"]
    findings = [
        *_find("type", Element("chart"), "kind", one["marks"], other["marks"]),
        *_find("colour", Element(f"{kind}s"), "colour", one["marks"], other["marks"]),
        *_find("range", Element("y-axis"), "text", one["range"], other["range"]),
    ]
    for name in sorted({*one["texts"], *other["texts"]}):
        sides = one["texts"].get(name), other["texts"].get(name)
        findings += _find("text", Element(name), "text", *sides)
    for first, second in _pairs(one["categories"], other["categories"]):
        name = (first or second)["text"]
        if first and second:
            findings += _find("text", Element("x-axis label", name), "text", first, second)
        sides = first and first["mark"], second and second["mark"]
        rule = "value" if all(sides) else "mark"
        findings += _find(rule, Element(kind, name), "value", *sides)
    same_canvas = reference.pixels.shape == candidate.pixels.shape
    return [write_discrepancy(each, RULES, _phrase, same_canvas=same_canvas) for each in findings]


def _find(
    rule: str, element: Element, key: str, reference: Any, candidate: Any
) -> list[Finding[Element, Any]]:
    """The finding where both sides differ; a side that is None is absent."""
    values = [side and side[key] for side in (reference, candidate)]
    boxes = [side and Box(*side["box"]) for side in (reference, candidate)]
    return [] if values[0] == values[1] else [Finding(rule, element, *values, *boxes)]


def _pairs(reference: list[Any], candidate: list[Any]) -> list[tuple[Any, Any]]:
    """Categories that belong together: by place where both sides have as many, else by text."""
    if len(reference) == len(candidate):
        return list(zip(reference, candidate, strict=True))
    named = [{one["text"]: one for one in side} for side in (reference, candidate)]
    return [(named[0].get(text), named[1].get(text)) for text in named[0] | named[1]]


def _phrase(finding: Finding[Element, Any]) -> Phrase:
    kind, name = finding.element
    place = f"{kind} '{name}'" if name else kind
    if finding.candidate is None or finding.reference is None:
        return Phrase(place, "is missing" if finding.candidate is None else "is extra")
    change = f"{quote(str(finding.candidate))} instead of {quote(str(finding.reference))}"
    if finding.rule == "value":
        change = number_change([finding.candidate], [finding.reference])
    elif finding.rule == "colour":
        change = colour_change(finding.candidate, finding.reference)
    return Phrase(place, f"{finding.rule} is {change}")
