"""Locations: how a person names a series, a bar, a wedge or a point of a chart."""

from __future__ import annotations

from erm.tasks.chart.elements import Axes, Point, Series
from erm.tasks.chart.wording import colour_name, over, quote, short

_NOUNS = {
    "bar": "bars",
    "horizontal bar": "bars",
    "line": "line",
    "scatter": "points",
    "stem": "stems",
    "area": "area",
    "sideways area": "area",
    "box": "box plot",
    "sideways box": "box plot",
    "error bar": "error bars",
}

_PLURALS = {
    "bar": "bars",
    "horizontal bar": "bars",
    "line": "lines",
    "scatter": "points",
    "stem": "stems",
    "area": "areas",
    "sideways area": "areas",
    "box": "boxes",
    "sideways box": "boxes",
    "pie": "pies",
}

_TYPES = {
    "bar": "bar chart",
    "horizontal bar": "horizontal bar chart",
    "line": "line chart",
    "scatter": "scatter chart",
    "pie": "pie chart",
    "stem": "stem chart",
    "area": "area chart",
    "sideways area": "area chart",
    "box": "box plot",
    "sideways box": "box plot",
    "error bar": "error bar chart",
}


def type_name(series: Series) -> str:
    """The chart type that a series makes, as a person says it."""
    if series["kind"] == "bar" and series.get("touching") and not series["points"][0]["name"]:
        return "histogram"
    return _TYPES.get(series["kind"], series["kind"])


def is_histogram(series: Series) -> bool:
    """Bars without gaps and without categories."""
    return bool(
        series["kind"] in ("bar", "horizontal bar")
        and series.get("touching")
        and not any(point["name"] for point in series["points"])
    )


def background(axes: Axes, figure: str) -> str:
    """The opaque colour behind the marks of a plot."""
    return over(axes["background"], over(figure, "#ffffff"))


def series_words(series: Series, axes: Axes, under: str) -> str:
    """``series 'EU'``, ``red line`` or, for the only one of its kind, ``line``."""
    noun = "histogram" if is_histogram(series) else _NOUNS.get(series["kind"], series["kind"])
    if series["name"] and len(axes["series"]) > 1:
        return f"series {quote(series['name'])}"
    alike = [other for other in axes["series"] if other["kind"] == series["kind"]]
    if len(alike) > 1:
        names = [colour_name(over(other["colour"], under)) for other in alike]
        name = colour_name(over(series["colour"], under))
        if names.count(name) == 1 or not series["mixed"]:
            return f"{name} {noun}"
        return f"{noun} {alike.index(series) + 1}"
    return noun


def plural(series: Series) -> str:
    """What several series of this kind are called together; ``marks`` of free form."""
    return _PLURALS.get(series["kind"], "marks")


def element_words(series: Series, index: int, axes: Axes, under: str) -> str:
    """``bar 'Q3' of series 'EU'``, ``wedge 'Rent'``, ``point at 3``, ``bin 2``."""
    point = series["points"][index]
    return _element(series, point, index, axes, under) + _owner(series, axes, under)


def _owner(series: Series, axes: Axes, under: str) -> str:
    alike = [other for other in axes["series"] if other["kind"] == series["kind"]]
    if len(alike) < 2 and not (series["name"] and len(axes["series"]) > 1):
        return ""
    return f" of {series_words(series, axes, under)}"


def _element(series: Series, point: Point, index: int, axes: Axes, under: str) -> str:
    kind = series["kind"]
    if kind == "heat map":
        return f"cell row {round(point['base']) + 1}, column {round(point['at']) + 1}"
    if kind == "pie":
        if point["name"]:
            return f"wedge {quote(point['name'])}"
        colours = [
            colour_name(over(p.get("colour", series["colour"]), under)) for p in series["points"]
        ]
        if colours.count(colours[index]) == 1:
            return f"{colours[index]} wedge"
        return f"wedge {index + 1}"
    if is_histogram(series):
        return f"bin {index + 1}"
    noun = "box" if "box" in kind else "bar" if kind in ("bar", "horizontal bar") else "point"
    if point["name"]:
        return f"{noun} {quote(point['name'])}"
    return f"{noun} at {short(point['at'])}"


_NUMBERED = ("bar ", "wedge ", "point ", "bin ", "box ")


def _tail(words: str) -> str:
    """``'B'`` of ``bar 'B'``, so that a pair reads ``bar 'A' and 'B'``."""
    return words.split(" ", 1)[1] if words.startswith(_NUMBERED) else words


def both_words(first: str, second: str) -> str:
    """``bars 'A' and 'B'`` of ``bar 'A'`` and ``bar 'B'``."""
    if not first.startswith(_NUMBERED):
        return f"{first} and {second}"
    noun, _, rest = first.partition(" ")
    owner = second.find(" of ")
    if owner >= 0 and rest.endswith(second[owner:]):
        rest = rest.removesuffix(second[owner:])
    return f"{noun}s {rest} and {_tail(second)}"
