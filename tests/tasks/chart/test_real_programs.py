"""Classes of faults that were found on real programs, and the reports that they must give."""

from __future__ import annotations

from typing import Any

import pytest

from erm.annotation import annotate_rendered
from erm.render import Renderer

HEAD = """
import datetime, matplotlib.pyplot as plt, numpy as np, pandas as pd, seaborn as sns
rng = np.random.default_rng(0)
fig, ax = plt.subplots(figsize=(4, 3), dpi=80)
"""

STRUCTURE, DATA, TEXT, STYLE = "structure_error", "data_error", "text_error", "style_error"

Expected = list[tuple[str, int, str, str]]

SIMILAR = """
ax.plot([51, 47, 55, 49, 53], color="blue", label="North")
ax.plot([50, 48, 53, 51, 52], color="orange", label="South")
ax.legend()
"""
YEARS = 'ax.plot([1999, 2005, 2011, 2017], [3, 4, 5, 6], marker="o")\nax.set_ylim(0, 10)\n'
DAYS = """
ax.plot([datetime.date(2021, month, 1) for month in range(1, 7)], [2, 3, 4, 3, 5, 6], marker="o")
ax.set_ylim(0, 10)
"""
PERIODS = """
dates = pd.date_range("2021-01-31", periods=6, freq="ME")
pd.Series([2, 3, 4, 3, 5, 6], dates).plot(ax=ax, marker="o")
ax.set_ylim(0, 10)
"""
CONTOURS = """
x, y = np.meshgrid(np.linspace(-2, 2, 20), np.linspace(-2, 2, 20))
ax.contourf(x, y, x * x - y * y, cmap="viridis")
"""
FONTS = """
plt.close(fig)
plt.rcParams["font.family"] = "sans-serif"
fig, ax = plt.subplots(figsize=(4, 3), dpi=80)
ax.plot([1, 3])
ax.set_title("Yield")
"""
CANDLES = """
for i, (start, end) in enumerate([(10, 12), (12, 11), (11, 14), (14, 13), (13, 15)]):
    colour = "green" if end >= start else "red"
    ax.bar(i, abs(end - start), bottom=min(start, end), color=colour)
"""
TWINS = """
first, = ax.plot([1, 2, 3], color="black", label="price")
second, = ax.twinx().plot([30, 20, 25], color="red", label="volume")
ax.legend(handles=[first, second])
"""
TIGHT = """
ax.pie([5, 3, 2], labels=["Rent", "Food", "Travel with friends"])
fig.savefig("a.png", bbox_inches="tight")
"""
VIOLINS = "ax.violinplot([rng.normal(m, 1, 60) for m in (0, 1, 2)], showmedians=True)\n"
SIZES = "ax.scatter([1, 2, 3, 4], [4, 2, 5, 3], s=[120, 200, 320, 80])\n"
ARROWS = """
x, y = np.meshgrid(np.arange(6), np.arange(6))
ax.quiver(x, y, np.ones_like(x), np.zeros_like(y) + 0.5)
"""
SPAN = "ax.plot([0, 1, 2, 3])\nax.axvspan(1, 2, alpha=0.3)\n"
BOXPLOT = """
values = np.concatenate([rng.normal(m, 1, 30) for m in (1, 2, 3)])
sns.boxplot(x=np.repeat(["a", "b", "c"], 30), y=values, ax=ax)
"""
HISTOGRAMS = "ax.hist([rng.normal(size=90), rng.normal(1, 1, 90)], bins=8, stacked=True)\n"
LEGENDS = """
a, = ax.plot([2, 4, 3], color="red")
b, = ax.plot([1, 3, 5], color="blue")
ax.add_artist(ax.legend([a], ["solid"], loc="upper left"))
ax.legend([b], ["dashed"], loc="lower right")
"""
FIGURE_LINE = """
from matplotlib.lines import Line2D
ax.plot([1, 3, 2])
fig.add_artist(Line2D([0.1, 0.9], [0.05, 0.05], color="red"))
"""
BOXED = """
ax.bar(["a", "b", "c"], [3, 5, 4])
for i, v in enumerate([3, 5, 4]):
    ax.text(i, v / 2, str(v), bbox={"boxstyle": "round", "facecolor": "green"})
"""
NOTE = """
ax.plot([1, 4, 2])
ax.annotate("peak", (1, 4), (1.4, 3), arrowprops={"arrowstyle": "->", "color": "red"})
"""
SAMPLES = "ax.hist([rng.normal(size=90), rng.normal(1, 1, 90)], bins=8)\n"
GROUPS = """
years = np.arange(2015, 2021)
ax.bar(years - 0.2, [3, 4, 5, 4, 6, 7], 0.4)
ax.bar(years + 0.2, [2, 3, 3, 5, 4, 6], 0.4)
"""
PATCHED = """
values = [[*range(20), -30, -36], range(20), range(5, 25)]
ax.boxplot(values, patch_artist=True)
"""
TREND = """
ax.plot([1, 2, 3, 4], [1, 3, 2, 4], "o")
ax.axline((0, 0), slope=1, color="red")
ax.set(xlim=(0, 5), ylim=(0, 5))
"""
LEVEL = """
ax.plot([1, 2, 3, 4], [1, 3, 2, 4], "o")
ax.axhline(2, color="red")
ax.set(xlim=(0, 5), ylim=(0, 5), title="Level")
"""
BROKEN = """
ax.broken_barh([(1, 3), (6, 2)], (0, 1), facecolors=("red", "blue"))
ax.broken_barh([(2, 2), (5, 1)], (2, 1), facecolors="green")
ax.set_yticks([0.5, 2.5], labels=["first", "second"])
ax.set(xlim=(0, 10), title="Stops")
"""
ISOLINES = """
x, y = np.meshgrid(np.linspace(-2, 2, 40), np.linspace(-2, 2, 40))
lines = ax.contour(x, y, x * x + y * y, cmap="viridis")
ax.clabel(lines)
"""
STEMS = """
x, y = [1, 2, 3, 4], [2, 4, 3, 5]
ax.vlines(x, 0, y, color="grey")
ax.plot(x, y, "o")
ax.set(xlim=(0, 6), ylim=(0, 6))
"""
SHADOW = 'ax.plot([1, 3, 2], label="value")\nax.legend(shadow=True)\n'
PANELS = """
plt.close(fig)
fig, axes = plt.subplots(1, 3, figsize=(5, 2), dpi=80)
for ax in axes:
    ax.plot([1, 3, 2], color="blue")
"""

PAIRS: dict[str, tuple[str, list[tuple[str, str]], Expected]] = {
    "colours of two similar series are swapped": (
        SIMILAR,
        [('"blue"', '"red"'), ('"orange"', '"blue"'), ('"red"', '"orange"')],
        [
            (STYLE, 2, "series 'North'", "colour is orange instead of blue"),
            (STYLE, 2, "series 'South'", "colour is blue instead of orange"),
        ],
    ),
    "values of two similar series are swapped": (
        SIMILAR,
        [('"North"', '"West"')],
        [(TEXT, 3, "legend entry 1", "text is 'West' instead of 'North'")],
    ),
    "a year is written in full": (
        YEARS,
        [("[3, 4, 5, 6]", "[3, 4, 7, 6]")],
        [(DATA, 2, "point at 2011", "value is 7 instead of 5")],
    ),
    "a day is written as a date": (
        DAYS,
        [("[2, 3, 4, 3, 5, 6]", "[2, 3, 4, 3, 8, 6]")],
        [(DATA, 3, "point at 2021-05-01", "value is 8 instead of 5")],
    ),
    "a month of pandas is written as a date": (
        PERIODS,
        [("[2, 3, 4, 3, 5, 6]", "[2, 3, 4, 3, 8, 6]")],
        [(DATA, 3, "point at 2021-05-01", "value is 8 instead of 5")],
    ),
    "another colour map of contours": (
        CONTOURS,
        [("viridis", "plasma")],
        [(STYLE, 2, "filled contours", "colour map is plasma instead of viridis")],
    ),
    "another font everywhere": (
        FONTS,
        [("sans-serif", "serif")],
        [(STYLE, 1, "texts", "font family is DejaVu Serif instead of DejaVu Sans")],
    ),
    "another style of tick labels": (
        FONTS,
        [("ax.set_title", "for t in ax.get_xticklabels(): t.set_style('italic')\nax.set_title")],
        [(STYLE, 1, "x tick labels", "font is italic instead of normal")],
    ),
    "candles of one colour": (
        CANDLES,
        [('"red"', '"blue"')],
        [(STYLE, 2, "red bars", "colour is blue instead of red")],
    ),
    "a legend that names lines of both axes": (
        TWINS,
        [('"red"', '"green"')],
        [(STYLE, 2, "series 'volume'", "colour is green instead of red")],
    ),
    "a size that follows from the content": (
        TIGHT,
        [("[5, 3, 2]", "[3, 5, 2]")],
        [(DATA, 3, "wedges 'Rent' and 'Food'", "shares 50% and 30% are swapped")],
    ),
    "marker sizes that one factor scales": (
        SIZES,
        [("[120, 200, 320, 80]", "[30, 50, 80, 20]")],
        [(STYLE, 1, "points", "marker sizes are smaller")],
    ),
    "directions of arrows": (
        ARROWS,
        [("np.zeros_like(y) + 0.5", "np.zeros_like(y) - 0.5")],
        [
            (
                DATA,
                3,
                "arrows",
                "36 of 36 arrow directions differ, most at (5, 5): 333 instead of 26.6",
            )
        ],
    ),
    "a band at other values": (
        SPAN,
        [("(1, 2,", "(2, 3,")],
        [(DATA, 3, "vertical span", "spans 2 to 3 instead of 1 to 2")],
    ),
    "stacked against grouped histograms": (
        HISTOGRAMS,
        [("stacked=True", "stacked=False")],
        [(STRUCTURE, 2, "bars", "are grouped instead of stacked")],
    ),
    "one of two legends": (
        LEGENDS,
        [("ax.add_artist(ax.legend([a], ", "ax.add_artist(ax.legend([a], "), ("solid", "dotted")],
        [(TEXT, 3, "legend entry 1", "text is 'dotted' instead of 'solid'")],
    ),
    "a line of the figure": (
        FIGURE_LINE,
        [('"red"', '"blue"')],
        [(STYLE, 2, "shape", "colour is blue instead of red")],
    ),
    "a line of the figure is gone": (
        FIGURE_LINE,
        [("fig.add_artist", "str")],
        [(STRUCTURE, 2, "shape", "is missing")],
    ),
    "boxes behind texts": (
        BOXED,
        [('"green"', '"red"')],
        [(STYLE, 1, "boxes of texts", "colour is red instead of green")],
    ),
    "no boxes behind texts": (
        BOXED,
        [(', bbox={"boxstyle": "round", "facecolor": "green"}', "")],
        [(STYLE, 1, "boxes of texts", "are missing")],
    ),
    "an arrow is no part of its note": (
        NOTE,
        [(', arrowprops={"arrowstyle": "->", "color": "red"}', "")],
        [(STRUCTURE, 2, "arrow of note 'peak'", "is missing")],
    ),
    "the colour of an arrow": (
        NOTE,
        [('"red"', '"blue"')],
        [(STYLE, 1, "arrow of note 'peak'", "colour is blue instead of red")],
    ),
    "bins of several samples": (
        SAMPLES,
        [("bins=8", "bins=12")],
        [(STRUCTURE, 2, "histogram", "has 12 bins instead of 8")],
    ),
    "bins of stacked samples": (
        HISTOGRAMS,
        [("bins=8", "bins=12")],
        [(STRUCTURE, 2, "histogram", "has 12 bins instead of 8")],
    ),
    "a group of bars less is no other number of bins": (
        GROUPS,
        [("2021", "2020"), ("4, 6, 7]", "4, 6]"), ("3, 5, 4, 6]", "3, 5, 4]")],
        [
            (STRUCTURE, 3, "bar at 2020 of blue bars", "is missing"),
            (STRUCTURE, 3, "bar at 2020 of orange bars", "is missing"),
        ],
    ),
    "two outliers of a filled box are no whisker": (
        PATCHED,
        [("-30, -36", "-24, -36")],
        [(DATA, 2, "box '1'", "outliers stand elsewhere")],
    ),
    "an endless line of another slope": (
        TREND,
        [("slope=1", "slope=0.8")],
        [(DATA, 2, "line", "runs from 0 to 4 instead of 0 to 5")],
    ),
    "a line through two points in place of an endless one": (
        TREND,
        [
            ("ax.axline((0, 0), slope=1,", "ax.plot([-2, 9], [-2, 9],"),
            ("[1, 3, 2, 4]", "[1, 3, 1, 4]"),
        ],
        [(DATA, 2, "point at 3", "value is 1 instead of 2")],
    ),
    "a level through two points": (
        LEVEL,
        [("ax.axhline(2,", "ax.plot([-2, 9], [2, 2],"), ("Level", "Lines")],
        [(TEXT, 2, "title", "text is 'Lines' instead of 'Level'")],
    ),
    "another level through two points": (
        LEVEL,
        [("ax.axhline(2,", "ax.plot([-2, 9], [3, 3],")],
        [(DATA, 2, "horizontal line", "is at 3 instead of 2")],
    ),
    "broken bars": (
        BROKEN,
        [("(6, 2)", "(7, 2)"), ("(5, 1)", "(5, 2)")],
        [
            (DATA, 2, "blue bar", "spans 7 to 9 instead of 6 to 8"),
            (DATA, 2, "bar 2 of row 'second'", "spans 5 to 7 instead of 5 to 6"),
        ],
    ),
    "a broken bar less": (
        BROKEN,
        [(", (6, 2)", ""), ('("red", "blue")', '"red"')],
        [(STRUCTURE, 3, "blue bar", "is missing")],
    ),
    "contour lines without their values": (
        ISOLINES,
        [("ax.clabel(lines)", "")],
        [(TEXT, 2, "value labels", "are missing")],
    ),
    "a stem goes along with its point": (
        STEMS,
        [("[2, 4, 3, 5]", "[2, 4, 1, 5]")],
        [(DATA, 3, "point at 3", "value is 1 instead of 3")],
    ),
    "a stem moves with its point": (
        STEMS,
        [("[1, 2, 3, 4]", "[1, 2, 3, 5]")],
        [(DATA, 2, "point at 4", "position is (5, 5) instead of (4, 5)")],
    ),
    "the shadow of a legend": (
        SHADOW,
        [("shadow=True", "framealpha=1")],
        [(STYLE, 1, "legend", "shadow is missing")],
    ),
    "one line's colour in several subplots": (
        PANELS,
        [('"blue"', '"red"')],
        [(STYLE, 2, "line in 3 subplots", "colour is red instead of blue")],
    ),
}


def _report(source: str, changes: list[tuple[str, str]], renderer: Renderer) -> Any:
    edited = source
    for before, after in changes:
        assert before in edited
        edited = edited.replace(before, after)
    items = [("chart", HEAD + source), ("chart", HEAD + edited)]
    return annotate_rendered("chart", *renderer.render_batch(items, scenes=True)).require().errors


@pytest.mark.parametrize("name", PAIRS)
def test_pair_of_a_class(name: str, renderer: Renderer) -> None:
    source, changes, expected = PAIRS[name]
    errors = _report(source, changes, renderer)
    found = [(e.category, e.severity, e.location, e.description) for e in errors]
    assert sorted(found) == sorted(expected)


def test_a_violin_and_its_lines_are_one(renderer: Renderer) -> None:
    (error,) = _report(VIOLINS, [("(0, 1, 2)", "(0, 1, 4)")], renderer)
    assert (error.category, error.severity, error.location) == (DATA, 2, "violin at 3")
    assert error.description.startswith("reaches from ")


def test_a_box_of_seaborn_is_a_box(renderer: Renderer) -> None:
    (error,) = _report(BOXPLOT, [("(1, 2, 3)", "(1, 2, 5)")], renderer)
    assert (error.category, error.location) == (DATA, "box 'c'")


@pytest.mark.parametrize(
    "call",
    [
        "ax.errorbar([], [], yerr=[], fmt='o', label='mean')",
        "ax.errorbar([1, 2], [np.nan, np.nan], yerr=[1, 1])",
        "ax.errorbar([], [], xerr=[], yerr=[], capsize=3)",
        "sns.boxplot(x=list('aabb'), y=[1, 2, 3, 4], hue=list('xyxy'), ax=ax)",
        "from matplotlib.offsetbox import *; "
        "ax.add_artist(AnnotationBbox(TextArea('hi'), (0.5, 0.5)))",
    ],
)
def test_what_people_draw_is_read(call: str, renderer: Renderer) -> None:
    source = f"{HEAD}ax.plot([1, 3, 2], label='value')\n{call}\nax.legend()\n"
    (rendered,) = renderer.render_batch([("chart", source)], scenes=True)
    assert rendered.scene is not None, rendered.error


def test_text_without_glyphs_is_refused(renderer: Renderer) -> None:
    (rendered,) = renderer.render_batch([("chart", f"{HEAD}ax.set_title('\\ue000\\ue001')\n")])
    assert rendered.error is not None
    assert rendered.error.kind == "missing_glyphs"


def test_a_program_may_reopen_its_own_picture(renderer: Renderer) -> None:
    own = "import io\nfrom PIL import Image\nbuffer = io.BytesIO()\nfig.savefig(buffer)\n"
    reopened, forged = renderer.render_batch(
        [
            ("chart", f"{HEAD}{own}Image.open(buffer).convert('RGB')\n"),
            ("chart", f"{HEAD}{own}Image.open(io.BytesIO(buffer.getvalue() + b'0'))\n"),
        ]
    )
    assert reopened.error is None
    assert forged.error is not None
    assert forged.error.kind == "raster_refused"
