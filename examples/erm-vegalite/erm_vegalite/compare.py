"""Exact discrepancies of two charts, from their scenes."""

from __future__ import annotations

from typing import Any, NamedTuple

from erm.tasks import View
from erm.tasks.discrepancy import MEDIUM, MINOR, SEVERE, Box, Discrepancy
from erm.tasks.shared.colours import colour_words
from erm.tasks.shared.findings import Finding, Phrase, Rule, union, write_discrepancy
from erm.tasks.shared.numbers import write_number

RULES = {
    "mark type": Rule("structure_error", SEVERE, "the chart says something else"),
    "mark": Rule("structure_error", SEVERE, "a value is lost or invented"),
    "value": Rule("data_error", MEDIUM, "a value is misread"),
    "range": Rule("data_error", MEDIUM, "all values are drawn in another proportion"),
    "text": Rule("text_error", MEDIUM, "a name is misread"),
    "colour": Rule("style_error", MINOR, "values can still be read"),
}


class Element(NamedTuple):
    """What differs: its kind (``bar``, ``title``) and, of one among several, its name."""

    kind: str
    name: str = ""


def compare(reference: View, candidate: View) -> list[Discrepancy]:
    """One discrepancy a changed text, mark, value and range, and one for the colour of all."""
    findings = [
        *_texts(reference.scene["texts"], candidate.scene["texts"]),
        *_marks(reference.scene, candidate.scene),
    ]
    same_canvas = reference.pixels.shape == candidate.pixels.shape
    return [write_discrepancy(one, RULES, _phrase, same_canvas=same_canvas) for one in findings]


def _finding(
    rule: str, element: Element, key: str, reference: Any, candidate: Any
) -> list[Finding[Element, Any]]:
    """The finding where a value of two sides differs; a side that is None is absent."""
    sides = [side and side[key] for side in (reference, candidate)]
    boxes = [side and Box(*side["box"]) for side in (reference, candidate)]
    return [] if sides[0] == sides[1] else [Finding(rule, element, *sides, *boxes)]


def _texts(reference: dict[str, Any], candidate: dict[str, Any]) -> list[Finding[Element, Any]]:
    found = []
    for name in sorted({*reference, *candidate}):
        sides = reference.get(name), candidate.get(name)
        found += _finding("text", Element(name), "text", *sides)
    return found


def _marks(reference: dict[str, Any], candidate: dict[str, Any]) -> list[Finding[Element, Any]]:
    kind = candidate["kind"]
    whole = [
        {**side, "box": union(Box(*mark["box"]) for mark in side["marks"])}
        for side in (reference, candidate)
    ]
    found = _finding("mark type", Element("chart"), "kind", *whole)
    found += _finding("range", Element("y-axis"), "text", reference["range"], candidate["range"])
    colours = [{**side, "colour": side["marks"][0]["colour"]} for side in whole]
    found += _finding("colour", Element(f"{kind}s"), "colour", *colours)
    for pair in _matched(reference["categories"], candidate["categories"]):
        labels = [
            side["categories"][i] if i is not None else None
            for side, i in zip((reference, candidate), pair, strict=True)
        ]
        sides = [
            next((mark for mark in side["marks"] if mark["category"] == i), None)
            for side, i in zip((reference, candidate), pair, strict=True)
        ]
        name = next(label["text"] for label in labels if label is not None)
        if None not in labels:
            found += _finding("text", Element("x-axis label", name), "text", *labels)
        rule = "mark" if None in sides else "value"
        found += _finding(rule, Element(kind, name), "value", *sides)
    return found


def _matched(
    reference: list[dict[str, Any]], candidate: list[dict[str, Any]]
) -> list[tuple[int | None, int | None]]:
    """Categories that belong together: by place where both have as many, otherwise by name."""
    if len(reference) == len(candidate):
        return [(index, index) for index in range(len(reference))]
    names = [[label["text"] for label in side] for side in (reference, candidate)]
    shared = [name for name in names[0] if name in names[1]]
    pairs: list[tuple[int | None, int | None]]
    pairs = [(names[0].index(name), names[1].index(name)) for name in shared]
    pairs += [(index, None) for index, name in enumerate(names[0]) if name not in shared]
    return pairs + [(None, index) for index, name in enumerate(names[1]) if name not in shared]


def _phrase(finding: Finding[Element, Any]) -> Phrase:
    kind, name = finding.element
    place = f"{kind} '{name}'" if name else kind
    if finding.candidate is None:
        return Phrase(place, "is missing")
    if finding.reference is None:
        return Phrase(place, "is extra")
    sides = (finding.candidate, finding.reference)
    if finding.rule == "value":
        sides = (write_number(sides[0]), write_number(sides[1]))
    elif finding.rule == "colour":
        sides = colour_words(*sides)
    elif finding.rule == "text":
        sides = (f"'{sides[0]}'", f"'{sides[1]}'")
    what = "type" if finding.rule == "mark type" else finding.rule
    return Phrase(place, f"{what} is {sides[0]} instead of {sides[1]}")
