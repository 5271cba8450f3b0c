"""How servers of an OpenAI-compatible endpoint are reached; settings only, so that reading them is
cheap. Not covered: requests (`erm.endpoints.client`) and budgets of the data's models
(`erm.synthesis.proposals`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field, ValidationError

from erm.errors import ErmError
from erm.settings import Settings


class ConnectionSettings(Settings):
    """A connection; nothing here decides what comes back.

    Attributes:
        base_urls: servers, taken in turn; none is ``OPENAI_BASE_URL``, else the public one.
        concurrency: requests under way at once, over all servers.
        attempts: tries of one request, with growing pauses.
        timeout: seconds a try.
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
        ErmError: a text is no assignment, or its name or value is unknown.
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
