"""JSON values that standard JSON can hold, and reading them with a place in the error."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from erm.errors import ErmError


def parse_json(text: str, where: str) -> Any:
    """The value in a JSON text; raises `ErmError` that names `where`."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ErmError(f"{where} is not JSON, perhaps half-written: {error}.") from error


def finite(value: Any) -> Any:
    """The same JSON value with NaN and infinities as null, which standard JSON can hold."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(entry) for entry in value]
    return value
