"""What adapters score with: a reward in this process or on servers, by options, or anything with
its methods."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self

from pydantic import Field, ValidationError, model_validator

from erm.critics.loading import DEFAULT_CRITIC, critic_from_spec
from erm.critics.settings import CriticEndpointSettings
from erm.errors import ErmError, reason_of
from erm.render import Renderer
from erm.rewards.client import RewardClient
from erm.rewards.loading import load_reward, needs_critic
from erm.rewards.rollout import Rollout, Scored
from erm.rewards.settings import RewardSettings
from erm.settings import Isolation
from erm.tasks.settings import DrawingSettings


class Scorer(Protocol):
    """Scores batches of rollouts, as `erm.rewards.reward.Reward` does."""

    @property
    def weights(self) -> Mapping[str, float]:
        """Weight by name of the part."""

    def score(self, rollouts: Sequence[Rollout]) -> list[Scored]:
        """What each rollout earned, in order."""

    async def score_async(self, rollouts: Sequence[Rollout]) -> list[Scored]:
        """`score` without blocking the event loop."""


_OF_SERVERS = {
    *("critic", "critic_batch_size", "endpoint", "workers", "isolation", "drawing"),
    *("cache", "cache_mb"),
}
"""Options of what is computed in this process."""


class ScorerSettings(RewardSettings):
    """Options of adapters whose framework hands them over by name.

    Attributes:
        server: addresses of reward servers (`erm.rewards.client`), with commas in between; they
            draw and judge, so that the options below and the cache are theirs.
        critic: its spec (`erm.critics.loading`).
        endpoint: how to reach a critic on a server, and its prompts.
        workers: processes that draw; one a processor by default.
        isolation, drawing: of the renderer (`erm.render.pool.Renderer`).
    """

    server: str | None = None
    critic: str = DEFAULT_CRITIC
    critic_batch_size: int = Field(32, ge=1)
    endpoint: CriticEndpointSettings = CriticEndpointSettings()
    workers: int | None = Field(None, ge=1)
    isolation: Isolation = "auto"
    drawing: DrawingSettings = DrawingSettings()

    @model_validator(mode="after")
    def _check_server(self) -> Self:
        decided = sorted(self.model_fields_set & _OF_SERVERS) if self.server is not None else []
        if decided:
            raise ValueError(f"the server decides {', '.join(decided)}")
        return self


def scorer_settings(options: Mapping[str, Any]) -> ScorerSettings:
    """Settings from a framework's options; parts may be names, or names with weights.

    Raises:
        ErmError: an option is unknown or invalid.
    """
    given = _plain(options)
    if isinstance(given.get("parts"), dict):
        given["parts"] = [
            {"part": part, "weight": weight} for part, weight in given["parts"].items()
        ]
    try:
        return ScorerSettings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"]) or "the options"
        raise ErmError(f"Reward option {place}: {reason_of(first)}.") from error


def _plain(value: Any) -> Any:
    """Mappings and sequences of a configuration library, such as OmegaConf, as dicts and lists."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [_plain(each) for each in value]
    return value


_scorers: dict[tuple[int, str], Scorer] = {}
_loading = threading.Lock()


def shared_scorer(settings: ScorerSettings) -> Scorer:
    """The reward of settings; equal settings share one, with its workers, until the process ends.

    Raises:
        ErmError: the critic, a model or a worker can't be had.
    """
    key = (os.getpid(), settings.model_dump_json())
    with _loading:
        if key not in _scorers and settings.server is not None:
            _scorers[key] = RewardClient(settings.server, settings)
        elif key not in _scorers:
            critic = None
            if needs_critic(settings):
                critic = critic_from_spec(
                    settings.critic,
                    batch_size=settings.critic_batch_size,
                    endpoint=settings.endpoint,
                    rereads=False,
                )
            renderer = Renderer(
                workers=settings.workers, isolation=settings.isolation, drawing=settings.drawing
            )
            atexit.register(renderer.close)
            _scorers[key] = load_reward(settings, critic, renderer)
        return _scorers[key]
