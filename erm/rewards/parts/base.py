"""The interface of a reward's parts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal

from erm.rewards.rollout import Drawn, PartScore

Judges = Literal["completion", "source", "scene", "image"]
"""What a part's score depends on besides the reference, and what a rollout must have to get one:

``completion``: the text. ``source``: the code in it, drawn or not. ``scene``: the code, drawn with
its scene. ``image``: the picture alone. Rollouts with an equal one are judged once."""


class Part(ABC):
    """One number for a drawn rollout.

    Attributes:
        name: by which parameters, logs and `erm.rewards.rollout.Scored.parts` know it.
        judges: see `Judges`.
        tasks: to which it applies; None for all.
        needs_source: whether the reference's source must be known.
        needs_batch: whether a score depends on the other rollouts of the batch (`settle`).
        batch_size: most rollouts in a call of `score`.
        parallel: most calls of `score` at the same time.
    """

    name: str
    judges: Judges = "image"
    tasks: tuple[str, ...] | None = None
    needs_source: bool = False
    needs_batch: bool = False
    batch_size: int = 16
    parallel: int = 1

    @abstractmethod
    def score(self, drawn: Sequence[Drawn]) -> list[PartScore]:
        """Scores of rollouts that have what `judges` names, in order.

        A failure that concerns one rollout is in its score and does not hurt the others.
        """

    @abstractmethod
    def without(self, drawn: Drawn) -> PartScore:
        """The score of a rollout that lacks what `judges` names: no code, no render, blank."""

    def settle(self, drawn: Sequence[Drawn], scores: Sequence[PartScore]) -> list[PartScore]:
        """The scores of a whole batch, once each rollout has one."""
        return list(scores)
