"""Means over items, of samples and of the best ones, and what is counted."""

from __future__ import annotations

from typing import Any

import pytest

from erm.evaluation.items import Item, rejected
from erm.evaluation.records import Row
from erm.evaluation.settings import EvaluationSettings
from erm.evaluation.summary import summarize

ITEMS = [
    Item("a", "svg", b"", "<svg/>"),
    Item("b", "svg", b"", "<svg/>"),
    rejected("c", "no_image", "c.png: there is no image", "svg"),
]


def row(name: str, sample: int, ssim: float | None, severity: float, **fields: Any) -> Row:
    drawn = ssim is not None
    return {
        "id": name,
        "task": "svg",
        "group": "",
        "mode": "sampled" if sample else "first",
        "sample": sample,
        "outcome": "judged" if drawn else "no_code",
        "kind": "" if drawn else "no_code",
        "reason": "" if drawn else "no code in the text",
        "metrics": {
            "execution_rate": float(drawn),
            "exact_severity": severity,
            "critic_severity": fields.pop("critic", None),
            "ssim": ssim or 0.0,
            "mse": 1.0 - (ssim or 0.0),
        },
        "gaps": {},
        "notes": {},
        "unparsable": "",
        **fields,
    }


ROWS = [
    row("a", 0, 0.8, 4.0, critic=2.0),
    row("a", 1, 0.6, 6.0, critic=9.0),
    row("a", 2, 1.0, 8.0, critic=1.0),
    row("b", 0, None, 50.0),
    row("b", 1, None, 50.0),
    row("b", 2, 0.5, 10.0, unparsable="no report in the reply 'hm'"),
]


def group(rows: list[Row], *, critic: bool = False) -> dict[str, Any]:
    summary = summarize(ITEMS, rows, EvaluationSettings(), critic=critic)
    assert (summary["items"], summary["evaluated"]) == (3, 2)
    (only,) = summary["groups"]
    return only  # type: ignore[no-any-return]


def test_means_count_failures_as_the_worst_and_leave_them_out_of_drawn() -> None:
    metrics = group(ROWS)["metrics"]
    assert metrics["ssim"]["mean"] == pytest.approx(0.4)
    assert metrics["ssim"]["mean_drawn"] == pytest.approx(0.8)
    assert metrics["ssim"]["interval_95"] == [0.0, 0.8]
    assert metrics["exact_severity"]["mean"] == pytest.approx(27.0)
    assert metrics["execution_rate"]["mean"] == 0.5
    assert [metrics[name]["lower_is_better"] for name in ("ssim", "mse")] == [False, True]
    assert "critic_severity" not in metrics


def test_best_of_n_is_chosen_by_each_judge() -> None:
    found = group(ROWS, critic=True)
    assert found["samples"] == 2
    assert found["sampled"]["exact_severity"] == pytest.approx((7.0 + 30.0) / 2)
    best = {name: means["exact_severity"] for name, means in found["best_of_n"].items()}
    # of b the critic has no severity, but only one sample draws something
    assert best == {"critic": (8.0 + 10.0) / 2, "exact": (6.0 + 10.0) / 2, "mse": 9.0}
    assert list(group(ROWS)["best_of_n"]) == ["exact", "mse"]


def test_without_samples_there_is_no_best_of_n() -> None:
    found = group([one for one in ROWS if one["mode"] == "first"])
    assert (found["samples"], found["sampled"], found["best_of_n"]) == (0, {}, {})


def test_what_went_wrong_is_counted_with_a_sentence() -> None:
    rows = [row("a", 0, 0.8, 4.0, gaps={"exact": "why not."}, notes={"ssim": "odd"}), ROWS[3]]
    rows[0]["unparsable"] = "no report in the reply 'hm'"
    found = group(rows, critic=True)
    assert found["outcomes"] == {
        "drawn": {"number": 1, "example": ""},
        "no_code": {"number": 1, "example": "b: no code in the text."},
    }
    problem = {"number": 1, "example": "c: c.png: there is no image."}
    assert found["not_evaluated"] == {"no_image": problem}
    assert found["gaps"] == {
        "exact": {"number": 1, "example": "a: why not."},
        "critic_severity": {"number": 1, "example": "a: no report in the reply 'hm'."},
    }
    assert found["notes"] == {"ssim": {"number": 1, "example": "a: odd."}}


def test_groups_of_items_are_apart_and_sources_that_lack_are_said() -> None:
    items = [Item("x/a", "svg", b"", None, "x"), Item("y/a", "svg", b"", "<svg/>", "y")]
    rows = [{**row("x/a", 0, 0.2, 1.0), "group": "x"}, {**row("y/a", 0, 0.4, 3.0), "group": "y"}]
    summary = summarize(items, rows, EvaluationSettings(), critic=False)
    means = {one["group"]: one["metrics"]["ssim"]["mean"] for one in summary["groups"]}
    assert means == {"x": 0.2, "y": 0.4}
    (sentence,) = summary["left_out"]
    assert sentence.endswith("are left out: 1 of 2 items lack a source.")
