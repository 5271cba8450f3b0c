"""Settings of connections to OpenAI-compatible servers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field, ValidationError

from erm.errors import ErmError
from erm.settings import Settings


class ConnectionSettings(Settings):
    """A connection. These settings don't change the answers.

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


def connection_settings(assignments: Sequence[str]) -> ConnectionSettings:
    """Settings from texts such as ``concurrency=64`` or ``base_urls=http://a/v1,http://b/v1``.

    Raises:
        ErmError: a text is not an assignment, or its name or value is invalid.
    """
    fields: dict[str, Any] = {}
    for assignment in assignments:
        name, sign, value = (part.strip() for part in assignment.partition("="))
        if not sign:
            raise ErmError(f"'{assignment}' is no endpoint option; write NAME=VALUE.")
        fields[name] = value.split(",") if name == "base_urls" else value
    try:
        return ConnectionSettings.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        named = ".".join(str(part) for part in first["loc"])
        known = ", ".join(ConnectionSettings.model_fields)
        raise ErmError(
            f"Endpoint option '{named}': {first['msg']}; known options: {known}."
        ) from error
