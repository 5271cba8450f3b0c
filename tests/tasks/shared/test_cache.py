"""The bounded memory of the drawing libraries' shortcuts."""

from __future__ import annotations

from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from erm.tasks.shared.cache import BoundedCache


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 5), st.lists(st.integers(0, 9), max_size=40))
def test_no_value_is_wrong_and_no_more_are_kept_than_may_be(most: int, keys: list[int]) -> None:
    cache = BoundedCache[str](most)
    for key in keys:
        assert cache.get_or_compute(key, partial(str, key)) == str(key)
        assert len(cache) <= most


def test_a_value_is_worked_out_once_also_where_it_is_none() -> None:
    worked_out: list[str] = []
    cache = BoundedCache[None](2)
    for key in "aabab":
        cache.get_or_compute(key, partial(worked_out.append, key))
    assert worked_out == ["a", "b"]
