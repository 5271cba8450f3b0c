"""What is a source in files of packages: examples and tables of documentation, and data."""

from __future__ import annotations

from erm.synthesis.collections import Collection, Form
from erm.synthesis.extraction import extract
from erm.synthesis.packages import Package
from erm.tasks import get_task

MODULE = '''
"""A module.

>>> 1 + 1
2
"""
def spread(x):
    """Draw.

    Examples
    --------
    >>> x = np.arange(3)
    >>> fig, ax = plt.subplots()
    >>> for one in x:
    ...     ax.plot([0, 1], [one, 2])
    [<Line2D>]
    >>> plt.show()
    """
'''

RST = """
Words.

=========  =====================
Name       Meaning
=========  =====================
``all``    :func:`~erm.every` one
`none <http://a.b>`_  no `~.axes.Axes` one
=========  =====================

    +-----+-----+
    | a   | b   |
    +=====+=====+
    | 1   | two |
    +-----+-----+

Title
=====

==== ====
open to the end
"""

CSV = "Year,Place,Note\n" + "\n".join(f"{1990 + n},Place {n % 4},{'x' * 70}" for n in range(20))


def collection(task: str, form: Form) -> Collection:
    package = Package("sdist", "one", "1")
    return Collection("one", task, package, "MIT", ("*",), "train", form)


def test_examples_of_docstrings_become_programs() -> None:
    found = list(extract(collection("chart", "examples"), "a.py", MODULE.encode()))
    assert found == [
        (
            "a.py:2",
            "import numpy as np\nimport matplotlib.pyplot as plt\nx = np.arange(3)\n"
            "fig, ax = plt.subplots()\nfor one in x:\n    ax.plot([0, 1], [one, 2])\nplt.show()\n",
        )
    ]
    page = "Text\n\n>>> import matplotlib.pyplot as plt\n>>> _ = plt.plot([1, 2])\n"
    ((place, source),) = extract(collection("chart", "examples"), "b.rst", page.encode())
    assert place == "b.rst:1"
    assert source == "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])\n"


def test_tables_of_documentation_become_html() -> None:
    found = dict(extract(collection("table", "rst_tables"), "a.rst", RST.encode()))
    assert list(found) == ["a.rst:1", "a.rst:2"]
    grids = [get_task("table").extract(f"```html\n{html}```") for html in found.values()]
    assert all(grids)
    first = found["a.rst:1"]
    assert "erm.every" in first
    assert "none" in first
    assert '<span class="docutils literal">axes.Axes</span>' in first
    assert "~" not in first
    assert "http" not in first
    assert "func" not in first
    assert "<td><p>two</p></td>" in found["a.rst:2"]


def test_data_is_cut_into_tables_that_stay_the_same() -> None:
    found = list(extract(collection("table", "records"), "a.csv", CSV.encode()))
    assert found == list(extract(collection("table", "records"), "a.csv", CSV.encode()))
    assert len(found) == 24
    for _, html in found:
        assert 3 <= html.count("<tr>") <= 10
        assert "x" * 70 not in html  # too long a cell
    records = b'[{"a": 1, "b": null}, {"a": 2.50, "b": "<i>"}, {"a": 3, "b": "c"}]'
    html = dict(extract(collection("table", "records"), "a.json", records))["a.json:1"]
    assert "&lt;i&gt;" in html
    assert "<td>2.5</td>" in html
    assert not list(extract(collection("table", "records"), "b.json", b'{"a": [1]}'))
    assert not list(extract(collection("table", "records"), "b.json", b"{"))
    assert not list(extract(collection("table", "records"), "b.csv", b""))


def test_a_file_that_is_no_text_has_no_source() -> None:
    assert not list(extract(collection("svg", "file"), "a.svg", b"<svg>\xff</svg>"))
    assert list(extract(collection("svg", "file"), "a.svg", b"<svg/>")) == [("a.svg", "<svg/>")]
