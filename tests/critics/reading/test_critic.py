"""The reading critic: quiet on equal pictures, right about what it can read, safe on anything."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec

import numpy as np
import pytest
from PIL import Image, ImageDraw

from erm.critics.base import ImagePair
from erm.critics.loading import critic_from_spec
from erm.critics.reading.critic import ReadingCritic
from erm.errors import ErmError
from erm.render import Renderer
from erm.tasks import task_names
from tests.checked.measure import REAL


def said(
    critic: ReadingCritic, task: str, sources: tuple[str, str], renderer: Renderer
) -> list[str]:
    first, second = renderer.render_batch([(task, source) for source in sources])
    report = critic.report(task, first.pixels, second.pixels)
    return [f"{e.category} {e.severity} {e.location}: {e.description}" for e in report.errors]


TABLE = """<table><tr><th>City</th><th>Open</th><th>Visitors</th></tr>
<tr><td>Oslo</td><td>yes</td><td>1,250</td></tr><tr><td>Rome</td><td>no</td><td>980</td></tr>
<tr><td>Lima</td><td>yes</td><td>4,031</td></tr></table>"""

TABLES = {
    "a number": (
        ("1,250", "1,520"),
        "numeric_error 2 row 2, column 3: value is 1,520 instead of 1,250",
    ),
    "a word": (("Rome", "Bonn"), "text_error 2 row 3, column 1: text is 'Bonn' instead of 'Rome'"),
    "a head": (
        ("Visitors", "Guests"),
        "text_error 3 row 1, column 3: text is 'Guests' instead of 'Visitors'",
    ),
    "a row": (
        ("<tr><td>Rome</td><td>no</td><td>980</td></tr>", ""),
        "layout_error 3 row 3: is missing",
    ),
    "a background": (
        ("<td>Lima", "<td style='background: #ffb6c1'>Lima"),
        "layout_error 1 row 4, column 1: background is light pink instead of white",
    ),
    "a span": (
        ("<td>Lima</td><td>yes</td>", "<td colspan=2>Lima</td>"),
        "layout_error 2 row 4, column 1: spans 2 columns instead of 1 column",
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_read_in_the_words_of_the_exact_report(
    critic: ReadingCritic, renderer: Renderer, name: str
) -> None:
    change, expected = TABLES[name]
    assert expected in said(critic, "table", (TABLE, TABLE.replace(*change)), renderer)


CHART = """import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.bar(['ash', 'oak', 'elm'], [10, 30, 20])
ax.set_title('Trees in the park')
ax.set_xlabel('Kind')
ax.set_ylabel('Number')
plt.show()
"""

CHARTS = {
    "a title": (
        ("in the park", "in the town"),
        "text_error 2 title: text is 'Trees in the town' instead of 'Trees in the park'",
    ),
    "a label": (("'Kind'", "'Type'"), "text_error 2 x label: text is 'Type' instead of 'Kind'"),
    "a colour": (
        ("20])", "20], color='green')"),
        "style_error 2 bars: colour is green instead of blue",
    ),
    "a category": (
        ("'elm'", "'fir'"),
        "text_error 3 x tick label 3: text is 'fir' instead of 'elm'",
    ),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_read_in_the_words_of_the_exact_report(
    critic: ReadingCritic, renderer: Renderer, name: str
) -> None:
    change, expected = CHARTS[name]
    assert expected in said(critic, "chart", (CHART, CHART.replace(*change)), renderer)


LINES = """import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.plot([0, 1, 2, 3, 4], [1, 4, 2, 5, 3], label='up')
ax.plot([0, 1, 2, 3, 4], [8, 7, 9, 6, 8], color='tab:red', label='down')
ax.legend(loc='center')
plt.show()
"""

MARKS = {
    "a value": (
        ("[1, 4, 2, 5, 3]", "[1, 4, 4, 5, 3]"),
        "data_error 2 point at 2 of series 'up': value is about 4 instead of about 2",
    ),
    "a colour": (
        ("'tab:red'", "'tab:green'"),
        "style_error 2 series 'down': colour is green instead of red",
    ),
    "a dash": (
        ("color='tab:red'", "color='tab:red', linestyle='--'"),
        "style_error 1 series 'down': line is dashed instead of solid",
    ),
    "a line across": (
        ("ax.legend(", "ax.axhline(6, color='tab:purple')\nax.legend("),
        "structure_error 2 horizontal line: is extra",
    ),
}


@pytest.mark.parametrize("name", MARKS)
def test_lines_are_measured_in_the_values_of_their_axes(
    critic: ReadingCritic, renderer: Renderer, name: str
) -> None:
    change, expected = MARKS[name]
    assert expected in said(critic, "chart", (LINES, LINES.replace(*change)), renderer)


LOOKS = {
    "a scale": (
        "ax.plot([1, 2, 3], [1, 40, 900])",
        ("plt.show()", "ax.set_yscale('log')\nplt.show()"),
        ["data_error 3 y axis: scale is log instead of linear"],
    ),
    "a scale of one power of ten": (
        "ax.plot([1, 2, 3], [2, 4, 9])",
        ("plt.show()", "ax.set_yscale('log')\nplt.show()"),
        ["data_error 3 y axis: scale is log instead of linear"],
    ),
    "a legend over grid lines": (
        "ax.plot([1, 2, 3], [1, 3, 2], label='up')\nax.grid()",
        ("plt.show()", "ax.legend()\nplt.show()"),
        ["structure_error 2 legend: is extra"],
    ),
    "sides of an image": (
        "ax.imshow([[0, 1, 2], [2, 1, 0], [1, 0, 2]])",
        ("plt.show()", "ax.spines[['right', 'top']].set_visible(False)\nplt.show()"),
        ["style_error 1 right and top frame lines: are missing"],
    ),
    "sides where grid lines end": (
        "ax.plot([1, 2, 3], [1, 3, 2])\nax.set(xlim=(1, 3), ylim=(1, 3))\nax.grid()",
        ("plt.show()", "ax.spines[['right', 'top']].set_visible(False)\nplt.show()"),
        ["style_error 1 right and top frame lines: are missing"],
    ),
}


@pytest.mark.parametrize("name", LOOKS)
def test_how_a_plot_is_set_up_is_read_and_nothing_follows_from_it(
    critic: ReadingCritic, renderer: Renderer, name: str
) -> None:
    drawn, change, expected = LOOKS[name]
    source = f"import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\n{drawn}\nplt.show()\n"
    assert said(critic, "chart", (source, source.replace(*change)), renderer) == expected


PIE = "import matplotlib.pyplot as plt\nplt.pie([1, 2, 3])\nplt.show()\n"


def test_what_differs_and_has_no_name_is_reported_by_its_place(
    critic: ReadingCritic, renderer: Renderer
) -> None:
    changed = PIE.replace("[1, 2, 3]", "[3, 2, 1]")
    assert said(critic, "chart", (PIE, changed), renderer) == ["data_error 3 plot: looks different"]


def icon(*shapes: str) -> str:
    inside = "".join(shapes)
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96">{inside}</svg>'


DOT = '<circle cx="24" cy="24" r="14" fill="red"/>'
BAR = '<rect x="50" y="60" width="36" height="24" fill="blue"/>'


def test_an_icon_is_read_in_the_words_of_the_exact_report(
    critic: ReadingCritic, renderer: Renderer
) -> None:
    both = icon(DOT, BAR)
    lost = said(critic, "svg", (both, icon(BAR)), renderer)
    assert lost == ["structure_error 3 red circle at top left: is missing"]
    added = said(critic, "svg", (icon(DOT), both), renderer)
    assert added == ["structure_error 3 blue rectangle at bottom right: is extra"]
    painted = said(critic, "svg", (both, icon(DOT.replace("red", "green"), BAR)), renderer)
    assert painted == ["style_error 2 red circle at top left: fill is green instead of red"]
    moved = said(critic, "svg", (icon(BAR, DOT), both.replace("<circle", "<circle ")), renderer)
    assert moved == []


@pytest.mark.parametrize("task", task_names())
def test_a_pictures_copy_has_no_differences_and_reports_are_the_same_each_time(
    critic: ReadingCritic, task: str
) -> None:
    rng = np.random.default_rng(3)
    photograph = rng.integers(0, 256, (90, 120, 3)).astype(np.uint8)
    other = rng.integers(0, 256, (80, 130, 3)).astype(np.uint8)
    assert critic.report(task, photograph, photograph.copy()).errors == ()
    fresh = ReadingCritic()
    assert critic.report(task, photograph, other) == fresh.report(task, photograph, other)


def writing(words: str, size: tuple[int, int] = (300, 60)) -> np.ndarray:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((20, 20), words, fill="black")
    return np.asarray(image)


PICTURES = {
    "one colour": np.full((40, 60, 3), 7, dtype=np.uint8),
    "a single pixel": np.zeros((1, 1, 3), dtype=np.uint8),
    "very long": np.full((3, 20_000, 3), 200, dtype=np.uint8),
    "very tall": np.full((20_000, 3, 3), 100, dtype=np.uint8),
    "noise": np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8),
    "a text without a table": writing("Привет, мир"),
    "upright text": np.ascontiguousarray(np.rot90(writing("rotated label"))),
}


def photograph(seed: int) -> np.ndarray:
    """1500 × 2000 px of slow gradients and noise."""
    y, x = np.mgrid[0:1500, 0:2000] / 300
    bands = [128 + 100 * np.sin(x + seed * y + band) for band in range(3)]
    noise = np.random.default_rng(seed).normal(0, 20, (1500, 2000, 3))
    return np.clip(np.stack(bands, axis=2) + noise, 0, 255).astype(np.uint8)


def test_two_photographs_are_no_icons_and_differ(critic: ReadingCritic) -> None:
    assert critic.report("svg", photograph(1), photograph(2)).total_severity > 0


@pytest.mark.parametrize("task", task_names())
@pytest.mark.parametrize("name", PICTURES)
def test_any_two_pictures_get_a_report(critic: ReadingCritic, task: str, name: str) -> None:
    for other in PICTURES.values():
        report = critic.report(task, PICTURES[name], other)
        assert all(error.location and error.description for error in report.errors)


def test_without_ocr_one_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "onnxruntime" else found(name, package)

    monkeypatch.setattr("erm.critics.reading.ocr.find_spec", without)
    with pytest.raises(ErmError, match=r"needs onnxruntime: pip install 'visual-erm\[ocr\]'"):
        critic_from_spec("reading")


@pytest.mark.slow
def test_most_changes_of_real_tables_are_found(critic: ReadingCritic, renderer: Renderer) -> None:
    right = listed = 0
    tables = [pair for task, pair in REAL if task == "table"]
    for pair in tables[::2]:  # reading one takes a second
        task = "table"
        sources = [(task, pair.reference), (task, pair.candidate)]
        first, second = renderer.render_batch(sources)
        (critique,) = critic.critique(
            [ImagePair(task, Image.fromarray(first.pixels), Image.fromarray(second.pixels))]
        )
        assert critique.report is not None
        errors = critique.report.errors
        listed += len(pair.listed)
        right += sum(
            any(want.is_said_by(e.category, e.location, e.description) for e in errors)
            for want in pair.listed
        )
    assert right >= 0.8 * listed
