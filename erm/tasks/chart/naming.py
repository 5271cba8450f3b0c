"""By what a series, a bar, a wedge or a point of a chart is known: its name, colour, rank or place.

Not covered: the words for it (`erm.tasks.chart.phrases`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from erm.tasks.chart.elements import Axes, Axis, Point, Series
from erm.tasks.chart.findings import Coordinate, Element
from erm.tasks.chart.matching import OUTLINED
from erm.tasks.shared.colours import colour_name, over

_NOUNS = {
    "bar": "bars",
    "horizontal bar": "bars",
    "broken bar": "bars",
    "line": "line",
    "scatter": "points",
    "stem": "stems",
    "area": "area",
    "sideways area": "area",
    "box": "box plot",
    "sideways box": "box plot",
    "error bar": "error bars",
    "violin": "violins",
    "3-D points": "points",
    "3-D line": "line",
    "3-D bars": "bars",
    "3-D shapes": "shapes",
    "3-D lines": "lines",
}

_PLURALS = {
    "bar": "bars",
    "horizontal bar": "bars",
    "broken bar": "bars",
    "line": "lines",
    "lines": "lines",
    "scatter": "points",
    "stem": "stems",
    "area": "areas",
    "sideways area": "areas",
    "box": "boxes",
    "sideways box": "boxes",
    "pie": "pies",
    "violin": "violins",
    "3-D points": "points",
    "3-D line": "lines",
    "3-D bars": "bars",
    "surface": "surfaces",
}

_TYPES = {
    "bar": "bar chart",
    "horizontal bar": "horizontal bar chart",
    "broken bar": "broken bar chart",
    "line": "line chart",
    "scatter": "scatter chart",
    "pie": "pie chart",
    "stem": "stem chart",
    "area": "area chart",
    "sideways area": "area chart",
    "box": "box plot",
    "sideways box": "box plot",
    "error bar": "error bar chart",
    "3-D points": "3-D scatter chart",
    "3-D line": "3-D line chart",
    "3-D bars": "3-D bar chart",
    "3-D lines": "wireframe",
}

_MONTHS = {"months": 1, "quarters": 3, "years": 12}

_MARKS = {
    "bar": "bar",
    "horizontal bar": "bar",
    "broken bar": "bar",
    "box": "box",
    "sideways box": "box",
    "violin": "violin",
    "sideways violin": "violin",
    "3-D bars": "bar",
    "3-D shapes": "shape",
    "3-D lines": "line",
    "surface": "face",
}

SHARES = ("pie", "treemap")
"""Kinds whose marks show shares of a whole."""

SIDEWAYS = (
    "horizontal bar",
    "broken bar",
    "sideways box",
    "sideways area",
    "sideways violin",
    "vertical line",
    "vertical span",
)
"""Kinds whose values lie along the x axis."""


def type_name(series: Series) -> str:
    """The chart type that a series makes."""
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


def plural(series: Series) -> str:
    """What several series of this kind are called together; ``marks`` where they have no name."""
    return series.get("noun", _PLURALS.get(series["kind"], "marks"))


def series_element(series: Series, company: Sequence[Series], under: str) -> Element:
    """A series by its name, else by its colour, its rank, or as the only one of its kind.

    ``company`` are all series at its place, it included.
    """
    noun = "histogram" if is_histogram(series) else _NOUNS.get(series["kind"], series["kind"])
    noun = series.get("noun", noun)
    if series["name"] and len(company) > 1:
        return Element("series", name=series["name"])
    alike = [other for other in company if other["kind"] == series["kind"]]
    if len(alike) > 1:
        names = [colour_name(over(other["colour"], under)) for other in alike]
        colour = over(series["colour"], under)
        if names.count(colour_name(colour)) == 1 or not series["mixed"]:
            return Element(noun, colour=colour)
        return Element(noun, rank=alike.index(series) + 1)
    return Element(noun)


def mark_element(
    series: Series, index: int, axes: Axes, company: Sequence[Series], under: str
) -> Element:
    """A mark by its category, its place or its rank, with the series that it belongs to."""
    point = series["points"][index]
    alike = [other for other in company if other["kind"] == series["kind"]]
    owned = len(alike) > 1 or (series["name"] and len(company) > 1)
    owner = series_element(series, company, under) if owned else None
    kind = series["kind"]
    if kind == "heat map":
        cell = round(point["base"]) + 1, round(point["at"]) + 1
        return Element("cell", cell=cell, owner=owner)
    if kind in SHARES:
        return _wedge_element(series, point, index, under, owner)
    if kind == "broken bar":
        return _broken_bar_element(series, index, alike, under, owner)
    if kind in OUTLINED:
        return Element("part", rank=index + 1, owner=series_element(series, company, under))
    if is_histogram(series):
        return Element("bin", rank=index + 1, owner=owner)
    noun = _MARKS.get(kind, "point")
    if point["name"]:
        return Element(noun, name=point["name"], owner=owner)
    axis = axes["y"] if kind in SIDEWAYS else axes["x"]
    return Element(noun, at=coordinate(point["at"], axis), owner=owner)


def _broken_bar_element(
    series: Series, index: int, alike: Sequence[Series], under: str, owner: Element | None
) -> Element:
    """A bar by its colour where no other one has it, else by its rank in its row."""
    colours = [
        colour_name(over(point.get("colour", other["colour"]), under))
        for other in alike
        for point in other["points"]
    ]
    point = series["points"][index]
    colour = over(point.get("colour", series["colour"]), under)
    if colours.count(colour_name(colour)) == 1:
        return Element("bar", colour=colour)
    row = Element("row", name=point["name"]) if point["name"] else owner
    return Element("bar", rank=index + 1, owner=row)


def _wedge_element(
    series: Series, point: Point, index: int, under: str, owner: Element | None
) -> Element:
    noun = "wedge" if series["kind"] == "pie" else "tile"
    if point["name"]:
        return Element(noun, name=point["name"], owner=owner)
    colours = [over(p.get("colour", series["colour"]), under) for p in series["points"]]
    names = [colour_name(colour) for colour in colours]
    if names.count(names[index]) == 1:
        return Element(noun, colour=colours[index], owner=owner)
    return Element(noun, rank=index + 1, owner=owner)


def pair_element(first: Element, second: Element) -> Element:
    """Two elements that changed places, as one; of one owner where both have the same."""
    if first.owner == second.owner:
        return replace(first, second=replace(second, owner=None))
    return replace(first, second=second)


def coordinate(value: float, axis: Axis) -> Coordinate:
    """A value as a number, or as the date that it stands for on an axis of dates."""
    calendar = axis.get("calendar")
    if calendar is None or not math.isfinite(value):
        return value
    try:
        if calendar in _MONTHS:
            months = round(value * _MONTHS[calendar])
            return datetime(1970 + months // 12, 1 + months % 12, 1)
        days = value if calendar == "days" else value / 24
        return datetime(1970, 1, 1) + timedelta(seconds=round(days * 86_400))
    except (OverflowError, ValueError):
        return value  # no date of the calendar
