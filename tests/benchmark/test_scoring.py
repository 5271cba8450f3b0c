"""Published scores against the golden numbers, and what must hold for any lists."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erm.benchmark import Item, Prediction, judge_from_spec, read_predictions, score
from erm.benchmark.judge.alignment import ErrorLists, UnusableItemError, read_reply
from erm.report import categories_of
from erm.tasks import task_names

GOLDEN = Path(__file__).parents[1] / "golden"


def assert_equal(found: Any, golden: Any, path: str = "") -> None:
    if isinstance(golden, dict):
        assert found.keys() == golden.keys(), path
        for key, value in golden.items():
            assert_equal(found[key], value, f"{path}/{key}")
    elif isinstance(golden, float):
        assert found == pytest.approx(golden, rel=0, abs=1e-12), path
    else:
        assert found == golden, path


def test_golden_summary() -> None:
    predictions = read_predictions(GOLDEN / "predictions.json", problems=[])
    judge = judge_from_spec(f"replay:{GOLDEN / 'judge_replies.jsonl'}")
    golden = json.loads((GOLDEN / "summary.json").read_text())
    assert_equal(score(predictions, judge).summary, golden)


def test_order_of_items_does_not_matter() -> None:
    predictions = read_predictions(GOLDEN / "predictions.json", problems=[])
    random.Random(3).shuffle(predictions)
    judge = judge_from_spec(f"replay:{GOLDEN / 'judge_replies.jsonl'}")
    golden = json.loads((GOLDEN / "summary.json").read_text())
    assert_equal(score(predictions, judge).summary, golden)


def make_prediction(task: str, annotated: list[Any], predicted: Any, name: int = 0) -> Prediction:
    return Prediction(Item(name, name, task, None, None, annotated), predicted)


@st.composite
def error_lists(draw: st.DrawFn, task: str) -> list[dict[str, Any]]:
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(categories_of(task)),
                st.sampled_from(["title", "legend", "row 2, column 3", "bar 'Q3'", "red circle"]),
                st.sampled_from(["is missing", "value is 4 instead of 7", "is blue, not red"]),
                st.sampled_from([1, 2, 3, "2", "high", None]),
            ),
            max_size=5,
            unique_by=lambda row: row[:3],
        )
    )
    keys = ("type", "location", "description", "severity")
    return [dict(zip(keys, row, strict=True)) for row in rows]


@st.composite
def prediction_sets(draw: st.DrawFn) -> list[Prediction]:
    tasks = draw(st.lists(st.sampled_from(task_names()), min_size=1, max_size=6))
    return [
        make_prediction(task, draw(error_lists(task)), {"errors": draw(error_lists(task))}, number)
        for number, task in enumerate(tasks)
    ]


@settings(deadline=None, derandomize=True, max_examples=12)
@given(prediction_sets(), st.randoms(use_true_random=False))
def test_bounds_and_order(predictions: list[Prediction], rng: random.Random) -> None:
    judge = judge_from_spec("offline")
    first = score(predictions, judge).summary
    for section in (first["overall"], *first["by_category"].values()):
        for row in (section["overall"], *section["by_type"].values()):
            assert 0 <= row["f1_hard"] <= 1
            assert 0 <= row["f1_soft"] <= 1
            assert row["tp_hard"] <= row["tp_soft"]
    shuffled = []
    for prediction in predictions:
        annotated = rng.sample(prediction.item.human_errors, len(prediction.item.human_errors))
        errors = prediction.pred_json["errors"]
        shuffled.append(
            make_prediction(
                prediction.item.task,
                annotated,
                {"errors": rng.sample(errors, len(errors))},
                prediction.item.idx,
            )
        )
    rng.shuffle(shuffled)
    assert_equal(score(shuffled, judge).summary, first)


@settings(deadline=None, derandomize=True, max_examples=8)
@given(prediction_sets())
def test_perfect_scores_one_and_empty_zero(predictions: list[Prediction]) -> None:
    judge = judge_from_spec("offline")
    perfect = [
        make_prediction(p.item.task, p.item.human_errors, {"errors": p.item.human_errors})
        for p in predictions
    ]
    assert score(perfect, judge).summary["overall"]["overall"]["f1_hard"] == 1
    empty = [make_prediction(p.item.task, p.item.human_errors, None) for p in predictions]
    nothing_to_find = not any(p.item.human_errors for p in predictions)
    expected = 1 if nothing_to_find else 0
    assert score(empty, judge).summary["overall"]["overall"]["f1_hard"] == expected


LISTS = ErrorLists(
    0, 0, "svg", ({"type": "shape_error"},) * 2, ({"type": "shape_error"}, {"type": "style_error"})
)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "no",
        "[]",
        "null",
        '{"matches": 5}',
        '{"matches": ["yes"]}',
        '{"matches": {"pred_id": 0}}',
        '{"unmatched_pred": [7]}',
        '{"unmatched_pred": ["0"]}',
        '{"unmatched_gt": [[0]]}',
        '{"unmatched_gt": "01"}',
        '{"matches": [',
    ],
)
def test_nonsense_fails_the_item(reply: str) -> None:
    with pytest.raises(UnusableItemError):
        read_reply(reply, LISTS)


def test_reply_is_cleaned() -> None:
    matches = [
        {"pred_id": 0, "gt_id": 1, "match_level": "no"},
        {"pred_id": 0, "gt_id": 9, "match_level": "yes"},
        {"pred_id": "0", "gt_id": 1, "match_level": "yes"},
        {"pred_id": 0, "gt_id": 1, "match_level": "partial"},
        {"pred_id": 1, "gt_id": 1, "match_level": "yes"},
    ]
    alignment = read_reply(f"Here:\n```json\n{json.dumps({'matches': matches})}\n```", LISTS)
    assert [tuple(match) for match in alignment.matches] == [(0, 1, "partial")]
    assert alignment.unmatched_predicted == (1,)
    assert alignment.unmatched_annotated == (0,)


@pytest.mark.parametrize("report", [[1], "text", {"errors": {"a": 1}}, {"errors": ["text"]}])
def test_malformed_report_is_a_named_failure(report: Any) -> None:
    scores = score([make_prediction("svg", [], report, 7)], judge_from_spec("offline"))
    assert scores.summary["failed"] == [7]
    assert "not" in next(iter(scores.additions["items"]["failed_by_reason"]))


def test_odd_severities() -> None:
    rows = [("2", 2.0), ("high", 0.0), (None, 0.0), (True, 1.0), ([1], 0.0), (10**400, 0.0)]
    errors = [{"type": "shape_error", "severity": value} for value, _ in rows]
    item = score([make_prediction("svg", errors, None)], judge_from_spec("offline")).items[0]
    assert sum(item.annotated_severity.values()) == sum(number for _, number in rows)


def test_not_a_number_makes_a_correlation_undefined_but_not_ours() -> None:
    predictions = [
        make_prediction(
            "svg",
            [{"type": "shape_error", "severity": number + 1}],
            {"errors": [{"type": "shape_error", "severity": value}]},
            number,
        )
        for number, value in enumerate([1, 2, float("nan")])
    ]
    scores = score(predictions, judge_from_spec("offline"))
    assert scores.summary["severity_correlation"]["overall"]["total"] is None
    assert scores.additions["overall"]["severity_correlation"] is not None
    assert scores.additions["items"]["severity_not_finite"] == 1
    json.dumps(scores.to_dict(), allow_nan=False)


def test_ten_thousand_errors_in_one_item() -> None:
    def errors(count: int) -> list[dict[str, Any]]:
        return [
            {"type": "shape_error", "severity": 1, "description": f"circle {n} is missing"}
            for n in range(count)
        ]

    scores = score(
        [make_prediction("svg", errors(4), {"errors": errors(10_000)})],
        judge_from_spec("offline"),
    )
    counts = scores.items[0].counts
    assert (counts.hard, counts.invented, counts.missed) == (4, 9_996, 0)
    same = [make_prediction("svg", errors(10_000), {"errors": errors(10_000)[::-1]})]
    assert score(same, judge_from_spec("offline")).items[0].counts.hard == 10_000
