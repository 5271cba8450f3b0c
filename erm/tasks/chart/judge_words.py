"""How people word the differences of charts."""

from __future__ import annotations

import random
from collections.abc import Callable

from erm.tasks.judge_words import WORDS, Fact, JudgeWords

_LABELS = ("Jan", "Q3", "North", "Apples", "2021", "Oslo", "Tea", "Rail", "Wed", "Gold")
_SERIES = ("EU", "Asia", "Budget", "Plan A", "Men", "Solar")


def _bar_value(rng: random.Random, label: str, series: str) -> Fact:
    was = rng.randint(30, 90)
    now, clash = round(was * rng.choice((0.5, 0.6, 1.5, 1.7))), round(was * rng.choice((0.2, 3)))
    size, other = ("short", "low") if now < was else ("tall", "high")
    near = rng.choice([name for name in _LABELS if name != label])
    bar = f"bar '{label}' of series '{series}'"
    return Fact(
        "data_error",
        "style_error",
        (
            (bar, f"value is {now} instead of {was}"),
            (f"the {label} bar of {series}", f"shows {now}, but the original shows {was}"),
            ("", f"For {series} the bar at {label} should reach {was} but only reads {now}."),
            (f"{series} series, {label}", f"height drawn as {now} rather than {was}"),
            (f"bar of '{series}' in '{label}'", f"expected {was}, got {now}"),
            (
                "",
                f"Value of the '{label}' bar in series '{series}' changed from {was} to {now}.",
            ),
        ),
        ((bar, "value is wrong"), (f"{label}, {series}", "the bar has another value")),
        ((f"bar '{label}'", "value is wrong"), (f"bars of series '{series}'", f"too {size}")),
        ((bar, f"value is {clash} instead of {was}"), (bar, f"reads {clash} rather than {was}")),
        ((f"bar '{near}' of series '{series}'", f"value is {now + 17} instead of {was + 9}"),),
        ((bar, "fill is pink instead of brown"), (bar, "the hatching is missing")),
        (
            (bar, f"the bar is too {size}"),
            ("", f"The {label} bar of the {series} series is too {other}."),
            (f"{label}, {series}", f"bar is visibly too {size}"),
        ),
    )


def _bar_colour(rng: random.Random, label: str, series: str) -> Fact:
    was, now, clash = rng.sample(["red", "blue", "green", "black", "yellow"], 3)
    bar = f"bar '{label}' of series '{series}'"
    near = rng.choice([name for name in _LABELS if name != label])
    return Fact(
        "style_error",
        "data_error",
        (
            (bar, f"fill is {now} instead of {was}"),
            (f"{label} bar ({series})", f"coloured {now} whereas it is {was} in the reference"),
            ("", f"The bar of {series} at {label} is drawn in {now} instead of {was}."),
            (bar, f"the colour should be {was}, but it is {now}"),
        ),
        ((bar, "colour is wrong"), (f"{label} bar, {series}", "has a different colour")),
        (
            (f"bar '{label}'", "wrong colour"),
            (f"series '{series}'", f"colour {now}, not {was}"),
        ),
        ((bar, f"fill is {clash} instead of {was}"),),
        ((f"bar '{near}' of series '{series}'", f"fill is {clash} instead of {now}"),),
        ((bar, "value is 3 instead of 8"), (bar, "is missing")),
    )


def _chart_text(rng: random.Random, place: str) -> Fact:
    was, now, clash = rng.sample(list(WORDS), 3)
    other = {"title": "legend title", "x-axis label": "y-axis label"}[place]
    name = {"title": "chart title", "x-axis label": "label of the x axis"}[place]
    return Fact(
        "text_error",
        "structure_error",
        (
            (place, f"text is '{now}' instead of '{was}'"),
            (name, f'reads "{now}" rather than "{was}"'),
            ("", f"The {name} says '{now}' but should say '{was}'."),
            (f"the {place}", f"'{was}' was written as '{now}'"),
        ),
        ((place, "the wording is wrong"), ("", f"The text of the {name} is incorrect.")),
        (),
        ((place, f"text is '{clash}' instead of '{was}'"),),
        ((other, f"text is '{clash}' instead of '{now}'"),),
        ((place, "font is larger"), (place, "is missing")),
    )


def _legend(rng: random.Random, series: str) -> Fact:
    entry = f"legend entry '{series}'"
    near = rng.choice([name for name in _SERIES if name != series])
    return Fact(
        "structure_error",
        "text_error",
        (
            (entry, "is missing"),
            ("legend", f"the entry for {series} is missing"),
            ("", f"The legend does not show an entry for '{series}'; it has been left out."),
            (f"'{series}' in the legend", "not present"),
        ),
        (),
        (("legend", "an entry is missing"),),
        (),
        ((f"legend entry '{near}'", "is missing"),),
        ((entry, "colour is blue instead of red"),),
    )


def _facts(rng: random.Random) -> list[Callable[[], Fact]]:
    labels = rng.sample(list(_LABELS), 3)
    series = rng.sample(list(_SERIES), 3)
    return [
        lambda: _bar_value(rng, labels[0], series[0]),
        lambda: _bar_value(rng, labels[1], series[1]),
        lambda: _bar_colour(rng, labels[2], series[2]),
        lambda: _chart_text(rng, "title"),
        lambda: _chart_text(rng, "x-axis label"),
        lambda: _legend(rng, series[1]),
    ]


JUDGE_WORDS = JudgeWords(
    elements={"column": "bar", "columns": "bar"},
    kinds="value~size value~level value~position size~level position~level size~linewidth",
    capitals_are_names=True,
    facts=_facts,
)
