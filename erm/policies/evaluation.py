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
from erm.dataset.pairs import Reference, read_references
from erm.errors import ErmError
from erm.images import open_image
from erm.policies.base import Request
from erm.policies.settings import EvaluateSettings
from erm.render import Rendered, Renderer
from erm.rewards.exact import exact_reward, exact_severity
from erm.rewards.published import Reward, reward_completions
from erm.tracking import log_artifact

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from erm.critics.base import Critic

_RESAMPLES = 2000


def evaluate(
    settings: EvaluateSettings, before: Path, after: Path, critic: Path, pairs: Path, out: Path
) -> dict[str, float]:
    """Compare two policies on the test split's references.

    Completions are greedy. Writes ``completions.jsonl``, ``comparison.csv`` and
    ``comparison.png`` to `out`.

    Returns:
        For ``before`` and ``after``, over all tasks and by task: ``rendered`` (share of
        completions whose render is not blank), ``critic_reward``, ``exact_reward`` (the same
        formula with the exact annotator's S) and ``pixel_mse`` (of renders, channels in 0..1).
        Also ``gain``, the mean paired difference of exact rewards, and its bootstrap 95 % interval
        ``gain_low`` … ``gain_high``.

    Raises:
        ErmError: a folder holds no such model, or there are no held-out references.
    """
    from erm.critics.local import LocalCritic
    from erm.policies.local import LocalPolicy

    references = [
        reference
        for task in settings.tasks
        for reference in islice(read_references(pairs, "test", (task,)), settings.references)
    ]
    if not references:
        raise ErmError(f"{pairs}: no references of {', '.join(settings.tasks)} in the test split.")
    scorer = LocalCritic(critic)
    requests = [Request(reference.task, reference.image) for reference in references]
    with Renderer(workers=settings.render_workers, isolation=settings.isolation) as renderer:
        originals = renderer.render_batch(
            [(reference.task, reference.source) for reference in references], scenes=True
        )
        results = {
            name: score_completions(
                LocalPolicy(folder).complete(requests, progress=True),
                scorer,
                references,
                originals,
                renderer,
            )
            for name, folder in (("before", before), ("after", after))
        }
    metrics: dict[str, float] = {}
    for name, rows in results.items():
        metrics |= {f"{name}.{key}": value for key, value in _summary(rows).items()}
        for task in settings.tasks:
            chosen = [row for row in rows if row["task"] == task]
            metrics |= {f"{name}.{task}.{key}": value for key, value in _summary(chosen).items()}
    gains = np.array(
        [
            after_row["exact_reward"] - before_row["exact_reward"]
            for before_row, after_row in zip(results["before"], results["after"], strict=True)
        ]
    )
    generator = np.random.default_rng(settings.seed)
    resampled = generator.choice(gains, (_RESAMPLES, len(gains))).mean(axis=1)
    low, high = np.quantile(resampled, [0.025, 0.975])
    metrics |= {"gain": float(gains.mean()), "gain_low": float(low), "gain_high": float(high)}
    _write(results, references, settings, metrics, out)
    return metrics


def score_completions(
    completions: Sequence[str],
    critic: Critic,
    references: Sequence[Reference],
    originals: Sequence[Rendered],
    renderer: Renderer,
) -> list[dict[str, Any]]:
    """One row per completion: reward by critic and by exact annotation, pixel error.

    Args:
        completions: one per reference.
        originals: renders of the references' sources, with scenes.
        renderer: draws the completions, contained.

    Raises:
        ErmError: a reference can't be annotated, which is not a fault of the policy.
    """
    rewards = reward_completions(
        [
            (reference.task, reference.image, completion)
            for reference, completion in zip(references, completions, strict=True)
        ],
        critic,
        renderer,
    )
    drawn = iter(
        renderer.render_batch(
            [
                (reference.task, reward.source)
                for reference, reward in zip(references, rewards, strict=True)
                if reward.source is not None
            ],
            scenes=True,
        )
    )
    rows = []
    for reference, original, completion, reward in zip(
        references, originals, completions, rewards, strict=True
    ):
        rendered = next(drawn) if reward.source is not None else None
        annotation = _annotation(reference.task, original, rendered)
        rows.append(
            {
                "source_id": reference.source_id,
                "task": reference.task,
                "completion": completion,
                "outcome": reward.outcome,
                "reason": reward.reason,
                "critic_reward": reward.value,
                "critic_severity": reward.severity,
                "exact_severity": exact_severity(annotation),
                "exact_failure": annotation and annotation.failure and annotation.failure.kind,
                "exact_reward": exact_reward(reference.task, annotation),
                "pixel_mse": _pixel_mse(reference.image, reward),
                "image": reward.image,
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


def _pixel_mse(reference: bytes, reward: Reward) -> float | None:
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


def _summary(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    errors = [row["pixel_mse"] for row in rows if row["pixel_mse"] is not None]
    drawn = [row["outcome"] in ("judged", "unparsable") for row in rows]
    return {
        "rendered": float(np.mean(drawn)),
        "critic_reward": float(np.mean([row["critic_reward"] for row in rows])),
        "exact_reward": float(np.mean([row["exact_reward"] for row in rows])),
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
                for measure in ("rendered", "critic_reward", "exact_reward", "pixel_mse"):
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

    chosen = np.linspace(0, len(references) - 1, min(rows, len(references))).astype(int)
    figure = Figure(figsize=(6.6, 2.2 * len(chosen)), layout="constrained")
    axes = figure.subplots(len(chosen), 3, squeeze=False)
    for row, index in enumerate(chosen):
        axes[row, 0].imshow(np.asarray(open_image(references[index].image)))
        axes[row, 0].set_title(f"reference ({references[index].task})", fontsize=9)
        for column, (name, rewarded) in enumerate(results.items(), start=1):
            entry = rewarded[index]
            title = f"{name}: exact reward {entry['exact_reward']:.2f}"
            axes[row, column].set_title(title, fontsize=9)
            if entry["image"] is not None:
                axes[row, column].imshow(np.asarray(open_image(entry["image"])))
            else:
                axes[row, column].text(
                    0.5, 0.5, entry["outcome"].replace("_", " "), ha="center", va="center"
                )
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
    return figure
