"""Edits of parsed sources as operators."""

from __future__ import annotations

import random

from erm.tasks.shared.operators import make_operator


def number(source: str) -> int | None:
    return int(source) if source.strip().isdigit() else None


def test_an_operator_parses_edits_and_writes() -> None:
    operator = make_operator("grow", "text_error", number, lambda n, rng: str(n + rng.choice([1])))
    assert (operator.name, operator.category) == ("grow", "text_error")
    assert operator.apply("41", random.Random(0)) == "42"


def test_nothing_parsed_edited_or_changed_is_none() -> None:
    rng = random.Random(0)
    assert make_operator("n", None, number, lambda n, _: str(n + 1)).apply("x", rng) is None
    assert make_operator("n", None, number, lambda n, _: None).apply("1", rng) is None
    assert make_operator("n", None, number, lambda n, _: f"{n}\n").apply("1", rng) is None
