"""Coarse copies of the references: their colours at few places, as cells, markers or scans.

Each copy has the reference's ink where the reference has it, and none of its text, marks or cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

CHART_CELLS = """\

              8999 8  99999
              7777877877777
     88888888888888888888888888888889
   898       9777777                8
   9 8       8bbbbbb                8
     8       8bbbbbb                8
     8       8bbbbbb                8
   9 8       8bbbbbb                8
   898       8bbbbbb        7bbbbb5 8
     8       8bbbbbb        7bbbbb4 8
     8       8bbbbbb        7bbbbb4 8
     8       8bbbbbb        7bbbbb4 8
 8979875555588bbbbbb        7bbbbb4 8
 79  84bbbbb78bbbbbb        7bbbbb4 8
 89  84bbbbb78bbbbbb        7bbbbb4 8
 89  84bbbbb78bbbbbb        7bbbbb4 8
   8984bbbbb78bbbbbb 999999 7bbbbb4 8
   8 84bbbbb78bbbbbb bbbbbb87bbbbb4 8
     84bbbbb78bbbbbb bbbbbb87bbbbb4 8
     84bbbbb78bbbbbb bbbbbb87bbbbb4 8
   9 84bbbbb78bbbbbb bbbbbb87bbbbb4 8
   8984bbbbb78bbbbbb bbbbbb87bbbbb4 8
     84bbbbb78bbbbbb bbbbbb87bbbbb4 8
     84bbbbb78bbbbbb bbbbbb87bbbbb4 8
     84bbbbb78bbbbbb bbbbbb87bbbbb4 8
   7985bbbbb77bbbbb383bbbbb77bbbbb589
   9     99     99      99     99
       87779   7779   8767    677
                    9
""".splitlines()
"""40 × 30 means of the chart's pixels: a digit is a tenth of white, ``b`` its blue."""

ICON_CELLS = """\


  bbbbb   rrr
  bbbbb  rrrrr
  bbbbb  rrrrr
  bbbbb  rrrrr
  bbbbb   rrr



     g    oooo
    ggg   oooo
   ggggg  oooo
   ggggg  oooo


""".splitlines()
"""16 × 16 colours of the icon, by their first letters."""

TABLE_CELLS = """\


  888888888888788888888887888888888888
  8           8          8           8
  8  976588   8 85667566 8  7657575  8
  8  664464   8 75446545 8  56454849 8
  8   78877   8 88988889 8  88897979 8
  8           8          8           8
  788888888888788888888887888888888887
  8  9        8   9      8    9      8
  8 776777    8 8787     8  685      8
  8 7765658   8 8658     8  6869     8
  8           8          8           8
  899999999999799999999997999999999998
  899999999999799999999997999999999998
  8 98        8 888      8  897      8
  8 75776666  8 967      8  9659     8
  8 78677766  8 8768     8  6769     8
  8           8          8           8
  788888888888788888888887888888888887
  8           8          8           8
  8 87        8 87       8  79       8
  8 7565667   8  7       8  66       8
  8 8788888   8 9        8  88       8
  8           8          8           8
  888888888888788888888887888888888888


""".splitlines()
"""40 × 28 means of the table's pixels."""

_COLOURS = {"b": "#1f77b4", "r": "#d62728", "g": "#2ca02c", "o": "#ff7f0e"}
_WIDTH, _HEIGHT = 40, 30
_PAGE = (
    "import matplotlib.pyplot as plt\nimport numpy as np\n"
    "fig = plt.figure(figsize=(4, 3))\nax = fig.add_axes((0, 0, 1, 1))\nax.axis('off')\n"
    "ax.set_xlim(0, 40)\nax.set_ylim(0, 30)\n"
)


class _Cell(NamedTuple):
    """Column and row from the top left, and ``#rrggbb``."""

    x: int
    y: int
    colour: str


def _inked(rows: list[str]) -> Iterator[_Cell]:
    for y, row in enumerate(rows):
        for x, sign in enumerate(row):
            if sign != " ":
                level = f"{int(sign) * 255 // 9:02x}" if sign.isdigit() else ""
                yield _Cell(x, y, _COLOURS.get(sign, f"#{3 * level}"))


def _greys() -> list[list[int]]:
    """(30, 40) levels of 0 to 9 of the chart, its blue as 4."""
    return [
        [{" ": 9, "b": 4}.get(sign) or int(sign) for sign in row.ljust(_WIDTH)]
        for row in CHART_CELLS
    ]


def _places() -> str:
    """x, y up and colour of the chart's inked cells, as a literal."""
    return repr([(x + 0.5, _HEIGHT - y - 0.5, colour) for x, y, colour in _inked(CHART_CELLS)])


def _runs() -> str:
    """Start, end and y up of the chart's inked stretches, as a literal."""
    runs = []
    for y, row in enumerate(CHART_CELLS):
        inked = [x for x, sign in enumerate(row) if sign != " "]
        starts = [x for x in inked if x - 1 not in inked]
        ends = [x + 1 for x in inked if x + 1 not in inked]
        runs += [(start, end, _HEIGHT - y - 1) for start, end in zip(starts, ends, strict=True)]
    return repr(runs)


CHART_COPIES: dict[str, Callable[[], str]] = {
    "a coarse copy as an image": lambda: (
        f"{_PAGE}ax.imshow({_greys()!r}, cmap='gray', aspect='auto', extent=(0, 40, 0, 30))"
    ),
    "a coarse copy as a mesh": lambda: f"{_PAGE}ax.pcolormesh({_greys()[::-1]!r}, cmap='gray')",
    "a coarse copy as contours": lambda: (
        f"{_PAGE}ax.contourf({_greys()[::-1]!r}, levels=8, cmap='gray')"
    ),
    "a coarse copy as markers": lambda: (
        f"{_PAGE}x, y, c = zip(*{_places()})\nax.scatter(x, y, c=c, s=52, marker='s', lw=0)"
    ),
    "a coarse copy as bars": lambda: (
        f"{_PAGE}x, y, c = zip(*{_places()})\nax.bar(x, 1, 1, np.array(y) - 0.5, color=c)"
    ),
    "a coarse copy as rectangles": lambda: (
        f"{_PAGE}for x, y, c in {_places()}:\n"
        "    ax.add_patch(plt.Rectangle((x - 0.5, y - 0.5), 1, 1, color=c, lw=0))"
    ),
    "a coarse copy as letters": lambda: (
        f"{_PAGE}for x, y, c in {_places()}: ax.text(x, y, '#', color=c, size=6)"
    ),
    "a coarse copy as filled scans": lambda: (
        f"{_PAGE}for a, b, y in {_runs()}: ax.fill_between([a, b], y, y + 1, color='tab:blue')"
    ),
    "a coarse copy as lines": lambda: (
        f"{_PAGE}a, b, y = zip(*{_runs()})\nax.hlines(np.array(y) + 0.5, a, b, lw=5)"
    ),
}
"""Program by name."""

ICON_COPIES: dict[str, Callable[[], str]] = {
    "a coarse copy as squares": lambda: "".join(
        f'<rect x="{4 * x}" y="{4 * y}" width="4" height="4" fill="{colour}"/>'
        for x, y, colour in _inked(ICON_CELLS)
    ),
    "a coarse copy as dots": lambda: "".join(
        f'<circle cx="{4 * x + 2}" cy="{4 * y + 2}" r="1.8" fill="{colour}"/>'
        for x, y, colour in _inked(ICON_CELLS)
    ),
}
"""Shapes by name."""


def _table(cell: Callable[[str], str]) -> str:
    colours = {(x, y): colour for x, y, colour in _inked(TABLE_CELLS)}
    return "".join(
        "<tr>" + "".join(cell(colours.get((x, y), "#fff")) for x in range(_WIDTH)) + "</tr>"
        for y in range(len(TABLE_CELLS))
    )


_CLOSE = "<style>table { border-collapse: collapse } td { padding: 0; border: 0 }</style>"
TABLE_COPIES: dict[str, Callable[[], str]] = {
    "a coarse copy as cells": lambda: (
        _CLOSE + _table(lambda c: f"<td style='background: {c}; width: 5.2px; height: 5.1px'></td>")
    ),
    "a coarse copy as blocks": lambda: (
        _CLOSE
        + "<style>td { font-size: 6px; line-height: 5px }</style>"
        + _table(lambda c: f"<td style='color: {c}'>&#9608;</td>")
    ),
}
"""Rows by name."""
