"""What every browser does by default: heads, spans, hidden rows, markers of lists."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from erm.annotation import clear_difference
from erm.render import Renderer
from erm.sources.errors import DrawError
from erm.tasks.settings import DrawingSettings
from erm.tasks.table import TASK
from erm.tasks.table.scene import Document, Table

DRAWING = DrawingSettings()


def table(source: str) -> Table:
    scene = TASK.read_scene(TASK.draw(source, 1_000_000, 5000, DRAWING))
    return Document.from_json(scene).tables[0]


WIDE_CELLS = "<tr><td>some more text<td>a long text here</table>"


@pytest.mark.parametrize(
    ("source", "alignment"),
    [
        (f"<table><tr><th>a{WIDE_CELLS}", "center"),
        (f"<table><thead><tr><th>a</thead>{WIDE_CELLS}", "center"),
        (f"<div style='text-align: start'><table><tr><th>a{WIDE_CELLS}</div>", "center"),
        (f"<table><tr style='text-align: right'><th>a{WIDE_CELLS}", "right"),
        (f"<table style='text-align: left'><tr><th>a{WIDE_CELLS}", "left"),
        (f"<table><thead align=right><tr><th>a</thead>{WIDE_CELLS}", "right"),
        (f"<style>tr {{text-align: left}}</style><table><tr><th>a{WIDE_CELLS}", "left"),
        (f"<table><tr><th style='text-align: start'>a{WIDE_CELLS}", "left"),
        (f"<table><tr><th align=right>a{WIDE_CELLS}", "right"),
        (f"<style>th {{text-align: left}}</style><table><tr><th>a{WIDE_CELLS}", "left"),
        (f"<table><tr><td>a{WIDE_CELLS}", "left"),
        (f"<table dir=rtl><tr><td>a{WIDE_CELLS}", "right"),
        (f"<table dir=rtl><tr><th>a{WIDE_CELLS}", "center"),
        ("|a|\n|-|\n|some longer text|", "center"),
        ("|a|\n|-:|\n|some longer text|", "right"),
    ],
)
def test_heads_are_centred_unless_their_row_says_otherwise(source: str, alignment: str) -> None:
    assert table(source).cells[0].align == alignment


def test_captions_are_centred() -> None:
    for style in ("", " style='text-align: left'"):
        caption = table(f"<table{style}><caption>x</caption>{WIDE_CELLS}").caption
        assert caption is not None
        assert caption.align == "center"
    caption = table(f"<table><caption align=left>x</caption>{WIDE_CELLS}").caption
    assert caption is not None


@pytest.mark.parametrize(
    ("span", "columns"),
    [
        ("100%", 3),
        ("2;", 2),
        ("2px", 2),
        ("2.0", 2),
        (" +2", 2),
        ("", 1),
        ("0", 1),
        ("-2", 1),
        ("two", 1),
        ("9" * 5000, 3),
    ],
)
def test_column_spans_are_leading_digits(span: str, columns: int) -> None:
    drawn = table(f"<table><tr><td>a<td>b<td>c<tr><td colspan='{span}'>wide</table>")
    assert drawn.columns == 3
    assert drawn.cells[3].columnspan == columns


@pytest.mark.parametrize(("span", "rows"), [("0", 3), ("9", 3), ("2px", 2), ("x", 1), ("", 1)])
def test_row_spans_end_with_their_group(span: str, rows: int) -> None:
    source = (
        f"<table><tr><td rowspan='{span}'>a<td>b<tr><td>c<tr><td>d<tbody><tr><td>e<td>f</table>"
    )
    assert table(source).cells[0].rowspan == rows


def test_a_table_of_far_too_many_columns_is_refused() -> None:
    cells = "<td colspan=1000 rowspan=2>a" * 200
    with pytest.raises(DrawError, match="more than 10,000 columns") as refused:
        TASK.draw(f"<table><tr>{cells}</table>", 1_000_000, 5000, DRAWING)
    assert refused.value.kind == "too_many_elements"


@pytest.mark.parametrize(
    "row",
    [
        "<tr hidden><td>x<td>y",
        "<tr style='visibility: collapse'><td>x<td>y",
        "<tr class=gone><td>x<td>y",
        "<tbody hidden><tr><td>x<td>y</tbody>",
        "<tbody style='visibility: collapse'><tr><td>x<td>y</tbody>",
    ],
)
def test_hidden_rows_take_no_room(row: str) -> None:
    style = "<style>.gone { visibility: collapse }</style>"
    plain = TASK.draw(
        f"{style}<table><tr><td>aa<td>bb<tr><td>cc<td>dd</table>", 10**6, 5000, DRAWING
    )
    hidden = TASK.draw(
        f"{style}<table><tr><td>aa<td>bb{row}<tr><td>cc<td>dd</table>", 10**6, 5000, DRAWING
    )
    assert hidden.pixels.shape == plain.pixels.shape
    assert (hidden.pixels == plain.pixels).all()


def test_numbers_of_list_items_are_in_the_picture() -> None:
    drawing = TASK.draw("<ol start=10><li>x<table><tr><td>a</table></ol>", 10**6, 5000, DRAWING)
    first = TASK.read_scene(drawing)["paragraphs"][0]
    assert first["text"]["runs"][0]["text"] == "10."
    assert first["box"][0] >= 12


@pytest.mark.parametrize(
    "source",
    [
        "<table><tr><th style='writing-mode: vertical-rl'>a</table>",
        "<style>th { writing-mode:sideways-lr }</style><table><tr><th>a</table>",
    ],
)
def test_vertical_text_is_refused_and_not_drawn_upright(source: str) -> None:
    with pytest.raises(DrawError, match="no vertical text") as refused:
        TASK.draw(source, 10**6, 5000, DRAWING)
    assert refused.value.kind == "unsupported"


def test_scripts_of_the_shipped_fonts_are_drawn() -> None:
    TASK.draw(
        "<table><tr><td>سلام שלום<td>Год Ώρα x\u200dy\u00ad → ★</table>", 10**6, 5000, DRAWING
    )


BROWSER = {
    "heads": "<table><tr><th>a<tr><td>some text</table>",
    "caption": "<table><caption>x</caption><tr><td>some text</table>",
    "aligned row": "<table><tr align=right><th>a<th>b<tr><td>some text<td>here too</table>",
    "aligned table": "<table style='text-align:left'><tr><th>a<tr><td>some text</table>",
    "percent": "<table><tr><td>a<td>b<td>c<tr><td colspan='100%'>d</table>",
    "beyond": "<table><tr><td colspan=9999>a<tr><td>b<td>c</table>",
    "to the end": "<table><tr><td rowspan=0>a<td>b<tr><td>c<tr><td>d</table>",
    "hidden": "<table><tr><td>a<td>b<tr hidden><td>c<td>d<tr><td>e<td>f</table>",
    "collapsed": "<table><tr><td>a<tr style='visibility:collapse'><td>c<tr><td>e</table>",
    "right to left": "<table dir=rtl><tr><th>a<th colspan=2>b<tr><td>1<td>2<td>3</table>",
    "padded": "<table cellpadding='2px'><tr><td>a<td style='padding:9px'>b</table>",
    "padded by a sheet": "<style>td{padding:9px}</style><table cellpadding=2><tr><td>a</table>",
    "numbered": "<ol start=7><li>x<table><tr><td>a</table></ol>",
}


@pytest.mark.browser
def test_chromium_agrees() -> None:
    items = [("table", source) for source in BROWSER.values()]
    with Renderer(workers=1) as renderer:
        ours = renderer.render_batch(items)
    with Renderer(workers=1, drawing=DrawingSettings(backends={"table": "chromium"})) as renderer:
        browser = renderer.render_batch(items)
    for name, first, second in zip(BROWSER, ours, browser, strict=True):
        assert abs(first.pixels.shape[0] - second.pixels.shape[0]) <= 2, name
        assert abs(first.pixels.shape[1] - second.pixels.shape[1]) <= 2, name
        # Chromium rounds sizes to whole pixels, so that texts lie up to a pixel apart
        steps = itertools.product((-1, 0, 1), repeat=2)
        moved = [np.roll(second.pixels, step, axis=(0, 1)) for step in steps]
        assert not all(clear_difference(first.pixels, other) for other in moved), name
