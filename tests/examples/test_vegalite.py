"""The example of a fourth task: installed from its own package, through every stage, and as told
step by step in ``docs/new-task.md``."""

from __future__ import annotations

import importlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "erm-vegalite"
FILES = [EXAMPLE / "pyproject.toml", *sorted((EXAMPLE / "erm_vegalite").glob("*.py"))]
PAGE = ROOT / "docs" / "new-task.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
SOURCE: dict[str, Any] = {
    "title": "Rain",
    "width": 100,
    "height": 80,
    "data": {"values": [{"x": "Jan", "y": 20}, {"x": "Feb", "y": 60}]},
    "mark": {"type": "bar", "color": "#1f77b4"},
    "encoding": {
        "x": {"field": "x", "type": "nominal"},
        "y": {"field": "y", "type": "quantitative", "scale": {"domain": [0, 100]}},
    },
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables of a process that finds the installed example."""
    # the build writes into the folder that it builds from
    copy = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("copy") / "erm-vegalite")
    site = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(site), str(copy)], check=True)
    path = os.pathsep.join((str(ROOT), str(site)))
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two charts that differ in one value, and one that would load its data."""
    other = {**SOURCE, "data": {"values": [{"x": "Jan", "y": 20}, {"x": "Feb", "y": 35}]}}
    loading = {**SOURCE, "data": {"url": "file:///etc/passwd"}}
    for name, source in (("chart", SOURCE), ("other", other), ("loading", loading)):
        (tmp_path / f"{name}.json").write_text(json.dumps(source))
    return tmp_path


def _run(
    folder: Path, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )


def test_the_package_is_small_and_unknown_to_the_project() -> None:
    assert sum(len(file.read_text().splitlines()) for file in FILES) <= 400
    own = [*(ROOT / "erm").rglob("*.py"), *(ROOT / "flows").rglob("*.py")]
    assert not [file for file in own if "vega" in file.read_text().lower()]


def test_the_page_shows_the_code_of_the_package() -> None:
    code = [file.read_text() for file in FILES]
    shown = [text for language, text in BLOCKS[:-1] if language in ("python", "toml")]
    assert len(shown) >= 8
    for text in shown:
        assert any(text in file for file in code), text


@pytest.mark.smoke
def test_the_task_goes_through_every_stage(tmp_path: Path, environment: dict[str, str]) -> None:
    language, stages = BLOCKS[-1]
    assert language == "python"
    (tmp_path / "stages.py").write_text(stages)
    done = _run(tmp_path, environment, "stages.py")
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "vegalite" / "results.json").read_text())
    made = results["synthesize"]
    assert made["set_aside"] == 0
    assert all(made[f"pairs/{split}"] > 0 for split in ("train", "validation", "test"))
    categories = ("structure_error", "data_error", "text_error", "style_error")
    assert all(made[f"errors/vegalite/{category}"] > 0 for category in categories)
    assert results["train_critic"]["examples"] == made["pairs/train"]
    assert results["benchmark"]["baselines/exact_annotator/overall/f1_hard"] == 1.0
    assert 1.0 <= results["reward"] <= 2.0


def test_commands_know_the_task(folder: Path, environment: dict[str, str]) -> None:
    erm = ("-m", "erm.cli")
    drawn = _run(folder, environment, *erm, "render", "vegalite", "chart.json", "-o", "chart.png")
    assert drawn.returncode == 0, drawn.stderr
    assert (folder / "chart.png").read_bytes().startswith(b"\x89PNG")
    arguments = ("annotate", "vegalite", "chart.json", "other.json", "--json")
    (error,) = json.loads(_run(folder, environment, *erm, *arguments).stdout)["errors"]
    assert error == {
        "category": "data_error",
        "severity": 2,
        "location": "bar 'Feb'",
        "description": "value is 35 instead of 60",
    }
    listed = _run(folder, environment, *erm, "render", "--help").stdout
    assert "chart, table, svg, vegalite" in " ".join(listed.split())


def test_a_source_that_would_load_something_is_refused(
    folder: Path, environment: dict[str, str]
) -> None:
    arguments = ("-m", "erm.cli", "render", "vegalite", "loading.json", "-o", "x.png", "--json")
    done = _run(folder, environment, *arguments)
    assert json.loads(done.stdout)["error"]["kind"] == "external_refused"
    assert not (folder / "x.png").exists()


CONTAINED = """
import sys
from erm.render import Limits, Renderer
with Renderer(workers=1, limits=Limits(cpu_seconds=4, wall_seconds=60)) as renderer:
    vega, svg = renderer.render_batch([("vegalite", sys.argv[1]), ("svg", sys.argv[2])])
    assert vega.image and svg.image, (vega.error, svg.error)
    huge = sys.argv[1].replace('"width": 100', '"width": 1000000000')
    assert renderer.render_batch([("vegalite", huge)])[0].error.kind == "too_many_pixels"
    endless = '{"mark": "bar", "data": {"sequence": {"start": 0, "stop": 1e9}}}'
    stopped, after = renderer.render_batch([("vegalite", endless), ("vegalite", sys.argv[1])])
    assert stopped.error.kind in ("cpu_time", "memory", "worker_died"), stopped.error
    assert after.image == vega.image
"""


def test_a_worker_survives_what_this_task_draws(folder: Path, environment: dict[str, str]) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h5v5z"/></svg>'
    done = _run(folder, environment, "-c", CONTAINED, json.dumps(SOURCE), svg)
    assert done.returncode == 0, done.stderr


def test_sources_and_edits_are_the_same_for_a_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    edit = importlib.import_module("erm_vegalite.edit")
    for variety in ("compact", "wide"):
        sources = [edit.generate(random.Random(seed), variety) for seed in (1, 1, 2)]
        assert sources[0] == sources[1] != sources[2]
        for operator in edit.OPERATORS:
            edited = {operator.apply(sources[0], random.Random(3)) for _ in range(2)}
            assert len(edited) == 1
            assert edited != {None}
    foreign = [one.apply('{"mark": "bar"}', random.Random(0)) for one in edit.OPERATORS]
    assert set(foreign) == {None}
