"""The client of OpenAI-compatible chat endpoints: many questions, each paid for once.

It limits concurrency, tries again, alternates between servers, sends images, keeps answers in a
journal, and counts tokens and cost. Judges, critics, policies and editors use it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import math
import os
import random
import re
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import openai
from openai import AsyncOpenAI

from erm.endpoints.addresses import checked_address
from erm.endpoints.errors import EndpointError, EndpointFailure
from erm.errors import ErmError

DEFAULT_URL = "https://api.openai.com/v1"
_REFUSALS = {
    401: "refuses the API key (401)",
    403: "forbids the request (403)",
    404: "does not know the model or the path (404)",
}
_ALTERNATIVES = 20
"""Tokens in one place whose probabilities are asked for; servers give no more."""
_GARBLED = (ValueError, RecursionError, openai.APIResponseValidationError)
"""What reading an answer raises that is no completion."""
_MAGIC = ((b"\x89PNG", "png"), (b"\xff\xd8", "jpeg"), (b"GIF8", "gif"), (b"RIFF", "webp"))


@dataclass(frozen=True)
class Question:
    """One request.

    Attributes:
        text: of the prompt; the images precede it, in order.
        images: files or bytes of PNG, JPEG, GIF or WebP.
        captions: texts that follow the last images, one each.
        system: an optional system message.
        schema: a JSON schema for the reply, for servers that support one.
        attempt: number of the sample; equal questions with different numbers are all asked.
        beginning: of the reply; the probabilities of the token after it are asked for.
        end: a text before which the reply ends.
    """

    text: str
    images: tuple[Path | bytes, ...] = ()
    captions: tuple[str, ...] = ()
    system: str | None = None
    schema: Mapping[str, Any] | None = None
    attempt: int = 0
    beginning: str | None = None
    end: str | None = None


@dataclass(frozen=True)
class Answer:
    """One reply.

    Attributes:
        tokens_in, tokens_out: as the server counts them.
        recorded: whether it came from the journal and cost nothing.
        following: the likeliest texts of the token after `Question.beginning` and their
            probabilities; None where the server gives none or the reply begins otherwise.
    """

    text: str
    tokens_in: int
    tokens_out: int
    recorded: bool = False
    following: Mapping[str, float] | None = None


@dataclass
class Usage:
    """Tokens and cost so far; prices are per million tokens, `cost` is in their currency."""

    price_in: float = 0.0
    price_out: float = 0.0
    answers: int = 0
    recorded: int = 0
    retries: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    @property
    def cost(self) -> float:
        return (self.tokens_in * self.price_in + self.tokens_out * self.price_out) / 1e6

    def __str__(self) -> str:
        return (
            f"{self.answers} answers paid, {self.recorded} from the journal, {self.retries} "
            f"retries, {self.tokens_in} tokens in, {self.tokens_out} out, cost {self.cost:.4f}"
        )


class Endpoint:
    """A model on one or several servers.

    Args:
        model: its name on the servers.
        base_urls: servers, used in turn; by default ``OPENAI_BASE_URL`` (several with commas in
            between), else OpenAI's.
        api_key: by default ``OPENAI_API_KEY``; other servers may need none.
        options: further fields of the request (``temperature``, ``max_tokens``, ``extra_body``),
            such as `erm.endpoints.settings.RequestSettings.request` gives.
        concurrency: most simultaneous requests, over all servers.
        attempts: tries per question.
        timeout: seconds per try.
        first_delay, longest_delay: seconds; the pause doubles with each try, with jitter.
        journal: a JSONL file. Each answer is appended at once, and known answers are reused.
        price_in, price_out: per million tokens, for the cost report.
        token_budget: no further request is sent after so many tokens.

    Raises:
        ErmError: neither a key nor an address of a server is set, one of them is invalid, or the
            journal is damaged.
    """

    def __init__(
        self,
        model: str,
        *,
        base_urls: Sequence[str] = (),
        api_key: str | None = None,
        options: Mapping[str, Any] | None = None,
        concurrency: int = 16,
        attempts: int = 6,
        timeout: float = 180.0,
        first_delay: float = 1.0,
        longest_delay: float = 60.0,
        journal: str | Path | None = None,
        price_in: float = 0.0,
        price_out: float = 0.0,
        token_budget: int | None = None,
    ) -> None:
        named = os.environ.get("OPENAI_BASE_URL", "").split(",")
        self.model = model
        known = tuple(url.strip() for url in named if url.strip())
        self.base_urls = tuple(map(_address, tuple(base_urls) or known or (DEFAULT_URL,)))
        key = api_key or os.environ.get("OPENAI_API_KEY")
        if not key and DEFAULT_URL in self.base_urls:
            raise ErmError(
                f"Model '{model}' needs OPENAI_API_KEY, or OPENAI_BASE_URL of a server without."
            )
        self._key = (key or "none").strip()
        if not (self._key.isascii() and self._key.isprintable()):
            raise ErmError(f"The API key for model '{model}' holds characters that no key has.")
        self.options = dict(options or {})
        self.concurrency, self.attempts, self.timeout = concurrency, attempts, timeout
        self.first_delay, self.longest_delay = first_delay, longest_delay
        self.token_budget = token_budget
        self.usage = Usage(price_in, price_out)
        self._journal = Journal(Path(journal)) if journal is not None else None
        self._turn = 0

    def ask_all(self, questions: Sequence[Question]) -> list[Answer]:
        """As `ask_all_async`, outside an event loop."""
        return asyncio.run(self.ask_all_async(questions))

    async def ask_all_async(self, questions: Sequence[Question]) -> list[Answer]:
        """Answers in order; equal questions are asked once.

        Raises:
            ErmError: the server refused the key, the model or the request, all tries failed, or
                the token budget is spent. Requests that are under way are still waited for, so
                that the journal has all answers that were paid for.
        """
        answers = await self._answers(questions, patient=False)
        return [answer for answer in answers if isinstance(answer, Answer)]

    def ask_each(self, questions: Sequence[Question]) -> list[Answer | EndpointError]:
        """As `ask_all`, with the error of each question that got no answer in its place.

        A question that fails on its own does not hurt the others. Where a server can't be reached,
        refuses the key or the model, or the token budget is spent, no further question is asked.
        """
        return asyncio.run(self._answers(questions, patient=True))

    async def _answers(
        self, questions: Sequence[Question], *, patient: bool
    ) -> list[Answer | EndpointError]:
        """Answers or errors in order.

        Args:
            patient: go on after an error that concerns one question alone.
        """
        keys = [_key(self.model, question, self.options) for question in questions]
        answers: dict[str, Answer | EndpointError] = {}
        if self._journal is not None:
            answers = {
                key: self._journal.answers[key] for key in keys if key in self._journal.answers
            }
            self.usage.recorded += len(answers)
        open_questions = {
            key: question
            for key, question in zip(keys, questions, strict=True)
            if key not in answers
        }
        if open_questions:
            answers.update(await self._ask_open(open_questions, patient))
        return [answers[key] for key in keys]

    async def _ask_open(
        self, questions: Mapping[str, Question], patient: bool
    ) -> dict[str, Answer | EndpointError]:
        answers: dict[str, Answer | EndpointError] = {}
        stops: list[ErmError] = []
        over = asyncio.Event()
        waiting = iter(questions.items())

        async def work(clients: Sequence[AsyncOpenAI]) -> None:
            for key, question in waiting:
                if over.is_set():
                    return
                try:
                    answers[key] = await self._ask(clients, key, question, over)
                except ErmError as error:
                    if patient and isinstance(error, EndpointError):
                        answers[key] = error
                        if not error.common:
                            continue
                    stops.append(error)
                    over.set()

        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(
                    AsyncOpenAI(
                        base_url=url, api_key=self._key, timeout=self.timeout, max_retries=0
                    )
                )
                for url in self.base_urls
            ]
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self.concurrency, len(questions))):
                    group.create_task(work(clients))
        for error in stops:
            if not patient or not isinstance(error, EndpointError):
                raise error
            for key in questions:
                answers.setdefault(key, error)
        return answers

    async def _ask(
        self, clients: Sequence[AsyncOpenAI], key: str, question: Question, over: asyncio.Event
    ) -> Answer:
        """One answer; there is no further try after another question has set `over`."""
        request = self._request(question)
        last = ""
        kind: EndpointFailure = "unreachable"
        cause: Exception | None = None
        for attempt in range(self.attempts):
            spent = self.usage.tokens_in + self.usage.tokens_out
            if self.token_budget is not None and spent >= self.token_budget:
                raise EndpointError(
                    f"The budget of {self.token_budget} tokens is spent after "
                    f"{self.usage.answers} answers of model '{self.model}'.",
                    "refused",
                    common=True,
                )
            client = clients[self._turn % len(clients)]
            self._turn += 1
            wait: float | None = None
            kind = "unreachable"
            try:
                # The client limits only the time between bytes, and a server may be endlessly slow.
                async with asyncio.timeout(self.timeout):
                    completion = await client.chat.completions.create(**request)
                    answer = _answer(completion, question.beginning)
            except openai.APIStatusError as error:
                cause = error
                if error.status_code < 500 and error.status_code not in (408, 409, 429):
                    raise self._refused(client, error, request) from error
                last = f"status {error.status_code}"
                wait = _asked_pause(error)
            except (TimeoutError, openai.APITimeoutError) as error:
                cause = error
                kind = "late"
                last = f"no whole reply in {self.timeout:g} s"
            except (openai.APIConnectionError, openai.APIResponseValidationError) as error:
                cause = error
                last = (str(error.__cause__ or "") or str(error)).rstrip(".")
            except (ValueError, RecursionError) as error:
                cause = error
                last = f"an unreadable reply ({error})"
            else:
                self._record(key, answer)
                return answer
            if attempt + 1 < self.attempts:
                with suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), self._pause(attempt, wait))
                if over.is_set():
                    break
                self.usage.retries += 1
        raise EndpointError(
            f"Model '{self.model}' gave no answer in {self.attempts} tries at "
            f"{', '.join(self.base_urls)}; the last one: {last}.",
            kind,
            common=kind == "unreachable" and isinstance(cause, openai.APIConnectionError),
            garbled=isinstance(cause, _GARBLED),
        ) from cause

    def _request(self, question: Question) -> dict[str, Any]:
        content: list[dict[str, Any]] = []
        captioned = len(question.images) - len(question.captions)
        for number, image in enumerate(question.images):
            content.append({"type": "image_url", "image_url": {"url": data_url(image)}})
            if number >= captioned:
                content.append({"type": "text", "text": question.captions[number - captioned]})
        content.append({"type": "text", "text": question.text})
        messages: list[dict[str, Any]] = [
            {"role": "user", "content": content if question.images else question.text}
        ]
        if question.system is not None:
            messages.insert(0, {"role": "system", "content": question.system})
        request = {"model": self.model, "messages": messages, **self.options}
        if question.beginning is not None:
            request |= {"logprobs": True, "top_logprobs": _ALTERNATIVES}
        if question.end is not None:
            request["stop"] = [question.end]
        if question.schema is not None:
            request["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "reply", "schema": dict(question.schema), "strict": True},
            }
        return request

    def _record(self, key: str, answer: Answer) -> None:
        self.usage.answers += 1
        self.usage.tokens_in += answer.tokens_in
        self.usage.tokens_out += answer.tokens_out
        if self._journal is not None:
            self._journal.append(key, self.model, answer)

    def _refused(
        self, client: AsyncOpenAI, error: openai.APIStatusError, request: Mapping[str, Any]
    ) -> EndpointError:
        """What the server refuses, and the endpoint options that change it."""
        refusal = _REFUSALS.get(error.status_code, f"refuses the request ({error.status_code})")
        details = " ".join(error.message.split())[:300].rstrip(".")
        remedy = _remedy(error.message, request) if error.status_code in (400, 422) else ""
        return EndpointError(
            f"{client.base_url} {refusal} for model '{self.model}': {details}.{remedy}",
            "refused",
            common=error.status_code in _REFUSALS,
        )

    def _pause(self, attempt: int, asked: float | None) -> float:
        # With jitter, many workers don't try again at the same moment. It changes no result.
        pause = min(self.longest_delay, self.first_delay * 2.0**attempt) * random.uniform(0.5, 1.0)
        return pause if asked is None else min(self.longest_delay, max(pause, asked))


def _remedy(details: str, request: Mapping[str, Any]) -> str:
    """The endpoint options that leave out the fields of a request that a server's words name."""
    ours = ("model", "messages", "extra_body", "logprobs", "top_logprobs")
    names = {name: name for name in request if name not in ours}
    names |= {name: f"extra_body.{name}" for name in request.get("extra_body", {})}
    named = [
        option
        for name, option in names.items()
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", details)
    ]
    options = [f"{option}=null" for option in named if option != "response_format"]
    if "max_tokens" in named:
        options.append(f"or max_completion_tokens={request['max_tokens']} in its place")
    sentences = []
    if options:
        sentences.append(f" The endpoint option leaves it out: {', '.join(options)}.")
    if "response_format" in named:
        sentences.append(
            " Without the report's schema (--free, constrained: false) it is not sent."
        )
    return "".join(sentences)


def _address(url: str) -> str:
    return checked_address(url, "a server", "http://HOST:PORT/v1")


def _asked_pause(error: openai.APIStatusError) -> float | None:
    """Seconds of the server's ``Retry-After``, if it is a number."""
    try:
        return float(error.response.headers["retry-after"])
    except (KeyError, ValueError):
        return None


def _answer(completion: Any, beginning: str | None) -> Answer:
    """The text of the first choice; raises ValueError if the body is not a completion."""
    # The client builds its objects from any JSON, without checking it.
    try:
        choice = completion.choices[0]
        text = choice.message.content
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise ValueError("no choices") from error
    if not isinstance(text, str | None):
        raise ValueError("its content is no text")
    usage = getattr(completion, "usage", None)
    return Answer(
        # JSON may contain half a surrogate pair, which can't be written to a file.
        text=(text or "").encode(errors="replace").decode(),
        tokens_in=_count(usage, "prompt_tokens"),
        tokens_out=_count(usage, "completion_tokens"),
        following=None if beginning is None else _following(choice, beginning),
    )


def _following(choice: Any, beginning: str) -> dict[str, float] | None:
    """The probabilities of the token after the beginning of a reply."""
    written = ""
    try:
        for place in choice.logprobs.content:
            if written == beginning:
                return {one.token: math.exp(one.logprob) for one in place.top_logprobs}
            written += place.token
    except (AttributeError, TypeError, OverflowError):
        return None
    return None


def _count(usage: Any, name: str) -> int:
    """Tokens as counted by the server; 0 if it does not count them."""
    number = getattr(usage, name, None)
    return number if isinstance(number, int) else 0


def data_url(image: Path | bytes) -> str:
    """An image as a base64 data URL; raises `ErmError` if it is missing or not an image."""
    content = _content(image)
    for magic, name in _MAGIC:
        if content.startswith(magic):
            return f"data:image/{name};base64,{base64.b64encode(content).decode()}"
    named = image if isinstance(image, Path) else f"{len(content)} bytes"
    raise ErmError(f"{named} is not a PNG, JPEG, GIF or WebP image.")


def _content(image: Path | bytes) -> bytes:
    if isinstance(image, bytes):
        return image
    try:
        return image.read_bytes()
    except OSError as error:
        raise ErmError(f"{image} can't be read: {error}.") from error


def _key(model: str, question: Question, options: Mapping[str, Any]) -> str:
    """SHA-256 of all inputs of the answer, in hexadecimal."""
    asked: dict[str, Any] = {
        "model": model,
        "text": question.text,
        "images": [hashlib.sha256(_content(image)).hexdigest() for image in question.images],
        "system": question.system,
        "schema": question.schema,
        "attempt": question.attempt,
        "options": options,
    }
    if question.captions:
        asked["captions"] = question.captions
    if question.beginning is not None:
        asked["beginning"] = question.beginning
    if question.end is not None:
        asked["end"] = question.end
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()


@dataclass
class Journal:
    """Answers on disk, one JSON object per line, so that no answer is paid for twice.

    An incomplete last line, left by a killed run, is removed. Any other line that can't be read
    raises `ErmError`.
    """

    path: Path
    answers: dict[str, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.path.exists():
            return
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            with self.path.open("r+b") as file:
                file.truncate(len(whole))
        for number, line in enumerate(whole.split(b"\n")[:-1], start=1):
            try:
                row = json.loads(line)
                self.answers[row["key"]] = Answer(
                    row["text"],
                    row["tokens_in"],
                    row["tokens_out"],
                    recorded=True,
                    following=row.get("following"),
                )
            except (ValueError, KeyError, TypeError) as error:
                message = f"{self.path}, line {number} is not a recorded answer: {error!r}."
                raise ErmError(message) from error

    def append(self, key: str, model: str, answer: Answer) -> None:
        """Append one answer to the file; raises `ErmError` if it can't be written."""
        row = {
            "key": key,
            "model": model,
            "text": answer.text,
            "tokens_in": answer.tokens_in,
            "tokens_out": answer.tokens_out,
        }
        if answer.following is not None:
            row["following"] = dict(answer.following)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered: a line is written at once, so those of several processes don't mix.
            with self.path.open("ab", buffering=0) as file:
                file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        except OSError as error:
            raise ErmError(f"{self.path}: can't be written ({error.strerror}).") from error
        self.answers[key] = replace(answer, recorded=True)
