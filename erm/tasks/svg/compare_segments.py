"""Differences of two pictures that were taken apart, one finding for what changed together.

Segments of one colour that overlap in the two pictures are a cluster; a cluster that changed moved,
grew, turned, lost or gained a part, or became thicker. A segment without a counterpart of its
colour was repainted, moved away, is missing or extra. What changed most explains the pixels around
it first, so that what merely lay beneath it has not changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from erm.images import largest_gap
from erm.tasks.shared.colours import hexadecimal
from erm.tasks.shared.regions import Mask, commonest, levels_of
from erm.tasks.svg.icon_pair import IconPair, stroked
from erm.tasks.svg.joined_findings import joined
from erm.tasks.svg.masks import NEAR
from erm.tasks.svg.paint import Appearance
from erm.tasks.svg.segment_changes import (
    Cluster,
    one_sided,
    other_colour,
    outlined,
    parts,
    transformed,
    widened,
)
from erm.tasks.svg.segments import Segment, union_share
from erm.tasks.svg.shapes import Pair, Shape, SvgFinding

_VISIBLE = 12
"""Difference of a channel from which a pixel has changed."""
_FEWEST = 6
"""Changed pixels of a cluster, at least."""
_TRACE = 0.004
"""Share of a cluster from which its changed pixels are a change."""
_SAME_PLACE = 0.5
"""Intersection over union from which two segments of different colours are one shape."""


def compare_segments(
    icons: IconPair, thickness: int = 2, unknown: Mask | None = None
) -> list[SvgFinding]:
    """All differences between the segments of two pictures of one size.

    Args:
        thickness: pixels from which a difference counts; less is an edge.
        unknown: pixels of which the candidate's picture says nothing.
    """
    reference, candidate = icons.pictures
    changed = np.asarray(reference.codes != candidate.codes)
    changed &= largest_gap(reference.pixels, candidate.pixels) > _VISIBLE
    changed = ndimage.binary_opening(changed, np.ones((thickness, thickness), dtype=bool))
    if unknown is not None:
        changed &= ~unknown
    return _Comparison(icons, changed, max(1.5, float(thickness))).find()


class _Comparison:
    """What changed, and which of it findings explain so far.

    Args:
        changed: pixels that differ.
        least_step: pixels from which a segment moved.
    """

    def __init__(self, icons: IconPair, changed: Mask, least_step: float) -> None:
        self.icons = icons
        self.changed = changed
        self.least_step = least_step
        self.explained = np.zeros_like(changed)

    def find(self) -> list[SvgFinding]:
        """All differences between segments."""
        clusters = self._clusters()
        found, holes = self._alone(clusters)
        for cluster in sorted(clusters, key=lambda one: (-one.share, -one.area)):
            if cluster.sides[0] and cluster.sides[1]:
                found += self._overlapping(cluster)
        for side, index in holes:
            found += self._one_sided(side, index)
        return joined(self.icons, found)

    def _clusters(self) -> list[Cluster]:
        """Clusters of which something changed."""
        names: list[NDArray[np.int32]] = []
        for segments in self.icons.segments:
            name = np.zeros(self.changed.shape, dtype=np.int32)
            for index, segment in enumerate(segments, start=1):
                name[segment.place][segment.mask] = index
            names.append(name)
        counts = len(self.icons.segments[0]) + 1, len(self.icons.segments[1]) + 1
        lost = np.bincount(names[0][self.changed], minlength=counts[0])
        gained = np.bincount(names[1][self.changed], minlength=counts[1])
        same = (
            (self.icons.pictures[0].codes == self.icons.pictures[1].codes)
            & (names[0] > 0)
            & (names[1] > 0)
        )
        both = names[0][same].astype(np.int64) * counts[1] + names[1][same]
        pairs, overlap = np.unique(both, return_counts=True)
        pairs = pairs[overlap >= _FEWEST]
        first, second = pairs // counts[1], pairs % counts[1] + counts[0]
        size = counts[0] + counts[1]
        graph = coo_matrix((np.ones(len(pairs)), (first, second)), shape=(size, size))
        _, labels = connected_components(graph, directed=False)
        members: dict[int, tuple[list[int], list[int]]] = {}
        for index in range(len(self.icons.segments[0])):
            members.setdefault(int(labels[index + 1]), ([], []))[0].append(index)
        for index in range(len(self.icons.segments[1])):
            members.setdefault(int(labels[counts[0] + index + 1]), ([], []))[1].append(index)
        clusters = []
        for reference, candidate in members.values():
            own = [self.icons.segments[0][i] for i in reference] + [
                self.icons.segments[1][j] for j in candidate
            ]
            area = max(
                sum(self.icons.segments[0][i].area for i in reference),
                sum(self.icons.segments[1][j].area for j in candidate),
            )
            pixels = (
                int(sum(lost[i + 1] for i in reference)),
                int(sum(gained[j + 1] for j in candidate)),
            )
            if sum(pixels) >= max(_FEWEST, _TRACE * area):
                sides = tuple(reference), tuple(candidate)
                clusters.append(Cluster(own[0].code, sides, *pixels, area))
        return clusters

    def _alone(self, clusters: Sequence[Cluster]) -> tuple[list[SvgFinding], list[tuple[int, int]]]:
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
        left.sort(key=lambda one: (-self.icons.segments[one[0]][one[1]].area, one))
        holes = [one for one in left if self._is_page(*one)]
        for side, index in left:
            if (side, index) not in holes:
                found += self._one_sided(side, index)
        return found, holes

    def _is_page(self, side: int, index: int) -> bool:
        """Whether a segment may be a hole through which the page shows."""
        return self.icons.segments[side][index].code == self.icons.pictures[side].page

    def _explain(self, side: int, index: int) -> None:
        """What a finding explains: the pixels of a segment and a rim around it."""
        segment = self.icons.segments[side][index]
        self._explain_mask(ndimage.binary_fill_holes(segment.full()))

    def _explain_mask(self, mask: Mask) -> None:
        self.explained |= ndimage.binary_dilation(mask, NEAR, iterations=2)

    def _repainted(self, i: int, j: int) -> list[SvgFinding] | None:
        """One shape in another colour."""
        a, b = self.icons.segments[0][i], self.icons.segments[1][j]
        if a.code == b.code or union_share(a, b) < _SAME_PLACE:
            return None
        return other_colour(self.icons, self.icons.shape(0, i), self.icons.shape(1, j), a, b)

    def _moved_away(self, i: int, j: int) -> list[SvgFinding] | None:
        """One shape elsewhere, which nothing of its own place shows any more."""
        a, b = self.icons.segments[0][i], self.icons.segments[1][j]
        if a.code != b.code:
            return None
        return transformed(self.icons, i, j, self.least_step) or None

    def _one_sided(self, side: int, index: int) -> list[SvgFinding]:
        """A shape that is missing or extra, or the inside of an outline that was filled."""
        segment = self.icons.segments[side][index]
        rest = segment.full() & ~self.explained & self.changed
        if rest.sum() < max(_FEWEST, 0.5 * segment.area):
            return []
        other = self.icons.pictures[1 - side].codes[segment.place][segment.mask]
        around = self.icons.surroundings(segment, side)
        inside = commonest(other)
        filled = self._inside_of_outline(side, segment)
        shape = self.icons.shape(side, index)
        self._explain(side, index)
        if filled is not None:
            look = Appearance("solid", (hexadecimal(levels_of(segment.code)),))
            values = (look, None) if side == 0 else (None, look)
            return [Pair(filled, filled).finding("paint", values[0], values[1], "fill")]
        if segment.code == self.icons.pictures[side].page and self.icons.single_ink:
            return []
        word = "missing" if side == 0 else "extra"
        same = float((other == inside).mean())
        if (
            side == 1
            and self.icons.strokes
            and same > 0.9
            and inside != self.icons.pictures[0].page
        ):
            # one of the strokes that join has another colour
            a = Segment(inside, segment.place, segment.mask, segment.shape)
            return other_colour(self.icons, self.icons.shape_of(0, a), shape, a, segment)
        if side == 0 and same > 0.9 and inside not in (around, self.icons.pictures[1].page):
            # it became a part of a neighbour that has another colour
            b = Segment(inside, segment.place, segment.mask, segment.shape)
            return other_colour(self.icons, shape, shape, segment, b)
        return [one_sided(shape, word)]

    def _inside_of_outline(self, side: int, segment: Segment) -> Shape | None:
        """The stroked outline, the same in both pictures, of which a segment is the inside."""
        mask = segment.full()
        rim = ndimage.binary_dilation(mask, NEAR, iterations=2) & ~mask
        for index, other in enumerate(self.icons.segments[0]):
            if other.pen is None or other.code == segment.code:
                continue
            touched = rim[other.place] & other.mask
            share = float(touched.sum() / max(1, rim.sum()))
            if self.icons.strokes and share > 0.5:
                return stroked(self.icons.shape(0, index), other.pen)
            if share < 0.85:
                continue
            whole = ndimage.binary_fill_holes(other.mask)
            hole = whole & ~other.mask
            if hole.sum() and (hole & mask[other.place]).sum() > 0.9 * hole.sum():
                return self.icons.shape(0, index)
        return None

    def _overlapping(self, cluster: Cluster) -> list[SvgFinding]:
        reference, candidate = cluster.sides
        masks = [self.icons.mask(side, cluster.sides[side]) for side in (0, 1)]
        lost = masks[0] & ~masks[1] & self.changed & ~self.explained
        gained = masks[1] & ~masks[0] & self.changed & ~self.explained
        counts = int(lost.sum()), int(gained.sum())
        if sum(counts) < max(_FEWEST, _TRACE * cluster.area):
            return []
        if sum(counts) < 0.5 * (cluster.lost + cluster.gained):
            return []
        self._explain_mask(lost | gained)
        found = widened(self.icons, cluster, masks)
        if found:
            return found
        if len(reference) == len(candidate) == 1:
            found = transformed(self.icons, reference[0], candidate[0], self.least_step)
            if found:
                return found
            found = outlined(self.icons, reference[0], masks)
            if found:
                return found
        return parts(self.icons, cluster, masks, lost, gained)
