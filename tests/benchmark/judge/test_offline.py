"""The offline judge: agreement with known alignments, and decisions as a person makes them."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erm.benchmark.judge.alignment import ErrorLists
from erm.benchmark.judge.constructed import agreement, construct
from erm.benchmark.judge.offline import OfflineJudge, align
from erm.benchmark.judge.wording import read_error


@pytest.mark.parametrize("seed", [0, 1])
def test_agrees_with_known_alignments(seed: int) -> None:
    result = agreement(OfflineJudge(), construct(seed))
    assert result.pairs == 200
    told = "\n".join(result.disagreements)
    assert result.pairs_right >= 0.95 * result.pairs, told
    assert result.decisions_right >= 0.95 * result.decisions, told


def test_construction_is_seeded() -> None:
    assert construct(3, 20) == construct(3, 20) != construct(4, 20)


def level(task: str, predicted: tuple[str, str], annotated: tuple[str, str]) -> str:
    category = {"chart": "data_error", "table": "text_error", "svg": "style_error"}[task]

    def told(words: tuple[str, str]) -> dict[str, Any]:
        return {"type": category, "severity": 2, "location": words[0], "description": words[1]}

    matches = align(ErrorLists(0, 0, task, (told(predicted),), (told(annotated),)))
    return matches[0].level if matches else "no"


BAR = ("bar 'Q3' of series 'EU'", "value is 4.1 instead of 6.0")
CELL = ("row 2, column 3", "text is 'Ja' instead of 'Yes'")
CIRCLE = ("red circle at top left", "fill is blue instead of red")


@pytest.mark.parametrize(
    ("task", "ours", "theirs", "expected"),
    [
        ("chart", BAR, ("bar 'Q3' of series 'EU'", "value is 4.3 instead of 6"), "partial"),
        ("chart", BAR, ("bar 'Q3' of series 'EU'", "value is 4 instead of 6"), "yes"),
        ("chart", BAR, ("bar 'Q3' of series 'EU'", "value is about 4.3, not 6"), "yes"),
        ("chart", BAR, ("bar 'Q3' of series 'EU'", "value is wrong"), "partial"),
        ("chart", ("y axis", "limit is 10, not 8"), ("y axis", "limit is 11, not 8"), "partial"),
        (
            "chart",
            ("point 3", "value is 10 instead of 10"),
            ("point 3", "value is 10, not 7"),
            "no",
        ),
        ("table", CELL, ("row 2, column 3", "text is 'Yes' instead of 'Yes'"), "no"),
        ("table", CELL, ("row 2, column 3", "text is wrong"), "partial"),
        ("chart", BAR, ("", "The Q3 bar of the EU series is too short"), "yes"),
        ("chart", BAR, ("bar 'Q3' of series 'EU'", "value is 9 instead of 6.0"), "partial"),
        ("chart", BAR, ("bar 'Q3' of series 'EU'", "is too tall"), "partial"),
        ("chart", BAR, ("Bar chart", "The Q3 bar is lower than in the original"), "partial"),
        ("chart", BAR, ("bar 'Q2' of series 'EU'", "value is 3.1 instead of 7"), "no"),
        ("chart", BAR, ("bar 'Q3' of series 'EU'", "fill is blue instead of red"), "no"),
        ("chart", BAR, ("chart", "some values are wrong"), "no"),
        ("chart", BAR, ("chart", "is wrong"), "no"),
        ("table", CELL, ("", "In the second row, third column, 'Yes' became 'Ja'"), "yes"),
        ("table", CELL, ("", "The word 'Yes' under 'Answer' became 'Ja'"), "yes"),
        ("table", CELL, ("row 2, column 4", "text is 'Ja' instead of 'Yes'"), "partial"),
        ("table", CELL, ("row 4, column 1", "text is 'No' instead of 'Nein'"), "no"),
        ("table", CELL, ("", "R2C3 reads Ja, expected Yes"), "yes"),
        ("svg", CIRCLE, ("Disc in the upper-left corner", "should be red but is blue"), "yes"),
        ("svg", CIRCLE, ("Blue circle, top left", "#0000ff instead of #ff0000"), "yes"),
        ("svg", CIRCLE, ("circle", "wrong colour"), "partial"),
        ("svg", CIRCLE, ("circle at bottom right", "fill is blue instead of red"), "no"),
        ("svg", CIRCLE, ("red circle at top left", "is missing"), "no"),
        ("svg", ("star", "is missing"), ("star", "is extra"), "no"),
        ("chart", ("grid", "is missing"), ("Background", "grid lines are not drawn"), "yes"),
        ("chart", ("x axis", "range is 0 to 5, not 0 to 9"), ("y axis", "limit is 5"), "no"),
        (
            "chart",
            ("slice 'Rent'", "value is 20, not 35"),
            ("", "The Rent slice is smaller"),
            "yes",
        ),
        ("table", ("column 3", "is missing"), ("", "The third column is missing"), "yes"),
        ("svg", ("left dot", "is half as big"), ("circle at left", "size is 9, not 18"), "yes"),
        (
            "svg",
            ("square at left", "circle instead of square"),
            ("left", "the square was drawn as a circle"),
            "yes",
        ),
    ],
)
def test_decisions(
    task: str, ours: tuple[str, str], theirs: tuple[str, str], expected: str
) -> None:
    assert level(task, ours, theirs) == expected
    assert level(task, theirs, ours) == expected


def test_another_category_is_at_most_partial() -> None:
    predicted = {"type": "style_error", "location": "title", "description": "is missing"}
    annotated = {**predicted, "type": "text_error"}
    lists = ErrorLists(0, 0, "chart", (predicted,), (annotated,))
    assert [match.level for match in align(lists)] == ["partial"]


def test_vague_spam_earns_no_full_match() -> None:
    spam = tuple(
        {"category": category, "location": place, "description": text}
        for category in ("data_error", "style_error", "text_error", "structure_error")
        for place in ("chart", "", "bar", "title", "legend")
        for text in ("is wrong", "value is wrong", "colour is wrong", "something is different")
    )
    found = total = 0
    for one in construct(5, 60):
        if one.lists.task == "chart":
            lists = ErrorLists(0, 0, "chart", spam, one.lists.annotated)
            found += sum(match.level == "yes" for match in align(lists))
            total += len(one.lists.annotated)
    assert found <= 0.05 * total


TEXT = st.text(max_size=40) | st.sampled_from(
    ["row 9999999999999999999", "'' '", "#12", "1e999 instead of 2", "r1c1 → r2c2", "is " * 300]
)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4), st.sampled_from(["chart", "svg"]))
def test_any_text_is_read_and_matches_itself(words: list[tuple[str, str]], task: str) -> None:
    errors = tuple({"type": "style_error", "location": a, "description": b} for a, b in words)
    lists = ErrorLists(0, 0, task, errors, tuple(random.Random(1).sample(errors, len(errors))))
    assert [match.level for match in align(lists)] == ["yes"] * len(errors)


@pytest.mark.parametrize("value", [None, 3, ["a"], {"b": 1}])
def test_texts_that_are_none(value: Any) -> None:
    reading = read_error({"type": "style_error", "location": value, "description": value}, "svg")
    assert not reading.near.given
