"""Operators that add or remove marks, series, legends, or change the type of a chart."""

from __future__ import annotations

import ast
import random
from itertools import pairwise

from erm.tasks import Operator
from erm.tasks.chart.edit_data import operator
from erm.tasks.chart.program import (
    COLOUR_WORDS,
    Program,
    Span,
    called,
    number_of,
    receiver,
    text_of,
    word_of,
)

_MARKS = frozenset(("bar", "barh", "plot", "scatter", "pie", "step", "stem", "fill_between"))
_TYPES = {
    "bar": ("barh", "plot", "scatter"),
    "barh": ("bar",),
    "plot": ("bar", "scatter"),
    "scatter": ("plot", "bar"),
    "step": ("bar",),
    "stem": ("plot",),
}
_KEPT = {
    "bar": {"color", "label", "width", "alpha", "hatch", "edgecolor", "linewidth"},
    "barh": {"color", "label", "alpha", "hatch", "edgecolor", "linewidth"},
    "plot": {"color", "label", "marker", "linestyle", "ls", "linewidth", "lw", "alpha"},
    "scatter": {"color", "label", "marker", "alpha"},
    "step": {"color", "label", "marker", "linestyle", "ls", "linewidth", "lw", "alpha"},
}


def _own_statement(program: Program, call: ast.Call) -> ast.stmt | None:
    """The statement that is nothing but this call, or its unused assignment."""
    statement = program.statement(call)
    if isinstance(statement, ast.Expr) and statement.value is call:
        return statement
    return None


def _columns(program: Program, call: ast.Call) -> list[ast.List | ast.Tuple]:
    """Literal lists of one length among a plotting call's arguments, names assigned followed.

    None where places or values are computed, as these would keep their length.
    """
    assigned = {
        target.id: node.value
        for node in ast.walk(program.tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    candidates: list[ast.expr] = [*call.args[:2]]
    candidates += [
        word.value
        for word in call.keywords
        if word.arg
        in (
            *("labels", "label", "colors", "explode", "color", "s", "c", "yerr", "xerr"),
            *("height", "x", "y"),
        )
    ]
    found = []
    for node in candidates:
        value = assigned.get(node.id) if isinstance(node, ast.Name) else node
        if isinstance(value, (ast.List, ast.Tuple)) and len(value.elts) >= 2:
            found.append(value)
        elif node in call.args and text_of(node) is None:
            return []
    longest = max((len(node.elts) for node in found), default=0)
    columns = [node for node in dict.fromkeys(found) if len(node.elts) == longest]
    return [node for node in columns if not _is_shade(program, node)]


def _is_shade(program: Program, node: ast.List | ast.Tuple) -> bool:
    """Whether numbers are the parts of one colour: ``color=(0.9, 0.9, 1.0)``."""
    parent = program.parents[node]
    numbers = all(number_of(item) is not None for item in node.elts)
    return numbers and isinstance(parent, ast.keyword) and parent.arg in ("color", "colors")


def _without(program: Program, node: ast.List | ast.Tuple, index: int) -> tuple[Span, str]:
    """The replacement that takes one item out of a literal list."""
    span = program.span(node.elts[index])
    if index + 1 < len(node.elts):
        return Span(span.start, program.span(node.elts[index + 1]).start), ""
    return Span(program.span(node.elts[index - 1]).end, span.end), ""


def _drop_point(program: Program, rng: random.Random) -> str | None:
    choices = []
    for call in program.plots():
        columns = _columns(program, call)
        if called(call) in _MARKS and columns and len(columns[0].elts) > 2:
            choices.append(columns)
    if not choices:
        return None
    columns = rng.choice(choices)
    index = rng.randrange(len(columns[0].elts))
    return program.replace(*(_without(program, node, index) for node in columns))


def _add_point(program: Program, rng: random.Random) -> str | None:
    choices = []
    for call in program.plots():
        columns = _columns(program, call)
        if called(call) in _MARKS and columns and len(columns[0].elts) > 1:
            choices.append(columns)
    if not choices:
        return None
    changes = []
    for node in rng.choice(choices):
        values = [number_of(item) for item in node.elts]
        end = program.span(node.elts[-1]).end
        if all(value is not None for value in values):
            numbers = [value for value in values if value is not None]
            steps = {round(b - a, 6) for a, b in pairwise(numbers)}
            regular = len(steps) == 1 and len(numbers) > 2
            value = numbers[-1] + steps.pop() if regular else rng.choice(numbers)
            text = repr(round(value, 6))
        elif _holds_colours(program, node):
            text = program.of(node.elts[0])
        elif all(text_of(item) for item in node.elts):
            taken = {text_of(item) for item in node.elts}
            text = repr(next(name for name in ("X", "Y", "Z", "new") if name not in taken))
        else:
            text = program.of(node.elts[0])
        changes.append((Span(end, end), f", {text}"))
    return program.replace(*changes)


def _holds_colours(program: Program, node: ast.AST) -> bool:
    """Whether a list is the value of a colour argument, or named like one."""
    parent = program.parents[node]
    if isinstance(parent, ast.keyword):
        return parent.arg in COLOUR_WORDS
    names = [target for target in getattr(parent, "targets", []) if isinstance(target, ast.Name)]
    return any("col" in name.id or "palette" in name.id for name in names)


def _drop_series(program: Program, rng: random.Random) -> str | None:
    plots = [call for call in program.plots() if called(call) in _MARKS | {"hist", "errorbar"}]
    on = {receiver(program, call) for call in plots}
    choices = []
    for name in sorted(on):
        calls = [call for call in plots if receiver(program, call) == name]
        statements = [s for call in calls if (s := _own_statement(program, call)) is not None]
        if len(calls) > 1:
            choices += statements
    return program.drop(rng.choice(choices)) if choices else None


def _add_series(program: Program, rng: random.Random) -> str | None:
    choices = []
    for call in program.plots():
        values = call.args[1] if len(call.args) > 1 else None
        if (
            called(call) in ("plot", "scatter")
            and values is not None
            and (_are_numbers(values) or _is_plain(values))
            and _own_statement(program, call) is not None
        ):
            choices.append((call, values))
    if not choices:
        return None
    call, values = rng.choice(choices)
    fresh = _other_values(program, values, rng)
    colour = rng.choice(("black", "brown", "olive"))
    arguments = f"{program.of(call.args[0])}, {fresh}, color={colour!r}"
    line = f"{receiver(program, call)}.{called(call)}({arguments})"
    return program.insert_after(program.statement(call), line)


def _are_numbers(values: ast.expr) -> bool:
    return isinstance(values, (ast.List, ast.Tuple)) and all(
        number_of(item) is not None for item in values.elts
    )


def _is_plain(values: ast.expr) -> bool:
    """A name, or a part of what a name holds: evaluated again, it is the same."""
    while isinstance(values, (ast.Attribute, ast.Subscript)):
        values = values.value
    return isinstance(values, ast.Name)


def _other_values(program: Program, values: ast.expr, rng: random.Random) -> str:
    """Values in the range of a literal list's, or a share of each of a variable's."""
    if not isinstance(values, (ast.List, ast.Tuple)):
        return f"[{rng.choice((0.5, 0.7, 0.8))} * value for value in {program.of(values)}]"
    numbers = [number_of(item) or 0 for item in values.elts]
    low, high = min(numbers), max(numbers)
    if all(isinstance(value, int) for value in numbers):
        return repr([rng.randint(int(low), max(int(high), int(low) + 1)) for _ in numbers])
    return repr([round(rng.uniform(low, high), 2) for _ in numbers])


def _change_type(program: Program, rng: random.Random) -> str | None:
    """Another plotting call with the same places and values, without arguments it doesn't know."""
    plots = [
        call
        for call in program.plots()
        if called(call) in _TYPES
        and len(call.args) >= 2
        and all(not isinstance(argument, ast.Starred) for argument in call.args)
        and text_of(call.args[1]) is None
        and not _is_unpacked(program, call)
    ]
    if not plots:
        return None
    chosen = rng.choice(plots)
    old = called(chosen)
    alike = [
        call
        for call in plots
        if called(call) == old and receiver(program, call) == receiver(program, chosen)
    ]
    new = rng.choice(_TYPES[old])
    targets = alike if rng.random() < 0.7 or old in ("bar", "barh") else [chosen]
    changes = []
    for call in targets:
        words = [
            f"{word.arg}={program.of(word.value)}"
            for word in call.keywords
            if word.arg in _KEPT.get(new, set())
        ]
        arguments = [program.of(argument) for argument in call.args[:2]]
        if len(call.args) == 3 and {old, new} == {"bar", "barh"}:
            arguments.append(program.of(call.args[2]))
        text = f"{receiver(program, call)}.{new}({', '.join(arguments + words)})"
        changes.append((call, text))
    return program.replace(*changes)


def _is_unpacked(program: Program, call: ast.Call) -> bool:
    """Whether the program takes what a call returns apart, as in ``line, = ax.plot(…)``."""
    parent = program.parents[call]
    return isinstance(parent, ast.Assign) and any(
        isinstance(target, (ast.Tuple, ast.List)) for target in parent.targets
    )


def _remove_legend(program: Program, rng: random.Random) -> str | None:
    statements = [
        statement
        for call in program.calls(frozenset(("legend", "colorbar")))
        if (statement := _own_statement(program, call)) is not None
    ]
    return program.drop(rng.choice(statements)) if statements else None


def _add_legend(program: Program, rng: random.Random) -> str | None:
    if program.calls(frozenset(("legend",))):
        return None
    plots = [call for call in program.plots() if _own_statement(program, call) is not None]
    if not plots:
        return None
    call = rng.choice(plots)
    on = receiver(program, call)
    if not on.isidentifier():
        return None
    if called(call) == "pie":
        return None
    if word_of(call, "label") is not None:
        return program.insert_after(program.statement(call), f"{on}.legend()")
    name = rng.choice(("A", "all", "data"))
    last = program.span(program.statement(call)).end
    labelled = Program(program.add_argument(call, f"label={name!r}"))
    statement = next(
        node
        for node in ast.walk(labelled.tree)
        if isinstance(node, ast.stmt)
        and labelled.span(node).end > last - 1
        and labelled.span(node).start == program.span(program.statement(call)).start
    )
    return labelled.insert_after(statement, f"{on}.legend()")


STRUCTURE_OPERATORS: tuple[Operator, ...] = (
    operator("drop_point", "structure_error", _drop_point),
    operator("add_point", "structure_error", _add_point),
    operator("drop_series", "structure_error", _drop_series),
    operator("add_series", "structure_error", _add_series),
    operator("change_type", "structure_error", _change_type),
    operator("remove_legend", "structure_error", _remove_legend),
    operator("add_legend", "structure_error", _add_legend),
)
"""Edits of structure_error."""
