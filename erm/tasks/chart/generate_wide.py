"""Procedural matplotlib programs of wide variety.

Covers 16 kinds of plots, one to four of them in a figure, with fonts, palettes, sizes, layouts,
scales, legends, notes and long or non-Latin text; written in pyplot or in object style.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

PALETTES = (
    ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b"),
    ("#264653", "#2a9d8f", "#e9c46a", "#f4a261", "#e76f51", "#8ab17d"),
    ("#003f5c", "#58508d", "#bc5090", "#ff6361", "#ffa600", "#488f31"),
    ("steelblue", "darkorange", "seagreen", "crimson", "mediumpurple", "sienna"),
    ("black", "dimgray", "darkgray", "silver", "gray", "lightgray"),
    ("#e41a1c", "#377eb8", "#4daf4a", "#984ea3", "#ff7f00", "#a65628"),
)
MAPS = ("viridis", "plasma", "coolwarm", "Blues", "YlOrRd", "Greys")
FONTS = ("DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono", "STIXGeneral")
SUBJECTS = (
    "Revenue",
    "Average temperature",
    "Number of visitors",
    "Electricity demand",
    "Response time",
    "Unemployment rate",
    "Crop yield",
    "CO2 emissions",
    "Exam scores",
    "Märkte und Preise",
    "Température moyenne",
    "Население",
    "Έσοδα",
    "Share of renewable energy in gross final consumption",
    "Accuracy on the held-out set after each epoch of training",
)
QUALIFIERS = (
    "",
    " by region",
    " per quarter",
    ", 2015-2024",
    " in Europe",
    " (n = 240)",
    "\nall groups",
)
UNITS = (
    "%",
    "kWh",
    "EUR m",
    "mm",
    "°C",
    "seconds",
    "thousands",
    "$x^2$",
    "µg/m³",
    "people per km²",
)
AXES = ("Year", "Region", "Month", "Epoch", "Group", "Distance [km]", "Время", "Age of respondents")
CATEGORIES = (
    ("North", "South", "East", "West", "Centre"),
    ("January", "February", "March", "April", "May", "June", "July", "August"),
    ("2018", "2019", "2020", "2021", "2022", "2023"),
    ("Wheat", "Maize", "Rice", "Barley", "Oats", "Rye", "Millet"),
    ("München", "Zürich", "København", "Łódź", "São Paulo", "Αθήνα"),
    ("under 18", "18-29", "30-44", "45-64", "65 and over"),
    ("ResNet", "ViT", "CLIP", "Swin", "ConvNeXt"),
    ("Very satisfied", "Satisfied", "Neutral", "Dissatisfied"),
)
SERIES = (
    ("Observed", "Model", "Target"),
    ("Men", "Women", "Total"),
    ("EU-27", "United States", "China"),
    ("baseline", "ours", "ours + pretraining"),
    ("Плановый", "Реальный", "Итого"),
    ("2022", "2023", "2024"),
)


@dataclass
class _Plot:
    """One plot under way: what is drawn on, its palette, and whether it may carry a legend."""

    ax: str
    rng: random.Random
    palette: tuple[str, ...]
    lines: list[str] = field(default_factory=list)
    legend: bool = False

    def add(self, line: str) -> None:
        self.lines.append(line)


def generate_wide(rng: random.Random) -> str:
    """A program that draws one to four plots."""
    rows, columns = rng.choices(((1, 1), (1, 2), (2, 1), (2, 2)), (0.66, 0.16, 0.1, 0.08))[0]
    width = round(rng.uniform(3.6, 7) * (1 + 0.5 * (columns - 1)), 1)
    height = round(rng.uniform(2.8, 4.6) * (1 + 0.4 * (rows - 1)), 1)
    dpi = rng.choice((72, 80, 90, 100))
    lines = ["import matplotlib.pyplot as plt"]
    settings: dict[str, object] = {}
    if rng.random() < 0.35:
        settings["font.family"] = rng.choice(FONTS)
    if rng.random() < 0.3:
        settings["font.size"] = rng.choice((8, 9, 11, 12))
    if rng.random() < 0.12:
        lines.append(f"plt.style.use({rng.choice(('ggplot', 'bmh', 'fast', 'classic'))!r})")
    if settings:
        lines.append(f"plt.rcParams.update({settings!r})")
    palette = rng.choice(PALETTES)
    layout = rng.choice(("constrained", "tight", None))
    extra = f", layout={layout!r}" if layout else ""
    if rows * columns == 1:
        lines.append(f"fig, ax = plt.subplots(figsize=({width}, {height}), dpi={dpi}{extra})")
        names = ["ax"]
    else:
        size = f"figsize=({width}, {height}), dpi={dpi}{extra}"
        lines.append(f"fig, axes = plt.subplots({rows}, {columns}, {size})")
        names = [
            f"axes[{i}]" if min(rows, columns) == 1 else f"axes[{i // columns}, {i % columns}]"
            for i in range(rows * columns)
        ]
    for name in names:
        lines += _plot(rng, name, palette)
    if len(names) > 1 and rng.random() < 0.5:
        lines.append(f"fig.suptitle({_subject(rng)!r})")
    if rng.random() < 0.1:
        lines.append(f"fig.set_facecolor({rng.choice(('whitesmoke', 'ivory', 'lavender'))!r})")
    return "\n".join(lines) + "\n"


def _plot(rng: random.Random, name: str, palette: tuple[str, ...]) -> list[str]:
    shuffled = list(palette)
    rng.shuffle(shuffled)
    plot = _Plot(name, rng, tuple(shuffled))
    kind = rng.choice(_KINDS)
    kind(plot)
    round_ = kind in (_pie, _donut)
    if rng.random() < 0.85:
        size = rng.choice(("", "", ", fontsize=14", ", fontweight='bold'", ", loc='left'"))
        plot.add(f"{name}.set_title({_subject(rng)!r}{size})")
    if not round_:
        if rng.random() < 0.75:
            plot.add(f"{name}.set_xlabel({rng.choice(AXES)!r})")
        if rng.random() < 0.75:
            plot.add(f"{name}.set_ylabel({rng.choice(UNITS)!r})")
        if kind is not _heat_map:
            _decorate(plot)
    if plot.legend:
        place = rng.choice(("best", "upper left", "upper right", "lower right", "center left"))
        extra = rng.choice(("", "", ", frameon=False", ", fontsize=8", ", title='Group'"))
        plot.add(f"{name}.legend(loc={place!r}{extra})")
    return plot.lines


def _subject(rng: random.Random) -> str:
    return rng.choice(SUBJECTS) + rng.choice(QUALIFIERS)


def _decorate(plot: _Plot) -> None:
    rng, name = plot.rng, plot.ax
    if rng.random() < 0.4:
        style = rng.choice(
            ("", "linestyle='--'", "alpha=0.4", "axis='y', color='lightgray'", "ls=':'")
        )
        plot.add(f"{name}.grid(True{', ' + style if style else ''})")
    if rng.random() < 0.25:
        plot.add(f"{name}.spines[['top', 'right']].set_visible(False)")
    if rng.random() < 0.12:
        plot.add(f"{name}.set_facecolor({rng.choice(('whitesmoke', 'aliceblue', 'beige'))!r})")
    if rng.random() < 0.15:
        plot.add(f"{name}.tick_params(axis='x', rotation={rng.choice((30, 45, 90))})")


def _numbers(rng: random.Random, count: int) -> list[float]:
    scale = rng.choice((1.0, 10.0, 100.0, 2500.0, 40000.0))
    digits = 2 if scale < 10 else 1 if scale < 1000 else 0
    values = [round(scale * rng.uniform(0.15, 1), digits) for _ in range(count)]
    return [int(value) if digits == 0 else value for value in values]


def _walk(rng: random.Random, count: int) -> list[float]:
    value, values = rng.uniform(20, 60), []
    for _ in range(count):
        value += rng.gauss(0.3, 4)
        values.append(round(value, 1))
    return values


def _names(rng: random.Random) -> list[str]:
    names = list(rng.choice(CATEGORIES))
    return names[: rng.randint(3, len(names))]


def _labels(plot: _Plot, count: int) -> list[str]:
    labels = list(plot.rng.choice(SERIES))[:count]
    plot.legend = plot.rng.random() < 0.9
    return labels


def _bar(plot: _Plot) -> None:
    rng, names = plot.rng, _names(plot.rng)
    values = _numbers(rng, len(names))
    style = f"color={plot.palette[0]!r}"
    if rng.random() < 0.15:
        style = f"color={[plot.palette[i % 6] for i in range(len(names))]!r}"
    if rng.random() < 0.25:
        style += f", edgecolor={rng.choice(('black', 'white', 'navy'))!r}"
    if rng.random() < 0.15:
        style += f", hatch={rng.choice(('/', 'x', '.', '//'))!r}"
    if rng.random() < 0.2:
        errors = [round(value * rng.uniform(0.05, 0.15), 2) for value in values]
        style += f", yerr={errors!r}, capsize=3"
    if rng.random() < 0.3:
        style += f", width={rng.choice((0.5, 0.6, 0.9))}"
    plot.add(f"bars = {plot.ax}.bar({names!r}, {values!r}, {style})")
    if rng.random() < 0.25:
        plot.add(f"{plot.ax}.bar_label(bars)")


def _horizontal_bar(plot: _Plot) -> None:
    names = _names(plot.rng)
    values = _numbers(plot.rng, len(names))
    plot.add(f"{plot.ax}.barh({names!r}, {values!r}, color={plot.palette[0]!r})")
    if plot.rng.random() < 0.3:
        plot.add(f"{plot.ax}.invert_yaxis()")


def _grouped_bar(plot: _Plot) -> None:
    rng, names = plot.rng, _names(plot.rng)
    count = rng.choice((2, 2, 3))
    width = round(0.8 / count, 3)
    for index, label in enumerate(_labels(plot, count)):
        places = [round(i + index * width, 3) for i in range(len(names))]
        values = [round(rng.uniform(5, 80), 1) for _ in names]
        style = f"{width}, label={label!r}, color={plot.palette[index]!r}"
        plot.add(f"{plot.ax}.bar({places!r}, {values!r}, {style})")
    middles = [round(i + (count - 1) * width / 2, 3) for i in range(len(names))]
    plot.add(f"{plot.ax}.set_xticks({middles!r}, {names!r})")


def _stacked_bar(plot: _Plot) -> None:
    rng, names = plot.rng, _names(plot.rng)
    base = [0] * len(names)
    for index, label in enumerate(_labels(plot, rng.choice((2, 3)))):
        values = [rng.randint(3, 40) for _ in names]
        bottom = f", bottom={base!r}" if index else ""
        style = f"label={label!r}, color={plot.palette[index]!r}"
        plot.add(f"{plot.ax}.bar({names!r}, {values!r}{bottom}, {style})")
        base = [a + b for a, b in zip(base, values, strict=True)]


def _line(plot: _Plot) -> None:
    rng = plot.rng
    count, series = rng.randint(5, 24), rng.choice((1, 1, 2, 3))
    start = rng.choice((0, 1, 2000))
    places = list(range(start, start + count))
    labels = _labels(plot, series)
    for index, label in enumerate(labels):
        style = f"color={plot.palette[index]!r}, label={label!r}"
        if rng.random() < 0.4:
            style += f", marker={rng.choice('os^Dvx')!r}"
        if rng.random() < 0.4:
            style += f", linestyle={rng.choice(('--', ':', '-.'))!r}"
        if rng.random() < 0.3:
            style += f", linewidth={rng.choice((1, 2.5, 3))}"
        plot.add(f"{plot.ax}.plot({places!r}, {_walk(rng, count)!r}, {style})")
    if rng.random() < 0.15:
        at = rng.choice(places[1:-1])
        plot.add(
            f"{plot.ax}.annotate('peak', xy=({at}, 40), xytext=({at}, 70), "
            "arrowprops=dict(arrowstyle='->'))"
        )
    if rng.random() < 0.15:
        plot.add(f"{plot.ax}.axhline({rng.randint(25, 60)}, color='gray', linestyle='--')")


def _log_line(plot: _Plot) -> None:
    rng, count = plot.rng, plot.rng.randint(5, 10)
    growth = rng.uniform(0.3, 0.8)
    values = [round(math.exp(growth * i + rng.uniform(-0.2, 0.2)), 2) for i in range(count)]
    style = f"marker='o', color={plot.palette[0]!r}"
    plot.add(f"{plot.ax}.plot({list(range(1, count + 1))!r}, {values!r}, {style})")
    plot.add(f"{plot.ax}.set_yscale('log')")


def _scatter(plot: _Plot) -> None:
    rng = plot.rng
    series = rng.choice((1, 1, 2, 3))
    for index, label in enumerate(_labels(plot, series)):
        count = rng.randint(6, 30)
        slope, lift = rng.uniform(-2, 2), rng.uniform(-10, 10)
        places = [round(rng.uniform(0, 20), 1) for _ in range(count)]
        values = [round(lift + slope * x + rng.gauss(0, 4), 1) for x in places]
        style = f"color={plot.palette[index]!r}, label={label!r}"
        if rng.random() < 0.4:
            style += f", marker={rng.choice('s^Dvx+')!r}"
        if rng.random() < 0.3:
            style += f", s={rng.choice((12, 60, 90))}"
        if rng.random() < 0.3:
            style += ", alpha=0.6"
        plot.add(f"{plot.ax}.scatter({places!r}, {values!r}, {style})")


def _coloured_scatter(plot: _Plot) -> None:
    rng, count = plot.rng, plot.rng.randint(8, 24)
    places, values, sizes = (
        [round(rng.uniform(0, top), 1) for _ in range(count)] for top in (20, 50, 10)
    )
    style = f"c={sizes!r}, cmap={rng.choice(MAPS)!r}"
    plot.add(f"points = {plot.ax}.scatter({places!r}, {values!r}, {style})")
    if rng.random() < 0.6:
        plot.add(f"fig.colorbar(points, ax={plot.ax})")


def _pie(plot: _Plot, extra: str = "") -> None:
    rng, names = plot.rng, _names(plot.rng)[:6]
    values = [rng.randint(4, 50) for _ in names]
    style = f"labels={names!r}, colors={list(plot.palette[: len(names)])!r}"
    if rng.random() < 0.5:
        style += ", autopct='%.0f%%'"
    if rng.random() < 0.4:
        style += f", startangle={rng.choice((30, 90, 140))}"
    if rng.random() < 0.2 and not extra:
        style += f", explode={[0.1] + [0] * (len(names) - 1)!r}"
    plot.add(f"{plot.ax}.pie({values!r}, {style}{extra})")


def _donut(plot: _Plot) -> None:
    width = plot.rng.choice((0.3, 0.4, 0.5))
    _pie(plot, f", wedgeprops=dict(width={width}, edgecolor='white')")


def _histogram(plot: _Plot) -> None:
    rng = plot.rng
    middle, spread = rng.uniform(20, 80), rng.uniform(4, 15)
    values = [round(rng.gauss(middle, spread), 1) for _ in range(rng.randint(30, 80))]
    style = f"bins={rng.choice((6, 8, 10, 12))}, color={plot.palette[0]!r}"
    if rng.random() < 0.6:
        style += ", edgecolor='white'"
    plot.add(f"{plot.ax}.hist({values!r}, {style})")


def _area(plot: _Plot) -> None:
    rng, count = plot.rng, plot.rng.randint(5, 10)
    places = list(range(count))
    if rng.random() < 0.5:
        values = [round(abs(value), 1) for value in _walk(rng, count)]
        style = f"color={plot.palette[0]!r}, alpha={rng.choice((0.3, 0.5, 1))}"
        plot.add(f"{plot.ax}.fill_between({places!r}, {values!r}, {style})")
        return
    labels = _labels(plot, 3)
    stacks = [[rng.randint(2, 15) for _ in places] for _ in labels]
    style = f"labels={labels!r}, colors={list(plot.palette[: len(labels)])!r}"
    plot.add(f"{plot.ax}.stackplot({places!r}, {stacks!r}, {style})")


def _box(plot: _Plot) -> None:
    rng, names = plot.rng, _names(plot.rng)[:5]
    groups = [
        sorted(round(rng.gauss(40 + 5 * i, 8), 1) for _ in range(rng.randint(9, 15)))
        for i in range(len(names))
    ]
    plot.add(f"{plot.ax}.boxplot({groups!r}, tick_labels={names!r})")


def _heat_map(plot: _Plot) -> None:
    rng = plot.rng
    rows, columns = rng.randint(2, 5), rng.randint(2, 6)
    values = [[rng.randint(0, 99) for _ in range(columns)] for _ in range(rows)]
    plot.add(f"image = {plot.ax}.imshow({values!r}, cmap={rng.choice(MAPS)!r}, aspect='auto')")
    if rng.random() < 0.6:
        plot.add(f"fig.colorbar(image, ax={plot.ax})")
    if rng.random() < 0.4:
        for row in range(rows):
            for column in range(columns):
                text = f"{column}, {row}, {str(values[row][column])!r}"
                plot.add(f"{plot.ax}.text({text}, ha='center', va='center', color='white')")


def _contours(plot: _Plot) -> None:
    """Heights of two hills, as lines, with or without their values, or filled."""
    rng, places = plot.rng, list(range(8))
    hills = [(rng.uniform(0, 7), rng.uniform(0, 7), rng.uniform(3, 9)) for _ in range(2)]
    heights = [
        [
            round(sum(h * math.exp(-((x - a) ** 2 + (y - b) ** 2) / 8) for a, b, h in hills), 2)
            for x in places
        ]
        for y in places
    ]
    filled = rng.random() < 0.4
    grid = f"{places!r}, {places!r}, {heights!r}"
    style = f"levels={rng.choice((4, 6, 8))}, cmap={rng.choice(MAPS)!r}"
    plot.add(f"levels = {plot.ax}.contour{'f' if filled else ''}({grid}, {style})")
    if filled:
        plot.add(f"fig.colorbar(levels, ax={plot.ax})")
    elif rng.random() < 0.5:
        plot.add(f"{plot.ax}.clabel(levels)")


def _error_bars(plot: _Plot) -> None:
    rng, count = plot.rng, plot.rng.randint(4, 9)
    values = _walk(rng, count)
    errors = [round(rng.uniform(1, 6), 1) for _ in values]
    style = f"fmt={rng.choice(('o', 's-', '^--'))!r}, color={plot.palette[0]!r}, capsize=3"
    places = list(range(1, count + 1))
    plot.add(f"{plot.ax}.errorbar({places!r}, {values!r}, yerr={errors!r}, {style})")


def _steps(plot: _Plot) -> None:
    count = plot.rng.randint(5, 12)
    style = f"where={plot.rng.choice(('pre', 'mid', 'post'))!r}, color={plot.palette[0]!r}"
    plot.add(f"{plot.ax}.step({list(range(count))!r}, {_walk(plot.rng, count)!r}, {style})")


_KINDS: tuple[Callable[[_Plot], None], ...] = (
    _bar,
    _bar,
    _horizontal_bar,
    _grouped_bar,
    _grouped_bar,
    _stacked_bar,
    _line,
    _line,
    _line,
    _log_line,
    _scatter,
    _scatter,
    _coloured_scatter,
    _pie,
    _donut,
    _histogram,
    _area,
    _box,
    _heat_map,
    _contours,
    _error_bars,
    _steps,
)
