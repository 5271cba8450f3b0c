"""Exact reports: what differs between two sources' drawings, checked against the pixels.

Every pair gets a report or a failure, never both and never an exception. Scenes come from the
contained process, which a hostile program shares, so nothing in them is trusted: they are checked
against the task's schema, and a report counts only where it agrees with the pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image
from scipy import ndimage

from erm.errors import ErmError
from erm.images import largest_gap
from erm.report import Report
from erm.tasks import View, get_task
from erm.tasks.discrepancy import Box, Discrepancy
from erm.tasks.scene_check import SceneError, check_scene
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

Side = Literal["reference", "candidate"]

FailureKind = Literal[
    "not drawn",
    "blank",
    "unreadable",
    "invalid scene",
    "contradicted scene",
    "too complex",
    "comparison failed",
    "unexplained pixels",
    "label without pixels",
]
"""Why a pair has no report. ``not drawn``, ``blank`` and ``unreadable`` are the source's; an
``invalid scene`` does not fit the task's schema or the picture; the picture of a ``contradicted
scene`` shows something else (`annotate_completion`); ``too complex`` exceeds the
task's limits or `MOST_DISCREPANCIES`; ``comparison failed`` is an error of the annotator; the last
two break the law that labels and pixels agree."""

MOST_DISCREPANCIES = 200
"""Longest report; beyond it the two pictures have too little in common to be compared."""

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

_ROUNDING = 0.03
"""Share by which the sizes of two back ends' pictures of one source may differ, beyond 2 pixels."""

_FITTING = 0.012
"""Distance between two back ends' edges and letters, as a share of the longer side; 2 pixels at
least."""

_WORKING_SIDE = 512
"""Longer side, in pixels, to which larger images are thinned out for the regional checks."""


@dataclass(frozen=True)
class Failure:
    """Why a pair has no report.

    Attributes:
        kind: see `FailureKind`.
        message: one sentence without its full stop.
        side: the image that fails; None where it is the pair.
        error_kind: of `erm.sources.errors.ERROR_KINDS`, where a source was not drawn.
    """

    kind: FailureKind
    message: str
    side: Side | None = None
    error_kind: str | None = None


@dataclass(frozen=True)
class Annotation:
    """What the exact annotator says of a pair: a report or a failure, never both.

    Attributes:
        report: in canonical order; empty where the two images are equal to the byte.
        failure: why there is no report.
        found: the discrepancies of the scenes, also where the law of pixels makes them a failure;
            for logs only.
        unexplained: share of the image's pixels, 0..1, that differ clearly and that no discrepancy
            explains; 0 where fewer than `CLEAR_REGION` connected pixels do.
        invisible: discrepancies of the scenes that leave no trace in the pixels (an element hidden
            behind another one), which are therefore not in the report.
    """

    report: Report | None = None
    failure: Failure | None = None
    found: Report | None = None
    unexplained: float = 0.0
    invisible: int = 0

    def __post_init__(self) -> None:
        if (self.report is None) == (self.failure is None):
            raise ValueError("an annotation is a report or a failure")

    def require(self, name: str = "the pair") -> Report:
        """The report; raises `ErmError` that says why there is none."""
        if self.report is None:
            assert self.failure is not None
            raise ErmError(
                f"{name}: no exact report ({self.failure.kind}): {self.failure.message}."
            )
        return self.report


def annotate(
    task: str, reference_source: str, candidate_source: str, renderer: Renderer | None = None
) -> Annotation:
    """The annotation of a candidate source against a reference source.

    Uses the shared default renderer where none is given.
    """
    from erm.render import render_batch

    items = [(task, reference_source), (task, candidate_source)]
    render = renderer.render_batch if renderer is not None else render_batch
    reference, candidate = render(items, scenes=True)
    return annotate_rendered(task, reference, candidate)


def annotate_rendered(task: str, reference: Rendered, candidate: Rendered) -> Annotation:
    """The annotation of two renders that were made with scenes; see `annotate_completion`."""
    return annotate_completion(task, view_of(task, reference, "reference"), candidate)


def annotate_completion(task: str, reference: View | Failure, candidate: Rendered) -> Annotation:
    """The annotation of a completion's render, made with its scene, against a reference.

    As `annotate_views`, and a report counts only where the candidate's picture does not contradict
    its own scene (`erm.tasks.Task.contradiction`): one difference with a large box would explain
    all others. Edits of synthesis, which nobody rewards, are annotated without that check.
    """
    view = view_of(task, candidate, "candidate")
    for side in (reference, view):
        if isinstance(side, Failure):
            return Annotation(failure=side)
    assert isinstance(reference, View)
    assert isinstance(view, View)
    annotation = annotate_views(task, reference, view)
    if annotation.report is None or not annotation.report.errors:
        return annotation
    try:
        message = get_task(task).contradiction(view)
    except Exception as error:  # a scene of hostile origin must not end the process that reads it
        message = f"can't be held against its picture ({type(error).__name__}: {error})"[:300]
    if message is None:
        return annotation
    failure = Failure("contradicted scene", f"the candidate's scene {message}", "candidate")
    return replace(annotation, report=None, failure=failure, found=annotation.report)


def view_of(task: str, rendered: Rendered, side: Side) -> View | Failure:
    """What the annotator sees of a render: pixels, and a scene that its task's schema admits."""
    if rendered.error is not None:
        kind: FailureKind = "unreadable" if rendered.error.kind == "unreadable" else "not drawn"
        return Failure(kind, rendered.error.message.rstrip("."), side, rendered.error.kind)
    if rendered.blank:
        return Failure("blank", f"the {side} has one colour only", side)
    if rendered.scene is None:
        return Failure("unreadable", f"the {side} was drawn without its scene", side)
    pixels = rendered.pixels
    try:
        check_scene(get_task(task), rendered.scene, pixels.shape[0], pixels.shape[1])
    except SceneError as error:
        return Failure(error.kind, f"the {side}'s scene {error}", side)
    return View(pixels, rendered.scene)


def annotate_views(task: str, reference: View, candidate: View) -> Annotation:
    """The annotation of two views.

    Equal pixels give an empty report whatever the scenes say. Otherwise a discrepancy whose
    surroundings show no difference at all is dropped, and what remains must explain every region
    of clear difference: by lying near it, or by what follows from one difference elsewhere, namely
    content that moved (the same colour is within reach on the other image) or that repeats it (a
    legend's patch of a recoloured series).
    """
    if np.array_equal(reference.pixels, candidate.pixels):
        return Annotation(Report(task))
    try:
        found = get_task(task).compare(reference, candidate)
    except Exception as error:  # a scene of hostile origin must not end the process that reads it
        message = f"the annotator raised {type(error).__name__}: {error}"
        return Annotation(failure=Failure("comparison failed", message[:300]))
    if len(found) > MOST_DISCREPANCIES:
        message = f"{len(found)} discrepancies are more than {MOST_DISCREPANCIES}"
        return Annotation(failure=Failure("too complex", message))
    on_canvas = same_canvas(reference.pixels, candidate.pixels)
    changed = visible_change(*on_canvas)
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
        message = f"{len(found)} discrepancies of the scenes leave no trace in the pixels"
        failure = Failure("label without pixels", message)
        return Annotation(failure=failure, found=report, invisible=invisible)
    unexplained = _unexplained(*on_canvas, visible)
    if unexplained > 0:
        message = f"{unexplained:.1%} of the pixels differ clearly and no discrepancy explains them"
        failure = Failure("unexplained pixels", message)
        return Annotation(None, failure, report, unexplained, invisible)
    return Annotation(report, found=report, invisible=invisible)


def clear_difference(reference: NDArray[np.uint8], candidate: NDArray[np.uint8]) -> bool:
    """Whether two images differ in a region that nobody can overlook."""
    reference, candidate = _thinned(*same_canvas(reference, candidate))
    return bool(_regions(_clear(reference, candidate)).any())


def differ_visibly(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> bool:
    """Whether two back ends' pictures of one source, (height, width, 3) each, differ clearly.

    Back ends round lengths and fit letters to pixels in their own ways: sizes may differ by
    `_ROUNDING`, what lies in between is spread, and edges may lie `_FITTING` apart.
    """
    (height, width), other = first.shape[:2], second.shape[:2]
    gaps = (abs(height - other[0]) / height, abs(width - other[1]) / width)
    if max(gaps) * min(height, width) > 2 and max(gaps) > _ROUNDING:
        return True
    spread = Image.fromarray(second).resize((width, height), Image.Resampling.BILINEAR)
    pair = _thinned(first, np.asarray(spread))
    apart = max(2, round(_FITTING * max(pair[0].shape[:2])))
    return bool(_regions(_clear(*pair, apart)).any())


def largest_difference(reference: NDArray[np.uint8], candidate: NDArray[np.uint8]) -> int:
    """Largest difference of any channel of any pixel, 0..255; 255 where the sizes differ."""
    if reference.shape != candidate.shape:
        return 255
    return int(largest_gap(reference, candidate).max())


def _thinned(
    reference: NDArray[np.uint8], candidate: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Both images averaged down so that the longer side is at most `_WORKING_SIDE`."""
    step = -(-max(reference.shape[:2]) // _WORKING_SIDE)
    if step == 1:
        return reference, candidate

    def shrink(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = pixels.shape[0] // step * step, pixels.shape[1] // step * step
        blocks = pixels[:height, :width].reshape(height // step, step, width // step, step, 3)
        return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.uint8)

    return shrink(reference), shrink(candidate)


def _clear(
    reference: NDArray[np.uint8], candidate: NDArray[np.uint8], apart: int = 1
) -> NDArray[np.bool_]:
    """Pixels of either image whose colour is not among their neighbours' in the other one.

    Both images are averaged over 3×3 pixels, then a pixel is compared with the range of the pixels
    up to `apart` around it, so that what was anti-aliased differently or moved by a fraction of a
    pixel, thin lines included, doesn't count.
    """
    differs = largest_gap(reference, candidate) > CLEAR
    result = np.zeros(differs.shape, dtype=np.bool_)
    if not differs.any():
        return result
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    margin = apart + 1
    window = (
        slice(max(rows[0] - margin, 0), rows[-1] + margin + 1),
        slice(max(columns[0] - margin, 0), columns[-1] + margin + 1),
    )
    reach = (2 * apart + 1, 2 * apart + 1, 1)
    soft = [ndimage.uniform_filter(side[window], size=(3, 3, 1)) for side in (reference, candidate)]
    for one, other in (soft, soft[::-1]):
        low = ndimage.minimum_filter(other, size=reach).astype(np.int16) - CLEAR
        high = ndimage.maximum_filter(other, size=reach).astype(np.int16) + CLEAR
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
    reference: NDArray[np.uint8], candidate: NDArray[np.uint8], errors: Sequence[Discrepancy]
) -> float:
    """Share of pixels that differ clearly and that no discrepancy explains."""
    if any(error.box is None for error in errors):
        return 0.0
    full = max(reference.shape[:2])
    reference, candidate = _thinned(reference, candidate)
    longest = max(reference.shape[:2])
    scale = longest / full
    clear = _regions(_clear(reference, candidate))
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
        far = _regions(_foreign(reference, candidate, far, clear & near, max(3, round(reach))))
    return float(far.mean())


def _foreign(
    reference: NDArray[np.uint8],
    candidate: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    explained: NDArray[np.bool_],
    reach: int,
) -> NDArray[np.bool_]:
    """Pixels of the mask whose colour is nowhere within reach on the other image, nor, on their
    own image, among the pixels whose difference is explained."""
    result = np.zeros_like(mask)
    for one, other in ((reference, candidate), (candidate, reference)):
        shades = one // 64
        codes = shades[..., 0] * 16 + shades[..., 1] * 4 + shades[..., 2]
        for code in np.setdiff1d(codes[mask], codes[explained]):
            colour = np.array([code // 16, code // 4 % 4, code % 4], dtype=np.int16) * 64 + 32
            near = (np.abs(other.astype(np.int16) - colour) <= 32 + CLEAR).all(axis=2)
            within = ndimage.maximum_filter(near, size=2 * reach + 1)
            result |= mask & (codes == code) & ~within
    return result
