"""Differences in the style of two texts: bold, italic, lines, raised, size, colour, highlight.

Covers changes of a text as a whole and of a part of it. Not covered: which cells share a change
(`erm.tasks.table.looks`), and what the texts say.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from erm.tasks.table.scene import Style, Text
from erm.tasks.table.wording import alike, color_pair, shortened

SAME_RATIO = 0.05
"""Share by which the factors of two changes of size may differ and still be one: sizes are
rounded, and code has a size of its own."""

_FONT_SHARE = 0.03
"""Share by which equal text of equal style must differ in width to be in another font."""
_KEYS = ("bold", "italic", "underline", "strike", "raised", "size", "color", "mark")


@dataclass(frozen=True)
class Change:
    """One visible property of one cell; `words` say it without a location, and tell two apart.

    Attributes:
        before, after: the property's values.
    """

    key: str
    words: str
    before: object = field(default=None, compare=False)
    after: object = field(default=None, compare=False)


@dataclass(frozen=True)
class PartChange:
    """A change of a part of a text.

    Attributes:
        change: the change as it is told of a whole text.
        words: the change told of the part.
        whole: whether all of the text that looked like the part has changed alike, or most of the
            text, so that it may belong to a change that other cells share.
    """

    change: Change
    words: str
    whole: bool


def text_changes(ours: Text, theirs: Text, background: tuple[str, str]) -> list[Change]:
    """Changes of properties that hold for each text as a whole."""
    before, after = uniform(ours), uniform(theirs)
    changes = [
        _change(key, after[key], before[key], background)
        for key in _KEYS
        if key in before and key in after and not same(key, before[key], after[key])
    ]
    if any(change.key == "raised" for change in changes):
        changes = [change for change in changes if change.key != "size"]
    same_style = not changes and ours.plain == theirs.plain
    same_style = same_style and not part_changes(ours, theirs, background)
    if same_style and ours.lines == theirs.lines:
        largest = max(ours.width, theirs.width)
        if abs(ours.width - theirs.width) > max(2.0, _FONT_SHARE * largest):
            changes.append(Change("font", "text is in another font"))
    return changes


def part_changes(ours: Text, theirs: Text, background: tuple[str, str]) -> list[PartChange]:
    """Changes of parts of a text that is otherwise the same; empty for other texts."""
    if ours.runs == theirs.runs or ours.plain != theirs.plain or not ours.plain:
        return []
    before, after = _by_char(ours), _by_char(theirs)
    settled = uniform(ours).keys() & uniform(theirs).keys()
    raised = any(old.raised != new.raised for old, new in zip(before, after, strict=True))
    found = []
    for key in _KEYS:
        # Raised text is smaller as a matter of course
        if key in settled or (key == "size" and raised):
            continue
        values = [
            (getattr(before[index], key), getattr(after[index], key), index)
            for index, char in enumerate(ours.plain)
            if not char.isspace()
        ]
        differing = [value for value in values if not same(key, *value[:2])]
        if not differing:
            continue
        then, now = _commonest(differing)
        change = _change(key, now, then, background)
        if key == "bold":
            quoted = f"is {'bold instead of regular' if now else 'regular instead of bold'}"
        else:
            quoted = change.words.removeprefix("text ")
        part = shortened(ours.plain[differing[0][2] : differing[-1][2] + 1])
        whole = _is_whole(key, values, then, now)
        found.append(PartChange(change, f"'{part}' {quoted}", whole))
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
    """Whether nobody would tell two values of a property apart."""
    if key in ("color", "mark") and isinstance(before, str) and isinstance(after, str):
        return alike(before, after)
    if key == "size" and isinstance(before, float) and isinstance(after, float):
        return abs(before - after) < 0.5
    return before == after


def same_ratio(first: Change, second: Change) -> bool:
    """Whether two changes of size are by the same factor."""
    one, other = _ratio(first.before, first.after), _ratio(second.before, second.after)
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


_FLAGS = {
    "header": ("a header", "a normal cell"),
    "italic": ("italic", "upright"),
    "underline": ("underlined", "plain"),
    "strike": ("struck out", "plain"),
}
_RAISED = {1: "superscript", 0: "on the line", -1: "subscript"}


def _change(key: str, after: object, before: object, background: tuple[str, str]) -> Change:
    """The change of a text's property; a bold cell looks like a header."""
    key = "header" if key == "bold" else key
    return Change(key, _words(key, after, before, background), before, after)


def _words(key: str, after: object, before: object, background: tuple[str, str]) -> str:
    subject = "is" if key == "header" else "text is"
    if key in _FLAGS:
        yes, no = _FLAGS[key]
        now, then = (yes, no) if after else (no, yes)
        return f"{subject} {now} instead of {then}"
    if key == "raised":
        return f"text is {_RAISED[int(str(after))]} instead of {_RAISED[int(str(before))]}"
    if key == "size":
        return f"text is {after:g} px instead of {before:g} px"
    now_color = str(after or background[1])
    then_color = str(before or background[0])
    now, then = color_pair(now_color, then_color)
    if key == "mark":
        return f"highlight is {now} instead of {then}"
    return f"text is {now} instead of {then}"


def _by_char(text: Text) -> list[Style]:
    return [run.style for run in text.runs for _ in run.text]
