"""Findings: what an annotator saw, as values. They become English once, when a report is written.

A finding names its rule, its element and the values of both sides. A task keeps one table of rules
(category, severity, reason) and one function that phrases findings. Code that compares, groups or
drops findings reads their fields and never their words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from erm.tasks.discrepancy import Box, Discrepancy

Element = TypeVar("Element")
Value = TypeVar("Value")
AnyFinding = TypeVar("AnyFinding", bound="Finding[Any, Any]")


class Rule(NamedTuple):
    """One kind of difference: its category, its severity (1 to 3) and the reason for it."""

    category: str
    severity: int
    reason: str


class Phrase(NamedTuple):
    """A finding in English: the place, and the difference with the candidate's value first."""

    location: str
    description: str


@dataclass(frozen=True)
class Finding(Generic[Element, Value]):
    """One difference of a candidate against its reference.

    Attributes:
        rule: name of the rule in the task's table.
        element: what differs, as the task's own value: kind, name, position.
        reference: the reference's value; None where the element is extra.
        candidate: the candidate's value; None where the element is missing.
        reference_box: where the element is in the reference, in pixels; None where it is absent.
        candidate_box: where it is in the candidate.
    """

    rule: str
    element: Element
    reference: Value | None = None
    candidate: Value | None = None
    reference_box: Box | None = None
    candidate_box: Box | None = None


def union(boxes: Iterable[Box | None]) -> Box | None:
    """The smallest box around boxes; None for none."""
    known = [box for box in boxes if box is not None]
    return Box.around(known) if known else None


def write_discrepancy(
    finding: AnyFinding,
    rules: Mapping[str, Rule],
    phrase: Callable[[AnyFinding], Phrase],
    *,
    same_canvas: bool,
) -> Discrepancy:
    """The report entry of a finding.

    Args:
        rules: the task's table.
        phrase: the task's wording.
        same_canvas: both images have one size, so that one box can cover both sides. Otherwise
            the box is the candidate's, or the reference's of a missing element.
    """
    rule = rules[finding.rule]
    location, description = phrase(finding)
    box = finding.candidate_box or finding.reference_box
    if same_canvas and finding.candidate_box is not None:
        box = union((finding.reference_box, finding.candidate_box))
    missing = finding.candidate_box is None and finding.reference_box is not None
    return Discrepancy(
        category=rule.category,
        severity=rule.severity,
        location=location,
        description=description,
        box=box,
        box_in="reference" if missing else "candidate",
    )
