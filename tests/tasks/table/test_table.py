"""Procedural tables, and tables as people write them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import matplotlib
import pytest

from erm.render import render_batch
from erm.tasks.table import TASK
from erm.tasks.table.generate import WORDS

SERIF = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSerif.ttf")

WILD = {
    "nested markup": (
        "<table><tr><td><p>One <em>two</em></p><ul><li>three<li>four</ul>"
        "<td><b>5</b><br>six</table>"
    ),
    "nested tables": ("<table><tr><td>outer<table><tr><td>inner<td>cell</table><td>next</table>"),
    "broken": "<table><tr><td>a</th><td>b<tr></td><td>c</div><p>d</table",
    "text in rows": "<table>stray<tr>text<td>a<td>b</table>after",
    "colspan beyond": "<table><tr><td colspan=40>a<tr><td>b<td>c</table>",
    "rowspan to the end": "<table><tr><td rowspan=0>a<td>b<tr><td>c<tr><td>d</table>",
    "rowspan beyond": "<table><tr><td rowspan=9>a<td>b<tr><td>c</table>",
    "overlapping": "<table><tr><td>a<td rowspan=2>b<tr><td colspan=2>c</table>",
    "only spans": "<table><tr><td rowspan=2 colspan=2>a<tr></table>",
    "css table": (
        "<div style='display:table'><div style='display:table-row'>"
        "<div style='display:table-cell'>x</div></div></div><table><tr><td>y</table>"
    ),
    "head and foot in any order": (
        "<table><tfoot><tr><td>sum</tfoot><tbody><tr><td>1</tbody><thead><tr><th>n</thead></table>"
    ),
    "columns": (
        "<table><colgroup><col style='background:#eee'><col width=90></colgroup>"
        "<tr><td>a<td>b</table>"
    ),
    "right to left": "<table dir=rtl><tr><td>אחת<td>שתיים<tr><td>1<td>2</table>",
    "right to left cell": "<table><tr><td dir=rtl>abc<td>longer text</table>",
    "pre": "<table><tr><td><pre>a  b\n  c</pre><td>x</table>",
    "code and kbd": "<table><tr><td><code>x = 1</code><td><kbd>Ctrl</kbd></table>",
    "form": "<table><tr><td><input value=1><td><button>Go</button></table>",
    "gradient": "<table><tr><td style='background:linear-gradient(red,blue)'>a</table>",
    "rotated": "<table><tr><td><span style='display:inline-block;transform:rotate(9deg)'>a</table>",
    "placed over": "<table><tr><td>a<span style='position:absolute;left:9px'>b</span></table>",
    "floats": "<table><tr><td><span style='float:right'>r</span>left</table>",
    "flex": "<table><tr><td><div style='display:flex'><p>a</p><p>b</p></div></table>",
    "rules around": "<h1>Title</h1><hr><table><tr><td>a</table><p>note</p>",
    "hidden": "<table><tr style='visibility:collapse'><td>a<tr hidden><td>b<tr><td>c</table>",
    "two captions": "<table><caption>a</caption><caption>b</caption><tr><td>c</table>",
    "list of tables": "<ol><li><table><tr><td>a</table><li>text</ol>",
    "words that break": (
        "<table width=60><tr><td style='word-break:break-all'>abcdefghijklmnop</table>"
    ),
    "clipped": (
        "<table><tr><td><div style='overflow:hidden;height:5px'>gone</div><td>shown</table>"
    ),
    "right margin": "<table align=right><tr><td>a</table>",
    "markdown with html": "| a | b |\n|---|---|\n| x<br>y | **z** ~~w~~ |\n",
    "ragged markdown": "|a|b|\n|-|-|\n|1|\n|1|2|3|\n",
}


def test_tables_as_people_write_them_give_a_scene_or_say_why_not() -> None:
    found = render_batch([("table", source) for source in WILD.values()], scenes=True)
    kinds = {
        name: item.error.kind if item.error else "scene"
        for name, item in zip(WILD, found, strict=True)
    }
    unreadable = {name for name, kind in kinds.items() if kind == "unreadable"}
    assert unreadable == {
        "overlapping",
        "form",
        "gradient",
        "rotated",
        "placed over",
        "two captions",
        "clipped",
    }
    assert all(kind in ("scene", "unreadable") for kind in kinds.values()), kinds


def scene_of(source: str) -> dict[str, Any]:
    item = render_batch([("table", source)], scenes=True)[0]
    assert item.scene is not None
    table: dict[str, Any] = item.scene["tables"][0]
    return table


def test_a_scene_tells_grid_texts_and_places() -> None:
    table = scene_of("<table><tr><th colspan=2>Trips<tr><td>Bus<td align=right>4</table>")
    cells = table["cells"]
    texts = ["".join(run["text"] for run in cell["text"]["runs"]) for cell in cells]
    assert (table["rows"], table["columns"]) == (2, 2)
    assert texts == ["Trips", "Bus", "4"]
    assert [cell["columnspan"] for cell in cells] == [2, 1, 1]
    assert cells[0]["text"]["runs"][0]["style"]["bold"]
    first, last = cells[0]["box"], cells[2]["box"]
    assert first[0] == pytest.approx(12.5)
    assert first[2] == pytest.approx(last[2])
    assert first[3] == pytest.approx(last[1])


def test_compact_tables_are_small_and_from_a_small_vocabulary() -> None:
    sources = [TASK.generate(random.Random(seed), "compact") for seed in range(80)]
    assert len(set(sources)) > 75
    assert any(source.startswith("|") for source in sources)
    assert any("colspan" in source for source in sources)
    assert any("rowspan" in source for source in sources)
    assert any("caption" in source for source in sources)
    assert max(map(len, sources)) < 400
    assert len(set(WORDS)) == 16
    for item in render_batch([("table", source) for source in sources[:25]], scenes=True):
        assert item.scene is not None, item.error
        height, width = item.pixels.shape[:2]
        assert 80 <= width <= 190
        assert 100 <= height <= 176


def test_wide_tables_have_readable_scenes() -> None:
    sources = [TASK.generate(random.Random(seed), "wide") for seed in range(20)]
    assert [TASK.generate(random.Random(seed), "wide") for seed in range(20)] == sources
    for item in render_batch([("table", source) for source in sources], scenes=True):
        assert item.scene is not None, item.error
