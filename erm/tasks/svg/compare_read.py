"""Differences of two icons of which only the pictures are known.

A picture that moved, grew or turned as a whole is one difference; it is put back, and what differs
then is compared segment by segment (`erm.tasks.svg.compare_segments`). Words and severities are
those of the exact annotator (`erm.tasks.svg.compare`).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.registration import phase_cross_correlation

from erm.tasks import View
from erm.tasks.discrepancy import MEDIUM, MINOR, SEVERE, Box, Discrepancy
from erm.tasks.shared.findings import Finding, write_discrepancy
from erm.tasks.shared.regions import Mask, Pixels, gap_from, levels_of, place_of
from erm.tasks.svg.compare_outlines import compare_box_sizes, diagonal_share
from erm.tasks.svg.compare_segments import compare_segments
from erm.tasks.svg.icon_pair import IconPair
from erm.tasks.svg.masks import agree, best_turn, box_around, rotated_by, scaled
from erm.tasks.svg.reading import paint_of
from erm.tasks.svg.severity import RULES, by_angle, by_distance, by_factor
from erm.tasks.svg.shapes import Element, Pair, SvgFinding
from erm.tasks.svg.whole_image import (
    compare_sizes,
    find_background,
    find_turn,
    visible_pixels,
)
from erm.tasks.svg.wording import phrase, place

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
_MOST_PIXELS = 1_000_000
"""Pixels of a picture beyond which both are averaged down."""
_MOST_EDGES = 20_000
"""Pairs of neighbouring pixels of different colours from which a picture has no flat areas."""
_GRADES = ((0.05, MINOR), (0.25, MEDIUM))
"""Shares of a picture below which it looks slightly or fairly different."""

Change = tuple[SvgFinding, Pixels, Mask]
"""A change of the whole picture; the candidate's picture put back; what that doesn't show."""


def compare_pictures(reference: View, candidate: View) -> list[Discrepancy]:
    """Discrepancies of the candidate, from scenes read by `erm.tasks.svg.reading`.

    Pictures of more than a million pixels are averaged down, and lengths are pixels of those. A
    picture without flat areas, such as a photograph, gets one difference with its place.
    """
    same_canvas = reference.pixels.shape == candidate.pixels.shape
    found = compare_sizes(reference, candidate)
    height, width = reference.pixels.shape[:2]
    if not same_canvas:
        image = Image.fromarray(candidate.pixels).resize((width, height))
        candidate = View(np.asarray(image), candidate.scene)
    step = math.ceil(math.sqrt(height * width / _MOST_PIXELS))
    first, second = (_reduced(view, step) for view in (reference, candidate))
    icons = IconPair.of(first.pixels, second.pixels)
    if max(picture.edges for picture in icons.pictures) > _MOST_EDGES:
        sizes = [_written(item, same_canvas) for item in found]
        return sizes + _looks_different(reference, candidate)
    differences = [_written(item, same_canvas) for item in _differences(first, second, icons)]
    return [_written(item, same_canvas) for item in found] + [
        replace(item, box=item.box and Box(*(step * value for value in item.box)))
        for item in differences
    ]


def _written(finding: SvgFinding, same_canvas: bool) -> Discrepancy:
    return write_discrepancy(finding, RULES, phrase, same_canvas=same_canvas)


def _reduced(view: View, step: int) -> View:
    """A picture of which each pixel is the mean of step × step pixels."""
    if step == 1:
        return view
    return View(np.asarray(Image.fromarray(view.pixels).reduce(step)), view.scene)


def _looks_different(reference: View, candidate: View) -> list[Discrepancy]:
    """One difference around all pixels that differ, as severe as their share of the picture."""
    visible = visible_pixels(reference.pixels, candidate.pixels)
    if not visible.any():
        return []
    share = float(visible.mean())
    severity = next((grade for limit, grade in _GRADES if share < limit), SEVERE)
    box = box_around(visible)
    where = place(box, visible.shape[1], visible.shape[0])
    return [Discrepancy("shape_error", severity, where, "looks different", box, "reference")]


def _differences(reference: View, candidate: View, icons: IconPair) -> list[SvgFinding]:
    """All differences of two pictures of one size."""
    visible = visible_pixels(reference.pixels, candidate.pixels)
    if icons.segments[0] and not icons.one_shape:
        turn = find_turn(reference, candidate, visible)
        if turn is not None:
            return [turn]
    pages = [paint_of(picture.page) for picture in icons.pictures]
    found = find_background(
        *(
            replace(view, scene={**view.scene, "background": page})
            for view, page in zip((reference, candidate), pages, strict=True)
        )
    )
    whole = _whole(icons) if not found else None
    if whole is None:
        return found + compare_segments(icons)
    finding, back, unknown = whole
    icons = IconPair.of(reference.pixels, back)
    return [finding, *compare_segments(icons, _COARSE, unknown)]


def _whole(icons: IconPair) -> Change | None:
    """How the picture moved, grew or turned as a whole.

    Returns:
        the finding, the candidate's picture put back, and where that shows what lay outside.
    """
    inks = [picture.ink for picture in icons.pictures]
    if not all(icons.segments):
        return None
    differs = _apart(*inks)
    for test in (_shifted, _grown, _turned):
        change = test(icons, inks)
        if change is None:
            continue
        _, back, unknown = change
        ink = gap_from(back, icons.pictures[1].page) > _CLEAR
        if _apart(inks[0] & ~unknown, ink & ~unknown) < _LEFT * differs:
            return change
    return None


def _apart(first: Mask, second: Mask) -> int:
    """Pixels of which one of two masks has more than an edge."""
    return int(ndimage.binary_opening(first ^ second, np.ones((2, 2), dtype=bool)).sum())


def _shifted(icons: IconPair, inks: list[Mask]) -> Change | None:
    shift, _, _ = phase_cross_correlation(*(ink.astype(float) for ink in inks[::-1]))
    down, right = (int(value) for value in shift)
    if not (down or right):
        return None
    moved = ndimage.shift(inks[0].astype(np.uint8), (down, right), order=0) > 0
    if not agree(moved, inks[1], _SAME_PICTURE):
        return None
    step = np.array([right, down], dtype=float)
    share = diagonal_share(step, icons.shape(0, 0))
    values = (0.0, 0.0), (float(right), float(down))
    back = _put_back(icons, np.eye(2), np.array([down, right], dtype=float))
    if icons.one_shape:
        pair = Pair(icons.whole(0), icons.whole(1))
        return pair.finding(by_distance("moved", share), *values), *back
    return _group(icons, by_distance("group_moved", share), *values), *back


def _grown(icons: IconPair, inks: list[Mask]) -> Change | None:
    boxes = [box_around(ink) for ink in inks]
    sizes = [np.array([box.x1 - box.x0, box.y1 - box.y0], dtype=float) for box in boxes]
    ratios = sizes[1] / np.maximum(sizes[0], 1)
    scale = float(np.sqrt(ratios.prod()))
    if np.abs(ratios - 1).max() < _SCALED:
        return None
    even = abs(ratios[0] - ratios[1]) <= _EQUAL_RATIOS * ratios.max()
    if not even and not icons.single_ink:
        return None
    cuts = [ink[place_of(box)] for ink, box in zip(inks, boxes, strict=True)]
    if not agree(scaled(cuts[0], cuts[1].shape), cuts[1], _SAME_PICTURE):
        return None
    middles = [np.array([box.y0 + box.y1, box.x0 + box.x1]) / 2 for box in boxes]
    matrix = np.diag(ratios[::-1])
    back = _put_back(icons, matrix, middles[1] - matrix @ middles[0])
    if icons.one_shape or not even:
        found = compare_box_sizes(Pair(icons.whole(0), icons.whole(1)))
        return (found[0], *back) if found else None
    return _group(icons, by_factor("group_scaled", scale), 1.0, round(scale, 2)), *back


def _turned(icons: IconPair, inks: list[Mask]) -> Change | None:
    if float((inks[0] & inks[1]).sum()) >= _UNTURNED * float((inks[0] | inks[1]).sum()):
        return None
    angle = best_turn(*(ink[place_of(box_around(ink))] for ink in inks))
    if angle is None:
        return None
    matrix = rotated_by(angle)
    middles = [np.array(ndimage.center_of_mass(ink)) for ink in inks]
    back = _put_back(icons, matrix, middles[1] - matrix @ middles[0])
    if icons.one_shape:
        pair = Pair(icons.whole(0), icons.whole(1))
        return pair.finding(by_angle("rotated", angle), 0.0, angle), *back
    return _group(icons, by_angle("group_rotated", angle), 0.0, angle), *back


def _group(icons: IconPair, rule: str, before: object, after: object) -> SvgFinding:
    """A change of the whole picture."""
    shapes = tuple(icons.shape(0, index) for index in range(len(icons.segments[0])))
    element = Element(shapes, moved_together=True, scope="whole image")
    boxes = [box_around(picture.ink) for picture in icons.pictures]
    return Finding(rule, element, before, after, *boxes)


def _put_back(
    icons: IconPair, matrix: NDArray[np.float64], offset: NDArray[np.float64]
) -> tuple[Pixels, Mask]:
    """The candidate's picture as if it had not changed as a whole.

    Args:
        matrix, offset: the change takes a place p (row, column) to matrix · p + offset.

    Returns:
        the picture, and the pixels that the candidate does not show.
    """
    candidate = icons.pictures[1]
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
    unknown = np.asarray(shown < 1) & (icons.pictures[0].codes != candidate.page)
    unknown = ndimage.binary_dilation(unknown, iterations=3)
    return np.asarray(np.rint(np.stack(bands, axis=2)).clip(0, 255), dtype=np.uint8), unknown
