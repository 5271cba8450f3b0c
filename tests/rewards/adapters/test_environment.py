"""The environment as OpenEnv drives it, and rewards as verifiers calls them."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from erm.errors import ErmError
from erm.rewards.adapters.environment import (
    Action,
    Environment,
    Observation,
    reward_function,
    task_reward,
)
from erm.rewards.adapters.scorer import Scorer
from tests.rewards.adapters.failing import Failing
from tests.rewards.icons import BLUE, RED, fenced


def test_an_episode(scorer: Scorer, red: bytes, red_url: str) -> None:
    environment = Environment([("svg", red, RED)], scorer)
    asked = environment.reset(seed=3, episode_id="one")
    assert asked.image == red_url
    assert "svg" in asked.prompt
    assert (asked.done, asked.reward) == (False, None)
    answered = environment.step(Action(completion=fenced(RED)), timeout_s=600)
    assert (answered.done, answered.reward, answered.image) == (True, 2.5, red_url)
    assert answered.metadata["outcome"] == "judged"
    assert (environment.state.episode_id, environment.state.step_count) == ("one", 1)
    with pytest.raises(ErmError, match="call reset first"):
        environment.step(Action(completion=""))


def test_episodes_at_the_same_time(scorer: Scorer, red: bytes) -> None:
    async def episode(completion: str) -> Observation:
        environment = Environment([("svg", red, None)], scorer)
        await environment.reset_async()
        return await environment.step_async(Action(completion=completion))

    async def episodes() -> list[Observation]:
        return await asyncio.gather(*map(episode, (fenced(RED), fenced(BLUE), "nothing")))

    rewards = [observation.reward for observation in asyncio.run(episodes())]
    assert rewards[0] == 2.5
    assert rewards[2] == 0.0
    assert rewards[1] is not None
    assert 1.5 < rewards[1] < 2.5


def test_what_is_sent_is_json(scorer: Scorer, red: bytes) -> None:
    environment = Environment([("svg", red, None)], scorer)
    for observation in (
        environment.reset(),
        environment.step(Action.model_validate({"completion": "nothing"})),
    ):
        assert Observation.model_validate_json(json.dumps(observation.model_dump())) == observation
    with pytest.raises(ValidationError):
        Action.model_validate({"answer": "nothing"})


def test_the_seed_decides_the_reference(scorer: Scorer, red: bytes) -> None:
    references: list[tuple[str, bytes, str | None]] = [
        ("svg", red, None),
        ("chart", red, None),
        ("table", red, None),
    ]
    prompts = [Environment(references, scorer).reset(seed=5).prompt for _ in range(3)]
    assert len(set(prompts)) == 1


def test_an_answer_that_cant_be_judged_is_no_zero(red: bytes) -> None:
    environment = Environment([("svg", red, None)], Failing())
    environment.reset()
    with pytest.raises(ErmError, match="no whole reply"):
        environment.step(Action(completion="late"))


def call_of(red: bytes, completion: str) -> dict[str, Any]:
    return {
        "prompt": [{"role": "user", "content": "draw"}],
        "completion": [{"role": "assistant", "content": completion}],
        "answer": "",
        "state": {},
        "task": "default",
        "info": {"task": "svg", "reference": red},
        "parser": None,
    }


def test_a_rubrics_reward(scorer: Scorer, red: bytes) -> None:
    reward = reward_function(scorer)
    assert asyncio.run(reward(**call_of(red, fenced(RED)))) == 2.5


def test_a_tasks_reward(scorer: Scorer, red_url: str) -> None:
    task = SimpleNamespace(task="svg", reference=red_url)
    trace = SimpleNamespace(last_reply=fenced(RED))
    assert asyncio.run(task_reward(scorer)(task, trace)) == 2.5
    with pytest.raises(ErmError, match="no whole reply"):
        asyncio.run(task_reward(Failing())(task, SimpleNamespace(last_reply="late")))


def test_a_rubrics_failure_ends_the_process_and_is_no_zero(red: bytes) -> None:
    async def as_a_rubric_does() -> float:
        try:
            return await reward_function(Failing())(**call_of(red, "late"))
        except Exception:
            return 0.0

    with pytest.raises(SystemExit, match="no whole reply"):
        asyncio.run(as_a_rubric_does())
