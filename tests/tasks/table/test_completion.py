"""Tables in completions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erm.tasks.table import TASK


@pytest.mark.parametrize(
    ("completion", "source"),
    [
        ("```html\n<table><tr><td>1</table>\n```", "<table><tr><td>1</table>"),
        ("a\n```html\nx\n```\nb\n```markdown\n|a|\n|-|\n```", "|a|\n|-|"),
        ("```HTML\n<table>cut", "<table>cut"),
        ("```python\nprint()\n```", None),
        (
            "so: <table><tr><td><table></table></table> done",
            "<table><tr><td><table></table></table>",
        ),
        ("so:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nend", "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("a | b\n-|-\n1 | 2", "a | b\n-|-\n1 | 2"),
        ("nothing", None),
        ("", None),
        ("```html\n\n```", None),
        ("<table><tr>never closed", None),
        ("<think><table><tr><td>a</table></think>\n|b|\n|-|\n|1|", "|b|\n|-|\n|1|"),
        ("<table><tr><td>a</table></think>\n|b|\n|-|\n|1|", "|b|\n|-|\n|1|"),
        ("<table><tr><td>draft</table> or\n\n|b|\n|-|\n|1|", "|b|\n|-|\n|1|"),
        ("|b|\n|-|\n|1|\n\nor <table><tr><td>a</table>", "<table><tr><td>a</table>"),
        ("```html\r\n<table></table>\r\n```", "<table></table>"),
        ("<think>maybe <table><tr><td>a</table>", None),
    ],
)
def test_the_source_is_found_in_a_completion(completion: str, source: str | None) -> None:
    assert TASK.extract(completion) == source


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.text(alphabet="|-: \n`<>/tableconrd=3html", max_size=120))
def test_extraction_takes_any_text(completion: str) -> None:
    found = TASK.extract(completion)
    assert found is None or found.strip()


def test_a_long_run_of_markdown_tables_is_searched_once() -> None:
    tables = "a | b\n-|-\n" * 100_000
    assert TASK.extract(tables + "c | d\n-|-\n1 | 2\n\nThat is all.") == "c | d\n-|-\n1 | 2"
