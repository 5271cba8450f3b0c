"""A critic behind an OpenAI-compatible endpoint, such as vLLM serving Qwen3-VL.

This module holds the prompt, the published sampling parameters, the image sizes and the JSON schema
of replies; `erm.endpoints.client` talks to the server.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from erm.critics.base import Critic, Critique, ImagePair, open_pair, read_reply, scaled_pair
from erm.endpoints.client import DEFAULT_URL, Answer, Endpoint, Question
from erm.endpoints.errors import EndpointError
from erm.endpoints.settings import RequestSettings
from erm.errors import ErmError
from erm.images import encode_png
from erm.models.prompts import critic_prompt
from erm.report import (
    BEGINNING,
    GRADES,
    OVERALL,
    expected_severity,
    readable_categories,
)
from erm.tasks import get_task

if TYPE_CHECKING:
    from erm.models.served import ServedModel

PUBLISHED_SAMPLING: dict[str, Any] = {
    "temperature": 0.7,
    "top_p": 0.8,
    "presence_penalty": 1.5,
    "max_tokens": 4096,
}
"""How the published critic samples; with `PUBLISHED_TOP_K` on servers that accept it."""

PUBLISHED_TOP_K = 20
"""OpenAI's own service refuses this field; vLLM and others accept it."""

_PARALLEL = 4
"""Most calls at the same time, which share the endpoint's concurrency. With one call at a time the
servers would idle while its slowest reply is waited for."""


class EndpointCritic(Critic):
    """A critic whose model runs on a server.

    Args:
        model: its name on the server.
        endpoint: the connection; by default to ``OPENAI_BASE_URL`` with ``OPENAI_API_KEY`` and the
            published sampling.
        constrained: sends the report's JSON schema as ``response_format``, for servers with
            constrained decoding.
        prompts: task → the text after the images, of a model that was trained with other prompts
            than ours; it judges these tasks alone.
        served: how the model was trained to be asked, its prompts included; by default with the
            full instructions of `erm.models.prompts` and images of the published sizes.

    Attributes:
        asked, unparsable: number of replies so far, and of those without a report.

    Raises:
        ErmError: neither a key nor an address of a server is set.
    """

    varies = True

    def __init__(
        self,
        model: str,
        *,
        endpoint: Endpoint | None = None,
        constrained: bool = False,
        prompts: Mapping[str, str] | None = None,
        served: ServedModel | None = None,
    ) -> None:
        self.name = f"openai:{model}"
        self.endpoint = endpoint or published_endpoint(model)
        self.parallel = min(_PARALLEL, self.endpoint.concurrency)
        self.batch_size = self.endpoint.concurrency // self.parallel
        self.asked = 0
        self.unparsable = 0
        self._constrained = constrained
        self._prompts = prompts
        self._served = served
        self.grades = served is not None and served.role.graded
        self._failures: Counter[tuple[str, tuple[Path | bytes, ...]]] = Counter()
        self._counting = Lock()

    @property
    def identity(self) -> str:
        request = json.dumps(self.endpoint.options, sort_keys=True)
        prompts = f" {json.dumps(self._prompts, sort_keys=True)}" if self._prompts else ""
        served = f" asked as {self._served.identity}" if self._served is not None else ""
        return (
            f"{self.name} {request}{' constrained' if self._constrained else ''}{prompts}{served}"
        )

    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        """Critiques in order; a pair whose last reply had no report gets a new sample.

        Raises:
            ErmError: an image can't be read, a task is unknown, or no server answered.
        """
        questions = self._questions(pairs)
        answers = self.endpoint.ask_all(questions)
        asked = [(pair.task, question) for pair, question in zip(pairs, questions, strict=True)]
        return self._read(asked, answers)

    def critique_each(self, pairs: Sequence[ImagePair]) -> list[Critique | EndpointError]:
        """As `critique`; a pair without an answer has its error.

        Raises:
            ErmError: an image can't be read, or a task is unknown.
        """
        questions = self._questions(pairs)
        answers = self.endpoint.ask_each(questions)
        answered = [
            ((pair.task, question), answer)
            for pair, question, answer in zip(pairs, questions, answers, strict=True)
            if isinstance(answer, Answer)
        ]
        read = iter(self._read([asked for asked, _ in answered], [one for _, one in answered]))
        return [answer if isinstance(answer, EndpointError) else next(read) for answer in answers]

    def grade_each(self, pairs: Sequence[ImagePair]) -> list[float | EndpointError]:
        questions = [
            replace(self._question(pair, number), beginning=BEGINNING, end=",")
            for number, pair in enumerate(pairs, start=1)
        ]
        return [self._graded(answer) for answer in self.endpoint.ask_each(questions)]

    def _graded(self, answer: Answer | EndpointError) -> float | EndpointError:
        if isinstance(answer, EndpointError):
            return answer
        with self._counting:
            self.asked += 1
        expected = expected_severity(answer.following or {})
        if expected is None:
            return EndpointError(
                f"{self.name}: no probabilities of a grade came with the reply {answer.text!r}.",
                "refused",
            )
        return expected

    def _questions(self, pairs: Sequence[ImagePair]) -> list[Question]:
        questions = [self._question(pair, number) for number, pair in enumerate(pairs, start=1)]
        return [
            replace(
                question,
                schema=report_schema(pair.task, graded=self.grades) if self._constrained else None,
                beginning=BEGINNING if self.grades else None,
                attempt=self._failures[pair.task, question.images],
            )
            for pair, question in zip(pairs, questions, strict=True)
        ]

    def _question(self, pair: ImagePair, number: int) -> Question:
        images = open_pair(pair, number)
        if self._served is None:
            scaled = scaled_pair(images, get_task(pair.task).published_max_side)
            pictures = tuple(encode_png(image) for image in scaled)
            return Question(self._prompt(pair.task), images=pictures)
        sides = self._served.role.max_sides
        if sides is not None and pair.task in sides:
            images = scaled_pair(images, sides[pair.task])
        return self._served.question(pair.task, images)

    def _prompt(self, task: str) -> str:
        if self._prompts is None:
            return critic_prompt(task, brief=False)
        if task not in self._prompts:
            known = ", ".join(self._prompts)
            raise ErmError(f"{self.name} has no prompt for task {task}, only for {known}.")
        return self._prompts[task]

    def _read(
        self, asked: Sequence[tuple[str, Question]], answers: Sequence[Answer]
    ) -> list[Critique]:
        critiques = [
            replace(
                read_reply(task, answer.text),
                expected_severity=expected_severity(answer.following or {}),
                tokens=answer.tokens_out or None,
            )
            for (task, _), answer in zip(asked, answers, strict=True)
        ]
        failed = {
            (task, question.images)
            for (task, question), one in zip(asked, critiques, strict=True)
            if one.parsed is None
        }
        with self._counting:
            self.asked += len(critiques)
            self.unparsable += sum(one.parsed is None for one in critiques)
            self._failures.update(failed)
        return critiques


def published_endpoint(
    model: str, request: RequestSettings | None = None, **options: Any
) -> Endpoint:
    """A connection with the published critic's sampling.

    Args:
        request: fields that replace those of the published sampling.
        **options: of `erm.endpoints.client.Endpoint`, such as ``base_urls``, ``concurrency``,
            ``journal``.
    """
    endpoint = Endpoint(model, **options)
    sampling = dict(PUBLISHED_SAMPLING)
    if DEFAULT_URL not in endpoint.base_urls:
        sampling["extra_body"] = {"top_k": PUBLISHED_TOP_K}
    endpoint.options = (request or RequestSettings()).request(sampling)
    return endpoint


def report_schema(task: str, *, graded: bool = False) -> dict[str, Any]:
    """JSON schema of a reply, with the fields in the order of `erm.critics.base.write_reply`.

    Args:
        graded: whether the reply begins with the overall grade, as that of a critic that we
            trained.

    Raises:
        ErmError: the task is unknown.
    """
    categories = list(readable_categories(task))
    fields: dict[str, Any] = {
        "location": {"type": "string"},
        "description": {"type": "string"},
        get_task(task).category_key: {"type": "string", "enum": categories},
        "severity": {"type": "integer", "enum": [1, 2, 3]},
    }
    errors = {
        "type": "array",
        "items": {
            "type": "object",
            "properties": fields,
            "required": list(fields),
            "additionalProperties": False,
        },
    }
    grade = {OVERALL: {"type": "integer", "enum": list(range(len(GRADES)))}} if graded else {}
    properties = {**grade, "errors": errors}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
