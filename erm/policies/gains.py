"""What completions of two policies say of them: means, and paired gains with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from erm.benchmark.drawing_scores import drawing_scores
from erm.policies.intervals import mean_interval
from erm.policies.scoring import Row, stated_severity
from erm.rewards.published import severity_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

POLICIES = ("before", "after")
"""The policy that reinforcement started from, and the reinforced one."""

GAINS = ("greedy", "sampled", "best_of_n")
"""What the gain in exact severity is measured on: greedy completions, samples, and of the
reinforced policy's samples the one that the critic likes best."""


def measure_policies(
    tasks: Sequence[str],
    greedy: Mapping[str, Sequence[Row]],
    sampled: Mapping[str, Sequence[Row]],
    best: Sequence[Row],
    seed: int,
) -> dict[str, float]:
    """The metrics of `erm.policies.evaluation.evaluate`, without those of rankings.

    Args:
        greedy, sampled: rows of each of `POLICIES`, with the index of their ``reference``;
            `sampled` may be empty.
        best: of `best_of_samples`.
        seed: of the bootstrap.
    """
    generator = np.random.default_rng(seed)
    metrics = {f"{name}.rendered": _rendered(rows) for name, rows in greedy.items()}

    def of_task(rows: Sequence[Row], task: str) -> list[Row]:
        return [row for row in rows if row["task"] == task]

    for name, rows in greedy.items():
        for task in tasks:
            summary = _summary(of_task(rows, task), generator)
            metrics |= _prefixed(f"{name}.{task}", summary)
    for task in tasks:
        before, after = (of_task(greedy[name], task) for name in POLICIES)
        now, then = _paired(after, before, "exact_reward")
        gains = now - then
        metrics |= _with_interval(gains, generator, f"gain.{task}")
    for task in tasks:
        before, after = (of_task(greedy[name], task) for name in POLICIES)
        metrics |= _severity_gain(f"{task}.greedy", before, after, generator)
        if sampled:
            first, second = (of_task(sampled[name], task) for name in POLICIES)
            chosen = of_task(best, task)
            metrics |= _severity_gain(f"{task}.sampled", first, second, generator)
            metrics |= _severity_gain(f"{task}.best_of_n", before, chosen, generator)
            metrics |= _prefixed(f"before.{task}.sampled", _means(first))
            metrics |= _prefixed(f"after.{task}.sampled", _means(second))
            metrics |= _prefixed(f"after.{task}.best_of_n", _means(chosen))
    for task in tasks:
        before, after = (of_task(greedy[name], task) for name in POLICIES)
        metrics |= _with_interval(_hack_gaps(task, before, after), generator, f"hack_gap.{task}")
    return metrics


def _hack_gaps(task: str, first: Sequence[Row], second: Sequence[Row]) -> NDArray[np.float64]:
    """(references,) the second's gain by the critic less its exact gain, in points of severity."""
    liked, exact = (_paired(first, second, f"{by}_reward") for by in ("critic", "exact"))
    gaps: NDArray[np.float64] = (liked[1] - liked[0]) - (exact[1] - exact[0])
    return severity_points(task) * gaps


def _severity_gain(
    name: str, first: Sequence[Row], second: Sequence[Row], generator: np.random.Generator
) -> dict[str, float]:
    """The second's gain on the first, over the references that both have, and both means."""
    before, after = _paired(first, second, "exact_severity")
    name = f"severity_gain.{name}"
    return {
        **_with_interval(before - after, generator, name),
        f"{name}_before": float(before.mean()),
        f"{name}_after": float(after.mean()),
    }


def _prefixed(prefix: str, values: Mapping[str, float]) -> dict[str, float]:
    return {f"{prefix}.{name}": value for name, value in values.items()}


def _by_reference(rows: Sequence[Row], column: str) -> dict[int, float]:
    """The mean of a column over each reference's completions."""
    values: dict[int, list[float]] = {}
    for row in rows:
        values.setdefault(row["reference"], []).append(row[column])
    return {reference: float(np.mean(own)) for reference, own in values.items()}


def _paired(first: Sequence[Row], second: Sequence[Row], column: str) -> NDArray[np.float64]:
    """(2, references) the first's and the second's means, for the references that both have."""
    means, others = (_by_reference(rows, column) for rows in (first, second))
    both = [reference for reference in means if reference in others]
    return np.array([[own[reference] for reference in both] for own in (means, others)])


def _with_interval(
    values: NDArray[np.float64], generator: np.random.Generator, name: str
) -> dict[str, float]:
    mean, low, high = mean_interval(values, generator)
    return {name: mean, f"{name}_low": low, f"{name}_high": high}


def _rendered(rows: Sequence[Row]) -> float:
    return float(np.mean([_draws(row) for row in rows]))


def _draws(row: Row) -> bool:
    return row["outcome"] in ("judged", "unparsable")


def _means(rows: Sequence[Row]) -> dict[str, float]:
    return {
        "rendered": _rendered(rows),
        "critic_reward": float(np.mean([row["critic_reward"] for row in rows])),
        "exact_severity": float(np.mean([row["exact_severity"] for row in rows])),
    }


def _summary(rows: Sequence[Row], generator: np.random.Generator) -> dict[str, float]:
    errors = [row["pixel_mse"] for row in rows if row["pixel_mse"] is not None]
    exact = np.array([row["exact_reward"] for row in rows])
    return {
        **_means(rows),
        "unparsable": float(np.mean([row["outcome"] == "unparsable" for row in rows])),
        **_with_interval(exact, generator, "exact_reward"),
        "pixel_mse": float(np.mean(errors)) if errors else float("nan"),
        **{
            name: float(np.mean([row["similarities"][name] for row in rows]))
            for name in rows[0]["similarities"]
        },
        **_over_drawn(rows),
    }


def _over_drawn(rows: Sequence[Row]) -> dict[str, float]:
    """Published scores of drawings over the completions that draw something."""
    drawn = [row["similarities"] for row in rows if _draws(row)]
    return {
        f"{name}_drawn": float(np.mean([one[name] for one in drawn])) if drawn else float("nan")
        for name in rows[0]["similarities"]
        if name in drawing_scores()
    }


def best_of_samples(rows: Sequence[Row]) -> list[Row]:
    """Of each reference's samples the one that the critic likes best, by the severity that it
    expects, else reports; a sample without one comes last."""

    def disliked(row: Row) -> float:
        stated = stated_severity(row)
        return float("inf") if stated is None or row["image"] is None else float(stated)

    best: dict[int, Row] = {}
    for row in rows:
        current = best.get(row["reference"])
        if current is None or disliked(row) < disliked(current):
            best[row["reference"]] = row
    return list(best.values())


def severity_gains(metrics: Mapping[str, float], tasks: Sequence[str]) -> list[dict[str, Any]]:
    """The gains in exact severity as rows: ``task``, ``of`` (one of `GAINS`), ``gain``, ``low``,
    ``high``, and the mean severities ``before`` and ``after``, where they are known."""
    rows = []
    for task in tasks:
        for way in GAINS:
            name = f"severity_gain.{task}.{way}"
            if name not in metrics:
                continue
            rows.append(
                {
                    "task": task,
                    "of": way.replace("_", " "),
                    "before": metrics[f"{name}_before"],
                    "after": metrics[f"{name}_after"],
                    "gain": metrics[name],
                    "low": metrics[f"{name}_low"],
                    "high": metrics[f"{name}_high"],
                }
            )
    return rows
