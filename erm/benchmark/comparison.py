"""Several critics in one table, compared on the same items by a paired bootstrap of F1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from erm.benchmark.scores import Scores
from erm.benchmark.scoring import ItemScore
from erm.benchmark.statistics import (
    RESAMPLES,
    count_matrix,
    draw_items,
    resampled_f1,
    severity_totals,
)
from erm.errors import ErmError

PAIRED_RESAMPLES = 10_000


def comparison_table(named_scores: Mapping[str, Scores], seed: int = 0) -> list[dict[str, Any]]:
    """One row per critic, each compared with the first one; if the items are of several domains,
    then the same for each domain.

    Returns:
        Rows with ``name``, ``domain`` (None for all items where there are several domains, or none
        is stated), ``items`` (how many count), ``f1_hard`` (overall and by task), ``f1_soft``,
        ``severity_correlation``, ``severity_mae``, ``interval_95`` of F1 hard, ``shared_items``,
        ``difference`` (F1 hard minus the first critic's, over the items that count for both),
        ``difference_interval_95`` and the two-sided ``p_value`` of a paired bootstrap over items
        (Efron and Tibshirani, ch. 16); the last four are None in the first critic's rows.

    Raises:
        ErmError: a critic shares no item with the first one.
    """
    rows = _rows(named_scores, seed)
    domains = list(dict.fromkeys(name for one in named_scores.values() for name in one.by_domain))
    if len(domains) > 1:
        for domain in domains:
            own = {
                name: scores.by_domain[domain]
                for name, scores in named_scores.items()
                if domain in scores.by_domain
            }
            rows += [{**row, "domain": domain} for row in _rows(own, seed)]
    return rows


def _rows(named_scores: Mapping[str, Scores], seed: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    first: Scores | None = None
    for name, scores in named_scores.items():
        by_task = scores.summary["by_category"]
        extra = scores.additions["overall"]
        row: dict[str, Any] = {
            "name": name,
            "domain": scores.domain,
            "items": scores.summary["evaluated"],
            "f1_hard": {
                "overall": scores.summary["overall"]["overall"]["f1_hard"],
                **{t: by_task[t]["overall"]["f1_hard"] for t in scores.additions["by_task"]},
            },
            "f1_soft": scores.summary["overall"]["overall"]["f1_soft"],
            "severity_correlation": scores.summary["severity_correlation"]["overall"]["total"],
            "severity_mae": extra["severity_mae"],
            "interval_95": extra["f1_hard_interval_95"],
            "shared_items": None,
            "difference": None,
            "difference_interval_95": None,
            "p_value": None,
        }
        if first is None:
            first = scores
        else:
            row |= _compare(name, first, scores, seed)
        rows.append(row)
    return rows


def _compare(name: str, first: Scores, other: Scores, seed: int) -> dict[str, Any]:
    first_items, other_items = _by_item(first), _by_item(other)
    shared = [key for key in first_items if key in other_items]
    if not shared:
        raise ErmError(f"Critic '{name}' was scored on none of the first critic's items.")
    counts = count_matrix([other_items[key] for key in shared])
    first_counts = count_matrix([first_items[key] for key in shared])
    everything = np.ones((1, len(shared)), dtype=np.int64)
    observed = float(
        resampled_f1(counts, everything, "hard")[0]
        - resampled_f1(first_counts, everything, "hard")[0]
    )
    resampled = _resampled_differences(counts, first_counts, seed)
    # Shifted to a mean of 0, the resampled differences follow the null hypothesis.
    as_extreme = np.abs(resampled - observed) >= abs(observed) - 1e-12
    return {
        "shared_items": len(shared),
        "difference": observed,
        "difference_interval_95": [float(value) for value in np.percentile(resampled, [2.5, 97.5])],
        "p_value": float((as_extreme.sum() + 1) / (PAIRED_RESAMPLES + 1)),
    }


def _resampled_differences(
    counts: NDArray[np.float64], first_counts: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    """(PAIRED_RESAMPLES,) differences of F1 hard; both critics have the same resampled items."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(PAIRED_RESAMPLES // RESAMPLES):  # all at once would take 100 MB
        draws = draw_items(len(counts), rng, RESAMPLES)
        found.append(
            resampled_f1(counts, draws, "hard") - resampled_f1(first_counts, draws, "hard")
        )
    return np.concatenate(found)


def severity_of_items(scores: Scores, first: Scores) -> NDArray[np.float64]:
    """(items of the first critic,) total severity that a critic predicted; NaN if it has no such
    item or the item does not count."""
    by_item = _by_item(scores)
    keys = [item_key(score) for score in first.items]
    values = [
        float(severity_totals([by_item[key]])[0][0]) if key in by_item else np.nan for key in keys
    ]
    return np.array(values, dtype=np.float64)


def item_key(score: ItemScore) -> tuple[str, str, str]:
    """The key of an item in the predictions of all critics."""
    item = score.prediction.item
    return (score.task, repr(item.id), repr(item.idx))


def _by_item(scores: Scores) -> dict[tuple[str, str, str], ItemScore]:
    return {item_key(score): score for score in scores.items if score.counted}
