"""Names of series as a reader knows them: from a legend or a note, not from the program.

A legend of patches, which seaborn draws for bars and points, names a series where the colour of an
entry is that of one series alone. A name that stands nowhere in the picture is none.
"""

from __future__ import annotations

from erm.tasks.chart.elements import Axes, ChartScene, Legend, Series
from erm.tasks.chart.matching import OUTLINED


def with_shown_names(scene: ChartScene) -> ChartScene:
    """The scene without names that it shows nowhere, and with names for series that have none and
    whose colour a legend explains."""
    shown = _shown(scene)
    axes = [
        _named(_without_hidden(item, shown), item["legends"] or scene["legends"])
        for item in scene["axes"]
    ]
    return ChartScene(**{**scene, "axes": axes})


def _shown(scene: ChartScene) -> set[str]:
    """All texts of the picture but tick labels."""
    parts: list[Axes | ChartScene] = [scene, *scene["axes"]]
    legends = [legend for part in parts for legend in part["legends"]]
    texts = [text["text"] for part in parts for text in part["texts"]]
    return {text.strip() for text in texts} | {
        entry["text"].strip() for legend in legends for entry in legend["entries"]
    }


def _without_hidden(axes: Axes, shown: set[str]) -> Axes:
    series = [
        item if item["name"] in shown else Series(**{**item, "name": ""}) for item in axes["series"]
    ]
    return Axes(**{**axes, "series": series})


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
