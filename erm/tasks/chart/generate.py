"""Procedural matplotlib programs.

Covers the compact world, in which a small model learns: pictures of 168 by 128 pixels, 3 to 5
marks a series, one or two series, round values, a small vocabulary, six named colours, and short
programs without boilerplate. The wide world is in `erm.tasks.chart.generate_wide`.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from erm.tasks import Variety
from erm.tasks.chart.edit_style import COLOURS
from erm.tasks.chart.edit_text import WORDS
from erm.tasks.chart.generate_wide import generate_wide

UNITS = ("kg", "cm", "days", "EUR")
X_LABELS = ("week", "city", "team", "year")
CATEGORIES = (
    ("A", "B", "C", "D", "E"),
    ("Mon", "Tue", "Wed", "Thu", "Fri"),
    ("cat", "dog", "cow", "pig", "hen"),
)
NAMES = ("old", "new")
MARKERS = ("o", "s", "^", "D", "x")
LINES = ("-", "--", ":")
HATCHES = ("//", "xx", "..")
_BELOW_LEGEND = 6
"""Tenths of the value axis that are below a legend at its top."""


def generate_program(rng: random.Random, variety: Variety) -> str:
    """A program of the given variety; the same state of ``rng`` gives the same text."""
    return generate_wide(rng) if variety == "wide" else generate_compact(rng)


def generate_compact(rng: random.Random) -> str:
    """A short program that draws one plot."""
    kind = rng.choice(_KINDS)
    return "\n".join(kind(rng)) + "\n"


def _opening(margins: str = "0.28, 0.3, 0.94, 0.84") -> list[str]:
    """Room for a title, both labels and the last tick label, also where there are none."""
    return [
        "import matplotlib.pyplot as plt",
        "fig, ax = plt.subplots(figsize=(2.1, 1.6), dpi=80)",
        f"fig.subplots_adjust({margins})",
    ]


def _numbers(rng: random.Random, count: int, top: int, tenths: int = 7) -> list[int]:
    """Multiples of a tenth of an axis up to `top`, so that values can be read off, and most edited
    ones too: they have room to grow."""
    return [top // 10 * rng.randint(1, tenths) for _ in range(count)]


def _top(rng: random.Random) -> int:
    return rng.choice((10, 100))


def _texts(rng: random.Random, x_label: bool = True, y_label: bool = True) -> list[str]:
    lines = []
    if rng.random() < 0.85:
        lines.append(f"ax.set_title({rng.choice(WORDS)!r})")
    if x_label and rng.random() < 0.7:
        lines.append(f"ax.set_xlabel({rng.choice(X_LABELS)!r})")
    if y_label and rng.random() < 0.4:
        lines.append(f"ax.set_ylabel({rng.choice(UNITS)!r})")
    return lines


def _extras(rng: random.Random, axis: str, top: int) -> list[str]:
    lines = [f"ax.set_{axis}lim(0, {top})"]
    if rng.random() < 0.35:
        lines.append(rng.choice(("ax.grid()", f"ax.grid(axis={axis!r})")))
    return lines


def _names_side_by_side(rng: random.Random) -> list[str]:
    """3 to 5 categories; as few as stand below an axis without touching."""
    names = rng.choice(CATEGORIES)
    longest = max(map(len, names))
    return list(names[: rng.randint(3, {1: 5, 2: 4}.get(longest, 4 if longest == 3 else 3))])


def _bars(rng: random.Random) -> list[str]:
    names, top = _names_side_by_side(rng), _top(rng)
    style = [f"color={rng.choice(COLOURS)!r}"]
    if rng.random() < 0.2:
        style.append(f"hatch={rng.choice(HATCHES)!r}")
    if rng.random() < 0.2:
        style.append(f"width={rng.choice((0.4, 0.5, 0.6))}")
    lines = _opening()
    values = _numbers(rng, len(names), top)
    lines.append(f"ax.bar({names!r}, {values!r}, {', '.join(style)})")
    return lines + _texts(rng) + _extras(rng, "y", top)


def _horizontal_bars(rng: random.Random) -> list[str]:
    names = list(rng.choice(CATEGORIES))
    count, top = rng.randint(3, min(5, len(names))), _top(rng)
    lines = _opening()
    values = _numbers(rng, count, top)
    lines.append(f"ax.barh({names[:count]!r}, {values!r}, color={rng.choice(COLOURS)!r})")
    return lines + _texts(rng, y_label=False) + _extras(rng, "x", top)


def _grouped_bars(rng: random.Random) -> list[str]:
    names, top = _names_side_by_side(rng)[:4], _top(rng)
    colours = rng.sample(COLOURS, 2)
    places = list(range(len(names)))
    lines = _opening()
    for shift, colour, label in zip((0, 0.4), colours, NAMES, strict=True):
        at = [place + shift for place in places] if shift else places
        values = _numbers(rng, len(names), top, _BELOW_LEGEND)
        lines.append(f"ax.bar({at!r}, {values!r}, 0.4, color={colour!r}, label={label!r})")
    middles = [place + 0.2 for place in places]
    lines.append(f"ax.set_xticks({middles!r}, {names!r})")
    lines += _texts(rng) + _extras(rng, "y", top)
    return [*lines, _legend(rng)]


def _legend(rng: random.Random) -> str:
    place = rng.choice(("upper left", "upper right", "upper center"))
    return f"ax.legend(fontsize=8, ncol=2, loc={place!r})"


def _lines(rng: random.Random) -> list[str]:
    count, top = rng.randint(4, 6), _top(rng)
    two = rng.random() < 0.45
    colours = rng.sample(COLOURS, 2)
    markers, styles = rng.sample(MARKERS, 2), rng.sample(LINES, 2)
    marked = rng.random() < 0.6
    start = rng.choice((0, 1))
    places = list(range(start, start + count))
    lines = _opening()
    for index in range(1 + two):
        values = _numbers(rng, count, top, _BELOW_LEGEND if two else 7)
        style = [f"color={colours[index]!r}"]
        if marked:
            style.append(f"marker={markers[index]!r}")
        if styles[index] != "-":
            style.append(f"ls={styles[index]!r}")
        if two:
            style.append(f"label={NAMES[index]!r}")
        lines.append(f"ax.plot({places!r}, {values!r}, {', '.join(style)})")
    lines += _texts(rng) + _extras(rng, "y", top)
    if two:
        lines.append(_legend(rng))
    return lines


def _scatter(rng: random.Random) -> list[str]:
    top = _top(rng)
    two = rng.random() < 0.3
    colours = rng.sample(COLOURS, 2)
    markers = rng.sample(MARKERS, 2)
    lines = _opening()
    for index in range(1 + two):
        count = rng.randint(3, 5)
        places = sorted(rng.sample(range(2, 20, 2), count))
        values = _numbers(rng, count, top, _BELOW_LEGEND if two else 7)
        style = [f"color={colours[index]!r}", f"marker={markers[index]!r}"]
        if two:
            style.append(f"label={NAMES[index]!r}")
        lines.append(f"ax.scatter({places!r}, {values!r}, {', '.join(style)})")
    lines += _texts(rng) + _extras(rng, "y", top)
    lines.append("ax.set_xlim(0, 20)")
    if two:
        lines.append(_legend(rng))
    return lines


def _pie(rng: random.Random) -> list[str]:
    names = list(rng.choice(CATEGORIES))
    count = rng.randint(3, 4)
    values = [rng.randint(1, 4) * 5 for _ in range(count)]
    colours = rng.sample(COLOURS, count)
    style = [f"labels={names[:count]!r}", f"colors={colours!r}"]
    if rng.random() < 0.25:
        style.append(f"startangle={rng.choice((45, 90, 180))}")
    lines = _opening("0.1, 0.02, 0.9, 0.84")
    lines.append(f"ax.pie({values!r}, {', '.join(style)})")
    return lines + _texts(rng, x_label=False, y_label=False)


def _histogram(rng: random.Random) -> list[str]:
    step, bins = rng.choice((5, 10)), rng.randint(3, 5)
    edges = [step * index for index in range(bins + 1)]
    values = sorted(rng.randint(0, edges[-1] - 1) for _ in range(rng.randint(8, 12)))
    style = [f"color={rng.choice(COLOURS)!r}"]
    if rng.random() < 0.7:
        style.append("edgecolor='white'")
    lines = _opening()
    lines.append(f"ax.hist({values!r}, bins={edges!r}, {', '.join(style)})")
    return lines + _texts(rng) + _extras(rng, "y", rng.choice((6, 8)))


_KINDS: tuple[Callable[[random.Random], list[str]], ...] = (
    _bars,
    _horizontal_bars,
    _grouped_bars,
    _lines,
    _scatter,
    _pie,
    _histogram,
)
