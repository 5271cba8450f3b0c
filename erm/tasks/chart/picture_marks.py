"""Marks of one colour in the picture of a plot: which pixels they cover and what they are.

Covers masks of each colour with its blurred edges, and whether a mask shows a line, scattered
points or an area. Not covered: bars (`erm.tasks.chart.picture_bars`), values
(`erm.tasks.chart.picture_lines`), gradients and colour maps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize

from erm.tasks.chart.picture_frames import side_length
from erm.tasks.discrepancy import Box
from erm.tasks.shared.regions import Mask, Pixels, box_of, levels_of

Kind = Literal["line", "scatter", "area"]

_COVERED = 0.5
"""Share of a pixel that marks cover at least."""

_PURE = 36.0
"""Distance from the mixtures of a colour and the background up to which a pixel is one of them."""

_UNMIXED = 40.0
"""Weight of how much of a pixel is covered against how well its colour fits."""

_THICK = 5
"""Radius in px of a disc that fits into an area and into no line."""

_FILLED = 0.4
"""Share of the pixels of an area in which such a disc fits."""

_LARGEST_POINT = 30
"""Longest side in px of a scattered point."""

_ROUND = 1.7
"""Most that a point is longer than broad."""

_SCATTERED = 0.6
"""Share of the pixels in separate points, from which a mask shows scattered points."""

_DOT_GAP = 1.6
"""Distance between the dots of a line over their size, at most, beyond which they are points."""

_SMALLEST_FORM = 6
"""Pixels of a marker's shorter side from which its form is seen."""

_MOST_PIECES = 800
"""Pieces of one colour beyond which they are no marks."""

_PIECES = 8
"""Fewest pieces of a line that is not solid."""


@dataclass(frozen=True)
class Marks:
    """Marks of one colour.

    Attributes:
        code: their colour as one number.
        mask: (height, width) of the plot.
        cover: share of each pixel that they cover, 0 to 1, float32 of the mask's shape.
        kind: what they are.
        width: of a line's stroke in px; 0 for others.
        dash: of a line: solid, dashed, dotted or dash-dotted.
        marker: size in px of the markers of a line or of the points; 0 for none.
        form: of the markers, as matplotlib names them: ``o``, ``s``, ``^``, ``D``, or ``?``.
        pieces: boxes of the parts that are not connected.
    """

    code: int
    mask: Mask
    cover: NDArray[np.float32]
    kind: Kind
    width: float
    dash: str
    marker: float
    pieces: tuple[Box, ...]
    form: str = "?"


def find_marks(part: Pixels, paper: int, colours: Sequence[int]) -> list[Marks]:
    """The marks of each colour in a plot without its texts, (height, width, 3) RGB."""
    found = []
    for code, cover in zip(colours, _covers(part, paper, colours), strict=True):
        mask = cover >= _COVERED
        marks = _classified(code, mask, cover) if mask.any() else None
        if marks is not None:
            found.append(marks)
    return found


def _covers(part: Pixels, paper: int, colours: Sequence[int]) -> list[NDArray[np.float32]]:
    """For each colour, how much of each pixel it covers; a pixel belongs to one colour only."""
    base = np.array(levels_of(paper), dtype=np.float32)
    away = part.astype(np.float32) - base
    best = np.full(part.shape[:2], np.inf, dtype=np.float32)
    owner = np.full(part.shape[:2], -1)
    shares = []
    for number, code in enumerate(colours):
        full = np.array(levels_of(code), dtype=np.float32) - base
        share = away @ full / max(1.0, float(full @ full))
        off = np.linalg.norm(away - share[..., None] * full, axis=2)
        score = off + _UNMIXED * np.abs(1 - share)
        better = (off <= _PURE) & (share > 0.1) & (score < best)
        best[better] = score[better]
        owner[better] = number
        shares.append(np.clip(share, 0, 1))
    return [
        np.where(owner == number, share, 0).astype(np.float32)
        for number, share in enumerate(shares)
    ]


def _classified(code: int, mask: Mask, cover: NDArray[np.float32]) -> Marks | None:
    """What the pixels of a colour show; None where they are scattered as in a photograph."""
    labels, count = ndimage.label(mask, np.ones((3, 3), bool))
    if count > _MOST_PIECES:
        return None
    places = ndimage.find_objects(labels)
    pieces = tuple(box_of(place) for place in places)
    areas = np.bincount(labels.ravel())[1:]
    round_ones = np.array([_is_round(labels[place] == n + 1) for n, place in enumerate(places)])
    depth = ndimage.distance_transform_cdt(np.pad(mask, 1), "chessboard")[1:-1, 1:-1]
    deep = _reach(depth >= _THICK, _THICK) & mask
    if deep.sum() > _FILLED * mask.sum() and not (len(pieces) >= 3 and round_ones.all()):
        return Marks(code, mask, cover, "area", 0.0, "solid", 0.0, pieces)
    if len(pieces) >= 3 and areas[round_ones].sum() > _SCATTERED * areas.sum():
        size = float(
            np.median([_size(box) for box, ok in zip(pieces, round_ones, strict=True) if ok])
        )
        if not _are_dots(pieces, size):
            form = _form([mask[place] for place, ok in zip(places, round_ones, strict=True) if ok])
            return Marks(code, mask, cover, "scatter", 0.0, "solid", size, pieces, form)
        return Marks(code, mask, cover, "line", round(size, 1), "dotted", 0.0, pieces)
    spine = skeletonize(mask)
    # the stroke's width without what thicker markers add
    width = 2 * float(np.median(depth[spine])) - 1 if spine.any() else 1.0
    broad = _reach(depth > width / 2 + 1.5, int(width / 2) + 2) & mask
    blobs, count = ndimage.label(broad)
    sizes = [_size(box_of(place)) for place in ndimage.find_objects(blobs)]
    sizes = [size for size in sizes if size <= _LARGEST_POINT]
    marker = float(np.median(sizes)) if count >= 2 and len(sizes) >= 2 else 0.0
    form = _form([mask[place] for place in ndimage.find_objects(blobs)])
    plain = spine & ~broad
    covered = cover[mask & ~broad].sum()
    length = _length(plain)
    width = float(covered / length) if length > 10 else width
    dash = _dash(pieces, areas, width)
    return Marks(code, mask, cover, "line", width, dash, marker, pieces, form)


def _form(shapes: Sequence[Mask]) -> str:
    """The form of most markers, from how much of their boxes they fill."""
    large = [shape for shape in shapes if min(shape.shape) >= _SMALLEST_FORM]
    if len(large) < 2:
        return "?"
    filled = float(np.median([shape.mean() for shape in large]))
    if filled >= 0.93:
        return "s"
    if filled >= 0.7:
        return "o"
    upper = float(np.median([shape[: len(shape) // 2].mean() for shape in large]))
    lower = float(np.median([shape[-(len(shape) // 2) :].mean() for shape in large]))
    if lower > 1.6 * upper:
        return "^"
    return "D" if 0.45 <= filled <= 0.6 and upper < 1.2 * lower and lower < 1.2 * upper else "?"


def _reach(mask: Mask, radius: int) -> Mask:
    """A mask that grew by some pixels in each direction."""
    size = 2 * radius - 1
    return np.asarray(ndimage.maximum_filter(mask, size)) if mask.any() else mask


def _length(spine: Mask) -> float:
    """Length of a skeleton in px: diagonal steps are longer."""
    straight = (spine[:, 1:] & spine[:, :-1]).sum() + (spine[1:] & spine[:-1]).sum()
    corners = (spine[1:, 1:] & spine[:-1, :-1] & ~spine[1:, :-1] & ~spine[:-1, 1:]).sum()
    corners += (spine[1:, :-1] & spine[:-1, 1:] & ~spine[1:, 1:] & ~spine[:-1, :-1]).sum()
    return float(straight + 2**0.5 * corners)


def _size(box: Box) -> float:
    return max(side_length(box, 0), side_length(box, 1))


def _is_round(shape: Mask) -> bool:
    """Whether a piece is small and about as broad as long, by its second moments."""
    if max(shape.shape) > _LARGEST_POINT:
        return False
    rows, columns = np.nonzero(shape)
    if len(rows) < 3:
        return True
    spread = np.linalg.eigvalsh(np.cov(rows, columns) + np.eye(2) / 12)
    return bool(spread[1] <= _ROUND**2 * spread[0])


def _are_dots(boxes: Sequence[Box], size: float) -> bool:
    """Whether round pieces are the dots of a line: small, and each close to the next."""
    if size > 5 or len(boxes) < 8:
        return False
    middles = np.array([((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2) for box in boxes])
    gaps = np.linalg.norm(middles[:, None] - middles[None], axis=2)
    np.fill_diagonal(gaps, np.inf)
    return bool(np.median(gaps.min(axis=1)) <= _DOT_GAP * size + 1)


def _dash(boxes: Sequence[Box], areas: NDArray[np.int64], width: float) -> str:
    """The pattern of a line from the sizes of its pieces."""
    if len(boxes) < _PIECES:
        return "solid"
    lengths = areas / max(1.0, width)
    usual = float(np.median(lengths))
    if usual > 40:
        return "solid"
    dots = lengths <= 2 * max(1.0, width)
    if dots.mean() > 0.8:
        return "dotted"
    return "dash-dotted" if 0.3 <= dots.mean() <= 0.7 else "dashed"
