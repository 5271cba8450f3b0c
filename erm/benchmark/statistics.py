"""Our additions to the published scores: intervals, precision, recall, severities, ranking."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from erm.benchmark.formats import Problem, reference_of
from erm.benchmark.judge.alignment import Error, named_category
from erm.benchmark.scoring import ItemScore, pearson, severity_number, total
from erm.tasks import task_names

RESAMPLES = 1000
"""Bootstrap resamples of items for an interval."""
CALIBRATION_BINS = (0, 1, 3, 6, 10, 20)
"""Lower edges of the bins of predicted severity."""


def additions(
    scores: Sequence[ItemScore], problems: Sequence[Problem] = (), seed: int = 0
) -> dict[str, Any]:
    """All additions, overall and by task; None if undefined."""
    counted = [score for score in scores if score.counted]
    by_task = {task: [s for s in counted if s.task == task] for task in task_names()}
    return {
        "items": _census(scores, problems),
        "overall": _section(counted, seed),
        "by_task": {task: _section(rows, seed) for task, rows in by_task.items() if rows},
        "confusion": {task: confusion(rows) for task, rows in by_task.items() if rows},
    }


def _census(scores: Sequence[ItemScore], problems: Sequence[Problem]) -> dict[str, Any]:
    failures = Counter(score.failure for score in scores if score.failure is not None)
    known = [score for score in scores if score.task in task_names()]
    return {
        "read": len(scores),
        "evaluated": sum(score.counted for score in scores),
        "left_out_unknown_task": len(scores) - len(known),
        "failed_by_reason": dict(sorted(failures.items())),
        "without_report": sum(score.prediction.pred_json is None for score in known),
        "severity_not_finite": sum(_unreadable(score) for score in scores if score.counted),
        "problems_by_kind": dict(sorted(Counter(problem.kind for problem in problems).items())),
        "problems": [f"{problem.where} {problem.message}" for problem in problems],
    }


def _unreadable(score: ItemScore) -> int:
    sums = [*score.predicted_severity.values(), *score.annotated_severity.values()]
    return int(not all(map(math.isfinite, sums)))


def _section(rows: Sequence[ItemScore], seed: int) -> dict[str, Any]:
    counts = total(row.counts for row in rows)
    predicted, annotated = severity_totals(rows)
    return {
        "precision_hard": _share(counts.hard, counts.hard + counts.invented),
        "recall_hard": _share(counts.hard, counts.hard + counts.missed),
        "precision_soft": _share(counts.soft, counts.soft + counts.invented),
        "recall_soft": _share(counts.soft, counts.soft + counts.missed),
        **_intervals(rows, seed),
        "severity_mae": float(np.abs(predicted - annotated).mean()) if rows else None,
        "severity_bias": float((predicted - annotated).mean()) if rows else None,
        "severity_mae_matched": _matched_mae(rows),
        "severity_correlation": pearson(predicted.tolist(), annotated.tolist()),
        **_empty_accuracy(rows),
        "ranking_accuracy": ranking_accuracy(rows),
        **_within_groups(rows, predicted, annotated, seed),
        "calibration": calibration(predicted, annotated),
    }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def severity_totals(rows: Sequence[ItemScore]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(predicted, annotated) severity of each item, each (items,); 0 for what is not finite."""
    return (
        np.array([_finite_total(row.predicted_severity) for row in rows], dtype=np.float64),
        np.array([_finite_total(row.annotated_severity) for row in rows], dtype=np.float64),
    )


def _finite_total(sums: Mapping[str, float]) -> float:
    return sum(value for value in sums.values() if math.isfinite(value))


def count_matrix(rows: Sequence[ItemScore]) -> NDArray[np.float64]:
    """(items, 4): hard and soft matches, invented, missed."""
    values = [(r.counts.hard, r.counts.soft, r.counts.invented, r.counts.missed) for r in rows]
    return np.array(values, dtype=np.float64).reshape(len(rows), 4)


def resampled_f1(
    counts: NDArray[np.float64], draws: NDArray[np.int64], kind: str
) -> NDArray[np.float64]:
    """F1 of each bootstrap resample.

    Args:
        counts: (items, 4) of `count_matrix`.
        draws: (resamples, items), how often each item was drawn.
        kind: ``hard`` or ``soft``.
    """
    sums = draws @ counts
    found, invented, missed = sums[:, 0 if kind == "hard" else 1], sums[:, 2], sums[:, 3]
    whole = 2 * found + invented + missed
    empty = 1.0 if kind == "hard" else 0.0
    return np.where(whole > 0, 2 * found / np.where(whole > 0, whole, 1), empty)


def draw_items(
    items: int, rng: np.random.Generator, resamples: int = RESAMPLES
) -> NDArray[np.int64]:
    """(resamples, items): how often each item is in a resample of the same size."""
    return rng.multinomial(items, np.full(items, 1 / items), size=resamples)


def _intervals(rows: Sequence[ItemScore], seed: int) -> dict[str, list[float] | None]:
    """Percentile bootstrap over items (Efron), 95 %."""
    if not rows:
        return {"f1_hard_interval_95": None, "f1_soft_interval_95": None}
    counts, draws = count_matrix(rows), draw_items(len(rows), np.random.default_rng(seed))
    return {
        f"f1_{kind}_interval_95": [
            float(value) for value in np.percentile(resampled_f1(counts, draws, kind), [2.5, 97.5])
        ]
        for kind in ("hard", "soft")
    }


def _matched_mae(rows: Sequence[ItemScore]) -> float | None:
    """Mean absolute difference of severities within matches."""
    differences = []
    for row in rows:
        if row.lists is None or row.alignment is None:
            continue
        for match in row.alignment.matches:
            predicted = severity_number(row.lists.predicted[match.predicted].get("severity"))
            annotated = severity_number(row.lists.annotated[match.annotated].get("severity"))
            if math.isfinite(predicted) and math.isfinite(annotated):
                differences.append(abs(predicted - annotated))
    return sum(differences) / len(differences) if differences else None


def _empty_accuracy(rows: Sequence[ItemScore]) -> dict[str, float | None]:
    """How well the critic distinguishes pairs with and without discrepancies.

    A prediction without a report is not an empty report: it is never correct.
    """
    empty = [row for row in rows if row.lists is not None and not row.lists.annotated]
    other = [row for row in rows if row.lists is not None and row.lists.annotated]
    empty_found = sum(_is_empty_report(row) for row in empty)
    errors_found = sum(bool(row.lists and row.lists.predicted) for row in other)
    return {
        "empty_report_accuracy": _share(empty_found + errors_found, len(rows)),
        "empty_recognised": _share(empty_found, len(empty)),
        "nonempty_recognised": _share(errors_found, len(other)),
    }


def _is_empty_report(row: ItemScore) -> bool:
    reported = row.prediction.pred_json is not None
    return reported and row.lists is not None and not row.lists.predicted


def ranking_accuracy(rows: Sequence[ItemScore]) -> float | None:
    """Share of pairs of items that predicted and annotated severity put in the same order.

    Both items are of one task and differ in annotated severity; a predicted tie counts as half.
    None if there is no such pair.
    """
    correct, pairs = 0.0, 0
    ordered = sorted(rows, key=lambda row: row.task)
    for _, group in groupby(ordered, key=lambda row: row.task):
        predicted, annotated = severity_totals(list(group))
        agreed, compared = rank_agreement(predicted, annotated)
        correct += agreed
        pairs += compared
    return correct / pairs if pairs else None


def rank_agreement(scores: NDArray[np.float64], truth: NDArray[np.float64]) -> tuple[float, int]:
    """(pairs in the correct order, pairs with different truth) of two (items,) arrays."""
    first, second = np.triu_indices(len(scores), k=1)
    expected = np.sign(truth[first] - truth[second])
    predicted = np.sign(scores[first] - scores[second])
    differ = expected != 0
    correct = (predicted == expected)[differ].sum() + 0.5 * (predicted == 0)[differ].sum()
    return float(correct), int(differ.sum())


def _within_groups(
    rows: Sequence[ItemScore],
    predicted: NDArray[np.float64],
    annotated: NDArray[np.float64],
    seed: int,
) -> dict[str, Any]:
    # A missing report must not rank a candidate as if it had been found to be perfect.
    reported = np.array([row.prediction.pred_json is not None for row in rows], dtype=np.bool_)
    groups = [reference_of(row.prediction.item) for row in rows]
    return within_group_ranking(groups, np.where(reported, predicted, np.nan), annotated, seed)


def within_group_ranking(
    groups: Sequence[Hashable],
    scores: NDArray[np.float64],
    truth: NDArray[np.float64],
    seed: int = 0,
) -> dict[str, Any]:
    """How well scores order several candidates of one reference, which is all that GRPO sees.

    For each reference, the share of pairs of its candidates with different truth that the scores
    put in the same order; a tie counts as half, a score of NaN is never right. The value is the
    mean over references, so that each counts once however many candidates it has.

    Args:
        groups: (items,) the reference of each item; None is left out.
        scores, truth: (items,), greater is worse.
        seed: of the bootstrap over references.

    Returns:
        ``within_group_ranking`` in [0, 1] and ``within_group_ranking_interval_95`` (percentile
        bootstrap over references), None where no reference has candidates of different truth;
        ``within_group_references``, how many have.
    """
    members: dict[Hashable, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        if group is not None:
            members[group].append(index)
    found = [rank_agreement(scores[inside], truth[inside]) for inside in members.values()]
    shares = np.array([agreed / compared for agreed, compared in found if compared])
    value, interval = None, None
    if len(shares):
        draws = draw_items(len(shares), np.random.default_rng(seed)) / len(shares)
        value = float(shares.mean())
        interval = [float(bound) for bound in np.percentile(draws @ shares, [2.5, 97.5])]
    return {
        "within_group_ranking": value,
        "within_group_ranking_interval_95": interval,
        "within_group_references": len(shares),
    }


def calibration(
    predicted: NDArray[np.float64], annotated: NDArray[np.float64]
) -> list[dict[str, float | int | None]]:
    """Mean annotated and predicted severity by bins of predicted severity."""
    bins = np.digitize(predicted, CALIBRATION_BINS) - 1
    rows: list[dict[str, float | int | None]] = []
    for number, lower in enumerate(CALIBRATION_BINS):
        inside = bins == number
        rows.append(
            {
                "from": lower,
                "items": int(inside.sum()),
                "predicted_mean": float(predicted[inside].mean()) if inside.any() else None,
                "annotated_mean": float(annotated[inside].mean()) if inside.any() else None,
            }
        )
    return rows


def confusion(rows: Sequence[ItemScore]) -> dict[str, dict[str, int]]:
    """Annotated category (or ``invented``) → predicted category (or ``missed``) → errors."""
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row.lists is None or row.alignment is None:
            continue
        predicted: Sequence[Error] = row.lists.predicted
        annotated: Sequence[Error] = row.lists.annotated
        for match in row.alignment.matches:
            pair = (annotated[match.annotated], predicted[match.predicted])
            counts[named_category(pair[0]), named_category(pair[1])] += 1
        for index in row.alignment.unmatched_annotated:
            counts[named_category(annotated[index]), "missed"] += 1
        for index in row.alignment.unmatched_predicted:
            counts["invented", named_category(predicted[index])] += 1
    table: dict[str, dict[str, int]] = {}
    for (annotated_category, predicted_category), count in sorted(counts.items()):
        table.setdefault(annotated_category, {})[predicted_category] = count
    return table
