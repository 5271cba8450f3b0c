"""A task as an environment: an image is observed, code is the action, a reward ends the episode.

`Environment` has the methods of OpenEnv's environments (``reset``, ``step``, ``state`` and their
asynchronous forms), and its messages are pydantic models, so that OpenEnv's server can send them.
`reward_function` is for verifiers' rubrics, `task_reward` for its tasks since version 0.4.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from erm.endpoints.client import data_url
from erm.errors import ErmError
from erm.models.prompts import policy_prompt
from erm.rewards.adapters.batching import MicroBatches, micro_batches
from erm.rewards.adapters.inputs import completion_text, rollout_from
from erm.rewards.adapters.scorer import Scorer
from erm.rewards.rollout import Rollout, Scored
from erm.rewards.summary import require_values


class Action(BaseModel):
    """A policy's whole answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    completion: str


class Observation(BaseModel):
    """What a policy sees.

    Attributes:
        prompt: what is asked.
        image: data URL of the image that should be reproduced; after a step that of the answer's
            render, or None where it draws nothing.
        done: whether the episode has ended.
        reward: of the last step; None after `Environment.reset`.
        metadata: ``outcome``, ``severity``, ``reason`` and the parts' values of the last step.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: str
    image: str | None
    done: bool = False
    reward: float | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)


class State(BaseModel):
    """An episode and its steps."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    episode_id: str
    step_count: int = 0


class Environment:
    """Reproduce one image of `references` as code, in one step.

    Args:
        references: tasks with images and, where they are known, sources: (task, image, source).
        scorer: gives the rewards; environments may share one.

    Raises:
        ErmError: there are no references.
    """

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, references: Sequence[tuple[str, bytes, str | None]], scorer: Scorer) -> None:
        if not references:
            raise ErmError("An environment needs at least one reference.")
        self._references = references
        self._batches = micro_batches(scorer)
        self._random = random.Random()
        self._reference = references[0]
        self._state = State(episode_id="")
        self._done = True

    @property
    def state(self) -> State:
        """The episode that is under way."""
        return self._state

    def reset(
        self, seed: int | None = None, episode_id: str | None = None, **_: Any
    ) -> Observation:
        """Begin an episode with a reference; the seed decides which."""
        if seed is not None:
            self._random.seed(seed)
        self._reference = self._random.choice(self._references)
        self._state = State(episode_id=episode_id or str(uuid.uuid4()))
        self._done = False
        prompt = policy_prompt(self._reference[0], brief=False)
        return Observation(prompt=prompt, image=data_url(self._reference[1]))

    def step(self, action: Action, timeout_s: float | None = None, **_: Any) -> Observation:
        """Score an answer, which ends the episode.

        Raises:
            ErmError: no episode is under way, or the answer can't be judged, or not in time.
        """
        return self._observe(self._batches.score(self._rollout(action), timeout_s))

    async def reset_async(
        self, seed: int | None = None, episode_id: str | None = None, **_: Any
    ) -> Observation:
        """`reset`."""
        return self.reset(seed, episode_id)

    async def step_async(
        self, action: Action, timeout_s: float | None = None, **_: Any
    ) -> Observation:
        """`step` without blocking the event loop; answers of many environments are scored
        together."""
        return self._observe(await self._batches.score_async(self._rollout(action), timeout_s))

    def close(self) -> None:
        """Nothing is held that outlives the scorer."""

    def _rollout(self, action: Action) -> Rollout:
        if self._done:
            raise ErmError("No episode is under way; call reset first.")
        task, image, source = self._reference
        return Rollout(task, image, action.completion, source)

    def _observe(self, scored: Scored) -> Observation:
        value = require_values([scored])[0]
        self._done = True
        self._state = State(
            episode_id=self._state.episode_id, step_count=self._state.step_count + 1
        )
        parts = {name: score.value for name, score in scored.parts.items()}
        known = {"outcome": scored.outcome, "severity": scored.severity, "reason": scored.reason}
        return Observation(
            prompt="",
            image=data_url(scored.image) if scored.image is not None else None,
            done=True,
            reward=value,
            metadata={**known, **parts},
        )


def reward_function(scorer: Scorer) -> Callable[..., Coroutine[Any, Any, float]]:
    """A reward for verifiers' rubrics: ``async f(completion, info, **kwargs) -> float``.

    ``info`` holds ``task``, ``reference`` (the image, see
    `erm.rewards.adapters.inputs.image_bytes`) and, where it is known, ``reference_source``.

    A completion that can't be judged ends the process (`SystemExit`): rubrics turn every other
    exception into a reward of 0.
    """
    batches = micro_batches(scorer)

    async def erm(completion: Any, info: Mapping[str, Any], **_: Any) -> float:
        try:
            text = completion_text(completion, 1)
            return await _reward(
                batches, info.get("task"), info.get("reference"), text, info.get("reference_source")
            )
        except ErmError as error:
            raise SystemExit(str(error)) from error

    return erm


def task_reward(scorer: Scorer) -> Callable[[Any, Any], Coroutine[Any, Any, float]]:
    """A reward for verifiers' tasks (0.4): ``async f(task, trace) -> float``, for ``vf.reward``.

    The task's data have the fields ``task``, ``reference`` and, where it is known,
    ``reference_source``, as in `reward_function`. What can't be judged raises `ErmError`, which
    verifiers records as the trace's error, without a reward.
    """
    batches = micro_batches(scorer)

    async def erm(task: Any, trace: Any) -> float:
        source = getattr(task, "reference_source", None)
        return await _reward(batches, task.task, task.reference, trace.last_reply, source)

    return erm


async def _reward(
    batches: MicroBatches, task: Any, reference: Any, completion: str, source: Any
) -> float:
    rollout = rollout_from(task, reference, completion, source, 1)
    return require_values([await batches.score_async(rollout)])[0]
