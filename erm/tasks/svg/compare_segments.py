"""Differences of two pictures that were taken apart, one finding for what changed together.

Segments of one colour that overlap in the two pictures are a cluster; a cluster that changed moved,
grew, turned, lost or gained a part, or became thicker. A segment without a counterpart of its
colour was repainted, moved away, is missing or extra. What changed most explains the pixels around
it first, so that what merely lay beneath it has not changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from erm.images import largest_gap
from erm.tasks.discrepancy import Box
from erm.tasks.shared.colours import VISIBLE_COLOUR, colour_distance, hexadecimal
from erm.tasks.shared.findings import Finding, union
from erm.tasks.shared.regions import Mask, commonest, levels_of
from erm.tasks.svg.compare_outlines import compare_box_sizes, compare_outlines, diagonal_share
from erm.tasks.svg.masks import NEAR, agree, best_shift, best_turn, box_around, fit, scaled
from erm.tasks.svg.outline import Outline
from erm.tasks.svg.paint import Appearance
from erm.tasks.svg.reading import shape_entry
from erm.tasks.svg.segments import Picture, Segment, pen_width
from erm.tasks.svg.severity import by_angle, by_distance, if_at_least
from erm.tasks.svg.shapes import Element, Pair, Shape, SvgFinding, shapes_of

_VISIBLE = 12
"""Difference of a channel from which a pixel has changed."""
_FEWEST = 6
"""Changed pixels of a cluster, at least."""
_TRACE = 0.004
"""Share of a cluster from which its changed pixels are a change."""
_SAME_PLACE = 0.5
"""Intersection over union from which two segments of different colours are one shape."""
_SAME_SPOT = 0.3
"""The same from which a shape of another kind stands for one."""
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
_COLOURFUL = 40
"""Difference between a colour's channels from which it is no shade of grey."""
_FEW = 2
"""Missing regions of one colour, and extra ones, that are reported one by one."""
_PIECE_RATIO = 0.75
"""Share of a piece of a stroke that must be there elsewhere where it moved."""
_FEWEST_DASHES = 4
"""Pieces of a stroke that is dashed, at least."""
_MOST_JOINED = 40
"""Largest segments of which a picture's one shape is made."""
_MOST_FINDINGS = 6
"""Findings of segments that a report lists, the largest ones."""


@dataclass(frozen=True, eq=False)
class _Cluster:
    """Segments of one colour that overlap, by index on each side, and how many pixels changed."""

    code: int
    sides: tuple[tuple[int, ...], tuple[int, ...]]
    lost: int
    gained: int
    area: int

    @property
    def share(self) -> float:
        return (self.lost + self.gained) / self.area


class Comparison:
    """Compares two pictures of one size, taken apart together.

    Args:
        thickness: pixels from which a difference counts; less is an edge.
        unknown: pixels of which the candidate's picture says nothing.
    """

    def __init__(
        self,
        reference: Picture,
        candidate: Picture,
        thickness: int = 2,
        unknown: Mask | None = None,
    ) -> None:
        self.pictures = reference, candidate
        self.single_ink = reference.single_ink
        self.segments = reference.drawn, candidate.drawn
        self.strokes = reference.strokes
        self.one_shape = bool(self.segments[0]) and (
            (len(self.segments[0]) == 1 or self.single_ink)
            and not (self.strokes and self._is_joined())
        )
        """The reference is drawn by one path, as far as anybody can say."""
        changed = np.asarray(self.pictures[0].codes != self.pictures[1].codes)
        changed &= largest_gap(reference.pixels, candidate.pixels) > _VISIBLE
        self.changed = ndimage.binary_opening(changed, np.ones((thickness, thickness), dtype=bool))
        if unknown is not None:
            self.changed &= ~unknown
        self.least_step = max(1.5, float(thickness))
        self.explained = np.zeros_like(self.changed)

    def _is_joined(self) -> bool:
        """Whether the strokes of the reference are several, such as those that branch."""
        return len(self.segments[0]) > 1 or self.shape(0, 0).stroke is None

    # -- shapes ---------------------------------------------------------------------------------

    def shape(self, side: int, index: int) -> Shape:
        """A segment as a shape, in the words of the exact annotator."""
        segment = self.segments[side][index]
        return self.shape_of(side, segment)

    def shape_of(self, side: int, segment: Segment) -> Shape:
        """Any region of a picture as a shape."""
        picture = self.pictures[side]
        solid = segment.pen is None and (not self.single_ink or _is_colourful(segment.code))
        return _as_shape(shape_entry(picture, segment, solid=solid), segment.shape)

    def whole(self, side: int) -> Shape:
        """All ink of a picture as one shape."""
        count = min(_MOST_JOINED, len(self.segments[side]))
        shapes = [self.shape(side, index) for index in range(count)]
        return shapes[0] if count == 1 else _together(shapes)

    # -- clusters -------------------------------------------------------------------------------

    def find(self) -> list[SvgFinding]:
        """All differences between segments."""
        clusters = self._clusters()
        found, holes = self._alone(clusters)
        for cluster in sorted(clusters, key=lambda one: (-one.share, -one.area)):
            if cluster.sides[0] and cluster.sides[1]:
                found += self._overlapping(cluster)
        for side, index in holes:
            found += self._one_sided(side, index)
        return _largest(self._joined(found))

    def _clusters(self) -> list[_Cluster]:
        """Clusters of which something changed."""
        names: list[NDArray[np.int32]] = []
        for segments in self.segments:
            name = np.zeros(self.changed.shape, dtype=np.int32)
            for index, segment in enumerate(segments, start=1):
                name[segment.place][segment.mask] = index
            names.append(name)
        counts = len(self.segments[0]) + 1, len(self.segments[1]) + 1
        lost = np.bincount(names[0][self.changed], minlength=counts[0])
        gained = np.bincount(names[1][self.changed], minlength=counts[1])
        same = (self.pictures[0].codes == self.pictures[1].codes) & (names[0] > 0) & (names[1] > 0)
        both = names[0][same].astype(np.int64) * counts[1] + names[1][same]
        pairs, overlap = np.unique(both, return_counts=True)
        pairs = pairs[overlap >= _FEWEST]
        first, second = pairs // counts[1], pairs % counts[1] + counts[0]
        size = counts[0] + counts[1]
        graph = coo_matrix((np.ones(len(pairs)), (first, second)), shape=(size, size))
        _, labels = connected_components(graph, directed=False)
        members: dict[int, tuple[list[int], list[int]]] = {}
        for index in range(len(self.segments[0])):
            members.setdefault(int(labels[index + 1]), ([], []))[0].append(index)
        for index in range(len(self.segments[1])):
            members.setdefault(int(labels[counts[0] + index + 1]), ([], []))[1].append(index)
        clusters = []
        for reference, candidate in members.values():
            own = [self.segments[0][i] for i in reference] + [
                self.segments[1][j] for j in candidate
            ]
            area = max(
                sum(self.segments[0][i].area for i in reference),
                sum(self.segments[1][j].area for j in candidate),
            )
            pixels = (
                int(sum(lost[i + 1] for i in reference)),
                int(sum(gained[j + 1] for j in candidate)),
            )
            if sum(pixels) >= max(_FEWEST, _TRACE * area):
                sides = tuple(reference), tuple(candidate)
                clusters.append(_Cluster(own[0].code, sides, *pixels, area))
        return clusters

    # -- segments of which only one side has the colour there -----------------------------------

    def _alone(
        self, clusters: Sequence[_Cluster]
    ) -> tuple[list[SvgFinding], list[tuple[int, int]]]:
        """Findings about segments without counterpart, and the holes (side, index) left."""
        gone = [c.sides[0][0] for c in clusters if not c.sides[1]]
        new = [c.sides[1][0] for c in clusters if not c.sides[0]]
        found: list[SvgFinding] = []
        for test in (self._repainted, self._moved_away):
            for i in list(gone):
                for j in list(new):
                    item = test(i, j)
                    if item is not None:
                        found += item
                        self._explain(0, i)
                        self._explain(1, j)
                        gone.remove(i)
                        new.remove(j)
                        break
        left = [(0, index) for index in gone] + [(1, index) for index in new]
        left.sort(key=lambda one: (-self.segments[one[0]][one[1]].area, one))
        holes = [one for one in left if self._is_page(*one)]
        for side, index in left:
            if (side, index) not in holes:
                found += self._one_sided(side, index)
        return found, holes

    def _is_page(self, side: int, index: int) -> bool:
        """Whether a segment may be a hole through which the page shows."""
        return self.segments[side][index].code == self.pictures[side].page

    def _explain(self, side: int, index: int) -> None:
        """What a finding explains: the pixels of a segment and a rim around it."""
        segment = self.segments[side][index]
        self._explain_mask(ndimage.binary_fill_holes(segment.full()))

    def _explain_mask(self, mask: Mask) -> None:
        self.explained |= ndimage.binary_dilation(mask, NEAR, iterations=2)

    def _repainted(self, i: int, j: int) -> list[SvgFinding] | None:
        """One shape in another colour."""
        a, b = self.segments[0][i], self.segments[1][j]
        if a.code == b.code or _union_share(a, b) < _SAME_PLACE:
            return None
        return self._other_colour(self.shape(0, i), self.shape(1, j), a, b)

    def _other_colour(
        self, first: Shape, second: Shape, a: Segment, b: Segment
    ) -> list[SvgFinding]:
        share = self._opacity(a, b)
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

    def _opacity(self, a: Segment, b: Segment) -> float | None:
        """The opacity at which one segment's colour looks like the other's; None for none."""
        first, second = (np.array(levels_of(one.code), dtype=float) for one in (a, b))
        for base in dict.fromkeys((self.pictures[1].page, self._surroundings(b))):
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

    def _surroundings(self, segment: Segment, side: int = 1) -> int:
        """The colour around a segment."""
        mask = segment.full()
        ring = ndimage.binary_dilation(mask, NEAR, iterations=2) & ~mask
        codes = self.pictures[side].codes[ring]
        return commonest(codes) if codes.size else self.pictures[side].page

    def _moved_away(self, i: int, j: int) -> list[SvgFinding] | None:
        """One shape elsewhere, which nothing of its own place shows any more."""
        a, b = self.segments[0][i], self.segments[1][j]
        if a.code != b.code:
            return None
        return self._transformed(i, j)

    def _one_sided(self, side: int, index: int) -> list[SvgFinding]:
        """A shape that is missing or extra, or the inside of an outline that was filled."""
        segment = self.segments[side][index]
        rest = segment.full() & ~self.explained & self.changed
        if rest.sum() < max(_FEWEST, 0.5 * segment.area):
            return []
        other = self.pictures[1 - side].codes[segment.place][segment.mask]
        around = self._surroundings(segment, side)
        inside = commonest(other)
        filled = self._inside_of_outline(side, segment)
        shape = self.shape(side, index)
        self._explain(side, index)
        if filled is not None:
            look = Appearance("solid", (hexadecimal(levels_of(segment.code)),))
            values = (look, None) if side == 0 else (None, look)
            return [Pair(filled, filled).finding("paint", values[0], values[1], "fill")]
        if segment.code == self.pictures[side].page and self.single_ink:
            return []
        word = "missing" if side == 0 else "extra"
        same = float((other == inside).mean())
        if side == 1 and self.strokes and same > 0.9 and inside != self.pictures[0].page:
            # one of the strokes that join has another colour
            a = Segment(inside, segment.place, segment.mask, segment.shape)
            return self._other_colour(self.shape_of(0, a), shape, a, segment)
        if side == 0 and same > 0.9 and inside not in (around, self.pictures[1].page):
            # it became a part of a neighbour that has another colour
            b = Segment(inside, segment.place, segment.mask, segment.shape)
            return self._other_colour(shape, shape, segment, b)
        return [_alone(shape, word)]

    def _inside_of_outline(self, side: int, segment: Segment) -> Shape | None:
        """The stroked outline, the same in both pictures, of which a segment is the inside."""
        mask = segment.full()
        rim = ndimage.binary_dilation(mask, NEAR, iterations=2) & ~mask
        for index, other in enumerate(self.segments[0]):
            if other.pen is None or other.code == segment.code:
                continue
            touched = rim[other.place] & other.mask
            share = float(touched.sum() / max(1, rim.sum()))
            if self.strokes and share > 0.5:
                return _stroked(self.shape(0, index), other.pen)
            if share < 0.85:
                continue
            whole = ndimage.binary_fill_holes(other.mask)
            hole = whole & ~other.mask
            if hole.sum() and (hole & mask[other.place]).sum() > 0.9 * hole.sum():
                return self.shape(0, index)
        return None

    # -- clusters that both sides have ----------------------------------------------------------

    def _overlapping(self, cluster: _Cluster) -> list[SvgFinding]:
        reference, candidate = cluster.sides
        masks = [self._mask(side, cluster.sides[side]) for side in (0, 1)]
        lost = masks[0] & ~masks[1] & self.changed & ~self.explained
        gained = masks[1] & ~masks[0] & self.changed & ~self.explained
        counts = int(lost.sum()), int(gained.sum())
        if sum(counts) < max(_FEWEST, _TRACE * cluster.area):
            return []
        if sum(counts) < 0.5 * (cluster.lost + cluster.gained):
            return []
        self._explain_mask(lost | gained)
        found = self._widened(cluster, masks)
        if found:
            return found
        if len(reference) == len(candidate) == 1:
            found = self._transformed(reference[0], candidate[0])
            if found:
                return found
            found = self._outlined(reference[0], masks)
            if found:
                return found
        return self._parts(cluster, masks, lost, gained)

    def _mask(self, side: int, indices: Iterable[int]) -> Mask:
        mask = np.zeros(self.changed.shape, dtype=bool)
        for index in indices:
            segment = self.segments[side][index]
            mask[segment.place] |= segment.mask
        return mask

    def _widened(self, cluster: _Cluster, masks: Sequence[Mask]) -> list[SvgFinding]:
        """Strokes of another width along the same course."""
        place = _around(masks[0] | masks[1], 2)
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
            shape = self.shape(0, index)
            shape = _stroked(shape, values[0])
            found.append(Finding(rule, Element((shape,)), *values, shape.box, shape.box))
        return found

    def _transformed(self, i: int, j: int) -> list[SvgFinding]:
        """One segment that moved, grew, turned or became another kind of shape."""
        a, b = self.segments[0][i], self.segments[1][j]
        step = np.array(
            [b.box.x0 + b.box.x1 - a.box.x0 - a.box.x1, b.box.y0 + b.box.y1 - a.box.y0 - a.box.y1]
        )
        step = step / 2
        sizes = [np.array(one.mask.shape[::-1], dtype=float) for one in (a, b)]
        same_size = np.abs(sizes[1] - sizes[0]).max() <= _SIZE_STEP
        if same_size and agree(a.mask, fit(b.mask, a.mask.shape)):
            if np.abs(step).max() < self.least_step:
                return []
            pair = Pair(self.shape(0, i), self.shape(1, j))
            return [_moved(pair, step)]
        first, second = self.shape(0, i), self.shape(1, j)
        pair = Pair(first, second)
        stroked = first.stroke is not None and second.stroke is not None
        simple = first.kind == second.kind and (
            first.kind in (*_GOOD_KINDS, "line") or (stroked and first.kind == "shape")
        )
        if first.kind == second.kind == "line":
            return compare_outlines(first, second)
        stretched = agree(scaled(a.mask, b.mask.shape), b.mask)
        if (stretched or simple) and not same_size and min(sizes[1]) >= 3:
            overlap = _union_share(a, b) > 0 or np.abs(step).max() < 0.5 * max(sizes[0])
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
        if near and other_kind and _union_share(a, b) > _SAME_SPOT:
            return [pair.finding("kind", first.kind, second.kind)]
        return []

    def _outlined(self, index: int, masks: Sequence[Mask]) -> list[SvgFinding]:
        """A filled shape that became an outline, or the other way round."""
        place = _around(masks[0] | masks[1], 2)
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
            shape = self.shape(0, index)
            return [Pair(shape, shape).finding("filled", *values)]
        for solid, ring in ((0, 1), (1, 0)) if self.strokes else ():
            whole = ndimage.binary_fill_holes(cuts[ring])
            if whole.sum() <= 1.05 * cuts[ring].sum() or pen_width(cuts[ring]) is None:
                continue
            if not agree(whole, cuts[solid]):
                continue
            shape = _stroked(self.shape(0, index), pen_width(cuts[ring]) or 1.0)
            code = self.segments[0][index].code
            look = Appearance("solid", (hexadecimal(levels_of(code)),))
            looks = (look, None) if ring == 1 else (None, look)
            return [Pair(shape, shape).finding("paint", looks[0], looks[1], "fill")]
        return []

    def _parts(
        self, cluster: _Cluster, masks: Sequence[Mask], lost: Mask, gained: Mask
    ) -> list[SvgFinding]:
        """Parts of strokes that are missing, extra or moved; else another outline."""
        pens = [self._pen(side, cluster.sides[side]) for side in (0, 1)]
        counts = int(lost.sum()), int(gained.sum())
        code = cluster.code
        dashed = self._dashed(cluster, counts)
        if dashed:
            return dashed
        if pens[0] is not None and pens[1] is not None:
            pieces = [self._pieces(mask, code, pens[0]) for mask in (lost, gained)]
            for side, word in ((0, "missing"), (1, "extra")):
                if counts[1 - side] <= _SIDE_EFFECT * counts[side] and 1 <= len(pieces[side]) <= 3:
                    return [_alone(self.shape_of(side, piece), word) for piece in pieces[side]]
            if pieces[0] and pieces[1]:
                a, b = pieces[0][0], pieces[1][0]
                return self._piece_changed(a, b, lost, gained)
        if self.single_ink and not self.strokes:
            whole = self.whole(0), self.whole(1)
            return [Pair(*whole).finding("outline")]
        index = max(cluster.sides[0], key=lambda one: self.segments[0][one].area)
        shape = self.shape(0, index)
        return [Finding("outline", Element((shape,)), None, None, shape.box, box_around(masks[1]))]

    def _piece_changed(self, a: Segment, b: Segment, lost: Mask, gained: Mask) -> list[SvgFinding]:
        """One of several joined strokes that moved, turned or has another course."""
        first, second = self.shape_of(0, a), self.shape_of(1, b)
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

    def _dashed(self, cluster: _Cluster, counts: tuple[int, int]) -> list[SvgFinding]:
        """A stroke of which gaps became dashes, or the other way round."""
        for side, values in ((1, ("solid", "dashed")), (0, ("dashed", "solid"))):
            dashes = [self.segments[side][index].area for index in cluster.sides[side]]
            solid = cluster.sides[1 - side]
            if len(solid) > 2 or len(dashes) < _FEWEST_DASHES:
                continue
            if self._pen(1 - side, solid) is None:
                continue
            if counts[side] > _SIDE_EFFECT * counts[1 - side]:
                continue
            if np.std(dashes) > 0.6 * np.mean(dashes):
                continue
            index = max(cluster.sides[0], key=lambda one: self.segments[0][one].area)
            shape = self.shape(0, index)
            return [Pair(shape, shape).finding("dashed", *values)]
        return []

    def _pen(self, side: int, indices: Sequence[int]) -> float | None:
        """The width of strokes that some segments are."""
        widths = [self.segments[side][index].pen for index in indices]
        known = [width for width in widths if width is not None]
        return float(np.median(known)) if len(known) == len(widths) else None

    def _pieces(self, mask: Mask, code: int, pen: float) -> list[Segment]:
        """Connected parts of a mask, slivers left out."""
        labels, _ = ndimage.label(ndimage.binary_opening(mask, NEAR), NEAR)
        pieces = []
        for number, place in enumerate(ndimage.find_objects(labels), start=1):
            piece = Segment(code, place, labels[place] == number, mask.shape)
            deep = float(ndimage.distance_transform_edt(np.pad(piece.mask, 1)).max())
            if piece.area >= _FEWEST and 2 * deep >= 0.5 * pen:
                pieces.append(piece)
        return sorted(pieces, key=lambda piece: -piece.area)

    # -- findings that are one -------------------------------------------------------------------

    def _joined(self, found: list[SvgFinding]) -> list[SvgFinding]:
        """Equal changes of several shapes as one; a picture that is one shape has one of each."""
        groups: dict[Any, list[SvgFinding]] = {}
        for index, item in enumerate(found):
            groups.setdefault(self._shared(item) or index, []).append(item)
        return [one for items in groups.values() for one in self._join(items)]

    def _shared(self, item: SvgFinding) -> Any:
        rule = item.rule.partition(".")[0]
        if rule in ("colour", "opacity", "stroke_width", "paint"):
            return (rule, item.element.part, repr(item.reference), repr(item.candidate))
        if rule == "outline" and self.single_ink and not self.strokes:
            return rule
        if rule.endswith(("missing", "extra")):
            word = rule.partition("_")[2]
            return word, item.element.shapes[0].look.colour
        if rule == "moved":
            step = np.array(item.candidate) - np.array(item.reference)
            return (rule, *np.round(step / 3).astype(int).tolist())
        return None

    def _join(self, items: list[SvgFinding]) -> list[SvgFinding]:
        first = items[0]
        alone = first.reference_box is None or first.candidate_box is None
        if len(items) <= (_FEW if alone else 1):
            return items
        shapes = tuple(item.element.shapes[0] for item in items)
        if alone:
            word = "missing" if first.candidate_box is None else "extra"
            return [_alone(_together(shapes), word)]
        box = Box.around([shape.box for shape in shapes])
        if first.rule.partition(".")[0] in _OF_ONE_SHAPE:
            element = Element((_together(shapes),), part=first.element.part)
            return [Finding(first.rule, element, first.reference, first.candidate, box, box)]
        if first.rule.startswith("moved"):
            element = Element(shapes, moved_together=True)
            rule = first.rule.replace("moved", "group_moved")
            step = np.array(first.candidate) - np.array(first.reference)
            return [Finding(rule, element, (0.0, 0.0), tuple(step.tolist()), box, box)]
        looks = {shape.look for shape in shapes}
        every = len(looks) == 1 and len(shapes) == len(self.segments[0])
        element = Element(shapes, part=first.element.part, every=every)
        return [Finding(first.rule, element, first.reference, first.candidate, box, box)]


_OF_ONE_SHAPE = frozenset(("colour", "opacity", "outline", "paint"))
"""Changes of several regions that are taken for one of a shape that all of them belong to."""


def _is_colourful(code: int) -> bool:
    """Whether a colour is no shade of grey: what is white in a coloured badge is drawn upon it."""
    levels = levels_of(code)
    return max(levels) - min(levels) > _COLOURFUL


def _largest(found: list[SvgFinding]) -> list[SvgFinding]:
    if len(found) <= _MOST_FINDINGS:
        return found
    ranked = sorted(found, key=lambda item: -sum(shape.area for shape in item.element.shapes))
    return ranked[:_MOST_FINDINGS]


def _as_shape(entry: dict[str, Any], size: tuple[int, int]) -> Shape:
    scene = {"width": size[1], "height": size[0], "shapes": [entry]}
    return shapes_of(scene, (float(size[1]), float(size[0])))[0]


def _together(shapes: Sequence[Shape]) -> Shape:
    """Several regions as one shape."""
    subpaths = tuple(path for shape in shapes for path in shape.outline.subpaths)
    largest = max(shapes, key=lambda shape: shape.area)
    return replace(
        largest,
        outline=Outline(subpaths, True, "shape"),
        box=Box.around([shape.box for shape in shapes]),
        area=sum(shape.area for shape in shapes),
    )


def _stroked(shape: Shape, width: float) -> Shape:
    """A shape as a stroke, which it is, but branches hide that."""
    if shape.stroke is not None or shape.fill is None:
        return shape
    pen = {**shape.fill, "width": width, "dash": [], "cap": "butt", "join": "miter"}
    return replace(shape, fill=None, stroke={**pen, "beneath": False})


def _alone(shape: Shape, word: str) -> SvgFinding:
    rule = f"{'detail' if shape.is_detail else 'shape'}_{word}"
    boxes = (shape.box, None) if word == "missing" else (None, shape.box)
    return Finding(rule, Element((shape,)), None, None, *boxes)


def _moved(pair: Pair, step: NDArray[np.float64]) -> SvgFinding:
    rule = by_distance("moved", diagonal_share(step, pair.reference))
    return pair.finding(rule, (0.0, 0.0), tuple(step.tolist()))


def _union_share(a: Segment, b: Segment) -> float:
    """Intersection over union."""
    rows = max(a.place[0].start, b.place[0].start), min(a.place[0].stop, b.place[0].stop)
    columns = max(a.place[1].start, b.place[1].start), min(a.place[1].stop, b.place[1].stop)
    if rows[0] >= rows[1] or columns[0] >= columns[1]:
        return 0.0
    cuts = [
        one.mask[
            rows[0] - one.place[0].start : rows[1] - one.place[0].start,
            columns[0] - one.place[1].start : columns[1] - one.place[1].start,
        ]
        for one in (a, b)
    ]
    both = int((cuts[0] & cuts[1]).sum())
    return both / (a.area + b.area - both)


def _around(mask: Mask, margin: int) -> tuple[slice, slice]:
    box = box_around(mask)
    return (
        slice(max(0, int(box.y0) - margin), int(box.y1) + margin),
        slice(max(0, int(box.x0) - margin), int(box.x1) + margin),
    )


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
