"""Golden numbers of further drafts on constructed rows, and what holds for all of them."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import pytest

from erm.evaluation.curve_files import write_curves
from erm.evaluation.curves import CHANGES, CRITIC_SCORE, best, curves, score
from erm.evaluation.records import Row
from erm.evaluation.settings import EvaluationSettings


def row(
    name: str,
    sample: int,
    exact: float | None,
    critic: float | None,
    mode: str = "",
    **fields: Any,
) -> Row:
    """A draft; one whose exact severity is 50 draws nothing."""
    drawn = exact != 50
    return {
        "id": name,
        "task": "svg",
        "group": "",
        "mode": mode or ("sampled" if sample else "first"),
        "sample": sample,
        "spent": {"tokens": 10, "characters": 40},
        "outcome": "judged" if drawn else "no_code",
        "unparsable": "",
        "metrics": {
            "execution_rate": float(drawn),
            "exact_severity": exact,
            "critic_severity": critic,
            "mse": 0.0,
        },
        **fields,
    }


FIRST = [
    row("broken", 0, 50, None),
    row("fair", 0, 6, 5),
    row("good", 0, 2, 3),
    row("perfect", 0, 0, 0),
]
REVISED = [
    row("broken", 1, 4, 4, "revised"),
    row("fair", 1, 3, 2, "revised"),
    # the critic is wrong about this one
    row("good", 1, 8, 1, "revised"),
    row("broken", 2, 50, None, "revised"),
    row("fair", 2, 9, 7, "revised"),
    row("good", 2, 1, 2, "revised"),
]


def pick(found: list[dict[str, Any]], drafts: str, kept: str, task: str = "svg") -> dict[str, Any]:
    (one,) = (c for c in found if (c["drafts"], c["kept"], c["task"]) == (drafts, kept, task))
    return one


def numbers(curve: dict[str, Any], metric: str, key: str = "mean") -> list[float]:
    return [point["metrics"][metric][key] for point in curve["points"]]


def test_golden_numbers_of_revised_drafts() -> None:
    found = curves(FIRST, REVISED, EvaluationSettings(rounds=2))
    kept, last = pick(found, "revised", "critic"), pick(found, "revised", "last")
    assert numbers(kept, "exact_severity") == [58 / 4, 15 / 4, 15 / 4]
    assert numbers(kept, "exact_severity", "difference") == [0, -43 / 4, -43 / 4]
    assert numbers(kept, CRITIC_SCORE) == [58 / 4, 7 / 4, 7 / 4]
    assert numbers(kept, "execution_rate") == [0.75, 1, 1]
    assert numbers(last, "exact_severity") == [58 / 4, 15 / 4, 60 / 4]
    assert numbers(last, "execution_rate") == [0.75, 1, 0.75]
    assert [point["spent"]["tokens"] for point in kept["points"]] == [10, 70 / 4, 100 / 4]
    assert [point["spent"]["characters"] for point in last["points"]] == [40, 70, 100]
    none = {"items": 0, "difference": 0}
    assert kept["points"][0]["changes"] == dict.fromkeys(CHANGES, none)
    assert kept["points"][2]["changes"] == {
        "repaired": {"items": 1, "difference": -46 / 4},
        "broken": none,
        "improved": {"items": 1, "difference": -3 / 4},
        "worsened": {"items": 1, "difference": 6 / 4},
    }
    assert last["points"][2]["changes"]["worsened"] == {"items": 1, "difference": 3 / 4}
    low, high = kept["points"][1]["metrics"]["exact_severity"]["difference_interval_95"]
    # of the 256 resamples of -46, 6, -3 and 0, 9 have a mean of at most -34.5, 9 one of 3.75
    assert (low, high) == (-34.5, 3.75)


def test_golden_numbers_of_draws_end_where_the_critic_finds_nothing() -> None:
    drawn = [
        FIRST[1],
        row("fair", 1, 7, 0),
        row("fair", 2, 0, 0),
        FIRST[3],
        row("perfect", 1, 1, 0),
        FIRST[2],
        row("good", 1, 1, None, unparsable="no report"),
    ]
    curve = pick(curves(drawn, [], EvaluationSettings()), "sampled", "critic")
    assert [point["further"] for point in curve["points"]] == [0, 1, 2]
    assert numbers(curve, "exact_severity") == pytest.approx([8 / 3, 3, 3])
    assert [point["spent"]["tokens"] for point in curve["points"]] == pytest.approx(
        [10, 50 / 3, 50 / 3]
    )


def test_revised_drafts_are_compared_with_as_many_samples() -> None:
    rows = [
        FIRST[1],
        row("fair", 1, 4, 3),
        row("fair", 2, 1, 1),
        FIRST[2],
        row("good", 1, 9, 9),
        row("good", 2, 9, 9),
    ]
    found = curves(rows, [*REVISED[1:3], *REVISED[4:]], EvaluationSettings(rounds=3))
    kept = pick(found, "revised", "critic")["points"]
    assert [point["metrics"]["exact_severity"].get("to_samples") for point in kept] == [
        None,
        pytest.approx(((3 - 4) + (8 - 2)) / 2),
        pytest.approx(((3 - 1) + (8 - 2)) / 2),
        None,  # no third sample was drawn
    ]
    low, high = kept[1]["metrics"]["exact_severity"]["to_samples_interval_95"]
    assert -1 <= low < high <= 6
    for drafts, way in (("sampled", "critic"), ("revised", "last")):
        others = pick(found, drafts, way)["points"]
        assert all("to_samples" not in point["metrics"]["exact_severity"] for point in others)


def test_groups_count_the_same_in_the_curve_over_all() -> None:
    other = [row("t", 0, 9, 9, task="table"), row("t", 1, 5, 5, "revised", task="table")]
    settings = EvaluationSettings(rounds=1)
    found = curves([*FIRST, other[0]], [*REVISED[:3], other[1]], settings)
    every = pick(found, "revised", "critic", "")
    assert numbers(every, "exact_severity") == [(58 / 4 + 9) / 2, (15 / 4 + 5) / 2]
    assert every["points"][1]["metrics"]["exact_severity"]["items"] == 5
    icons = pick(found, "revised", "critic")["points"][1]["metrics"]["exact_severity"]
    # the one table has no variance
    assert every["points"][1]["metrics"]["exact_severity"]["interval_95"] == pytest.approx(
        [(bound + 5) / 2 for bound in icons["interval_95"]]
    )
    parts = [every["points"][1]["changes"][kind]["difference"] for kind in CHANGES]
    assert sum(parts) == pytest.approx((-43 / 4 - 4) / 2)


def test_without_sources_the_critic_says_what_is_better() -> None:
    rows = [row("a", 0, None, 4), row("a", 1, None, 3)]
    curve = pick(curves(rows, [], EvaluationSettings()), "sampled", "critic")
    assert curve["measure"] == CRITIC_SCORE
    assert "exact_severity" not in curve["points"][0]["metrics"]
    assert curve["points"][1]["changes"]["improved"] == {"items": 1, "difference": -1}


def test_the_score_is_the_expected_severity_and_failures_have_the_worst() -> None:
    stated = row("a", 0, 4, 4)
    stated["metrics"]["critic_expected"] = 2.5
    assert score(stated) == 2.5
    assert score(row("a", 0, 4, 70)) == 50
    assert score(row("a", 0, 50, None)) == 50
    assert score(row("a", 0, 4, None)) is None
    nothing, unread = row("a", 0, 50, None), row("a", 0, 4, None, unparsable="no report")
    assert best([nothing, unread]) is unread
    assert best([unread, nothing, row("a", 1, 4, 60)])["sample"] == 1
    assert best([stated, row("a", 1, 4, 2.5)]) is stated


def test_tokens_are_unknown_where_one_draft_has_none(tmp_path: Path) -> None:
    rows = [row("a", 0, 4, 4), row("a", 1, 2, 2, spent={"tokens": None, "characters": 7})]
    found = curves(rows, [], EvaluationSettings())
    assert [point["spent"] for point in found[0]["points"]] == [
        {"tokens": 10, "characters": 40},
        {"tokens": None, "characters": 47},
    ]
    write_curves(found, tmp_path)
    with (tmp_path / "curves.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["tokens"], second["tokens"], second["characters"]) == ("10.0", "", "47.0")
    assert (second["exact_severity"], second["exact_severity_difference"]) == ("2.0", "-2.0")


def test_an_item_with_nothing_to_choose_has_no_curve() -> None:
    assert curves(FIRST, [], EvaluationSettings()) == []


def test_properties_of_any_drafts() -> None:
    draw = random.Random(0)
    for _ in range(40):
        rows: list[Row] = []
        drafts: list[Row] = []
        for name in "abcde":
            for mode in ("first", "revised", "revised", "sampled", "sampled"):
                exact = draw.choice([0, 1, 5, 50])
                critic = None if exact == 50 else draw.choice([0, 2, 60, None])
                one = row(name, 0, exact, critic, mode)
                if exact != 50 and critic is None:
                    one["unparsable"] = "no report"
                (drafts if mode == "revised" else rows).append(one)
        found = curves(rows, drafts, EvaluationSettings(rounds=2))
        for curve in found:
            for point in curve["points"]:
                changes = point["changes"].values()
                difference = point["metrics"]["exact_severity"]["difference"]
                assert sum(one["difference"] for one in changes) == pytest.approx(difference)
                if curve["kept"] == "critic":
                    assert point["changes"]["broken"]["items"] == 0
            rates = numbers(curve, "execution_rate")
            costs = [point["spent"]["tokens"] for point in curve["points"]]
            assert costs == sorted(costs)
            if curve["kept"] == "critic":
                assert rates == sorted(rates)
        for name in "abcde":
            own = [one for one in (*rows, *drafts) if one["id"] == name]
            kept, first = score(best(own)), score(own[0])
            assert kept is None or first is None or kept <= first
