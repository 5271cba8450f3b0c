"""Rewards as TRL calls them: keyword arguments, columns as lists, a function that logs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from erm.errors import ErmError
from erm.render import Renderer
from erm.rewards.adapters.scorer import Scorer
from erm.rewards.adapters.trl import AsyncTrlReward, TrlReward, part_rewards
from erm.rewards.loading import load_reward
from erm.rewards.settings import PartSettings, RewardSettings
from tests.rewards.adapters.failing import Failing
from tests.rewards.icons import BLUE, RED, Replying, fenced, style_errors


def call_of(red: bytes, completions: Sequence[str], **columns: Any) -> dict[str, Any]:
    """Arguments of a call for conversational prompts."""
    number = len(completions)
    return {
        "prompts": [[{"role": "user", "content": "draw svg"}]] * number,
        "completions": [[{"role": "assistant", "content": text}] for text in completions],
        "completion_ids": [[1, 2]] * number,
        "images": [None] * number,
        "task": ["svg"] * number,
        "reference": [red] * number,
        "trainer_state": None,
        "log_extra": None,
        "log_metric": lambda name, value: None,
        **columns,
    }


def test_a_batch_is_rewarded_and_logged(scorer: Scorer, red: bytes) -> None:
    logged: dict[str, float] = {}
    call = call_of(red, [fenced(RED), fenced(BLUE), "nothing"], log_metric=logged.__setitem__)
    equal, other, nothing = TrlReward(scorer)(**call)
    assert equal is not None
    assert other is not None
    assert (equal, nothing) == (2.5, 0.0)
    assert equal > other > 1.5
    assert logged["part/critic"] == pytest.approx((equal + other - 1.0) / 3)
    assert logged["weight/renders"] == 0.5
    assert logged["rendered"] == pytest.approx(2 / 3)
    assert "critic/style_error" in logged


def test_the_asynchronous_form_is_awaited(scorer: Scorer, red: bytes) -> None:
    from trl.trainer.utils import is_async_callable

    reward = AsyncTrlReward(scorer)
    assert is_async_callable(reward)
    assert not is_async_callable(TrlReward(scorer))
    completions = [fenced(RED), "nothing"]
    assert asyncio.run(reward(**call_of(red, completions))) == [2.5, 0.0]


def test_a_failure_stops_the_training_or_leaves_the_completion_out(red: bytes) -> None:
    call = call_of(red, ["abc", "late"])
    with pytest.raises(ErmError, match="1 of 2 completions have no reward"):
        TrlReward(Failing())(**call)
    assert TrlReward(Failing(), failures="skip")(**call) == [3.0, None]
    functions, _ = part_rewards(Failing(), failures="skip")
    assert [function(**call) for function in functions] == [[3.0, None]]


def test_parts_one_by_one_share_one_scoring(renderer: Renderer, red: bytes) -> None:
    judge = Replying(lambda _: style_errors(2, 3))
    parts = (PartSettings(part="critic"), PartSettings(part="renders", weight=0.5))
    scorer = load_reward(RewardSettings(parts=parts), judge, renderer)
    functions, weights = part_rewards(
        scorer, components=("critic/style_error", "critic/shape_error", "critic/data_error")
    )
    call = call_of(red, [fenced(BLUE), "nothing"])
    names = [function.__name__ for function in functions]
    assert names[:3] == ["critic", "renders", "critic/style_error"]
    assert weights == [1.0, 0.5, 1.0, 1.0, 1.0]
    values = dict(zip(names, (function(**call) for function in functions), strict=True))
    assert values["critic"] == [1.9, 0.0]
    assert values["renders"] == [1.0, 0.0]
    assert values["critic/style_error"] == [-0.1, -1.0]
    assert values["critic/shape_error"] == [0.0, -1.0]
    assert values["critic/data_error"] == [None, None]
    assert len(judge.pairs) == 1
    with pytest.raises(ErmError, match="'style_error' is no component"):
        part_rewards(scorer, components=("style_error",))
