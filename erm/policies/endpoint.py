"""Policies behind an OpenAI-compatible endpoint; one that follows instructions can revise."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from erm.endpoints.client import Endpoint, Question
from erm.endpoints.errors import EndpointError
from erm.errors import ErmError
from erm.images import encode_png, open_image
from erm.models.prompts import policy_prompt, revision_prompt
from erm.policies.base import Policy, Reply, Request, RevisingPolicy, Revision
from erm.tasks import get_task

if TYPE_CHECKING:
    from erm.models.served import ServedModel

MAX_TOKENS = 8192
"""Longest completion; the limit of the published reinforcement runs."""

GREEDY_OPTIONS = {"temperature": 0.0, "max_tokens": MAX_TOKENS}
"""Fields of a request for greedy decoding."""


class EndpointPolicy(Policy):
    """A policy whose model runs on a server.

    Args:
        model: its name on the server.
        endpoint: the connection; by default to ``OPENAI_BASE_URL`` with ``OPENAI_API_KEY`` and
            greedy decoding.
        attempt: number of the sample; further samples of a request need others.
        served: how the model was trained to be asked; by default with the full instructions of
            `erm.models.prompts` and images as they are.

    Raises:
        ErmError: neither a key nor an address of a server is set.
    """

    def __init__(
        self,
        model: str,
        *,
        endpoint: Endpoint | None = None,
        attempt: int = 0,
        served: ServedModel | None = None,
    ) -> None:
        self.name = f"openai:{model}"
        self.endpoint = endpoint or Endpoint(model, options=GREEDY_OPTIONS)
        self._attempt = attempt
        self._served = served

    def complete(self, requests: Sequence[Request], *, progress: bool = False) -> list[str]:
        return self._ask(self._questions(requests))

    def complete_each(self, requests: Sequence[Request]) -> list[Reply | EndpointError]:
        return self._ask_each(self._questions(requests))

    def at_temperature(self, temperature: float, seed: int) -> EndpointPolicy:
        other = copy.copy(self)
        other.endpoint = copy.copy(self.endpoint)
        other.endpoint.options = {**self.endpoint.options, "temperature": temperature}
        other._attempt = seed
        return other

    def _questions(self, requests: Sequence[Request]) -> list[Question]:
        return [
            self._question(item.task, item.image, number, item.prompt)
            for number, item in enumerate(requests, start=1)
        ]

    def _question(
        self,
        task: str,
        image: bytes | str | Path | Image.Image,
        number: int,
        prompt: str | None = None,
    ) -> Question:
        opened = open_image(image, f"Image {number}")
        if self._served is not None:
            if prompt is not None and not self._served.role.instructed:
                raise ErmError(
                    f"The policy '{self.name}' follows no instructions, and this data has some."
                )
            question = self._served.question(task, [opened])
            return question if prompt is None else replace(question, text=prompt)
        text = prompt or policy_prompt(get_task(task).name, brief=False)
        return Question(text, images=(encode_png(opened),))

    def _ask(self, questions: Sequence[Question]) -> list[str]:
        return [answer.text for answer in self.endpoint.ask_all(self._numbered(questions))]

    def _ask_each(self, questions: Sequence[Question]) -> list[Reply | EndpointError]:
        answers = self.endpoint.ask_each(self._numbered(questions))
        return [
            one if isinstance(one, EndpointError) else Reply(one.text, one.tokens_out or None)
            for one in answers
        ]

    def _numbered(self, questions: Sequence[Question]) -> list[Question]:
        return [replace(question, attempt=self._attempt) for question in questions]


class EndpointReviser(EndpointPolicy, RevisingPolicy):
    """A policy on a server that can revise: it follows instructions, or was trained on
    revisions."""

    def revise(self, revisions: Sequence[Revision]) -> list[str]:
        return self._ask(self._revising(revisions))

    def revise_each(self, revisions: Sequence[Revision]) -> list[Reply | EndpointError]:
        return self._ask_each(self._revising(revisions))

    def _revising(self, revisions: Sequence[Revision]) -> list[Question]:
        brief = self._served is not None and not self._served.role.instructed
        return [
            replace(
                self._question(item.task, item.image, number),
                text=revision_prompt(item.task, item.completion, item.feedback, brief=brief),
            )
            for number, item in enumerate(revisions, start=1)
        ]
