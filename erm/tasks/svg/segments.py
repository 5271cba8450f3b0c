"""Segments of an icon's picture: connected regions of one colour, alike in both pictures of a pair.

A colour is one that flat areas have, so that mixtures at edges are none; a pixel at an edge belongs
to the nearest flat area. Both pictures of a pair share their colours, so that what did not change
has the same segments. Not covered: what kind of shape a segment is (`reading`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize

from erm.tasks.discrepancy import Box
from erm.tasks.shared.regions import (
    Mask,
    Pixels,
    Place,
    box_of,
    codes_of,
    gap_from,
    levels_of,
    rim_colour,
)
from erm.tasks.svg.masks import NEAR

_FLAT = 3
"""Difference of levels within 3×3 pixels up to which they are a flat area."""
_SAME_COLOUR = 8
"""Difference of a channel up to which two flat areas have one colour."""
_OWN_COLOUR = 24
"""Difference of a channel up to which a pixel has a colour of the palette, and is no edge."""
_MOST_COLOURS = 24
"""Colours of a pair that are kept, the commonest ones."""
_FEWEST = 4
"""Flat pixels of a colour, at least."""
_SAME_PAGE = 0.7
"""Intersection over union of two pages that are one page in two colours."""
_LEAST_PAGE = 0.1
"""Share of a picture that its page has, at least."""
WHITE_CODE = 0xFFFFFF
"""The colour of a page that nothing covers."""
_MOST_SEGMENTS, _FEWEST_SEGMENTS = 150, 12
"""Largest segments of a picture that are looked at: up to 112,000 pixels, and in huge pictures."""
_MOST_WORK = 150 * 112_000
"""Segments times pixels of a picture in between."""
_SMALLEST = 6
"""Pixels of a segment, at least."""
_EVEN = 0.25
"""Deviation of a stroke's width from its mean, as a share, at most."""
_LONGEST_PEN = 20_000
"""Pixels of a middle line that are measured, at most."""
_ONE_WIDTH = 1.3
"""Ratio of the widths of strokes that are drawn with one pen, at most."""
_DIAGONAL = 1.6
"""Ratio of a stroke's stretches across and down below which it runs diagonally."""


@dataclass(frozen=True, eq=False)
class Segment:
    """A connected region of one colour.

    Attributes:
        code: its colour as one number.
        place: rows and columns of its box.
        mask: its pixels within the place.
        shape: (height, width) of the picture.
    """

    code: int
    place: Place
    mask: Mask
    shape: tuple[int, int]

    @cached_property
    def area(self) -> int:
        """Pixels."""
        return int(self.mask.sum())

    @property
    def box(self) -> Box:
        """The box around it, in pixels."""
        return box_of(self.place)

    def full(self) -> Mask:
        """Its pixels in the whole picture."""
        whole = np.zeros(self.shape, dtype=bool)
        whole[self.place] = self.mask
        return whole

    @cached_property
    def pen(self) -> float | None:
        """The width in px of the stroke of even width that it is, branches or not; else None."""
        return pen_width(self.mask)


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of a pair, taken apart.

    Attributes:
        pixels: (height, width, 3) RGB.
        page: the colour around everything.
        codes: each pixel's colour as one number, edges counted to the nearest flat area.
        segments: without the page, the largest first.
    """

    pixels: Pixels
    page: int
    codes: NDArray[np.int32]
    segments: tuple[Segment, ...]

    @cached_property
    def ink(self) -> Mask:
        """Pixels that are not of the page's colour."""
        return np.asarray(self.codes != self.page)

    @cached_property
    def single_ink(self) -> bool:
        """Whether there is one colour and the page's."""
        return len(self.inks - {self.page}) <= 1

    @cached_property
    def strokes(self) -> bool:
        """Whether it is drawn with strokes of one width and one colour."""
        if not self.single_ink or not self.drawn:
            return False
        pens = [segment.pen for segment in self.drawn[:12]]
        widths = [width for width in pens if width is not None]
        return len(widths) == len(pens) and max(widths) <= _ONE_WIDTH * min(widths)

    @cached_property
    def drawn(self) -> list[Segment]:
        """Segments that are no holes: those of the page's colour are in a picture of one ink."""
        return [one for one in self.segments if not self.single_ink or one.code != self.page]

    @cached_property
    def inks(self) -> frozenset[int]:
        """Colours of segments."""
        return frozenset(segment.code for segment in self.segments)


def take_apart(reference: Pixels, candidate: Pixels) -> tuple[Picture, Picture]:
    """Two pictures, (height, width, 3) RGB each, in segments of shared colours.

    Two pages of other colours are two pages only where they lie at the same place; otherwise a
    shape reaches the rim of one picture, and both have the page that is white.
    """
    pictures = reference, candidate
    palette = _palette(pictures)
    coded = [_coded(pixels, palette) for pixels in pictures]
    pages = [_page(codes) for codes in coded]
    if len(set(pages)) > 1:
        areas = [codes == page for codes, page in zip(coded, pages, strict=True)]
        if (areas[0] & areas[1]).sum() < _SAME_PAGE * (areas[0] | areas[1]).sum():
            pages = [WHITE_CODE if WHITE_CODE in pages else pages[0]] * len(pages)
    first, second = (
        Picture(pixels, page, codes, _segments(codes, page))
        for pixels, codes, page in zip(pictures, coded, pages, strict=True)
    )
    return first, second


def _page(codes: NDArray[np.int32]) -> int:
    """The colour of the rim, or white where that is only a frame around white."""
    page = rim_colour(codes)
    framed = (codes == page).mean() < _LEAST_PAGE <= (codes == WHITE_CODE).mean()
    return WHITE_CODE if framed else page


def _palette(pictures: tuple[Pixels, ...]) -> list[int]:
    """Colours of flat areas, the commonest first."""
    found = []
    for pixels in pictures:
        low = ndimage.minimum_filter(pixels, size=(3, 3, 1))
        high = ndimage.maximum_filter(pixels, size=(3, 3, 1))
        flat = (high - low).max(axis=2) <= _FLAT
        found.append(codes_of(pixels)[flat])
        found.append(np.array([rim_colour(codes_of(pixels))] * _FEWEST, dtype=np.int32))
    values, counts = np.unique(np.concatenate(found), return_counts=True)
    kept: list[int] = []
    levels = np.empty((0, 3), dtype=np.int32)
    for index in np.lexsort((values, -counts)):
        if counts[index] < _FEWEST or len(kept) >= _MOST_COLOURS:
            break
        point = np.array([levels_of(int(values[index]))], dtype=np.int32)
        if (np.abs(levels - point).max(axis=1) <= _SAME_COLOUR).any():
            continue
        kept.append(int(values[index]))
        levels = np.vstack([levels, point])
    return kept


def _coded(pixels: Pixels, palette: list[int]) -> NDArray[np.int32]:
    """Each pixel's colour of the palette, edges counted to the nearest flat area."""
    nearest = np.zeros(pixels.shape[:2], dtype=np.int32)
    least = np.full(pixels.shape[:2], 256, dtype=np.int16)
    for index, code in enumerate(palette):
        gap = gap_from(pixels, code).astype(np.int16)
        closer = gap < least
        nearest[closer], least[closer] = index, gap[closer]
    own = least <= _OWN_COLOUR
    # a fringe of edge pixels may have a colour of the palette by chance
    own &= _thick(nearest, own)
    if own.any() and not own.all():
        rows, columns = ndimage.distance_transform_edt(
            ~own, return_distances=False, return_indices=True
        )
        nearest = nearest[rows, columns]
    return np.array(palette, dtype=np.int32)[nearest]


def _thick(labels: NDArray[np.int32], own: Mask) -> Mask:
    """Pixels that lie in some 2×2 block of their own label."""
    same = np.zeros(labels.shape, dtype=bool)
    block = (
        (labels[1:, 1:] == labels[:-1, 1:])
        & (labels[1:, 1:] == labels[1:, :-1])
        & (labels[1:, 1:] == labels[:-1, :-1])
        & own[1:, 1:]
        & own[:-1, 1:]
        & own[1:, :-1]
        & own[:-1, :-1]
    )
    for down in (slice(None, -1), slice(1, None)):
        for across in (slice(None, -1), slice(1, None)):
            same[down, across] |= block
    return same


def _segments(codes: NDArray[np.int32], page: int) -> tuple[Segment, ...]:
    found: list[Segment] = []
    rows, columns = codes.shape
    for code in np.unique(codes):
        mask = codes == code
        labels, _ = ndimage.label(mask, NEAR)
        sizes = np.bincount(labels.ravel())
        rim = set(np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])))
        for number, place in enumerate(ndimage.find_objects(labels), start=1):
            if sizes[number] < _SMALLEST or (code == page and number in rim):
                continue
            found.append(Segment(int(code), place, labels[place] == number, (rows, columns)))
    found.sort(key=lambda segment: (-segment.area, segment.code, segment.box))
    most = min(_MOST_SEGMENTS, max(_FEWEST_SEGMENTS, _MOST_WORK // codes.size))
    return tuple(found[:most])


def cover_of(picture: Picture, segment: Segment) -> tuple[NDArray[np.float32], Place]:
    """How much of each pixel a segment covers, 0 to 1, and where: its place and a pixel around."""
    rows, columns = segment.place
    height, width = segment.shape
    place = (
        slice(max(0, rows.start - 1), min(height, rows.stop + 1)),
        slice(max(0, columns.start - 1), min(width, columns.stop + 1)),
    )
    mask = np.zeros((place[0].stop - place[0].start, place[1].stop - place[1].start), dtype=bool)
    top, left = rows.start - place[0].start, columns.start - place[1].start
    mask[top : top + segment.mask.shape[0], left : left + segment.mask.shape[1]] = segment.mask
    pixels = picture.pixels[place].astype(np.float32)
    codes = picture.codes[place]
    rim = ndimage.binary_dilation(mask, NEAR) & ~mask
    around = np.unique(codes[rim]) if rim.any() else np.array([picture.page])
    own = _gap(pixels, segment.code)
    other = np.min([_gap(pixels, int(code)) for code in around if code != segment.code], axis=0)
    share = other / np.maximum(own + other, 1e-6)
    inner = ndimage.binary_erosion(mask, NEAR, border_value=1)
    cover = np.where(inner, 1.0, np.where(mask | rim, share, 0.0))
    return cover.astype(np.float32), place


def _gap(pixels: NDArray[np.float32], code: int) -> NDArray[np.float32]:
    point = np.array(levels_of(code), dtype=np.float32)
    return np.asarray(np.sqrt(((pixels - point) ** 2).sum(axis=2)))


def pen_width(mask: Mask) -> float | None:
    """The width in px of strokes of one width, which may branch; None for anything else.

    Through a strip of width w that extends far enough, stretches of h pixels across and v pixels
    down give 1/w² = 1/h² + 1/v²; where one of them is far longer, the other one is the width.
    """
    padded = np.pad(mask, 1)
    reach = ndimage.distance_transform_edt(padded)
    thin = skeletonize(padded)
    deep = 2 * reach[thin]
    if not 4 <= deep.size <= _LONGEST_PEN:
        return None
    usual = float(np.median(deep))
    middle = thin & (2 * reach >= 0.75 * usual)
    even = deep[deep >= 0.5 * usual]
    if even.std() > _EVEN * even.mean() or thin.sum() < 1.5 * usual:
        return None
    across, down = _stretch(padded)[middle], _stretch(padded.T).T[middle]
    least, most = np.minimum(across, down), np.maximum(across, down)
    slanted = 1 / np.sqrt(1 / across**2 + 1 / down**2)
    widths = np.where(most < _DIAGONAL * least, slanted, least)
    return float(np.percentile(widths, 20))


def _stretch(mask: Mask) -> NDArray[np.float64]:
    """For each pixel of a mask the length of the stretch of set pixels in its row."""
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    starts = np.maximum.accumulate(
        np.where(edges[:, :-1] == 1, np.arange(mask.shape[1]), -1), axis=1
    )
    ends = np.where(edges[:, 1:] == -1, np.arange(mask.shape[1]), mask.shape[1])
    ends = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    return np.where(mask, ends - starts + 1, 1).astype(np.float64)
