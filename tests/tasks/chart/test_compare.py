"""Pairs in the manner of galleries and tutorials, whose reports were written down by hand.

Each stands for a class of wrong labels that was found on real programs.
"""

from __future__ import annotations

import pytest

from erm.annotation import annotate_rendered
from erm.render import Renderer
from tests.tasks.chart.test_golden import edited

STRUCTURE, DATA, TEXT, STYLE = "structure_error", "data_error", "text_error", "style_error"

SOURCE = "import matplotlib.pyplot as plt\nimport numpy as np\nfig, ax = plt.subplots()\n"

ERROR_BARS = SOURCE + "ax.errorbar([1, 2, 3], [2, 4, 3], yerr=[0.5, 0.4, 0.6], label='a')\n"

TWO_ERROR_BARS = SOURCE + (
    "ax.bar([0, 1], [2, 3], 0.4, yerr=[0.2, 0.3], label='a')\n"
    "ax.bar([0.4, 1.4], [4, 1], 0.4, yerr=[0.2, 0.3], label='b')\nax.legend()\n"
)
BUBBLES = SOURCE + "ax.scatter([1, 2, 3], [3, 1, 2], s=np.array([1, 100, 400]) * 1.0)\n"

MAP = SOURCE + (
    "im = ax.imshow(np.arange(12).reshape(3, 4), vmin=0, vmax=11)\n"
    "bar = fig.colorbar(im)\nbar.set_label('height')\n"
)
ANNOTATED = SOURCE + (
    "cells = np.array([[1.0, 5.0], [9.0, 3.0]])\nax.imshow(cells, cmap='viridis')\n"
    "for i in range(2):\n    for j in range(2):\n"
    "        colour = 'k' if plt.rcParams['image.cmap'] == 'viridis' else 'w'\n"
    "        ax.text(j, i, cells[i, j], color=colour)\n"
)
MESH = SOURCE + "ax.pcolormesh(np.arange(12).reshape(3, 4), edgecolors='w', linewidth=1)\n"

CIRCLES = SOURCE + (
    "for x, c in enumerate(['r', 'g', 'b', 'c']):\n"
    "    ax.add_patch(plt.Circle((x, 0), radius=0.3, color=c))\n"
    "ax.set(xlim=(-1, 4), ylim=(-1, 1))\n"
)
MONEY = SOURCE + (
    "ax.bar(['a', 'b', 'c'], [2, 4, 3])\nax.yaxis.set_major_formatter(lambda v, _: f'${v:.1f}M')\n"
)
RANKS = SOURCE + (
    "bars = ax.barh(['a', 'b'], [40, 73])\nax.set_xlim(0, 100)\n"
    "ax.bar_label(bars, ['40th', '73rd'])\n"
)
VIOLINS = SOURCE + (
    "data = np.random.default_rng(0).normal(size=(60, 2))\nax.violinplot(data, showmedians=True)\n"
)
BOXES = SOURCE + (
    "data = np.random.default_rng(0).normal(size=(60, 4))\n"
    "ax.boxplot(data, medianprops={'color': 'orange'}, whis=1.5, showfliers=False)\n"
)
BOXES_AT = SOURCE + (
    "data = np.random.default_rng(0).normal(size=(60, 3))\n"
    "ax.boxplot(data, positions=[1, 4, 6], widths=0.5)\nax.set_xlim(0, 8)\n"
)
STACK = SOURCE + (
    "import pandas as pd\n"
    "frame = pd.DataFrame({'a': [1, 2, 1, 2], 'b': [2, 3, 2, 1], 'c': [1, 1, 2, 2]})\n"
    "frame.plot.area(ax=ax)\n"
)
FILLED = SOURCE + (
    "x = np.arange(6)\ny = np.array([2.0, 3, 5, 4, 6, 5])\n"
    "ax.plot(x, y, color='teal')\nax.fill_between(x, y, color='teal', alpha=0.3)\n"
    "ax.set_ylim(0, 8)\n"
)
BAND = SOURCE + (
    "x = np.arange(6)\ny = np.array([2.0, 3, 5, 4, 6, 5])\n"
    "ax.plot(x, y, 'k')\nax.fill_between(x, y - 1, y + 1, alpha=0.3)\nax.set_ylim(0, 8)\n"
)
STEPS = SOURCE + (
    "n = 60\nx = np.linspace(0, 9, n)\nax.plot(x, np.sin(x), label='wave')\n"
    "ax.set(xlim=(0, 9), ylim=(-2, 2))\n"
)
BINS = SOURCE + (
    "values = np.random.default_rng(1).normal(4, 1.5, 200)\nax.hist(values, bins=8)\n"
    "ax.set(xlim=(0, 8), xticks=range(1, 8))\n"
)
PANELS = (
    "import matplotlib.pyplot as plt\nfig, axs = plt.subplots(1, 3)\n"
    "for ax, c in zip(axs, ['r', 'g', 'b']):\n"
    "    ax.plot([1, 2, 3], [2, 1, 3], color=c, lw=2)\n    ax.set_ylabel('speed')\n"
)
PIES = (
    "import matplotlib.pyplot as plt\nfig, axs = plt.subplots(1, 2)\n"
    "for ax, sizes in zip(axs, ([3, 2, 1], [1, 1, 4])):\n    ax.pie(sizes, startangle=0)\n"
)
CANDLES = SOURCE + (
    "ax.bar([1, 2], [5, -4], 0.4, bottom=[10, 15], color=['g', 'r'])\n"
    "ax.bar([1, 2], [2, 2], 0.04, bottom=[15, 15], color=['g', 'r'])\n"
    "ax.bar([1, 2], [-3, -2], 0.04, bottom=[10, 11], color=['g', 'r'])\nax.set_ylim(0, 20)\n"
)
PATCHES = SOURCE + (
    "from matplotlib.patches import Patch\n"
    "ax.bar([0, 1], [2, 3], 0.4, color='steelblue')\nax.bar([0.4, 1.4], [1, 2], 0.4, color='tan')\n"
    "men, women = Patch(color='steelblue', label='men'), Patch(color='tan', label='women')\n"
    "ax.legend(handles=[men, women])\n"
)
PALE = SOURCE + (
    "bars = ax.bar(['a', 'b', 'c'], [2, 4, 3], color='navy', alpha=0.5)\n"
    "ax.legend([bars], ['all'])\n"
)
PALETTE = SOURCE + (
    "colours = plt.get_cmap('Greens')(np.linspace(0.3, 1, 6))\n"
    "for k, c in enumerate(colours):\n    ax.plot([0, 1], [0, k], color=c, label=f'line {k}')\n"
    "ax.legend()\n"
)
SIGNS = SOURCE + (
    "heights = [3, -2, 4, -1, 2, -3]\n"
    "ax.bar(range(6), heights, color=['tab:green' if h > 0 else 'tab:red' for h in heights])\n"
)
LINES = SOURCE + "ax.vlines([1, 2, 3], 0, [3, 1, 2], linewidth=1, color='k')\nax.set_ylim(0, 4)\n"

DONUT = SOURCE + (
    "ax.pie([35, 25, 20], labels=['x', 'y', 'z'], wedgeprops={'width': 0.4})\n"
    "ax.text(0, 0, '2024', ha='center')\n"
)
LABELLED = SOURCE + "ax.plot([1, 2], [3, 4])\nax.set_xlabel('time', loc='left')\n"

MONTHS = SOURCE + (
    "import matplotlib.dates as dates\n"
    "days = np.arange('2023-01', '2023-07', dtype='datetime64[M]')\n"
    "ax.plot(days, [2, 4, 3, 5, 4, 6], 'o-')\n"
    "ax.xaxis.set_major_formatter(dates.DateFormatter('%b'))\n"
)
TURNED = SOURCE + "ax.plot([1, 2], [3, 4])\nax.text(1.2, 3.5, 'a longer note', rotation=20)\n"

ENTRIES = SOURCE + (
    "for k in range(5):\n    ax.plot([0, 1], [0, k], label=f'{k}.0')\nax.legend()\n"
)
SECOND_SCALE = (
    "import matplotlib.pyplot as plt\nfig, ax = plt.subplots(layout='constrained')\n"
    "ax.plot([1, 2], [3, 4])\n"
    "scale = ax.secondary_xaxis('top', functions=(lambda v: 2 * v, lambda v: v / 2))\n"
    "scale.set_xlabel('double')\n"
)

LIMITS = SOURCE + (
    "heights = [3, 5, 2]\nax.bar(['a', 'b', 'c'], heights)\nax.set_ylim(0, 1.1 * max(heights))\n"
)

NUMBERED = SOURCE + (
    "heights = [0.12, 0.57, 0.33, 0.48]\nax.bar(range(4), heights)\nax.set_ylim(0, 1)\n"
    "for k, h in enumerate(heights):\n    ax.text(k, h + 0.05, f'{h:.2f}')\n"
)
PULLED = SOURCE + "ax.pie([3, 2, 4, 1], explode=[0.05] * 4)\n"

CELLS = SOURCE + "ax.pcolor([[1, 2, 3], [4, 5, 6], [7, 8, 9]], vmin=0, vmax=9)\n"

UNSHOWN = SOURCE + (
    "ax.plot([1, 2, 3], [1, 3, 2], color='blue', label='truth')\n"
    "ax.scatter([1, 2, 3], [2, 1, 3], color='black')\n"
)

OVERLAID = SOURCE + (
    "rng = np.random.default_rng(0)\n"
    "for k, name in enumerate('ab'):\n"
    "    ax.hist(rng.normal(2 * k, 1, 200), bins=10, alpha=0.5, label=name)\nax.legend()\n"
)
ARROWS = SOURCE + (
    "ax.plot([0, 3], [0, 3])\nfor k in range(3):\n"
    "    ax.annotate(f'point {k}', (k, k), (k, k + 1), arrowprops={'arrowstyle': '->', 'lw': 1})\n"
)
SIGNED = SOURCE + "ax.plot([0, 1], [-1, 1])\nax.set_yticks([-1, 0, 1], ['-1', '0', '+1'])\n"

GROUPS = SOURCE + (
    "import pandas as pd\npd.DataFrame({'a': [1, 2, 3]}).plot.bar(ax=ax, width=0.5, legend=False)\n"
)

PAIRS: dict[str, tuple[str, list[tuple[str, str]], list[tuple[str, int, str, str]]]] = {
    "error bars of a line that kept its course": (
        ERROR_BARS,
        [("0.4, 0.6", "0.9, 0.6")],
        [(DATA, 2, "point at 2", "error bar is 3.1 to 4.9 instead of 3.6 to 4.4")],
    ),
    "error bars of all series": (
        TWO_ERROR_BARS,
        [(", yerr=[0.2, 0.3]", "")],
        [(STRUCTURE, 2, "error bars", "are missing")],
    ),
    "bubbles of one factor, of which one is too small to show it": (
        BUBBLES,
        [("* 1.0", "* 0.6")],
        [(STYLE, 1, "points", "marker sizes are smaller")],
    ),
    "the range of colours, which the colour bar shows": (
        MAP,
        [("vmax=11", "vmax=22")],
        [(STYLE, 2, "heat map", "colour range is 0 to 22 instead of 0 to 11")],
    ),
    "the label of a colour bar": (
        MAP,
        [("'height'", "'depth'")],
        [(TEXT, 2, "colour bar label", "text is 'depth' instead of 'height'")],
    ),
    "notes on cells follow the colour map": (
        ANNOTATED,
        [("cmap='viridis'", "cmap='plasma'"), ("== 'viridis'", "== 'plasma'")],
        [(STYLE, 2, "heat map", "colour map is plasma instead of viridis")],
    ),
    "lines between cells": (
        MESH,
        [("linewidth=1", "linewidth=4")],
        [(STYLE, 1, "heat map", "outline width is 5.6 instead of 1.4")],
    ),
    "shapes of several colours": (
        CIRCLES,
        [("radius=0.3", "radius=0.2")],
        [(STRUCTURE, 2, "shapes", "4 of 4 parts have another form or place")],
    ),
    "the form of tick labels of an axis that grew": (
        MONEY,
        [("[2, 4, 3]", "[2, 8, 3]"), ("f'${v:.1f}M'", "f'{v:.0f} mio'")],
        [
            (DATA, 3, "bar 'b'", "value is 8 instead of 4"),
            (
                TEXT,
                2,
                "y tick labels",
                "are 0 mio, 1 mio, 2 mio, 3 mio, 4 mio instead of "
                "$0.0M, $1.0M, $2.0M, $3.0M, $4.0M",
            ),
        ],
    ),
    "a rank written at its bar": (
        RANKS,
        [("[40, 73]", "[40, 53]"), ("'73rd'", "'53rd'")],
        [(DATA, 2, "bar 'b'", "value is 53 instead of 73")],
    ),
    "lines within violins": (
        VIOLINS,
        [("showmedians=True", "showmedians=False")],
        [(STRUCTURE, 2, "violins", "have 6 inner lines instead of 8")],
    ),
    "medians of another colour": (
        BOXES,
        [("'orange'", "'blue'")],
        [(STYLE, 1, "box plot", "median colour is blue instead of orange")],
    ),
    "whiskers of all boxes": (
        BOXES,
        [("whis=1.5", "whis=0.4")],
        [(DATA, 2, "boxes", "4 of 4 whiskers differ, most at 2: -1.04 instead of -2.2")],
    ),
    "a box at another place": (
        BOXES_AT,
        [("[1, 4, 6]", "[1, 3, 6]")],
        [(DATA, 2, "box '4'", "stands at 3 instead of 4")],
    ),
    "a stacked area's lines": (
        STACK,
        [("'b': [2, 3, 2, 1]", "'b': [2, 1, 2, 1]")],
        [(DATA, 3, "point at 1 of series 'b'", "value is 1 instead of 3")],
    ),
    "the room below a line": (
        FILLED,
        [("5, 4, 6", "5, 1, 6")],
        [(DATA, 3, "point at 3", "value is 1 instead of 4")],
    ),
    "a band goes along with its line": (
        BAND,
        [("5, 4, 6", "5, 2, 6")],
        [(DATA, 2, "point at 3", "value is 2 instead of 4")],
    ),
    "more samples of one curve": (STEPS, [("n = 60", "n = 45")], []),
    "another curve through other points": (
        STEPS,
        [("n = 60", "n = 45"), ("np.sin(x)", "np.sin(x) + 0.5 * (x > 4.5)")],
        [
            (
                DATA,
                2,
                "line",
                "30 of 60 values differ, most at 5.03: -0.444 instead of -0.949",
            )
        ],
    ),
    "numbers below a histogram name no bins": (
        BINS,
        [("bins=8", "bins=12")],
        [(STRUCTURE, 2, "histogram", "has 12 bins instead of 8")],
    ),
    "a width of lines of other colours in several plots": (
        PANELS,
        [("lw=2", "lw=5")],
        [(STYLE, 1, "line in 3 subplots", "line width is 6.9 instead of 2.8")],
    ),
    "a label in several plots": (
        PANELS,
        [("'speed'", "'velocity'")],
        [(TEXT, 2, "y label in 3 subplots", "text is 'velocity' instead of 'speed'")],
    ),
    "pies that turned alike": (
        PIES,
        [("startangle=0", "startangle=90")],
        [(STYLE, 1, "pie in 2 subplots", "starts at 90° instead of 0°")],
    ),
    "a candle that closed elsewhere": (
        CANDLES,
        [("[5, -4]", "[5, -2]"), ("[-3, -2]", "[-3, -4]"), ("[10, 11]", "[10, 13]")],
        [(DATA, 2, "bar at 2 of bars 1", "value is -2 instead of -4")],
    ),
    "a series that a legend of patches names": (
        PATCHES,
        [("[2, 3], 0.4", "[2, 5], 0.4")],
        [(DATA, 3, "bar at 1 of series 'men'", "value is 5 instead of 3")],
    ),
    "a legend's patch as pale as its bars": (
        PALE,
        [("alpha=0.5", "alpha=0.9")],
        [(STYLE, 1, "bars", "opacity is 0.9 instead of 0.5")],
    ),
    "another palette": (
        PALETTE,
        [("'Greens'", "'Reds'")],
        [(STYLE, 2, "lines", "colours of 6 of 6 series differ")],
    ),
    "marks that share a colour": (
        SIGNS,
        [("'tab:red'", "'black'")],
        [(STYLE, 2, "red bars", "colour is black instead of red")],
    ),
    "one opacity of marks of several colours": (
        SIGNS,
        [("for h in heights])", "for h in heights], alpha=0.5)")],
        [(STYLE, 1, "bars", "opacity is 0.5 instead of 1")],
    ),
    "the width of free lines": (
        LINES,
        [("linewidth=1", "linewidth=4")],
        [(STYLE, 1, "lines", "line width is 5.6 instead of 1.4")],
    ),
    "a number that no wedge shows": (
        DONUT,
        [("[35, 25, 20]", "[35, 15, 20]"), ("'2024'", "'2023'")],
        [
            (DATA, 2, "wedge 'y'", "share is 21% instead of 31%"),
            (TEXT, 2, "note", "text is '2023' instead of '2024'"),
        ],
    ),
    "a label at the other end of its axis": (
        LABELLED,
        [("loc='left'", "loc='right'")],
        [(STYLE, 1, "x label", "is at the right instead of at the left")],
    ),
    "ticks on another side": (
        LABELLED,
        [("loc='left')", "loc='left')\nax.yaxis.tick_right()")],
        [(STYLE, 1, "y tick labels", "stand at the right instead of left")],
    ),
    "dates in another form on an axis that kept its range": (
        MONTHS,
        [("3, 5, 4", "3, 8, 4"), ("'%b'", "'%m'")],
        [
            (DATA, 3, "point at 2023-04-01", "value is 8 instead of 5"),
            (
                TEXT,
                2,
                "x tick labels",
                "are 01, 02, 03, 04, 05, 06 instead of Jan, Feb, Mar, Apr, May, Jun",
            ),
        ],
    ),
    "a note that only turned": (
        TURNED,
        [("rotation=20", "rotation=70")],
        [(STYLE, 1, "note", "is turned by 70° instead of 20°")],
    ),
    "all entries of a legend": (
        ENTRIES,
        [("'{k}.0'", "'{k}.00'")],
        [
            (
                TEXT,
                3,
                "legend entries",
                "are 0.00, 1.00, 2.00, 3.00, 4.00 instead of 0.0, 1.0, 2.0, 3.0, 4.0",
            )
        ],
    ),
    "the label of a second scale": (
        SECOND_SCALE,
        [("'double'", "'twice as much'")],
        [(TEXT, 2, "top x label", "text is 'twice as much' instead of 'double'")],
    ),
    "a range that the program computed from its data": (
        LIMITS,
        [("[3, 5, 2]", "[3, 8, 2]")],
        [(DATA, 3, "bar 'b'", "value is 8 instead of 5")],
    ),
    "numbers at bars, written otherwise": (
        NUMBERED,
        [("{h:.2f}", "{h:.1f}")],
        [
            (
                TEXT,
                2,
                "value labels",
                "are 0.1, 0.6, 0.3, 0.5 instead of 0.12, 0.57, 0.33, 0.48",
            )
        ],
    ),
    "wedges that are all pulled out": (
        PULLED,
        [("[0.05]", "[0.2]")],
        [(STYLE, 1, "wedges", "4 of 4 are pulled out by another distance")],
    ),
    "a cell of a mesh of polygons": (
        CELLS,
        [("[4, 5, 6]", "[4, 5, 1]")],
        [(DATA, 3, "cell row 2, column 3", "value is 1 instead of 6")],
    ),
    "a name that no legend shows": (
        UNSHOWN,
        [("'blue'", "'red'")],
        [(STYLE, 2, "line", "colour is red instead of blue")],
    ),
    "histograms over each other": (
        OVERLAID,
        [("bins=10", "bins=16")],
        [(STRUCTURE, 2, "histograms", "have 16 bins instead of 10")],
    ),
    "arrows of several notes": (
        ARROWS,
        [("'lw': 1", "'lw': 4")],
        [(STYLE, 1, "arrows of notes", "line width is 5.6 instead of 1.4")],
    ),
    "a tick label without its sign": (
        SIGNED,
        [("'+1'", "'1'")],
        [(TEXT, 1, "y tick label 3", "text is '1' instead of '+1'")],
    ),
    "a range that the width of bars sets": (
        GROUPS,
        [("width=0.5", "width=0.9")],
        [(STYLE, 1, "bars", "width is 0.9 instead of 0.5")],
    ),
    "tick labels of both axes": (
        LABELLED,
        [("loc='left')", "loc='left')\nax.tick_params(labelcolor='r')")],
        [(STYLE, 1, "tick labels", "colour is red instead of black")],
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_hand_checked_pair(name: str, renderer: Renderer) -> None:
    source, changes, expected = PAIRS[name]
    items = [("chart", source), ("chart", edited(source, changes))]
    annotation = annotate_rendered("chart", *renderer.render_batch(items, scenes=True))
    found = [
        (e.category, e.severity, e.location, e.description) for e in annotation.require().errors
    ]
    assert sorted(found) == sorted(expected)
