"""What every task promises, and what a stranger's task that breaks a promise is told."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from erm.errors import ErmError
from erm.tasks import PixelRegion, distribution_of, get_task, package_folder, task_names
from erm.tasks.discrepancy import Box

ROOT = Path(__file__).parents[2]
BROKEN = {
    "raises on import": (
        "import no_such_library",
        "The task 'odd' of the package 'erm-odd' can't be loaded "
        "(ModuleNotFoundError: No module named 'no_such_library').",
    ),
    "is no task": (
        "TASK = 3",
        "The entry point 'odd' of the package 'erm-odd' is no task of that name.",
    ),
    "lacks members": (
        "from erm.tasks import Task\n"
        "class Odd(Task):\n"
        "    name, kind, subject = 'odd', 'document', 'an odd thing'\n"
        "    languages, suffixes, operators = ('odd',), ('.odd',), ()\n"
        "    draw = read_scene = generate = compare = extract = None\n"
        "TASK = Odd()\n",
        "The task 'odd' of the package 'erm-odd' lacks: answer, categories.",
    ),
    "has the name of another": (
        "from erm.tasks.svg import TASK",
        "The entry point 'odd' of the package 'erm-odd' is no task of that name.",
    ),
}


def test_the_tasks_are_in_the_order_of_tables() -> None:
    assert task_names()[:3] == ("chart", "table", "svg")


def test_an_unknown_name_is_one_sentence_that_lists_the_known_ones() -> None:
    with pytest.raises(ErmError, match=r"^Unknown task 'icon'; known tasks: chart, table, svg"):
        get_task("icon")


@pytest.mark.parametrize("name", task_names())
def test_members_agree_with_each_other(name: str) -> None:
    task = get_task(name)
    aims = {operator.category for operator in task.operators}
    assert aims == {*task.categories, None}
    assert len({operator.name for operator in task.operators}) == len(task.operators)
    assert f"```{task.languages[0]} block" in task.answer
    assert task.extract(f"```{task.languages[0]}\n{task.warm_up.source}\n```") is not None
    region = PixelRegion(Box(0, 0, 5, 5), 50, 50, same_ink=False, one_sided=True, low=True)
    assert task.pixel_category(region) in task.categories
    assert distribution_of(name).name == "visual-erm"
    assert package_folder(name) == ROOT / "erm"


@pytest.mark.parametrize("name", task_names())
def test_facts_for_judges_are_of_the_categories(name: str) -> None:
    task = get_task(name)
    assert task.judge.facts is not None
    for make in task.judge.facts(random.Random(0)):
        fact = make()
        assert {fact.category, fact.other_category} <= set(task.categories)


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_task_is_one_sentence_that_names_its_package(fault: str, tmp_path: Path) -> None:
    code, sentence = BROKEN[fault]
    (tmp_path / "erm_odd.py").write_text(code)
    metadata = tmp_path / "erm_odd-0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: erm-odd\nVersion: 0.1\n")
    (metadata / "entry_points.txt").write_text("[erm.tasks]\nodd = erm_odd:TASK\n")
    done = subprocess.run(
        [sys.executable, "-m", "erm.cli", "render", "svg", "x.svg", "-o", "x.png"],
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (1, f"erm: {sentence}\n")


def test_two_packages_with_one_name_are_refused(tmp_path: Path) -> None:
    metadata = tmp_path / "erm_again-0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: erm-again\nVersion: 0.1\n")
    (metadata / "entry_points.txt").write_text("[erm.tasks]\nsvg = erm.tasks.svg:TASK\n")
    code = "from erm.tasks import task_names; task_names()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}"},
        capture_output=True,
        text=True,
    )
    assert "Several installed packages bring a task 'svg'; uninstall one." in done.stderr


def test_loading_all_tasks_and_settings_imports_no_heavy_library() -> None:
    code = (
        "import sys\n"
        "import erm.synthesis.settings, erm.policies.settings, erm.critics.settings\n"
        "from erm.tasks import task_names\n"
        "task_names()\n"
        "heavy = {'numpy', 'PIL', 'matplotlib', 'weasyprint', 'cairosvg', 'pandas', 'lxml'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nothing_outside_a_task_names_it() -> None:
    tasks = ROOT / "erm" / "tasks"
    names = {f'"{name}"' for name in ("chart", "table", "svg")}
    files = [
        file
        for file in (ROOT / "erm").rglob("*")
        if file.suffix in (".py", ".js", ".css", ".jinja")
        and not any(file.is_relative_to(tasks / name) for name in ("chart", "table", "svg"))
    ]
    assert [file for file in files if any(name in file.read_text() for name in names)] == []
