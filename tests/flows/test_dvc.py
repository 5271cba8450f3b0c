"""``dvc.yaml`` against the code: a stage depends on every module that decides its result."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from erm.tracking import flatten

ROOT = Path(__file__).parents[2]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
NEUTRAL = {
    "erm/__init__.py",
    "erm/errors.py",
    "erm/failures.py",
    "erm/servers.py",
    "erm/settings.py",
    "erm/state.py",
    "erm/tracking.py",
}
"""Modules that every stage imports and that decide no result."""
BY_NAME = {"erm/annotation.py": "erm/tasks", "erm/render/pool.py": "erm/render"}
"""Folders whose modules are imported by name while the program runs."""


def imported(file: Path) -> set[Path]:
    """Modules of the library that a file imports, anywhere in it but for type checks."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    found = set()
    for name in names:
        path = ROOT.joinpath(*name.split("."))
        for module in (path.with_suffix(".py"), path / "__init__.py"):
            if name.split(".")[0] == "erm" and module.is_file():
                found.add(module)
    return found


def reached(stage: str) -> set[str]:
    """Modules that the code of a stage imports, directly or not."""
    todo = imported(ROOT / "flows" / f"{stage}.py")
    done: set[Path] = set()
    while todo:
        file = todo.pop()
        done.add(file)
        todo |= imported(file) - done
    names = {str(file.relative_to(ROOT)) for file in done}
    return names | {BY_NAME[name] for name in names & set(BY_NAME)}


@pytest.mark.parametrize("stage", STAGES)
def test_code_a_stage_depends_on(stage: str) -> None:
    listed = {dep for dep in STAGES[stage]["deps"] if dep.startswith("erm/")}
    modules = reached(stage) - NEUTRAL
    missing = {name for name in modules if not any(Path(name).is_relative_to(d) for d in listed)}
    assert not missing, f"dvc.yaml does not list these for {stage}"
    idle = {dep for dep in listed if not any(Path(name).is_relative_to(dep) for name in modules)}
    assert not idle, f"dvc.yaml lists these for {stage}, which does not import them"


@pytest.mark.parametrize("stage", STAGES)
def test_what_a_stage_depends_on_is_there_or_made(stage: str) -> None:
    made = {out for entry in STAGES.values() for out in entry.get("outs", [])}
    made |= {path for entry in STAGES.values() for metric in entry["metrics"] for path in metric}
    params = flatten(yaml.safe_load((ROOT / "params.yaml").read_text()))
    for dep in STAGES[stage]["deps"]:
        path = str(params[dep[2:-1]]) if dep.startswith("${") else dep
        assert path in made or (ROOT / path).exists(), f"{stage}: {dep}"


def test_files_that_parameters_name_are_dependencies() -> None:
    assert "${synthesize.ingested}" in STAGES["synthesize"]["deps"]
    for stage in ("train_policy", "train_critic", "reinforce"):
        assert "conf/deepspeed" in STAGES[stage]["deps"]
    for profile in (ROOT / "conf" / "profile").glob("*.yaml"):
        for name, value in flatten(yaml.safe_load(profile.read_text())).items():
            if name.endswith("launch.deepspeed") and value is not None:
                assert Path(str(value)).parent == Path("conf/deepspeed"), profile
