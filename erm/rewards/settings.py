"""Settings of rewards."""

from __future__ import annotations

from typing import Literal

from erm.settings import Settings


class RewardSettings(Settings):
    """How a critique becomes a reward.

    Attributes:
        severity: S is the sum of the severities that the critic ``reported``, as published, or the
            sum ``expected`` by its own probabilities
            (`erm.critics.base.Critique.expected_severity`), where it gives one.
    """

    severity: Literal["reported", "expected"] = "reported"
