"""Operators that change colours, lines, markers, grid, fonts, places and backgrounds."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable

from erm.tasks import Operator
from erm.tasks.chart.edit_data import operator
from erm.tasks.chart.program import (
    COLOUR_WORDS,
    LABEL_CALLS,
    TITLE_CALLS,
    Program,
    called,
    is_pyplot,
    number_of,
    receiver,
    text_of,
    word_of,
)

COLOURS = ("red", "blue", "green", "orange", "purple", "gray")
"""Colours of marks, each with a name of its own."""

_PALE = ("lightyellow", "lavender", "honeydew", "mistyrose", "lightgray")
_PLACES = (
    "upper left",
    "upper right",
    "lower left",
    "lower right",
    "center",
    "upper center",
    "lower center",
)
_COLOURABLE = frozenset(
    ("bar", "barh", "plot", "scatter", "hist", "step", "fill_between", "errorbar")
)


def colour_literals(program: Program) -> list[ast.expr]:
    """Text literals of colours in keyword arguments."""
    found: list[ast.expr] = []
    for call in program.calls():
        for word in call.keywords:
            if word.arg in COLOUR_WORDS:
                if text_of(word.value):
                    found.append(word.value)
                elif isinstance(word.value, (ast.List, ast.Tuple)):
                    found += [item for item in word.value.elts if text_of(item)]
    return [node for node in found if text_of(node) not in ("none", "None", "auto")]


def _recolour(program: Program, rng: random.Random) -> str | None:
    literals = colour_literals(program)
    if literals:
        node = rng.choice(literals)
        free = [colour for colour in COLOURS if colour != text_of(node)]
        return program.replace((node, repr(rng.choice(free))))
    plots = [
        call
        for call in program.plots()
        if called(call) in _COLOURABLE
        and word_of(call, *COLOUR_WORDS) is None
        and not any(text_of(argument) for argument in call.args[2:])
        and None not in [word.arg for word in call.keywords]
    ]
    if not plots:
        return None
    return program.add_argument(rng.choice(plots), f"color={rng.choice(COLOURS)!r}")


def _set_word(
    program: Program,
    rng: random.Random,
    names: tuple[str, ...],
    on: frozenset[str],
    values: list[str],
) -> str | None:
    """Sets a keyword argument of one plotting call to another of the values."""
    plots = [
        call
        for call in program.plots()
        if called(call) in on and None not in [word.arg for word in call.keywords]
    ]
    if not plots:
        return None
    call = rng.choice(plots)
    word = word_of(call, *names)
    if word is None:
        return program.add_argument(call, f"{names[0]}={rng.choice(values)}")
    old = program.of(word.value)
    free = [value for value in values if value.strip("'") != old.strip("'\"")]
    return program.replace((word.value, rng.choice(free)))


def _change_line_style(program: Program, rng: random.Random) -> str | None:
    styles = ["'-'", "'--'", "':'", "'-.'"]
    plots = frozenset(("plot", "step", "errorbar"))
    present = any(word_of(c, "linestyle", "ls") for c in program.plots() if called(c) in plots)
    names = ("ls", "linestyle") if not present else ("linestyle", "ls")
    return _set_word(program, rng, names, plots, styles if present else styles[1:])


def _change_marker(program: Program, rng: random.Random) -> str | None:
    markers = ["'o'", "'s'", "'^'", "'D'", "'x'"]
    return _set_word(program, rng, ("marker",), frozenset(("plot", "scatter", "errorbar")), markers)


def _change_line_width(program: Program, rng: random.Random) -> str | None:
    names = ("lw", "linewidth")
    return _set_word(program, rng, names, frozenset(("plot", "step")), ["0.5", "3", "4"])


def _change_bar_width(program: Program, rng: random.Random) -> str | None:
    plots = [
        call
        for call in program.plots()
        if called(call) in ("bar", "barh")
        and None not in [word.arg for word in call.keywords]
        and len(call.args) <= 3
    ]
    if not plots:
        return None
    call = rng.choice(plots)
    name = "width" if called(call) == "bar" else "height"
    word = word_of(call, name)
    given = call.args[2] if len(call.args) == 3 else word.value if word else None
    if given is None:
        return program.add_argument(call, f"{name}={rng.choice((0.3, 0.5, 1))}")
    old = number_of(given)
    return program.replace((given, f"{old * 0.5:.3g}")) if old else None


def _change_hatch(program: Program, rng: random.Random) -> str | None:
    bars = frozenset(("bar", "barh", "hist"))
    return _set_word(program, rng, ("hatch",), bars, ["'//'", "'xx'", "'..'", "'\\\\\\\\'"])


def _change_edge(program: Program, rng: random.Random) -> str | None:
    bars = frozenset(("bar", "barh", "hist"))
    values = ["'black'", "'white'", "'red'"]
    return _set_word(program, rng, ("edgecolor", "ec"), bars, values)


def _change_opacity(program: Program, rng: random.Random) -> str | None:
    return _set_word(program, rng, ("alpha",), _COLOURABLE, ["0.3", "0.4", "0.5"])


def _last_statement(program: Program, call: ast.Call) -> ast.stmt:
    """The last statement that does something on what a call is made on."""
    on = receiver(program, call)
    block = program.parents[program.statement(call)]
    calls = [
        other
        for other in program.calls()
        if receiver(program, other) == on
        and program.parents[program.statement(other)] is block
        and called(other) not in ("show", "savefig", "close")
    ]
    statements = [program.statement(other) for other in calls] or [program.statement(call)]
    return max(statements, key=lambda node: program.span(node).end)


def _toggle_grid(program: Program, rng: random.Random) -> str | None:
    statements = [
        statement
        for call in program.calls(frozenset(("grid",)))
        if isinstance(statement := program.statement(call), ast.Expr) and statement.value is call
    ]
    if statements:
        return program.drop(rng.choice(statements))
    plots = [call for call in program.plots() if called(call) not in ("pie", "imshow", "heatmap")]
    if not plots:
        return None
    call = rng.choice(plots)
    on = receiver(program, call)
    if not on.isidentifier() or on == "sns":
        return None
    line = rng.choice((f"{on}.grid()", f"{on}.grid(axis='y')"))
    return program.insert_after(_last_statement(program, call), line)


def _move_legend(program: Program, rng: random.Random) -> str | None:
    calls = program.calls(frozenset(("legend",)))
    if not calls:
        return None
    call = rng.choice(calls)
    word = word_of(call, "loc")
    if word is None:
        return program.add_argument(call, f"loc={rng.choice(_PLACES)!r}")
    free = [place for place in _PLACES if place != text_of(word.value)]
    return program.replace((word.value, repr(rng.choice(free))))


def _change_font(program: Program, rng: random.Random) -> str | None:
    calls = [
        call
        for call in program.calls(TITLE_CALLS | LABEL_CALLS)
        if call.args and None not in [word.arg for word in call.keywords]
    ]
    if not calls:
        return None
    call = rng.choice(calls)
    choices = [
        (("fontsize", "size"), ["7", "15"]),
        (("fontweight", "weight"), ["'bold'"]),
        (("color", "c"), [repr(colour) for colour in ("red", "blue", "green")]),
    ]
    names, values = rng.choice(choices)
    word = word_of(call, *names)
    if word is None:
        return program.add_argument(call, f"{names[0]}={rng.choice(values)}")
    old = number_of(word.value)
    if old:
        return program.replace((word.value, f"{old * rng.choice((0.7, 1.5)):.3g}"))
    return program.replace((word.value, "'normal'" if "weight" in names[0] else rng.choice(values)))


def _change_background(program: Program, rng: random.Random) -> str | None:
    return _after_plot(program, rng, lambda: f"set_facecolor({rng.choice(_PALE)!r})")


def _hide_frame(program: Program, rng: random.Random) -> str | None:
    return _after_plot(program, rng, lambda: "spines[['top', 'right']].set_visible(False)")


def _after_plot(program: Program, rng: random.Random, command: Callable[[], str]) -> str | None:
    """The program with a command to the axes of one of its plots, pies left out."""
    plots = [call for call in program.plots() if called(call) != "pie"]
    if not plots:
        return None
    call = rng.choice(plots)
    on = receiver(program, call)
    if on == "sns":
        return None
    axes = f"{on}.gca()" if is_pyplot(program, call) else on
    return program.insert_after(_last_statement(program, call), f"{axes}.{command()}")


def _turn_pie(program: Program, rng: random.Random) -> str | None:
    pies = frozenset(("pie",))
    return _set_word(program, rng, ("startangle",), pies, ["45", "90", "180", "270"])


STYLE_OPERATORS: tuple[Operator, ...] = (
    operator("recolour", "style_error", _recolour),
    operator("change_line_style", "style_error", _change_line_style),
    operator("change_line_width", "style_error", _change_line_width),
    operator("change_marker", "style_error", _change_marker),
    operator("change_bar_width", "style_error", _change_bar_width),
    operator("change_hatch", "style_error", _change_hatch),
    operator("change_edge", "style_error", _change_edge),
    operator("change_opacity", "style_error", _change_opacity),
    operator("toggle_grid", "style_error", _toggle_grid),
    operator("move_legend", "style_error", _move_legend),
    operator("change_font", "style_error", _change_font),
    operator("change_background", "style_error", _change_background),
    operator("hide_frame", "style_error", _hide_frame),
    operator("turn_pie", "style_error", _turn_pie),
)
"""Edits of style_error."""
