"""Names of series that only a legend of patches gives, as seaborn draws bars and points.

A legend names a series where the colour of an entry is that of one series alone.
"""

from __future__ import annotations

from erm.tasks.chart.elements import Axes, ChartScene, Legend, Series
from erm.tasks.chart.matching import OUTLINED


def with_legend_names(scene: ChartScene) -> ChartScene:
    """The scene with names for series that have none and whose colour a legend explains."""
    axes = [_named(item, item["legends"] or scene["legends"]) for item in scene["axes"]]
    return ChartScene(**{**scene, "axes": axes})


def _named(axes: Axes, legends: list[Legend]) -> Axes:
    unnamed = [series for series in axes["series"] if _can_be_named(series)]
    if not unnamed or not legends:
        return axes
    taken = {series["name"] for series in axes["series"]}
    entries = [
        (item["text"], colour)
        for legend in legends
        for item, colour in zip(legend["entries"], legend["colours"], strict=True)
        if item["text"] and item["text"] not in taken
    ]
    names: dict[int, str] = {}
    for text, colour in entries:
        alike = [series for series in unnamed if series["colour"] == colour]
        if len(alike) == 1 and [other for _, other in entries].count(colour) == 1:
            names[id(alike[0])] = text
    if not names:
        return axes
    series = [
        Series(**{**item, "name": names[id(item)]}) if id(item) in names else item
        for item in axes["series"]
    ]
    return Axes(**{**axes, "series": series})


def _can_be_named(series: Series) -> bool:
    return not series["name"] and not series["mixed"] and series["kind"] not in OUTLINED
