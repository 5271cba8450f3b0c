"""120 pairs, forty a task, half of them compact and half real, against lists written by hand.

All are drawn once. Of a compact pair, a difference counts as found where category, severity, place
and words are those of the list; of a real one, where category, place and words are.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.checked import Listed
from tests.checked.measure import COMPACT, REAL, TASKS, Outcome, measure, score

pytestmark = pytest.mark.slow

WANTED = 0.95


@pytest.fixture(scope="module")
def outcomes() -> tuple[list[Outcome], list[Outcome]]:
    return measure()


def test_a_listed_difference_is_said_by_its_words_only() -> None:
    listed = Listed("shape_error", 2, "line left", "length ≈2 ≈4.5")
    said = ("shape_error", "black line at left", "length is 28 px instead of 63 px")
    assert listed.is_said_by(*said, unit=14)
    assert not listed.is_said_by(*said, unit=7)
    assert not listed.is_said_by("style_error", *said[1:], unit=14)
    assert not listed.is_said_by(said[0], "black line at right", said[2], unit=14)
    assert not listed.is_said_by(said[0], "black polyline at left", said[2], unit=14)
    value = Listed("data_error", 2, "point|bar", "1.5 2")
    assert value.is_said_by("data_error", "bar 'a'", "value is 1.5 instead of 2")
    assert not value.is_said_by("data_error", "bar 'a'", "value is 11.5 instead of 2")
    assert not value.is_said_by("data_error", "bar 'a'", "value is 1.5 instead of 2.5")


def test_there_are_twenty_pairs_of_each_task_and_half() -> None:
    for pairs in (COMPACT, REAL):
        assert Counter(task for task, _ in pairs) == {"chart": 20, "table": 20, "svg": 20}
        assert len({pair.name for _, pair in pairs}) == len(pairs)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("half", ["compact", "real"])
def test_recall_and_precision(
    outcomes: tuple[list[Outcome], list[Outcome]],
    half: str,
    task: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mine = [one for one in outcomes[half == "real"] if one.task == task]
    with capsys.disabled():
        print(f"\n{half} {task}: {score(mine)}")
    wrong = "\n".join(str(one) for one in mine if not one.is_exact)
    assert score(mine).recall >= WANTED, wrong
    assert score(mine).precision >= WANTED, wrong


@pytest.mark.parametrize("task", TASKS)
def test_severities_are_within_one(
    outcomes: tuple[list[Outcome], list[Outcome]], task: str
) -> None:
    mine = [one for half in outcomes for one in half if one.task == task]
    assert score(mine).severity_within_one >= WANTED


def test_equivalent_pairs_have_empty_reports(
    outcomes: tuple[list[Outcome], list[Outcome]],
) -> None:
    for half, least in zip(outcomes, (8, 10), strict=True):
        equal = [one for one in half if not one.listed]
        assert len(equal) >= least
        for one in equal:
            assert one.is_exact, str(one)


def test_every_pair_has_a_report(outcomes: tuple[list[Outcome], list[Outcome]]) -> None:
    for half in outcomes:
        for one in half:
            assert one.failure is None, str(one)
