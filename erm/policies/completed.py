"""What became of a held-out reference in a validation of a policy."""

from __future__ import annotations

from dataclasses import dataclass

MODES = ("greedy", "sampled")
"""How a reference is completed."""

START = "start.json"
"""File of what the references earned before training; each later validation reads it."""


@dataclass(frozen=True)
class Completed:
    """A completion of a held-out reference and what it earned.

    Attributes:
        reference: its index.
        mode: one of `MODES`.
        reward: by the reward that the policy is trained with.
        severity: S by the exact annotator; NaN where no source is known.
        exact_reward: the published reward of that S, which no gate lowers: a critic's reward is
            compared with it.
        rendered: whether it drew something.
        image: PNG of the render, or None.
        reason: why there is no render; empty where there is one.
    """

    reference: int
    mode: str
    reward: float
    exact_reward: float
    severity: float
    rendered: bool
    image: bytes | None
    reason: str
