"""Operators that change a program's text and not its picture."""

from __future__ import annotations

import ast
import random

from erm.tasks import Operator
from erm.tasks.chart.edit_data import operator
from erm.tasks.chart.edit_style import colour_literals
from erm.tasks.chart.program import Program, Span, called, number_of, text_of

_HEX = {
    "red": "#ff0000",
    "blue": "#0000ff",
    "green": "#008000",
    "orange": "#ffa500",
    "purple": "#800080",
    "gray": "#808080",
    "cyan": "#00ffff",
    "pink": "#ffc0cb",
    "black": "#000000",
    "white": "#ffffff",
    "brown": "#a52a2a",
    "olive": "#808000",
    "navy": "#000080",
    "teal": "#008080",
    "gold": "#ffd700",
}


def _rename_variable(program: Program, rng: random.Random) -> str | None:
    """Renames a variable that the module assigns once and that no inner scope binds again."""
    scoped = (ast.FunctionDef, ast.Lambda, ast.ClassDef, ast.comprehension, ast.Global)
    if any(isinstance(node, scoped) for node in ast.walk(program.tree)):
        return None
    uses = [node for node in ast.walk(program.tree) if isinstance(node, ast.Name)]
    stored = sorted({node.id for node in uses if isinstance(node.ctx, ast.Store)})
    if not stored:
        return None
    old = rng.choice(stored)
    taken = {node.id for node in uses}
    new = next(name for name in ("item", "data1", "part", f"{old}_1") if name not in taken)
    if f"{{{old}" in program.text:
        return None
    return program.replace(*((node, new) for node in uses if node.id == old))


def _respell_colour(program: Program, rng: random.Random) -> str | None:
    back = {code: name for name, code in _HEX.items()}
    choices = [
        (node, spelled)
        for node in colour_literals(program)
        if (spelled := _HEX.get(text_of(node) or "") or back.get((text_of(node) or "").lower()))
    ]
    if not choices:
        return None
    node, spelled = rng.choice(choices)
    return program.replace((node, repr(spelled)))


def _reorder_keywords(program: Program, rng: random.Random) -> str | None:
    calls = [
        call
        for call in program.calls()
        if len(call.keywords) > 1 and all(word.arg for word in call.keywords)
    ]
    if not calls:
        return None
    words = rng.choice(calls).keywords
    first, second = rng.sample(words, 2)
    return program.replace((first, program.of(second)), (second, program.of(first)))


_TAKES_ANY_SEQUENCE = ("bar", "barh", "plot", "scatter", "pie")


def _is_argument(program: Program, node: ast.AST, calls: tuple[str, ...]) -> bool:
    parent = program.parents[node]
    return isinstance(parent, ast.Call) and node in parent.args and called(parent) in calls


def _plotted_lists(program: Program, calls: tuple[str, ...]) -> list[ast.List | ast.Tuple]:
    """Lists of data that go into one of the calls and nowhere else, directly or by a name."""
    names: dict[str, list[ast.Name]] = {}
    for node in ast.walk(program.tree):
        if isinstance(node, ast.Name):
            names.setdefault(node.id, []).append(node)

    def is_plotted(node: ast.AST) -> bool:
        assignment = program.parents[node]
        if not isinstance(assignment, ast.Assign):
            return _is_argument(program, node, calls)
        target = assignment.targets[0]
        if len(assignment.targets) > 1 or not isinstance(target, ast.Name):
            return False
        uses = [use for use in names[target.id] if use is not target]
        return bool(uses) and all(_is_argument(program, use, calls) for use in uses)

    return [node for node in program.data_lists() if is_plotted(node)]


def _list_to_tuple(program: Program, rng: random.Random) -> str | None:
    lists = [
        node for node in _plotted_lists(program, _TAKES_ANY_SEQUENCE) if isinstance(node, ast.List)
    ]
    if not lists:
        return None
    node = rng.choice(lists)
    return program.replace((node, f"({program.of(node)[1:-1]})"))


def _as_arithmetic(program: Program, rng: random.Random) -> str | None:
    items = [
        item
        for node in program.data_lists()
        for item in node.elts
        if isinstance(number_of(item), int) and (number_of(item) or 0) > 1
    ]
    if not items:
        return None
    node = rng.choice(items)
    value = int(number_of(node) or 0)
    part = rng.randint(1, value - 1)
    return program.replace((node, rng.choice((f"{part} + {value - part}", f"{value * 2} // 2"))))


def _add_comment(program: Program, rng: random.Random) -> str | None:
    statements = [node for node in program.tree.body if program.span(node).start > 0]
    if not statements:
        return None
    node = rng.choice(statements)
    start = program.span(node).start
    if program.text[program.text.rfind("\n", 0, start) + 1 : start].strip():
        return None
    return program.replace((Span(start, start), rng.choice(("# next part\n", "\n", "# plot\n\n"))))


def _as_array(program: Program, rng: random.Random) -> str | None:
    lists = _plotted_lists(program, (*_TAKES_ANY_SEQUENCE, "hist"))
    future = any(
        isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for node in program.tree.body
    )
    if not lists or future:
        return None
    node = rng.choice(lists)
    return "import numpy as np\n" + program.replace((node, f"np.array({program.of(node)})"))


def _requote(program: Program, rng: random.Random) -> str | None:
    texts = [
        node
        for node in ast.walk(program.tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and program.of(node).startswith("'")
        and not program.of(node).startswith("'''")
        and '"' not in node.value
        and "\\" not in program.of(node)
        and not isinstance(program.parents[node], ast.JoinedStr)
    ]
    if not texts:
        return None
    node = rng.choice(texts)
    return program.replace((node, f'"{program.of(node)[1:-1]}"'))


EQUIVALENT_OPERATORS: tuple[Operator, ...] = (
    operator("rename_variable", None, _rename_variable),
    operator("respell_colour", None, _respell_colour),
    operator("reorder_keywords", None, _reorder_keywords),
    operator("list_to_tuple", None, _list_to_tuple),
    operator("as_arithmetic", None, _as_arithmetic),
    operator("add_comment", None, _add_comment),
    operator("as_array", None, _as_array),
    operator("requote", None, _requote),
)
"""Edits after which the annotator must find nothing."""
