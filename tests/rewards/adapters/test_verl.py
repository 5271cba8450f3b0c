"""Rewards as verl calls them: options merged in, samples one by one or in batches."""

from __future__ import annotations

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from erm.errors import ErmError
from erm.rewards.adapters import verl
from erm.rewards.adapters.batching import MicroBatches
from erm.rewards.rollout import Rollout
from tests.rewards.adapters.failing import Failing
from tests.rewards.icons import BLUE, RED, fenced


def sample(red_file: Path, completion: str) -> dict[str, Any]:
    """Arguments of a call for one sample, with what verl adds to ``extra_info``."""
    return {
        "data_source": "icons",
        "solution_str": completion,
        "ground_truth": str(red_file),
        "extra_info": {"task": "svg", "num_turns": None, "rollout_reward_scores": {}},
    }


def test_one_sample(red_file: Path, options: dict[str, Any]) -> None:
    # verl makes a dict of its configuration; what is nested stays OmegaConf's
    kwargs = {str(name): value for name, value in OmegaConf.create(options).items()}
    loaded = partial(verl.compute_score, **kwargs)
    row = loaded(**sample(red_file, fenced(RED)), reward_router_address=None)
    assert row["score"] == 2.5
    assert row["part/critic"] == 2.0
    assert loaded(**sample(red_file, "nothing"))["score"] == 0.0


def test_samples_of_many_threads(red_file: Path, options: dict[str, Any]) -> None:
    def score(completion: str) -> float:
        return verl.compute_score(**sample(red_file, completion), **options)["score"]

    with ThreadPoolExecutor(4) as threads:
        scores = list(threads.map(score, [fenced(RED), "nothing", fenced(BLUE)] * 4))
    assert scores[:3] * 4 == scores
    assert scores[0] == 2.5 > scores[2] > scores[1] == 0.0


def test_the_reward_loop(red_file: Path, options: dict[str, Any]) -> None:
    assert inspect.iscoroutinefunction(verl.compute_score_async)

    async def loop() -> list[dict[str, float]]:
        calls = [
            verl.compute_score_async(**sample(red_file, completion), **options)
            for completion in (fenced(RED), "nothing")
        ]
        return await asyncio.gather(*calls)

    assert [row["score"] for row in asyncio.run(loop())] == [2.5, 0.0]


def test_a_batch(red_url: str, options: dict[str, Any]) -> None:
    rows = verl.compute_score_batch(
        data_sources=["svg", "svg"],
        solution_strs=[fenced(RED), "nothing"],
        ground_truths=[red_url, red_url],
        extra_infos=[{"rollout_reward_scores": {}}, None],
        **options,
    )
    assert [row["score"] for row in rows] == [2.5, 0.0]
    assert rows[0].keys() == rows[1].keys()


def test_bad_input_is_named(red_file: Path, options: dict[str, Any]) -> None:
    with pytest.raises(ErmError, match="Reward option part: Extra inputs"):
        verl.compute_score(**sample(red_file, ""), **options, part=1)
    with pytest.raises(ErmError, match=r"Reward option parts\.0\.part.*unknown part 'dino'"):
        verl.compute_score(**sample(red_file, ""), **options | {"parts": {"dino": 1}})
    with pytest.raises(ErmError, match="'skip' needs a whole batch"):
        verl.compute_score(**sample(red_file, ""), **options, failures="skip")
    with pytest.raises(ErmError, match=r"Rollout 1, reference: /nowhere\.png can't be read"):
        verl.compute_score(**sample(Path("/nowhere.png"), ""), **options)
    with pytest.raises(ErmError, match="compares the rollouts of a batch"):
        verl.compute_score(**sample(red_file, ""), **options | {"parts": {"critic:batch": 1}})


def test_one_callers_bad_input_hurts_no_other(red: bytes) -> None:
    class Picky(Failing):
        def score(self, rollouts: Any) -> Any:
            if any(rollout.task == "sheet" for rollout in rollouts):
                raise ErmError("Unknown task 'sheet'.")
            return super().score(rollouts)

    batches = MicroBatches(Picky())

    async def loop() -> list[Any]:
        tasks = ("svg", "sheet", "svg")
        calls = [batches.score_async(Rollout(task, red, "abc")) for task in tasks]
        return await asyncio.gather(*calls, return_exceptions=True)

    first, bad, last = asyncio.run(loop())
    assert first.value == last.value == 3.0
    assert isinstance(bad, ErmError)
