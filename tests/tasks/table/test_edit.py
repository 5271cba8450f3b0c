"""Edits of table sources: what they aim at shows, what they leave is left, for anybody's tables."""

from __future__ import annotations

import random

import numpy as np
import pytest

from erm.render import render_batch
from erm.report import categories_of
from erm.tasks import View
from erm.tasks.table import TASK
from erm.tasks.table.source import is_html, read_tables, spliced

PLAIN = """<table border="1" class='prices' id=t1>
<caption>Prices &amp; stock</caption>
<thead><tr><th>Item</th><th colspan="2">Stock</th></tr></thead>
<tbody>
<tr><td>Pump &#8211; large</td><td>4&nbsp;200</td><td align="right">-3.25</td></tr>
<!-- second -->
<tr><td><a href="#x">Valve</a></td><td>17</td><td align="right">12.5 %</td></tr>
<tr><td>Hose</td><td>230</td><td align="right">8.75</td></tr>
</tbody>
</table>
"""
SPANNED = (
    "<table><tr><th rowspan=2>Team<th colspan=2>Home<th>Away"
    "<tr><th>Won<th>Lost<th>Won<tr><td>Reds<td>12<td>3<td>40<tr><td>Blues<td>9<td>16<td>25"
    "<tr><td>Greens<td>31<td>7<td>18</table>"
)
MARKDOWN = """Some words first.

| Name | Speed (km/h) | Note |
|:-----|-------------:|:----:|
| Otter | 12 | swims \\| dives |
| *Hare* | 70 | fast |
| Snail | 0.05 | `slow` |
"""
SOURCES = {"plain": PLAIN, "spanned": SPANNED, "markdown": MARKDOWN}


def drawn(sources: list[str]) -> list[View]:
    found = []
    for source, item in zip(
        sources, render_batch([("table", s) for s in sources], scenes=True), strict=True
    ):
        assert item.error is None, (item.error, source)
        assert item.scene is not None
        found.append(View(item.pixels, item.scene))
    return found


def test_operators_cover_the_taxonomy() -> None:
    names = [operator.name for operator in TASK.operators]
    assert len(set(names)) == len(names)
    aims = [operator.category for operator in TASK.operators]
    assert {*categories_of("table"), None} == set(aims)
    assert sum(aim is not None for aim in aims) >= 12


def test_each_operator_works_on_some_source_and_is_seen_or_not_as_it_says() -> None:
    edits = []
    for operator in TASK.operators:
        changed = []
        for source in SOURCES.values():
            edited = operator.apply(source, random.Random(operator.name))
            if edited is not None:
                assert edited != source
                changed.append((operator, source, edited))
        assert changed, operator.name
        edits += changed
    found = drawn([*SOURCES.values(), *(edited for _, _, edited in edits)])
    before = dict(zip(SOURCES.values(), found, strict=False))
    for (operator, source, edited), after in zip(edits, found[len(SOURCES) :], strict=True):
        reference = before[source]
        report = TASK.compare(reference, after)
        same = np.array_equal(reference.pixels, after.pixels)
        if operator.category is None:
            assert report == [], (operator.name, edited)
            assert same, (operator.name, edited)
        elif same:
            assert report == [], (operator.name, edited)
        else:
            assert operator.category in {e.category for e in report}, (operator.name, edited)
            assert len(report) == 1, (operator.name, edited, report)


def test_same_seed_same_edit() -> None:
    for operator in TASK.operators:
        for source in SOURCES.values():
            once, again = (operator.apply(source, random.Random(7)) for _ in range(2))
            assert once == again


def test_edits_leave_other_characters_alone() -> None:
    change = {operator.name: operator for operator in TASK.operators}["change_digit"]
    for source in SOURCES.values():
        edited = change.apply(source, random.Random(1))
        assert edited is not None
        assert len(edited) == len(source)
        assert sum(a != b for a, b in zip(edited, source, strict=True)) == 1


def test_edits_stack_on_generated_tables_without_breaking_them() -> None:
    sources = []
    for seed in range(30):
        rng = random.Random(seed)
        source = TASK.generate(rng, "compact" if seed % 3 else "wide")
        for _ in range(4):
            source = rng.choice(TASK.operators).apply(source, rng) or source
        sources.append(source)
    assert len(drawn(sources)) == 30


@pytest.mark.parametrize(
    "source",
    [
        "",
        "no table here",
        "<table>",
        "<table></table>",
        "<table><tr><td",
        "|a|\n",
        "|a|b|\n|-|-|\n",
        "<table><tr><td colspan=abc rowspan=-4>x<td colspan=99999999>y</table></table>",
        "<TABLE><TR><TD>1<TABLE><TR><TD>2</TABLE><TD>3",
        "<table><caption>only</caption></table>",
        "<table><script>let a = '<td>1</td>'</script><tr><td>1</table>",
        "\ufeff<table>\r\n<tr>\r\n<td>12\r\n</table>",
        "<table" * 200,
        "|" * 500 + "\n" + "|-" * 500,
    ],
)
def test_operators_survive_any_text(source: str) -> None:
    for operator in TASK.operators:
        for seed in range(3):
            edited = operator.apply(source, random.Random(seed))
            assert edited is None or edited != source


def test_cells_are_placed_as_html5_places_them() -> None:
    table = read_tables(SPANNED)[0]
    places = {SPANNED[cell.inner : cell.outer]: (cell.row, cell.column) for cell in table.cells}
    assert places["Away"] == (0, 3)
    assert places["Lost"] == (1, 2)
    assert places["Reds"] == (2, 0)
    assert table.width == 4


def test_markdown_cells_are_found_by_their_bars() -> None:
    table = read_tables(MARKDOWN)[0]
    texts = [[MARKDOWN[cell.inner : cell.outer] for cell in row.cells] for row in table.rows]
    assert texts[0] == ["Name", "Speed (km/h)", "Note"]
    assert texts[1] == ["Otter", "12", "swims \\| dives"]
    assert len(table.delimiters) == 3
    assert not is_html(MARKDOWN)


def test_nested_tables_are_tables_of_their_own() -> None:
    source = "<table><tr><td>a<table><tr><td>b</table><td>c</table>"
    outer, inner = read_tables(source)
    assert [cell.nested for cell in outer.cells] == [True, False]
    assert [source[cell.inner : cell.outer] for cell in inner.cells] == ["b"]


def test_splices_keep_the_rest() -> None:
    assert spliced("abcdef", [(4, 5, "E"), (1, 3, ""), (0, 0, "_")]) == "_adEf"
