"""The English of findings of charts: one phrase a finding, written at the very end.

The candidate's value comes first: ``colour is red instead of blue``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from erm.tasks.chart.findings import Element, Finding, Value
from erm.tasks.shared.colours import colour_name, colour_words
from erm.tasks.shared.findings import Phrase
from erm.tasks.shared.numbers import number_words, write_number
from erm.tasks.shared.text import quote, text_change

_NAME_LENGTH = {"note": 20, "arrow of note": 20}
"""Letters of a name that are shown, where they are fewer than `quote` shows."""

_JOINTS = {
    "range": " to ",
    "colour range": " to ",
    "bins span": " to ",
    "error bar": " to ",
    "some error bars": " to ",
    "span": " to ",
    "reach": " to ",
    "ends": " to ",
}
"""What stands between the numbers of a value; a comma elsewhere."""


def phrase(finding: Finding) -> Phrase:
    """Location and description of a finding."""
    element = finding.element
    describe = _DESCRIPTIONS.get(finding.attribute, _change)
    return Phrase(locate(element), describe(finding))


def locate(element: Element) -> str:
    """``bar 'Q3' of series 'EU' in subplot 2``."""
    words = element_words(element)
    if element.plots:
        return f"{words} in {element.plots} subplots"
    return f"{words} in subplot {element.plot}" if element.plot else words


def element_words(element: Element) -> str:
    """An element without its subplot: ``bar 'Q3' of series 'EU'``, ``red line``."""
    owner = f" of {element_words(element.owner)}" if element.owner is not None else ""
    if element.second is not None:
        first, second = _identity(element), _identity(element.second)
        if element.colour is not None or element.second.colour is not None:
            return f"{_words(element)} and {_words(element.second)}{owner}"
        other = element.second.owner
        other_owner = f" of {element_words(other)}" if other is not None else ""
        if other_owner:
            first, owner = first + owner, other_owner
        return f"{plural_of(element.noun)} {first} and {second}{owner}"
    return _words(element) + owner


def _words(element: Element) -> str:
    if element.colour is not None:
        return f"{colour_name(element.colour)} {element.noun}"
    identity = _identity(element)
    return f"{element.noun} {identity}" if identity else element.noun


def _identity(element: Element) -> str:
    if element.name is not None:
        return quote(element.name, _NAME_LENGTH.get(element.noun, 40))
    if element.rank is not None:
        return str(element.rank)
    if element.cell is not None:
        return f"row {element.cell[0]}, column {element.cell[1]}"
    if element.at is not None:
        return f"at {_value(element.at)}"
    return ""


def plural_of(noun: str) -> str:
    """``legend entries`` of ``legend entry``; a noun of several stays."""
    if noun.endswith("s"):
        return noun
    if noun.endswith("y"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith("x") else f"{noun}s"


def _value(value: Value | None) -> str:
    """A value as it is written where nothing is compared with it."""
    if isinstance(value, datetime):
        return _date(value)
    if isinstance(value, float | int) and not isinstance(value, bool):
        return write_number(value)
    return "none" if value is None or value == "" else str(value)


def _date(value: datetime) -> str:
    if value.hour or value.minute or value.second:
        return value.strftime("%Y-%m-%d %H:%M")
    return value.strftime("%Y-%m-%d")


def _is_colour(value: Value | None) -> bool:
    return isinstance(value, str) and len(value) == 7 and value.startswith("#")


def _pair(finding: Finding) -> tuple[str, str]:
    """The candidate's and the reference's value, with digits enough to distinguish them."""
    sides = finding.candidate, finding.reference
    values = [side if isinstance(side, tuple) else (side,) for side in sides]
    joint = _JOINTS.get(finding.attribute, ", ")
    flat = [item for side in values for item in side]
    if all(isinstance(item, float | int) and not isinstance(item, bool) for item in flat):
        numbers = [[float(item) for item in side] for side in values]  # type: ignore[arg-type]
        return number_words(numbers[0], numbers[1], joint)
    if all(_is_colour(side) for side in sides):
        return colour_words(str(sides[0]), str(sides[1]))
    if any(_is_colour(item) for item in flat):
        shown = [
            joint.join(
                colour_name(str(item)) if _is_colour(item) else _value(item) for item in side
            )
            for side in values
        ]
        return shown[0], shown[1]
    first, second = (joint.join(_value(item) for item in side) for side in values)
    return first, second


def _change(finding: Finding) -> str:
    """``line width is 4 instead of 2``, ``values are 1, 2 instead of 2, 2``."""
    candidate, reference = _pair(finding)
    many = finding.attribute.endswith("s") and finding.attribute != "axis"
    verb = "are" if many else "is"
    return f"{finding.attribute} {verb} {candidate} instead of {reference}"


def _presence(finding: Finding) -> str:
    state = "missing" if finding.candidate is None else "extra"
    if finding.count is not None:
        count, total = finding.count
        verb = "is" if count == 1 else "are"
        return f"{count} of {total} {plural_of(_part_of(finding))} {verb} {state}"
    return f"{'are' if finding.element.plural else 'is'} {state}"


def _part_of(finding: Finding) -> str:
    return "bar" if finding.rule == "bar" else "point"


def _part_presence(finding: Finding) -> str:
    """``outline is missing``, ``markers are extra``: an attribute that one side lacks."""
    verb = "are" if finding.attribute.endswith("s") else "is"
    return f"{finding.attribute} {verb} {'missing' if finding.candidate is None else 'extra'}"


def _part(finding: Finding) -> str:
    """A stroke or marker: missing, extra, or another one."""
    one_sided = finding.candidate is None or finding.reference is None
    return _part_presence(finding) if one_sided else _change(finding)


def _text(finding: Finding) -> str:
    return text_change(str(finding.candidate), str(finding.reference))


def _texts(finding: Finding) -> str:
    """``are 1, 2, 3 instead of 1, 2, 4``."""
    candidate, reference = _pair(finding)
    return f"are {candidate} instead of {reference}"


def _is(finding: Finding) -> str:
    candidate, reference = _pair(finding)
    return f"{'are' if finding.element.plural else 'is'} {candidate} instead of {reference}"


def _sort(finding: Finding) -> str:
    """``is a line chart instead of a bar chart``."""
    candidate, reference = (
        f"{'an' if str(name)[:1] in 'aeiou' else 'a'} {name}"
        for name in (finding.candidate, finding.reference)
    )
    return f"is {candidate} instead of {reference}"


def _has(noun: str) -> Callable[[Finding], str]:
    def describe(finding: Finding) -> str:
        candidate, reference = _pair(finding)
        unit = noun if candidate != "1" else noun.removesuffix("s")
        return f"has {candidate} {unit} instead of {reference}"

    return describe


def _with(verb: str, unit: str = "") -> Callable[[Finding], str]:
    def describe(finding: Finding) -> str:
        candidate, reference = _pair(finding)
        return f"{verb} {candidate}{unit} instead of {reference}{unit}"

    return describe


def _some_of(words: str) -> Callable[[Finding], str]:
    """``words`` with how many and of how many in its two places."""

    def describe(finding: Finding) -> str:
        return words.format(*(finding.count or (0, 0)))

    return describe


def _some(noun: str) -> Callable[[Finding], str]:
    """``5 of 8 values differ, most at 3: 4 instead of 6``."""

    def describe(finding: Finding) -> str:
        count, total = finding.count or (0, 0)
        text = f"{count} of {total} {noun} differ"
        if finding.most is None:
            return text
        candidate, reference = _pair(finding)
        return f"{text}, most at {_value(finding.most)}: {candidate} instead of {reference}"

    return describe


def _bins(finding: Finding) -> str:
    text = _has("bins")(finding)
    return text.replace("has ", "have ", 1) if finding.element.plural else text


def _inner_lines(finding: Finding) -> str:
    candidate, reference = _pair(finding)
    return f"have {candidate} inner lines instead of {reference}"


def _percent(finding: Finding) -> str:
    """The share of parts that differ, at least 1."""
    count, total = finding.count or (0, 1)
    return write_number(max(1, round(100 * count / max(total, 1))))


def _about(noun: str) -> Callable[[Finding], str]:
    """``about 12% of 2401 points differ``, of which a sample was compared."""

    def describe(finding: Finding) -> str:
        return f"about {_percent(finding)}% of {_value(finding.reference)} {noun} differ"

    return describe


def _constant(text: str) -> Callable[[Finding], str]:
    return lambda finding: text


def _swapped(noun: str) -> Callable[[Finding], str]:
    """``values 6 and 3 are swapped``; the reference's value holds both."""

    def describe(finding: Finding) -> str:
        values = finding.reference
        assert isinstance(values, tuple)
        shown = [
            _share(value)
            if noun == "shares"
            else quote(value)
            if isinstance(value, str)
            else _value(value)
            for value in values
        ]
        return f"{noun} {' and '.join(shown)} are swapped"

    return describe


def _share(value: Value | None) -> str:
    assert isinstance(value, float)
    return f"{100 * value:.0f}%"


def _share_change(finding: Finding) -> str:
    sides = [float(side) for side in (finding.candidate, finding.reference)]  # type: ignore[arg-type]
    rounded = [f"{100 * side:.0f}%" for side in sides]
    exact = [f"{100 * side:.3g}%" for side in sides]
    candidate, reference = rounded if rounded[0] != rounded[1] else exact
    return f"share is {candidate} instead of {reference}"


def _shares(finding: Finding) -> str:
    assert isinstance(finding.candidate, tuple)
    assert isinstance(finding.reference, tuple)
    sides = [", ".join(map(_share, side)) for side in (finding.candidate, finding.reference)]
    return f"shares are {sides[0]} instead of {sides[1]}"


def _position(finding: Finding) -> str:
    candidate, reference = _pair(finding)
    return f"position is ({candidate}) instead of ({reference})"


def _offset(finding: Finding) -> str:
    """How far a wedge is pulled out."""
    if finding.reference == 0:
        return "is pulled out"
    if finding.candidate == 0:
        return "is not pulled out"
    return _with("is pulled out by")(finding)


def _hole(finding: Finding) -> str:
    sides = [
        f"{100 * float(side):.0f}%" if side else "none"  # type: ignore[arg-type]
        for side in (finding.candidate, finding.reference)
    ]
    return f"hole is {sides[0]} instead of {sides[1]}"


def _hatch(finding: Finding) -> str:
    sides = [f"'{side}'" if side else "none" for side in (finding.candidate, finding.reference)]
    return f"hatch is {sides[0]} instead of {sides[1]}"


def _rounded(finding: Finding) -> tuple[str, str]:
    """Lengths in pixels, to two digits."""
    candidate, reference = (
        write_number(float(side), 2)  # type: ignore[arg-type]
        for side in (finding.candidate, finding.reference)
    )
    return candidate, reference


def _named(label: str, write: Callable[[Finding], tuple[str, str]]) -> Callable[[Finding], str]:
    """An attribute under a label of its own."""

    def describe(finding: Finding) -> str:
        candidate, reference = write(finding)
        return f"{label} is {candidate} instead of {reference}"

    return describe


def _pixels(finding: Finding) -> str:
    candidate, reference = _rounded(finding)
    return f"{finding.attribute} is {candidate} instead of {reference}"


def _course(finding: Finding) -> str:
    """``runs in steps instead of straight``."""
    names = [str(side or "") for side in (finding.candidate, finding.reference)]
    shown = ["in steps" if name else "straight" for name in names]
    if shown[0] == shown[1]:
        shown = names
    return f"runs {shown[0]} instead of {shown[1]}"


def _inverted(finding: Finding) -> str:
    return "is inverted" if finding.candidate else "is not inverted"


def _colours(finding: Finding) -> str:
    candidate, reference = _pair(finding)
    if candidate == reference:
        return f"colours are other shades of {candidate} instead of these"
    return f"colours are {candidate} instead of {reference}"


def _colour_range(finding: Finding) -> str:
    return _change(finding) if finding.reference is not None else "colour range is different"


def _columns(finding: Finding) -> str:
    candidate, reference = (write_number(float(v)) for v in (finding.candidate, finding.reference))  # type: ignore[arg-type]
    return f"has {candidate} column{'s' * (candidate != '1')} instead of {reference}"


_DESCRIPTIONS: Mapping[str, Callable[[Finding], str]] = {
    "": _presence,
    "type": _sort,
    "projection": _texts,
    "proportions": _constant("has other proportions"),
    "arrangement": _is,
    "order": _constant("stand in another order"),
    "stacking order": _constant("is stacked in another order"),
    "entry order": _constant("entries stand in another order"),
    "place": _constant("stands elsewhere"),
    "places": _constant("stand elsewhere"),
    "named place": _with("is at"),
    "side": _with("is"),
    "tick side": _with("stand at the"),
    "grid shape": _with("stand in"),
    "places swapped": _constant("are swapped"),
    "text": _text,
    "texts": _texts,
    "texts swapped": _swapped("texts"),
    "values swapped": _swapped("values"),
    "shares swapped": _swapped("shares"),
    "share": _share_change,
    "shares": _shares,
    "position": _position,
    "positions": _some("positions"),
    "some values": _some("values"),
    "some error bars": _some("error bars"),
    "some lower whiskers": _some("lower whiskers"),
    "some upper whiskers": _some("upper whiskers"),
    "some whiskers": _some("whiskers"),
    "some outliers": _some("numbers of outliers"),
    "some cells": _some("cells"),
    "some colours": _some("colours"),
    "some series": _some_of("colours of {} of {} series differ"),
    "some marker sizes": _some("marker sizes"),
    "bins": _bins,
    "cells": _has("cells"),
    "parts": _has("parts"),
    "inner lines": _inner_lines,
    "some offsets": _some_of("{} of {} are pulled out by another distance"),
    "outliers": _has("outliers"),
    "place on axis": _with("stands at"),
    "outlier values": _constant("outliers stand elsewhere"),
    "bins span": _with("bins span"),
    "span": _with("spans"),
    "reach": _with("reaches from"),
    "ends": _with("runs from"),
    "violin form": _constant("has another form"),
    "grid line": _is,
    "grid line colour": _named("colour", _pair),
    "grid line width": _named("width", _rounded),
    "frame line": _is,
    "frame line colour": _named("colour", _pair),
    "frame line width": _named("width", _rounded),
    "start": _with("starts at"),
    "level": _with("is at"),
    "start angle": _with("starts at", "°"),
    "turn": _with("is turned by", "°"),
    "offset": _offset,
    "hole": _hole,
    "hatch": _hatch,
    "outline": _part,
    "shadow": _part,
    "line": _part,
    "lines": _part,
    "markers": _part,
    "arrow style": _named("style", _pair),
    "form name": _named("form", _pair),
    "marker sizes": lambda finding: f"marker sizes are {finding.candidate}",
    "arrow directions": _some("arrow directions"),
    "arrow lengths": _some("arrow lengths"),
    "arrows": _some_of("{} of {} arrows have another direction and length"),
    "line width": _pixels,
    "outline width": _pixels,
    "marker size": _pixels,
    "font size": _pixels,
    "font sizes": lambda finding: f"font is {finding.candidate}",
    "course": _course,
    "pie direction": _with("runs"),
    "inverted": _inverted,
    "colours": _colours,
    "columns": _columns,
    "tick places": _with("are at"),
    "offset text": _is,
    "colour range": _colour_range,
    "form": _constant("has another form or place"),
    "forms": _some_of("{} of {} parts have another form or place"),
    "image share": lambda finding: f"{_percent(finding)}% of the image differs",
    "points": _has("points"),
    "sampled points": _about("points"),
    "sampled values": _about("values"),
    "sampled parts": _about("parts"),
    "sampled cells": _about("cells"),
    "sampled colours": _about("colours"),
}
"""By attribute; others read ``<attribute> is … instead of …``."""
