"""Parts of a shape: the subpaths of one path that stand apart, such as the bars of a chart icon."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse.csgraph import connected_components

from erm.tasks.discrepancy import Box
from erm.tasks.svg import outline
from erm.tasks.svg.compare_outlines import SEEN
from erm.tasks.svg.outline import Outline, Points
from erm.tasks.svg.shapes import Pair, Shape

Part = tuple[Points, ...]
"""Subpaths (n, 2) whose boxes touch: an outline with its holes."""


def without_lost_parts(pair: Pair) -> tuple[Pair, list[Shape], list[Shape]]:
    """The pair as far as both have the same parts, and the parts that only one side has.

    Returns:
        the pair, the parts that are missing in the candidate and those that are extra. Both lists
        are empty where the parts differ otherwise, and where none is the same.
    """
    sides = pair.reference, pair.candidate
    if max(len(shape.outline.subpaths) for shape in sides) < 2 or pair.reference.text is not None:
        return pair, [], []
    parts = [_parts(shape) for shape in sides]
    kept, alone = _same_parts(*parts)
    missing, extra = (
        [_shape_of(shape, part) for part in own] for shape, own in zip(sides, alone, strict=True)
    )
    if not kept or bool(missing) == bool(extra):
        return pair, [], []
    reference, candidate = (
        _shape_of(shape, tuple(path for both in kept for path in both[side]))
        for side, shape in enumerate(sides)
    )
    return Pair(reference, candidate), missing, extra


def _parts(shape: Shape) -> list[Part]:
    subpaths = shape.outline.subpaths
    boxes = np.array([_box((path,)) for path in subpaths])
    reach = _stroke_width(shape) / 2
    reached = (boxes[:, None, :2] - reach <= boxes[None, :, 2:] + reach).all(axis=2)
    count, labels = connected_components(reached & reached.T, directed=False)
    return [
        tuple(path for path, label in zip(subpaths, labels, strict=True) if label == number)
        for number in range(count)
    ]


def _box(part: Part) -> tuple[float, float, float, float]:
    return Outline(part, False, "").box


def _are_same(a: Part, b: Part) -> bool:
    near = np.abs(np.subtract(_box(a), _box(b))).max() <= SEEN
    return bool(near) and outline.distance(a, b) <= SEEN


def _same_parts(
    reference: list[Part], candidate: list[Part]
) -> tuple[list[tuple[Part, Part]], tuple[list[Part], list[Part]]]:
    """Parts with the same outline on both sides; the others of each side."""
    kept: list[tuple[Part, Part]] = []
    missing: list[Part] = []
    extra = list(candidate)
    for part in reference:
        at = next((i for i, other in enumerate(extra) if _are_same(part, other)), None)
        if at is None:
            missing.append(part)
        else:
            kept.append((part, extra.pop(at)))
    return kept, (missing, extra)


def _shape_of(shape: Shape, subpaths: Part) -> Shape:
    """The shape with some of its subpaths only; its area in proportion."""
    curved = shape.outline.curved
    kind = outline.name_kind(subpaths, curved, shape.fill is not None)
    part = replace(
        shape,
        outline=Outline(subpaths, curved, kind),
        fill=None if kind == "line" and shape.stroke is not None else shape.fill,
    )
    reach = _stroke_width(shape) / 2
    x0, y0, x1, y1 = part.outline.box
    share = _painted(part) / max(_painted(shape), 1e-9)
    box = Box(x0 - reach, y0 - reach, x1 + reach, y1 + reach)
    return replace(part, box=box, area=shape.area * min(1.0, share))


def _stroke_width(shape: Shape) -> float:
    return 0.0 if shape.stroke is None else float(shape.stroke["width"])


def _painted(shape: Shape) -> float:
    """About how many square pixels fill and stroke paint, holes not taken off."""
    size = _stroke_width(shape) * outline.length(shape.outline)
    if shape.fill is not None:
        size += sum(abs(outline.area_of(outline.closed(path))) for path in shape.outline.subpaths)
    return size
