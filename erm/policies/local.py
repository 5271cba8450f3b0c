"""Policies with a model in this process: any Qwen3-VL folder that training wrote."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from erm.endpoints.errors import EndpointError
from erm.errors import ErmError
from erm.images import open_image
from erm.models.checkpoint import load_checkpoint
from erm.models.generation import GREEDY, VisualPrompt, generate, visual_prompt
from erm.models.prompts import revision_prompt
from erm.models.role import read_role
from erm.models.settings import SamplingSettings
from erm.policies.base import Reply, Request, RevisingPolicy, Revision, SamplingPolicy

DRAFT_SAMPLING = SamplingSettings(temperature=0.7, top_p=0.95, top_k=0)
"""How `LocalPolicy.sample` samples."""


class LocalPolicy(SamplingPolicy):
    """A policy with a model in this process; greedy by default.

    Raises:
        ErmError: the folder holds no policy.
    """

    def __init__(
        self,
        folder: Path,
        *,
        device: str | None = None,
        dtype: str = "float32",
        batch_size: int = 64,
        sampling: SamplingSettings = GREEDY,
    ) -> None:
        self.name = folder.name
        self._checkpoint = load_checkpoint(folder, "policy", device=device, dtype=dtype)
        self._batch_size = batch_size
        self.sampling = sampling

    @property
    def tasks(self) -> tuple[str, ...]:
        """Tasks that the policy was trained on."""
        return tuple(self._checkpoint.role.prompts)

    def complete(self, requests: Sequence[Request], *, progress: bool = False) -> list[str]:
        model, processor, role = self._checkpoint
        role.check_tasks(request.task for request in requests)
        if not role.instructed and any(one.prompt for one in requests):
            raise ErmError(
                f"The policy '{self.name}' follows no instructions, and this data has some."
            )
        return generate(
            model,
            processor,
            [
                _prompt(request.prompt or role.prompts[request.task], request.image, number)
                for number, request in enumerate(requests, start=1)
            ],
            max_new_tokens=role.max_new_tokens,
            batch_size=self._batch_size,
            sampling=self.sampling,
            progress="complete" if progress else None,
        )

    def complete_each(self, requests: Sequence[Request]) -> list[Reply | EndpointError]:
        return self._counted(self.complete(requests))

    def sample(self, requests: Sequence[Request], seed: int) -> list[str]:
        return self._sampling(DRAFT_SAMPLING.model_copy(update={"seed": seed})).complete(requests)

    def at_temperature(self, temperature: float, seed: int) -> LocalPolicy:
        return self._sampling(SamplingSettings(temperature=temperature, seed=seed))

    def _counted(self, texts: Sequence[str]) -> list[Reply | EndpointError]:
        """Texts with the number of their tokens, the one at their end left out."""
        tokenizer = self._checkpoint.processor.tokenizer
        return [Reply(text, len(tokenizer.tokenize(text))) for text in texts]

    def _sampling(self, sampling: SamplingSettings) -> LocalPolicy:
        """The same model with other sampling."""
        other = copy.copy(self)
        other.sampling = sampling
        return other


class LocalReviser(LocalPolicy, RevisingPolicy):
    """A policy that can revise: it follows instructions, or was trained on revisions."""

    def revise(self, revisions: Sequence[Revision]) -> list[str]:
        model, processor, role = self._checkpoint
        return generate(
            model,
            processor,
            [
                _prompt(
                    revision_prompt(
                        item.task, item.completion, item.feedback, brief=not role.instructed
                    ),
                    item.image,
                    number,
                )
                for number, item in enumerate(revisions, start=1)
            ],
            max_new_tokens=role.max_new_tokens,
            batch_size=self._batch_size,
            sampling=self.sampling,
        )

    def revise_each(self, revisions: Sequence[Revision]) -> list[Reply | EndpointError]:
        return self._counted(self.revise(revisions))


def _prompt(text: str, image: Any, number: int) -> VisualPrompt:
    return visual_prompt(text, [image], [open_image(image, f"Image {number}")])


def local_policy(folder: Path, **options: Any) -> LocalPolicy:
    """Load a policy's folder, as one that revises if its role says that it can.

    Args:
        **options: of `LocalPolicy`.

    Raises:
        ErmError: the folder holds no policy.
    """
    kind = LocalReviser if read_role(folder, "policy").can_revise else LocalPolicy
    return kind(folder, **options)
