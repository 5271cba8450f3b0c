"""Settings of models behind OpenAI-compatible servers: how they are reached and what is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError

from erm.errors import ErmError, reason_of
from erm.settings import Settings

Default = Literal["default"]
"""The value of the model's role: a critic, policy, editor, annotator or judge has its own."""

_EXTRA = "extra_body"


class RequestSettings(Settings):
    """Fields of each request, by the names that servers know. They change the answers.

    ``default`` is the value of the model's role, such as the published sampling of a critic. None
    leaves the field out, for servers that refuse it.

    Attributes:
        temperature, top_p, presence_penalty, frequency_penalty, seed: of sampling.
        max_tokens: longest reply.
        max_completion_tokens: the same under the name that newer models of OpenAI want; a number
            here replaces `max_tokens`.
        reasoning_effort: of models that reason, such as ``low``.
        extra_body: further fields, such as ``top_k`` or ``chat_template_kwargs``.
    """

    temperature: Annotated[float, Field(ge=0)] | Default | None = "default"
    top_p: Annotated[float, Field(gt=0, le=1)] | Default | None = "default"
    presence_penalty: float | Default | None = "default"
    frequency_penalty: float | Default | None = "default"
    seed: int | Default | None = "default"
    max_tokens: Annotated[int, Field(ge=1)] | Default | None = "default"
    max_completion_tokens: Annotated[int, Field(ge=1)] | Default | None = "default"
    reasoning_effort: str | None = "default"
    extra_body: dict[str, Any] = Field(default_factory=dict)

    def request(self, defaults: Mapping[str, Any]) -> dict[str, Any]:
        """Fields of a request (`erm.endpoints.client.Endpoint.options`).

        Args:
            defaults: fields of the model's role.
        """
        fields = {name: getattr(self, name) for name in REQUEST_FIELDS}
        chosen = {name: value for name, value in fields.items() if value != "default"}
        if chosen.get("max_completion_tokens") is not None:
            chosen.setdefault("max_tokens", None)
        extra = _present({**defaults.get(_EXTRA, {}), **self.extra_body})
        return _present({**defaults, **chosen, _EXTRA: extra or None})


REQUEST_FIELDS = tuple(name for name in RequestSettings.model_fields if name != _EXTRA)


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


class ConnectionSettings(RequestSettings):
    """A connection and what is sent over it.

    Attributes:
        base_urls: servers, used in turn; if empty, ``OPENAI_BASE_URL``, else OpenAI's.
        concurrency: most simultaneous requests, over all servers.
        attempts: tries per request, with growing pauses.
        timeout: seconds per try.
        first_delay: seconds of the first pause.
    """

    base_urls: tuple[str, ...] = ()
    concurrency: int = Field(default=16, ge=1)
    attempts: int = Field(default=6, ge=1)
    timeout: float = Field(default=180.0, gt=0)
    first_delay: float = Field(default=1.0, ge=0)

    def connection(self) -> dict[str, Any]:
        """Arguments of `erm.endpoints.client.Endpoint`, those that don't change the answers."""
        return self.model_dump(exclude=set(RequestSettings.model_fields))


Connection = TypeVar("Connection", bound=ConnectionSettings)


def connection_settings(assignments: Sequence[str], kind: type[Connection]) -> Connection:
    """Settings from texts such as ``concurrency=64``, ``temperature=null``, ``extra_body.top_k=5``.

    ``base_urls`` takes several with commas in between; values in ``extra_body`` are JSON, or else
    text.

    Raises:
        ErmError: a text is not an assignment, or its name or value is invalid.
    """
    fields: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for assignment in assignments:
        name, sign, text = (part.strip() for part in assignment.partition("="))
        if not sign:
            raise ErmError(f"'{assignment}' is no endpoint option; write NAME=VALUE.")
        value = None if text in ("null", "none", "None") else text
        if name == "base_urls":
            fields[name] = text.split(",")
        elif name.startswith(f"{_EXTRA}."):
            extra[name.removeprefix(f"{_EXTRA}.")] = _json_or_text(text)
        else:
            fields[name] = value
    if extra:
        fields[_EXTRA] = extra
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        known = ", ".join(f"{name}.NAME" if name == _EXTRA else name for name in kind.model_fields)
        raise ErmError(
            f"Endpoint option '{first['loc'][0]}': {reason_of(first)}; known options: {known}."
        ) from error


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
