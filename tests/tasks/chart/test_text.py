"""Programs as text: generation, edits of any program, extraction; the severity table."""

from __future__ import annotations

import ast
import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erm.report import categories_of
from erm.tasks import Operator, Variety, get_task
from erm.tasks.chart.edit_style import COLOURS
from erm.tasks.chart.severity import RULES
from erm.tasks.shared.colours import colour_name
from tests.chart_programs import PROGRAMS

TASK = get_task("chart")
NAMED_HEX = {
    "red": "#ff0000",
    "blue": "#0000ff",
    "green": "#008000",
    "orange": "#ffa500",
    "purple": "#800080",
    "gray": "#808080",
    "cyan": "#00ffff",
    "pink": "#ffc0cb",
}


@pytest.mark.parametrize("variety", ["compact", "wide"])
def test_same_seed_same_program(variety: Variety) -> None:
    for seed in range(30):
        first, second = (TASK.generate(random.Random(seed), variety) for _ in range(2))
        assert first == second
        ast.parse(first)


def test_compact_programs_are_short_and_varied() -> None:
    rng = random.Random(0)
    programs = [TASK.generate(rng, "compact") for _ in range(200)]
    assert max(map(len, programs)) < 600
    assert len(set(programs)) == len(programs)
    for call in ("bar(", "barh(", "plot(", "scatter(", "pie(", "hist(", "legend(", "grid("):
        assert any(f"ax.{call}" in program for program in programs), call


@pytest.mark.parametrize("name", PROGRAMS)
def test_edits_of_any_program_are_programs(name: str) -> None:
    source = PROGRAMS[name]
    applied = 0
    for operator in TASK.operators:
        edited = operator.apply(source, random.Random(5))
        assert edited == operator.apply(source, random.Random(5))
        if edited is not None:
            ast.parse(edited)
            assert edited != source
            applied += 1
    assert applied >= 2


@pytest.mark.parametrize(
    "source", ["", "x = 1\n", "def f(:\n", "\x00", "import os; os.remove('a')"]
)
def test_operators_leave_alone_what_they_can_not_edit(source: str) -> None:
    for operator in TASK.operators:
        edited = operator.apply(source, random.Random(0))
        assert edited is None or operator.category is None


NAMED_DATA = """
import matplotlib.pyplot as plt
years, sales = [2001, 2002, 2003], [4, 6, 5]
costs = [3, 2, 4]
fig, ax = plt.subplots()
ax.plot(costs)
ax.plot(years, sales, label="sales")
"""


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("list_to_tuple", "costs = (3, 2, 4)"),
        ("as_array", "costs = np.array([3, 2, 4])"),
        ("add_series", " * value for value in sales], color="),
    ],
)
def test_operators_find_data_that_a_variable_holds(name: str, changed: str) -> None:
    operator = next(operator for operator in TASK.operators if operator.name == name)
    edited = operator.apply(NAMED_DATA, random.Random(0))
    assert edited is not None
    assert changed in edited


def test_a_list_that_the_program_also_reads_stays_a_list() -> None:
    operator = next(operator for operator in TASK.operators if operator.name == "list_to_tuple")
    assert operator.apply(NAMED_DATA + "print(costs + [1])\n", random.Random(0)) is None


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from(TASK.operators), st.booleans())
def test_edits_change_little_of_the_text(seed: int, operator: Operator, wide: bool) -> None:
    rng = random.Random(seed)
    source = TASK.generate(rng, "wide" if wide else "compact")
    edited = operator.apply(source, rng)
    if edited is None:
        return
    ast.parse(edited)
    before, after = source.splitlines(), edited.splitlines()
    assert abs(len(before) - len(after)) <= 3
    if operator.name != "rename_variable":
        assert len(set(after) - set(before)) <= 6


def test_the_last_python_block_of_a_completion_is_the_program() -> None:
    completion = "<think>```python\na\n```</think>\n```python3\nb\n```\n```svg\n<svg/>\n```"
    assert TASK.extract(completion) == "b\n"
    assert TASK.extract("```\nplt.plot([1])\n```") is None


def test_compact_colours_have_names_of_their_own() -> None:
    names = [colour_name(NAMED_HEX[colour]) for colour in COLOURS]
    assert len(set(names)) == len(COLOURS)
    assert names == list(COLOURS)


def test_the_severity_table_stands_in_the_documentation() -> None:
    text = Path(__file__).parents[3].joinpath("docs", "annotation-chart.md").read_text("utf-8")
    rows = re.findall(r"^\| (\w+_error) \| ([^|]+?) \| ([123]) \| ([^|]+?) \|$", text, re.MULTILINE)
    stated = {(category, rule): (int(severity), why) for category, rule, severity, why in rows}
    assert stated == {
        (rule.category, name): (rule.severity, rule.reason) for name, rule in RULES.items()
    }
    assert {rule.category for rule in RULES.values()} == set(categories_of("chart"))
    assert {rule.severity for rule in RULES.values()} == {1, 2, 3}
