"""Makes an edit of a parsed source into an operator on source text."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

from erm.tasks import Operator

Parsed = TypeVar("Parsed")


def make_operator(
    name: str,
    category: str | None,
    parse: Callable[[str], Parsed | None],
    edit: Callable[[Parsed, random.Random], str | None],
) -> Operator:
    """An operator that parses, edits and writes; None where one of the three changes nothing.

    Args:
        category: the category of error that the edit aims at; None where the picture stays.
        parse: the parsed form of a source; None for one that can't be parsed.
        edit: the edited source; None where there is nothing it can edit.
    """

    def apply(source: str, rng: random.Random) -> str | None:
        parsed = parse(source)
        edited = edit(parsed, rng) if parsed is not None else None
        return None if edited is None or edited.strip() == source.strip() else edited

    return Operator(name, category, apply)
