"""What the pages say can be done: commands parse, parameters compose, paths and links exist.

Not covered: programs of others (docker, curl, vllm, prefect, mlflow), and what a command does; the
few that take seconds are run as they stand on the page.
"""

from __future__ import annotations

import ast
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import pytest
import typer
import yaml
from typer.core import TyperGroup

from erm.cli import _app, main
from erm.errors import ErmError
from erm.parameters import STAGES, compose_params

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "examples" / "erm-vegalite" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
PAGES = [page for page in PAGES if page.is_file()]
MADE = ("data/", "models/", "reports/", "mlartifacts/", ".erm/", "build/", "dist/")
"""Where the pipeline writes; what is there is checked with `dvc.yaml`'s own tests."""
STANDS_FOR = {"TASK": "svg", "vegalite": "svg", "…": "svg", "ROLE": "critic"}
"""Words of commands, and what they could stand for."""
OURS = ("erm/", "flows/", "tests/", "conf/", "docs/", "benchmarks/", "examples/", ".ci/")


class Snippet(NamedTuple):
    """A command, or another piece of code, and whether it is a mention within a sentence."""

    page: Path
    text: str
    inline: bool

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.text}"


def snippets() -> Iterator[Snippet]:
    """All code of the pages but blocks in other languages than a shell's; lines are joined."""
    for page in PAGES:
        prose: list[str] = []
        block: list[str] = []
        language: str | None = None
        for line in page.read_text(encoding="utf-8").splitlines():
            if line.startswith("```"):
                language = None if language is not None else line[3:].strip()
            elif language is not None:
                block += [line] if language in ("", "sh", "bash") else []
            elif line.startswith("    "):
                block.append(line.strip())
            else:
                prose.append(line)
        for command in "\n".join(block).replace("\\\n", " ").splitlines():
            yield Snippet(page, command, inline=False)
        for span in re.findall(r"`([^`]+)`", "\n".join(prose)):
            yield Snippet(page, " ".join(span.split()), inline=True)


def words(snippet: Snippet) -> list[str]:
    """The words of a command without variables in front and a comment behind; empty for other
    code."""
    try:
        found = shlex.split(snippet.text, comments=not snippet.inline)
    except ValueError:
        return []
    while found and re.fullmatch(r"[A-Z_]+=\S*", found[0]):
        del found[0]
    return found


COMMANDS = [(snippet, found) for snippet in snippets() if (found := words(snippet))]


def commands(program: str) -> list[tuple[Snippet, list[str]]]:
    chosen = [(snippet, found[1:]) for snippet, found in COMMANDS if found[0] == program]
    assert chosen
    return chosen


def test_erm_commands_parse() -> None:
    app, wrong = typer.main.get_command(_app()), []
    for snippet, arguments in commands("erm"):
        command: Any = app
        rest = [STANDS_FOR.get(word, word) for word in arguments]
        while isinstance(command, TyperGroup) and rest:
            command = command.commands.get(rest.pop(0))
        if command is None:
            wrong.append(f"{snippet}: no such command")
        elif not isinstance(command, TyperGroup):
            try:
                command.make_context("erm", rest)
            except Exception as error:
                # a sentence may name a command or an option alone: `erm benchmark --critic`
                missing = "Missing" in str(error) or "requires an argument" in str(error)
                if not (snippet.inline and missing):
                    wrong.append(f"{snippet}: {error}")
    assert not wrong, "\n".join(wrong)


def test_python_programs_and_their_options_exist() -> None:
    wrong = []
    for snippet, arguments in commands("python"):
        if not arguments:
            continue
        if arguments[0] == "-m":
            place = Path(*arguments[1].split("."))
            rest = arguments[2:]
        else:
            place, rest = Path(arguments[0]).with_suffix(""), arguments[1:]
        if place.parts[0] in ("pip", "pytest", "flows") and place.name in ("pip", "pytest", "x"):
            continue
        files = (ROOT / place.with_suffix(".py"), ROOT / place / "__main__.py")
        file = next((one for one in files if one.is_file()), None)
        if file is None:
            wrong.append(f"{snippet}: there is no {place}")
            continue
        known = _options(file)
        wrong += [
            f"{snippet}: no option {word}"
            for word in rest
            if re.match(r"--?[A-Za-z]", word) and word.split("=")[0] not in known
        ]
    assert not wrong, "\n".join(wrong)


@cache
def _options(file: Path) -> set[str]:
    """Options that a program's source adds to its parser."""
    return {
        argument.value
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "add_argument"
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def test_targets_of_make_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    wrong = [
        f"{snippet}: no target '{word}'"
        for snippet, arguments in commands("make")
        for word in arguments
        if re.fullmatch(r"[a-z-]+", word) and word not in targets
    ]
    assert not wrong, "\n".join(wrong)


def test_dvc_commands_parse_and_name_stages_that_exist() -> None:
    from dvc.cli import DvcParserError
    from dvc.cli.parser import get_main_parser

    parser, wrong = get_main_parser(), []
    for snippet, arguments in commands("dvc"):
        if snippet.inline and (len(arguments) < 2 or arguments[-1] in ("-S", "apply")):
            continue  # the name of a command
        try:
            parsed = parser.parse_args(arguments)
        except (SystemExit, DvcParserError):  # it prints the reason
            wrong.append(str(snippet))
            continue
        if parsed.cmd in ("repro", "exp") and getattr(parsed, "targets", None):
            wrong += [f"{snippet}: no stage {one}" for one in parsed.targets if one not in STAGES]
    assert not wrong, "\n".join(wrong)


def test_changes_of_parameters_compose() -> None:
    wrong = []
    for text, snippet in sorted({_changes(one): one for one, _ in COMMANDS}.items()):
        try:
            compose_params(text)
        except ErmError as error:
            if "there is no folder of fonts" not in str(error):  # of the reader's machine
                wrong.append(f"{snippet}: {error}")
    assert not wrong, "\n".join(wrong)


def _changes(snippet: Snippet) -> tuple[str, ...]:
    """The parameters of the pipeline that a command changes or leaves out with ``-S``."""
    found = words(snippet)
    changes = [value for flag, value in pairwise(found) if flag == "-S"]
    return tuple(one for one in changes if re.match(r"~\w+\.|\+?(\w+\.[\w.]+|profile)=", one))


def test_extras_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {
        (str(snippet), extra)
        for snippet, found in COMMANDS
        for extras in re.findall(r"visual-erm\[([^]]+)\]", " ".join(found))
        for extra in extras.split(",")
    }
    assert named
    assert not [one for one in named if one[1] not in project["optional-dependencies"]]


def test_paths_exist() -> None:
    made = tuple(str(out) for out in _made())
    wrong = []
    for snippet, found in COMMANDS:
        for word in found:
            path = word.rstrip(".,:;")
            if not path.startswith(OURS) or re.search(r"[…<>{}*\[\]=,$]", path):
                continue
            inside = snippet.page.parent / path
            if not ((ROOT / path).exists() or inside.exists() or path.startswith(made)):
                wrong.append(f"{snippet}: there is no {path}")
    assert not wrong, "\n".join(wrong)


def _made() -> Iterator[str]:
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    for stage in stages.values():
        yield from stage.get("outs", [])
        yield from (path for metric in stage["metrics"] for path in metric)
    yield from MADE


def test_names_of_the_package_exist() -> None:
    wrong = []
    for snippet, found in COMMANDS:
        if not re.fullmatch(r"(erm|flows)(\.\w+)+(\(.*)?", found[0]) or not snippet.inline:
            continue
        names = found[0].split("(")[0].split(".")
        deepest = max(
            (depth for depth in range(1, len(names) + 1) if _module(names[:depth])), default=0
        )
        module = _module(names[:deepest])
        rest = names[deepest:]
        lacks = module is None or any(not re.search(rf"\b{name}\b", module) for name in rest[:1])
        if lacks and found[0] != "erm.json":
            wrong.append(str(snippet))
    assert not wrong, "\n".join(wrong)


def _module(names: list[str]) -> str | None:
    """The source of a module; None if there is none of this name."""
    place = ROOT.joinpath(*names)
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((file.read_text(encoding="utf-8") for file in files if file.is_file()), None)


def test_python_examples_parse_and_import_what_exists() -> None:
    wrong = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"^```python\n(.*?)^```", text, re.M | re.S):
            for node in ast.walk(ast.parse(dedent(block))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("erm."):
                    module = _module(str(node.module).split(".")) or ""
                    wrong += [
                        f"{page.name}: from {node.module} import {alias.name}"
                        for alias in node.names
                        if not re.search(rf"\b{alias.name}\b", module)
                    ]
    assert not wrong, "\n".join(wrong)


def test_links_lead_to_files_and_headings() -> None:
    wrong = []
    for page in [*PAGES, ROOT / "CHANGELOG.md"]:
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text)):
            if "://" in target or target.startswith("mailto:"):
                continue
            path, _, anchor = target.partition("#")
            file = (page.parent / path) if path else page
            if not file.exists():
                wrong.append(f"{page.name}: {target}")
            elif anchor and anchor not in _anchors(file):
                wrong.append(f"{page.name}: {target}: no such heading")
    assert not wrong, "\n".join(wrong)


@cache
def _anchors(page: Path) -> set[str]:
    """Anchors that GitHub gives to the headings of a page."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    anchors: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", text, re.M):
        words_of = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        anchors.add(re.sub(r"[^\w\- ]", "", words_of).replace(" ", "-"))
    return anchors


CHART = (
    "import matplotlib.pyplot as plt\nplt.figure(figsize=(2, 1.5))\nplt.bar(['a', 'b'], [1, {}])\n"
)
QUICK = {
    "erm annotate chart reference.py candidate.py": "b",
    "erm ingest chart my_charts/ -o ingested/mine.parquet": "1",
}
"""Commands of the README, and what stands in their output."""


@pytest.mark.parametrize("text", QUICK)
def test_quick_commands_run_as_the_readme_says(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert any(
        snippet.page.name == "README.md" and found == text.split() for snippet, found in COMMANDS
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_charts").mkdir()
    for name, value in {"reference": 2, "candidate": 3, "my_charts/one": 2}.items():
        (tmp_path / f"{name}.py").write_text(CHART.format(value))
    monkeypatch.setattr(sys, "argv", text.split())
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code, ended.value.code
    assert QUICK[text] in capsys.readouterr().out
