"""A critic without learning and without weights: differing pixels, grouped and judged by rule.

The baseline that a trained critic has to beat. It sees that and where two images differ, and
guesses what kind of difference that is; it reads no text and knows no elements. The rules:

1. Both images are laid on one white canvas at the top left; where a shift of the whole candidate
   (the peak of the cross-correlation) lowers the difference, the shifted candidate is compared.
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
from PIL import Image
from scipy import fft, ndimage

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
    """See the module's docstring; deterministic."""

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
    labels, _ = ndimage.label(_widened(differs, reach), np.ones((3, 3), bool))
    labels = np.where(differs, labels, 0)
    errors = []
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        if place is None or np.count_nonzero(labels[place] == number) < SPECK:
            continue
        before, after = left[place], right[place]
        inks = (_ink(before), _ink(after))
        rows, columns = place
        box = Box(columns.start, rows.start, columns.stop, rows.stop)
        errors.append(
            Discrepancy(
                category=_category(task, *inks, box, height, width),
                severity=_severity(box, height, width),
                location=_location(box, height, width),
                description=_description((before, after), inks),
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
    if min(height, width) < 8:
        return left, right
    rows, columns = _shift(left, right)
    if (rows, columns) == (0, 0) or max(abs(rows), abs(columns)) > MAX_SHIFT * max(height, width):
        return left, right
    moved = _moved(right, rows, columns)
    return (left, moved) if _distance(left, moved) < _distance(left, right) else (left, right)


def _shift(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> tuple[int, int]:
    """Rows and columns by which a shift brings the right image's ink closest to the left one's.

    The peak of the circular cross-correlation of their darkness; (0, 0) where one is white. The
    correlations are sums of products of integers below 2⁵³, so that rounding makes them exact:
    equal ones are equal on each machine, and the first of them counts.
    """
    shape = left.shape[:2]
    spectrum, other = (fft.rfft2(_darkness(image)) for image in (left, right))
    spectrum *= np.conj(other, out=other)
    correlations = np.rint(fft.irfft2(spectrum, s=shape))
    row, column = np.unravel_index(int(correlations.argmax()), shape)
    steps = (int(row), int(column))
    rows, columns = (
        step - size if step > size // 2 else step for step, size in zip(steps, shape, strict=True)
    )
    return rows, columns


def _darkness(image: NDArray[np.uint8]) -> NDArray[np.int16]:
    """(height, width) sum over the channels of what white has more, 0 to 765."""
    red, green, blue = (image[..., channel] for channel in range(3))
    darkness: NDArray[np.int16] = 765 - (red.astype(np.int16) + green + blue)
    return darkness


def _moved(image: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """The image shifted down and right, white where nothing moves in."""
    height, width = image.shape[:2]
    moved = np.full_like(image, 255)
    moved[max(0, rows) : height + rows, max(0, columns) : width + columns] = image[
        max(0, -rows) : height - rows, max(0, -columns) : width - columns
    ]
    return moved


def _distance(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> int:
    """Sum of the channels' differences."""
    return int((np.maximum(left, right) - np.minimum(left, right)).sum())


def _on_canvas(image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    canvas = np.full((height, width, 3), 255, dtype=np.uint8)
    canvas[: image.shape[0], : image.shape[1]] = image
    return canvas


def _widened(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """(height, width) pixels that have one of the mask's within `reach` rows and columns.

    By growing windows along each axis: 5 to 30 times faster than SciPy's dilation.
    """
    wide = np.pad(mask, reach)
    for axis in (wide, wide.T):
        window = 1
        while window < 2 * reach + 1:
            step = min(window, 2 * reach + 1 - window)
            axis[:-step] |= axis[step:]
            window += step
    return wide[: mask.shape[0], : mask.shape[1]]


def _ink(region: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Pixels that stand out from white."""
    least = np.minimum(np.minimum(region[..., 0], region[..., 1]), region[..., 2])
    ink: NDArray[np.bool_] = (255 - least) > THRESHOLD
    return ink


def _category(
    task: str,
    ink_before: NDArray[np.bool_],
    ink_after: NDArray[np.bool_],
    box: Box,
    height: int,
    width: int,
) -> str:
    """Rule 3: the task's own judgement of what is drawn in the region on either side."""
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


def _description(
    regions: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    inks: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> str:
    """What happens to a region's ink from the reference to the candidate."""
    if not inks[1].any():
        return "is missing"
    if not inks[0].any():
        return "is extra"
    old, new = (_colour(region, ink) for region, ink in zip(regions, inks, strict=True))
    return "differs" if old == new else f"colour is {new} instead of {old}"


def _colour(region: NDArray[np.uint8], ink: NDArray[np.bool_]) -> str:
    """Name of the median colour of a region's ink; a histogram is ten times as fast as sorting."""
    counted = Image.fromarray(region).histogram(Image.fromarray(ink.astype(np.uint8)))
    up_to = np.cumsum(np.reshape(counted, (3, 256)), axis=1)
    count = up_to[0, -1]
    middle = [
        [np.searchsorted(row, rank, "right") for rank in ((count - 1) // 2, count // 2)]
        for row in up_to
    ]
    return colour_name(hexadecimal(np.mean(middle, axis=1).round().astype(int).tolist()))
