"""What a policy's completions are worth: by the critic, by exact annotation, and in likeness.

A policy may learn to please the critic that rewarded it. Completions are therefore annotated
exactly too, from both sources. A hostile completion can forge its scene, since scene and pixels
come from the same contained process. The guard is the law that both must agree
(`erm.annotation.annotate_completion`): a scene that does not fit its pixels is a failure, and a
failure is the worst outcome of its task (`erm.rewards.exact`, ``docs/security.md``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from erm.dataset.pairs import Reference
from erm.errors import ErmError
from erm.images import open_image
from erm.policies.measuring import Measured, Measuring
from erm.rewards.rollout import Rollout
from erm.rewards.settings import EXACT, SSIM, drawing_parts
from erm.tasks import get_task

if TYPE_CHECKING:
    from numpy.typing import NDArray

Row = dict[str, Any]
"""A completion and what it earned: the columns of ``completions.jsonl``, and its image."""


def stated_severity(row: Mapping[str, Any]) -> float | None:
    """The severity that the critic expects of a drawn completion, else the one that it reports."""
    expected: float | None = row.get("critic_expected")
    reported: float | None = row.get("critic_severity")
    return reported if expected is None else expected


def score_completions(
    completions: Sequence[str], references: Sequence[Reference], measuring: Measuring
) -> list[Row]:
    """One row per completion: rewards by critic and by exact annotation, likeness, reports.

    ``similarities`` holds ``ssim``, those of the task's sources, such as ``teds``, and its
    published scores of drawings, such as ``chartmimic``, in 0 to 1; 0 where nothing is
    drawn. ``report`` is the critic's, or the exact one in its place.

    Args:
        completions: one per reference.
        measuring: with a critic, or without one for the exact annotator in its place.

    Raises:
        ErmError: a reference can't be annotated or compared, which is not a fault of the policy.
    """
    rollouts = [
        Rollout(reference.task, reference.image, completion, reference.source)
        for reference, completion in zip(references, completions, strict=True)
    ]
    return [
        _row(reference, measured)
        for reference, measured in zip(references, measuring.measure(rollouts), strict=True)
    ]


def _row(reference: Reference, measured: Measured) -> Row:
    for name, reason in measured.gaps.items():
        if name == EXACT or name in drawing_parts():
            raise ErmError(f"{reference.source_id}: the reference has no {name} score ({reason}).")
    drawn, critic, exact = measured.drawn, measured.critic, measured.exact
    judged = exact if critic is None else critic
    assert judged is not None
    critique = judged.critique
    by_source = get_task(reference.task).text_distances
    similarities = {name: measured.likeness.get(name, 0.0) for name in (SSIM, *by_source)}
    published = {
        name: value for name, value in measured.likeness.items() if name in drawing_parts()
    }
    return {
        "source_id": reference.source_id,
        "task": reference.task,
        "completion": drawn.rollout.completion,
        "outcome": measured.outcome,
        "reason": measured.reason,
        "critic_reward": judged.value,
        "critic_severity": judged.severity,
        "critic_expected": critique and critique.expected_severity,
        "exact_severity": measured.exact_severity,
        "exact_failure": measured.exact_failure,
        "exact_reward": measured.exact_reward,
        "pixel_mse": _pixel_mse(reference.image, drawn.image),
        "similarities": {**similarities, **published},
        "report": measured.report,
        "image": drawn.image,
    }


def _pixel_mse(reference: bytes, image: bytes | None) -> float | None:
    """Mean squared error over the common canvas, channels in 0..1; None without an image."""
    if image is None:
        return None
    expected, drawn = (_unit_pixels(one) for one in (reference, image))
    canvas = np.maximum(expected.shape[:2], drawn.shape[:2])
    return float(np.mean((_on_canvas(expected, canvas) - _on_canvas(drawn, canvas)) ** 2))


def _unit_pixels(image: bytes) -> NDArray[np.float64]:
    return np.asarray(open_image(image), dtype=np.float64) / 255.0


def _on_canvas(pixels: NDArray[np.float64], canvas: NDArray[np.int_]) -> NDArray[np.float64]:
    whole = np.ones((int(canvas[0]), int(canvas[1]), 3))
    whole[: pixels.shape[0], : pixels.shape[1]] = pixels
    return whole
