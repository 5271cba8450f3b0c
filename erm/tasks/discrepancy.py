"""One difference between a reference image and a candidate image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Self

MINOR, MEDIUM, SEVERE = 1, 2, 3
"""Severities: hardly affects reading · partial misreading · breaks structure or misleads."""


class Box(NamedTuple):
    """A rectangle in pixels of the image; x grows right, y grows down; x1, y1 are exclusive."""

    x0: float
    y0: float
    x1: float
    y1: float

    @classmethod
    def around(cls, boxes: Iterable[Sequence[float]]) -> Self:
        """The smallest box around one box or more, each x0, y0, x1, y1."""
        x0, y0, x1, y1 = zip(*boxes, strict=True)
        return cls(min(x0), min(y0), max(x1), max(y1))

    @property
    def area(self) -> float:
        """In square pixels."""
        return (self.x1 - self.x0) * (self.y1 - self.y0)


@dataclass(frozen=True)
class Discrepancy:
    """One difference that a person can see.

    Attributes:
        category: one of the categories of the task.
        severity: 1 minor, 2 medium, 3 severe.
        location: the element or place, in a person's words (``bar 'Q3' of series 'EU'``).
        description: the difference with both values, the candidate's first (``value is 4.1
            instead of 6``), without the location.
        box: where it is, in pixels of the image that `box_in` names; None where unknown.
        box_in: the image on which the element is drawn; a missing element is in the reference.
    """

    category: str
    severity: int
    location: str
    description: str
    box: Box | None = None
    box_in: Literal["reference", "candidate"] = "candidate"
