"""Shapes that moved, grew, turned or were mirrored together, which a person sees as one change."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from erm.tasks.svg import outline
from erm.tasks.svg.compare_outlines import FITTED
from erm.tasks.svg.shapes import Pair, Shape

_SAME = 0.8
"""Pixels up to which a shape stands where a common change puts it."""
_STILL = 0.6
"""Pixels up to which a shape has not changed."""
_MOST_SEEDS = 64
"""Shapes, the largest ones, whose change is tried on all others."""
_MOST_TURNED = 24
"""Shapes, the largest ones, that are searched for a common rotation."""
_SMALLEST_TURN = 1.0
"""Degrees from which a rotation is one."""

Boxes = NDArray[np.float64]
Points = NDArray[np.float64]

_MIRRORS = {"horizontally": np.diag([-1.0, 1.0]), "vertically": np.diag([1.0, -1.0])}


@dataclass(frozen=True)
class Change:
    """The map x → matrix · x + offset of pixels: a similarity.

    Attributes:
        scale: factor of all lengths.
        degrees: clockwise rotation.
        mirror: ``horizontally`` or ``vertically``; None where nothing is mirrored.
    """

    matrix: NDArray[np.float64]
    offset: NDArray[np.float64]
    scale: float = 1.0
    degrees: float = 0.0
    mirror: str | None = None

    @property
    def turns(self) -> bool:
        """Whether it is more than a shift and a scaling."""
        return self.degrees != 0 or self.mirror is not None

    def apply(self, points: Points) -> Points:
        """Points (n, 2) after the change."""
        return np.asarray(points @ self.matrix.T + self.offset)


@dataclass(frozen=True)
class Together:
    """Pairs, by index, whose candidate is the reference after one change."""

    members: tuple[int, ...]
    change: Change


def moved_together(pairs: list[Pair]) -> list[Together]:
    """Groups of two or more pairs with one common change, largest first."""
    reference = np.array([pair.reference.outline.box for pair in pairs]).reshape(-1, 4)
    candidate = np.array([pair.candidate.outline.box for pair in pairs]).reshape(-1, 4)
    free = {
        index
        for index, pair in enumerate(pairs)
        if outline.could_be(pair.reference.kind, pair.candidate.kind)
        and pair.reference.part_of is None
    }
    still = {index for index in free if np.abs(reference[index] - candidate[index]).max() <= _STILL}
    groups = _shifted_or_scaled(pairs, reference, candidate, free - still)
    grouped = {index for group in groups for index in group.members}
    turned = _turned(pairs, free - grouped)
    return groups if turned is None else [turned, *groups]


def _shifted_or_scaled(
    pairs: list[Pair], reference: Boxes, candidate: Boxes, free: set[int]
) -> list[Together]:
    texts = np.array([pair.reference.text is not None for pair in pairs], dtype=bool)
    groups = []
    while len(free) > 1:
        # Letters are fitted to whole pixels, so that a shape shows a scale better than a text.
        seeds = sorted(
            free, key=lambda index: (texts[index], -_largest_side(reference[index]), index)
        )[:_MOST_SEEDS]
        best = max(
            (
                _members(reference, candidate, texts, free, _fit(reference[[i]], candidate[[i]]))
                for i in seeds
            ),
            key=lambda group: len(group.members),
        )
        if len(best.members) < 2:
            break
        exact = [index for index in best.members if not texts[index]] or list(best.members)
        change = _fit(reference[exact], candidate[exact])
        refined = _members(reference, candidate, texts, free, change)
        best = max((refined, best), key=lambda group: len(group.members))
        groups.append(best)
        free = free - set(best.members)
    return groups


def _largest_side(box: Boxes) -> float:
    return float((box[2:] - box[:2]).max())


def _fit(reference: Boxes, candidate: Boxes) -> Change:
    """Scale and shift, by least squares, that take boxes (n, 4) to others."""
    points, images = reference.reshape(-1, 2), candidate.reshape(-1, 2)
    middle, image = points.mean(axis=0), images.mean(axis=0)
    spread = float(((points - middle) ** 2).sum())
    scale = float(((points - middle) * (images - image)).sum()) / spread if spread > 0 else 1.0
    reach = float(np.abs(points - middle).max())
    if scale <= 0.05 or abs(scale - 1) * reach < _SAME / 2:
        scale = 1.0
    return Change(np.eye(2) * scale, image - scale * middle, scale)


def _members(
    reference: Boxes,
    candidate: Boxes,
    texts: NDArray[np.bool_],
    free: set[int],
    change: Change,
) -> Together:
    mapped = change.apply(reference.reshape(-1, 2)).reshape(-1, 4)
    tolerance = np.full(len(reference), _SAME)
    if change.scale != 1:
        sides = (reference[:, 2:] - reference[:, :2]).max(axis=1) * change.scale
        tolerance = np.where(texts, np.maximum(1.5, FITTED * sides), _SAME)
    near = np.abs(mapped - candidate).max(axis=1) <= tolerance
    return Together(tuple(index for index in sorted(free) if near[index]), change)


def _turned(pairs: list[Pair], free: set[int]) -> Together | None:
    """The largest group that was rotated or mirrored, if there is one.

    A rotation is found from the centres of two shapes and confirmed by the outlines of all.
    """
    seen = sorted(free, key=lambda index: (-pairs[index].reference.area, index))[:_MOST_TURNED]
    if len(seen) < 2:
        return None
    centres = np.array(
        [[outline.centroid(shape.outline) for shape in (pairs[i].reference, pairs[i].candidate)]
         for i in seen]
    )  # fmt: skip
    best: Together | None = None
    for change in _changes_of(centres):
        near = np.hypot(*(change.apply(centres[:, 0]) - centres[:, 1]).T) <= _tolerance(0)
        if int(near.sum()) < max(2, 0 if best is None else len(best.members) + 1):
            continue
        members = [
            i for i, is_near in zip(seen, near, strict=True) if is_near and _fits(pairs[i], change)
        ]
        larger = len(members) >= (2 if best is None else len(best.members) + 1)
        if larger and sum(_changed(pairs[i]) for i in members) >= 2:
            best = Together(tuple(sorted(members)), change)
    return best


def _changes_of(centres: NDArray[np.float64]) -> Iterator[Change]:
    """Rotations and reflections that take two shapes' centres (n, 2 sides, 2) to the candidate's.

    Simpler changes come first.
    """
    found: list[Change] = []
    for i, j in itertools.combinations(range(len(centres)), 2):
        span, image = centres[j, 0] - centres[i, 0], centres[j, 1] - centres[i, 1]
        length = math.hypot(*span)
        if length < 4 or abs(math.hypot(*image) - length) > _tolerance(length):
            continue
        middle = centres[[i, j]].mean(axis=0)
        angle = math.atan2(image[1], image[0]) - math.atan2(span[1], span[0])
        degrees = (math.degrees(angle) + 180) % 360 - 180
        if abs(degrees) >= _SMALLEST_TURN:
            rounded = round(degrees) if abs(degrees - round(degrees)) < 0.5 else degrees
            matrix = outline.rotation(degrees)
            found.append(Change(matrix, middle[1] - matrix @ middle[0], degrees=float(rounded)))
        for name, matrix in _MIRRORS.items():
            if np.abs(matrix @ span - image).max() <= _tolerance(length):
                found.append(Change(matrix, middle[1] - matrix @ middle[0], mirror=name))
    return iter(sorted(found, key=_complexity))


def _complexity(change: Change) -> float:
    """A rotation's degrees; a reflection comes before half a turn that looks the same."""
    return abs(change.degrees) if change.mirror is None else 100.0


def _tolerance(size: float) -> float:
    return max(1.0, 0.02 * size)


def _fits(pair: Pair, change: Change) -> bool:
    a, b = pair.reference.outline, pair.candidate.outline
    mapped = outline.moved(a.subpaths, change.matrix, change.offset)
    x0, y0, x1, y1 = a.box
    return outline.distance(mapped, b.subpaths) <= _tolerance(max(x1 - x0, y1 - y0))


def _changed(pair: Pair) -> bool:
    a, b = pair.reference.outline, pair.candidate.outline
    return outline.distance(a.subpaths, b.subpaths) > _STILL


def undo(change: Change, shape: Shape) -> Shape:
    """A candidate's shape as it would be without a change."""
    inverse = np.linalg.inv(change.matrix)

    def back(points: Points) -> Points:
        return np.asarray((points - change.offset) @ inverse.T)

    text = shape.text
    if text is not None:
        origin = back(np.array(text["origin"])).tolist()
        text = {**text, "size": text["size"] / change.scale, "origin": origin}
    fill, stroke = (
        {**paint, "points": back(np.array(paint["points"])).tolist()}
        if paint is not None and "points" in paint
        else paint
        for paint in (shape.fill, shape.stroke)
    )
    subpaths = tuple(back(points) for points in shape.outline.subpaths)
    return replace(
        shape,
        outline=replace(shape.outline, subpaths=subpaths),
        text=text,
        fill=fill,
        stroke=stroke,
    )
