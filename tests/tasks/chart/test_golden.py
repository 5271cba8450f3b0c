"""Pairs of charts whose differences were listed by hand, and the reports they must give."""

from __future__ import annotations

import pytest

from erm.annotation import annotate_rendered
from erm.render import Renderer

STRUCTURE, DATA, TEXT, STYLE = "structure_error", "data_error", "text_error", "style_error"

START = """
import matplotlib.pyplot as plt
fig, ax = plt.subplots(figsize=(3, 2.2), dpi=80)
fig.subplots_adjust(0.18, 0.22, 0.95, 0.86)
"""

BARS = (
    START
    + """
ax.bar(["A", "B", "C", "D"], [4, 6, 3, 8], color="blue")
ax.set_title("Sales")
ax.set_xlabel("team")
ax.set_ylim(0, 10)
"""
)

GROUPED = (
    START
    + """
ax.bar([0, 1, 2], [3, 5, 4], 0.4, color="red", label="EU")
ax.bar([0.4, 1.4, 2.4], [6, 2, 5], 0.4, color="green", label="US")
ax.set_xticks([0.2, 1.2, 2.2], ["Q1", "Q2", "Q3"])
ax.set_ylim(0, 10)
ax.legend(loc="upper left", ncol=2)
"""
)

LINES = (
    START
    + """
ax.plot([1, 2, 3, 4], [2, 5, 3, 6], color="purple", marker="o", label="old")
ax.plot([1, 2, 3, 4], [7, 6, 8, 9], color="orange", ls="--", label="new")
ax.legend(loc="lower right")
ax.grid()
"""
)

PIE = (
    START
    + """
ax.pie([30, 20, 50], labels=["Rent", "Food", "Fun"], colors=["red", "gray", "cyan"])
ax.set_title("Cost")
"""
)

HISTOGRAM = (
    START
    + """
ax.hist([1, 4, 6, 7, 12, 15, 18, 22, 27], bins=[0, 10, 20, 30], color="gray", edgecolor="black")
"""
)

SCATTER = (
    START
    + """
ax.scatter([2, 5, 9, 14], [3, 8, 4, 6], color="green", marker="s")
ax.set_xlim(0, 20)
ax.set_ylim(0, 10)
"""
)

HEAT = (
    START
    + """
image = ax.imshow([[1, 2, 3], [4, 5, 9]], cmap="viridis")
fig.colorbar(image)
"""
)

SUBPLOTS = """
import matplotlib.pyplot as plt
fig, axes = plt.subplots(1, 2, figsize=(5, 2.2), dpi=80)
axes[0].bar(["A", "B"], [2, 3], color="teal")
axes[1].plot([1, 2, 3], [1, 3, 2], color="black")
axes[1].set_title("Rain")
fig.suptitle("Report")
"""

SQUARE_BESIDE_TALL = """
import matplotlib.pyplot as plt
fig, axes = plt.subplots(1, 2, figsize=(5, 2.8), dpi=80)
axes[0].imshow([[1, 2], [3, 4]])
axes[1].plot([1, 2, 3], [1, 3, 2], color="black")
"""

SHARED = """
import matplotlib.pyplot as plt
fig, axes = plt.subplots(1, 3, sharey=True, figsize=(6, 2.2), dpi=80)
for ax in axes:
    ax.plot([1, 2, 3], [1, 30, 200], color="black", label="rain")
"""

COLOUR_BAR_INSIDE = (
    START
    + """
image = ax.imshow([[1, 2, 3], [4, 5, 9]], cmap="viridis")
place = ax.inset_axes([0.1, 0.7, 0.5, 0.1])
fig.colorbar(image, cax=place, orientation="horizontal")
"""
)

BARS_AND_LINES = (
    START
    + """
for place, colour in enumerate(["red", "green", "blue"]):
    ax.plot([0, 3], [place + 1, place], color=colour)
    ax.bar(4, 1, width=1.5, bottom=place, color=colour)
ax.set_xlim(0, 6)
"""
)

LEGEND_OF_PATCHES = (
    START
    + """
from matplotlib.patches import Patch
ax.bar([1, 2], [3, 5], color=["red", "green"])
shown = [("red", "heat"), ("green", "food"), ("blue", "rent")]
ax.legend(handles=[Patch(color=colour, label=text) for colour, text in shown])
"""
)

STEPS = (
    START
    + """
ax.hist([1, 4, 6, 7, 12, 15, 18, 22, 27], bins=[0, 10, 20, 30], histtype="stepfilled")
ax.plot(1, 0, ">k", ms=14, transform=ax.get_yaxis_transform(), clip_on=False)
"""
)

OUTLINE = (
    START
    + """
ax.plot([-2, 4, 4, -2, -2], [-3, -3, 2, 2, -3], color="purple", ls="--")
ax.axis([-5, 5, -4, 4])
"""
)

VIOLINS = (
    START
    + """
ax.violinplot([[1, 2, 2, 3, 6], [2, 4, 5, 5, 9], [3, 3, 4, 7, 7]], showmedians=True)
"""
)

BOXES = (
    START
    + """
ax.boxplot(
    [[1, 2, 3, 4, 9], [2, 4, 5, 6, 8], [3, 5, 6, 7, 9]],
    patch_artist=True,
    boxprops={"facecolor": "gold"},
    medianprops={"color": "black"},
)
ax.set_ylim(0, 10)
"""
)

WIDE_RANGE = (
    START
    + """
ax.plot([1, 2, 3], [0, 60, 104], color="black")
ax.tick_params(axis="y", labelsize=8)
"""
)

Expected = list[tuple[str, int, str, str]]

PAIRS: dict[str, tuple[str, list[tuple[str, str]], Expected]] = {
    "same text": (BARS, [], []),
    "same picture, other text": (
        BARS,
        [
            ('color="blue"', 'color="#0000ff"'),
            ("[4, 6, 3, 8]", "(8 // 2, 6, 3, 2 ** 3)"),
            ("ax", "axes"),
        ],
        [],
    ),
    "hidden difference": (
        BARS,
        [("[4, 6, 3, 8]", "[4, 6, 3, 12]"), ("0, 10", "0, 7")],
        [(DATA, 2, "y axis", "range is 0 to 7 instead of 0 to 10")],
    ),
    "value cut off by an axis that another chart type hides": (
        BARS,
        [("ax.bar", "ax.plot"), ("[4, 6, 3, 8]", "[4, 6, 2, 8]"), ("0, 10", "3, 10")],
        [
            (STRUCTURE, 3, "chart", "is a line chart instead of a bar chart"),
            (DATA, 2, "y axis", "range is 3 to 10 instead of 0 to 10"),
        ],
    ),
    "value that a logarithmic axis from zero can't show": (
        BARS,
        [("[4, 6, 3, 8]", "[4, 2, 3, 8]"), ("0, 10)", "0, 10)\nax.set_yscale('log')")],
        [(DATA, 3, "y axis", "scale is log instead of linear")],
    ),
    "minor tick labels of a short logarithmic axis": (
        BARS.replace("0, 10)", "2, 9)\nax.set_yscale('log')"),
        [("2, 9", "2, 20")],
        [(DATA, 2, "y axis", "range is 2 to 20 instead of 2 to 9")],
    ),
    "value labels and shapes along with an inverted axis": (
        BARS + "ax.bar_label(ax.containers[0])\nax.fill([0, 1, 2], [1, 9, 3], color='red')\n",
        [("ax.bar_label", "ax.invert_yaxis()\nax.bar_label")],
        [(DATA, 3, "y axis", "is inverted")],
    ),
    "violins on an inverted axis": (
        VIOLINS,
        [("showmedians=True)", "showmedians=True)\nax.invert_yaxis()")],
        [(DATA, 3, "y axis", "is inverted")],
    ),
    "violins on an axis of another range": (
        VIOLINS.replace("showmedians=True)", "showmedians=True)\nax.set_ylim(0, 10)"),
        [("0, 10", "-10, 30")],
        [(DATA, 2, "y axis", "range is -10 to 30 instead of 0 to 10")],
    ),
    "box without its frame": (
        BOXES,
        [("ax.set_ylim", "ax.patches[1].remove()\nax.set_ylim")],
        [(STRUCTURE, 3, "box '2'", "is missing")],
    ),
    "frame around a box": (
        BOXES.replace("ax.set_ylim", "ax.patches[1].remove()\nax.set_ylim"),
        [("ax.patches[1].remove()\n", "")],
        [(STRUCTURE, 3, "box '2'", "is extra")],
    ),
    "outline of all bars": (
        GROUPED,
        [("ax.set_ylim", "for bar in ax.patches:\n    bar.set_edgecolor('black')\nax.set_ylim")],
        [(STYLE, 1, "bars", "outline is extra")],
    ),
    "pattern of all bars": (
        GROUPED,
        [("ax.set_ylim", "for bar in ax.patches:\n    bar.set_hatch('x')\nax.set_ylim")],
        [(STYLE, 1, "bars", "hatch is 'x' instead of none")],
    ),
    "width of all lines": (
        LINES,
        [("ax.legend", "for line in ax.lines:\n    line.set_linewidth(4)\nax.legend")],
        [(STYLE, 1, "lines", "line width is 4.4 instead of 1.7")],
    ),
    "width and hatch of single bars": (
        BARS,
        [
            (
                "ax.set_ylim",
                "ax.patches[1].set_width(0.4)\nax.patches[2].set_hatch('x')\nax.set_ylim",
            )
        ],
        [
            (STYLE, 1, "bar 'B'", "width is 0.4 instead of 0.8"),
            (STYLE, 1, "bar 'C'", "hatch is 'x' instead of none"),
        ],
    ),
    "fewer ticks for larger tick labels": (
        WIDE_RANGE,
        [("labelsize=8", "labelsize=18")],
        [(STYLE, 1, "y tick labels", "font size is 20 instead of 8.9")],
    ),
    "hatch lost with a change of chart type": (
        BARS.replace('color="blue"', 'color="blue", hatch="//"'),
        [("ax.bar", "ax.barh"), (', hatch="//"', ""), ("set_ylim", "set_xlim")],
        [
            (STRUCTURE, 2, "chart", "is a horizontal bar chart instead of a bar chart"),
            (STYLE, 1, "bars", "hatch is none instead of '//'"),
        ],
    ),
    "changed value": (
        BARS,
        [("[4, 6, 3, 8]", "[4, 2, 3, 8]")],
        [(DATA, 3, "bar 'B'", "value is 2 instead of 6")],
    ),
    "swapped values": (
        BARS,
        [("[4, 6, 3, 8]", "[4, 3, 6, 8]")],
        [(DATA, 3, "bars 'B' and 'C'", "values 6 and 3 are swapped")],
    ),
    "missing bar": (
        BARS,
        [('["A", "B", "C", "D"], [4, 6, 3, 8]', '["A", "C", "D"], [4, 3, 8]')],
        [(STRUCTURE, 3, "bar 'B'", "is missing")],
    ),
    "renamed category": (
        BARS,
        [('"C"', '"X"')],
        [(TEXT, 3, "x tick label 3", "text is 'X' instead of 'C'")],
    ),
    "swapped categories": (
        BARS,
        [('"B", "C"', '"C", "B"')],
        [(TEXT, 3, "x tick labels 2 and 3", "texts 'B' and 'C' are swapped")],
    ),
    "typo and recolouring": (
        BARS,
        [("Sales", "Salse"), ("blue", "red")],
        [
            (TEXT, 1, "title", "text is 'Salse' instead of 'Sales'"),
            (STYLE, 2, "bars", "colour is red instead of blue"),
        ],
    ),
    "missing title, extra label": (
        BARS,
        [('ax.set_title("Sales")', 'ax.set_ylabel("kg")')],
        [(TEXT, 2, "title", "is missing"), (TEXT, 2, "y label", "is extra")],
    ),
    "limits and grid": (
        BARS,
        [("ax.set_ylim(0, 10)", "ax.set_ylim(0, 20)\nax.grid(axis='y')")],
        [
            (DATA, 2, "y axis", "range is 0 to 20 instead of 0 to 10"),
            (STYLE, 1, "horizontal grid lines", "are extra"),
        ],
    ),
    "turned bars": (
        BARS,
        [("ax.bar", "ax.barh"), ("ax.set_ylim", "ax.set_xlim")],
        [(STRUCTURE, 2, "chart", "is a horizontal bar chart instead of a bar chart")],
    ),
    "values that rescale the axis alike": (
        BARS,
        [("[4, 6, 3, 8]", "[8, 12, 6, 16]"), ("ax.set_ylim(0, 10)", "ax.set_ylim(0, 20)")],
        [
            (DATA, 3, "bars", "values are 8, 12, 6, 16 instead of 4, 6, 3, 8"),
            (DATA, 2, "y axis", "range is 0 to 20 instead of 0 to 10"),
        ],
    ),
    "missing series": (
        GROUPED,
        [('ax.bar([0.4, 1.4, 2.4], [6, 2, 5], 0.4, color="green", label="US")\n', "")],
        [(STRUCTURE, 3, "series 'US'", "is missing")],
    ),
    "missing category": (
        GROUPED,
        [
            ("[0, 1, 2], [3, 5, 4]", "[0, 1], [3, 5]"),
            ("[0.4, 1.4, 2.4], [6, 2, 5]", "[0.4, 1.4], [6, 2]"),
            ('[0.2, 1.2, 2.2], ["Q1", "Q2", "Q3"]', '[0.2, 1.2], ["Q1", "Q2"]'),
        ],
        [(STRUCTURE, 3, "category 'Q3'", "is missing")],
    ),
    "recoloured series, moved legend": (
        GROUPED,
        [("green", "orange"), ("upper left", "upper right")],
        [
            (STYLE, 2, "series 'US'", "colour is orange instead of green"),
            (STYLE, 1, "legend", "is at upper right instead of upper left"),
        ],
    ),
    "stacked instead of grouped": (
        GROUPED,
        [("[0.4, 1.4, 2.4], [6, 2, 5], 0.4,", "[0, 1, 2], [6, 2, 5], 0.4, [3, 5, 4],")],
        [(STRUCTURE, 2, "bars", "are stacked instead of grouped")],
    ),
    "line styles and markers": (
        LINES,
        [('marker="o"', 'marker="s"'), ('ls="--"', 'ls=":"')],
        [
            (STYLE, 1, "series 'old'", "markers are squares instead of circles"),
            (STYLE, 1, "series 'new'", "line is dotted instead of dashed"),
        ],
    ),
    "swapped legend entries, no grid": (
        LINES,
        [('"old"', '"tmp"'), ('"new"', '"old"'), ('"tmp"', '"new"'), ("ax.grid()\n", "")],
        [
            (TEXT, 3, "legend entries 1 and 2", "texts 'old' and 'new' are swapped"),
            (STYLE, 1, "grid", "is missing"),
        ],
    ),
    "missing point": (
        LINES,
        [("[1, 2, 3, 4], [2, 5, 3, 6]", "[1, 2, 4], [2, 5, 6]")],
        [(STRUCTURE, 2, "point at 3 of series 'old'", "is missing")],
    ),
    "missing legend": (
        LINES,
        [('ax.legend(loc="lower right")\n', "")],
        [(STRUCTURE, 2, "legend", "is missing")],
    ),
    "one wedge grown": (
        PIE,
        [("[30, 20, 50]", "[30, 40, 50]")],
        [(DATA, 2, "wedge 'Food'", "share is 33% instead of 20%")],
    ),
    "pie as bars": (
        PIE,
        [
            (
                'ax.pie([30, 20, 50], labels=["Rent", "Food", "Fun"], colors=',
                'ax.bar(["Rent", "Food", "Fun"], [30, 20, 50], color=',
            )
        ],
        [(STRUCTURE, 3, "chart", "is a bar chart instead of a pie chart")],
    ),
    "recoloured and turned wedges": (
        PIE,
        [("gray", "pink"), ("colors", "startangle=90, colors")],
        [
            (STYLE, 1, "wedge 'Food'", "colour is light pink instead of gray"),
            (STYLE, 1, "pie", "starts at 90° instead of 0°"),
        ],
    ),
    "histogram value": (
        HISTOGRAM,
        [("22, 27]", "22, 27, 27]")],
        [(DATA, 2, "bin 3", "value is 3 instead of 2")],
    ),
    "histogram bins": (
        HISTOGRAM,
        [("[0, 10, 20, 30]", "[0, 15, 30]")],
        [(STRUCTURE, 2, "histogram", "has 2 bins instead of 3")],
    ),
    "scatter": (
        SCATTER,
        [("[3, 8, 4, 6]", "[3, 8, 2, 6]"), ("[2, 5, 9, 14]", "[2, 5, 9, 18]")],
        [
            (DATA, 2, "point at 9", "value is 2 instead of 4"),
            (DATA, 2, "point at 14", "position is (18, 6) instead of (14, 6)"),
        ],
    ),
    "heat map": (
        HEAT,
        [("5, 9", "7, 9")],
        [(DATA, 2, "cell row 2, column 2", "value is 7 instead of 5")],
    ),
    "colour map, no colour bar": (
        HEAT,
        [("viridis", "plasma"), ("fig.colorbar(image)\n", "")],
        [
            (STYLE, 2, "heat map", "colour map is plasma instead of viridis"),
            (STRUCTURE, 2, "colour bar", "is missing"),
        ],
    ),
    "one of two subplots": (
        SUBPLOTS,
        [("[1, 3, 2]", "[1, 3, 1]"), ("Rain", "Snow"), ("Report", "Summary")],
        [
            (DATA, 3, "point at 3 in subplot 2", "value is 1 instead of 2"),
            (TEXT, 2, "title in subplot 2", "text is 'Snow' instead of 'Rain'"),
            (TEXT, 2, "suptitle", "text is 'Summary' instead of 'Report'"),
        ],
    ),
    "a plot that starts lower than its neighbour": (
        SQUARE_BESIDE_TALL,
        [("[1, 3, 2]", "[1, 3, 1]")],
        [(DATA, 3, "point at 3 in subplot 2", "value is 1 instead of 2")],
    ),
    "a look that a loop sets in all plots": (
        SHARED,
        [('label="rain"', 'label="rain", lw=4')],
        [(STYLE, 1, "line in 3 subplots", "line width is 4.4 instead of 1.7")],
    ),
    "legends that a loop adds": (
        SHARED,
        [('label="rain")', 'label="rain")\n    ax.legend()')],
        [(STRUCTURE, 2, "legend in 3 subplots", "is extra")],
    ),
    "the scale of a shared axis": (
        SHARED,
        [("for ax in axes", 'axes[0].set_yscale("log")\nfor ax in axes')],
        [(DATA, 3, "y axis in 3 subplots", "scale is log instead of linear")],
    ),
    "a colour bar in a place of its own": (
        COLOUR_BAR_INSIDE,
        [("fig.colorbar(", "place.remove()\n#")],
        [(STRUCTURE, 2, "colour bar", "is missing")],
    ),
    "widths of bars among lines": (
        BARS_AND_LINES,
        [("width=1.5", "width=0.8")],
        [(STYLE, 1, "bars", "width is 0.8 instead of 1.5")],
    ),
    "texts that changed places in a legend of patches": (
        LEGEND_OF_PATCHES,
        [("heat", "milk"), ("rent", "heat"), ("milk", "rent")],
        [(TEXT, 3, "legend entries 1 and 3", "texts 'heat' and 'rent' are swapped")],
    ),
    "the pattern of a shape": (
        STEPS,
        [('"stepfilled"', '"stepfilled", hatch="xx"')],
        [(STYLE, 1, "blue shape", "hatch is 'xx' instead of none")],
    ),
    "a mark at the end of an axis": (
        STEPS,
        [("clip_on=False", "clip_on=False, alpha=0.5")],
        [(STYLE, 1, "black shape", "opacity is 0.5 instead of 1")],
    ),
    "a corner of an outline": (
        OUTLINE,
        [("4, 4, -2, -2]", "4, -2, -2]"), ("-3, 2, 2, -3]", "-3, 2, -3]")],
        [(STRUCTURE, 2, "point at 4", "is missing")],
    ),
    "background and frame": (
        BARS,
        [
            (
                'ax.set_title("Sales")',
                'ax.set_title("Sales", fontsize=9)\nax.set_facecolor("beige")\n'
                'ax.spines[["top", "right"]].set_visible(False)',
            )
        ],
        [
            (STYLE, 2, "plot background", "colour is beige instead of white"),
            (STYLE, 1, "right and top frame lines", "are missing"),
            (STYLE, 1, "title", "font size is 10 instead of 13"),
        ],
    ),
}


def edited(source: str, changes: list[tuple[str, str]]) -> str:
    """The source with each first text replaced by the second, which must occur."""
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    return source


@pytest.mark.parametrize("name", PAIRS)
def test_hand_checked_pair(name: str, renderer: Renderer) -> None:
    source, changes, expected = PAIRS[name]
    items = [("chart", source), ("chart", edited(source, changes))]
    annotation = annotate_rendered("chart", *renderer.render_batch(items, scenes=True))
    found = [
        (e.category, e.severity, e.location, e.description) for e in annotation.require().errors
    ]
    assert sorted(found) == sorted(expected)
    assert annotation.failure is None
