"""A critic without learning and without weights: differing pixels, grouped and judged by rule.

The baseline that a trained critic has to beat. It sees that and where two images differ, and
guesses what kind of difference that is; it reads no text and knows no elements. The rules:

1. Both images are laid on one white canvas at the top left; where a shift of the whole candidate
   (phase correlation) lowers the difference, the shifted candidate is compared.
2. Pixels whose channels differ by more than `THRESHOLD` are joined into regions across gaps of
   `GAP` of the longest side; regions of fewer than `SPECK` pixels are noise.
3. Category by what is drawn in the region on either side (`erm.tasks.Task.pixel_category`).
4. Severity by the region's share of the image (`MEDIUM_SHARE`, `SEVERE_SHARE`).
5. Location by the region's centre: one of nine places.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.registration import phase_cross_correlation

from erm.critics.base import Critic, Critique, ImagePair, open_pair, read_reply, write_reply
from erm.images import largest_gap
from erm.report import Report, categories_of
from erm.tasks import PixelRegion, get_task
from erm.tasks.discrepancy import MEDIUM, MINOR, SEVERE, Box, Discrepancy
from erm.tasks.shared.colours import colour_name, hexadecimal

THRESHOLD = 40
"""Difference of a channel, 0 to 255, above which a pixel differs visibly."""

GAP = 0.03
"""Distance between differing pixels, as a share of the longest side, up to which they are one
region."""

SPECK = 4
"""Differing pixels below which a region is noise of the rasteriser."""

MEDIUM_SHARE, SEVERE_SHARE = 0.01, 0.06
"""Shares of the image's area from which a region's bounding box is medium and severe."""

SAME_SHAPE = 0.8
"""Overlap (intersection over union) of the two sides' ink from which only the colour differs."""

SMALL_TEXT = 0.1
"""Height of a region, as a share of the image's, up to which it may be a line of text."""

MAX_SHIFT = 0.1
"""Largest shift of the whole candidate that is undone, as a share of the longest side."""

_ROWS = ("top", "middle", "bottom")
_COLUMNS = ("left", "centre", "right")


class PixelCritic(Critic):
    """See the module's docstring; deterministic, about 10 ms a pair of 168 × 168 pixels."""

    name = "pixel"

    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        critiques = []
        for number, pair in enumerate(pairs, start=1):
            reference, candidate = (
                np.asarray(image, dtype=np.uint8) for image in open_pair(pair, number)
            )
            report = pixel_report(pair.task, reference, candidate)
            critiques.append(read_reply(pair.task, write_reply(report)))
        return critiques


def pixel_report(task: str, reference: NDArray[np.uint8], candidate: NDArray[np.uint8]) -> Report:
    """The report by rule on two RGB images, (height, width, 3) each.

    Raises:
        ErmError: the task is unknown.
    """
    categories_of(task)
    left, right = _aligned(reference, candidate)
    height, width = left.shape[:2]
    differs = largest_gap(left, right) > THRESHOLD
    reach = max(1, round(GAP * max(height, width) / 2))
    joined = ndimage.binary_dilation(differs, np.ones((3, 3), bool), iterations=reach)
    labels, _ = ndimage.label(joined, np.ones((3, 3), bool))
    labels = np.where(differs, labels, 0)
    errors = []
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        if place is None or np.count_nonzero(labels[place] == number) < SPECK:
            continue
        before, after = left[place], right[place]
        rows, columns = place
        box = Box(columns.start, rows.start, columns.stop, rows.stop)
        errors.append(
            Discrepancy(
                category=_category(task, before, after, box, height, width),
                severity=_severity(box, height, width),
                location=_location(box, height, width),
                description=_description(before, after),
                box=box,
            )
        )
    return Report(task, tuple(errors)).sorted()


def _aligned(
    reference: NDArray[np.uint8], candidate: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Both images on one white canvas, the candidate shifted where that brings them closer."""
    height = max(reference.shape[0], candidate.shape[0])
    width = max(reference.shape[1], candidate.shape[1])
    left, right = _on_canvas(reference, height, width), _on_canvas(candidate, height, width)
    gray_left, gray_right = 255.0 - _mean_channel(left), 255.0 - _mean_channel(right)
    if min(height, width) < 8 or not gray_left.any() or not gray_right.any():
        return left, right
    shift, _, _ = phase_cross_correlation(gray_left, gray_right, normalization=None)
    rows, columns = (int(step) for step in shift)
    if (rows, columns) == (0, 0) or max(abs(rows), abs(columns)) > MAX_SHIFT * max(height, width):
        return left, right
    moved = ndimage.shift(right, (rows, columns, 0), order=0, cval=255)

    def distance(other: NDArray[np.uint8]) -> int:
        return int(np.abs(left.astype(np.int16) - other.astype(np.int16)).sum())

    return (left, moved) if distance(moved) < distance(right) else (left, right)


def _mean_channel(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(height, width) mean of the channels; several times faster than NumPy's over an axis of 3."""
    red, green, blue = (image[..., channel] for channel in range(3))
    mean: NDArray[np.float64] = (red.astype(np.float64) + green + blue) / 3.0
    return mean


def _on_canvas(image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    canvas = np.full((height, width, 3), 255, dtype=np.uint8)
    canvas[: image.shape[0], : image.shape[1]] = image
    return canvas


def _ink(region: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Pixels that stand out from white."""
    least = np.minimum(np.minimum(region[..., 0], region[..., 1]), region[..., 2])
    ink: NDArray[np.bool_] = (255 - least) > THRESHOLD
    return ink


def _category(
    task: str,
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    box: Box,
    height: int,
    width: int,
) -> str:
    """Rule 3: the task's own judgement of what is drawn in the region on either side."""
    ink_before, ink_after = _ink(before), _ink(after)
    union = np.count_nonzero(ink_before | ink_after)
    overlap = np.count_nonzero(ink_before & ink_after) / union if union else 1.0
    region = PixelRegion(
        box,
        height,
        width,
        same_ink=overlap >= SAME_SHAPE,
        one_sided=bool(ink_before.any() != ink_after.any()),
        low=(box.y1 - box.y0) <= SMALL_TEXT * height,
    )
    return get_task(task).pixel_category(region)


def _severity(box: Box, height: int, width: int) -> int:
    share = (box.x1 - box.x0) * (box.y1 - box.y0) / (height * width)
    if share >= SEVERE_SHARE:
        return SEVERE
    return MEDIUM if share >= MEDIUM_SHARE else MINOR


def _location(box: Box, height: int, width: int) -> str:
    row = min(2, int(3 * (box.y0 + box.y1) / 2 / height))
    column = min(2, int(3 * (box.x0 + box.x1) / 2 / width))
    if row == column == 1:
        return "centre"
    return f"{_ROWS[row]} {_COLUMNS[column]}"


def _description(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> str:
    ink_before, ink_after = _ink(before), _ink(after)
    if not ink_after.any():
        return "is missing"
    if not ink_before.any():
        return "is extra"
    old, new = _colour(before[ink_before]), _colour(after[ink_after])
    return "differs" if old == new else f"colour is {new} instead of {old}"


def _colour(pixels: NDArray[np.uint8]) -> str:
    """Name of the median colour of (n, 3) pixels."""
    return colour_name(hexadecimal(np.median(pixels, axis=0).round().astype(int).tolist()))
