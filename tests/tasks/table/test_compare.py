"""Exact discrepancies of tables: hand-checked pairs, and properties that hold for any table."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from erm.render import render_batch
from erm.report import Report
from erm.tasks import View, get_task
from erm.tasks.table import TASK

PRICES = (
    "<table><caption>Menu</caption><tr><th>Item<th>Qty<th>Sum"
    "<tr><td>Tea<td>14<td>28<tr><td>Jam<td>3<td>9<tr><td>Egg<td>60<td>12<tr><td>Pie<td>7<td>35"
    "</table>"
)
SPANS = (
    "<table><tr><th rowspan=2>Day<th colspan=2>Trips<tr><th>Bus<th>Car"
    "<tr><td>Mon<td>4<td>6<tr><td>Tue<td>5<td>8</table>"
)
MARKDOWN = "|Item|Qty|\n|-|-:|\n|Rice|12|\n|Oil|345|\n"

CODE = (
    "<table{}><tr><th>Flag<th>Does"
    "<tr><td><code>-v</code> or <code>-vv</code><td>says <i>more</i>"
    "<tr><td><code>-q</code><td>says <sub>less</sub> than <code>-v</code></table>"
)

Expected = list[tuple[str, int, str, str]]


@dataclass(frozen=True)
class Golden:
    """A pair of sources with its hand-checked report, as (category, severity, place, words)."""

    reference: str
    candidate: str
    expected: Expected


def edited(source: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


LAYOUT, TEXT, NUMBER = "layout_error", "text_error", "numeric_error"
GOLDEN: dict[str, Golden] = {
    "column and its head to the right": Golden(
        "|Item|Left|\n|-|-|\n|Bolts|a few boxes|\n|Small nuts|17|\n|Washers|120|",
        "|Item|Left|\n|-|-:|\n|Bolts|a few boxes|\n|Small nuts|17|\n|Washers|120|",
        [(LAYOUT, 1, "column 2", "alignment is right instead of left")],
    ),
    "head of which one cell has room": Golden(
        "<table><tr><th>Mode<th>Meaning<tr><td>read<td>opens a file for reading</table>",
        "<table><tr><td>Mode<td>Meaning<tr><td>read<td>opens a file for reading</table>",
        [(LAYOUT, 2, "row 1", "is a normal row instead of a header")],
    ),
    "last blank from right to left": Golden(
        "<table dir=rtl><tr><td>Size <td><em>y</em> = <code>0</code>, "
        "<tr><td>rest<td><em>x</em> = <code>1</code> </table>",
        "<table dir=rtl><tr><td>Size <td><em>y</em> = <code>0</code>, "
        "<tr><td>rest<td><em>garden</em> = <code>1</code> </table>",
        [(TEXT, 2, "row 2, column 1", "text is 'garden = 1' instead of 'x = 1'")],
    ),
    "unit": Golden(
        "<table><tr><td>Disk<td>8 TB<tr><td>Film<td>12 µm</table>",
        "<table><tr><td>Disk<td>8 GB<tr><td>Film<td>12 mm</table>",
        [
            (NUMBER, 2, "row 1, column 2", "value is 8 GB instead of 8 TB"),
            (NUMBER, 2, "row 2, column 2", "value is 12 mm instead of 12 µm"),
        ],
    ),
    "rate": Golden(
        "<table><tr><td>xxhash<td>513,517 ops/sec<tr><td>md5<td>12 events/s</table>",
        "<table><tr><td>xxhash<td>531,517 ops/sec<tr><td>md5<td>12 events/h</table>",
        [
            (NUMBER, 2, "row 1, column 2", "value is 531,517 ops/sec instead of 513,517 ops/sec"),
            (NUMBER, 2, "row 2, column 2", "value is 12 events/h instead of 12 events/s"),
        ],
    ),
    "winner no longer bold": Golden(
        "<table><tr><th>Item<th>A<th>B<tr><td>x<td><b>5</b><td>7<tr><td>y<td>6<td><b>8</b></table>",
        "<table><tr><th>Item<th>A<th>B<tr><td>x<td>5<td>7<tr><td>y<td>6<td><b>8</b></table>",
        [(LAYOUT, 1, "row 2, column 2", "text is regular instead of bold")],
    ),
    "winner no longer bold and italic": Golden(
        "<table><tr><th>Item<th>A<tr><td>x<td><b><i>tea</i></b><tr><td>y<td>rye</table>",
        "<table><tr><th>Item<th>A<tr><td>x<td>tea<tr><td>y<td>rye</table>",
        [(LAYOUT, 1, "row 2, column 2", "text is regular instead of bold italic")],
    ),
    "bold word of a cell lost": Golden(
        "<table><tr><th>Item<tr><td><b>very</b> ripe<tr><td>rye</table>",
        "<table><tr><th>Item<tr><td>very ripe<tr><td>rye</table>",
        [(LAYOUT, 1, "row 2, column 1", "'very' is regular instead of bold")],
    ),
    "head of a row no longer bold": Golden(
        "<table><tr><th>Item<th>A<tr><th>x<td>5<tr><th>y<td>6</table>",
        "<table><tr><th>Item<th>A<tr><th>x<td>5<tr><td style='text-align:center'>y<td>6</table>",
        [(LAYOUT, 1, "row 3, column 1", "is a normal cell instead of a header")],
    ),
    "one of two like columns gone, a cell behind it changed": Golden(
        "<table><tr><th>Base<th>Oracle<th>Informix<tr><td>null<td>Yes<td>Yes"
        "<tr><td>unique<td>Yes<td>No</table>",
        "<table><tr><th>Base<th>Informix<tr><td>null<td>Yes<tr><td>unique<td>Yes</table>",
        [
            (LAYOUT, 3, "column 2", "is missing"),
            (TEXT, 2, "row 3, column 3", "text is 'Yes' instead of 'No'"),
        ],
    ),
    "neighbours exchanged": Golden(
        "<table><tr><th>A<th>B<th>A or B<tr><td>True<td>False<td>True</table>",
        "<table><tr><th>A<th>B<th>A or B<tr><td>False<td>True<td>True</table>",
        [(LAYOUT, 2, "row 2, column 1", "is swapped with row 2, column 2")],
    ),
    "right to left, span dissolved": Golden(
        "<table dir=rtl><tr><th>שם<th colspan=2>תוצאות<tr><td>דנה<td>12<td>15</table>",
        "<table dir=rtl><tr><th>שם<th>תוצאות<th><tr><td>דנה<td>12<td>15</table>",
        [(LAYOUT, 2, "row 1, columns 1-2", "spans 1 column instead of 2 columns")],
    ),
    "right to left, one border": Golden(
        "<table dir=rtl><tr><td>א<td>ב<tr><td>ג<td>ד</table>",
        "<table dir=rtl><tr><td>א<td>ב<tr><td>ג<td style='border-left:3px solid'>ד</table>",
        [(LAYOUT, 1, "row 2, column 1", "left border is 3 px instead of 1 px wide")],
    ),
    "code no longer in its font": Golden(
        "<table><tr><th>Does<tr><td><code>INSERT</code><tr><td><code>DELETE</code></table>",
        "<table><tr><th>Does<tr><td>INSERT<tr><td><code>DELETE</code></table>",
        [
            (
                LAYOUT,
                1,
                "row 2, column 1",
                "font is DejaVu Sans instead of DejaVu Sans Mono",
            )
        ],
    ),
    "row of a nested table": Golden(
        "<table><tr><td>a<td><table><tr><td>b<td>c<tr><td>d<td>e</table></table>",
        "<table><tr><td>a<td><table><tr><td>b<td>c</table></table>",
        [(LAYOUT, 3, "row 1, column 2, inner row 2", "is missing")],
    ),
    "number": Golden(
        PRICES,
        edited(PRICES, ("<td>14", "<td>41")),
        [(NUMBER, 3, "row 2, column 2", "value is 41 instead of 14")],
    ),
    "number nearby": Golden(
        PRICES,
        edited(PRICES, ("<td>60", "<td>68")),
        [(NUMBER, 2, "row 4, column 2", "value is 68 instead of 60")],
    ),
    "number in another form": Golden(
        "<table><tr><td>Rent<td>$1,200.00<tr><td>Tax<td>12%</table>",
        "<table><tr><td>Rent<td>$1200<tr><td>Tax<td>-12%</table>",
        [
            (NUMBER, 1, "row 1, column 2", "value is $1200 instead of $1,200.00"),
            (NUMBER, 3, "row 2, column 2", "value is -12% instead of 12%"),
        ],
    ),
    "word": Golden(
        PRICES,
        edited(PRICES, ("Jam", "Ham pie")),
        [(TEXT, 2, "row 3, column 1", "text is 'Ham pie' instead of 'Jam'")],
    ),
    "word in a header": Golden(
        PRICES,
        edited(PRICES, ("Qty", "Age")),
        [(TEXT, 3, "row 1, column 2", "text is 'Age' instead of 'Qty'")],
    ),
    "case and typo": Golden(
        edited(PRICES, ("Pie", "Apple")),
        edited(PRICES, ("Pie", "Aplpe"), ("Tea", "TEA")),
        [
            (TEXT, 1, "row 2, column 1", "text is 'TEA' instead of 'Tea'"),
            (TEXT, 1, "row 5, column 1", "text is 'Aplpe' instead of 'Apple'"),
        ],
    ),
    "texts gone": Golden(
        PRICES,
        edited(PRICES, ("<td>Egg", "<td>"), ("<td>35", "<td>")),
        [
            (TEXT, 2, "row 4, column 1", "text 'Egg' is missing"),
            (NUMBER, 3, "row 5, column 3", "value 35 is missing"),
        ],
    ),
    "row gone": Golden(
        PRICES,
        edited(PRICES, ("<tr><td>Jam<td>3<td>9", "")),
        [(LAYOUT, 3, "row 3", "is missing")],
    ),
    "row too many and a number": Golden(
        PRICES,
        edited(PRICES, ("<tr><td>Jam", "<tr><td>Fig<td>1<td>2<tr><td>Jam"), ("<td>60", "<td>61")),
        [
            (LAYOUT, 3, "row 3", "is extra"),
            (NUMBER, 2, "row 4, column 2", "value is 61 instead of 60"),
        ],
    ),
    "rows swapped": Golden(
        PRICES,
        edited(PRICES, ("Tea<td>14<td>28", "@"), ("Egg<td>60<td>12", "Tea<td>14<td>28")).replace(
            "@", "Egg<td>60<td>12"
        ),
        [(LAYOUT, 2, "row 2", "is swapped with row 4")],
    ),
    "row moved": Golden(
        PRICES,
        edited(
            PRICES, ("<tr><td>Tea<td>14<td>28", ""), ("</table>", "<tr><td>Tea<td>14<td>28</table>")
        ),
        [(LAYOUT, 2, "row 2", "is row 5 instead of row 2")],
    ),
    "columns swapped": Golden(
        "<table><tr><th>A<th>B<th>C<tr><td>1<td>2<td>3<tr><td>4<td>5<td>6</table>",
        "<table><tr><th>A<th>C<th>B<tr><td>1<td>3<td>2<tr><td>4<td>6<td>5</table>",
        [(LAYOUT, 2, "column 2", "is swapped with column 3")],
    ),
    "column gone under a span": Golden(
        SPANS,
        "<table><tr><th rowspan=2>Day<th>Trips<tr><th>Bus<tr><td>Mon<td>4<tr><td>Tue<td>5</table>",
        [(LAYOUT, 3, "column 3", "is missing")],
    ),
    "row shifted": Golden(
        PRICES,
        edited(PRICES, ("Jam<td>3<td>9", "<td>Jam<td>3")),
        [(LAYOUT, 3, "row 3", "is shifted right by 1 column")],
    ),
    "cell left out": Golden(
        PRICES,
        edited(PRICES, ("Jam<td>3<td>9", "Jam<td>9")),
        [(LAYOUT, 3, "row 3, columns 2-3", "is shifted left by 1 column")],
    ),
    "column shifted": Golden(
        "<table><tr><th>A<th>B<tr><td>k<td>1<tr><td>l<td>2<tr><td>m<td>3</table>",
        "<table><tr><th>A<th>B<tr><td>k<td><tr><td>l<td>1<tr><td>m<td>2</table>",
        [(LAYOUT, 3, "column 2, rows 2-4", "is shifted down by 1 row")],
    ),
    "cells swapped": Golden(
        PRICES,
        edited(PRICES, ("<td>14", "<td>@"), ("<td>35", "<td>14")).replace("@", "35"),
        [(LAYOUT, 2, "row 2, column 2", "is swapped with row 5, column 3")],
    ),
    "span split": Golden(
        SPANS,
        edited(SPANS, ("<th colspan=2>Trips", "<th>Trips<th>")),
        [(LAYOUT, 2, "row 1, columns 2-3", "spans 1 column instead of 2 columns")],
    ),
    "cells merged": Golden(
        PRICES,
        edited(PRICES, ("<td>14<td>28", "<td colspan=2>14")),
        [(LAYOUT, 2, "row 2, column 2", "spans 2 columns instead of 1 column")],
    ),
    "header row in cells": Golden(
        PRICES,
        PRICES.replace("<th>", "<td>"),
        [(LAYOUT, 2, "row 1", "is a normal row instead of a header")],
    ),
    "one cell bold": Golden(
        PRICES,
        edited(PRICES, ("<td>Egg", "<td><b>Egg</b>")),
        [(LAYOUT, 1, "row 4, column 1", "is a header instead of a normal cell")],
    ),
    "alignment of a column": Golden(
        MARKDOWN,
        edited(MARKDOWN, ("-:", ":-")),
        [(LAYOUT, 1, "row 2, column 2", "alignment is left instead of right")],
    ),
    "alignment of a row": Golden(
        "<table width=400><tr><td>ab<td>cd<td>ef<tr><td>1<td>2<td>3</table>",
        "<table width=400><tr><td>ab<td>cd<td>ef<tr align=right><td>1<td>2<td>3</table>",
        [(LAYOUT, 1, "row 2", "alignment is right instead of left")],
    ),
    "caption": Golden(
        PRICES,
        edited(PRICES, ("<caption>Menu</caption>", "")),
        [(LAYOUT, 2, "caption", "is missing")],
    ),
    "caption text and side": Golden(
        PRICES,
        edited(PRICES, ("<caption>Menu", "<caption align=bottom>Stock")),
        [
            (LAYOUT, 1, "caption", "is below instead of above the table"),
            (TEXT, 2, "caption", "text is 'Stock' instead of 'Menu'"),
        ],
    ),
    "colours": Golden(
        PRICES,
        edited(
            PRICES,
            ("<tr><td>Tea", '<tr style="background:#ffd700"><td>Tea'),
            ("<td>60", '<td style="color:red">60'),
        ),
        [
            (LAYOUT, 1, "row 2", "background is yellow instead of white"),
            (LAYOUT, 1, "row 4, column 2", "text is red instead of black"),
        ],
    ),
    "part of a text": Golden(
        "<table><tr><td>net weight<td>H<sub>2</sub>O</table>",
        "<table><tr><td>net <i>weight</i><td>H2O</table>",
        [
            (LAYOUT, 1, "row 1, column 1", "'weight' is italic instead of upright"),
            (LAYOUT, 1, "row 1, column 2", "'2' is on the line instead of subscript"),
        ],
    ),
    "long text": Golden(
        "<table><tr><td>A signed copy of the form is due by Friday at the latest</table>",
        "<table><tr><td>A signed copy of the form is due by Monday at the latest</table>",
        [(TEXT, 2, "row 1, column 1", "text has 'Monday' instead of 'Friday'")],
    ),
    "second table": Golden(
        f"{SPANS}<p>Prices</p>{PRICES}",
        f"{SPANS}<p>Costs</p>{edited(PRICES, ('<td>9', '<td>8'))}",
        [
            (TEXT, 2, "paragraph 1", "text is 'Costs' instead of 'Prices'"),
            (NUMBER, 2, "table 2, row 3, column 3", "value is 8 instead of 9"),
        ],
    ),
    "borders": Golden(
        "<table><tr><td>ab<td>cd<tr><td>ef<td>gh</table>",
        "<style>td{border:none}</style><table><tr><td>ab<td>cd<tr><td>ef<td>gh</table>",
        [(LAYOUT, 1, "table", "border is missing")],
    ),
    "frame of a cell below a taller one": Golden(
        "<table><tr><td rowspan=2>ab<td>c<tr><td>d<tr><td>e<td>f</table>",
        "<table><tr><td rowspan=2>ab<td>c<tr><td>d"
        "<tr><td style='border:3px solid #333'>e<td>f</table>",
        [(LAYOUT, 1, "row 3, column 1", "border is 3 px instead of 1 px wide")],
    ),
    "body realigned beside a head that stays": Golden(
        "<table><tr><th align=left width=120>Name<th align=left width=120>Count"
        "<tr><td>a<td>b<tr><td>c<td>d<tr><td>e<td>f</table>",
        "<table><tr><th align=left width=120>Name<th align=left width=120>Count"
        "<tr align=right><td>a<td>b<tr align=right><td>c<td>d<tr align=right><td>e<td>f</table>",
        [(LAYOUT, 1, "rows 2-4", "alignment is right instead of left")],
    ),
    "column realigned below its head": Golden(
        "<table><tr><th align=left width=150>Name of it<th>Count"
        "<tr><td>a<td>123456<tr><td>c<td>234567<tr><td>e<td>345678</table>",
        "<table><tr><th align=left width=150>Name of it<th>Count<tr><td align=right>a<td>123456"
        "<tr><td align=right>c<td>234567<tr><td align=right>e<td>345678</table>",
        [(LAYOUT, 1, "column 1, rows 2-4", "alignment is right instead of left")],
    ),
    "digit inside a text": Golden(
        "<table><tr><td>Windows 11 Server<td>ok</table>",
        "<table><tr><td>Windows 10 Server<td>ok</table>",
        [
            (
                TEXT,
                2,
                "row 1, column 1",
                "text is 'Windows 10 Server' instead of 'Windows 11 Server'",
            )
        ],
    ),
    "column widened": Golden(
        "<table><tr><td>ab<td>cd</table>",
        "<table><tr><td>ab<td width=90>cd</table>",
        [(LAYOUT, 1, "column 2", "is 112 px instead of 38 px wide")],
    ),
    "size of text and code": Golden(
        CODE.format(""),
        CODE.format(" style='font-size:10px'"),
        [(LAYOUT, 1, "table", "text is 10 px instead of 14 px")],
    ),
    "colour of text with parts of their own": Golden(
        "<table><tr><td>A <i style='color:red'>1</i> b<td>2<tr><td>C<td>3</table>",
        "<table style='color:blue'><tr><td>A <i style='color:red'>1</i> b<td>2<tr><td>C<td>3"
        "</table>",
        [(LAYOUT, 1, "table", "text is blue instead of black")],
    ),
    "column in italics beside words that were": Golden(
        "<table><tr><th>A<th>B<tr><td>x<td>one <i>two</i><tr><td>y<td>three<tr><td>z<td>four"
        "</table>",
        "<table><tr><th>A<th><i>B</i><tr><td>x<td><i>one two</i><tr><td>y<td><i>three</i>"
        "<tr><td>z<td><i>four</i></table>",
        [(LAYOUT, 1, "column 2", "text is italic instead of upright")],
    ),
    "fill around a cell with a fill of its own": Golden(
        "<table><tr><td>a<td bgcolor=gold>b<td>c<tr><td>d<td>e<td>f</table>",
        "<table><tr bgcolor=pink><td>a<td bgcolor=gold>b<td>c<tr><td>d<td>e<td>f</table>",
        [(LAYOUT, 1, "row 1", "background is light pink instead of white")],
    ),
    "a bold word widens its cell": Golden(
        PRICES.replace("Tea", "Tea with milk"),
        PRICES.replace("Tea", "Tea with <b>milk</b>"),
        [(LAYOUT, 1, "row 2, column 1", "'milk' is bold instead of regular")],
    ),
    "a bold word of a caption": Golden(
        PRICES.replace("Menu", "Menu of today"),
        PRICES.replace("Menu", "Menu of <b>today</b>"),
        [(LAYOUT, 1, "caption", "'today' is bold instead of regular")],
    ),
}

SAME_LOOK = {
    "bold cell for a header": (
        "<table><tr><th>A<td>b</table>",
        "<table><tr><td><b>A</b><td>b</table>",
    ),
    "sections": (
        PRICES,
        edited(PRICES, ("<tr><th>", "<thead><tr><th>"), ("<tr><td>Tea", "<tbody><tr><td>Tea")),
    ),
    "white space": (PRICES, PRICES.replace("<td>", "\n  <td>  ")),
    "white space at the end of a cell": (
        PRICES.replace("Tea", "Tea with milk"),
        PRICES.replace("Tea", "Tea with milk \n "),
    ),
    "markdown and html": (
        "|A|B|\n|-|-:|\n|one|2|",
        "<table><tr><th>A<th align=right>B<tr><td>one<td style='text-align:right'>2</table>",
    ),
    "useless span": (
        "<table><tr><td colspan=2>a<tr><td colspan=2>b</table>",
        "<table><tr><td>a<tr><td>b</table>",
    ),
    "colour by another name": (
        "<table><tr><td bgcolor=red>a</table>",
        "<table><tr><td style='background-color:#f00'>a</table>",
    ),
    "hidden text": (
        "<table><tr><td>a<td>b</table>",
        "<table><tr><td>a<td>b<span style='color:white;font-size:0'>secret</span></table>",
    ),
    "nobody sees a shade": (
        "<table><tr><td bgcolor='#ff0000'>a</table>",
        "<table><tr><td bgcolor='#fe0000'>a</table>",
    ),
}


def views(sources: list[str]) -> list[View]:
    rendered = render_batch([("table", source) for source in sources], scenes=True)
    found = []
    for source, item in zip(sources, rendered, strict=True):
        assert item.error is None, (item.error, source)
        assert item.scene is not None
        found.append(View(item.pixels, item.scene))
    return found


def told(reference: View, candidate: View) -> Expected:
    errors = Report("table", tuple(TASK.compare(reference, candidate))).errors
    return sorted((e.category, e.severity, e.location, e.description) for e in errors)


@pytest.fixture(scope="module")
def golden_views() -> dict[str, tuple[View, View]]:
    sources = [side for pair in GOLDEN.values() for side in (pair.reference, pair.candidate)]
    found = views(sources)
    return {name: (found[2 * i], found[2 * i + 1]) for i, name in enumerate(GOLDEN)}


@pytest.mark.parametrize("name", GOLDEN)
def test_reports_of_hand_checked_pairs(
    name: str, golden_views: dict[str, tuple[View, View]]
) -> None:
    assert told(*golden_views[name]) == sorted(GOLDEN[name].expected)


def test_equal_scenes_have_no_discrepancies(golden_views: dict[str, tuple[View, View]]) -> None:
    for both in golden_views.values():
        for view in both:
            assert told(view, View(view.pixels, dict(view.scene))) == []


def test_boxes_lie_inside_the_image_they_name(golden_views: dict[str, tuple[View, View]]) -> None:
    for reference, candidate in golden_views.values():
        for error in TASK.compare(reference, candidate):
            view = candidate if error.box_in == "candidate" else reference
            height, width = view.pixels.shape[:2]
            assert error.box is not None
            assert 0 <= error.box.x0 < error.box.x1 <= width
            assert 0 <= error.box.y0 < error.box.y1 <= height


def test_other_markup_of_the_same_look_is_no_discrepancy() -> None:
    found = views([side for pair in SAME_LOOK.values() for side in pair])
    reports = {name: told(found[2 * i], found[2 * i + 1]) for i, name in enumerate(SAME_LOOK)}
    assert reports == {name: [] for name in SAME_LOOK}


def random_grid(rng: random.Random) -> list[list[str]]:
    names = rng.sample([a + b for a in "BDFGKLMNPRST" for b in "aeiou"], 12)
    rows, columns = rng.randint(4, 8), rng.randint(2, 5)
    return [
        [names[row], *(str(rng.randint(10, 9999)) for _ in range(columns - 1))]
        for row in range(rows)
    ]


def markup(grid: list[list[str]]) -> str:
    return "<table>" + "".join("<tr><td>" + "<td>".join(row) for row in grid) + "</table>"


def test_removed_rows_and_columns_are_one_discrepancy_each() -> None:
    sources, wanted = [], []
    for seed in range(12):
        rng = random.Random(seed)
        grid = random_grid(rng)
        gone = sorted(rng.sample(range(len(grid)), rng.randint(1, 2)))
        column = rng.randrange(len(grid[0]))
        fewer = [row for index, row in enumerate(grid) if index not in gone]
        narrower = [row[:column] + row[column + 1 :] for row in fewer]
        sources += [markup(grid), markup(fewer), markup(narrower)]
        wanted.append(([f"row {index + 1}" for index in gone], f"column {column + 1}"))
    found = views(sources)
    for index, (rows, column_name) in enumerate(wanted):
        full, fewer_view, narrower_view = found[3 * index : 3 * index + 3]
        missing = [("layout_error", 3, row, "is missing") for row in rows]
        extra = [("layout_error", 3, row, "is extra") for row in rows]
        assert told(full, fewer_view) == sorted(missing)
        assert told(fewer_view, full) == sorted(extra)
        both = [*missing, ("layout_error", 3, column_name, "is missing")]
        assert told(full, narrower_view) == sorted(both)


def test_exchanging_the_sides_mirrors_missing_and_extra(
    golden_views: dict[str, tuple[View, View]],
) -> None:
    for reference, candidate in golden_views.values():
        forth, back = TASK.compare(reference, candidate), TASK.compare(candidate, reference)
        assert len(forth) == len(back)
        count = {
            word: sum(error.description.endswith(word) for error in forth)
            for word in ("is missing", "is extra")
        }
        assert count["is missing"] == sum(e.description.endswith("is extra") for e in back)
        assert count["is extra"] == sum(e.description.endswith("is missing") for e in back)


def test_the_task_is_known_by_name() -> None:
    assert get_task("table") is TASK
