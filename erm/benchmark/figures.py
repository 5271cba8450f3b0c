"""The scatter plots of the report page: positions, sizes and labels of their bubbles."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from erm.benchmark.blindness import annotated_severity, overlooked
from erm.benchmark.formats import Item
from erm.benchmark.scores import Scores
from erm.benchmark.statistics import severity_totals
from erm.tasks import task_names

_LEVELS = 40
"""Distances are rounded to so many levels, which limits the number of bubbles."""


def severity_scatter(scores: Scores) -> dict[str, Any]:
    """Bubbles at (annotated, predicted) total severity in a drawing of 300 × 300; area by items."""
    counted = [score for score in scores.items if score.counted]
    predicted, annotated = severity_totals(counted)
    top = _top([*predicted.tolist(), *annotated.tolist()])
    bubbles: Counter[tuple[str, float, float]] = Counter()
    for score, guess, truth in zip(counted, predicted, annotated, strict=True):
        bubbles[score.task, round(min(float(truth), top), 1), round(min(float(guess), top), 1)] += 1
    scale = 280 / top
    return {
        "top": f"{top:g}",
        "bubbles": [
            {
                "task": task,
                "x": round(15 + truth * scale + _shift(task), 1),
                "y": round(285 - guess * scale, 1),
                "r": round(min(14.0, 2.2 * math.sqrt(count)), 1),
                "label": f"{count} × {task}: annotated {truth:g}, predicted {guess:g}",
            }
            for (task, truth, guess), count in sorted(bubbles.items())
        ],
    }


def _shift(task: str) -> float:
    """Horizontal shift of a task's bubbles, so that equal values of tasks don't overlap."""
    tasks = task_names()
    return 4 * (tasks.index(task) - (len(tasks) - 1) / 2)


def _top(values: Sequence[float], least: float = 5.0) -> float:
    """The upper end of an axis; the highest 2 % of the values may exceed it."""
    every = sorted(values)
    if not every:
        return least
    return min(max(least, every[-1]), max(least, 1.5 * every[int(0.98 * (len(every) - 1))]))


def distance_panels(
    items: Sequence[Item], distances: Mapping[str, NDArray[np.float64]]
) -> list[dict[str, Any]]:
    """One drawing of 200 × 170 per distance: annotated severity on x, the distance on y."""
    severity = annotated_severity(items)
    tasks = np.array([item.task for item in items])
    across = _top(severity.tolist())
    panels = []
    for name, values in distances.items():
        valid = np.isfinite(values)
        up = _top(values[valid].tolist(), 1e-9)
        near = overlooked(items, values)
        bubbles: Counter[tuple[bool, str, float, float]] = Counter()
        for index in np.flatnonzero(valid & np.isin(tasks, list(task_names()))).tolist():
            level = round(min(1.0, max(0.0, float(values[index]) / up)) * _LEVELS) / _LEVELS
            truth = round(min(float(severity[index]), across), 1)
            bubbles[bool(near[index]), items[index].task, truth, level] += 1
        panels.append(
            {
                "name": name,
                "across": f"{across:g}",
                "up": f"{up:.2g}",
                "bubbles": [
                    {
                        "look": f"{task} near" if hidden else task,
                        "x": round(8 + truth / across * 184 + 0.7 * _shift(task), 1),
                        "y": round(162 - level * 152, 1),
                        "r": round(min(7.0, 1.6 * math.sqrt(count)), 1),
                        "label": f"{count} × {task}: {truth:g} annotated, {level * up:.3g} apart",
                    }
                    for (hidden, task, truth, level), count in sorted(bubbles.items())
                ],
            }
        )
    return panels
