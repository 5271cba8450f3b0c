"""Two pictures of icons, taken apart together: their segments, and these as shapes in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import ndimage

from erm.tasks.discrepancy import Box
from erm.tasks.shared.regions import Mask, Pixels, commonest, levels_of
from erm.tasks.svg.masks import NEAR
from erm.tasks.svg.outline import Outline
from erm.tasks.svg.reading import shape_entry
from erm.tasks.svg.segments import Picture, Segment, take_apart
from erm.tasks.svg.shapes import Shape, shapes_of

_COLOURFUL = 40
"""Difference between a colour's channels from which it is no shade of grey."""
_MOST_JOINED = 40
"""Largest segments of which a picture's one shape is made."""


@dataclass(frozen=True, eq=False)
class IconPair:
    """The reference's picture (side 0) and the candidate's (side 1), of one size.

    Segments go by their side and their index there.
    """

    pictures: tuple[Picture, Picture]

    @classmethod
    def of(cls, reference: Pixels, candidate: Pixels) -> IconPair:
        """Two pictures, (height, width, 3) RGB each, taken apart."""
        return cls(take_apart(reference, candidate))

    @cached_property
    def segments(self) -> tuple[list[Segment], list[Segment]]:
        """Segments of each side that are no holes."""
        return self.pictures[0].drawn, self.pictures[1].drawn

    @property
    def single_ink(self) -> bool:
        """Whether the reference has one colour and the page's."""
        return self.pictures[0].single_ink

    @property
    def strokes(self) -> bool:
        """Whether the reference is drawn with strokes of one width and one colour."""
        return self.pictures[0].strokes

    @cached_property
    def one_shape(self) -> bool:
        """Whether the reference is drawn by one path, as far as anybody can say."""
        single = len(self.segments[0]) == 1 or (bool(self.segments[0]) and self.single_ink)
        return single and not (self.strokes and self._is_joined())

    def _is_joined(self) -> bool:
        """Whether the strokes of the reference are several, such as those that branch."""
        return len(self.segments[0]) > 1 or self.shape(0, 0).stroke is None

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
        return shapes[0] if count == 1 else together(shapes)

    def mask(self, side: int, indices: Iterable[int]) -> Mask:
        """The pixels of some segments in the whole picture."""
        mask = np.zeros(self.pictures[0].codes.shape, dtype=bool)
        for index in indices:
            segment = self.segments[side][index]
            mask[segment.place] |= segment.mask
        return mask

    def pen(self, side: int, indices: Sequence[int]) -> float | None:
        """The width of strokes that some segments are."""
        widths = [self.segments[side][index].pen for index in indices]
        known = [width for width in widths if width is not None]
        return float(np.median(known)) if len(known) == len(widths) else None

    def surroundings(self, segment: Segment, side: int = 1) -> int:
        """The colour around a segment."""
        mask = segment.full()
        ring = ndimage.binary_dilation(mask, NEAR, iterations=2) & ~mask
        codes = self.pictures[side].codes[ring]
        return commonest(codes) if codes.size else self.pictures[side].page


def _is_colourful(code: int) -> bool:
    """Whether a colour is no shade of grey: what is white in a coloured badge is drawn upon it."""
    levels = levels_of(code)
    return max(levels) - min(levels) > _COLOURFUL


def _as_shape(entry: dict[str, Any], size: tuple[int, int]) -> Shape:
    scene = {"width": size[1], "height": size[0], "shapes": [entry]}
    return shapes_of(scene, (float(size[1]), float(size[0])))[0]


def together(shapes: Sequence[Shape]) -> Shape:
    """Several regions as one shape."""
    subpaths = tuple(path for shape in shapes for path in shape.outline.subpaths)
    largest = max(shapes, key=lambda shape: shape.area)
    return replace(
        largest,
        outline=Outline(subpaths, True, "shape"),
        box=Box.around([shape.box for shape in shapes]),
        area=sum(shape.area for shape in shapes),
    )


def stroked(shape: Shape, width: float) -> Shape:
    """A shape as a stroke, which it is, but branches hide that."""
    if shape.stroke is not None or shape.fill is None:
        return shape
    pen = {**shape.fill, "width": width, "dash": [], "cap": "butt", "join": "miter"}
    return replace(shape, fill=None, stroke={**pen, "beneath": False})
