"""Exact reports: what differs between two sources' drawings, checked against the pixels.

Covers the generic part: rendering both sides, `Task.compare`, and the law that labels and pixels
agree both ways. Not covered: how a task's elements are matched (`erm.tasks.<task>.compare`) and the
severity tables (`docs/annotation.md`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import ndimage

from erm.errors import ErmError
from erm.images import largest_gap
from erm.report import Report
from erm.tasks import View, get_task
from erm.tasks.discrepancy import Box, Discrepancy
from erm.tasks.shared.visible import (
    box_slices,
    changes_within,
    inside,
    same_canvas,
    visible_change,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from erm.render import Rendered, Renderer

Fault = Literal["unexplained pixels", "label without pixels"]

CLEAR = 40
"""Smallest difference of a channel (0..255) that counts as clear, smoothed over 3×3 pixels and
with one pixel of tolerance."""

CLEAR_REGION = 8
"""Pixels of clear difference, connected, from which a difference needs an explanation."""

_SURROUNDINGS = 3.0
"""Pixels around a discrepancy's box in which its difference may show."""

_MARGIN = 0.04
"""Distance to a discrepancy's box, as a share of the longer side, within which it explains."""

_REACH = 0.2
"""Distance that content may move because of another difference, as a share of the longer side, on
top of that difference's own size: an extra row pushes down what is below, an extra point rescales
an axis."""

_WORKING_SIDE = 512
"""Longer side, in pixels, to which larger images are thinned out for the regional checks."""


@dataclass(frozen=True)
class Annotation:
    """An exact report and whether the pixels bear it out.

    Attributes:
        report: in canonical order; empty where the two images are equal to the byte.
        unexplained: share of the image's pixels, 0..1, that differ clearly and that no discrepancy
            explains; 0 where fewer than `CLEAR_REGION` connected pixels do.
        fault: why the pair must be set aside; None where labels and pixels agree.
        invisible: discrepancies of the scenes that leave no trace in the pixels (an element hidden
            behind another one), which are therefore not in the report.
    """

    report: Report
    unexplained: float = 0.0
    fault: Fault | None = None
    invisible: int = 0


def annotate(
    task: str, reference_source: str, candidate_source: str, renderer: Renderer | None = None
) -> Report:
    """The exact report of a candidate source against a reference source.

    Uses the shared default renderer where none is given. Raises `ErmError` where a source does not
    render, draws nothing, or holds parts whose scene can't be read.
    """
    from erm.render import render_batch

    items = [(task, reference_source), (task, candidate_source)]
    render = renderer.render_batch if renderer is not None else render_batch
    reference, candidate = render(items, scenes=True)
    return annotate_rendered(task, reference, candidate).report


def annotate_rendered(task: str, reference: Rendered, candidate: Rendered) -> Annotation:
    """`annotate_views` of two renders with scenes; raises `ErmError` where one has none."""
    return annotate_views(task, view_of(reference, "reference"), view_of(candidate, "candidate"))


def view_of(rendered: Rendered, side: str) -> View:
    """What the annotator sees of a render; raises `ErmError` that says why it can't be seen."""
    reason = unusable(rendered)
    if reason is not None:
        message = f": {rendered.error.message}" if rendered.error is not None else ""
        raise ErmError(f"The {side} can't be annotated ({reason}){message.rstrip('.')}.")
    assert rendered.scene is not None
    return View(rendered.pixels, rendered.scene)


def unusable(rendered: Rendered) -> str | None:
    """Why a render can't be one side of a pair: its error's kind, or ``blank``; None if it can."""
    if rendered.error is not None:
        return rendered.error.kind
    if rendered.blank:
        return "blank"
    return "unreadable" if rendered.image is None or rendered.scene is None else None


def annotate_views(task: str, reference: View, candidate: View) -> Annotation:
    """The exact report of two views, and whether the pixels bear it out.

    Equal pixels give an empty report whatever the scenes say. Otherwise a discrepancy whose
    surroundings show no difference at all is dropped, and what remains must explain every region
    of clear difference: by lying near it, or by what follows from one difference elsewhere, namely
    content that moved (the same colour is within reach on the other image) or that repeats it (a
    legend's patch of a recoloured series).
    """
    if np.array_equal(reference.pixels, candidate.pixels):
        return Annotation(Report(task))
    found = get_task(task).compare(reference, candidate)
    left, right = same_canvas(reference.pixels, candidate.pixels)
    changed = visible_change(left, right)
    visible = [
        error
        for error in found
        if error.box is None or changes_within(changed, error.box, _SURROUNDINGS)
    ]
    shapes = {"reference": reference.pixels.shape, "candidate": candidate.pixels.shape}
    drawn = [
        replace(error, box=error.box and inside(error.box, shapes[error.box_in]))
        for error in visible
    ]
    report = Report(task, tuple(drawn)).sorted()
    invisible = len(found) - len(visible)
    if found and not changed.any():
        return Annotation(report, fault="label without pixels", invisible=invisible)
    unexplained = _unexplained(left, right, visible)
    fault: Fault | None = "unexplained pixels" if unexplained > 0 else None
    return Annotation(report, unexplained, fault, invisible)


def clear_difference(reference: NDArray[np.uint8], candidate: NDArray[np.uint8]) -> bool:
    """Whether two images differ in a region that nobody can overlook."""
    left, right = _thinned(*same_canvas(reference, candidate))
    return bool(_regions(_clear(left, right)).any())


def largest_difference(reference: NDArray[np.uint8], candidate: NDArray[np.uint8]) -> int:
    """Largest difference of any channel of any pixel, 0..255; 255 where the sizes differ."""
    if reference.shape != candidate.shape:
        return 255
    return int(largest_gap(reference, candidate).max())


def _thinned(
    left: NDArray[np.uint8], right: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Both images averaged down so that the longer side is at most `_WORKING_SIDE`."""
    step = -(-max(left.shape[:2]) // _WORKING_SIDE)
    if step == 1:
        return left, right

    def shrink(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = pixels.shape[0] // step * step, pixels.shape[1] // step * step
        blocks = pixels[:height, :width].reshape(height // step, step, width // step, step, 3)
        return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.uint8)

    return shrink(left), shrink(right)


def _clear(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Pixels of either image whose colour is not among their neighbours' in the other one.

    Both images are averaged over 3×3 pixels, then a pixel is compared with the range of the 3×3
    pixels around it, so that what was anti-aliased differently or moved by a fraction of a pixel,
    thin lines included, doesn't count.
    """
    differs = largest_gap(left, right) > CLEAR
    result = np.zeros(differs.shape, dtype=np.bool_)
    if not differs.any():
        return result
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    window = (
        slice(max(rows[0] - 2, 0), rows[-1] + 3),
        slice(max(columns[0] - 2, 0), columns[-1] + 3),
    )
    soft = [ndimage.uniform_filter(side[window], size=(3, 3, 1)) for side in (left, right)]
    for one, other in (soft, soft[::-1]):
        low = ndimage.minimum_filter(other, size=(3, 3, 1)).astype(np.int16) - CLEAR
        high = ndimage.maximum_filter(other, size=(3, 3, 1)).astype(np.int16) + CLEAR
        result[window] |= ((one < low) | (one > high)).any(axis=2)
    return result


def _regions(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask without connected regions (8 neighbours) smaller than `CLEAR_REGION`."""
    if not mask.any():
        return mask
    labels, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    large = np.bincount(labels.ravel()) >= CLEAR_REGION
    large[0] = False
    return np.asarray(large[labels], dtype=np.bool_)


def _unexplained(
    left: NDArray[np.uint8], right: NDArray[np.uint8], errors: Sequence[Discrepancy]
) -> float:
    """Share of pixels that differ clearly and that no discrepancy explains."""
    if any(error.box is None for error in errors):
        return 0.0
    full = max(left.shape[:2])
    left, right = _thinned(left, right)
    longest = max(left.shape[:2])
    scale = longest / full
    clear = _regions(_clear(left, right))
    near = np.zeros_like(clear)
    largest = 0.0
    for error in errors:
        assert error.box is not None
        box = Box(*(side * scale for side in error.box))
        largest = max(largest, min(box.x1 - box.x0, box.y1 - box.y0))
        near[box_slices(box, max(_SURROUNDINGS, _MARGIN * longest), clear.shape)] = True
    far = clear & ~near
    if errors and far.any():
        reach = min(_REACH * longest + largest, longest / 2)
        far = _regions(_foreign(left, right, far, clear & near, max(3, round(reach))))
    return float(far.mean())


def _foreign(
    left: NDArray[np.uint8],
    right: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    explained: NDArray[np.bool_],
    reach: int,
) -> NDArray[np.bool_]:
    """Pixels of the mask whose colour is nowhere within reach on the other image, nor, on their
    own image, among the pixels whose difference is explained."""
    result = np.zeros_like(mask)
    for one, other in ((left, right), (right, left)):
        shades = one // 64
        codes = shades[..., 0] * 16 + shades[..., 1] * 4 + shades[..., 2]
        for code in np.setdiff1d(codes[mask], codes[explained]):
            colour = np.array([code // 16, code // 4 % 4, code % 4], dtype=np.int16) * 64 + 32
            near = (np.abs(other.astype(np.int16) - colour) <= 32 + CLEAR).all(axis=2)
            within = ndimage.maximum_filter(near, size=2 * reach + 1)
            result |= mask & (codes == code) & ~within
    return result
