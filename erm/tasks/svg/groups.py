"""Shapes that moved or grew together, which a person sees as one change."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from erm.tasks.svg import outline
from erm.tasks.svg.geometry import FITTED
from erm.tasks.svg.shapes import Shape

_SAME = 0.8
_STILL = 0.6

Boxes = NDArray[np.float64]


@dataclass(frozen=True)
class Together:
    """Pairs whose candidate is the reference under x → scale · x + (dx, dy), in pixels."""

    members: tuple[int, ...]
    scale: float
    dx: float
    dy: float


def moved_together(pairs: list[tuple[Shape, Shape]]) -> list[Together]:
    """Groups of two or more pairs with one common displacement or scaling, largest first."""
    old = np.array([reference.outline.box for reference, _ in pairs]).reshape(-1, 4)
    new = np.array([candidate.outline.box for _, candidate in pairs]).reshape(-1, 4)
    texts = np.array([reference.text is not None for reference, _ in pairs], dtype=bool)
    free = {
        index
        for index, (reference, candidate) in enumerate(pairs)
        if np.abs(old[index] - new[index]).max() > _STILL
        and outline.family(reference.kind) == outline.family(candidate.kind)
        and reference.part_of is None
    }
    groups = []
    while len(free) > 1:
        # Letters are fitted to whole pixels: a shape tells a scale better than a text does.
        seeds = sorted(free, key=lambda index: (texts[index], -_largest_side(old[index]), index))
        best = max(
            (_members(old, new, texts, free, *_fit(old[[seed]], new[[seed]])) for seed in seeds),
            key=lambda group: len(group.members),
        )
        if len(best.members) < 2:
            break
        exact = [index for index in best.members if not texts[index]] or list(best.members)
        refined = _members(old, new, texts, free, *_fit(old[exact], new[exact]))
        best = max((refined, best), key=lambda group: len(group.members))
        groups.append(best)
        free -= set(best.members)
    return groups


def _largest_side(box: Boxes) -> float:
    return float((box[2:] - box[:2]).max())


def _fit(old: Boxes, new: Boxes) -> tuple[float, NDArray[np.float64]]:
    """Scale and shift, by least squares, that take boxes (n, 4) to others."""
    points, images = old.reshape(-1, 2), new.reshape(-1, 2)
    middle, image = points.mean(axis=0), images.mean(axis=0)
    spread = float(((points - middle) ** 2).sum())
    scale = float(((points - middle) * (images - image)).sum()) / spread if spread > 0 else 1.0
    reach = float(np.abs(points - middle).max())
    if scale <= 0.05 or abs(scale - 1) * reach < _SAME / 2:
        scale = 1.0
    return scale, image - scale * middle


def _members(
    old: Boxes,
    new: Boxes,
    texts: NDArray[np.bool_],
    free: set[int],
    scale: float,
    shift: NDArray[np.float64],
) -> Together:
    mapped = old * scale + np.tile(shift, 2)
    tolerance = np.full(len(old), _SAME)
    if scale != 1:
        sides = (old[:, 2:] - old[:, :2]).max(axis=1) * scale
        tolerance = np.where(texts, np.maximum(1.5, FITTED * sides), _SAME)
    near = np.abs(mapped - new).max(axis=1) <= tolerance
    members = tuple(index for index in sorted(free) if near[index])
    return Together(members, scale, float(shift[0]), float(shift[1]))


def undo(group: Together, shape: Shape) -> Shape:
    """A candidate's shape as it would be without the group's common change."""
    shift = np.array([group.dx, group.dy])
    matrix = np.eye(2) / group.scale
    subpaths = outline.moved(shape.outline.subpaths, matrix, -shift / group.scale)
    text = shape.text
    if text is not None:
        origin = ((np.array(text["origin"]) - shift) / group.scale).tolist()
        text = {**text, "size": text["size"] / group.scale, "origin": origin}
    fill, stroke = (
        {**paint, "points": ((np.array(paint["points"]) - shift) / group.scale).tolist()}
        if paint is not None and "points" in paint
        else paint
        for paint in (shape.fill, shape.stroke)
    )
    return replace(
        shape,
        outline=replace(shape.outline, subpaths=subpaths),
        text=text,
        fill=fill,
        stroke=stroke,
    )
