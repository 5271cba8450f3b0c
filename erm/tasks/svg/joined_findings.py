"""Findings about segments put together: equal changes of several shapes are one finding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from erm.tasks.discrepancy import Box
from erm.tasks.shared.findings import Finding
from erm.tasks.svg.icon_pair import IconPair, together
from erm.tasks.svg.segment_changes import one_sided
from erm.tasks.svg.shapes import Element, SvgFinding

_FEW = 2
"""Missing regions of one colour, and extra ones, that are reported one by one."""
_MOST_FINDINGS = 6
"""Findings of segments that a report lists, the largest ones."""
_OF_ONE_SHAPE = frozenset(("colour", "opacity", "outline", "paint"))
"""Changes of several regions that are taken for one of a shape that all of them belong to."""


def joined(icons: IconPair, found: Sequence[SvgFinding]) -> list[SvgFinding]:
    """Equal changes of several shapes as one, the largest findings.

    A picture that is one shape has one of each.
    """
    groups: dict[Any, list[SvgFinding]] = {}
    for index, item in enumerate(found):
        groups.setdefault(_shared(icons, item) or index, []).append(item)
    return _largest([one for items in groups.values() for one in _join(icons, items)])


def _shared(icons: IconPair, item: SvgFinding) -> Any:
    rule = item.rule.partition(".")[0]
    if rule in ("colour", "opacity", "stroke_width", "paint"):
        return (rule, item.element.part, repr(item.reference), repr(item.candidate))
    if rule == "outline" and icons.single_ink and not icons.strokes:
        return rule
    if rule.endswith(("missing", "extra")):
        word = rule.partition("_")[2]
        return word, item.element.shapes[0].look.colour
    if rule == "moved":
        step = np.array(item.candidate) - np.array(item.reference)
        return (rule, *np.round(step / 3).astype(int).tolist())
    return None


def _join(icons: IconPair, items: list[SvgFinding]) -> list[SvgFinding]:
    first = items[0]
    alone = first.reference_box is None or first.candidate_box is None
    if len(items) <= (_FEW if alone else 1):
        return items
    shapes = tuple(item.element.shapes[0] for item in items)
    if alone:
        word = "missing" if first.candidate_box is None else "extra"
        return [one_sided(together(shapes), word)]
    box = Box.around([shape.box for shape in shapes])
    if first.rule.partition(".")[0] in _OF_ONE_SHAPE:
        element = Element((together(shapes),), part=first.element.part)
        return [Finding(first.rule, element, first.reference, first.candidate, box, box)]
    if first.rule.startswith("moved"):
        element = Element(shapes, moved_together=True)
        rule = first.rule.replace("moved", "group_moved")
        step = np.array(first.candidate) - np.array(first.reference)
        return [Finding(rule, element, (0.0, 0.0), tuple(step.tolist()), box, box)]
    looks = {shape.look for shape in shapes}
    every = len(looks) == 1 and len(shapes) == len(icons.segments[0])
    element = Element(shapes, part=first.element.part, every=every)
    return [Finding(first.rule, element, first.reference, first.candidate, box, box)]


def _largest(found: list[SvgFinding]) -> list[SvgFinding]:
    if len(found) <= _MOST_FINDINGS:
        return found
    ranked = sorted(found, key=lambda item: -sum(shape.area for shape in item.element.shapes))
    return ranked[:_MOST_FINDINGS]
