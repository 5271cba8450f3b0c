"""The bounded memory of the drawing libraries' shortcuts."""

from __future__ import annotations

from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from erm.tasks.shared.cache import Known


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 5), st.lists(st.integers(0, 9), max_size=40))
def test_no_value_is_wrong_and_no_more_are_kept_than_may_be(most: int, keys: list[int]) -> None:
    known = Known[str](most)
    for key in keys:
        assert known.once(key, partial(str, key)) == str(key)
        assert len(known) <= most


def test_a_value_is_worked_out_once_also_where_it_is_none() -> None:
    worked_out: list[str] = []
    known = Known[None](2)
    for key in "aabab":
        known.once(key, partial(worked_out.append, key))
    assert worked_out == ["a", "b"]
