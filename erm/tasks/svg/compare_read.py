"""Differences of two icons of which only the pictures are known.

A picture that moved, grew or turned as a whole is one difference; it is put back, and what differs
then is compared segment by segment (`erm.tasks.svg.compare_segments`). Words and severities are
those of the exact annotator (`erm.tasks.svg.compare`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.registration import phase_cross_correlation

from erm.tasks import View
from erm.tasks.discrepancy import Discrepancy
from erm.tasks.shared.findings import Finding, write_discrepancy
from erm.tasks.shared.regions import Mask, Pixels, gap_from, levels_of, place_of
from erm.tasks.svg.compare_outlines import compare_box_sizes, diagonal_share
from erm.tasks.svg.compare_segments import Comparison
from erm.tasks.svg.masks import agree, best_turn, box_around, rotated_by, scaled
from erm.tasks.svg.reading import paint_of
from erm.tasks.svg.segments import take_apart
from erm.tasks.svg.severity import RULES, by_angle, by_distance, by_factor
from erm.tasks.svg.shapes import Element, Pair, SvgFinding
from erm.tasks.svg.whole_image import (
    compare_sizes,
    find_background,
    find_turn,
    visible_pixels,
)
from erm.tasks.svg.wording import phrase

_SAME_PICTURE = 0.9
"""Share of ink that must fall together where a picture moved or grew as a whole."""
_UNTURNED = 0.9
"""Intersection over union of the ink from which nothing turned as a whole."""
_CLEAR = 40
"""Difference of a channel from the page from which a pixel is ink."""
_LEFT = 0.4
"""Share of the ink's differences that may remain once a picture was put back."""
_SCALED = 0.04
"""Share by which a scaled picture has another width or height, at least."""
_EQUAL_RATIOS = 0.04
"""Share by which the ratios of widths and of heights of a scaled picture may differ."""
_COARSE = 4
"""Pixels of thickness from which a difference counts once the picture was put back."""

Change = tuple[SvgFinding, Pixels, Mask]
"""A change of the whole picture; the candidate's picture put back; what that doesn't show."""


def compare_pictures(reference: View, candidate: View) -> list[Discrepancy]:
    """Discrepancies of the candidate, from scenes read by `erm.tasks.svg.reading`."""
    same_canvas = reference.pixels.shape == candidate.pixels.shape
    found = compare_sizes(reference, candidate)
    if not same_canvas:
        height, width = reference.pixels.shape[:2]
        image = Image.fromarray(candidate.pixels).resize((width, height))
        candidate = View(np.asarray(image), candidate.scene)
    found += _differences(reference, candidate)
    return [write_discrepancy(item, RULES, phrase, same_canvas=same_canvas) for item in found]


def _differences(reference: View, candidate: View) -> list[SvgFinding]:
    """All differences of two pictures of one size."""
    visible = visible_pixels(reference.pixels, candidate.pixels)
    comparison = Comparison(*take_apart(reference.pixels, candidate.pixels))
    if comparison.segments[0] and not comparison.one_shape:
        turn = find_turn(reference, candidate, visible)
        if turn is not None:
            return [turn]
    pages = [paint_of(picture.page) for picture in comparison.pictures]
    found = find_background(
        *(
            replace(view, scene={**view.scene, "background": page})
            for view, page in zip((reference, candidate), pages, strict=True)
        )
    )
    whole = _whole(comparison) if not found else None
    if whole is None:
        return found + comparison.find()
    finding, back, unknown = whole
    apart = take_apart(reference.pixels, back)
    return [finding, *Comparison(*apart, thickness=_COARSE, unknown=unknown).find()]


def _whole(comparison: Comparison) -> Change | None:
    """How the picture moved, grew or turned as a whole.

    Returns:
        the finding, the candidate's picture put back, and where that shows what lay outside.
    """
    inks = [picture.ink for picture in comparison.pictures]
    if not all(comparison.segments):
        return None
    differs = _apart(*inks)
    for test in (_shifted, _grown, _turned):
        change = test(comparison, inks)
        if change is None:
            continue
        _, back, unknown = change
        ink = gap_from(back, comparison.pictures[1].page) > _CLEAR
        if _apart(inks[0] & ~unknown, ink & ~unknown) < _LEFT * differs:
            return change
    return None


def _apart(first: Mask, second: Mask) -> int:
    """Pixels of which one of two masks has more than an edge."""
    return int(ndimage.binary_opening(first ^ second, np.ones((2, 2), dtype=bool)).sum())


def _shifted(comparison: Comparison, inks: list[Mask]) -> Change | None:
    shift, _, _ = phase_cross_correlation(*(ink.astype(float) for ink in inks[::-1]))
    down, right = (int(value) for value in shift)
    if not (down or right):
        return None
    moved = ndimage.shift(inks[0].astype(np.uint8), (down, right), order=0) > 0
    if not agree(moved, inks[1], _SAME_PICTURE):
        return None
    step = np.array([right, down], dtype=float)
    share = diagonal_share(step, comparison.shape(0, 0))
    values = (0.0, 0.0), (float(right), float(down))
    back = _put_back(comparison, np.eye(2), np.array([down, right], dtype=float))
    if comparison.one_shape:
        pair = Pair(comparison.whole(0), comparison.whole(1))
        return pair.finding(by_distance("moved", share), *values), *back
    return _group(comparison, by_distance("group_moved", share), *values), *back


def _grown(comparison: Comparison, inks: list[Mask]) -> Change | None:
    boxes = [box_around(ink) for ink in inks]
    sizes = [np.array([box.x1 - box.x0, box.y1 - box.y0], dtype=float) for box in boxes]
    ratios = sizes[1] / np.maximum(sizes[0], 1)
    scale = float(np.sqrt(ratios.prod()))
    if np.abs(ratios - 1).max() < _SCALED:
        return None
    even = abs(ratios[0] - ratios[1]) <= _EQUAL_RATIOS * ratios.max()
    if not even and not comparison.single_ink:
        return None
    cuts = [ink[place_of(box)] for ink, box in zip(inks, boxes, strict=True)]
    if not agree(scaled(cuts[0], cuts[1].shape), cuts[1], _SAME_PICTURE):
        return None
    middles = [np.array([box.y0 + box.y1, box.x0 + box.x1]) / 2 for box in boxes]
    matrix = np.diag(ratios[::-1])
    back = _put_back(comparison, matrix, middles[1] - matrix @ middles[0])
    if comparison.one_shape or not even:
        found = compare_box_sizes(Pair(comparison.whole(0), comparison.whole(1)))
        return (found[0], *back) if found else None
    return _group(comparison, by_factor("group_scaled", scale), 1.0, round(scale, 2)), *back


def _turned(comparison: Comparison, inks: list[Mask]) -> Change | None:
    if float((inks[0] & inks[1]).sum()) >= _UNTURNED * float((inks[0] | inks[1]).sum()):
        return None
    angle = best_turn(*(ink[place_of(box_around(ink))] for ink in inks))
    if angle is None:
        return None
    matrix = rotated_by(angle)
    middles = [np.array(ndimage.center_of_mass(ink)) for ink in inks]
    back = _put_back(comparison, matrix, middles[1] - matrix @ middles[0])
    if comparison.one_shape:
        pair = Pair(comparison.whole(0), comparison.whole(1))
        return pair.finding(by_angle("rotated", angle), 0.0, angle), *back
    return _group(comparison, by_angle("group_rotated", angle), 0.0, angle), *back


def _group(comparison: Comparison, rule: str, before: object, after: object) -> SvgFinding:
    """A change of the whole picture."""
    shapes = tuple(comparison.shape(0, index) for index in range(len(comparison.segments[0])))
    element = Element(shapes, moved_together=True, scope="whole image")
    boxes = [box_around(picture.ink) for picture in comparison.pictures]
    return Finding(rule, element, before, after, *boxes)


def _put_back(
    comparison: Comparison, matrix: NDArray[np.float64], offset: NDArray[np.float64]
) -> tuple[Pixels, Mask]:
    """The candidate's picture as if it had not changed as a whole.

    Args:
        matrix, offset: the change takes a place p (row, column) to matrix · p + offset.

    Returns:
        the picture, and the pixels that the candidate does not show.
    """
    candidate = comparison.pictures[1]
    page = levels_of(candidate.page)
    bands = [
        ndimage.affine_transform(
            candidate.pixels[:, :, band].astype(np.float32),
            matrix,
            offset=offset,
            order=1,
            mode="constant",
            cval=float(page[band]),
        )
        for band in range(3)
    ]
    shown = ndimage.affine_transform(
        np.ones(candidate.pixels.shape[:2], dtype=np.float32), matrix, offset=offset, order=1
    )
    unknown = np.asarray(shown < 1) & (comparison.pictures[0].codes != candidate.page)
    unknown = ndimage.binary_dilation(unknown, iterations=3)
    return np.asarray(np.rint(np.stack(bands, axis=2)).clip(0, 255), dtype=np.uint8), unknown
