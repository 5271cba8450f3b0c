"""Answers as JSON that any text fits in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response


def answer(
    status: int, content: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON answer in ASCII, so that halves of surrogate pairs can't break it."""
    body = json.dumps(content, allow_nan=False).encode()
    return Response(body, status, headers, media_type="application/json")
