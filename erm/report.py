"""Reports of discrepancies between a reference image and the render of a prediction.

Covers the typed report, its JSON form and the tolerant reader of critics' replies.
Not covered: categories, what makes two images differ (`erm.tasks`) and how a report becomes a
reward (`erm.rewards.published`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from erm.errors import ErmError
from erm.tasks import get_task
from erm.tasks.discrepancy import MEDIUM, MINOR, SEVERE, Box, Discrepancy


@dataclass(frozen=True)
class Report:
    """All discrepancies of one pair; empty where the two images are visually equivalent."""

    task: str
    errors: tuple[Discrepancy, ...] = ()

    def __post_init__(self) -> None:
        categories = categories_of(self.task)
        for error in self.errors:
            if error.category not in categories:
                raise ErmError(f"'{error.category}' is not a category of task {self.task}.")
            if error.severity not in (MINOR, MEDIUM, SEVERE):
                raise ErmError(f"Severity {error.severity!r} is not 1, 2 or 3.")

    @property
    def total_severity(self) -> int:
        """Sum of severities, S in the reward."""
        return sum(error.severity for error in self.errors)

    def sorted(self) -> Report:
        """The same report in reading order: from the top left, then by category and text."""
        order = {name: rank for rank, name in enumerate(categories_of(self.task))}

        def key(error: Discrepancy) -> tuple[Any, ...]:
            box = error.box or Box(0, 0, 0, 0)
            place = (round(box.y0), round(box.x0))
            return (*place, order[error.category], error.location, error.description)

        return replace(self, errors=tuple(sorted(self.errors, key=key)))

    def to_dict(self) -> dict[str, Any]:
        """The published format: a ``<category>_count`` integer per category, then ``errors``."""
        key = get_task(self.task).category_key
        counts = {
            f"{name}_count": sum(error.category == name for error in self.errors)
            for name in categories_of(self.task)
        }
        errors = [
            {
                key: error.category,
                "severity": error.severity,
                "location": error.location,
                "description": error.description,
            }
            for error in self.errors
        ]
        return {**counts, "errors": errors}

    def to_json(self) -> str:
        """`to_dict` as one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)


def categories_of(task: str) -> tuple[str, ...]:
    """Categories of a task, in the order in which reports list them.

    Raises:
        ErmError: the task is unknown.
    """
    return tuple(get_task(task).categories)


def category_of(error: Mapping[str, Any]) -> str | None:
    """An error's category under ``type``, or else ``category``; None where neither is text."""
    for key in ("type", "category"):
        if isinstance(error.get(key), str):
            return str(error[key])
    return None


def severity_of(error: Mapping[str, Any]) -> float | None:
    """An error object's severity as a number, numeric text included; None where there is none."""
    value = error.get("severity")
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


MOST_SEVERE = 1e6
"""S at most, so that a critic's reply can't make a reward infinite; no real report comes near."""

_THINKING = re.compile(r"<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"```[\w-]*\s*\n?(.*?)```", re.DOTALL)


def parse_reply(reply: str) -> dict[str, Any] | None:
    """The JSON object in a critic's free-form reply, or None where there is none.

    ``<think>`` blocks are dropped, and what comes before a ``</think>`` whose beginning stood in
    the prompt. The whole text is tried as JSON; then a code fence is removed and the rest is tried,
    then the first balanced ``{…}`` in it. ``errors``, where present, must be a list. Numbers that
    are not finite are None in the result, so that it can be written as JSON again.
    """
    whole = _THINKING.sub("", reply).rpartition("</think>")[2].strip()
    fenced = _FENCE.search(whole)
    text = fenced.group(1).strip() if fenced else whole
    for candidate in (whole, text, _first_object(text)):
        if candidate is None:
            continue
        try:
            value = _plain(json.loads(candidate))
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and isinstance(value.get("errors", []), list):
            return value
    return None


def _plain(value: Any) -> Any:
    """A JSON value without what UTF-8 and strict JSON can't hold."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {_plain(key): _plain(each) for key, each in value.items()}
    return value


def _first_object(text: str) -> str | None:
    start = text.find("{")
    if start < 0:
        return None
    depth, in_string, escaped = 0, False, False
    for index in range(start, len(text)):
        char = text[index]
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                return text[start : index + 1]
    return None


def total_severity(parsed: Mapping[str, Any]) -> float:
    """S of a parsed reply (`parse_reply`): negative severities count 0, missing ones nothing.

    At most `MOST_SEVERE`.
    """
    errors = parsed.get("errors", [])
    severities = [severity_of(error) for error in errors if isinstance(error, Mapping)]
    total = sum(max(0.0, severity) for severity in severities if severity is not None)
    return float(min(total, MOST_SEVERE))


def report_from_dict(task: str, parsed: Mapping[str, Any]) -> Report:
    """A typed report from a parsed reply, keeping the errors that a report can hold.

    Entries of another category, without a positive severity, or that are not objects are dropped;
    severities are rounded and clipped to 1..3.
    """
    kept = []
    for error in parsed.get("errors", []):
        if not isinstance(error, Mapping):
            continue
        category, severity = category_of(error), severity_of(error)
        if category not in categories_of(task) or severity is None or severity <= 0:
            continue
        kept.append(
            Discrepancy(
                category=str(category),
                severity=min(SEVERE, max(MINOR, round(severity))),
                location=str(error.get("location", "")),
                description=str(error.get("description", "")),
            )
        )
    return Report(task, tuple(kept))
