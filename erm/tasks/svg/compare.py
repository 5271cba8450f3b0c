"""The exact annotator of SVG pairs: two scenes and their pixels to discrepancies.

Shapes are matched one to one (`matching`); shapes that changed together are one finding
(`groups`); what is left of each pair goes through `compare_outlines` and `compare_paints`; shapes
without a partner are missing or extra. Nothing is listed of which the pixels show nothing.
Severities are reasoned in ``docs/annotation-svg.md``.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from erm.tasks import View
from erm.tasks.discrepancy import Box, Discrepancy
from erm.tasks.shared.findings import Finding, union, write_discrepancy
from erm.tasks.svg.compare_outlines import SEEN, compare_outlines, diagonal_share
from erm.tasks.svg.compare_paints import compare_paints
from erm.tasks.svg.groups import Change, Together, moved_together, undo
from erm.tasks.svg.matching import match
from erm.tasks.svg.outline import distance, length
from erm.tasks.svg.parts import without_lost_parts
from erm.tasks.svg.severity import MERGED, RULES, by_angle, by_distance, by_factor, is_turn, name_of
from erm.tasks.svg.shapes import Element, Pair, Shape, SvgFinding, shapes_of
from erm.tasks.svg.stacking import compare_stacking, is_buried
from erm.tasks.svg.whole_image import (
    compare_sizes,
    find_background,
    find_turn,
    visible_pixels,
    with_equal_backgrounds,
)
from erm.tasks.svg.wording import phrase

_VISIBLE_PIXELS = 2
"""Visibly different pixels from which people see a difference."""
_SLIVER = 0.03
"""Visible area of a shape over its partner's up to which it can't be made out."""
_EDGE_WIDTH = 0.2
"""Pixels of width, on average along the outline, below which nothing of a shape can be made out."""
_SAME_LEVEL = 8
"""Difference of a channel, 0 to 255, up to which two colours look the same."""
_HIDDEN = 0.9
"""Share of a shape's pixels, its edges thickened, that have its colour without it."""

_MOST_COMPARED = 60
"""Pairs that differ visibly, the largest ones, that are compared in detail."""
_MOST_ALONE = 50
"""Missing shapes, and extra ones, that a report lists."""
_MOST_OTHERS = 100
"""Other findings that a report lists."""

Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]


def compare(reference: View, candidate: View) -> list[Discrepancy]:
    """Discrepancies of the candidate against the reference, empty where none can be seen."""
    same_canvas = reference.pixels.shape == candidate.pixels.shape
    findings = _find(reference, candidate)
    return [
        write_discrepancy(finding, RULES, phrase, same_canvas=same_canvas) for finding in findings
    ]


def _find(reference: View, candidate: View) -> list[SvgFinding]:
    visible = visible_pixels(reference.pixels, candidate.pixels)
    found = compare_sizes(reference, candidate)
    if int(visible.sum()) < _VISIBLE_PIXELS:
        return found
    if len(reference.scene["shapes"]) > 1:
        turn = find_turn(reference, candidate, visible)
        if turn is not None:
            return [turn]
    scenes = with_equal_backgrounds(reference.scene, candidate.scene)
    reference, candidate = View(reference.pixels, scenes[0]), View(candidate.pixels, scenes[1])
    found += find_background(reference, candidate)
    return found + _on_canvas_of(candidate, _find_in_shapes(reference, candidate, visible))


def _on_canvas_of(candidate: View, found: list[SvgFinding]) -> list[SvgFinding]:
    """Findings with the candidate's boxes in the candidate's pixels."""
    height, width = candidate.pixels.shape[:2]
    placed = []
    for item in found:
        box = item.candidate_box
        if box is not None:
            w, h = item.element.shapes[0].canvas
            x, y = width / w, height / h
            box = Box(box.x0 * x, box.y0 * y, box.x1 * x, box.y1 * y)
        placed.append(replace(item, candidate_box=box))
    return placed


def _find_in_shapes(reference: View, candidate: View, visible: Mask) -> list[SvgFinding]:
    height, width = reference.pixels.shape[:2]
    sides = [
        shapes_of(view.scene, (float(width), float(height))) for view in (reference, candidate)
    ]
    matched = [(i, j) for i, j in match(*sides) if _stays(Pair(sides[0][i], sides[1][j]))]
    pairs = []
    parts: tuple[list[Shape], list[Shape]] = ([], [])
    for i, j in matched:
        pair, *lost = without_lost_parts(Pair(sides[0][i], sides[1][j]))
        pairs.append(pair)
        for known, own in zip(parts, lost, strict=True):
            known.extend(own)
    missing = set(range(len(sides[0]))) - {i for i, _ in matched}
    extra = set(range(len(sides[1]))) - {j for _, j in matched}
    stacked = compare_stacking(pairs, visible)
    found = []
    for side, indices in enumerate((missing, extra)):
        shapes = [sides[side][index] for index in sorted(indices)]
        shapes = [shape for shape in shapes if shape.part_of not in indices] + parts[side]
        shapes = [shape for shape in shapes if not is_buried(shape, side, stacked, pairs)]
        other_pixels = (candidate.pixels, reference.pixels)[side]
        alone = [
            _without_partner(shape, is_missing=side == 0)
            for shape in shapes
            if _shows(visible, shape)
            and not _is_sliver(shape)
            and _would_be_seen(shape, other_pixels)
        ]
        found += _largest_and_rest(alone)
    others = _compare_pairs(pairs, sides[0], visible) + stacked
    return found + _most_severe(others)


def _largest_and_rest(found: list[SvgFinding]) -> list[SvgFinding]:
    """At most `_MOST_ALONE` findings about the largest shapes, and one about all others."""
    if len(found) <= _MOST_ALONE:
        return found
    ordered = sorted(found, key=lambda item: -item.element.shapes[0].area)
    kept, rest = ordered[: _MOST_ALONE - 1], ordered[_MOST_ALONE - 1 :]
    rule = "shape_missing" if name_of(rest[0].rule).endswith("missing") else "shape_extra"
    merged: SvgFinding = Finding(
        rule,
        Element(tuple(item.element.shapes[0] for item in rest)),
        reference_box=union(item.reference_box for item in rest),
        candidate_box=union(item.candidate_box for item in rest),
    )
    return [*kept, merged]


def _most_severe(found: list[SvgFinding]) -> list[SvgFinding]:
    """At most `_MOST_OTHERS` findings, the most severe ones in their order."""
    if len(found) <= _MOST_OTHERS:
        return found
    ranked = sorted(range(len(found)), key=lambda index: -RULES[found[index].rule].severity)
    return [found[index] for index in sorted(ranked[:_MOST_OTHERS])]


def _stays(pair: Pair) -> bool:
    """Whether both of a pair can be made out, and not just a sliver of one.

    Of a shape that is the same on both sides, what covers it on one of them is what changed.
    """
    areas = pair.reference.area, pair.candidate.area
    if min(areas) > _SLIVER * max(areas):
        return True
    return not compare_outlines(pair.reference, pair.candidate) and not compare_paints(
        pair.reference, pair.candidate
    )


def _shows(visible: Mask, *shapes: Shape) -> bool:
    return any(int((visible & shape.mask()).sum()) >= _VISIBLE_PIXELS for shape in shapes)


def _is_sliver(shape: Shape) -> bool:
    """Whether no more of a filled shape shows than the edges around what covers it."""
    return shape.stroke is None and shape.area < _EDGE_WIDTH * length(shape.outline)


def _would_be_seen(shape: Shape, pixels: Pixels) -> bool:
    """Whether a shape could be made out on a picture (height, width, 3) that lacks it.

    A white letter can't on a badge that became white: only the badge has changed.
    """
    mask = shape.mask()
    if shape.paint["type"] != "solid" or mask.shape != pixels.shape[:2]:
        return True
    gap = np.abs(pixels[mask].astype(np.int16) - shape.paint["color"]).max(axis=1)
    return bool((gap <= _SAME_LEVEL).mean() < _HIDDEN)


def _without_partner(shape: Shape, *, is_missing: bool) -> SvgFinding:
    subject = "text" if shape.text is not None else "detail" if shape.is_detail else "shape"
    value = None if shape.text is None else shape.text["content"]
    element = Element((shape,))
    if is_missing:
        return Finding(f"{subject}_missing", element, value, None, shape.box, None)
    return Finding(f"{subject}_extra", element, None, value, None, shape.box)


def _compare_pairs(pairs: list[Pair], reference: list[Shape], visible: Mask) -> list[SvgFinding]:
    seen = [pair for pair in pairs if _shows(visible, pair.reference, pair.candidate)]
    if len(seen) > _MOST_COMPARED:
        largest = sorted(seen, key=lambda pair: -pair.reference.area)[:_MOST_COMPARED]
        seen = sorted(largest, key=lambda pair: pair.reference.order)
    groups = moved_together(seen)
    if groups:
        groups[0] = _joined(groups[0], seen)
    whole = sum(shape.part_of is None for shape in reference)
    found = [_group([seen[i] for i in group.members], group.change, whole) for group in groups]
    changes = {index: group.change for group in groups for index in group.members}
    differences: list[SvgFinding] = []
    for index, pair in enumerate(seen):
        differences += _compare_pair(pair, changes.get(index))
    return found + _merged(_without_dots(differences), reference)


def _compare_pair(pair: Pair, change: Change | None) -> list[SvgFinding]:
    """Findings about one pair, apart from a change that it shares with others."""
    candidate = pair.candidate if change is None else undo(change, pair.candidate)
    scale = 1.0 if change is None else change.scale
    outlines: list[SvgFinding] = []
    if pair.reference.part_of is None and not (change is not None and change.turns):
        outlines = compare_outlines(pair.reference, candidate, scale)
    lengths: list[tuple[Any, Any]] = [
        (item.candidate, item.reference)
        for item in outlines
        if name_of(item.rule) in ("size", "length")
    ]
    scale *= math.prod(after / before for after, before in lengths)
    turned = any(is_turn(item.rule) for item in outlines) or (change is not None and change.turns)
    found = compare_paints(pair.reference, candidate, scale, turned) + outlines
    if not found and change is None and _is_cut_otherwise(pair):
        found = [pair.finding("clip")]
    return found


def _without_dots(found: list[SvgFinding]) -> list[SvgFinding]:
    """Findings without sizes of dots that are as large as a stroke's width on both sides.

    A dot is a stroke without length, with the width of the lines around it.
    """
    widths = {_lengths(item) for item in found if name_of(item.rule) == "stroke_width"}
    return [item for item in found if name_of(item.rule) != "size" or _lengths(item) not in widths]


def _is_cut_otherwise(pair: Pair) -> bool:
    """Whether other clips confine two shapes that are alike but for that."""
    reference, candidate = (
        tuple(part for clip in shape.clips for part in clip)
        for shape in (pair.reference, pair.candidate)
    )
    if not reference or not candidate:
        return bool(reference) != bool(candidate)
    if pair.reference.clip_rules != pair.candidate.clip_rules:
        return abs(pair.reference.area - pair.candidate.area) >= _VISIBLE_PIXELS
    return distance(reference, candidate) > SEEN


def _joined(group: Together, pairs: list[Pair]) -> Together:
    """The group with those pairs that changed along with it and also otherwise."""
    members = list(group.members)
    for index, pair in enumerate(pairs):
        if index in members or pair.reference.part_of is not None:
            continue
        candidate = undo(group.change, pair.candidate)
        alone = compare_outlines(pair.reference, pair.candidate)
        along = compare_outlines(pair.reference, candidate, group.change.scale)
        if len(along) < len(alone) or (_is_vague(alone) and not _is_vague(along)):
            members.append(index)
    return replace(group, members=tuple(sorted(members)))


def _is_vague(findings: list[SvgFinding]) -> bool:
    return any(item.rule == "outline" for item in findings)


def _group(pairs: list[Pair], change: Change, total: int) -> SvgFinding:
    """The finding about shapes that changed together; `total` is how many the picture has."""
    shapes = tuple(pair.reference for pair in pairs)
    element = Element(shapes, moved_together=True)
    if len(pairs) == total:
        element = replace(element, scope="whole image")
    boxes = element.box, union(pair.candidate.box for pair in pairs)
    if change.mirror is not None:
        return Finding("group_flipped", element, None, change.mirror, *boxes)
    if change.degrees:
        rule = by_angle("group_rotated", change.degrees)
        return Finding(rule, element, 0.0, change.degrees, *boxes)
    if change.scale != 1:
        rule = by_factor("group_scaled", change.scale)
        return Finding(rule, element, 1.0, change.scale, *boxes)
    step = change.offset
    rule = by_distance("group_moved", diagonal_share(step, shapes[0]))
    return Finding(rule, element, (0.0, 0.0), tuple(step.tolist()), *boxes)


def _merged(found: list[SvgFinding], reference: list[Shape]) -> list[SvgFinding]:
    """One finding for each change that several shapes share."""
    shared: dict[Hashable, list[SvgFinding]] = {}
    for index, item in enumerate(found):
        shared.setdefault(_merge_key(item) or index, []).append(item)
    return [_merge(items, reference) for items in shared.values()]


def _merge_key(item: SvgFinding) -> Hashable:
    """What equal findings of several shapes share; None for a finding that stays alone."""
    rule = name_of(item.rule)
    if rule not in MERGED:
        return None
    values: tuple[Any, Any] = (item.reference, item.candidate)
    if rule in ("stroke_width", "dash_length"):
        values = _lengths(item)
    return (rule, item.element.part, *values)


def _lengths(item: SvgFinding) -> tuple[float, float]:
    """A finding's lengths in pixels on both sides, as far as they can be seen."""
    sides: tuple[Any, Any] = (item.reference, item.candidate)
    return _visible_length(sides[0]), _visible_length(sides[1])


def _visible_length(pixels: float) -> float:
    """A length as far as it can be seen: whole pixels from 10 on, else a tenth."""
    return round(pixels) if abs(pixels) >= 9.95 else round(pixels, 1)


def _merge(items: list[SvgFinding], reference: list[Shape]) -> SvgFinding:
    if len(items) == 1:
        return items[0]
    worst = max(items, key=lambda item: RULES[item.rule].severity)
    shapes = tuple(item.element.shapes[0] for item in items)
    looks = {shape.look for shape in shapes}
    every = sum(shape.look in looks for shape in reference) == len(shapes)
    return replace(
        worst,
        element=replace(worst.element, shapes=shapes, every=every),
        reference_box=union(item.reference_box for item in items),
        candidate_box=union(item.candidate_box for item in items),
    )
