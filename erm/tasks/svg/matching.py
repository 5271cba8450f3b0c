"""Which shape of the candidate stands for which shape of the reference.

A least-cost one-to-one assignment in which leaving a shape without partner has a price, so that a
removed and an unrelated added shape are not taken for one that changed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from erm.tasks.shared.colours import lab
from erm.tasks.shared.text import text_distance
from erm.tasks.svg.compare_outlines import SEEN
from erm.tasks.svg.outline import distance, family
from erm.tasks.svg.paint import mean_colour
from erm.tasks.svg.shapes import Shape

ALONE = 0.65
"""Price of leaving one shape without partner; two of it buy the costliest match."""

_PLACE, _SIZE, _COLOUR, _FILLED, _TEXT = 0.9, 0.5, 0.6, 0.2, 0.4
"""Most that another place, size, colour, way of painting and text add to the price of a match."""
_OTHER_KIND, _SAME_FAMILY = 0.5, 0.1
"""Price of another kind of outline, and of one of the same family."""
_OUTLINE = 0.1
"""Most that another outline about the same centre adds."""
_SAME_CENTRE, _SAME_SIZE = 3.0, 1.0
"""Pixels between two centres, and sum of the binary logarithms of two sizes' ratios, up to which
outlines are compared."""
_MOST_OUTLINES = 1_000
"""Pairs of shapes whose outlines are compared so."""
_COARSE = 24
"""Points of an outline that such a comparison looks at."""
_SAME_OUTLINE = 0.1
"""Share of the price of another colour where the outline stays."""
_NEVER = 10.0
"""Price of a match that is not possible."""
_FAR = 0.4
"""Share of the picture's diagonal from which shapes have nothing of their place in common."""
_OTHER_COLOUR = 100.0
"""CIE76 distance from which colours have nothing in common."""
_TIE = 1e-3
"""Most that another place in the paint order adds, which decides between equals."""


def match(reference: list[Shape], candidate: list[Shape]) -> list[tuple[int, int]]:
    """Index pairs (reference, candidate) of shapes that stand for each other."""
    n, m = len(reference), len(candidate)
    if n == 0 or m == 0:
        return []
    costs = np.full((n + m, n + m), _NEVER)
    costs[:n, :m] = _costs(reference, candidate)
    costs[:n, m:] = np.where(np.eye(n, dtype=bool), ALONE, _NEVER)
    costs[n:, :m] = np.where(np.eye(m, dtype=bool), ALONE, _NEVER)
    costs[n:, m:] = 0.0
    rows, columns = linear_sum_assignment(costs)
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if row < n and column < m and costs[row, column] <= 2 * ALONE
    ]


def _costs(reference: list[Shape], candidate: list[Shape]) -> NDArray[np.float64]:
    boxes_a = np.array([shape.outline.box for shape in reference])
    boxes_b = np.array([shape.outline.box for shape in candidate])
    diagonal = float(np.hypot(*reference[0].canvas))
    far = np.hypot(*_between(_middles(boxes_a), _middles(boxes_b)).transpose(2, 0, 1))
    cost = _PLACE * np.minimum(1, far / (_FAR * diagonal))
    ratio = np.abs(_between(np.log2(_sides(boxes_a)), np.log2(_sides(boxes_b)))).sum(axis=2)
    cost += _SIZE * np.minimum(1, ratio / 3)
    colors_a, colors_b = _labs(reference), _labs(candidate)
    apart = np.linalg.norm(colors_a[:, None] - colors_b[None], axis=2)
    repainted = _COLOUR * np.minimum(1, apart / _OTHER_COLOUR)
    near = (np.abs(_between(boxes_a, boxes_b)) <= SEEN).all(axis=2)
    for i, j in np.argwhere(near & (apart > 0)):
        if _same_outline(reference[i], candidate[j]):
            repainted[i, j] *= _SAME_OUTLINE
    cost += repainted
    order = np.subtract.outer(
        np.arange(len(reference)) / len(reference), np.arange(len(candidate)) / len(candidate)
    )
    cost += _TIE * np.abs(order)
    for i, a in enumerate(reference):
        for j, b in enumerate(candidate):
            cost[i, j] += _unlike(a, b)
    alike = (far < _SAME_CENTRE) & (ratio < _SAME_SIZE)
    unclear = alike & ((alike.sum(axis=0) > 1) | (alike.sum(axis=1) > 1)[:, None])
    for i, j in np.argwhere(unclear)[:_MOST_OUTLINES]:
        cost[i, j] += _turned(reference[i], candidate[j])
    return np.asarray(cost)


def _same_outline(a: Shape, b: Shape) -> bool:
    """Whether two shapes have one outline, so that another colour is another paint of one shape."""
    if a.kind != b.kind:
        return False
    return distance(a.outline.subpaths, b.outline.subpaths, _COARSE) <= SEEN


def _turned(a: Shape, b: Shape) -> float:
    """The price of another outline about the same centre, such as one of several rays."""
    sides = _sides(np.array([a.outline.box]))
    gap = distance(a.outline.subpaths, b.outline.subpaths, _COARSE)
    return _OUTLINE * min(1.0, 2 * gap / float(sides.max()))


def _unlike(a: Shape, b: Shape) -> float:
    if (a.text is None) != (b.text is None):
        return _NEVER
    if a.text is not None and b.text is not None:
        return _TEXT * text_distance(a.text["content"], b.text["content"])
    cost = _FILLED * ((a.fill is None) != (b.fill is None))
    if a.kind != b.kind:
        cost += _SAME_FAMILY if family(a.kind) == family(b.kind) else _OTHER_KIND
    return cost


def _labs(shapes: list[Shape]) -> NDArray[np.float64]:
    """L*a*b* (n, 3) of the shapes' mean colours."""
    return np.array([lab(mean_colour(shape.paint)) for shape in shapes])


def _middles(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def _sides(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.maximum(boxes[:, 2:] - boxes[:, :2], 1.0))


def _between(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(a[:, None] - b[None])
