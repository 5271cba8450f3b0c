"""The interfaces of models that write candidates or labels.

Their implementations, `erm.synthesis.model_edits` and `erm.synthesis.rollouts`, are imported only
if the settings name a model.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from erm.dataset.pairs import Pair, Reference


@dataclass(frozen=True)
class Proposal:
    """A model's whole reply, from which the candidate's source is extracted."""

    source_id: str
    route: str
    operators: tuple[str, ...]
    reply: str


class Proposer(ABC):
    """A model that writes candidates for references."""

    role: str

    @abstractmethod
    def propose(self, references: Sequence[Reference]) -> list[Proposal]:
        """Candidates for the references that this proposer selects, in order.

        Raises:
            ErmError: an endpoint refused or gave no answer, or the budget is spent.
        """

    @abstractmethod
    def metrics(self) -> dict[str, float]:
        """Tokens and cost of a model behind an endpoint; empty for a local model."""


def sample_references(
    references: Iterable[Reference], seed: str, share: float
) -> Iterator[Reference]:
    """A share of the references, each chosen by its id alone."""
    for one in references:
        if random.Random(f"{seed}/{one.source_id}").random() < share:
            yield one


@dataclass(frozen=True)
class Unlabelled:
    """A pair for which a model's report can't be used, and why."""

    pair: Pair
    reason: str


class Annotator(ABC):
    """A model that writes reports."""

    @abstractmethod
    def annotate(self, pairs: Sequence[Pair]) -> tuple[list[Pair], list[Unlabelled]]:
        """The pairs with the model's reports, and the pairs without a usable report.

        Raises:
            ErmError: an endpoint refused or gave no answer, or the budget is spent.
        """

    @abstractmethod
    def metrics(self) -> dict[str, float]:
        """Tokens and cost."""
