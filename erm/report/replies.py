"""Reads a critic's free-form reply.

Two ways. ``strict`` reads a reply for what it says; a reply that states no report has none, so that
it can't earn what an empty report earns. ``published`` is the public reward's parser to the letter:
it takes an object without errors for an empty report.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from erm.report.typed import Report, readable_categories
from erm.tasks.discrepancy import MEDIUM, MINOR, SEVERE, Discrepancy
from erm.tasks.shared.completion import without_thinking

Replies = Literal["strict", "published"]
"""How critics' replies are read."""

Pairs = list[tuple[str, Any]]
"""Names and values of a JSON object, in order."""

MOST_SEVERE = 1e6
"""S at most, so that a critic's reply can't make a reward infinite; no real report comes near."""

SEVERITY_WORDS = {
    **dict.fromkeys(("minor", "low", "slight", "small", "mild", "trivial", "negligible"), MINOR),
    **dict.fromkeys(("medium", "moderate", "middle", "mid", "average"), MEDIUM),
    **dict.fromkeys(("severe", "major", "high", "critical", "serious", "large", "fatal"), SEVERE),
}
"""What severities in words mean, when replies are read strictly."""

_THINKING = re.compile(r"<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"```[\w-]*\s*\n?(.*?)```", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_LEVELS = 4
"""Objects and lists, one inside the other, in which a report is looked for."""
_OF_THREE = re.compile(r"(?:/|\bof\b|\bout of\b)\s*3\b")


def parse_reply(reply: str, replies: Replies = "strict") -> dict[str, Any] | None:
    """The report in a critic's free-form reply as JSON; None where it holds none.

    Numbers that are not finite are None in the result, so that it can be written as JSON again.

    Strictly, thoughts are dropped, and each JSON value in the text is read. A report is

    - an object with a list ``errors``;
    - a list of objects with a category, bare or under another key, or one such object;
    - one of these inside another object or list.

    Severities may be numbers, texts with one number, or words (`SEVERITY_WORDS`); the result has
    numbers. An entry without a severity counts nothing where another one has a positive severity;
    otherwise the list is no report. That nothing differs must be said under ``errors``: by an empty
    list, in an object that states no errors elsewhere, or by severities of 0. A reply that states
    two different reports states none, and so does one that is cut off.

    As published, ``<think>`` blocks are dropped, and what comes before a ``</think>`` whose
    beginning stood in the prompt. The whole text is tried as JSON; then a code fence is removed and
    the rest is tried, then the first balanced ``{…}`` in it. ``errors``, where present, must be a
    list.
    """
    return _strict(reply) if replies == "strict" else _published(reply)


def _published(reply: str) -> dict[str, Any] | None:
    whole = _THINKING.sub("", reply).rpartition("</think>")[2].strip()
    fenced = _FENCE.search(whole)
    text = fenced.group(1).strip() if fenced else whole
    for candidate in (whole, text, next(_spans(text, "{"), None)):
        value = _json(candidate)
        if isinstance(value, dict) and isinstance(value.get("errors", []), list):
            return value
    return None


def _strict(reply: str) -> dict[str, Any] | None:
    spans = list(_spans(without_thinking(reply), "{["))
    if None in spans:
        return None
    values = [_json(span, _consistent) for span in spans]
    if _is_list_of_errors(values):
        return _report(values, {})
    reports: list[dict[str, Any]] = []
    for value in values:
        errors = _stated(value)
        if errors is not None:
            own = value if isinstance(value, dict) and value.get("errors") is errors else {}
            report = _report(errors, own)
            if report not in reports:
                reports.append(report)
    return reports[0] if len(reports) == 1 else None


def _report(errors: list[Any], rest: Mapping[str, Any]) -> dict[str, Any]:
    """A report with its severities as numbers."""
    return {**rest, "errors": [_numbered(error) for error in errors]}


def _numbered(error: Any) -> Any:
    rated = _rated(error)
    in_words = rated is not None and severity_of(error) is None
    return {**error, "severity": rated} if in_words else error


def _stated(value: Any, levels: int = _LEVELS) -> list[Any] | None:
    """The errors that a JSON value states; None where it states none or contradicts itself."""
    if not levels:
        return None
    if isinstance(value, list):
        if _is_list_of_errors(value):
            return value
        return _stated(value[0], levels - 1) if len(value) == 1 else None
    if not isinstance(value, dict):
        return None
    below = [_stated(each, levels - 1) for each in value.values()]
    inside = [errors for errors in below if errors is not None]
    if isinstance(value.get("errors"), list):
        stated = value["errors"]
        ratings = [_rated(each) for each in stated]
        if None in ratings and not any(ratings):
            return None
        if inside and not stated:
            return None
    elif _is_list_of_errors([value]):
        return [value]
    elif len(inside) == 1:
        stated = inside[0]
    else:
        return None
    return stated if stated or not _counts_errors(value) else None


def _counts_errors(value: Mapping[str, Any]) -> bool:
    """Whether an object has a positive ``text_error_count``, ``total_severity`` or the like."""
    return any(
        name.endswith(("_count", "_severity")) and isinstance(number, (int, float)) and number > 0
        for name, number in value.items()
    )


def _is_list_of_errors(values: list[Any]) -> bool:
    """Whether all are objects with a category, and one has a positive severity."""
    named = all(isinstance(value, Mapping) and category_of(value) for value in values)
    return named and any(_rated(value) for value in values)


def _rated(error: Any) -> float | None:
    """The severity that an error states in a number or in words, 0 or more; None for none."""
    if not isinstance(error, Mapping):
        return None
    severity = severity_of(error)
    text = error.get("severity")
    if severity is None and isinstance(text, str):
        numbers = _NUMBER.findall(_OF_THREE.sub("", text))
        known = [SEVERITY_WORDS[word] for word in _words(text) if word in SEVERITY_WORDS]
        if len(numbers) == 1:
            severity = float(numbers[0])
        elif known and not numbers:
            severity = float(max(known))
    return severity if severity is not None and severity >= 0 else None


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def _json(text: str | None, to_object: Callable[[Pairs], dict[str, Any]] = dict) -> Any:
    """The value of a JSON text, fit to be written as JSON again; None where it is not JSON."""
    if text is None:
        return None
    try:
        return _plain(json.loads(text, object_pairs_hook=to_object))
    except (ValueError, RecursionError):
        return None


def _consistent(pairs: Pairs) -> dict[str, Any]:
    """The object of names and values; raises ValueError where a name has two values."""
    value = dict(pairs)
    if any(value[name] != each for name, each in pairs):
        raise ValueError("a name with two values")
    return value


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


def _spans(text: str, openers: str) -> Iterator[str | None]:
    """Balanced ``{…}`` and ``[…]`` of a text that begin with one of the openers, outermost only.

    The last one is None where it is never closed.
    """
    closers = openers.translate(str.maketrans("{[", "}]"))
    start, depth, in_string, escaped = 0, 0, False, False
    for index, char in enumerate(text):
        if depth == 0 and char not in openers:
            continue
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in openers:
            start = index if depth == 0 else start
            depth += 1
        elif char in closers:
            depth -= 1
            if depth == 0:
                yield text[start : index + 1]
    if depth:
        yield None


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


def total_severity(parsed: Mapping[str, Any] | None) -> float | None:
    """S of a parsed reply (`parse_reply`); None where nothing could be parsed.

    Negative severities count 0, missing ones nothing. At most `MOST_SEVERE`.
    """
    if parsed is None:
        return None
    errors = parsed.get("errors", [])
    severities = [severity_of(error) for error in errors if isinstance(error, Mapping)]
    total = sum(max(0.0, severity) for severity in severities if severity is not None)
    return float(min(total, MOST_SEVERE))


def report_from_dict(task: str, parsed: Mapping[str, Any]) -> Report:
    """A typed report from a parsed reply, keeping the errors that a report can hold.

    Entries of another category, without a positive severity, or that are not objects are dropped
    (`unlisted` counts them); severities are rounded and clipped to 1..3.
    """
    kept = []
    for error in parsed.get("errors", []):
        if not isinstance(error, Mapping):
            continue
        category, severity = category_of(error), severity_of(error)
        if category not in readable_categories(task) or severity is None or severity <= 0:
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


def unlisted(task: str, parsed: Mapping[str, Any]) -> int:
    """Number of entries of a parsed reply that the typed report leaves out, but for severity 0."""
    entries = [
        entry
        for entry in parsed.get("errors", [])
        if not isinstance(entry, Mapping) or severity_of(entry) != 0
    ]
    return len(entries) - len(report_from_dict(task, parsed).errors)
