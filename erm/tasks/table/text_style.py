"""Differences in the style of two texts: bold, italic, lines, raised, size, colour, highlight.

Covers changes of a text as a whole and of a part of it. Not covered: which cells share a change
(`erm.tasks.table.looks`), and what the texts say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field

from erm.tasks.shared.colours import colour_words, is_visible
from erm.tasks.table.elements import Border, Value
from erm.tasks.table.scene import Style, Text

SAME_RATIO = 0.05
"""Share by which the factors of two changes of size may differ and still be one: sizes are
rounded, and code has a size of its own."""

_WIDTH_SHARE = 0.03
"""Share by which equal text of equal style must differ in width to be seen as spaced otherwise."""
_BLANK = 0.35
"""Share of the font's size that a blank is at most wide; WeasyPrint counts one that ends a line
from right to left."""
_COLOURS = ("color", "mark", "background")
_KEYS = ("bold", "italic", "underline", "strike", "raised", "size", "font", "color", "mark")


@dataclass(frozen=True)
class Change:
    """One visible property of one cell; two changes are equal where people call them the same.

    Attributes:
        rule: name of the rule.
        group: what people call it: names of colours, or the values.
        reference, candidate: the property's values.
    """

    rule: str
    group: Hashable
    reference: Value = field(compare=False)
    candidate: Value = field(compare=False)


def change_of(rule: str, reference: Value, candidate: Value) -> Change:
    """The change of a property."""
    group: Hashable = (candidate, reference)
    if rule in _COLOURS:
        group = colour_words(str(candidate), str(reference))
    elif isinstance(reference, Border) and isinstance(candidate, Border):
        group = _border_group(reference, candidate)
    return Change(rule, group, reference, candidate)


def _border_group(reference: Border, candidate: Border) -> Hashable:
    sides = candidate.sides if len(candidate.sides) == 1 else "several"
    before, after = reference.line, candidate.line
    if before is None or after is None:
        return sides, before is None
    if abs(after.width - before.width) >= 0.5:
        return sides, after.width, before.width
    if after.style != before.style:
        return sides, after.style, before.style
    return sides, colour_words(after.color, before.color)


@dataclass(frozen=True)
class PartChange:
    """A change of a part of a text.

    Attributes:
        change: the change, as if it held for the whole text.
        part: the stretch of text that changed.
        whole: whether all of the text that looked like the part has changed alike, or most of the
            text, so that it may belong to a change that other cells share.
    """

    change: Change
    part: str
    whole: bool


def text_changes(reference: Text, candidate: Text, background: tuple[str, str]) -> list[Change]:
    """Changes of properties that hold for each text as a whole.

    Args:
        background: ``#rrggbb`` behind the reference's and the candidate's text.
    """
    before, after = uniform(reference), uniform(candidate)
    changes = [
        _change(key, before[key], after[key], background)
        for key in _KEYS
        if key in before and key in after and not same(key, before[key], after[key])
    ]
    if any(change.rule == "raised" for change in changes):
        changes = [change for change in changes if change.rule != "size"]
    same_style = bool(not changes and reference.runs and reference.plain == candidate.plain)
    same_style = same_style and not part_changes(reference, candidate, background)
    if same_style and reference.lines == candidate.lines:
        largest = max(reference.width, candidate.width)
        seen = max(2.0, _WIDTH_SHARE * largest, _BLANK * reference.runs[0].style.size)
        if abs(reference.width - candidate.width) > seen:
            changes.append(Change("text_width", None, reference.width, candidate.width))
    return changes


def part_changes(reference: Text, candidate: Text, background: tuple[str, str]) -> list[PartChange]:
    """Changes of parts of a text that is otherwise the same; empty for other texts."""
    plain = reference.plain
    if reference.runs == candidate.runs or plain != candidate.plain or not plain:
        return []
    before, after = _by_char(reference), _by_char(candidate)
    settled = uniform(reference).keys() & uniform(candidate).keys()
    raised = any(first.raised != second.raised for first, second in zip(before, after, strict=True))
    found = []
    for key in _KEYS:
        # Raised text is smaller as a matter of course
        if key in settled or (key == "size" and raised):
            continue
        values = [
            (getattr(before[index], key), getattr(after[index], key), index)
            for index, char in enumerate(plain)
            if not char.isspace()
        ]
        differing = [value for value in values if not same(key, *value[:2])]
        if not differing:
            continue
        commonest = _commonest(differing)
        part = plain[differing[0][2] : differing[-1][2] + 1]
        whole = _is_whole(key, values, *commonest)
        found.append(PartChange(_change(key, *commonest, background), part, whole))
    return found


def uniform(text: Text) -> dict[str, object]:
    """Properties with one value over all of a text."""
    styles = [run.style for run in text.runs]
    values: dict[str, object] = {}
    for key in _KEYS:
        held = {getattr(style, key) for style in styles}
        if len(held) == 1:
            values[key] = held.pop()
    return values


def same(key: str, before: object, after: object) -> bool:
    """Whether nobody sees that two values of a property differ."""
    if key in ("color", "mark") and isinstance(before, str) and isinstance(after, str):
        return not is_visible(before, after)
    if key == "size" and isinstance(before, float) and isinstance(after, float):
        return abs(before - after) < 0.5
    return before == after


def same_ratio(first: Change, second: Change) -> bool:
    """Whether two changes of size are by the same factor."""
    one = _ratio(first.reference, first.candidate)
    other = _ratio(second.reference, second.candidate)
    return abs(one / other - 1) <= SAME_RATIO


def _ratio(before: object, after: object) -> float:
    assert isinstance(before, float)
    assert isinstance(after, float)
    return after / before


def _commonest(values: list[tuple[object, object, int]]) -> tuple[object, object]:
    """The change of most characters, the first of equals."""
    return Counter((then, now) for then, now, _ in values).most_common(1)[0][0]


def _is_whole(
    key: str, values: list[tuple[object, object, int]], then: object, now: object
) -> bool:
    """Whether nothing else changed, and all that looked alike did, or most of the text."""
    changed = [(old, new) for old, new, _ in values if not same(key, old, new)]
    if key == "size":
        # Raised text and code have sizes of their own, which follow by other factors
        grown = _ratio(then, now) > 1
        return len(changed) == len(values) and all(
            (_ratio(old, new) > 1) == grown for old, new in changed
        )
    if not all(same(key, old, then) and same(key, new, now) for old, new in changed):
        return False
    kept = any(same(key, old, new) and same(key, old, then) for old, new, _ in values)
    return not kept or 2 * len(changed) >= len(values)


def _change(key: str, before: object, after: object, background: tuple[str, str]) -> Change:
    """The change of a text's property; text without highlight has its background's colour."""
    if key in ("color", "mark"):
        return change_of(key, str(before or background[0]), str(after or background[1]))
    assert isinstance(before, bool | int | float | str)
    assert isinstance(after, bool | int | float | str)
    return change_of(key, before, after)


def _by_char(text: Text) -> list[Style]:
    return [run.style for run in text.runs for _ in run.text]
