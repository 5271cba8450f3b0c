"""How a segment, or a cluster of segments of one colour, changed: one finding each, named.

Each function gives no findings where the change is not its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from erm.tasks.shared.colours import VISIBLE_COLOUR, colour_distance, hexadecimal
from erm.tasks.shared.findings import Finding, union
from erm.tasks.shared.regions import Mask, levels_of
from erm.tasks.svg.compare_outlines import compare_box_sizes, compare_outlines, diagonal_share
from erm.tasks.svg.icon_pair import IconPair, stroked
from erm.tasks.svg.masks import (
    NEAR,
    agree,
    best_shift,
    best_turn,
    box_around,
    fit,
    place_around,
    scaled,
)
from erm.tasks.svg.paint import Appearance
from erm.tasks.svg.segments import Segment, pen_width, union_share
from erm.tasks.svg.severity import by_angle, by_distance, if_at_least
from erm.tasks.svg.shapes import Element, Pair, Shape, SvgFinding

_FEWEST = 6
"""Changed pixels of a cluster, at least."""
_SAME_SPOT = 0.3
"""Intersection over union from which a shape of another kind stands for one."""
_SIZE_STEP = 2.5
"""Pixels from which a box has another size or another middle."""
_OTHER_COLOUR = 20.0
"""CIE76 distance from which a person speaks of another colour, not of another shade."""
_OPACITY_STEPS = (0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9)
"""Opacities that people write; another share is another colour."""
_ROUND_OPACITY = 0.006
"""How far an opacity may lie from one of them."""
_STRAY = 5
"""Difference of a channel up to which a colour is that of such an opacity."""
_SIDE_EFFECT = 0.15
"""Share of what changed on one side that the other side may have in a part lost or gained."""
_GOOD_KINDS = frozenset(
    ("circle", "ellipse", "square", "rectangle", "rounded rectangle", "triangle", "diamond", "star")
)
"""Kinds that are named only where the outline is one."""
_PIECE_RATIO = 0.75
"""Share of a piece of a stroke that must be there elsewhere where it moved."""
_FEWEST_DASHES = 4
"""Pieces of a stroke that is dashed, at least."""


@dataclass(frozen=True, eq=False)
class Cluster:
    """Segments of one colour that overlap, by index on each side, and how many pixels changed."""

    code: int
    sides: tuple[tuple[int, ...], tuple[int, ...]]
    lost: int
    gained: int
    area: int

    @property
    def share(self) -> float:
        """Changed pixels over its area."""
        return (self.lost + self.gained) / self.area


def transformed(icons: IconPair, i: int, j: int, least_step: float) -> list[SvgFinding]:
    """One segment that moved, grew, turned or became another kind of shape.

    Args:
        least_step: pixels from which it moved.
    """
    a, b = icons.segments[0][i], icons.segments[1][j]
    step = np.array(
        [b.box.x0 + b.box.x1 - a.box.x0 - a.box.x1, b.box.y0 + b.box.y1 - a.box.y0 - a.box.y1]
    )
    step = step / 2
    sizes = [np.array(one.mask.shape[::-1], dtype=float) for one in (a, b)]
    same_size = np.abs(sizes[1] - sizes[0]).max() <= _SIZE_STEP
    if same_size and agree(a.mask, fit(b.mask, a.mask.shape)):
        if np.abs(step).max() < least_step:
            return []
        pair = Pair(icons.shape(0, i), icons.shape(1, j))
        return [_moved(pair, step)]
    first, second = icons.shape(0, i), icons.shape(1, j)
    pair = Pair(first, second)
    both_stroked = first.stroke is not None and second.stroke is not None
    simple = first.kind == second.kind and (
        first.kind in (*_GOOD_KINDS, "line") or (both_stroked and first.kind == "shape")
    )
    if first.kind == second.kind == "line":
        return compare_outlines(first, second)
    stretched = agree(scaled(a.mask, b.mask.shape), b.mask)
    if (stretched or simple) and not same_size and min(sizes[1]) >= 3:
        overlap = union_share(a, b) > 0 or np.abs(step).max() < 0.5 * max(sizes[0])
        if overlap:
            found = compare_box_sizes(pair)
            if found:
                return found
    ratio = b.area / a.area
    if 0.85 < ratio < 1.18:
        found = _turned(pair, a, b)
        if found:
            if np.hypot(*step) > max(2.0, 0.25 * max(sizes[0])):
                found.append(_moved(pair, step))
            return found
    near = np.abs(step).max() <= max(4.0, 0.35 * max(sizes[0]))
    other_kind = first.kind != second.kind and second.kind in _GOOD_KINDS
    if near and other_kind and union_share(a, b) > _SAME_SPOT:
        return [pair.finding("kind", first.kind, second.kind)]
    return []


def _turned(pair: Pair, a: Segment, b: Segment) -> list[SvgFinding]:
    """A segment that was mirrored or rotated."""
    for name, flipped in (("horizontally", a.mask[:, ::-1]), ("vertically", a.mask[::-1])):
        gap = max(abs(x - y) for x, y in zip(flipped.shape, b.mask.shape, strict=True))
        if gap <= _SIZE_STEP and agree(flipped, fit(b.mask, flipped.shape)):
            return [pair.finding("flipped", None, name)]
    best = best_turn(a.mask, b.mask)
    if best is None:
        return []
    return [pair.finding(by_angle("rotated", best), 0.0, best)]


def widened(icons: IconPair, cluster: Cluster, masks: Sequence[Mask]) -> list[SvgFinding]:
    """Strokes of another width along the same course."""
    place = place_around(masks[0] | masks[1], 2)
    cuts = [mask[place] for mask in masks]
    widths = [pen_width(cut) for cut in cuts]
    before, after = widths
    if before is None or after is None:
        return []
    if abs(after - before) < max(0.9, 0.05 * before):
        return []
    wide, thin = (1, 0) if after > before else (0, 1)
    reach = abs(after - before) / 2 + 1.6
    far = ndimage.distance_transform_edt(~cuts[thin])
    inside = float((cuts[thin] & ~cuts[wide]).sum()) <= 0.03 * cuts[thin].sum()
    along = float((cuts[wide] & (far > reach)).sum()) <= 0.03 * cuts[wide].sum()
    # and on both sides of most of it
    rim = (cuts[wide] & ~cuts[thin]).sum()
    grown = cuts[thin].sum() * abs(after - before) / min(before, after)
    if not (inside and along and rim >= 0.5 * grown):
        return []
    rule = if_at_least("stroke_width", max(before, after) / min(before, after), 2.0)
    values = float(round(before)), float(round(after))
    if values[0] == values[1]:
        values = round(before, 1), round(after, 1)
    found = []
    for index in cluster.sides[0]:
        shape = icons.shape(0, index)
        shape = stroked(shape, values[0])
        found.append(Finding(rule, Element((shape,)), *values, shape.box, shape.box))
    return found


def outlined(icons: IconPair, index: int, masks: Sequence[Mask]) -> list[SvgFinding]:
    """A filled shape that became an outline, or the other way round."""
    place = place_around(masks[0] | masks[1], 2)
    cuts = [mask[place] for mask in masks]
    for solid, ring, values in (
        (0, 1, ("filled", "an outline")),
        (1, 0, ("an outline", "filled")),
    ):
        if not (cuts[solid] & ~cuts[ring]).any():
            continue
        width = pen_width(cuts[ring])
        if width is None:
            continue
        inner = ndimage.distance_transform_edt(cuts[solid])
        outer = ndimage.distance_transform_edt(~cuts[solid])
        band = (inner <= width / 2 + 0.5) & (outer <= width / 2 + 0.5)
        if not agree(band, cuts[ring], 0.93) or inner.max() <= width / 2 + 1:
            continue
        shape = icons.shape(0, index)
        return [Pair(shape, shape).finding("filled", *values)]
    for solid, ring in ((0, 1), (1, 0)) if icons.strokes else ():
        whole = ndimage.binary_fill_holes(cuts[ring])
        if whole.sum() <= 1.05 * cuts[ring].sum() or pen_width(cuts[ring]) is None:
            continue
        if not agree(whole, cuts[solid]):
            continue
        shape = stroked(icons.shape(0, index), pen_width(cuts[ring]) or 1.0)
        code = icons.segments[0][index].code
        look = Appearance("solid", (hexadecimal(levels_of(code)),))
        looks = (look, None) if ring == 1 else (None, look)
        return [Pair(shape, shape).finding("paint", looks[0], looks[1], "fill")]
    return []


def parts(
    icons: IconPair, cluster: Cluster, masks: Sequence[Mask], lost: Mask, gained: Mask
) -> list[SvgFinding]:
    """Parts of strokes that are missing, extra or moved; else another outline."""
    pens = [icons.pen(side, cluster.sides[side]) for side in (0, 1)]
    counts = int(lost.sum()), int(gained.sum())
    code = cluster.code
    dashed = _dashed(icons, cluster, counts)
    if dashed:
        return dashed
    if pens[0] is not None and pens[1] is not None:
        pieces = [_pieces(mask, code, pens[0]) for mask in (lost, gained)]
        for side, word in ((0, "missing"), (1, "extra")):
            if counts[1 - side] <= _SIDE_EFFECT * counts[side] and 1 <= len(pieces[side]) <= 3:
                return [one_sided(icons.shape_of(side, piece), word) for piece in pieces[side]]
        if pieces[0] and pieces[1]:
            a, b = pieces[0][0], pieces[1][0]
            return _piece_changed(icons, a, b, lost, gained)
    if icons.single_ink and not icons.strokes:
        whole = icons.whole(0), icons.whole(1)
        return [Pair(*whole).finding("outline")]
    index = max(cluster.sides[0], key=lambda one: icons.segments[0][one].area)
    shape = icons.shape(0, index)
    return [Finding("outline", Element((shape,)), None, None, shape.box, box_around(masks[1]))]


def _piece_changed(
    icons: IconPair, a: Segment, b: Segment, lost: Mask, gained: Mask
) -> list[SvgFinding]:
    """One of several joined strokes that moved, turned or has another course."""
    first, second = icons.shape_of(0, a), icons.shape_of(1, b)
    if _PIECE_RATIO < b.area / a.area < 1 / _PIECE_RATIO:
        shift = best_shift(lost, gained)
        moved = ndimage.shift(lost.astype(np.uint8), shift, order=0) > 0
        if (moved & gained).sum() > _PIECE_RATIO * gained.sum():
            return [_moved(Pair(first, first), np.array([shift[1], shift[0]], dtype=float))]
    if first.kind == second.kind == "line":
        found = compare_outlines(first, second)
        if found:
            return found
    box = union((a.box, b.box))
    return [Finding("outline", Element((first,)), None, None, first.box, box)]


def _dashed(icons: IconPair, cluster: Cluster, counts: tuple[int, int]) -> list[SvgFinding]:
    """A stroke of which gaps became dashes, or the other way round."""
    for side, values in ((1, ("solid", "dashed")), (0, ("dashed", "solid"))):
        dashes = [icons.segments[side][index].area for index in cluster.sides[side]]
        solid = cluster.sides[1 - side]
        if len(solid) > 2 or len(dashes) < _FEWEST_DASHES:
            continue
        if icons.pen(1 - side, solid) is None:
            continue
        if counts[side] > _SIDE_EFFECT * counts[1 - side]:
            continue
        if np.std(dashes) > 0.6 * np.mean(dashes):
            continue
        index = max(cluster.sides[0], key=lambda one: icons.segments[0][one].area)
        shape = icons.shape(0, index)
        return [Pair(shape, shape).finding("dashed", *values)]
    return []


def _pieces(mask: Mask, code: int, pen: float) -> list[Segment]:
    """Connected parts of a mask, slivers left out."""
    labels, _ = ndimage.label(ndimage.binary_opening(mask, NEAR), NEAR)
    pieces = []
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        piece = Segment(code, place, labels[place] == number, mask.shape)
        deep = float(ndimage.distance_transform_edt(np.pad(piece.mask, 1)).max())
        if piece.area >= _FEWEST and 2 * deep >= 0.5 * pen:
            pieces.append(piece)
    return sorted(pieces, key=lambda piece: -piece.area)


def other_colour(
    icons: IconPair, first: Shape, second: Shape, a: Segment, b: Segment
) -> list[SvgFinding]:
    """Another colour of what segment a was and segment b is, or an opacity that looks like it."""
    share = _opacity(icons, a, b)
    pair = Pair(first, second)
    if share is not None:
        return [pair.finding(if_at_least("opacity", 1 - share, 0.5), 1.0, share)]
    colours = [hexadecimal(levels_of(one.code)) for one in (a, b)]
    step = colour_distance(*colours)
    if step <= VISIBLE_COLOUR:
        return []
    looks = tuple(Appearance("solid", (colour,)) for colour in colours)
    part: Any = "fill" if first.fill is not None else "stroke"
    return [pair.finding(if_at_least("colour", step, _OTHER_COLOUR), looks[0], looks[1], part)]


def _opacity(icons: IconPair, a: Segment, b: Segment) -> float | None:
    """The opacity at which one segment's colour looks like the other's; None for none."""
    first, second = (np.array(levels_of(one.code), dtype=float) for one in (a, b))
    for base in dict.fromkeys((icons.pictures[1].page, icons.surroundings(b))):
        page = np.array(levels_of(base), dtype=float)
        length = float((first - page) @ (first - page))
        if length == 0:
            continue
        share = float((second - page) @ (first - page)) / length
        stray = np.abs(page + share * (first - page) - second).max()
        round_share = min(_OPACITY_STEPS, key=lambda step: abs(step - share))
        doubt = max(_ROUND_OPACITY, 1 / length**0.5)
        if stray <= _STRAY and abs(share - round_share) <= doubt:
            return round_share
    return None


def one_sided(shape: Shape, word: str) -> SvgFinding:
    """A shape that is ``missing`` or ``extra``."""
    rule = f"{'detail' if shape.is_detail else 'shape'}_{word}"
    boxes = (shape.box, None) if word == "missing" else (None, shape.box)
    return Finding(rule, Element((shape,)), None, None, *boxes)


def _moved(pair: Pair, step: NDArray[np.float64]) -> SvgFinding:
    rule = by_distance("moved", diagonal_share(step, pair.reference))
    return pair.finding(rule, (0.0, 0.0), tuple(step.tolist()))
