"""Details of a pair of images: pictures of the regions that differ, at full resolution or enlarged.

An overview at low resolution shows where two images differ, but small text and digits can't be read
in it. A detail is one picture of one region: the reference's crop and the candidate's. A region
inside a frame, such as a plot's, can be shown with its margins: what stands left of the frame in
the region's rows and below it in its columns, where plots have their scales and names, and the
outermost labels, by which a scale is recognised. Details and their places are further parts of the
same Qwen3-VL input (`erm.models.processor`). Totals can follow the last one, since a pair may
differ in more regions than are shown.
"""

from __future__ import annotations

import math
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from erm.images import open_image
from erm.tasks.discrepancy import Box
from erm.tasks.shared.visible import visible_change

_BLOCK = 4
"""Differing pixels in blocks of this side that touch belong to one region."""
_LONG, _THIN = 12, 3
"""Differing pixels in a line of this length, at most so thick, join no regions: where a table's
column gets broader, its rules differ all the way, and would join all texts to one region."""
_LINE = 12
"""Regions whose tops differ by less stand in one line, and follow each other from left to right."""
_MARGIN = 4
"""Pixels around a region that its crop shows at least."""
_LARGEST_SCALE = 2.0
"""Crops are enlarged at most by this factor."""
_DARK = 100
"""Lines of a frame are darker than this in all three channels; grid lines and fills are not."""
_RULE = 190
"""Rules of a grid are darker than this: a black line on two rows of pixels is grey on both."""
_FRAME_LINE = 30
"""Lines of a frame and rules are at least so long."""
_REACH = 8
"""So many rows or columns around a region's middle are searched for a frame's line: ticks, marks
and labels that touch the line hide parts of it."""
_INK = 128
"""Texts in the margins are darker than this in some channel."""
_GAP = 4
"""Gaps between letters of a word are narrower."""
_MARGIN_SCALE = 4 / 3
"""Of the margins, whose small text is to be read."""
_SHAPES = ((1, 1), (2, 0.5), (0.5, 2))
"""Width and height of a crop, against its side; all have as many tokens."""


class Detail(NamedTuple):
    """A region that differs.

    Attributes:
        region: the box of its differing pixels.
        window: what the two crops show of the images.
        place: the same as text for the model: left, top, right and bottom, in hundredths of the
            longer side of the images; with margins in hundredths of the frame's width and height,
            from its lower left corner, as values run along axes. In a grid of rules two more
            numbers follow: the rules above the region's middle, and those left of it, which are the
            row and the column of a table's cell.
        scale: of the picture, against the images.
        picture: RGB; the reference's crop, and to its right, or below a wide one, the candidate's.
            Margins, if shown, follow below, or to the right of a tall picture: what stands left of
            the frame in the region's rows, the highest label there, what stands below the frame in
            the region's columns, the rightmost label there.
        with_margins: whether the picture shows them.
        totals: of a pair's last detail, if asked for, the text that follows its place: the number
            of regions that differ, shown or not, and ten times the decimal logarithm of their
            pixels among a million.
    """

    region: Box
    window: Box
    place: str
    scale: float
    picture: Image.Image
    with_margins: bool = False
    totals: str = ""

    @property
    def caption(self) -> str:
        """What follows the picture: place and totals."""
        return f"{self.place}{self.totals}"

    def shows(self, box: Box) -> bool:
        """Whether the middle of a box lies in the region or the region's in the box, or close to
        it: of a bar that grew, only the end differs, and of a cell its text."""
        return _holds_middle(self.region, box) or self.lies_in(box)

    def shows_all_of(self, box: Box) -> bool:
        """Whether the crops show a box as a whole, or all but a few pixels."""
        return (
            self.window.x0 - _MARGIN <= box.x0
            and self.window.y0 - _MARGIN <= box.y0
            and box.x1 <= self.window.x1 + _MARGIN
            and box.y1 <= self.window.y1 + _MARGIN
        )

    def lies_in(self, box: Box) -> bool:
        """Whether the middle of the region lies in a box, or close to it."""
        return _holds_middle(box, self.region)


def _holds_middle(outer: Box, inner: Box) -> bool:
    x, y = (inner.x0 + inner.x1) / 2, (inner.y0 + inner.y1) / 2
    return (
        outer.x0 - _MARGIN <= x <= outer.x1 + _MARGIN
        and outer.y0 - _MARGIN <= y <= outer.y1 + _MARGIN
    )


def details_of(
    reference: Image.Image,
    candidate: Image.Image,
    *,
    most: int,
    side: int,
    margins: bool = False,
    totals: bool = False,
) -> list[Detail]:
    """The first regions in which two RGB images differ, in reading order, at most `most`.

    Later ones are often no more than shifted by an earlier one; the overview shows them.

    Args:
        side: of a square crop in pixels; wide and tall ones are twice as long and half as broad.
        margins: whether regions inside the reference's frame are shown with their margins, in
            as many tokens as two square crops, and those inside a grid get row and column.
        totals: whether the last one has `Detail.totals`.
    """
    images = (reference, candidate)
    differs = visible_change(np.asarray(reference), np.asarray(candidate))
    regions = _regions(differs)
    details = [_detail(images, region, side) for region in regions[:most]]
    if not details:
        return []
    if margins:
        lines = _Lines(reference)
        details = [_with_margins(detail, reference, lines, side) for detail in details]
    if totals:
        details[-1] = details[-1]._replace(totals=_totals(len(regions), float(differs.mean())))
    return details


def _totals(regions: int, share: float) -> str:
    return f" {min(99, regions):02d} {round(10 * math.log10(1 + 1e6 * share)):02d}"


@lru_cache(maxsize=1)
def details_of_files(
    reference: bytes,
    candidate: bytes,
    *,
    most: int,
    side: int,
    margins: bool = False,
    totals: bool = False,
) -> list[Detail]:
    """`details_of` of encoded images; the last result is kept, since training asks twice."""
    images = open_image(reference), open_image(candidate)
    return details_of(*images, most=most, side=side, margins=margins, totals=totals)


def _regions(differs: NDArray[np.bool_]) -> list[Box]:
    """Boxes of the regions of a mask (height, width) in reading order."""
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not len(rows):
        return []
    top, left = (int(first) // _BLOCK * _BLOCK for first in (rows[0], columns[0]))
    differs = differs[top : rows[-1] + 1, left : columns[-1] + 1]
    height, width = (-(-side // _BLOCK) * _BLOCK for side in differs.shape)
    padded = np.zeros((height, width), dtype=bool)
    padded[: differs.shape[0], : differs.shape[1]] = differs
    without_lines = padded & ~(_thin_lines(padded, 0) | _thin_lines(padded, 1))
    mask = without_lines if without_lines.any() else padded
    blocks = mask.reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK).any(axis=(1, 3))
    labels, _ = ndimage.label(blocks, structure=np.ones((3, 3)))
    boxes = [_tight(mask, place, left, top) for place in ndimage.find_objects(labels)]
    return sorted(boxes, key=lambda box: (box.y0 // _LINE, box.x0, box.y0))


def _thin_lines(mask: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    """What is set in long lines along an axis that are thin across it."""
    return _runs(mask, _LONG, axis) & ~_runs(mask, _THIN + 1, 1 - axis)


class _Lines:
    """Long thin lines of an RGB image: (height, width) masks of vertical and horizontal ones."""

    def __init__(self, image: Image.Image) -> None:
        self._brightest = np.asarray(image).max(axis=2)

    @cached_property
    def frame(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Lines that may be a plot's frame."""
        return self._darker(_DARK)

    @cached_property
    def rules(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Lines that may be rules of a grid."""
        return self._darker(_RULE)

    def _darker(self, than: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        dark = self._brightest < than
        return _thin(_runs(dark, _FRAME_LINE, 0), 0), _thin(_runs(dark, _FRAME_LINE, 1), 1)


def _thin(lines: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    """Lines along an axis without the thick ones, also where something dark touches them."""
    return lines & ~_runs(lines, _THIN + 1, 1 - axis)


def _around(region: Box) -> tuple[float, float, slice, slice]:
    """Middle of a region, and the columns and rows around it that are searched for lines."""
    x, y = (region.x0 + region.x1) / 2, (region.y0 + region.y1) / 2
    columns, rows = (slice(max(0, int(at) - _REACH), int(at) + _REACH + 1) for at in (x, y))
    return x, y, columns, rows


def _runs(mask: NDArray[np.bool_], least: int, axis: int) -> NDArray[np.bool_]:
    """What is set in stretches of at least `least` pixels along an axis."""
    value = mask.astype(np.uint8)
    eroded = ndimage.minimum_filter1d(value, least, axis, mode="constant")
    # The origin mirrors that of an even filter, so that each stretch grows back to its place.
    origin = -1 if least % 2 == 0 else 0
    grown = ndimage.maximum_filter1d(eroded, least, axis, mode="constant", origin=origin)
    return np.asarray(grown > 0)


def _tight(mask: NDArray[np.bool_], place: tuple[slice, slice], left: int, top: int) -> Box:
    """The box of what is set in some blocks of a mask, whose corner is at `left` and `top`."""
    rows, columns = place
    part = mask[
        rows.start * _BLOCK : rows.stop * _BLOCK, columns.start * _BLOCK : columns.stop * _BLOCK
    ]
    down, across = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    x0, y0 = left + columns.start * _BLOCK, top + rows.start * _BLOCK
    return Box(
        x0 + int(across[0]), y0 + int(down[0]), x0 + int(across[-1]) + 1, y0 + int(down[-1]) + 1
    )


def _detail(images: tuple[Image.Image, Image.Image], region: Box, side: int) -> Detail:
    """The picture of a region, its crops in the shape that shows it largest."""
    width = region.x1 - region.x0 + 2 * _MARGIN
    height = region.y1 - region.y0 + 2 * _MARGIN
    scale, across, down = max(
        (min(_LARGEST_SCALE, x * side / width, y * side / height), round(x * side), round(y * side))
        for x, y in _SHAPES
    )
    middle, centre = (region.x0 + region.x1) / 2, (region.y0 + region.y1) / 2
    half = across / scale / 2, down / scale / 2
    window = Box(middle - half[0], centre - half[1], middle + half[0], centre + half[1])
    step = (0, down) if across > down else (across, 0)
    picture = Image.new("RGB", (across + step[0], down + step[1]))
    for turn, image in enumerate(images):
        part = _crop(image, window, (across, down))
        picture.paste(part, (turn * step[0], turn * step[1]))
    longest = max(max(image.size) for image in images)
    place = " ".join(f"{min(99, int(100 * edge / longest)):02d}" for edge in region)
    return Detail(region, window, place, scale, picture)


def _with_margins(
    detail: Detail,
    image: Image.Image,
    lines: _Lines,
    side: int,
) -> Detail:
    """A detail with what stands left of the image's frame in its rows, below it in its columns, and
    the outermost labels there.

    Args:
        lines: of the image.

    Returns:
        `_with_cell` where there is no frame, or nothing stands in one of the margins: outside a
        table's frame nothing does.
    """
    region, (vertical, horizontal) = detail.region, lines.frame
    x, y, columns, rows = _around(region)
    left = np.flatnonzero(vertical[rows, : int(x)].any(axis=0))
    below = int(y) + np.flatnonzero(horizontal[int(y) :, columns].any(axis=1))
    if not len(left) or not len(below):
        return _with_cell(detail, lines)
    x0, y1 = int(left[0]), int(below[-1]) + 1
    top = int(np.flatnonzero(vertical[:, x0])[0])
    right = int(np.flatnonzero(horizontal[y1 - 1])[-1])
    if right <= x0 or top >= y1 - 1:  # lines that enclose nothing
        return _with_cell(detail, lines)
    across, down = side / _MARGIN_SCALE, side / _MARGIN_SCALE / 2
    half, pixels = int(down / 2), np.asarray(image)
    above = max(0, top - half)
    at_left = _stretches(pixels[above:y1, max(0, x0 - int(across / 2)) : x0], 1)
    at_bottom = _stretches(pixels[y1 : y1 + int(down), x0 : right + half], 0)
    if not at_left or not at_bottom:
        return _with_cell(detail, lines)
    windows = (
        *(Box(x0 - across, at - down / 2, x0, at + down / 2) for at in (y, above + at_left[0])),
        *(Box(at - across / 2, y1, at + across / 2, y1 + down) for at in (x, x0 + at_bottom[-1])),
    )
    size = side, side // 2
    broad = detail.picture.width > detail.picture.height
    picture = Image.new("RGB", (2 * side, 2 * side))
    picture.paste(detail.picture, (0, 0))
    for turn, window in enumerate(windows):
        corner = (turn // 2 * side, side + turn % 2 * size[1]) if broad else (side, turn * size[1])
        picture.paste(_crop(image, window, size), corner)
    along = right - x0, y1 - top
    edges = (region.x0 - x0, y1 - region.y0, region.x1 - x0, y1 - region.y1)
    shares = (100 * edge / along[turn % 2] for turn, edge in enumerate(edges))
    place = " ".join(f"{min(99, max(0, round(share))):02d}" for share in shares)
    return detail._replace(place=place, picture=picture, with_margins=True)


def _with_cell(detail: Detail, lines: _Lines) -> Detail:
    """A detail whose place says row and column; as it is where no grid of rules is around it."""
    x, y, columns, rows = _around(detail.region)
    vertical, horizontal = lines.rules
    across = np.flatnonzero(horizontal[:, columns].any(axis=1))
    down = np.flatnonzero(vertical[rows].any(axis=0))
    above, left = across[across < y], down[down < x]
    if not len(above) or not len(left) or len(above) == len(across) or len(left) == len(down):
        return detail
    row, column = _count_rules(above), _count_rules(left)
    return detail._replace(place=f"{detail.place} {row:02d} {column:02d}")


def _count_rules(places: NDArray[np.intp]) -> int:
    """Rules among the rows or columns of pixels that belong to one; a thick rule takes several."""
    return int((np.diff(places, prepend=-2) > 1).sum())


def _stretches(pixels: NDArray[np.uint8], across: int) -> list[float]:
    """Middles of the stretches of rows or columns with ink, gaps within a word closed.

    Args:
        pixels: (height, width, 3).
        across: 1 for rows, 0 for columns.
    """
    inked = (pixels.min(axis=2) < _INK).any(axis=across)
    if not inked.any():
        return []
    labels, _ = ndimage.label(ndimage.binary_closing(np.pad(inked, _GAP), np.ones(_GAP)))
    return [(part.start + part.stop) / 2 - _GAP for (part,) in ndimage.find_objects(labels)]


def _crop(image: Image.Image, window: Box, size: tuple[int, int]) -> Image.Image:
    """What an RGB image shows in a window, scaled; white beyond its edges."""
    left, top = int(np.floor(window.x0)), int(np.floor(window.y0))
    right, bottom = int(np.ceil(window.x1)), int(np.ceil(window.y1))
    part = Image.new("RGB", (right - left, bottom - top), (255, 255, 255))
    part.paste(image, (-left, -top))
    box = (window.x0 - left, window.y0 - top, window.x1 - left, window.y1 - top)
    return part.resize(size, Image.Resampling.BICUBIC, box=box)
