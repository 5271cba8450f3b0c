"""Sources in the files of packages: whole files, examples and tables of documentation, data.

Each function takes a file's path and content and gives (place, source): the place is the path, with
a number if the file may hold several sources.
"""

from __future__ import annotations

import ast
import doctest
import io
import json
import random
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from erm.errors import ErmError
from erm.sources.encodings import NotTextError, decode
from erm.synthesis.collections import Collection, Form
from erm.tasks import Task, get_task

if TYPE_CHECKING:
    import pandas as pd
    from docutils import nodes

Placed = Iterator[tuple[str, str]]
"""(place, source) of each source in a file."""

_ASSUMED = {
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "plt": "import matplotlib.pyplot as plt",
}
"""Imports that examples in docstrings leave out by numpydoc's convention."""

_PLOTTING = {"plt", "plot", "hist", "boxplot"}
_WORD = re.compile(r"[A-Za-z_]+")
_ROLE = re.compile(
    r"(?::[A-Za-z][\w:+.-]*:`~?|(?<![`\w])`~)[.!]?(?P<text>[^`<\n]*?)[ ]*(?:<[^`>\n]*>)?`"
)
"""Text with a role of Sphinx, or with the default one and a tilde."""
_LINK = re.compile(r"`(?P<text>[^`<\n]+?)[ ]*<[^`>\n]*>`__?")
_RULE = re.compile(r"(?m)^[ ]*(?:=+(?: +=+)+|\+-+(?:\+-+)+\+)[ ]*$")

_TABLES_A_FILE = 24
"""Tables cut out of one file of data."""
_ROWS, _COLUMNS = (3, 10), (2, 7)
"""Fewest and most rows and columns of such a table."""
_MOST_COLUMNS = 40
_LONGEST_CELL = 60


def extract(collection: Collection, path: str, content: bytes) -> Placed:
    """The sources of a collection in one of its files; a file that is no text has none.

    Raises:
        ErmError: a package that this form needs is not installed.
    """
    task = get_task(collection.task)
    try:
        text = _text(task, path, content)
    except NotTextError:
        return
    yield from _FORMS[collection.form](path, text)


def _text(task: Task, path: str, content: bytes) -> str:
    own = PurePosixPath(path).suffix.lower() in task.suffixes
    return decode(content, task.declared_encoding if own else None)


def _file(path: str, text: str) -> Placed:
    """The file itself."""
    yield path, text


def _examples(path: str, text: str) -> Placed:
    """Examples of doctest that plot, one program a docstring or page of documentation."""
    if ">>>" not in text or not _PLOTTING & set(_WORD.findall(text)):
        return
    parser = doctest.DocTestParser()
    for number, written in enumerate(_documentation(path, text), start=1):
        if ">>>" not in written:
            continue
        try:
            source = "".join(example.source for example in parser.get_examples(written))
        except ValueError:  # not written as doctest wants it
            continue
        names = _names(source)
        if not _PLOTTING & names:
            continue
        missing = [line for name, line in _ASSUMED.items() if name in names and line not in source]
        yield f"{path}:{number}", "\n".join([*missing, source])


def _names(source: str) -> set[str]:
    """Names and attributes in a program; none if it is no Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return found | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def _documentation(path: str, text: str) -> Iterator[str]:
    """The docstrings of a module; any other file is documentation as a whole."""
    if not path.endswith(".py"):
        yield text
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            written = ast.get_docstring(node)
            if written:
                yield written


def _rst_tables(path: str, text: str) -> Placed:
    """Tables in reStructuredText, drawn with rules of ``=`` or ``-``, as HTML."""
    number = 0
    if not _RULE.search(text):
        return
    for written in _documentation(path, text):
        for block in _ruled(written):
            for html in _tables_as_html(block):
                number += 1
                yield f"{path}:{number}", html


def _ruled(written: str) -> Iterator[str]:
    """The text of each table: from a rule after a blank line to the first one before a blank
    line. Parsing whole pages of documentation takes ten times as long."""
    lines = [*written.expandtabs().splitlines(), ""]
    start: int | None = None
    for number, line in enumerate(lines[:-1]):
        if not _RULE.match(line):
            continue
        if start is None:
            start = number if number == 0 or not lines[number - 1].strip() else None
        elif not lines[number + 1].strip():
            yield textwrap.dedent("\n".join(lines[start : number + 1])) + "\n"
            start = None


def _tables_as_html(written: str) -> Iterator[str]:
    try:
        import docutils.core
        import docutils.io
        import docutils.utils
        from docutils import nodes
    except ImportError:
        raise ErmError(
            "Tables of documentation need docutils: pip install 'visual-erm[sources]'."
        ) from None
    settings = {
        "report_level": 5,
        "halt_level": 5,
        "file_insertion_enabled": False,
        "raw_enabled": False,
        "embed_stylesheet": False,
        "stylesheet_path": None,
        "doctitle_xform": False,
    }
    # Columns are found by position, so each line keeps its length.
    plain = _ROLE.sub(lambda role: f"``{role['text']}``".ljust(len(role[0])), written)
    plain = _LINK.sub(lambda link: link["text"].ljust(len(link[0])), plain)
    document = docutils.core.publish_doctree(plain, settings_overrides=settings)
    unresolved = (nodes.problematic, nodes.system_message, nodes.image, nodes.pending)
    for table in list(document.findall(nodes.table)):
        if any(isinstance(node, unresolved) for node in table.findall()):
            continue
        one = docutils.utils.new_document("one table", document.settings)
        one += _without_links(table)
        parts = docutils.core.publish_parts(
            one,
            source_class=docutils.io.DocTreeInput,
            reader="doctree",
            writer="html5",
            settings_overrides=settings,
        )
        yield parts["fragment"].strip() + "\n"


def _without_links(table: nodes.table) -> nodes.table:
    """A copy of a table whose links are plain text and whose parts have no names."""
    from docutils import nodes

    copy = table.deepcopy()
    links = (nodes.reference, nodes.target, nodes.footnote_reference)
    for link in [node for node in copy.findall() if isinstance(node, links)]:
        link.parent.replace(link, [nodes.Text(link.astext())] if link.astext() else [])
    for node in copy.findall(nodes.Element):
        node["ids"], node["names"], node["classes"] = [], [], []
    return copy


def _records(path: str, text: str) -> Placed:
    """Tables of a few rows and columns of a file of data (CSV, TSV, or records of JSON)."""
    frame = _frame(path, text)
    if frame is None:
        return
    width = (frame.map(len).max() <= _LONGEST_CELL) & (frame.columns.str.len() <= _LONGEST_CELL)
    frame = frame.loc[:, width.to_numpy()]
    if len(frame) < _ROWS[0] or len(frame.columns) < _COLUMNS[0]:
        return
    rng = random.Random(path)
    for number in range(1, _TABLES_A_FILE + 1):
        rows = min(rng.randint(*_ROWS), len(frame))
        columns = min(rng.randint(*_COLUMNS), len(frame.columns))
        start = rng.randrange(len(frame) - rows + 1)
        chosen = sorted(rng.sample(range(len(frame.columns)), columns))
        part = frame.iloc[start : start + rows, chosen]
        yield f"{path}:{number}", part.to_html(index=False, justify="left") + "\n"


def _frame(path: str, text: str) -> pd.DataFrame | None:
    """All values as the file writes them; None if it holds no table."""
    import pandas as pd

    if path.endswith(".json"):
        try:
            rows = json.loads(text)
        except ValueError:
            return None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            return None
        written: list[Mapping[str, Any]] = [
            {name: "" if value is None else str(value) for name, value in row.items()}
            for row in rows
        ]
        return pd.DataFrame(written).fillna("").iloc[:, :_MOST_COLUMNS]
    separator = "\t" if path.endswith(".tsv") else ","
    try:
        frame = pd.read_csv(io.StringIO(text), sep=separator, dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        return None
    return frame.iloc[:, :_MOST_COLUMNS]


_FORMS: Mapping[Form, Callable[[str, str], Placed]] = {
    "file": _file,
    "examples": _examples,
    "rst_tables": _rst_tables,
    "records": _records,
}
