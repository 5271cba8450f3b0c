"""What to render for one source: edited variants, or variants that a model wrote."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from erm.synthesis.proposals import Proposal
from erm.synthesis.settings import PairingSettings
from erm.tasks import Operator, Task

_TRIES = 8
"""Operators tried for one edit; many don't apply to a given source."""


@dataclass(frozen=True)
class Variant:
    """A variant of a source, and the names of the operators that made it.

    Attributes:
        route: of its pair with the reference (`erm.dataset.routes.ROUTES`).
    """

    source: str
    operators: tuple[str, ...]
    route: str = "edit"

    @property
    def equivalent(self) -> bool:
        """Whether the edit must leave the rendering unchanged."""
        return self.route == "equivalent"


@dataclass(frozen=True)
class Plan:
    """What to render for one source.

    Attributes:
        identical: number of pairs of the reference with itself.
        raised: (operator, kind of exception) of edits that failed.
        proposed: a model wrote the variants (`erm.synthesis.proposals`). Each that can't be used is
            listed as rejected.
    """

    task: str
    source_id: str
    split: str
    source: str
    variants: tuple[Variant, ...]
    identical: int
    raised: tuple[tuple[str, str], ...] = ()
    proposed: bool = False

    @property
    def sources(self) -> list[str]:
        """The sources to render: the reference, then the variants in order."""
        return [self.source, *(variant.source for variant in self.variants)]


@dataclass(frozen=True)
class Rejection:
    """A source, candidate or pair that was not used, and why."""

    source_id: str
    reason: str
    operators: tuple[str, ...] = ()
    message: str = ""
    reference_source: str = ""
    candidate_source: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {**self.__dict__, "operators": list(self.operators)}


def plan_source(
    task: Task, source_id: str, split: str, source: str, settings: PairingSettings
) -> Plan:
    """Plan the edited variants of a source; the same settings and source give the same plan."""
    rng = random.Random(f"{settings.seed}/{source_id}/edits")
    raised: list[tuple[str, str]] = []
    wanted: list[bool] = []
    identical = 0
    if split == "train":
        wanted = [False] * settings.candidates_per_source
        equivalents = settings.pairs_per_source * settings.equivalent_share
        wanted += [True] * _rounded(equivalents, rng)
        identical = _rounded(settings.pairs_per_source * settings.identical_share, rng)
    else:
        for _ in range(settings.held_out_pairs_per_source):
            draw = rng.random()
            if draw < settings.identical_share:
                identical = 1
            else:
                wanted.append(draw < settings.identical_share + settings.equivalent_share)
    variants: list[Variant] = []
    for equivalent in wanted:
        weights = settings.edits
        count = rng.choices(range(1, len(weights) + 1), weights)[0]
        variant = _edited(
            _choices(task, equivalent, settings), source, equivalent, count, rng, raised
        )
        if variant is not None and variant.source not in {v.source for v in variants}:
            variants.append(variant)
    return Plan(task.name, source_id, split, source, tuple(variants), identical, tuple(raised))


def plan_proposed(
    task: Task, source_id: str, split: str, source: str, proposals: Sequence[Proposal]
) -> tuple[Plan, list[Rejection]]:
    """Plan a model's variants of a source; also returns the proposals without a usable source."""
    variants: dict[str, Variant] = {}
    rejected = []
    for proposal in proposals:
        written = task.extract(proposal.reply)
        if written is None:
            reason = f"{proposal.operators[0]} wrote no source"
            rejected.append(
                Rejection(source_id, reason, proposal.operators, proposal.reply, source)
            )
        elif written.strip() == source.strip() and proposal.route == "edit":
            reason = f"{proposal.operators[0]} changed nothing"
            rejected.append(Rejection(source_id, reason, proposal.operators, "", source))
        elif written in variants:
            reason = "candidate repeats another"
            rejected.append(Rejection(source_id, reason, proposal.operators, "", source, written))
        else:
            variants[written] = Variant(written, proposal.operators, proposal.route)
    plan = Plan(task.name, source_id, split, source, tuple(variants.values()), 0, proposed=True)
    return plan, rejected


def _rounded(expected: float, rng: random.Random) -> int:
    """A random integer with mean `expected`."""
    whole = int(expected)
    return whole + (rng.random() < expected - whole)


def _choices(task: Task, equivalent: bool, settings: PairingSettings) -> list[Operator]:
    """The operators that may make a variant."""
    if equivalent:
        return [operator for operator in task.operators if operator.category is None]
    named = settings.operators.get(task.name)
    return [
        operator
        for operator in task.operators
        if operator.category is not None and (named is None or operator.name in named)
    ]


def _edited(
    operators: Sequence[Operator],
    source: str,
    equivalent: bool,
    count: int,
    rng: random.Random,
    raised: list[tuple[str, str]],
) -> Variant | None:
    """The source after at most `count` edits; None if none applies."""
    by_category: dict[str, list[Operator]] = {}
    for operator in operators:
        by_category.setdefault(operator.category or "", []).append(operator)
    if not by_category:
        return None
    categories = list(by_category)
    edited = source
    names: list[str] = []
    for _ in range(count):
        for _ in range(_TRIES):
            operator = rng.choice(by_category[rng.choice(categories)])
            try:
                result = operator.apply(edited, rng)
            except Exception as error:  # one source must not end a long run
                raised.append((operator.name, type(error).__name__))
                continue
            if result is not None and result != edited:
                edited, names = result, [*names, operator.name]
                break
    if not names or edited == source:
        return None
    return Variant(edited, tuple(names), "equivalent" if equivalent else "edit")
