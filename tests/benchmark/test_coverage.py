"""Coverage: which words count, and which errors they cover."""

from __future__ import annotations

from collections import Counter

import pytest

from erm.benchmark.coverage import coverage, literal_words, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("row 4, column 2: value is 48 instead of -1.8e3", "row column value is instead of"),
        ("bar 'Wed' of series 'user's EU': is missing", "bar of series is missing"),
        ("x tick label 1: text is 'Rain' instead of 'D'", "x tick label text is instead of"),
        ("light-blue triangle: turned by 90°", "light-blue triangle turned by"),
    ],
)
def test_numbers_and_quoted_texts_are_no_words(text: str, found: str) -> None:
    assert words(text) == found.split()


def test_literal_words_have_numbers_and_texts() -> None:
    found = literal_words("bar 'Wed 3': value is 6.5 instead of -2")
    assert found == ["bar", "wed", "3", "value", "is", "6.5", "instead", "of", "-2"]


def test_an_error_is_covered_if_all_its_words_occur_often_in_its_task() -> None:
    training = [("chart", "bar 'Wed': value is 6"), ("chart", "bar 'Sun': colour is blue")]
    training += [("svg", "marker: is missing")] * 2
    tested = [
        ("chart", "bar 'Mon': is 5"),
        ("chart", "marker: is missing"),
        ("chart", "bar 'Wed': value is 6"),
        ("svg", "marker: is missing"),
    ]
    found = coverage(training, tested, least=2)
    assert (found["chart"].errors, found["chart"].covered) == (3, 1)
    assert found["chart"].missing == Counter({"marker": 1, "missing": 1, "value": 1})
    assert (found["svg"].share, found["svg"].literal_share) == (1.0, 1.0)
    found = coverage(training, tested, least=1)
    assert found["chart"].share == pytest.approx(2 / 3)
    assert found["chart"].literal_share == pytest.approx(1 / 3)
