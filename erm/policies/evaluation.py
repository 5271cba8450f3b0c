"""Evaluation of a policy before and after reinforcement, on held-out references.

A policy may learn to please the critic that rewarded it. Completions are therefore annotated
exactly too, from both sources. A hostile completion can forge its scene, since scene and pixels
come from the same contained process. The guard is the law that both must agree: a scene that does
not fit its pixels is a failure, and a failure is the worst outcome of its task
(`erm.rewards.exact`, ``docs/security.md``).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from erm.annotation import Annotation, annotate_rendered
from erm.critics.loading import EXACT, critic_from_spec
from erm.dataset.pairs import Reference, read_references
from erm.errors import ErmError
from erm.images import open_image
from erm.models.settings import SamplingSettings
from erm.policies.base import Request
from erm.policies.figures import evenly_spaced, show
from erm.policies.intervals import mean_interval
from erm.policies.ranking import ranking_of_samples
from erm.policies.settings import EvaluateSettings
from erm.render import Rendered, Renderer
from erm.report import Replies
from erm.rewards.exact import exact_reward, exact_severity
from erm.rewards.loading import load_reward
from erm.rewards.rollout import Rollout, Scored
from erm.rewards.settings import RewardSettings
from erm.tracking import log_artifact

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from erm.critics.base import Critic

_MEASURES = ("rendered", "critic_reward", "exact_severity", "exact_reward", "pixel_mse")


def evaluate(
    settings: EvaluateSettings, before: Path, after: Path, critic: Path, pairs: Path, out: Path
) -> dict[str, float]:
    """Compare two policies on the test split's references.

    Completions are greedy; with ``sampled`` set, the critic also ranks samples of both policies
    (`erm.policies.ranking`). Writes ``completions.jsonl``, ``comparison.csv`` and
    ``comparison.png`` to `out`.

    Args:
        critic: folder of the critic that rewards, unless the settings name another one.

    Returns:
        ``before.rendered`` and ``after.rendered``: share of completions that draw something. For
        each policy and task, since scales of different tasks don't compare: ``rendered``,
        ``unparsable`` (share whose critique holds no report), ``critic_reward``,
        ``exact_severity`` and ``exact_reward`` (`erm.rewards.exact`; the latter with a bootstrap
        95 % interval, ``_low`` and ``_high``) and ``pixel_mse`` (of rendered ones, channels in
        0..1). For each task ``gain.<task>``: the mean of paired differences in
        exact reward, with its interval. For each policy, what `ranking_of_samples` returns.

    Raises:
        ErmError: a folder holds no such model, or there are no held-out references.
    """
    from erm.policies.local import LocalPolicy

    references = [
        reference
        for task in settings.tasks
        for reference in islice(read_references(pairs, "test", (task,)), settings.references)
    ]
    if not references:
        raise ErmError(f"{pairs}: no references of {', '.join(settings.tasks)} in the test split.")
    scorer = None
    if settings.critic != EXACT:
        scorer = critic_from_spec(settings.critic or str(critic), endpoint=settings.endpoint)
    requests = [Request(reference.task, reference.image) for reference in references]
    with Renderer(
        workers=settings.render_workers, isolation=settings.isolation, drawing=settings.drawing
    ) as renderer:
        originals = renderer.render_batch(
            [(reference.task, reference.source) for reference in references], scenes=True
        )

        def scored(completions: Sequence[str], chosen: Sequence[int]) -> list[dict[str, Any]]:
            return score_completions(
                completions,
                scorer,
                [references[index] for index in chosen],
                [originals[index] for index in chosen],
                renderer,
                settings.replies,
            )

        results: dict[str, list[dict[str, Any]]] = {}
        metrics: dict[str, float] = {}
        for name, folder in (("before", before), ("after", after)):
            policy = LocalPolicy(folder)
            completions = policy.complete(requests, progress=True)
            results[name] = scored(completions, range(len(references)))
            if settings.sampled is not None:
                policy.sampling = SamplingSettings(
                    temperature=settings.sampled.temperature, seed=settings.seed
                )
                ranked = ranking_of_samples(
                    policy.complete, references, scored, settings.sampled, settings.seed
                )
                metrics |= {f"{name}.{key}": value for key, value in ranked.items()}
    generator = np.random.default_rng(settings.seed)
    for name, rows in results.items():
        metrics[f"{name}.rendered"] = _rendered(rows)
        for task in settings.tasks:
            chosen = [row for row in rows if row["task"] == task]
            summary = _summary(chosen, generator)
            metrics |= {f"{name}.{task}.{key}": value for key, value in summary.items()}
    for task in settings.tasks:
        metrics |= {
            f"gain.{task}{suffix}": value
            for suffix, value in _with_interval(_gains(results, task), generator, "").items()
        }
    _write(results, references, settings, metrics, out)
    return metrics


def score_completions(
    completions: Sequence[str],
    critic: Critic | None,
    references: Sequence[Reference],
    originals: Sequence[Rendered],
    renderer: Renderer,
    replies: Replies = "strict",
) -> list[dict[str, Any]]:
    """One row per completion: reward by critic and by exact annotation, pixel error.

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
    rows = []
    for reference, original, completion, earned in zip(
        references, originals, completions, rewards, strict=True
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
    annotation = annotate_rendered(task, original, rendered)
    if annotation.failure is not None and annotation.failure.side == "reference":
        annotation.require("a reference of the test split")
    return annotation


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


def _gains(results: dict[str, list[dict[str, Any]]], task: str) -> NDArray[np.float64]:
    """Paired differences in exact reward of one task, (references,)."""
    return np.array(
        [
            after["exact_reward"] - before["exact_reward"]
            for before, after in zip(results["before"], results["after"], strict=True)
            if before["task"] == task
        ]
    )


def _with_interval(
    values: NDArray[np.float64], generator: np.random.Generator, name: str
) -> dict[str, float]:
    mean, low, high = mean_interval(values, generator)
    return {name: mean, f"{name}_low": low, f"{name}_high": high}


def _rendered(rows: Sequence[dict[str, Any]]) -> float:
    return float(np.mean([row["outcome"] in ("judged", "unparsable") for row in rows]))


def _summary(rows: Sequence[dict[str, Any]], generator: np.random.Generator) -> dict[str, float]:
    errors = [row["pixel_mse"] for row in rows if row["pixel_mse"] is not None]
    exact = np.array([row["exact_reward"] for row in rows])
    return {
        "rendered": _rendered(rows),
        "unparsable": float(np.mean([row["outcome"] == "unparsable" for row in rows])),
        "critic_reward": float(np.mean([row["critic_reward"] for row in rows])),
        "exact_severity": float(np.mean([row["exact_severity"] for row in rows])),
        **_with_interval(exact, generator, "exact_reward"),
        "pixel_mse": float(np.mean(errors)) if errors else float("nan"),
    }


def _write(
    results: dict[str, list[dict[str, Any]]],
    references: Sequence[Reference],
    settings: EvaluateSettings,
    metrics: dict[str, float],
    out: Path,
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with (out / "completions.jsonl").open("w") as file:
        for name, rows in results.items():
            for row in rows:
                plain = {key: value for key, value in row.items() if key != "image"}
                file.write(json.dumps({"policy": name, **plain}, ensure_ascii=False) + "\n")
    with (out / "comparison.csv").open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["policy", "task", "measure", "value"])
        for name in results:
            for task in settings.tasks:
                for measure in _MEASURES:
                    value = metrics[f"{name}.{task}.{measure}"]
                    writer.writerow([name, task, measure, value])
    picture = _picture(results, references, settings.pictured)
    picture.savefig(out / "comparison.png", dpi=110)
    log_artifact(out / "comparison.png")


def _picture(
    results: dict[str, list[dict[str, Any]]], references: Sequence[Reference], rows: int
) -> Any:
    """References and both policies' renders, evenly spaced over all references."""
    from matplotlib.figure import Figure

    chosen = evenly_spaced(len(references), rows)
    figure = Figure(figsize=(6.6, 2.2 * len(chosen)), layout="constrained")
    axes = figure.subplots(len(chosen), 3, squeeze=False)
    for panels, index in zip(axes, chosen, strict=True):
        show(panels[0], f"reference ({references[index].task})", references[index].image, "")
        for panel, (name, rewarded) in zip(panels[1:], results.items(), strict=True):
            entry = rewarded[index]
            title = f"{name}: exact severity {entry['exact_severity']:.0f}"
            show(panel, title, entry["image"], entry["outcome"].replace("_", " "))
    return figure
