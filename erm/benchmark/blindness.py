"""How well a distance agrees with annotated severity, and which severe items it overlooks.

This works for any values per item: similarity scores (`erm.benchmark.similarity`) or a critic's
severity. The results are correlation, ranking accuracy, the share of overlooked items, and a plot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from erm.benchmark.formats import Item, reference_of
from erm.benchmark.scoring import pearson, severity_number
from erm.benchmark.statistics import rank_agreement, within_group_ranking
from erm.report import categories_of
from erm.tasks import task_names

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Values = NDArray[np.float64]


_COLOURS = ("#2f5d8a", "#b7791f", "#2e7d4f", "#6b4fa0", "#b3382c", "#4a5568")


def task_colours() -> dict[str, str]:
    """The colour of each task in plots, as ``#rrggbb``; six colours are repeated."""
    return dict(zip(task_names(), cycle(_COLOURS), strict=False))


def annotated_severity(items: Sequence[Item]) -> Values:
    """(items,) total annotated severity over the task's categories."""
    return np.array([sum(_severities(item).values()) for item in items], dtype=np.float64)


def _severities(item: Item) -> dict[str, float]:
    """Annotated severity by category; a severity that is not a finite number counts as 0."""
    known = item.task in task_names()
    sums = dict.fromkeys(categories_of(item.task) if known else (), 0.0)
    errors = item.human_errors if isinstance(item.human_errors, list) else []
    for error in errors:
        if isinstance(error, Mapping) and error.get("type") in tuple(sums):
            sums[error["type"]] += float(
                np.nan_to_num(severity_number(error.get("severity")), posinf=0, neginf=0)
            )
    return sums


def severe(items: Sequence[Item]) -> NDArray[np.bool_]:
    """(items,) whether an item is more severe than the median item of its task."""
    return _beyond_median(items, annotated_severity(items))


def overlooked(items: Sequence[Item], values: Values) -> NDArray[np.bool_]:
    """(items,) whether an item is severe, but its distance is at most its task's median."""
    return severe(items) & np.isfinite(values) & ~_beyond_median(items, values)


def _beyond_median(items: Sequence[Item], values: Values) -> NDArray[np.bool_]:
    tasks = np.array([item.task for item in items])
    found = np.zeros(len(items), dtype=np.bool_)
    for task in set(tasks.tolist()):
        inside = (tasks == task) & np.isfinite(values)
        if inside.any():
            found |= inside & (values > np.median(values[inside]))
    return found


def compare_distances(
    items: Sequence[Item], distances: Mapping[str, Values]
) -> list[dict[str, Any]]:
    """One row per distance and task: how well the distance agrees with annotated severity.

    Args:
        distances: name → (items,), greater is worse; NaN if a distance does not apply.

    Returns:
        Rows with ``name``, ``task``, ``items``, ``pearson``, ``spearman``, ``ranking_accuracy``
        (None if undefined), those of `erm.benchmark.statistics.within_group_ranking`, and
        ``blind``: the share of severe items that are `overlooked`. 0 is perfect; a distance that is
        independent of the errors has 0.5. ``blind_by_category`` is the same share for items with an
        error of a category.
    """
    severity = annotated_severity(items)
    by_category = [_severities(item) for item in items]
    references = [reference_of(item) for item in items]
    tasks = np.array([item.task for item in items])
    above = severe(items)
    rows = []
    for name, values in distances.items():
        near = overlooked(items, values)
        for task in task_names():
            inside = (tasks == task) & np.isfinite(values)
            if not inside.any():
                continue
            grave = inside & above
            holding = {
                category: grave & np.array([sums.get(category, 0) > 0 for sums in by_category])
                for category in categories_of(task)
            }
            rows.append(
                {
                    "name": name,
                    "task": task,
                    **_agreement(values[inside], severity[inside]),
                    **within_group_ranking(
                        [references[index] for index in np.flatnonzero(inside).tolist()],
                        values[inside],
                        severity[inside],
                    ),
                    "blind": _share(near & inside, grave),
                    "blind_by_category": {
                        category: _share(near & some, some) for category, some in holding.items()
                    },
                }
            )
    return rows


def _share(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float | None:
    return float(part.sum() / whole.sum()) if whole.any() else None


def _agreement(values: Values, severity: Values) -> dict[str, Any]:
    from scipy.stats import spearmanr

    agreed, pairs = rank_agreement(values, severity)
    constant = np.ptp(values) == 0 or np.ptp(severity) == 0
    return {
        "items": len(values),
        "pearson": pearson(values.tolist(), severity.tolist()),
        "spearman": None if constant else float(spearmanr(values, severity).statistic),
        "ranking_accuracy": agreed / pairs if pairs else None,
    }


def plot_distances(items: Sequence[Item], distances: Mapping[str, Values]) -> Figure:
    """A plot of each distance against annotated severity; overlooked items are ringed."""
    from matplotlib.figure import Figure

    severity = annotated_severity(items)
    tasks = np.array([item.task for item in items])
    panels = max(1, len(distances))
    figure = Figure(figsize=(3.6 * panels, 3.6), layout="constrained")
    axes = figure.subplots(1, panels, squeeze=False)[0]
    for axis, (name, values) in zip(axes, distances.items(), strict=False):
        for task, colour in task_colours().items():
            inside = (tasks == task) & np.isfinite(values)
            if inside.any():
                axis.scatter(
                    severity[inside], values[inside], s=10, alpha=0.5, c=colour, label=task
                )
        near = overlooked(items, values)
        style = {"facecolors": "none", "edgecolors": "crimson", "linewidths": 0.6}
        axis.scatter(severity[near], values[near], s=34, label="severe, hardly seen", **style)
        axis.set_title(name, fontsize=10)
        axis.set_xlabel("annotated severity")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("distance")
    if distances:
        axes[0].legend(fontsize=7, frameon=False)
    return figure
