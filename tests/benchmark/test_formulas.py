"""Published scores against a slow second implementation, on random items and judge replies.

The second one follows the reference scoring word by word: plain loops over counts, no sharing of
code, fractions instead of floats where a formula divides.
"""

import json
import math
import random
from collections import defaultdict
from fractions import Fraction
from typing import Any

import pytest

from erm.benchmark import Item, Prediction, score
from erm.benchmark.judge.alignment import ErrorLists
from tests.benchmark.test_scoring import assert_equal

TYPES = {
    "table": ["layout_error", "text_error", "numeric_error"],
    "chart": ["structure_error", "data_error", "text_error", "style_error"],
    "svg": ["structure_error", "shape_error", "style_error", "text_symbol_error"],
}
SEVERITIES = [1, 2, 3, 1, 2, 3, "2", "high", None, 1.5, True, [], "-1", " 3 "]


def random_error(rng: random.Random, task: str) -> dict[str, Any]:
    every = TYPES[task] + ["layout_error", "nonsense", ""]
    named = rng.choice(every if rng.random() < 0.2 else TYPES[task])
    error: dict[str, Any] = {rng.choice(["type", "category"]): named}
    if rng.random() < 0.1:
        error["category"] = rng.choice(TYPES[task])
    if rng.random() < 0.9:
        error["severity"] = rng.choice(SEVERITIES)
    return error


def random_report(rng: random.Random, task: str) -> Any:
    odd = [
        None,
        {},
        {"errors": None},
        {"errors": "none"},
        {"errors": ["text"]},
        [],
        [1],
        "",
        "text",
    ]
    if rng.random() < 0.15:
        return rng.choice(odd)
    return {"errors": [random_error(rng, task) for _ in range(rng.randrange(6))]}


def random_reply(rng: random.Random) -> str:
    def ids() -> list[int]:
        return [rng.randrange(-1, 6) for _ in range(rng.randrange(4))]

    value: dict[str, Any] = {
        "matches": [
            {
                "pred_id": rng.choice([*range(6), -1, "0", 1.0]),
                "gt_id": rng.randrange(6),
                "match_level": rng.choice(["yes", "yes", "partial", "no", None]),
            }
            for _ in range(rng.randrange(6))
        ]
    }
    if rng.random() < 0.3:
        value["unmatched_pred"] = ids()
    if rng.random() < 0.3:
        value["unmatched_gt"] = ids()
    text = json.dumps(value)
    return rng.choice([text, text, f"```json\n{text}\n```", f"Sure: {text} Done.", text[:-1], "no"])


class Recorded:
    """A judge with a reply for each idx."""

    name = "recorded"

    def __init__(self, replies: dict[int, str]) -> None:
        self.by_idx = replies

    def replies(self, lists: Any) -> list[str]:
        assert all(isinstance(one, ErrorLists) for one in lists)
        return [self.by_idx[one.idx] for one in lists]


class FailedItemError(Exception):
    pass


def slow_item(row: Prediction, reply: str) -> dict[str, Any]:
    task = row.item.task
    report = row.pred_json if row.pred_json else {}
    if not isinstance(report, dict):
        raise FailedItemError
    sides = []
    for errors, keys in (
        (report.get("errors"), ("type", "category")),
        (row.item.human_errors, ("type",)),
    ):
        kept = []
        for error in errors or []:
            if not isinstance(error, dict):
                raise FailedItemError
            named = [error[key] for key in keys if error.get(key)]
            if named and named[0] in TYPES[task]:
                kept.append((named[0], error.get("severity", 0)))
        sides.append(kept)
    pred, gt = sides
    start, end = reply.find("{"), reply.rfind("}")
    try:
        answer = json.loads(reply[start : end + 1])
    except ValueError:
        raise FailedItemError from None
    taken_pred, taken_gt = [], []
    hard: dict[str, int] = defaultdict(int)
    half: dict[str, int] = defaultdict(int)
    for match in answer["matches"]:
        one, other = match["pred_id"], match["gt_id"]
        if match["match_level"] not in ("yes", "partial") or type(one) is not int:
            continue
        if one not in range(len(pred)) or other not in range(len(gt)):
            continue
        if one in taken_pred or other in taken_gt:
            continue
        taken_pred.append(one)
        taken_gt.append(other)
        hard[pred[one][0]] += match["match_level"] == "yes"
        half[pred[one][0]] += match["match_level"] == "partial"
    rest = []
    for key, side, taken in (("unmatched_pred", pred, taken_pred), ("unmatched_gt", gt, taken_gt)):
        ids = answer.get(key) or [n for n in range(len(side)) if n not in taken]
        if any(not -len(side) <= n < len(side) for n in ids):
            raise FailedItemError
        found: dict[str, int] = defaultdict(int)
        for n in set(ids):
            found[side[n][0]] += 1
        rest.append(found)
    sums = []
    for side in sides:
        total: dict[str, float] = defaultdict(float)
        for named, severity in side:
            try:
                total[named] += float(severity)
            except (TypeError, ValueError):
                total[named] += 0
        sums.append(total)
    return {
        "task": task,
        "hard": hard,
        "half": half,
        "fp": rest[0],
        "fn": rest[1],
        "severity": sums,
    }


def slow_f1(tp: Fraction, fp: int, fn: int) -> float:
    precision = tp / (tp + fp) if tp + fp else Fraction(0)
    recall = tp / (tp + fn) if tp + fn else Fraction(0)
    both = precision + recall
    return float(2 * precision * recall / both) if both else 0.0


def slow_counts(rows: list[dict[str, Any]], categories: list[str]) -> dict[str, float]:
    hard, half, fp, fn = (
        sum(row[key][category] for row in rows for category in categories)
        for key in ("hard", "half", "fp", "fn")
    )
    soft = Fraction(hard) + Fraction(half, 2)
    return {
        "tp_hard": hard,
        "tp_soft": float(soft),
        "fp": fp,
        "fn": fn,
        "f1_hard": 1.0 if hard == fp == fn == 0 else slow_f1(Fraction(hard), fp, fn),
        "f1_soft": slow_f1(soft, fp, fn),
    }


def slow_correlation(rows: list[dict[str, Any]], categories: list[str]) -> float | None:
    xs, ys = (
        [Fraction(sum(row["severity"][side][c] for c in categories)) for row in rows]
        for side in (0, 1)
    )
    if len(set(xs)) < 2 or len(set(ys)) < 2:
        return None
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    together = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True))
    apart = float(sum((a - x) ** 2 for a in xs) * sum((b - y) ** 2 for b in ys))
    return float(together) / math.sqrt(apart)


def slow_summary(predictions: list[Prediction], replies: dict[int, str]) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    failed = []
    for prediction in predictions:
        if prediction.item.task not in TYPES:
            continue
        try:
            rows.append(slow_item(prediction, replies[prediction.item.idx]))
        except FailedItemError:
            failed.append(prediction.item.idx)
    of = {task: [row for row in rows if row["task"] == task] for task in sorted(TYPES)}
    union = sorted({name for task, some in of.items() if some for name in TYPES[task]})

    def section(some: list[dict[str, Any]], names: list[str]) -> dict[str, Any]:
        by_type = {name: slow_counts(some, [name]) for name in names if some}
        return {"overall": slow_counts(some, names), "by_type": by_type}

    return {
        "overall": section(rows, union),
        "by_category": {task: section(some, sorted(TYPES[task])) for task, some in of.items()},
        "severity_correlation": {
            "by_category": {
                task: {
                    "by_type": {n: slow_correlation(some, [n]) for n in sorted(TYPES[task])},
                    "total": slow_correlation(some, TYPES[task]),
                }
                for task, some in of.items()
            },
            "overall": {"total": slow_correlation(rows, union)},
        },
        "evaluated": len(rows),
        "failed": sorted(failed),
    }


@pytest.mark.parametrize("seed", range(12))
def test_every_number_is_the_slow_one(seed: int) -> None:
    rng = random.Random(seed)
    predictions, replies = [], {}
    # Few items leave tasks empty and sides constant; many make every case occur.
    for idx in range((1, 4, 30, 120)[seed % 4]):
        task = rng.choice([*TYPES, "chart", "webpage"])
        known = task if task in TYPES else "svg"
        annotated: Any = [random_error(rng, known) for _ in range(rng.randrange(6))]
        if rng.random() < 0.05:
            annotated = rng.choice([None, "text", [1]])
        item = Item(f"{task}-{idx}", idx, task, None, None, annotated)
        predictions.append(Prediction(item, random_report(rng, known)))
        replies[idx] = random_reply(rng)
    found = score(predictions, Recorded(replies)).summary
    assert_equal(found, slow_summary(predictions, replies))
