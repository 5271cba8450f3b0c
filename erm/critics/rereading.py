"""Reading again, from each detail alone, what a report quotes.

A small critic sees from a pair what differs and how much, but reads values and texts better from a
single detail (docs/critic.md). The report keeps its errors, categories and severities; an error's
place and words are replaced by those of a detail's own report that differ from them in nothing but
quoted texts and numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

QUOTED = re.compile(r"'[^']*'|-?\d+(?:\.\d+)?%?")
"""A quoted text or a number."""


def quotes(parsed: Mapping[str, Any]) -> bool:
    """Whether an error of a report says a text or a number."""
    return any(QUOTED.search(_words(error)) for error in _errors(parsed))


def reread(parsed: dict[str, Any], readings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A report with the places and words of what was read in its details.

    Errors that a reading confirms in all words come first, then each error takes a reading that no
    other has taken, one of the same place before others.

    Args:
        parsed: the report of the whole pair as JSON, as a reply holds it.
        readings: the reports of single details.

    Returns:
        A new report; `parsed` itself where nothing was read that it could say.
    """
    left = [error for reading in readings for error in _errors(reading)]
    unconfirmed = []
    for error in _errors(parsed):
        same = [one for one in left if _words(one) == _words(error)]
        if same:
            left.remove(same[0])
        else:
            unconfirmed.append(error)
    read: dict[int, Mapping[str, Any]] = {}
    for error in unconfirmed:
        alike = [one for one in left if _form(one) == _form(error)]
        if alike:
            taken = min(alike, key=lambda one: one["location"] != error["location"])
            left.remove(taken)
            read[id(error)] = {name: taken[name] for name in ("location", "description")}
    if not read:
        return parsed
    errors = [
        {**error, **read[id(error)]} if id(error) in read else error for error in parsed["errors"]
    ]
    return {**parsed, "errors": errors}


def _errors(parsed: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The entries of a report that say where and what in words."""
    listed = parsed.get("errors")
    return [
        error
        for error in (listed if isinstance(listed, list) else [])
        if isinstance(error, Mapping)
        and all(isinstance(error.get(name), str) for name in ("location", "description"))
    ]


def _words(error: Mapping[str, Any]) -> str:
    return f"{error['location']}: {error['description']}"


def _form(error: Mapping[str, Any]) -> str:
    """The words, with one and the same text and number for all that they quote."""
    return QUOTED.sub(lambda found: "''" if found[0].startswith("'") else "0", _words(error))
