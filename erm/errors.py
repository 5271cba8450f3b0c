"""The one exception that users are meant to read, and texts without secrets."""

import os
import re
from collections.abc import Mapping
from typing import Any

SECRETS = (
    "AWS_SECRET_ACCESS_KEY",
    "ERM_SERVE_TOKEN",
    "ERM_WEBHOOK",
    "HF_TOKEN",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "OPENAI_API_KEY",
    "PGPASSWORD",
    "PREFECT_API_AUTH_STRING",
    "PREFECT_API_KEY",
)
"""Variables whose values no text holds."""

_SHORTEST = 8
"""Characters of a value that is looked for; shorter ones are words such as ``none``."""

_USER = re.compile(r"(?<=://)[^/\s@]+@")


def masked(text: str) -> str:
    """The text without users and passwords in addresses, and without the values of `SECRETS`.

    Servers repeat keys that they refuse, and libraries the addresses that they can't reach.
    """
    values = {name: os.environ.get(name, "").strip() for name in SECRETS}
    # the longest first: a value may hold another one
    for name in sorted(values, key=lambda name: -len(values[name])):
        if len(values[name]) >= _SHORTEST:
            text = text.replace(values[name], f"<{name}>")
    return _USER.sub("", text)


def reason_of(detail: Mapping[str, Any]) -> str:
    """What a complaint of pydantic (``ValidationError.errors()``) says, without an end mark."""
    reason: str = detail["msg"].removeprefix("Value error, ").rstrip(".")
    return reason


class ErmError(Exception):
    """Bad input or a missing requirement.

    The message is one sentence that names the file, the item and the reason, without secrets
    (`masked`); entry points print it without a traceback and exit non-zero.
    """

    def __init__(self, message: str) -> None:
        super().__init__(masked(message))
