"""Whether two readings mean the same discrepancy: yes, partly, or no.

Covers the comparison of place, kind of difference and values, and the rule that turns them into a
level; the rules are described in ``docs/benchmark.md``. Not covered: the assignment of whole
lists (`erm.benchmark.judge.offline`).
"""

from __future__ import annotations

from difflib import SequenceMatcher
from enum import IntEnum
from functools import cache, lru_cache
from typing import NamedTuple

from erm.benchmark.judge import lexicon
from erm.benchmark.judge.alignment import Level
from erm.benchmark.judge.places import Place
from erm.benchmark.judge.values import Value
from erm.benchmark.judge.wording import Reading
from erm.tasks import get_task

APPROXIMATE_TOLERANCE = 0.10
"""A number that is said to be approximate agrees within this share of the larger one."""
TEXT_LIKENESS = 0.6
"""Two texts agree from this ratio of `difflib` on: a misread letter, not another word."""
NAME_LIKENESS = 0.8
"""The same for names of at least five characters in a place."""

_ALWAYS = "colour~fill colour~stroke_colour colour~opacity font~size marker~shape \
alignment~position spacing~position scale~range count~missing count~extra"


@cache
def _compatible(task: str) -> frozenset[tuple[str, str]]:
    """Pairs of kinds that different people use for the same difference of a task."""
    named = (pair.split("~") for pair in f"{_ALWAYS} {get_task(task).judge.kinds}".split())
    return frozenset(pair for first, second in named for pair in ((first, second), (second, first)))


class PlaceRelation(IntEnum):
    """How two places relate, from the same one to another one."""

    SAME = 0
    VAGUE = 1
    """One is given less precisely and does not contradict the other."""
    UNKNOWN = 2
    """They are given in terms that can't be compared."""
    NEAR = 3
    """Direct neighbours."""
    OTHER = 4


class ValueRelation(IntEnum):
    """How what two descriptions say of the values relates."""

    BOTH = 0
    """Both descriptions give both values, and they agree."""
    AGREE = 1
    NOT_GIVEN = 2
    CONFLICT = 3


class Verdict(NamedTuple):
    """A level, and in [0, 1] how well the two fit, for choosing between equal levels."""

    level: Level
    fit: float


def compare_readings(predicted: Reading, annotated: Reading, task: str) -> Verdict | None:
    """The level at which two errors of a task match; None where they don't."""
    if predicted.text == annotated.text and predicted.category == annotated.category:
        return Verdict("yes", 1.0)
    if predicted.same_values or annotated.same_values:
        return None
    values = _relate_values(predicted, annotated)
    kinds = _kinds_agree(predicted, annotated, task, values)
    if kinds is False:
        return None
    place = _relate_places(predicted, annotated, task)
    if place is PlaceRelation.OTHER:
        return None
    level = _level(place, kinds, values, _distinctive(predicted))
    if level is None:
        return None
    if values is ValueRelation.NOT_GIVEN and _gives_value(predicted) != _gives_value(annotated):
        level = "partial"
    if predicted.category != annotated.category:
        if level == "partial":
            return None
        level = "partial"
    fit = 1 - (place + values) / 8 - (0 if kinds else 0.1)
    return Verdict(level, max(0.0, fit))


def _level(
    place: PlaceRelation, kinds: bool | None, values: ValueRelation, distinctive: bool
) -> Level | None:
    exact = values is ValueRelation.BOTH
    if place is PlaceRelation.SAME:
        return "partial" if values is ValueRelation.CONFLICT or kinds is None else "yes"
    if kinds is None or values is ValueRelation.CONFLICT:
        return None
    if place is PlaceRelation.VAGUE:
        return "yes" if exact and distinctive else "partial"
    if place is PlaceRelation.UNKNOWN:
        if exact:
            return "yes" if distinctive else "partial"
        return None
    return "partial" if exact else None


def _gives_value(reading: Reading) -> bool:
    """Whether a description says what the value is, or at least in which direction it differs."""
    values = (reading.candidate, reading.reference, *reading.loose)
    return reading.direction != 0 or any(value is not None for value in values)


def _distinctive(reading: Reading) -> bool:
    """Whether two such values by themselves tell one error from another; colours never do."""
    values = [value for value in (reading.candidate, reading.reference) if value is not None]
    return len(values) == 2 and all(
        (value.kind == "text" and len(value.text) >= 2)
        or (value.kind == "number" and len(value.text.lstrip("-0.").replace(".", "")) >= 2)
        for value in values
    )


def _kinds_agree(left: Reading, right: Reading, task: str, values: ValueRelation) -> bool | None:
    """True for the same kind, False for different ones, None where a side is general."""
    if not left.kinds or not right.kinds:
        return True if values <= ValueRelation.AGREE else None
    if left.kinds & right.kinds:
        presence = {"missing", "extra"}
        opposed = left.kinds & presence != right.kinds & presence
        return not (opposed and left.kinds & right.kinds <= {"colour", "fill", "size"})
    compatible = _compatible(task)
    if any((a, b) in compatible for a in left.kinds for b in right.kinds):
        return True
    return values is ValueRelation.BOTH


def _relate_values(left: Reading, right: Reading) -> ValueRelation:
    agreeing = 0
    for one, other in (
        (left.candidate, right.candidate),
        (left.reference, right.reference),
    ):
        if one is None or other is None or one.kind != other.kind:
            continue
        if not _values_agree(one, other):
            return ValueRelation.CONFLICT
        agreeing += 1
    if left.direction * right.direction < 0:
        return ValueRelation.CONFLICT
    if agreeing == 2:
        return ValueRelation.BOTH
    if agreeing == 1:
        return ValueRelation.AGREE
    return _relate_loose(left, right)


def _relate_loose(left: Reading, right: Reading) -> ValueRelation:
    """Values without a side agree with any of the other's; without any, nothing is given."""
    one = [v for v in (left.candidate, left.reference, *left.loose) if v is not None]
    other = [v for v in (right.candidate, right.reference, *right.loose) if v is not None]
    shared = any(_values_agree(a, b) for a in one for b in other)
    return ValueRelation.AGREE if shared else ValueRelation.NOT_GIVEN


def _values_agree(left: Value, right: Value) -> bool:
    if left.kind == right.kind == "number":
        return _numbers_agree(left, right)
    if left.text == right.text:
        return True
    if left.kind == right.kind == "colour":
        return frozenset((left.text, right.text)) in lexicon.NEAR_COLOURS
    if left.kind == right.kind == "text":
        return _alike(left.text, right.text, TEXT_LIKENESS)
    return False


def _numbers_agree(predicted: Value, annotated: Value) -> bool:
    """Whether two numbers are the same by what their digits say.

    The number with fewer decimals stands for all that round to it: 4.1 is 4, but 10 is not 11.
    """
    difference = abs(predicted.number - annotated.number)
    if predicted.approximate or annotated.approximate:
        larger = max(abs(predicted.number), abs(annotated.number))
        return difference <= APPROXIMATE_TOLERANCE * larger
    places = max(-300, min(predicted.places, annotated.places, 300))
    return difference <= 0.5000001 * 10.0**-places if difference else True


@lru_cache(maxsize=65536)
def _alike(left: str, right: str, least: float) -> bool:
    """Whether the ratio of `difflib` is at least so high; its cheap upper bounds come first."""
    first, second = sorted((left, right))
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return (
        matcher.real_quick_ratio() >= least
        and matcher.quick_ratio() >= least
        and matcher.ratio() >= least
    )


def _relate_places(left: Reading, right: Reading, task: str) -> PlaceRelation:
    if left.near.given and right.near.given:
        if left.near.broad and right.near.broad and "text" not in left.kinds | right.kinds:
            return _relate(left.wide, right.wide, left, right, task)
        relation = _relate(left.near, right.near, left, right, task)
        if relation in (PlaceRelation.SAME, PlaceRelation.OTHER):
            return relation
        return min(relation, _relate(left.wide, right.wide, left, right, task))
    return _relate(left.wide, right.wide, left, right, task)


def _relate(
    left: Place, right: Place, left_reading: Reading, right_reading: Reading, task: str
) -> PlaceRelation:
    """The relation of two places, from every feature that both give."""
    if not left.given or not right.given:
        both_whole = not left.given and not right.given
        return PlaceRelation.SAME if both_whole else PlaceRelation.UNKNOWN
    found = [
        _relate_counts(left.axes, right.axes),
        _relate_counts(left.ordinals, right.ordinals),
        _relate_elements(left, right, left_reading, right_reading),
        _relate_names(left, right),
        _relate_grid(left, right),
        _relate_colours(left, right, left_reading, right_reading, task),
    ]
    known = [relation for relation in found if relation is not None]
    worst = max(known, default=PlaceRelation.UNKNOWN)
    if left.axes and left.axes == right.axes and worst <= PlaceRelation.UNKNOWN:
        return PlaceRelation.SAME
    agreed = PlaceRelation.SAME in known
    if worst is PlaceRelation.UNKNOWN and agreed:
        return PlaceRelation.VAGUE
    if (
        worst is PlaceRelation.VAGUE
        and not agreed
        and not any(
            (left.axes and right.axes, left.names & right.names, left.elements & right.elements)
        )
    ):
        return PlaceRelation.VAGUE if _relate_grid(left, right) else PlaceRelation.UNKNOWN
    # A shape and its colour name an icon's part well enough without the corner it sits in.
    named_twice = bool(left.colours & right.colours and left.elements & right.elements)
    if worst is PlaceRelation.VAGUE and named_twice and not (left.names or right.names):
        return PlaceRelation.SAME
    return worst


def _relate_counts(left: dict[str, int], right: dict[str, int]) -> PlaceRelation | None:
    if not left and not right:
        return None
    shared = left.keys() & right.keys()
    if not shared:
        return PlaceRelation.UNKNOWN
    apart = [abs(left[axis] - right[axis]) for axis in shared]
    if sum(apart) > 1 or any(min(left[a], right[a]) < 0 for a in shared if left[a] != right[a]):
        return PlaceRelation.OTHER
    if sum(apart) == 1:
        return PlaceRelation.NEAR
    return PlaceRelation.SAME if left.keys() == right.keys() else PlaceRelation.VAGUE


def _relate_elements(
    left: Place, right: Place, left_reading: Reading, right_reading: Reading
) -> PlaceRelation | None:
    one, other = left.elements, right.elements
    if not one and not other:
        return None
    if not one or not other:
        return PlaceRelation.VAGUE if not (left.names and right.names) else None
    if one == other:
        return PlaceRelation.SAME
    shared = one & other
    if not shared:
        if {"series"} in (one, other) and one | other <= lexicon.MARKS:
            return None if left.names and right.names else PlaceRelation.VAGUE
        if one | other <= lexicon.SHAPES and (
            one <= _values_of_kind(left_reading, right_reading, "shape")
            or other <= _values_of_kind(left_reading, right_reading, "shape")
        ):
            return PlaceRelation.SAME
        return PlaceRelation.OTHER
    left_rest, right_rest = one - shared, other - shared
    if {"xaxis", "yaxis"} <= left_rest | right_rest and left_rest and right_rest:
        return PlaceRelation.OTHER
    qualified = (left_rest | right_rest) & lexicon.QUALIFIERS
    if qualified:
        # "title" alone is the chart's own, so a legend's or an axis' title is another one.
        return PlaceRelation.OTHER if shared == {"title"} else PlaceRelation.VAGUE
    return PlaceRelation.SAME


def _values_of_kind(left: Reading, right: Reading, kind: str) -> set[str]:
    """The values of a kind that either description names."""
    values = (left.candidate, left.reference, right.candidate, right.reference)
    return {
        value.text
        for value in (*values, *left.loose, *right.loose)
        if value is not None and value.kind == kind
    }


def _relate_names(left: Place, right: Place) -> PlaceRelation | None:
    if not left.names and not right.names:
        return None
    if not left.names or not right.names:
        known, other = (left, right) if left.names else (right, left)
        covered = sum(_known(name, other) for name in known.names)
        if covered == len(known.names):
            return PlaceRelation.SAME
        # Coordinates on the other side may well be what these names stand for.
        return PlaceRelation.UNKNOWN if other.axes or other.ordinals else PlaceRelation.VAGUE
    left_rest = [name for name in left.names if not _known(name, right)]
    right_rest = [name for name in right.names if not _known(name, left)]
    if not left_rest and not right_rest:
        return PlaceRelation.SAME
    if len(left_rest) == len(left.names) and len(right_rest) == len(right.names):
        return PlaceRelation.OTHER
    if left_rest and right_rest:
        return PlaceRelation.NEAR
    return PlaceRelation.VAGUE


def _known(name: str, other: Place) -> bool:
    if name in other.names or name in other.words or all(w in other.words for w in name.split()):
        return True
    return len(name) >= 5 and any(
        len(known) >= 5 and _alike(name, known, NAME_LIKENESS) for known in other.names
    )


def _relate_grid(left: Place, right: Place) -> PlaceRelation | None:
    one, other = (left.across, left.down), (right.across, right.down)
    if one == (None, None) and other == (None, None):
        return None
    if (None, None) in (one, other):
        return PlaceRelation.VAGUE
    relation = PlaceRelation.SAME
    for a, b in zip(one, other, strict=True):
        apart = abs((a or 0) - (b or 0))
        if apart == 2:
            return PlaceRelation.OTHER
        if apart == 1:
            step = PlaceRelation.NEAR if a is not None and b is not None else PlaceRelation.VAGUE
            relation = max(relation, step)
    return relation


def _relate_colours(
    left: Place, right: Place, left_reading: Reading, right_reading: Reading, task: str
) -> PlaceRelation | None:
    if not left.colours or not right.colours:
        return None
    if left.colours & right.colours:
        return PlaceRelation.SAME
    pairs = {frozenset((a, b)) for a in left.colours for b in right.colours}
    if pairs & lexicon.NEAR_COLOURS:
        return PlaceRelation.SAME
    colours = _values_of_kind(left_reading, right_reading, "colour")
    # An element whose colour differs may be named by either of its two colours.
    return None if colours & left.colours and colours & right.colours else PlaceRelation.OTHER
