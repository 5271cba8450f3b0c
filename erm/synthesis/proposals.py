"""Models that write candidates and labels: which ones, what they are shown, what they hand back.

Here are settings and what pairs know of such models. The models themselves are in
`erm.synthesis.model_edits` and `erm.synthesis.rollouts`, which are imported only where one is
named.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from erm.dataset.pairs import Pair, Reference


@dataclass(frozen=True)
class Proposal:
    """A candidate as a model wrote it: the reply in full, before a source is looked for in it."""

    source_id: str
    route: str
    operators: tuple[str, ...]
    reply: str


class Proposer(ABC):
    """A model that is shown sources and writes candidates."""

    role: str

    @abstractmethod
    def propose(self, references: Sequence[Reference]) -> list[Proposal]:
        """Candidates for those of the references that this proposer takes, in order.

        Raises:
            ErmError: an endpoint refused, gave no answer, or the budget is spent.
        """

    @abstractmethod
    def metrics(self) -> dict[str, float]:
        """What was spent, where a model asks for money."""


def fall_into(references: Iterable[Reference], seed: str, share: float) -> Iterator[Reference]:
    """The references that fall into a share, whatever others there are."""
    for one in references:
        if random.Random(f"{seed}/{one.source_id}").random() < share:
            yield one


@dataclass(frozen=True)
class Unlabelled:
    """A pair whose report by a model can't be used, and why."""

    pair: Pair
    reason: str


class Annotator(ABC):
    """A model that writes reports."""

    @abstractmethod
    def annotate(self, pairs: Sequence[Pair]) -> tuple[list[Pair], list[Unlabelled]]:
        """The pairs with the model's reports, and those whose report can't be used.

        Raises:
            ErmError: an endpoint refused, gave no answer, or the budget is spent.
        """

    @abstractmethod
    def metrics(self) -> dict[str, float]:
        """What was spent."""
