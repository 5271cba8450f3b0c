"""The wheel, installed outside the checkout: it is complete, and its commands work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
    '<circle cx="40" cy="40" r="20" fill="{}"/></svg>'
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, since setuptools leaves its `build` folder behind."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "erm", copy / "erm", ignore=shutil.ignore_patterns("__pycache__"))
    _run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--wheel-dir", str(copy / "dist"), str(copy)),
        folder=copy,
    )
    (built,) = (copy / "dist").iterdir()
    return built


@pytest.fixture(scope="module")
def erm(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of the installed wheel; its dependencies are those of this environment."""
    target = tmp_path_factory.mktemp("installed")
    _run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
        *("--target", str(target), str(wheel)),
        folder=target,
    )
    return target / "bin" / "erm"


def _run(*command: str, folder: Path, packages: Path | None = None) -> str:
    """Standard output of a command that succeeds; it sees `packages` and not this checkout."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if packages is not None:
        environment["PYTHONPATH"] = str(packages)
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _answer(erm: Path, *arguments: str, folder: Path) -> Any:
    """What a command prints with ``--json``."""
    out = _run(str(erm), *arguments, "--json", folder=folder, packages=erm.parents[1])
    return json.loads(out)


def test_the_wheel_holds_every_file_of_the_package_and_the_licence(wheel: Path) -> None:
    expected = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "erm").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_commands_run_the_wheels_code_and_not_the_checkouts(erm: Path, tmp_path: Path) -> None:
    code = "import erm, pathlib; print(pathlib.Path(erm.__file__).parent)"
    installed = erm.parents[1]
    found = _run(sys.executable, "-c", code, folder=tmp_path, packages=installed)
    assert Path(found.strip()) == installed / "erm"


def test_sources_are_rendered_annotated_and_rewarded(erm: Path, tmp_path: Path) -> None:
    (tmp_path / "red.svg").write_text(SVG.format("red"))
    (tmp_path / "blue.svg").write_text(SVG.format("blue"))
    (tmp_path / "completion.txt").write_text("```svg\n" + SVG.format("blue") + "\n```")
    drawn = _answer(erm, "render", "svg", "red.svg", "-o", "red.png", folder=tmp_path)
    assert drawn["error"] is None
    report = _answer(erm, "annotate", "svg", "red.svg", "blue.svg", folder=tmp_path)
    assert report["style_error_count"] == len(report["errors"]) == 1
    reward = _answer(
        erm, "reward", "svg", "red.png", "completion.txt", "--critic", "pixel", folder=tmp_path
    )
    assert reward["outcome"] == "judged"
    assert 0 < reward["reward"] < 2


def test_charts_and_tables_are_rendered(erm: Path, tmp_path: Path) -> None:
    (tmp_path / "chart.py").write_text("import matplotlib.pyplot as plt\nplt.bar('ab', [1, 2])\n")
    (tmp_path / "table.md").write_text("| a | b |\n|---|---|\n| 1 | 2 |\n")
    for task, source in (("chart", "chart.py"), ("table", "table.md")):
        drawn = _answer(erm, "render", task, source, "-o", f"{task}.png", folder=tmp_path)
        assert drawn["error"] is None
        assert not drawn["blank"]


def test_the_published_benchmark_is_scored_and_shown(erm: Path, tmp_path: Path) -> None:
    scores = _answer(
        erm,
        *("benchmark", str(GOLDEN / "predictions.json"), "--page", "page"),
        *("--judge", f"replay:{GOLDEN / 'judge_replies.jsonl'}"),
        folder=tmp_path,
    )
    golden = json.loads((GOLDEN / "summary.json").read_text())
    assert scores["overall"]["overall"] == golden["overall"]["overall"]
    assert "<script" in (tmp_path / "page" / "index.html").read_text()
