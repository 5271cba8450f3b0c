"""A matplotlib program as text with its syntax tree: where to find things and how to change them.

Replaces spans of the text, so that everything else, comments included, stays as it is. Knows what
plotting calls are named, not who wrote the program.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

PLOTS = frozenset(
    {
        "bar",
        "barh",
        "plot",
        "scatter",
        "pie",
        "hist",
        "step",
        "stem",
        "fill_between",
        "stackplot",
        "boxplot",
        "violinplot",
        "errorbar",
        "imshow",
        "pcolormesh",
        "barplot",
        "lineplot",
        "scatterplot",
        "histplot",
        "heatmap",
        "area",
        "semilogy",
        "semilogx",
        "loglog",
        "hlines",
        "vlines",
        "axhline",
        "axvline",
    }
)
"""Names of calls that draw data."""

TITLE_CALLS = frozenset(
    {
        "title",
        "set_title",
        "suptitle",
    }
)
LABEL_CALLS = frozenset(
    {
        "xlabel",
        "ylabel",
        "set_xlabel",
        "set_ylabel",
        "supxlabel",
        "supylabel",
    }
)
NOTE_CALLS = frozenset(
    {
        "text",
        "annotate",
        "figtext",
    }
)
COLOUR_WORDS = frozenset(
    {
        "color",
        "c",
        "colors",
        "facecolor",
        "edgecolor",
        "facecolors",
        "edgecolors",
        "ec",
        "fc",
        "markerfacecolor",
        "mfc",
        "markeredgecolor",
        "mec",
        "palette",
    }
)
_NOT_DATA = frozenset(
    {
        "subplots",
        "figure",
        "subplots_adjust",
        "set_xlim",
        "set_ylim",
        "xlim",
        "ylim",
        "axis",
        "set_xticks",
        "set_yticks",
        "xticks",
        "yticks",
        "add_axes",
        "add_subplot",
        "subplot",
        "legend",
        "GridSpec",
        "add_gridspec",
        "set_size_inches",
        "savefig",
        "tight_layout",
        "text",
        "annotate",
        "figtext",
        "axes",
        "inset_axes",
        "set_aspect",
        "rc",
        "margins",
        "zeros",
        "ones",
        "empty",
        "full",
        "reshape",
        "random",
        "random_sample",
        "standard_normal",
        "subplot2grid",
    }
)
_NOT_DATA_WORDS = frozenset(
    {
        "figsize",
        "bins",
        "bbox_to_anchor",
        "xytext",
        "xy",
        "width_ratios",
        "height_ratios",
        "gridspec_kw",
        "dashes",
        "rect",
        "linestyle",
        "ls",
        "linewidth",
        "lw",
        "explode",
        "wedgeprops",
        "textprops",
        "colors",
        "color",
        "xlim",
        "ylim",
        "sizes",
        "size",
        "shape",
        "s",
    }
)


@dataclass(frozen=True)
class Span:
    """A range of the program's text in characters."""

    start: int
    end: int


class Program:
    """A parsed program; raises `SyntaxError` or `ValueError` where it can't be parsed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self.parents: dict[ast.AST, ast.AST] = {
            child: parent
            for parent in ast.walk(self.tree)
            for child in ast.iter_child_nodes(parent)
        }
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def span(self, node: ast.AST) -> Span:
        """Where a node stands."""
        return Span(
            self._offset(node.lineno, node.col_offset),  # type: ignore[attr-defined]
            self._offset(node.end_lineno, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def _offset(self, line: int, column: int) -> int:
        before = self._lines[line - 1].encode()[:column] if line <= len(self._lines) else b""
        return self._starts[line - 1] + len(before.decode())

    def of(self, node: ast.AST) -> str:
        """The text of a node."""
        span = self.span(node)
        return self.text[span.start : span.end]

    def replace(self, *changes: tuple[ast.AST | Span, str]) -> str:
        """The text with nodes or spans replaced; they must not overlap."""
        spans = [
            (place if isinstance(place, Span) else self.span(place), new) for place, new in changes
        ]
        text = self.text
        for span, new in sorted(spans, key=lambda item: item[0].start, reverse=True):
            text = text[: span.start] + new + text[span.end :]
        return text

    def calls(self, names: frozenset[str] | None = None) -> list[ast.Call]:
        """Calls in the order of the text, of the given method or function names."""
        found = [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call) and (names is None or called(node) in names)
        ]
        return sorted(found, key=lambda node: self.span(node).end)

    def plots(self) -> list[ast.Call]:
        """Plotting calls on an axes, pyplot, seaborn or a pandas object."""
        return [call for call in self.calls(PLOTS) if isinstance(call.func, ast.Attribute)]

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that a node belongs to."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def drop(self, statement: ast.stmt) -> str:
        """The text without a statement; ``pass`` stands in where a block would be empty."""
        span = self.span(statement)
        line_start = self.text.rfind("\n", 0, span.start) + 1
        line_end = self.text.find("\n", span.end)
        line_end = len(self.text) if line_end < 0 else line_end
        alone = not self.text[line_start : span.start].strip()
        rest = self.text[span.end : line_end].strip()
        parent = self.parents[statement]
        block = next(
            (
                value
                for _, value in ast.iter_fields(parent)
                if isinstance(value, list) and statement in value
            ),
            [statement],
        )
        if len(block) > 1 and alone and (not rest or rest.startswith("#")):
            return self.text[:line_start] + self.text[min(line_end + 1, len(self.text)) :]
        return self.replace((span, "pass"))

    def insert_after(self, statement: ast.stmt, line: str) -> str:
        """The text with a line added after a statement, at its indentation."""
        span = self.span(statement)
        start = self.text.rfind("\n", 0, span.start) + 1
        indent = self.text[start : span.start]
        if indent.strip():
            return self.replace((Span(span.end, span.end), f"; {line}"))
        return self.replace((Span(span.end, span.end), f"\n{indent}{line}"))

    def add_argument(self, call: ast.Call, argument: str) -> str:
        """The text with a keyword argument added to a call."""
        end = self.span(call).end - 1
        inside = self.text[self.span(call.func).end + 1 : end].rstrip()
        comma = "" if not inside or inside.endswith((",", "(")) else ", "
        last = len(self.text[:end].rstrip())
        return self.replace((Span(last, end), comma + argument))

    def data_lists(self) -> list[ast.List | ast.Tuple]:
        """Literal lists of at least two numbers that stand for data, not for sizes or limits."""
        return [
            node
            for node in self._walk((ast.List, ast.Tuple))
            if isinstance(node, (ast.List, ast.Tuple))
            and len(node.elts) >= 2
            and all(number_of(item) is not None for item in node.elts)
            and self._is_data(node)
        ]

    def text_lists(self) -> list[ast.List | ast.Tuple]:
        """Literal lists of at least two texts that stand for categories or labels."""
        return [
            node
            for node in self._walk((ast.List, ast.Tuple))
            if isinstance(node, (ast.List, ast.Tuple))
            and len(node.elts) >= 2
            and all(isinstance(text_of(item), str) for item in node.elts)
            and self._is_names(node)
        ]

    def _walk(self, kinds: tuple[type, ...]) -> Iterator[ast.AST]:
        nodes = [node for node in ast.walk(self.tree) if isinstance(node, kinds)]
        return iter(sorted(nodes, key=lambda node: self.span(node).start))

    def _is_data(self, node: ast.AST) -> bool:
        parent = self.parents[node]
        while not isinstance(parent, ast.stmt):
            if isinstance(parent, ast.Subscript):
                return False
            if isinstance(parent, ast.Call) and called(parent) in _NOT_DATA:
                return False
            if isinstance(parent, ast.keyword) and parent.arg in _NOT_DATA_WORDS:
                return False
            parent = self.parents[parent]
        if isinstance(parent, ast.Assign):
            names = {target.id for target in parent.targets if isinstance(target, ast.Name)}
            return not any("size" in name or "color" in name or "bins" in name for name in names)
        return isinstance(parent, (ast.Expr, ast.For, ast.AnnAssign))

    def _is_names(self, node: ast.AST) -> bool:
        parent = self.parents[node]
        while not isinstance(parent, ast.stmt):
            if isinstance(parent, ast.keyword) and (
                parent.arg in COLOUR_WORDS or parent.arg in ("linestyle", "ls", "marker", "hatch")
            ):
                return False
            if isinstance(parent, ast.Subscript):
                return False
            parent = self.parents[parent]
        if isinstance(parent, ast.Assign):
            names = {target.id for target in parent.targets if isinstance(target, ast.Name)}
            return not any(
                word in name
                for name in names
                for word in ("color", "colour", "marker", "style", "hatch")
            )
        return True


def parse_program(source: str) -> Program | None:
    """The parsed form of a source; None for one that can't be parsed."""
    try:
        return Program(source)
    except (SyntaxError, ValueError, RecursionError):
        return None


def called(call: ast.Call) -> str:
    """The last name of what is called: ``bar`` of ``ax.bar(…)``."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def number_of(node: ast.AST) -> float | int | None:
    """The value of a numeric literal, sign included; None for anything else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = number_of(node.operand)
        if value is None:
            return None
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        assert isinstance(node.value, (int, float))
        return node.value
    return None


def text_of(node: ast.AST | None) -> str | None:
    """The value of a plain text literal; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def word_of(call: ast.Call, *names: str) -> ast.keyword | None:
    """The first keyword argument of one of the names."""
    return next((word for word in call.keywords if word.arg in names), None)


def receiver(program: Program, call: ast.Call) -> str:
    """What a method is called on: ``ax`` of ``ax.bar(…)``."""
    return program.of(call.func.value) if isinstance(call.func, ast.Attribute) else ""


def is_pyplot(program: Program, call: ast.Call) -> bool:
    """Whether a call is one of ``matplotlib.pyplot``, under the name it was imported by."""
    names = {"plt", "pyplot"}
    for node in ast.walk(program.tree):
        if isinstance(node, ast.Import):
            names |= {a.asname for a in node.names if a.name == "matplotlib.pyplot" and a.asname}
    return receiver(program, call) in names
