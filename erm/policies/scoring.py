"""What a policy's completions are worth: by the critic, by exact annotation, and in likeness.

A policy may learn to please the critic that rewarded it. Completions are therefore annotated
exactly too, from both sources. A hostile completion can forge its scene, since scene and pixels
come from the same contained process. The guard is the law that both must agree
(`erm.annotation.annotate_completion`): a scene that does not fit its pixels is a failure, and a
failure is the worst outcome of its task (`erm.rewards.exact`, ``docs/security.md``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from erm.annotation import Annotation, annotate_completion, view_of
from erm.benchmark.drawing_scores import score_drawings
from erm.benchmark.formats import SOURCES, Item
from erm.benchmark.similarity import measure_distances
from erm.dataset.pairs import Reference
from erm.errors import ErmError
from erm.images import open_image
from erm.render import Rendered, Renderer
from erm.report import Replies
from erm.rewards.exact import exact_reward, exact_severity
from erm.rewards.loading import load_reward
from erm.rewards.rollout import Rollout, Scored
from erm.rewards.settings import EXACT, RewardSettings
from erm.tasks import get_task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from erm.critics.base import Critic

Row = dict[str, Any]
"""A completion and what it earned: the columns of ``completions.jsonl``, and its image."""


def score_completions(
    completions: Sequence[str],
    critic: Critic | None,
    references: Sequence[Reference],
    originals: Sequence[Rendered],
    renderer: Renderer,
    replies: Replies = "strict",
) -> list[dict[str, Any]]:
    """One row per completion: rewards by critic and by exact annotation, likeness, reports.

    ``similarities`` holds ``ssim``, those of the task's sources, such as ``teds``, and its
    published scores of drawings, such as ``chartmimic``, in 0 to 1; 0 where nothing is
    drawn. ``report`` is the critic's, or the exact one in its place.

    Args:
        completions: one per reference.
        critic: None for the exact annotator in its place.
        originals: renders of the references' sources, with scenes.
        renderer: draws the completions, contained.
        replies: how the critic's replies are read.

    Raises:
        ErmError: a reference can't be annotated, which is not a fault of the policy.
    """
    settings = RewardSettings(replies=replies)
    reward = load_reward(
        settings if critic is not None else settings.by_exact_annotator(), critic, renderer
    )
    rewards = reward.score(
        [
            Rollout(reference.task, reference.image, completion, reference.source)
            for reference, completion in zip(references, completions, strict=True)
        ]
    )
    for earned in rewards:
        earned.require()
    drawn = iter(
        renderer.render_batch(
            [
                (reference.task, earned.source)
                for reference, earned in zip(references, rewards, strict=True)
                if earned.source is not None
            ],
            scenes=True,
        )
    )
    published = _published_scores(references, rewards, renderer)
    rows = []
    for reference, original, completion, earned, scores in zip(
        references, originals, completions, rewards, published, strict=True
    ):
        rendered = next(drawn) if earned.source is not None else None
        annotation = _annotation(reference.task, original, rendered)
        rows.append(
            {
                "source_id": reference.source_id,
                "task": reference.task,
                "completion": completion,
                "outcome": earned.outcome,
                "reason": earned.reason,
                "critic_reward": earned.value,
                "critic_severity": earned.severity,
                "critic_expected": earned.critique and earned.critique.expected_severity,
                "exact_severity": exact_severity(annotation),
                "exact_failure": annotation and annotation.failure and annotation.failure.kind,
                "exact_reward": exact_reward(reference.task, annotation),
                "pixel_mse": _pixel_mse(reference.image, earned),
                "similarities": {**_similarities(reference, earned), **scores},
                "report": _report(earned),
                "image": earned.image,
            }
        )
    return rows


def _annotation(task: str, original: Rendered, rendered: Rendered | None) -> Annotation | None:
    """The exact annotation of a completion; None if it has no source.

    Raises:
        ErmError: the reference has no readable drawing, which is no fault of the policy.
    """
    if rendered is None:
        return None
    annotation = annotate_completion(task, view_of(task, original, "reference"), rendered)
    if annotation.failure is not None and annotation.failure.side == "reference":
        annotation.require("a held-out reference")
    return annotation


def _published_scores(
    references: Sequence[Reference], rewards: Sequence[Scored], renderer: Renderer
) -> list[dict[str, float]]:
    """Scores of drawings by name; 0 where nothing is drawn.

    Raises:
        ErmError: a reference gives nothing to compare, which is no fault of the policy.
    """
    found: list[dict[str, float]] = [{} for _ in rewards]
    for task in dict.fromkeys(reference.task for reference in references):
        if not get_task(task).fact_scores:
            continue
        own = [index for index, reference in enumerate(references) if reference.task == task]
        pairs = [(references[index].source, rewards[index].source) for index in own]
        for index, score in zip(own, score_drawings(task, pairs, None, renderer), strict=True):
            if score.reference:
                raise ErmError(
                    f"{references[index].source_id}: the reference has no published scores "
                    f"({score.reference})."
                )
            found[index] = dict(score.values)
    return found


def _similarities(reference: Reference, earned: Scored) -> dict[str, float]:
    """By name; 0 where nothing is drawn."""
    names = ("ssim", *get_task(reference.task).text_distances)
    if earned.image is None or earned.source is None:
        return dict.fromkeys(names, 0.0)
    sources = dict(zip(SOURCES, (reference.source, earned.source), strict=True))
    item = Item("", 0, reference.task, reference.image, earned.image, [], sources)
    found = measure_distances([item], names).values()
    return {
        name: max(0.0, 1.0 - float(distance[0])) if distance[0] == distance[0] else 0.0
        for name, distance in zip(names, found, strict=True)
    }


def _report(earned: Scored) -> dict[str, Any] | None:
    """A report as JSON with boxes where they are known; None where there is none."""
    exact = earned.parts.get(EXACT)
    if earned.critique is not None:
        report = earned.critique.report
    else:
        report = exact.annotation.report if exact is not None and exact.annotation else None
    return None if report is None else report.to_dict(boxes=True)


def _pixel_mse(reference: bytes, reward: Scored) -> float | None:
    """Mean squared error over the common canvas, channels in 0..1; None without an image."""
    if reward.image is None:
        return None
    expected, drawn = (_unit_pixels(image) for image in (reference, reward.image))
    canvas = np.maximum(expected.shape[:2], drawn.shape[:2])
    return float(np.mean((_on_canvas(expected, canvas) - _on_canvas(drawn, canvas)) ** 2))


def _unit_pixels(image: bytes) -> NDArray[np.float64]:
    return np.asarray(open_image(image), dtype=np.float64) / 255.0


def _on_canvas(pixels: NDArray[np.float64], canvas: NDArray[np.int_]) -> NDArray[np.float64]:
    whole = np.ones((int(canvas[0]), int(canvas[1]), 3))
    whole[: pixels.shape[0], : pixels.shape[1]] = pixels
    return whole
