"""How people word the differences of tables."""

from __future__ import annotations

import random
from collections.abc import Callable

from erm.tasks.judge_words import WORDS, Fact, JudgeWords

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


def _cell(rng: random.Random, row: int, column: int, numeric: bool) -> Fact:
    if numeric:
        was = rng.randint(100, 900)
        now = was + rng.randint(150, 400)
        clash = now * 3
        texts = str(now), str(was), str(clash)
        kind = "value"
    else:
        now_text, was_text, clash_text = rng.sample(list(WORDS), 3)
        texts = now_text, was_text, clash_text
        kind = "text"
    quoted = [text if numeric else f"'{text}'" for text in texts]
    ordinals = f"{_ORDINALS[row - 1]} row, {_ORDINALS[column - 1]} column"
    place = f"row {row}, column {column}"
    return Fact(
        "numeric_error" if numeric else "text_error",
        "layout_error",
        (
            (place, f"{kind} is {quoted[0]} instead of {quoted[1]}"),
            ("", f"In the {ordinals}, {quoted[1]} was misread as {quoted[0]}."),
            ("", f"Cell ({row}, {column}): {quoted[0]} should be {quoted[1]}."),
            (
                f"column {column} of row {row}",
                f"shows {quoted[0]} where the original has {quoted[1]}",
            ),
            ("", f"row {row} col {column} {kind} changed from {quoted[1]} to {quoted[0]}"),
        ),
        ((place, f"the {kind} is wrong"), ("", f"Wrong {kind} in the {ordinals}.")),
        ((f"row {row}", f"a {kind} is wrong"), (f"column {column}", f"contains a wrong {kind}")),
        ((place, f"{kind} is {quoted[2]} instead of {quoted[1]}"),),
        ((f"row {row + 1}, column {column}", f"{kind} is {quoted[2]} instead of {quoted[0]}"),),
        ((place, "alignment is left instead of right"), (place, "spans 2 columns instead of 1")),
    )


def _table_line(rng: random.Random, number: int) -> Fact:
    axis = rng.choice(("row", "column"))
    return Fact(
        "layout_error",
        "text_error",
        (
            (f"{axis} {number}", "is missing"),
            ("", f"The {_ORDINALS[number - 1]} {axis} has been omitted."),
            ("table", f"{axis} {number} is not present"),
            (f"{_ORDINALS[number - 1]} {axis}", "left out in the parsed table"),
        ),
        (),
        (),
        (),
        ((f"{axis} {number + 2}", "is missing"),),
        ((f"{axis} {number}", "is extra"),),
    )


def _facts(rng: random.Random) -> list[Callable[[], Fact]]:
    return [
        lambda: _cell(rng, 1, rng.randint(1, 2), False),
        lambda: _cell(rng, 3, rng.randint(1, 3), True),
        lambda: _cell(rng, 5, rng.randint(1, 3), rng.random() < 0.5),
        lambda: _table_line(rng, 4),
    ]


JUDGE_WORDS = JudgeWords(
    elements={"line": "border", "lines": "border", "group": "group"},
    kinds="value~text span~count",
    counted_lines=True,
    facts=_facts,
)
