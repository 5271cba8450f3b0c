"""Whoever draws untrusted code can be made to stop where containment is incomplete."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import get_type_hints

import pytest

from erm.cli import main
from erm.parameters import STAGES, Params

PACKAGE = Path(__file__).parents[2] / "erm"
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><rect width="5" height="5"/></svg>'


def renderers(file: Path) -> list[ast.Call]:
    """Calls that start workers which draw."""
    calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    return [
        call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Renderer"
    ]


@pytest.mark.parametrize("choice", ["isolation", "drawing"])
def test_it_is_a_choice_wherever_something_is_drawn(choice: str) -> None:
    found = 0
    for file in PACKAGE.rglob("*.py"):
        if file.is_relative_to(PACKAGE / "render"):
            continue
        for call in renderers(file):
            found += 1
            assert choice in {word.arg for word in call.keywords}, f"{file}:{call.lineno}"
    assert found > 5


@pytest.mark.parametrize("choice", ["isolation", "drawing"])
def test_stages_that_draw_have_the_parameter(choice: str) -> None:
    kinds = get_type_hints(Params)
    having = {stage for stage in STAGES if choice in kinds[stage].model_fields}
    others = {"synthesize", "infer", "benchmark", "reinforce", "evaluate"}
    assert having == {*others, "train_policy"}


@pytest.mark.parametrize(
    "command",
    [
        ["render", "svg", "a.svg", "-o", "a.png"],
        ["annotate", "svg", "a.svg", "a.svg"],
        ["ingest", "svg", "a.svg", "-o", "a.parquet"],
    ],
)
def test_required_isolation_that_can_not_be_had_is_a_sentence(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.svg").write_text(SVG)
    monkeypatch.setattr("erm.render.pool._Worker.missing", lambda _: ["namespaces"])
    monkeypatch.setattr(sys, "argv", ["erm", *command, "--isolation", "required"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert "isolation is 'required', but this machine lacks: namespaces." in str(ended.value.code)
