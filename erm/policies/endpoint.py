"""A policy behind an OpenAI-compatible endpoint; it can revise its code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from erm.endpoints.client import Endpoint, Question
from erm.images import encode_png, open_image
from erm.models.prompts import policy_prompt, revision_prompt
from erm.policies.base import Request, RevisingPolicy, Revision
from erm.tasks import get_task

MAX_TOKENS = 8192
"""Longest completion; the limit of the published reinforcement runs."""

GREEDY_OPTIONS = {"temperature": 0.0, "max_tokens": MAX_TOKENS}
"""Fields of a request for greedy decoding."""


class EndpointPolicy(RevisingPolicy):
    """A policy whose model runs on a server.

    Args:
        model: its name on the server.
        endpoint: the connection; by default to ``OPENAI_BASE_URL`` with ``OPENAI_API_KEY`` and
            greedy decoding.
        attempt: number of the sample; further samples of a request need others.

    Raises:
        ErmError: neither a key nor an address of a server is set.
    """

    def __init__(self, model: str, *, endpoint: Endpoint | None = None, attempt: int = 0) -> None:
        self.name = f"openai:{model}"
        self.endpoint = endpoint or Endpoint(model, options=GREEDY_OPTIONS)
        self._attempt = attempt

    def complete(self, requests: Sequence[Request], *, progress: bool = False) -> list[str]:
        return self._ask(
            [
                (policy_prompt(get_task(item.task).name, brief=False), item.image)
                for item in requests
            ]
        )

    def revise(self, revisions: Sequence[Revision]) -> list[str]:
        return self._ask(
            [
                (revision_prompt(item.task, item.completion, item.feedback), item.image)
                for item in revisions
            ]
        )

    def _ask(self, asked: Sequence[tuple[str, bytes | str | Path | Image.Image]]) -> list[str]:
        questions = [
            Question(
                text,
                images=(encode_png(open_image(image, f"Image {number}")),),
                attempt=self._attempt,
            )
            for number, (text, image) in enumerate(asked, start=1)
        ]
        return [answer.text for answer in self.endpoint.ask_all(questions)]
