"""Candidates by a policy, which sees only the images: natural errors instead of injected ones."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from erm.dataset.pairs import Reference
from erm.errors import ErmError
from erm.models.location import ENDPOINT, endpoint_model, model_folder
from erm.policies.base import Request
from erm.synthesis.proposals import Proposal, Proposer
from erm.tasks import task_names

if TYPE_CHECKING:
    from erm.endpoints.client import Endpoint
    from erm.models.served import ServedModel
    from erm.policies.local import LocalPolicy
    from erm.synthesis.settings import InferSettings


class PolicyProposer(Proposer):
    """A policy, local or behind an endpoint, that completes each image several times.

    Args:
        policy: a model folder, an MLflow URI, ``openai:NAME`` or ``openai:NAME=FOLDER``.
        journal: file of the endpoint's answers.

    Raises:
        ErmError: the policy can't be loaded or reached.
    """

    role = "policy"

    def __init__(self, policy: str, settings: InferSettings, journal: Path) -> None:
        self._settings, self._journal = settings, journal
        self._endpoint: Endpoint | None = None
        self._served: ServedModel | None = None
        self._local: LocalPolicy | None = None
        if policy.startswith(ENDPOINT):
            from erm.endpoints.client import Endpoint
            from erm.synthesis.spending import connection, model_name

            name, folder = endpoint_model(model_name(policy, "infer.policy"))
            longest = settings.max_tokens
            if folder is not None:
                from erm.models.served import served_model

                self._served = served_model(folder, "policy")
                longest = min(longest, self._served.role.max_new_tokens)
            options = settings.endpoint.request(
                {
                    "temperature": settings.temperature,
                    "top_p": settings.top_p,
                    "max_tokens": longest,
                    "seed": settings.seed,
                }
            )
            self._seed: int | None = options.get("seed")
            self._endpoint = Endpoint(
                name, options=options, **connection(settings.endpoint, journal)
            )
        else:
            from erm.policies.local import LocalPolicy

            self._local = LocalPolicy(
                model_folder(policy, "policy"),
                device=settings.device,
                dtype=settings.dtype,
                batch_size=settings.batch_size,
            )

    @property
    def tasks(self) -> tuple[str, ...]:
        """Tasks that the policy knows; all of them if nothing is known of a served one."""
        if self._local is not None:
            return self._local.tasks
        return task_names() if self._served is None else tuple(self._served.role.prompts)

    def propose(self, references: Sequence[Reference]) -> list[Proposal]:
        wanted = [self._settings.completions_of(one.split) for one in references]
        name = f"{self._settings.seed}/{references[0].source_id}"
        replies: list[list[str]] = [[] for _ in references]
        for number in range(max(wanted)):
            asked = [index for index, completions in enumerate(wanted) if number < completions]
            requests = [Request(references[index].task, references[index].image) for index in asked]
            for index, reply in zip(asked, self._draft(requests, name, number), strict=True):
                replies[index].append(reply)
        return [
            Proposal(one.source_id, "infer", ("policy",), reply)
            for one, own in zip(references, replies, strict=True)
            for reply in own
        ]

    def _draft(self, requests: Sequence[Request], name: str, number: int) -> list[str]:
        """One completion per request; `name` and `number` determine the seed."""
        if self._local is not None:
            from erm.models.settings import SamplingSettings

            self._local.sampling = SamplingSettings(
                temperature=self._settings.temperature,
                top_p=self._settings.top_p,
                seed=random.Random(f"{name}/{number}").getrandbits(31),
            )
            return self._local.complete(requests)
        assert self._endpoint is not None
        from erm.policies.endpoint import EndpointPolicy
        from erm.synthesis.spending import stopped

        attempt = 0
        if self._seed is not None:
            self._endpoint.options["seed"] = self._seed + number
        else:
            attempt = number
        policy = EndpointPolicy(
            self._endpoint.model, endpoint=self._endpoint, attempt=attempt, served=self._served
        )
        try:
            return policy.complete(requests)
        except ErmError as error:
            raise stopped(self.role, self._endpoint, self._journal, error) from error

    def metrics(self) -> dict[str, float]:
        if self._endpoint is None:
            return {}
        from erm.synthesis.spending import costs

        return costs(self.role, self._endpoint)
