"""Pairs of texts that stand for each other, and what changed in their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from erm.tasks.chart.elements import TextItem, Tick
from erm.tasks.chart.findings import Element, Findings, Value, hull
from erm.tasks.shared.text import is_typo

TextPair = tuple[Element, TextItem, TextItem]
"""Two texts that stand for each other, and what they are."""

TextChange = tuple[str, Value | None, Value | None]
"""Attribute of a text, the reference's and the candidate's value."""


def word_rule(candidate: str, reference: str, rule: str) -> str:
    """The rule of a changed text: a typo, or the given one."""
    return "typo" if is_typo(candidate, reference) else rule


def add_changed_texts(
    changed: Sequence[tuple[Element, TextItem | Tick, TextItem | Tick]],
    rule: str,
    findings: Findings,
) -> None:
    """Adds changed texts by their places; two that changed places with each other are one."""
    rest = list(changed)
    while rest:
        element, a, b = rest.pop(0)
        texts = a["text"], b["text"]
        other = next((k for k in rest if (k[2]["text"], k[1]["text"]) == texts), None)
        if other is None:
            text_rule = word_rule(b["text"], a["text"], rule)
            findings.add(text_rule, element, "text", texts, (a["box"], b["box"]))
            continue
        rest.remove(other)
        boxes = hull([a["box"], other[1]["box"]]), hull([b["box"], other[2]["box"]])
        both = replace(element, second=other[0])
        findings.add(rule, both, "texts swapped", (texts, texts[::-1]), boxes)
