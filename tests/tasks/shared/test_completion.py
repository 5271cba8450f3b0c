"""The one rule by which a source is found in a completion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erm.tasks.shared.completion import find_source, last_element, without_thinking

PROGRAM = "import matplotlib.pyplot as plt\nplt.plot([1])\n"
DRAFT = "draft()\n"


def find(completion: str) -> str | None:
    return find_source(completion, ("python", "py"))


def svg(completion: str) -> str | None:
    return find_source(completion, ("svg", "xml"), lambda text: last_element(text, "svg"))


@pytest.mark.parametrize(
    "completion",
    [
        f"Sure!\n```python\n{PROGRAM}```\nDone.",
        f"```py\n{PROGRAM}```",
        f"```python3\n{PROGRAM}```",
        f"```python3.11\n{PROGRAM}```",
        f"```Python\n{PROGRAM}```",
        f"```PYTHON title=a\n{PROGRAM}```",
        f"``` python\n{PROGRAM}```",
        f"```{{python}}\n{PROGRAM}```",
        f"```{{.python}}\n{PROGRAM}```",
        f"~~~python\n{PROGRAM}~~~",
        f"````python\n{PROGRAM}````",
        f"```python\n{PROGRAM}`````",
        f"```python\n{PROGRAM}``` this draws it",
        f"```python\n{PROGRAM}".rstrip("\n"),
        f"```python\n{PROGRAM}```\n".replace("\n", "\r\n"),
        f"```python\n{PROGRAM.rstrip()}```",
        f"<answer>```python\n{PROGRAM}```</answer>",
        f"Here it is: ```python\n{PROGRAM}```",
        "1. Code:\n   ```python\n   " + PROGRAM.strip().replace("\n", "\n   ") + "\n   ```",
        f"```python\n{DRAFT}```\nBetter:\n```python\n{PROGRAM}```",
        f"```python\n{DRAFT}\n```python\n{PROGRAM}```",
        f"```python\n{PROGRAM}```\nOr else\n```python\nimport matplotl",
        f"```python\n{PROGRAM}```\n```html\n<p>x</p>\n```",
        f"```\nlog\n```python\n{PROGRAM}```",
        f"<think>maybe\n```python\n{DRAFT}```</think>\n```python\n{PROGRAM}```",
        f"<THINK>\n```python\n{DRAFT}```</THINK>```python\n{PROGRAM}```",
        f"<thinking>\n```python\n{DRAFT}```</thinking>```python\n{PROGRAM}```",
        f"```python\n{PROGRAM}```\n<seed:think>\n```python\n{DRAFT}```",
        f"[THINK]```python\n{DRAFT}```[/THINK]```python\n{PROGRAM}```",
        f"```python\n{DRAFT}```◁/think▷```python\n{PROGRAM}```",
        f"I will write ```python\n{DRAFT}``` maybe</think>\n```python\n{PROGRAM}```",
        f"first a fence ``` in my mind</think>\n```python\n{PROGRAM}```",
        f"```python\n{PROGRAM}```\n<think>could\n```python\n{DRAFT}```",
    ],
)
def test_the_program_is_found(completion: str) -> None:
    assert find(completion) == PROGRAM


@pytest.mark.parametrize(
    "completion",
    [
        "",
        PROGRAM,
        f"```\n{PROGRAM}```",
        f"```pythonic\n{PROGRAM}```",
        "```python\n\n```",
        f"<think>```python\n{PROGRAM}```</think>",
        f"<think>\n```python\n{PROGRAM}```",
        f"```python\n{PROGRAM}```</think> I can't.",
    ],
)
def test_there_is_no_program(completion: str) -> None:
    assert find(completion) is None


def test_a_fence_within_a_string_closes_nothing() -> None:
    program = "def f():\n    '''use\n    ```\n    x\n    ```\n    '''\n"
    assert find(f"```python\n{program}```") == program


ICON = '<svg xmlns="http://www.w3.org/2000/svg"><rect width="5"/></svg>'
OTHER = ICON.replace("5", "9")


@pytest.mark.parametrize(
    ("completion", "source"),
    [
        (f"Here: {ICON}.", ICON),
        (f"First {OTHER}, then better {ICON}", ICON),
        (f"<think>maybe {OTHER}</think> {ICON}", ICON),
        (f"maybe {OTHER}</think> {ICON}", ICON),
        (f"<think>maybe {OTHER} and", None),
        (f"```\n{ICON}\n```", ICON),
        (f"```python\nprint('''{ICON}''')\n```", ICON),
        (f"{OTHER}\n```svg\n{ICON}\n```", ICON + "\n"),
        (f"<svg>{ICON}</svg>", f"<svg>{ICON}</svg>"),
        ("<svg viewBox='0 0 1 1'/>", "<svg viewBox='0 0 1 1'/>"),
        ("<SVG></SVG>", "<SVG></SVG>"),
        (f"{ICON} and then <svg><rect", ICON),
        ("<svg><rect", None),
        ("</svg>", None),
        ("<svgish></svgish>", None),
    ],
)
def test_bare_elements(completion: str, source: str | None) -> None:
    assert svg(completion) == source


def test_thoughts() -> None:
    assert without_thinking("<think>a</think>b<think>c</think>d") == "bd"
    assert without_thinking("a</think>b") == "b"
    assert without_thinking("a<think>b") == "a"


@given(st.text(alphabet="`~<>/thinksvg \n{}python", max_size=80))
def test_no_completion_fails(completion: str) -> None:
    for source in (find(completion), svg(completion)):
        assert source is None or source.strip()


@pytest.mark.parametrize(
    ("completion", "answer"),
    [
        ("a<think>b</think>c<think>d</think>e", "ace"),
        ("a<think>b</think>c</think>d", "d"),
        ("a<think>b<think>c</think>d", "ad"),
        ("a<think>b", "a"),
        ("[think]a", "[think]a"),
        ("<think>" * 100_000, ""),
        ("x" * 300_000, "x" * 300_000),
        ("<" * 300_000, "<" * 300_000),
    ],
    ids=range(8),
)
def test_thoughts_are_dropped_in_one_pass(completion: str, answer: str) -> None:
    assert without_thinking(completion) == answer
