"""The reward class as ms-swift uses it: made with its arguments, called with lists of columns."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from erm.errors import ErmError
from erm.rewards.adapters import swift
from erm.rewards.adapters.swift import AsyncErmReward, ErmReward, with_options
from tests.rewards.adapters.failing import Failing
from tests.rewards.icons import RED, fenced


def test_a_batch(red: bytes, options: dict[str, Any]) -> None:
    columns: dict[str, Any] = {
        "task": ["svg", "svg"],
        "reference": [{"bytes": red, "path": None}, [{"bytes": red, "path": None}]],
        "trainer_state": None,
        "messages": [[], []],
    }
    reward = with_options(ErmReward, **options)(args=None)
    assert reward([fenced(RED), "nothing"], **columns) == [2.5, 0.0]
    awaited = with_options(AsyncErmReward, **options)(args=None)
    assert asyncio.run(awaited([fenced(RED), "nothing"], **columns)) == [2.5, 0.0]


def test_a_missing_reward_is_no_zero(red: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swift, "shared_scorer", lambda _: Failing())
    columns: dict[str, Any] = {"task": ["svg"] * 3, "reference": [red] * 3}
    assert with_options(ErmReward, failures="skip")()(["ab", "late", "abcd"], **columns) == [
        2.0,
        3.0,
        4.0,
    ]
    with pytest.raises(ErmError, match="1 of 3 completions have no reward"):
        ErmReward()(["ab", "late", "abcd"], **columns)


def test_options_are_checked_when_the_class_is_made() -> None:
    with pytest.raises(ErmError, match="Reward option weights"):
        with_options(ErmReward, weights={"critic": 1})
