"""Shapes that lie in front of others on one side and behind them on the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from erm.tasks.svg.paint import opacity
from erm.tasks.svg.shapes import Pair, Shape, SvgFinding

_SEEN_OVERLAP = 4
"""Visibly different pixels that two shapes must share."""
_BURIED = 0.9
"""Share of a shape's pixels, its edges thickened, that what hides it must cover."""


def compare_stacking(pairs: list[Pair], visible: NDArray[np.bool_]) -> list[SvgFinding]:
    """The fewest shapes whose other place in the paint order explains what is seen."""
    swapped: dict[int, list[int]] = {}
    for i, a in enumerate(pairs):
        for j, b in enumerate(pairs):
            raised = a.reference.order < b.reference.order and a.candidate.order > b.candidate.order
            if raised and _overlap_seen(a, b, visible):
                swapped.setdefault(i, []).append(j)
                swapped.setdefault(j, []).append(i)
    found = []
    while swapped:
        index = max(swapped, key=lambda i: (len(swapped[i]), pairs[i].candidate.order))
        pair, other = pairs[index], pairs[swapped[index][0]]
        ways = ("in front of", "behind")
        if pair.candidate.order < other.candidate.order:
            ways = ("behind", "in front of")
        finding = pair.finding("stacking", ways[1], ways[0])
        found.append(replace(finding, element=replace(finding.element, other=other.reference)))
        for partner in swapped.pop(index):
            swapped[partner].remove(index)
            if not swapped[partner]:
                del swapped[partner]
    return found


def is_buried(shape: Shape, side: int, stacked: list[SvgFinding], pairs: list[Pair]) -> bool:
    """Whether a shape is only hidden by one that changed its place in the paint order.

    Args:
        shape: has no partner on the other side.
        side: of the shape, 0 for the reference and 1 for the candidate.
        stacked: findings of `compare_stacking`.
    """
    others = {id(pair.reference): (pair.candidate, pair.reference)[side] for pair in pairs}
    for finding in stacked:
        ahead = (finding.candidate, finding.reference)[side] == "in front of"
        front = finding.element.shapes[0] if ahead else finding.element.other
        if front is not None and _covers(others[id(front)], shape):
            return True
    return False


def _covers(front: Shape, shape: Shape) -> bool:
    """Whether an opaque fill leaves nothing of another shape's box and little of its outline."""
    if front.fill is None or opacity(front.fill) < 1:
        return False
    outer, inner = front.box, shape.box
    if not (
        outer.x0 <= inner.x0
        and outer.y0 <= inner.y0
        and outer.x1 >= inner.x1
        and outer.y1 >= inner.y1
    ):
        return False
    mask = shape.mask()
    return bool((mask & front.mask()).sum() >= _BURIED * mask.sum())


def _overlap_seen(a: Pair, b: Pair, visible: NDArray[np.bool_]) -> bool:
    one, other = a.candidate.box, b.candidate.box
    x0, y0 = max(one.x0, other.x0), max(one.y0, other.y0)
    x1, y1 = min(one.x1, other.x1), min(one.y1, other.y1)
    if x0 >= x1 or y0 >= y1:
        return False
    overlap = a.candidate.mask() & b.candidate.mask() & visible
    return int(overlap.sum()) >= _SEEN_OVERLAP
