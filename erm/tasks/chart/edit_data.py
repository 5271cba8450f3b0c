"""Operators that change values, limits and scales."""

from __future__ import annotations

import ast
import math
import random
from collections.abc import Callable

from erm.tasks import Operator
from erm.tasks.chart.program import (
    Program,
    called,
    is_pyplot,
    number_of,
    parse_program,
    receiver,
    text_of,
)
from erm.tasks.shared.operators import make_operator

Edit = Callable[[Program, random.Random], str | None]


def operator(name: str, category: str | None, edit: Edit) -> Operator:
    """An operator from an edit of a parsed program."""
    return make_operator(name, category, parse_program, edit)


def _written(value: float, like: float | int) -> str:
    """A number in the style of another: whole where that is whole, else as many decimals."""
    if isinstance(like, int):
        return str(round(value))
    decimals = len(repr(like).partition(".")[2]) if "e" not in repr(like) else 3
    return repr(round(value, max(1, decimals)))


def _value_lists(program: Program) -> list[ast.List | ast.Tuple]:
    """Lists of values; of a plotting call's two lists the second, as the first holds places."""
    lists = program.data_lists()
    places = set()
    for call in program.plots():
        if len(call.args) > 1 and isinstance(call.args[1], (ast.List, ast.Tuple)):
            places.add(call.args[0])
    return [node for node in lists if node not in places]


def _change_value(program: Program, rng: random.Random) -> str | None:
    lists = _value_lists(program)
    if not lists:
        return None
    node = rng.choice(lists)
    values = [number_of(item) or 0 for item in node.elts]
    index = rng.randrange(len(values))
    old = values[index]
    span = max(max(values) - min(values), abs(old), 1e-9)
    step = span * rng.uniform(0.15, 0.6)
    if isinstance(old, int):
        unit = math.gcd(*(value for value in values if isinstance(value, int))) or 1
        step = unit * max(1, round(step / unit))
    up = rng.random() < 0.5 if old - step > 0 or min(values) < 0 else True
    return program.replace((node.elts[index], _written(old + step if up else old - step, old)))


def _swap_values(program: Program, rng: random.Random) -> str | None:
    choices = []
    for node in _value_lists(program):
        values = [number_of(item) for item in node.elts]
        pairs = [
            (i, j)
            for i in range(len(values))
            for j in range(i + 1, len(values))
            if values[i] != values[j]
        ]
        if pairs:
            choices.append((node, pairs))
    if not choices:
        return None
    node, pairs = rng.choice(choices)
    i, j = rng.choice(pairs)
    first, second = node.elts[i], node.elts[j]
    return program.replace((first, program.of(second)), (second, program.of(first)))


def _scale_series(program: Program, rng: random.Random) -> str | None:
    lists = [node for node in _value_lists(program) if len(node.elts) <= 40]
    if not lists:
        return None
    node = rng.choice(lists)
    factor = rng.choice((0.5, 0.7, 1.3, 1.5))
    changes = []
    for item in node.elts:
        value = number_of(item) or 0
        changes.append((item, _written(value * factor, value)))
    return program.replace(*changes)


_LIMIT_CALLS = frozenset(("set_xlim", "set_ylim", "xlim", "ylim"))


def _change_limits(program: Program, rng: random.Random) -> str | None:
    calls = [call for call in program.calls(_LIMIT_CALLS) if call.args or call.keywords]
    numbers = []
    for call in calls:
        parts: list[ast.expr] = [*call.args, *(word.value for word in call.keywords)]
        for part in parts:
            items = part.elts if isinstance(part, (ast.Tuple, ast.List)) else [part]
            numbers += [item for item in items if number_of(item)]
    if numbers:
        node = rng.choice(numbers)
        old = number_of(node) or 0
        return program.replace((node, _written(old * rng.choice((0.8, 1.25, 1.5, 2)), old)))
    plots = [call for call in program.plots() if called(call) in ("bar", "plot", "scatter", "hist")]
    lists = [number_of(item) or 0 for node in _value_lists(program) for item in node.elts]
    if not plots or not lists:
        return None
    call = rng.choice(plots)
    name = "ylim" if is_pyplot(program, call) else "set_ylim"
    top = max(lists) * rng.choice((1.5, 2))
    line = f"{receiver(program, call)}.{name}(0, {max(1, round(top))})"
    return program.insert_after(program.statement(call), line)


def _change_scale(program: Program, rng: random.Random) -> str | None:
    calls = program.calls(frozenset(("set_yscale", "set_xscale", "yscale", "xscale")))
    known = [call for call in calls if call.args and text_of(call.args[0])]
    if known:
        call = rng.choice(known)
        scale = "linear" if text_of(call.args[0]) != "linear" else "log"
        return program.replace((call.args[0], repr(scale)))
    plots = [call for call in program.plots() if called(call) in ("bar", "plot", "scatter")]
    if not plots:
        return None
    call = rng.choice(plots)
    name = "yscale" if is_pyplot(program, call) else "set_yscale"
    line = f"{receiver(program, call)}.{name}('log')"
    return program.insert_after(program.statement(call), line)


def _invert_axis(program: Program, rng: random.Random) -> str | None:
    plots = [
        call
        for call in program.plots()
        if called(call) in ("bar", "barh", "plot", "scatter", "hist")
    ]
    if not plots:
        return None
    call = rng.choice(plots)
    axis = "x" if called(call) == "barh" else "y"
    on = receiver(program, call) + (".gca()" if is_pyplot(program, call) else "")
    statements = program.calls(_LIMIT_CALLS)
    last = max(
        [program.statement(call), *(program.statement(item) for item in statements)],
        key=lambda node: program.span(node).end,
    )
    return program.insert_after(last, f"{on}.invert_{axis}axis()")


DATA_OPERATORS: tuple[Operator, ...] = (
    operator("change_value", "data_error", _change_value),
    operator("swap_values", "data_error", _swap_values),
    operator("scale_series", "data_error", _scale_series),
    operator("change_limits", "data_error", _change_limits),
    operator("change_scale", "data_error", _change_scale),
    operator("invert_axis", "data_error", _invert_axis),
)
"""Edits of data_error."""
