"""Parsing of JSON with the place in the error; values without NaN and infinities."""

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
    """The value with null for NaN and infinities, which standard JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(entry) for entry in value]
    return value
