"""Distances, slips and quotes of texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erm.tasks.shared import text


def test_distances() -> None:
    assert text.edit_distance("kitten", "sitting") == 3
    assert text.text_distance("", "") == 0
    assert text.text_distance("abcd", "") == 1
    assert text.text_distance("abcd", "abxd") == 0.25


@pytest.mark.parametrize(
    ("candidate", "reference", "typo"),
    [
        ("Revenu", "Revenue", True),
        ("Reevnue", "Revenue", True),
        ("revenue", "Revenue", True),
        ("Net-Sales!", "Net Sales", True),
        ("Netsales", "Net sales", True),
        ("Qarterly Revenu", "Quarterly Revenue", True),
        ("Male", "Female", False),
        ("decrease", "increase", False),
        ("cat", "hat", False),
        ("Sum of A", "Sum of B", False),
        ("Sales 2021", "Sales 2020", False),
        ("Version 12", "Version 1.2", False),
        ("1,200 units", "1200 units", True),
        ("Size (GB)", "Size (TB)", False),
        ("Speed in Mbit/s", "Speed in Gbit/s", False),
        ("Power (MW)", "Power (mW)", False),
        ("North", "South", False),
        ("茶葉", "茶叶", False),
    ],
)
def test_typos(candidate: str, reference: str, typo: bool) -> None:
    assert text.is_typo(candidate, reference) is typo


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_typo_is_one_either_way(first: str, second: str) -> None:
    assert text.is_typo(first, second) == text.is_typo(second, first)
    assert text.is_typo(first, first)


def test_quotes_are_on_one_line_and_short() -> None:
    assert text.quote("a\n  b") == "'a b'"
    assert text.quote("x" * 60) == f"'{'x' * 39}…'"


@pytest.mark.parametrize(
    ("candidate", "reference", "words"),
    [
        ("a", "b", "text is 'a' instead of 'b'"),
        (
            "the quick brown fox jumps over the lazy dog again",
            "the quick brown cat jumps over the lazy dog again",
            "text has 'fox' instead of 'cat'",
        ),
        (
            "the quick fox jumps over the lazy dog again",
            "the quick brown fox jumps over the lazy dog again",
            "text lacks 'brown'",
        ),
        (
            "the quick brown fox jumps over the lazy dog again",
            "the quick fox jumps over the lazy dog again",
            "text has 'brown' too many",
        ),
        ("x" * 50, "y", f"text is '{'x' * 39}…' instead of 'y'"),
    ],
)
def test_changes_in_words(candidate: str, reference: str, words: str) -> None:
    assert text.text_change(candidate, reference) == words


def test_counts() -> None:
    assert [text.counted(n, "row") for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
