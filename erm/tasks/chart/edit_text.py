"""Operators that change, remove or add texts."""

from __future__ import annotations

import ast
import random
import re

from erm.tasks import Operator
from erm.tasks.chart.edit_data import operator
from erm.tasks.chart.program import (
    LABEL_CALLS,
    NOTE_CALLS,
    TITLE_CALLS,
    Program,
    called,
    is_pyplot,
    receiver,
    text_of,
    word_of,
)

WORDS = ("Sales", "Rain", "Cost", "Votes", "Fish", "Milk", "Time")
"""Words that stand in for others; short, so that a small model can write them."""

_LETTERS = "aeiourstln"

_FORMULA = re.compile(r"\$[^$]*\$")


def typo(text: str, rng: random.Random) -> str:
    """A text with one letter changed, dropped, doubled or swapped with the next.

    Formulas between dollar signs stay as they are: a command with a typo is none.
    """
    formulas = [range(*match.span()) for match in _FORMULA.finditer(text)]
    places = [
        i
        for i, letter in enumerate(text)
        if letter.isalpha() and not any(i in formula for formula in formulas)
    ]
    if not places:
        return text + rng.choice(_LETTERS)
    place = rng.choice(places)
    kind = rng.choice(("change", "drop", "double", "swap"))
    letter = text[place]
    if kind == "drop" and len(text) > 2:
        return text[:place] + text[place + 1 :]
    if kind == "double":
        return text[:place] + letter + text[place:]
    if kind == "swap" and place + 1 < len(text) and text[place + 1] != letter:
        return text[:place] + text[place + 1] + letter + text[place + 2 :]
    other = rng.choice([item for item in _LETTERS if item != letter.lower()])
    return text[:place] + (other.upper() if letter.isupper() else other) + text[place + 1 :]


def _other_word(text: str, rng: random.Random) -> str:
    return rng.choice([word for word in WORDS if word.casefold() != text.casefold()])


def _titles(program: Program) -> list[ast.expr]:
    """Text literals of titles and axis labels."""
    calls = program.calls(TITLE_CALLS | LABEL_CALLS)
    literals = [argument for call in calls for argument in call.args[:1] if text_of(argument)]
    for call in program.calls(frozenset(("set", "plot", "hist", "bar"))):
        literals += [
            word.value
            for word in call.keywords
            if word.arg in ("title", "xlabel", "ylabel") and text_of(word.value)
        ]
    return literals


def _legend_texts(program: Program) -> list[ast.expr]:
    """Text literals that name series."""
    literals: list[ast.expr] = []
    for call in program.plots():
        word = word_of(call, "label")
        if word is not None and text_of(word.value):
            literals.append(word.value)
    for call in program.calls(frozenset(("legend",))):
        for argument in [
            *call.args,
            *(word.value for word in call.keywords if word.arg == "labels"),
        ]:
            if isinstance(argument, (ast.List, ast.Tuple)):
                literals += [item for item in argument.elts if text_of(item)]
    return literals


def _category_texts(program: Program) -> list[ast.expr]:
    inside = set(_legend_texts(program))
    lists = program.text_lists()
    return [item for node in lists for item in node.elts if text_of(item) and item not in inside]


def _all_texts(program: Program) -> list[ast.expr]:
    notes = [
        argument
        for call in program.calls(NOTE_CALLS)
        for argument in call.args[:3]
        if text_of(argument)
    ]
    return _titles(program) + _legend_texts(program) + _category_texts(program) + notes


def _make_typo(program: Program, rng: random.Random) -> str | None:
    literals = [node for node in _all_texts(program) if _FORMULA.sub("", text_of(node) or "")]
    if not literals:
        return None
    node = rng.choice(literals)
    return program.replace((node, repr(typo(text_of(node) or "", rng))))


def _change_title(program: Program, rng: random.Random) -> str | None:
    literals = _titles(program)
    if not literals:
        return None
    node = rng.choice(literals)
    return program.replace((node, repr(_other_word(text_of(node) or "", rng))))


def _rename_category(program: Program, rng: random.Random) -> str | None:
    literals = _category_texts(program)
    if not literals:
        return None
    node = rng.choice(literals)
    return program.replace((node, repr(_other_word(text_of(node) or "", rng)[:4])))


def _rename_series(program: Program, rng: random.Random) -> str | None:
    literals = _legend_texts(program)
    if not literals:
        return None
    node = rng.choice(literals)
    return program.replace((node, repr(_other_word(text_of(node) or "", rng))))


def _swap_labels(program: Program, rng: random.Random) -> str | None:
    groups = [list(node.elts) for node in program.text_lists()]
    if len(_legend_texts(program)) > 1:
        groups.append(_legend_texts(program))
    groups = [group for group in groups if len({text_of(item) for item in group}) > 1]
    if not groups:
        return None
    group = rng.choice(groups)
    first, second = rng.sample(group, 2)
    if text_of(first) == text_of(second):
        return None
    return program.replace((first, program.of(second)), (second, program.of(first)))


def _remove_title(program: Program, rng: random.Random) -> str | None:
    calls = program.calls(TITLE_CALLS | LABEL_CALLS | NOTE_CALLS)
    statements = [
        statement
        for call in calls
        if isinstance(statement := program.statement(call), ast.Expr) and statement.value is call
    ]
    return program.drop(rng.choice(statements)) if statements else None


def _add_title(program: Program, rng: random.Random) -> str | None:
    plots = [
        call
        for call in program.plots()
        if isinstance(program.parents[call], (ast.Expr, ast.Assign))
    ]
    if not plots:
        return None
    call = rng.choice(plots)
    plain = is_pyplot(program, call)
    names = ["title", "xlabel", "ylabel"] if called(call) != "pie" else ["title"]
    on = receiver(program, call)
    taken = {called(item).removeprefix("set_") for item in program.calls(TITLE_CALLS | LABEL_CALLS)}
    free = [name for name in names if name not in taken]
    if not free or not on.isidentifier():
        return None
    name = rng.choice(free)
    line = f"{on}.{name if plain else 'set_' + name}({rng.choice(WORDS)!r})"
    return program.insert_after(program.statement(call), line)


TEXT_OPERATORS: tuple[Operator, ...] = (
    operator("typo", "text_error", _make_typo),
    operator("change_title", "text_error", _change_title),
    operator("rename_category", "text_error", _rename_category),
    operator("rename_series", "text_error", _rename_series),
    operator("swap_labels", "text_error", _swap_labels),
    operator("remove_title", "text_error", _remove_title),
    operator("add_title", "text_error", _add_title),
)
"""Edits of text_error."""
