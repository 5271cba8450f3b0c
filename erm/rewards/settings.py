"""Settings of rewards."""

from __future__ import annotations

from typing import Literal

from erm.report import Replies
from erm.settings import Settings


class RewardSettings(Settings):
    """How a critique becomes a reward.

    Attributes:
        severity: S is the sum of the severities that the critic ``reported``, as published, or the
            sum ``expected`` by its own probabilities
            (`erm.critics.base.Critique.expected_severity`), where it gives one.
        replies: how critics' replies are read (`erm.report.parse_reply`): ``strict``, or as
            ``published``, which takes a reply without a list of errors for an empty report.
    """

    severity: Literal["reported", "expected"] = "reported"
    replies: Replies = "strict"
