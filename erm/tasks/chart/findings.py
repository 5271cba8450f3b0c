"""Collects the differences that the annotator finds, and drops those that nobody can see.

A finding names its rule (`erm.tasks.chart.severity`), which gives category and severity.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from erm.tasks import View
from erm.tasks.chart.elements import BoxList
from erm.tasks.chart.severity import RULES
from erm.tasks.discrepancy import Box, Discrepancy

PIXEL_STEP = 12
"""Difference of one colour channel (0 to 255) up to which two pixels count as alike."""

_MARGIN = 2.0
"""Pixels around an element's box in which its difference may show (antialiasing, outlines)."""


def union(boxes: Iterable[BoxList | None]) -> BoxList | None:
    """The box around boxes; None for none."""
    known = [box for box in boxes if box is not None]
    if not known:
        return None
    return [
        min(box[0] for box in known),
        min(box[1] for box in known),
        max(box[2] for box in known),
        max(box[3] for box in known),
    ]


@dataclass(frozen=True)
class Finding:
    """One difference, with the element's box on each side where it stands there."""

    rule: str
    location: str
    description: str
    old: BoxList | None
    new: BoxList | None
    scale: tuple[BoxList | None, BoxList | None] = (None, None)
    """Tick labels on each side where a rescaled axis may show the difference instead: bars that
    all shrink by one factor look the same on an axis that shrinks with them."""

    def seen(self, changed: NDArray[np.bool_]) -> Finding | None:
        """The finding with the boxes in which pixels differ; None where nobody can see it."""
        boxes = [box for box in (self.old, self.new) if box is not None]
        if (not boxes and changed.any()) or any(_differs(box, changed) for box in boxes):
            return self
        labels = [box for box in self.scale if box is not None]
        if not any(_differs(box, changed) for box in labels):
            return None
        old, new = union([self.old, self.scale[0]]), union([self.new, self.scale[1]])
        return replace(self, old=old, new=new)

    def discrepancy(self, same_size: bool) -> Discrepancy:
        """The finding as a report's entry; the box covers both sides where images are alike."""
        rule = RULES[self.rule]
        side = "candidate" if self.new is not None else "reference"
        box = self.new if self.new is not None else self.old
        if same_size and self.old is not None and self.new is not None:
            box = union([self.old, self.new])
        return Discrepancy(
            category=rule.category,
            severity=rule.severity,
            location=self.location,
            description=self.description,
            box=Box(*box) if box is not None else None,
            box_in="candidate" if side == "candidate" else "reference",
        )


@dataclass
class Findings:
    """The differences of one pair, or of one of its subplots."""

    suffix: str = ""
    """What a location adds where a figure has several subplots."""
    found: list[Finding] = field(default_factory=list)

    def add(
        self,
        rule: str,
        location: str,
        description: str,
        old: BoxList | None = None,
        new: BoxList | None = None,
    ) -> None:
        """Adds a difference; old and new are the boxes in the reference and the candidate."""
        self.found.append(Finding(rule, location + self.suffix, description, old, new))

    def has(self, *rules: str) -> bool:
        """Whether a difference of one of the rules was found."""
        return any(finding.rule in rules for finding in self.found)


def changed_pixels(reference: View, candidate: View) -> NDArray[np.bool_] | None:
    """Where two images of one size differ by more than `PIXEL_STEP`; None for other sizes."""
    if reference.pixels.shape != candidate.pixels.shape:
        return None
    step = np.abs(reference.pixels.astype(np.int16) - candidate.pixels.astype(np.int16))
    return np.asarray((step > PIXEL_STEP).any(axis=2))


def _differs(box: BoxList, changed: NDArray[np.bool_]) -> bool:
    """Whether any pixel in or just around a box differs."""
    height, width = changed.shape
    x0, y0, x1, y1 = box
    left, right = max(0, int(x0 - _MARGIN)), min(width, int(x1 + _MARGIN) + 1)
    top, bottom = max(0, int(y0 - _MARGIN)), min(height, int(y1 + _MARGIN) + 1)
    return left < right and top < bottom and bool(changed[top:bottom, left:right].any())
