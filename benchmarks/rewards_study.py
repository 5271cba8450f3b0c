"""What each kind of reward makes of the same policy.

``python -m benchmarks.rewards_study [-S reinforce.steps=120] [-S profile=study] [--seeds 3]``

reinforces one policy with the reward of the critic, of the exact annotator, of SSIM, of features of
a vision model, of similar sources where a task has them (TEDS, edit distance) and of drawing
anything at all: the same start, references, steps and seeds, without validation, so that the last
weights count and nothing but the reward decides. Each result is compared with the start as in the
stage ``evaluate``, on references that none was trained on.

Parameters are those of the stages ``reinforce`` and ``evaluate``; ``-S`` changes them as for ``dvc
exp run``. Needs a policy, a critic and pairs, those of the pipeline by default. Each run has a
folder in ``--out`` and is not run again; a run that was killed goes on from its checkpoint. What is
there already stands in ``table.md`` (reward x task, then paired over references and seeds),
``table.csv`` and ``gains.png``. Commands with different ``--rewards`` may share ``--out`` and run
at one time; one with all of them then only writes the tables.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from pydantic import ValidationError
from scipy.stats import t as student

from erm.benchmark.features import EFFICIENTNET
from erm.errors import ErmError, reason_of
from erm.fingerprint import content_hash
from erm.parameters import Params, compose_params
from erm.policies.evaluation import evaluate
from erm.policies.intervals import MeanInterval, mean_interval
from erm.policies.reinforcement import reinforce
from erm.policies.settings import EvaluateSettings, ReinforceSettings
from erm.rewards.settings import EXACT, applies, text_parts
from erm.tasks import get_task

START = "start"
"""Name of the row of the policy before reinforcement."""

MEAN = "mean of tasks"
"""Name of the rows of what a reward gains in the mean over all tasks."""


class Measure(NamedTuple):
    """A column of the table: its heading, and how it is written.

    Attributes:
        metric: of the stage ``evaluate``; ``{task}`` and ``{likeness}`` stand for names.
        start: the same of the policy before, or None for a difference.
    """

    metric: str
    start: str | None
    how: str


MEASURES = {
    "gain, greedy": Measure("severity_gain.{task}.greedy", None, "+.2f"),
    "gain, sampled": Measure("severity_gain.{task}.sampled", None, "+.2f"),
    "exact severity": Measure("after.{task}.exact_severity", "before.{task}.exact_severity", ".2f"),
    "rendered": Measure("after.{task}.rendered", "before.{task}.rendered", ".3f"),
    "rendered, sampled": Measure(
        "after.{task}.sampled.rendered", "before.{task}.sampled.rendered", ".3f"
    ),
    "likeness": Measure("after.{task}.{likeness}", "before.{task}.{likeness}", ".3f"),
    "critic's reward": Measure("after.{task}.critic_reward", "before.{task}.critic_reward", ".3f"),
}
"""Likeness is the task's first similarity of sources, such as TEDS, else SSIM."""

GAINED = ("greedy", "sampled")
"""Modes of completions whose severities are compared between rewards."""

PICTURED = tuple(f"gain, {mode}" for mode in GAINED)
"""What the picture shows: gains, whose means over tasks are in the table too."""


def rewards(features: str) -> dict[str, str]:
    """The part of each reward, by its name in the table."""
    named = {"critic": "critic", "exact": EXACT, "ssim": "ssim", "features": f"features:{features}"}
    texts = {name: name for name in text_parts() if name != "teds_s"}
    return {**named, **texts, "renders": "renders"}


def settings_of(
    params: Params, part: str, seed: int, tasks: Sequence[str] | None = None
) -> ReinforceSettings:
    """Reinforcement with one part of a reward, on the tasks to which it applies.

    Args:
        tasks: of those that the parameters reinforce, the ones to take; None is all.

    Raises:
        ErmError: it applies to none, or needs sources where images alone are reinforced on.
    """
    chosen = params.reinforce
    asked = chosen.tasks if tasks is None else tasks
    if missing := [task for task in asked if task not in chosen.tasks]:
        raise ErmError(f"reinforce.tasks has no {missing[0]}; it has {', '.join(chosen.tasks)}.")
    tasks = tuple(task for task in asked if applies(part, task))
    if not tasks:
        raise ErmError(f"The reward '{part}' says nothing of {', '.join(asked)}.")

    def of_tasks(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
        return None if given is None else {task: given[task] for task in tasks}

    changed = {
        "tasks": tasks,
        "sources": of_tasks(chosen.sources),
        "images": of_tasks(chosen.images),
        "reward": chosen.reward.model_dump() | {"parts": [{"part": part, "weight": 1.0}]},
        "seed": seed,
        "validation": None,
    }
    try:
        return ReinforceSettings.model_validate(chosen.model_dump() | changed)
    except ValidationError as error:
        raise ErmError(f"The reward '{part}': {reason_of(error.errors()[0])}.") from error


def evaluation_of(params: Params, tasks: Sequence[str]) -> EvaluateSettings:
    """The evaluation of a policy that was reinforced on some tasks.

    Raises:
        ErmError: fresh references are asked for, but not of one of the tasks.
    """
    chosen, sources = params.evaluate, params.evaluate.sources
    if sources is not None:
        if missing := [task for task in tasks if task not in sources]:
            raise ErmError(f"evaluate.sources: no number of {missing[0]}, which is reinforced on.")
        sources = {task: sources[task] for task in tasks}
    return chosen.model_copy(update={"tasks": tuple(tasks), "sources": sources})


def run(
    settings: ReinforceSettings,
    evaluation: EvaluateSettings,
    policy: Path,
    critic: Path,
    pairs: Path,
    folder: Path,
) -> dict[str, float]:
    """Reinforce and evaluate once; a folder that is complete is only read.

    Raises:
        ErmError: the folder was made with other settings, models or pairs.
    """
    used = {"policy": policy, "critic": critic, "pairs": pairs}
    wanted = {
        "reinforce": settings.model_dump(mode="json"),
        "evaluate": evaluation.model_dump(mode="json"),
        **{name: content_hash(path) for name, path in used.items() if path.exists()},
    }
    recorded, measured = folder / "settings.json", folder / "metrics.json"
    if recorded.is_file() and json.loads(recorded.read_text()) != wanted:
        raise ErmError(
            f"{folder} was made with other parameters, models or pairs; remove it or name another."
        )
    if measured.is_file():
        found: dict[str, float] = json.loads(measured.read_text())
        return found
    folder.mkdir(parents=True, exist_ok=True)
    _write(recorded, json.dumps(wanted))
    after, work = folder / "policy", folder / "work"
    if not (after / "history.csv").is_file():
        reinforce(settings, policy, critic, pairs, after, work)
    metrics = evaluate(evaluation, policy, after, critic, pairs, folder / "evaluation")
    _write(measured, json.dumps(metrics, indent=1))
    shutil.rmtree(work, ignore_errors=True)
    return metrics


def _write(path: Path, text: str) -> None:
    """Write a file that appears only when it is complete."""
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def over_seeds(values: Sequence[float]) -> MeanInterval:
    """Mean over seeds with Student's 95 % interval; with one seed the interval is unknown (NaN)."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return MeanInterval(mean, float("nan"), float("nan"))
    half = float(student.ppf(0.975, len(values) - 1) * np.std(values, ddof=1)) / len(values) ** 0.5
    return MeanInterval(mean, mean - half, mean + half)


def table(
    results: Mapping[str, Sequence[Mapping[str, float]]], tasks: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """A row a reward, task and measure: ``mean``, ``low`` and ``high`` over ``seeds``.

    With several tasks, the gains of a reward that judges all of them also in their mean.

    Args:
        results: by reward, the metrics of each seed.
        tasks: by reward, the tasks that it was reinforced on.
    """
    rows: list[dict[str, Any]] = []

    def add(reward: str, task: str, measure: str, values: Sequence[float]) -> None:
        interval = over_seeds(values)._asdict()
        named = {"reward": reward, "task": task, "measure": measure}
        rows.append({**named, **interval, "seeds": len(values)})

    begun: set[str] = set()
    for reward, runs in results.items():
        for task in tasks[reward]:
            names = {"task": task, "likeness": next(iter(get_task(task).text_distances), "ssim")}
            for measure, (metric, start, _) in MEASURES.items():
                if (
                    start is not None
                    and task not in begun
                    and ((first := start.format(**names)) in runs[0])
                ):
                    add(START, task, measure, [runs[0][first]])
                if (name := metric.format(**names)) in runs[0]:
                    add(reward, task, measure, [one[name] for one in runs])
            begun.add(task)
    every = {task for own in tasks.values() for task in own}
    for reward, runs in results.items():
        if len(every) == 1 or set(tasks[reward]) != every:
            continue
        for measure in PICTURED:
            gains = [MEASURES[measure].metric.format(task=task) for task in tasks[reward]]
            if all(name in runs[0] for name in gains):
                means = [float(np.mean([one[name] for name in gains])) for one in runs]
                add(reward, MEAN, measure, means)
    return rows


def as_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table with a line a task and reward, those of the start first."""
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        how = MEASURES[row["measure"]].how
        text = format(row["mean"], how)
        if row["low"] == row["low"]:
            text += f" ({format(row['low'], how)} to {format(row['high'], how)})"
        cells.setdefault((row["task"], row["reward"]), {})[row["measure"]] = text
    order = list(dict.fromkeys(task for task, _ in cells))
    lines = [["task", "reward", *MEASURES], ["---"] * (2 + len(MEASURES))]
    for task, reward in sorted(cells, key=lambda key: (order.index(key[0]), key[1] != START)):
        found = cells[task, reward]
        lines.append([task, reward, *(found.get(measure, "–") for measure in MEASURES)])
    return _markdown(lines)


def _markdown(lines: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


Severities = dict[tuple[str, str], dict[str, float]]
"""By mode and task, the mean exact severity of a policy's completions of each reference."""


def severities(folder: Path) -> tuple[Severities, Severities]:
    """What a run has left: severities of the policy before and after.

    References are named by their source and by what the start draws of them greedily, since a
    name of a fresh one could stand for another picture in another run.
    """
    with (folder / "evaluation" / "completions.jsonl").open() as file:
        lines = [json.loads(line) for line in file]
    first = {
        line["source_id"]: line["completion"]
        for line in lines
        if (line["policy"], line["mode"]) == ("before", "greedy")
    }

    def of(policy: str) -> Severities:
        found: dict[tuple[str, str], dict[str, list[float]]] = {}
        for line in lines:
            if line["policy"] == policy:
                own = found.setdefault((line["mode"], line["task"]), {})
                name = f"{line['source_id']} {first[line['source_id']]}"
                own.setdefault(name, []).append(line["exact_severity"])
        return {
            key: {name: float(np.mean(values)) for name, values in own.items()}
            for key, own in found.items()
        }

    return of("before"), of("after")


def as_compared(folders: Mapping[str, Sequence[Path]]) -> str:
    """What each reward gains on the start, and the first one on the others, as Markdown.

    Paired over the references that the runs share, in the mean over seeds; intervals are
    bootstraps over references (`erm.policies.intervals.mean_interval`).
    """
    runs = {name: [severities(folder) for folder in own] for name, own in folders.items()}
    after = {name: [found for _, found in own] for name, own in runs.items()}
    compared = [
        (name, START, own, [found for found, _ in runs[name]]) for name, own in after.items()
    ]
    first, *others = after
    compared += [(first, other, after[first], after[other]) for other in others]
    lines = [["task", "gained by", "on", *GAINED], ["---"] * (3 + len(GAINED))]
    for name, rival, better, worse in compared:
        for task in dict.fromkeys(task for _, task in better[0]):
            cells = [_gained(better, worse, (mode, task)) for mode in GAINED]
            if any(cells):
                lines.append([task, name, rival, *(cell or "–" for cell in cells)])
    return _markdown(lines)


def _gained(
    better: Sequence[Severities], worse: Sequence[Severities], key: tuple[str, str]
) -> str | None:
    """By how much severities of some runs are below those of others; None without references."""
    runs = [run.get(key, {}) for run in (*better, *worse)]
    shared = sorted(set.intersection(*map(set, runs)))
    if not shared:
        return None
    values = np.array([[run[name] for name in shared] for run in runs])
    gains = values[len(better) :].mean(axis=0) - values[: len(better)].mean(axis=0)
    mean, low, high = mean_interval(gains, np.random.default_rng(0))
    return f"{mean:+.2f} ({low:+.2f} to {high:+.2f})"


def draw(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Gains in exact severity by reward, a panel a task, with intervals over seeds."""
    shown = [row for row in rows if row["measure"] in PICTURED]
    tasks = list(dict.fromkeys(row["task"] for row in shown))
    figure = Figure(figsize=(2.9 * len(tasks) + 1, 3.2), layout="constrained")
    panels = figure.subplots(1, len(tasks), squeeze=False)[0]
    for axes, task in zip(panels, tasks, strict=True):
        own = [row for row in shown if row["task"] == task]
        names = list(dict.fromkeys(row["reward"] for row in own))[::-1]
        for mode, measure, shift in zip(GAINED, PICTURED, (0.2, -0.2), strict=True):
            bars = [row for row in own if row["measure"] == measure]
            axes.barh(
                [names.index(row["reward"]) + shift for row in bars],
                [row["mean"] for row in bars],
                xerr=[row["high"] - row["mean"] for row in bars],
                height=0.4,
                capsize=2,
                label=mode,
            )
        axes.set_yticks(range(len(names)), names)
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set(title=task, xlabel="gain in exact severity")
        axes.spines[["top", "right"]].set_visible(False)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    figure.savefig(path, dpi=150, metadata={"Software": None})


def study(arguments: argparse.Namespace) -> str:
    """Run what is missing, write the table and the picture; returns the table.

    Raises:
        ErmError: parameters, a folder or a reward can't be used.
    """
    params = compose_params(arguments.set)
    if arguments.seeds < 1:
        raise ErmError(f"--seeds is {arguments.seeds}; a study has at least one.")
    known = rewards(arguments.features)
    names = arguments.rewards.split(",") if arguments.rewards else list(known)
    if unknown := [name for name in names if name not in known]:
        raise ErmError(f"Unknown reward '{unknown[0]}'; known: {', '.join(known)}.")
    tasks = arguments.tasks.split(",") if arguments.tasks else params.reinforce.tasks
    if arguments.rewards is None:
        names = [name for name in names if any(applies(known[name], task) for task in tasks)]
    planned = {
        name: [settings_of(params, known[name], seed, tasks) for seed in range(arguments.seeds)]
        for name in names
    }
    evaluations = {name: evaluation_of(params, own[0].tasks) for name, own in planned.items()}
    results: dict[str, list[dict[str, float]]] = {}
    folders: dict[str, list[Path]] = {}
    text = ""
    # seed by seed, so that a study which is stopped has all rewards
    for seed in range(arguments.seeds):
        for name, chosen in planned.items():
            folder = arguments.out / f"{name}-{seed}"
            print(f"{name}, seed {seed}", file=sys.stderr)
            paths = (arguments.policy, arguments.critic, arguments.pairs, folder)
            results.setdefault(name, []).append(run(chosen[seed], evaluations[name], *paths))
            folders.setdefault(name, []).append(folder)
            rows = table(results, {name: planned[name][0].tasks for name in results})
            text = f"{as_markdown(rows)}\n{as_compared(folders)}"
            write(rows, text, arguments.out)
    return text


def write(rows: Sequence[Mapping[str, Any]], text: str, folder: Path) -> None:
    """``table.csv``, ``table.md`` and ``gains.png`` in a folder."""
    with (folder / "table.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (folder / "table.md").write_text(text, encoding="utf-8")
    draw(rows, folder / "gains.png")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    found.add_argument("-S", "--set", action="append", default=[], metavar="NAME=VALUE")
    found.add_argument("--rewards", help="names with commas; all that apply by default")
    found.add_argument("--tasks", help="names with commas; those of reinforce.tasks by default")
    found.add_argument("--seeds", type=int, default=3)
    found.add_argument("--features", default=EFFICIENTNET, help="vision model of reward 'features'")
    found.add_argument("--policy", type=Path, default=Path("models/policy-sft"))
    found.add_argument("--critic", type=Path, default=Path("models/critic"))
    found.add_argument("--pairs", type=Path, default=Path("data/pairs"))
    found.add_argument("--out", type=Path, default=Path("reports/rewards"))
    return found


def main() -> None:
    try:
        print(study(parser().parse_args()), end="")
    except ErmError as error:
        sys.exit(f"rewards_study: {error}")


if __name__ == "__main__":
    main()
