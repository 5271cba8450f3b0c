"""Settings of the reward server."""

from __future__ import annotations

import ipaddress

from pydantic import Field

from erm.critics.loading import DEFAULT_CRITIC
from erm.critics.settings import CriticEndpointSettings
from erm.rewards.settings import RewardSettings
from erm.settings import Isolation, Settings
from erm.tasks.settings import DrawingSettings


class ServeSettings(Settings):
    """What ``erm serve`` is asked for.

    Attributes:
        host: name or address to listen on.
        port: 0 takes a free one.
        critic: its spec (`erm.critics.loading`); ``exact`` is a server without a critic, whose
            rewards are the exact annotator's.
        endpoint: of a critic ``openai:MODEL``.
        constrained: see `erm.critics.loading.critic_from_spec`.
        reward: what requests get that don't choose. Its cache is the critic's.
        batch_size: most pairs that the critic judges together; null is 32 for a model in this
            process, and for one on servers what their concurrency allows.
        batch_wait: seconds for which a batch that is not full waits for further pairs.
        queue: most items that are accepted and not answered; beyond it requests get status 429.
        max_body_mb: MiB of a request's body; beyond it a request gets status 413.
        follow: seconds between two looks at the version that the critic's alias names; 0 is never.
        deadline: seconds until a request gets status 504; a request may ask for less.
        render_workers: null is one per processor.
        isolation: null is ``auto`` for this machine alone and ``required`` for others.
        drawing: how completions and sources are drawn.
    """

    host: str = "localhost"
    port: int = Field(8111, ge=0, le=65535)
    critic: str = DEFAULT_CRITIC
    endpoint: CriticEndpointSettings = CriticEndpointSettings()
    constrained: bool | None = None
    reward: RewardSettings = RewardSettings()
    batch_size: int | None = Field(None, ge=1)
    batch_wait: float = Field(0.01, ge=0, le=10)
    queue: int = Field(1024, ge=1)
    max_body_mb: int = Field(32, ge=1)
    follow: float = Field(30.0, ge=0)
    deadline: float = Field(120.0, gt=0)
    render_workers: int | None = Field(None, ge=1)
    isolation: Isolation | None = None
    drawing: DrawingSettings = DrawingSettings()

    @property
    def local(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def contained(self) -> Isolation:
        """Isolation of what it draws."""
        return self.isolation or ("auto" if self.local else "required")
