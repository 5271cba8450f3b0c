"""Completions of items: a policy's, or those that somebody already has."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from erm.endpoints.errors import EndpointError
from erm.endpoints.settings import RequestSettings
from erm.errors import ErmError
from erm.fingerprint import content_hash
from erm.models.location import ENDPOINT, model_folder
from erm.policies.base import Policy, Reply, Request, RevisingPolicy, Revision
from erm.policies.loading import can_revise, policy_from_spec

if TYPE_CHECKING:
    from erm.critics.base import Critic
    from erm.endpoints.settings import ConnectionSettings
    from erm.evaluation.items import Item
    from erm.evaluation.settings import EvaluationSettings

Mode = Literal["first", "sampled", "revised", "reflected"]
"""``first`` is a policy's greedy completion, or the only one of a file; ``sampled`` are others. The
last two are drafts of `erm.evaluation.revision`."""

REVISIONS: tuple[Mode, ...] = ("revised", "reflected")
"""Modes of drafts that the policy writes after a report on the one before."""


@dataclass(frozen=True)
class Completion:
    """A completion of an item.

    Attributes:
        text: the whole answer; None where there is none.
        missing: why there is none, as a kind and a sentence.
        tokens: of the text; None where they are not counted.
    """

    mode: Mode
    text: str | None
    missing: str = ""
    tokens: int | None = None


class Author(ABC):
    """What completes items.

    Attributes:
        name: for titles.
        identity: what decides the completions, in JSON values.
    """

    name: str
    identity: dict[str, object]

    @abstractmethod
    def complete(self, items: Sequence[Item], batch: int) -> list[list[Completion]]:
        """The completions of each item, at least one; equal calls give equal ones where the model
        is on this machine.

        Args:
            batch: number of the call.

        Raises:
            ErmError: a server does not answer, or the policy can't be asked for the items.
        """

    def revise(self, revisions: Sequence[Revision]) -> list[Completion]:
        """One new completion per revision, in order.

        Raises:
            ErmError: as `complete`, or this author can't revise.
        """
        raise ErmError(f"{self.name} can't revise.")

    def as_critic(self) -> Critic:
        """The same model as a critic of its own drafts; raises `ErmError` if it can't be asked."""
        raise ErmError(f"{self.name} can't report on its own drafts.")


class PolicyAuthor(Author):
    """A policy: greedy completions, and samples.

    Args:
        spec: as of `erm.policies.loading`, which loads it when it is first asked.
        endpoint: of a model behind one.
        journal: file that keeps the answers of a model behind an endpoint.

    Raises:
        ErmError: there is no such model, or it can't revise and is to do so.
    """

    def __init__(
        self,
        spec: str,
        settings: EvaluationSettings,
        endpoint: ConnectionSettings,
        journal: Path,
    ) -> None:
        self.name = spec
        self._spec, self._settings = spec, settings
        self._endpoint, self._journal = endpoint, journal
        self._policy: Policy | None = None
        if settings.rounds and not can_revise(spec):
            raise ErmError(
                f"The policy '{spec}' was not trained to revise (train_policy.revisions) and "
                "follows no instructions; leave out --rounds, and draw more samples with "
                "--completions-per-image."
            )
        if settings.reflect and not spec.startswith(ENDPOINT):
            raise ErmError(f"--reflect is for policies behind endpoints, not for '{spec}'.")
        served, fields = spec.startswith(ENDPOINT), set(RequestSettings.model_fields)
        sampled = {"completions", "temperature", "seed"} if settings.completions else set()
        self.identity = {
            "policy": spec,
            "content": None if served else content_hash(model_folder(spec, "policy")),
            "request": endpoint.model_dump(mode="json", include=fields) if served else None,
            **settings.model_dump(mode="json", include=sampled),
        }

    def complete(self, items: Sequence[Item], batch: int) -> list[list[Completion]]:
        policy = self._loaded()
        requests = [Request(item.task, item.seen, item.prompt) for item in items]
        found = [[_answer("first", one)] for one in policy.complete_each(requests)]
        for number in range(self._settings.completions):
            seed = self._sample_seed(batch, number)
            sampling = policy.at_temperature(self._settings.temperature, seed)
            answers = sampling.complete_each(requests)
            for own, one in zip(found, answers, strict=True):
                own.append(_answer("sampled", one))
        return found

    def revise(self, revisions: Sequence[Revision]) -> list[Completion]:
        policy = self._loaded()
        assert isinstance(policy, RevisingPolicy)
        return [_answer("revised", one) for one in policy.revise_each(revisions)]

    def as_critic(self) -> Critic:
        from erm.critics.endpoint import EndpointCritic
        from erm.policies.endpoint import EndpointPolicy

        policy = self._loaded()
        assert isinstance(policy, EndpointPolicy)
        return EndpointCritic(policy.endpoint.model, endpoint=policy.endpoint)

    def _loaded(self) -> Policy:
        if self._policy is None:
            self._policy = policy_from_spec(
                self._spec,
                batch_size=self._settings.batch_size,
                endpoint=self._endpoint,
                journal=self._journal,
            )
        return self._policy

    def _sample_seed(self, batch: int, number: int) -> int:
        text = f"{self._settings.seed}/{batch}/{number}".encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=3).digest())


def _answer(mode: Mode, answer: Reply | EndpointError) -> Completion:
    if isinstance(answer, EndpointError):
        return Completion(mode, None, no_answer(answer))
    return Completion(mode, answer.text, tokens=answer.tokens)


def no_answer(error: EndpointError) -> str:
    """Why there is no completion; raises the error if it is not the policy's own."""
    if not error.garbled:
        raise error
    return f"no_answer: {str(error).rstrip('.')}"
