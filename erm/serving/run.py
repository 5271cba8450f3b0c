"""Starts the server, and ends it so that what was accepted is answered."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial

import uvicorn

from erm.critics.loading import EXACT, critic_from_spec
from erm.endpoints.reward_servers import TOKEN
from erm.errors import ErmError
from erm.render import Renderer
from erm.rewards.cache import CachedCritic
from erm.rewards.loading import load_reward
from erm.rewards.settings import PartSettings, RewardSettings
from erm.serving.app import Desk, build_app
from erm.serving.batches import MicroBatches
from erm.serving.following import CriticInUse, Follower, version_behind
from erm.serving.service import Service
from erm.serving.settings import ServeSettings

_BATCH = 32
"""Pairs that a local model judges together, unless the settings say otherwise."""

_GRACE = 5.0
"""Seconds beyond the deadline for which a server that was asked to end waits for its requests."""


def serve(settings: ServeSettings, announce: Callable[[str], None] = print) -> None:
    """Serve until SIGTERM or Ctrl-C; then take no more requests, answer the accepted ones and end.

    Args:
        announce: gets the server's address once it takes requests.

    Raises:
        ErmError: the address can't be used, the critic can't be loaded, others can reach the
            server and there is no token, or isolation is required and can't be had.
    """
    token = os.environ.get(TOKEN) or None
    if token is None and not settings.local:
        raise ErmError(
            f"Other machines can reach {settings.host}; set {TOKEN} to the token that requests "
            "must bear."
        )
    desk = Desk(settings.queue, settings.deadline)
    with ExitStack() as stack:
        listener = stack.enter_context(_listening(settings))
        service, follower = _service(settings, desk, stack)
        server = uvicorn.Server(
            uvicorn.Config(
                build_app(settings, service, desk, token, follower),
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=int(settings.deadline + _GRACE),
            )
        )
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        announce(f"http://{host}:{listener.getsockname()[1]}")
        # The server raises the signal again once it has ended in order: then it must not kill.
        signal.signal(signal.SIGTERM, lambda *_: None)
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
        desk.close()


def _listening(settings: ServeSettings) -> socket.socket:
    """A socket that takes connections, which wait until the server has started."""
    try:
        family, *_, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM
        )[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ErmError(f"{settings.host}:{settings.port} can't be used: {reason}.") from error


def _service(
    settings: ServeSettings, desk: Desk, stack: ExitStack
) -> tuple[Service, Follower | None]:
    """What answers, and what lets its critic follow an alias, both in `stack`."""
    reward = settings.reward
    if settings.critic == EXACT and "parts" not in reward.model_fields_set:
        reward = reward.model_copy(update={"parts": (PartSettings(part=EXACT),)})
    uncached = reward.model_copy(update={"cache": None})
    renderer = stack.enter_context(
        Renderer(
            workers=settings.render_workers, isolation=settings.contained, drawing=settings.drawing
        )
    )
    if settings.critic == EXACT:
        load_reward(uncached, None, renderer)
        return stack.enter_context(Service(renderer, None, uncached)), None
    load = partial(_load, settings, reward, desk, renderer)
    version = version_behind(settings.critic)
    critic = CriticInUse(load(version or settings.critic))
    service = stack.enter_context(Service(renderer, critic, uncached))
    follower = Follower(settings.critic, version, critic, load, settings.follow)
    return service, stack.enter_context(follower)


def _load(
    settings: ServeSettings, reward: RewardSettings, desk: Desk, renderer: Renderer, spec: str
) -> MicroBatches:
    """Micro-batches of a critic, with which the reward can be had.

    Raises:
        ErmError: the critic can't be loaded, or the reward can't be had.
    """
    critic = critic_from_spec(
        spec,
        batch_size=settings.batch_size or _BATCH,
        constrained=settings.constrained,
        endpoint=settings.endpoint,
    )
    if reward.cache is not None:
        critic = CachedCritic(critic, reward.cache, reward.cache_mb)
    # Models that the reward needs are loaded before the first request comes.
    load_reward(reward.model_copy(update={"cache": None}), critic, renderer)
    return MicroBatches(
        critic, size=settings.batch_size, wait=settings.batch_wait, observe=desk.metrics.batch
    )
