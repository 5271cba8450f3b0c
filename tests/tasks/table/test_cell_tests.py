"""Unit tests of tables: what a reference says of its cells, and which candidates it holds of."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from erm.errors import ErmError
from erm.tasks import get_task
from erm.tasks.table.cell_tests import PRESENT, CellTest, normalized, passed_share, table_tests

SPANNED = """<table>
<thead><tr><th rowspan=2>Region</th><th colspan=2>Sales</th></tr><tr><th>2023</th><th>2024</th></tr>
</thead><tbody><tr><th>North</th><td>1</td><td>2</td></tr><tr><th>South</th><td>3</td><td></td></tr>
</tbody></table>"""
MARKDOWN = "| | 2023 | 2024 |\n|---|---|---|\n| North | 1 | 2 |\n| South | 3 | 4 |\n"
HTML = (
    "<table><tr><td></td><td>2023</td><td>2024</td></tr><tr><td>North</td><td>1</td><td>2</td></tr>"
    "<tr><td>South</td><td>3</td><td>4</td></tr></table>"
)


def of_cell(source: str, text: str) -> set[tuple[str, str]]:
    return {(test.relation, test.other) for test in table_tests(source) if test.text == text}


def test_a_cell_has_its_neighbours_and_all_headings_across_spans() -> None:
    assert of_cell(SPANNED, "2") == {
        (PRESENT, ""),
        ("left", "1"),
        ("up", "2024"),
        ("column heading", "2024"),
        ("column heading", "Sales"),
        ("row heading", "North"),
    }
    assert of_cell(SPANNED, "Region") == {
        (PRESENT, ""),
        ("right", "Sales"),
        ("right", "2023"),
        ("down", "North"),
    }
    assert ("down", "2024") in of_cell(SPANNED, "Sales")
    # the empty cell is no neighbour of any test, and has none
    assert ("right", "") not in of_cell(SPANNED, "3")


def test_headings_that_nothing_marks_are_the_last_cells() -> None:
    assert {("column heading", "2024"), ("row heading", "North")} <= of_cell(HTML, "2")


@pytest.mark.parametrize(("reference", "candidate"), [(HTML, MARKDOWN), (MARKDOWN, HTML)])
def test_html_and_markdown_say_the_same(reference: str, candidate: str) -> None:
    assert passed_share(reference, candidate) == 1.0


def test_one_wrong_cell_fails_the_tests_that_name_it() -> None:
    tests = table_tests(MARKDOWN)
    naming = [test for test in tests if "3" in (test.text, test.other)]
    share = passed_share(MARKDOWN, MARKDOWN.replace("| 3 |", "| 8 |"))
    assert share == pytest.approx(1 - len(naming) / len(tests))
    assert len(naming) == len(of_cell(MARKDOWN, "3")) + 3


def test_a_swapped_column_keeps_the_cells_and_not_their_neighbours() -> None:
    swapped = "| | 2024 | 2023 |\n|---|---|---|\n| North | 2 | 1 |\n| South | 4 | 3 |\n"
    share = Fraction(passed_share(MARKDOWN, swapped)).limit_denominator(1000)
    assert 0 < share < 1
    tests = set(table_tests(swapped))
    assert CellTest("1", PRESENT) in tests
    assert CellTest("1", "column heading", "2023") in tests
    assert CellTest("1", "left", "North") not in tests


def test_a_cell_may_be_anywhere_among_the_tables_of_the_candidate() -> None:
    other = "<table><tr><td>x</td></tr></table>"
    assert passed_share(MARKDOWN, other + HTML) == 1.0
    nested = f"<table><tr><td>{HTML}</td></tr></table>"
    assert passed_share(MARKDOWN, nested) == 1.0


def test_markup_in_cells_does_not_count() -> None:
    plain = "<table><tr><td>total cost</td><td>x y</td></tr></table>"
    marked = (
        "<table><tr><td><b>total</b> <i>c<u>os</u>t</i></td><td>x<br/>y<!-- z --></td></tr></table>"
    )
    assert passed_share(plain, marked) == 1.0
    assert passed_share(marked, "| **total** _cost_ | x<br>y |\n|---|---|\n") == 1.0


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("5–7", "5-7"),
        ("− 3", "- 3"),
        ("‘a’ “b”", "'a' \"b\""),
        ("5 µm", "5 μm"),
        ("cafe\u0301", "café"),
        ("**bold** and *it*", "bold and it"),
        (" a \n b\t", "a b"),
    ],
)
def test_texts_that_are_normalised_alike(first: str, second: str) -> None:
    assert normalized(first) == normalized(second)


@pytest.mark.parametrize("text", ["$x^2 + 1$", "温度 (℃)", "1,234.5 %", "a|b"])
def test_latex_and_other_scripts_are_compared_as_they_stand(text: str) -> None:
    assert normalized(text) == text
    table = f"<table><tr><td>{text}</td><td>7</td></tr></table>"
    assert passed_share(table, table) == 1.0
    assert passed_share(table, table.replace(text, text[:-1] + "!")) < 0.5


@pytest.mark.parametrize(
    "candidate", ["", "no table", "<table></table>", "<table><tr></tr></table>"]
)
def test_a_candidate_without_a_table_passes_nothing(candidate: str) -> None:
    assert passed_share(MARKDOWN, candidate) == 0.0
    assert passed_share("<table><tr><td> </td></tr></table>", candidate) == 1.0
    assert passed_share("", MARKDOWN) == 0.0


def test_generated_tables_pass_their_own_tests_and_edited_ones_do_not_all() -> None:
    task = get_task("table")
    operators = [one for one in task.operators if one.category == "numeric_error"]
    for number in range(6):
        source = task.generate(random.Random(number), "wide")
        assert passed_share(source, source) == 1.0
        edited = [one.apply(source, random.Random(number)) for one in operators]
        for one in filter(None, edited):
            assert passed_share(source, one) < 1.0


def test_spans_beyond_measure_are_refused() -> None:
    rows = "<tr>" + "<td colspan=1000 rowspan=1000>1</td>" * 2 + "</tr>"
    with pytest.raises(ErmError, match="covers more than 100000 places"):
        passed_share(HTML, f"<table>{rows * 100}</table>")


def test_a_table_of_ten_thousand_cells_is_compared() -> None:
    rows = "".join(
        "<tr>" + "".join(f"<td>{row}.{column}</td>" for column in range(100)) + "</tr>"
        for row in range(100)
    )
    assert passed_share(f"<table>{rows}</table>", f"<table>{rows}</table>") == 1.0


def test_the_task_offers_it_by_name() -> None:
    distance = get_task("table").text_distances["table_tests"]
    assert distance.title == "1 − table tests"
    assert distance.measure(HTML, MARKDOWN) == 0.0
