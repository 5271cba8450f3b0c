"""Constructed pairs of error lists whose alignment is known, to validate any judge.

Covers the seeded construction and the agreement of a judge with it. Not covered: judges
(`erm.benchmark.judge.judges`). What each way of telling an error is worth follows the rules in
``docs/benchmark.md``.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from erm.benchmark.judge.alignment import ErrorLists, Level, Match, read_reply
from erm.benchmark.judge.judges import Judge

PAIRS = 200

LABELS = ("Jan", "Q3", "North", "Apples", "2021", "Oslo", "Tea", "Rail", "Wed", "Gold")
SERIES = ("EU", "Asia", "Budget", "Plan A", "Men", "Solar")
WORDS = (
    "Total",
    "Yes",
    "Margin",
    "Berlin",
    "Name",
    "Profit",
    "Closed",
    "Spring",
    "Unit",
    "Harbour",
)
COLOURS = ("red", "blue", "green", "orange", "purple", "black", "pink")
SHAPES = ("circle", "rectangle", "triangle", "star")
CORNERS = (("top", "left"), ("top", "right"), ("bottom", "left"), ("bottom", "right"))
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


@dataclass(frozen=True)
class Fact:
    """One difference, told in several ways.

    Attributes:
        full: (location, description) pairs that tell everything; the first is our own template.
        general: the right place, no values.
        vague: the same kind of difference, the place told too broadly.
        clash: the right place and kind, with values that contradict.
        elsewhere: the same kind of difference at another, close place.
        otherwise: another kind of difference at the same place.
        other_category: a category that is not this one.
    """

    category: str
    other_category: str
    full: tuple[tuple[str, str], ...]
    general: tuple[tuple[str, str], ...]
    vague: tuple[tuple[str, str], ...]
    clash: tuple[tuple[str, str], ...]
    elsewhere: tuple[tuple[str, str], ...]
    otherwise: tuple[tuple[str, str], ...]


_LEVELS: dict[str, Level | None] = {
    "full": "yes",
    "general": "yes",
    "vague": "partial",
    "clash": "partial",
    "other_category": "partial",
    "elsewhere": None,
    "otherwise": None,
}
"""What each way of telling a fact is worth against a full one."""


@dataclass(frozen=True)
class Constructed:
    """Two lists and the matches that a fair judge finds."""

    lists: ErrorLists
    matches: tuple[Match, ...]


@dataclass(frozen=True)
class Agreement:
    """How far a judge agrees: by whole pair of lists, and by single error of either list."""

    pairs: int
    pairs_right: int
    decisions: int
    decisions_right: int
    disagreements: tuple[str, ...]


def _bar_value(rng: random.Random, label: str, series: str) -> Fact:
    was = rng.randint(30, 90)
    now, clash = round(was * rng.choice((0.5, 0.6, 1.5, 1.7))), round(was * rng.choice((0.2, 3)))
    size, other = ("short", "low") if now < was else ("tall", "high")
    near = rng.choice([name for name in LABELS if name != label])
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
        (
            (bar, f"the bar is too {size}"),
            ("", f"The {label} bar of the {series} series is too {other}."),
            (f"{label}, {series}", f"bar is visibly too {size}"),
        ),
        ((f"bar '{label}'", "value is wrong"), (f"bars of series '{series}'", f"too {size}")),
        ((bar, f"value is {clash} instead of {was}"), (bar, f"reads {clash} rather than {was}")),
        ((f"bar '{near}' of series '{series}'", f"value is {now + 17} instead of {was + 9}"),),
        ((bar, "fill is pink instead of brown"), (bar, "the hatching is missing")),
    )


def _bar_colour(rng: random.Random, label: str, series: str) -> Fact:
    was, now, clash = rng.sample(["red", "blue", "green", "black", "yellow"], 3)
    bar = f"bar '{label}' of series '{series}'"
    near = rng.choice([name for name in LABELS if name != label])
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
    near = rng.choice([name for name in SERIES if name != series])
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


def _cell(rng: random.Random, row: int, column: int, numeric: bool) -> Fact:
    if numeric:
        was = rng.randint(100, 900)
        now = was + rng.randint(150, 400)
        clash = now * 3
        texts = str(now), str(was), str(clash)
        kind = "value"
    else:
        now_text, was_text, clash_text = rng.sample(list(WORDS), 3)
        texts = now_text, was_text, clash_text
        kind = "text"
    quoted = [text if numeric else f"'{text}'" for text in texts]
    ordinals = f"{ORDINALS[row - 1]} row, {ORDINALS[column - 1]} column"
    place = f"row {row}, column {column}"
    return Fact(
        "numeric_error" if numeric else "text_error",
        "layout_error",
        (
            (place, f"{kind} is {quoted[0]} instead of {quoted[1]}"),
            ("", f"In the {ordinals}, {quoted[1]} was misread as {quoted[0]}."),
            ("", f"Cell ({row}, {column}): {quoted[0]} should be {quoted[1]}."),
            (
                f"column {column} of row {row}",
                f"shows {quoted[0]} where the original has {quoted[1]}",
            ),
            ("", f"row {row} col {column} {kind} changed from {quoted[1]} to {quoted[0]}"),
        ),
        ((place, f"the {kind} is wrong"), ("", f"Wrong {kind} in the {ordinals}.")),
        ((f"row {row}", f"a {kind} is wrong"), (f"column {column}", f"contains a wrong {kind}")),
        ((place, f"{kind} is {quoted[2]} instead of {quoted[1]}"),),
        ((f"row {row + 1}, column {column}", f"{kind} is {quoted[2]} instead of {quoted[0]}"),),
        ((place, "alignment is left instead of right"), (place, "spans 2 columns instead of 1")),
    )


def _table_line(rng: random.Random, number: int) -> Fact:
    axis = rng.choice(("row", "column"))
    return Fact(
        "layout_error",
        "text_error",
        (
            (f"{axis} {number}", "is missing"),
            ("", f"The {ORDINALS[number - 1]} {axis} has been omitted."),
            ("table", f"{axis} {number} is not present"),
            (f"{ORDINALS[number - 1]} {axis}", "left out in the parsed table"),
        ),
        (),
        (),
        (),
        ((f"{axis} {number + 2}", "is missing"),),
        ((f"{axis} {number}", "is extra"),),
    )


def _shape(rng: random.Random, shape: str, corner: tuple[str, str], kind: str) -> Fact:
    was, now, clash = rng.sample(["red", "blue", "green", "black", "yellow"], 3)
    vertical, horizontal = corner
    upper = {"top": "upper", "bottom": "lower"}[vertical]
    across = {"left": "right", "right": "left"}[horizontal]
    place = f"{was} {shape} at {vertical} {horizontal}"
    opposite = f"{was} {shape} at {({'top': 'bottom', 'bottom': 'top'})[vertical]} {across}"
    short = {"rectangle": "box", "circle": "disc", "triangle": "triangle", "star": "star"}[shape]
    if kind == "fill":
        return Fact(
            "style_error",
            "shape_error",
            (
                (place, f"fill is {now} instead of {was}"),
                (f"{shape} in the {upper} {horizontal} corner", f"should be {was}, is {now}"),
                ("", f"The {upper}-{horizontal} {short} is {now} rather than {was}."),
                (f"{now} {short}, {vertical} {horizontal}", f"colour changed from {was} to {now}"),
            ),
            (
                (place, "wrong colour"),
                (f"{upper} {horizontal} {shape}", "the fill differs"),
            ),
            (
                (f"{shape}", "fill colour is wrong"),
                (f"{vertical} part", "fill colour is wrong"),
            ),
            ((place, f"fill is {clash} instead of {was}"),),
            ((opposite, f"fill is {now} instead of {was}"),),
            ((place, "is rotated by 40 degrees"), (place, "width is 30 instead of 60")),
        )
    if kind == "missing":
        return Fact(
            "structure_error",
            "style_error",
            (
                (place, "is missing"),
                ("", f"The {was} {shape} in the {upper} {horizontal} has been left out."),
                (f"{shape} at the {vertical} {horizontal}", "absent from the generated icon"),
                (f"{upper} {horizontal} corner", f"the {was} {short} is not drawn"),
            ),
            (),
            ((f"{shape}", "is missing"),),
            (),
            ((opposite, "is missing"),),
            ((place, "is extra"), (place, f"fill is {clash} instead of {was}")),
        )
    before = rng.randint(20, 40)
    after = before * 2
    return Fact(
        "shape_error",
        "structure_error",
        (
            (place, f"size is {after} instead of {before}"),
            (f"{upper} {horizontal} {short}", "much larger than in the original"),
            ("", f"The {was} {shape} at the {vertical} {horizontal} is twice too big."),
        ),
        ((place, "too large"), (place, "size is wrong")),
        ((f"{shape}", "too big"),),
        ((place, "too small"), (place, "is smaller than in the reference")),
        ((opposite, "is too large"),),
        ((place, "stroke is dashed instead of solid"), (place, "is missing")),
    )


def _facts(rng: random.Random, task: str) -> list[Fact]:
    """Two to five facts at places of their own."""
    count = rng.randint(2, 5)
    makers: list[Callable[[], Fact]] = []
    if task == "chart":
        labels = rng.sample(list(LABELS), 3)
        series = rng.sample(list(SERIES), 3)
        makers = [
            lambda: _bar_value(rng, labels[0], series[0]),
            lambda: _bar_value(rng, labels[1], series[1]),
            lambda: _bar_colour(rng, labels[2], series[2]),
            lambda: _chart_text(rng, "title"),
            lambda: _chart_text(rng, "x-axis label"),
            lambda: _legend(rng, series[1]),
        ]
    elif task == "table":
        makers = [
            lambda: _cell(rng, 1, rng.randint(1, 2), False),
            lambda: _cell(rng, 3, rng.randint(1, 3), True),
            lambda: _cell(rng, 5, rng.randint(1, 3), rng.random() < 0.5),
            lambda: _table_line(rng, 4),
        ]
    else:
        shapes, corners = rng.sample(list(SHAPES), 4), rng.sample(list(CORNERS), 4)
        kinds = ("fill", "missing", "size", rng.choice(("fill", "size")))
        makers = [
            partial(_shape, rng, shape, corner, kind)
            for shape, corner, kind in zip(shapes, corners, kinds, strict=True)
        ]
    return [make() for make in rng.sample(makers, min(count, len(makers)))]


def construct(seed: int = 0, pairs: int = PAIRS) -> list[Constructed]:
    """Constructed pairs of lists; same seed, same lists."""
    rng = random.Random(seed)
    return [
        _construct_one(rng, number, rng.choice(("chart", "table", "svg")))
        for number in range(pairs)
    ]


def _construct_one(rng: random.Random, number: int, task: str) -> Constructed:
    annotated: list[dict[str, Any]] = []
    predicted: list[tuple[dict[str, Any], tuple[int, Level] | None]] = []
    for place, fact in enumerate(_facts(rng, task)):
        annotated.append(_told(rng, fact.category, fact.full))
        way = rng.choice(("full", "full", "full", *_LEVELS, "dropped"))
        if way == "dropped":
            continue
        told = fact.full if way == "other_category" else getattr(fact, way)
        if not told:
            told, way = fact.full, "full"
        category = fact.other_category if way == "other_category" else fact.category
        level = _LEVELS[way]
        found = (place, level) if level is not None else None
        predicted.append((_told(rng, category, told), found))
    rng.shuffle(predicted)
    matches = tuple(
        Match(index, found[0], found[1])
        for index, (_, found) in enumerate(predicted)
        if found is not None
    )
    lists = ErrorLists(
        number, number, task, tuple(error for error, _ in predicted), tuple(annotated)
    )
    return Constructed(lists, matches)


def _told(rng: random.Random, category: str, ways: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    location, description = rng.choice(ways)
    told: dict[str, Any] = {"type": category, "severity": rng.randint(1, 3)}
    return {**told, "location": location, "description": description}


def agreement(judge: Judge, constructed: list[Constructed]) -> Agreement:
    """How far a judge's alignments are the known ones; a decision is one error's partner and
    level, or that it has none."""
    replies = judge.replies([one.lists for one in constructed])
    pairs_right = decisions = decisions_right = 0
    disagreements = []
    for one, reply in zip(constructed, replies, strict=True):
        found = set(read_reply(reply or "", one.lists).matches)
        expected = set(one.matches)
        pairs_right += found == expected
        for side, count in ((0, len(one.lists.predicted)), (1, len(one.lists.annotated))):
            ours = {match[side]: match for match in found}
            known = {match[side]: match for match in expected}
            decisions += count
            decisions_right += sum(ours.get(i) == known.get(i) for i in range(count))
        disagreements += [_tell(one, match, "expected") for match in sorted(expected - found)]
        disagreements += [_tell(one, match, "found") for match in sorted(found - expected)]
    return Agreement(
        len(constructed), pairs_right, decisions, decisions_right, tuple(disagreements)
    )


def _tell(one: Constructed, match: Match, which: str) -> str:
    sides = (one.lists.annotated[match.annotated], one.lists.predicted[match.predicted])
    told = " | ".join(f"{side['location']}: {side['description']}" for side in sides)
    return f"{which} {match.level}: {told}"
