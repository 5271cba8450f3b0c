"""Evaluation of a policy before and after reinforcement, on held-out references.

They are those of the test split and, where asked for, fresh ones that no training saw, so that
small gains can be seen. Not covered: what a completion is worth
(`erm.policies.scoring`) and what completions say of a policy (`erm.policies.gains`).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from erm.benchmark.gallery import PAGE_IMAGES
from erm.critics.loading import EXACT, critic_from_spec
from erm.dataset.pairs import Reference, read_references
from erm.errors import ErmError
from erm.models.settings import SamplingSettings
from erm.policies.base import Request
from erm.policies.figures import evenly_spaced, show
from erm.policies.gains import (
    POLICIES,
    best_of_samples,
    measure_policies,
    severity_gains,
)
from erm.policies.measuring import Measuring
from erm.policies.page import Shown, write_policy_page
from erm.policies.ranking import ranking_of_samples
from erm.policies.references import draw_pictures, images_in, read_used
from erm.policies.scoring import Row, score_completions
from erm.policies.settings import EvaluateSettings
from erm.render import Renderer
from erm.tracking import log_artifact

_MEASURES = ("rendered", "critic_reward", "exact_severity", "exact_reward", "pixel_mse")


def evaluate(
    settings: EvaluateSettings, before: Path, after: Path, critic: Path, pairs: Path, out: Path
) -> dict[str, float]:
    """Compare two policies on held-out references.

    Completions are greedy, and with ``sampled`` set also sampled, for the first references of each
    task. Writes ``index.html`` (`erm.policies.page`), ``completions.jsonl``, ``comparison.csv`` and
    ``comparison.png`` to `out`.

    Args:
        critic: folder of the critic that rewards, unless the settings name another one.

    Returns:
        ``before.rendered`` and ``after.rendered``: share of completions that draw something. For
        each policy and task, since scales of different tasks don't compare: ``rendered``,
        ``unparsable`` (share whose critique holds no report), ``critic_reward``,
        ``exact_severity`` and ``exact_reward`` (`erm.rewards.exact`; the latter with a bootstrap
        95 % interval, ``_low`` and ``_high``), ``pixel_mse`` (of rendered ones, channels in
        0..1), ``ssim``, similarities of sources such as ``teds`` and published scores of drawings
        such as ``chartmimic`` (0 where nothing is drawn); the latter also over the completions
        that draw something, as ``chartmimic_drawn``.
        For each task ``gain.<task>``: the mean of paired differences in exact reward, with its
        interval. ``hack_gap.<task>``: the gain by the critic less the exact one, both of rewards in
        points of severity, with its paired interval; clearly above zero, a policy pleases the
        critic more than it got better.

        ``severity_gain.<task>.greedy``: points of severity that a reference has gained by the
        exact annotator, positive where the reinforced policy is better, with its paired interval.

        With ``sampled``: ``severity_gain.<task>.sampled``, the same for the means of a reference's
        samples; ``severity_gain.<task>.best_of_n``, what the critic's choice among the reinforced
        policy's samples gains on the start's greedy completion; ``<policy>.<task>.sampled.…`` and
        ``after.<task>.best_of_n.…``: ``exact_severity``, ``rendered`` and ``critic_reward``; and
        for each policy, what `ranking_of_samples` returns.

    Raises:
        ErmError: a folder holds no such model, or there are no held-out references.
    """
    from erm.policies.local import LocalPolicy

    scorer = None
    if settings.critic != EXACT:
        scorer = critic_from_spec(
            settings.critic or str(critic), endpoint=settings.endpoint, rereads=False
        )
    metrics: dict[str, float] = {}
    greedy: dict[str, list[Row]] = {}
    sampled: dict[str, list[Row]] = {}
    with Renderer(
        workers=settings.render_workers, isolation=settings.isolation, drawing=settings.drawing
    ) as renderer:
        references = _held_out(settings, (before, after), pairs, renderer)
        measuring = Measuring(renderer, scorer, replies=settings.replies)

        def completed(policy: LocalPolicy, chosen: Sequence[int]) -> list[Row]:
            wanted = [references[index] for index in chosen]
            completions = policy.complete(
                [Request(one.task, one.image) for one in wanted], progress=True
            )
            rows = score_completions(completions, wanted, measuring)
            return [{"reference": at, **row} for at, row in zip(chosen, rows, strict=True)]

        for name, folder in zip(POLICIES, (before, after), strict=True):
            policy = LocalPolicy(folder)
            greedy[name] = completed(policy, range(len(references)))
            if settings.sampled is not None:
                policy.sampling = SamplingSettings(
                    temperature=settings.sampled.temperature, seed=settings.seed
                )
                sampled[name] = completed(policy, _repeated(settings, references))
                ranked = ranking_of_samples(references, sampled[name], settings.seed)
                metrics |= {f"{name}.{key}": value for key, value in ranked.items()}
    best = best_of_samples(sampled["after"]) if sampled else []
    metrics |= measure_policies(settings.tasks, greedy, sampled, best, settings.seed)
    _write(greedy, sampled, references, settings, metrics, out)
    columns = [Shown("start", greedy["before"]), Shown("reinforced", greedy["after"])]
    if settings.sampled is not None:
        columns.append(Shown(f"best of {settings.sampled.completions}", best))
    page = write_policy_page(
        columns,
        references,
        severity_gains(metrics, settings.tasks),
        out,
    )
    log_artifact(page, "evaluate")
    if (images := out / PAGE_IMAGES).is_dir():
        log_artifact(images, f"evaluate/{PAGE_IMAGES}")
    return metrics


def _held_out(
    settings: EvaluateSettings, policies: Sequence[Path], pairs: Path, renderer: Renderer
) -> list[Reference]:
    """References of the test split, then fresh ones, of each task."""
    split = [
        reference
        for task in settings.tasks
        for reference in islice(read_references(pairs, "test", (task,)), settings.references)
    ]
    if settings.sources is None:
        found = {one.task for one in split}
        if missing := [task for task in settings.tasks if task not in found]:
            raise ErmError(f"{pairs}: no references of {', '.join(missing)} in the test split.")
        return split
    known = images_in(pairs).union(*map(read_used, policies))
    drawn = draw_pictures(
        settings.sources, settings.variety, settings.seed, known, renderer, "evaluation"
    )
    return split + [
        Reference(one.name, one.task, "evaluation", one.image, one.source or "") for one in drawn
    ]


def _repeated(settings: EvaluateSettings, references: Sequence[Reference]) -> list[int]:
    """The index of the reference of each sample: the first ones of each task, so many times."""
    assert settings.sampled is not None
    chosen = []
    for task in settings.tasks:
        own = [index for index, one in enumerate(references) if one.task == task]
        for index in own[: settings.sampled.references]:
            chosen += [index] * settings.sampled.completions
    return chosen


def _write(
    greedy: Mapping[str, Sequence[Row]],
    sampled: Mapping[str, Sequence[Row]],
    references: Sequence[Reference],
    settings: EvaluateSettings,
    metrics: Mapping[str, float],
    out: Path,
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with (out / "completions.jsonl").open("w") as file:
        for mode, results in (("greedy", greedy), ("sampled", sampled)):
            for name, rows in results.items():
                for row in rows:
                    plain = {key: value for key, value in row.items() if key != "image"}
                    line = {"policy": name, "mode": mode, **plain}
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
    with (out / "comparison.csv").open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["policy", "task", "measure", "value"])
        for name in greedy:
            for task in settings.tasks:
                for measure in _MEASURES:
                    value = metrics[f"{name}.{task}.{measure}"]
                    writer.writerow([name, task, measure, value])
    picture = _picture(greedy, references, settings.pictured)
    picture.savefig(out / "comparison.png", dpi=110)
    log_artifact(out / "comparison.png")


def _picture(
    results: Mapping[str, Sequence[Row]], references: Sequence[Reference], rows: int
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
