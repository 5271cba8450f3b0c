"""Settings of promotion."""

from __future__ import annotations

from erm.settings import Settings


class PromoteSettings(Settings):
    """Section ``promote`` of the parameters.

    Attributes:
        critic_metric: metric of the benchmark by which critics are compared; higher is better.
        policy_metric: metric of the evaluation by which policies are compared; higher is better.
        margin: by how much a version must beat the champion.
    """

    critic_metric: str
    policy_metric: str
    margin: float = 0.0
