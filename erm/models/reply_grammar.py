"""The grammar of a critic's reply as a finite automaton over bytes.

The automaton accepts what `erm.critics.base.write_reply` writes: compact JSON with the fields in
training order, the task's categories, severities 1 to 3, strings of valid UTF-8 with JSON's
escapes, and a limited number of errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from erm.report import BEGINNING, GRADES, categories_of
from erm.tasks import get_task
from erm.tasks.discrepancy import MINOR, SEVERE

DEAD = -1
"""No state: no reply begins with these bytes."""

_PLAIN = (*range(0x20, 0x22), *range(0x23, 0x5C), *range(0x5D, 0x80))
_HEX = b"0123456789abcdefABCDEF"
_LEADS = ((range(0xC2, 0xE0), 1), (range(0xE0, 0xF0), 2), (range(0xF0, 0xF5), 3))


@dataclass(frozen=True)
class ReplyGrammar:
    """The automaton. State 0 is the beginning of a reply.

    Attributes:
        table: (states, 256) int16, the next state for each byte, or `DEAD`.
        grade: the state before the digit of the overall grade.
        end: the state of a complete reply.
        blocks: the states of each error, in the same order for each.
    """

    table: NDArray[np.int16]
    grade: int
    end: int
    blocks: tuple[range, ...]


def reply_grammar(task: str, max_errors: int) -> ReplyGrammar:
    """The grammar of a task's replies with at most `max_errors` errors.

    Raises:
        ErmError: the task is unknown.
    """
    build = _Builder()
    key = get_task(task).category_key
    start = build.new()
    grade = build.text(start, BEGINNING.encode())
    graded = build.digit(grade, range(len(GRADES)))
    opened = build.text(graded, b',"errors":[')
    closing, end = build.new(), build.new()
    build.link(closing, b"}", end)
    build.link(opened, b"]", closing)
    begin = opened
    blocks = []
    for number in range(1, max_errors + 1):
        size = len(build.rows)
        inside = build.text(begin, b'{"location":"')
        inside = build.text(build.string(inside), b',"description":"')
        inside = build.text(build.string(inside), f',"{key}":"'.encode())
        inside = build.choice(inside, [f'{name}"'.encode() for name in categories_of(task)])
        inside = build.text(inside, b',"severity":')
        rated = build.digit(inside, range(MINOR, SEVERE + 1))
        after = build.text(rated, b"}")
        build.link(after, b"]", closing)
        begin = build.new()
        if number < max_errors:
            build.link(after, b",", begin)
        blocks.append(range(size, len(build.rows)))
    return ReplyGrammar(np.array(build.rows, dtype=np.int16), grade, end, tuple(blocks))


class _Builder:
    """Builds an automaton; each method returns the state after the text that it adds."""

    def __init__(self) -> None:
        self.rows: list[list[int]] = []

    def new(self) -> int:
        self.rows.append([DEAD] * 256)
        return len(self.rows) - 1

    def link(self, state: int, data: bytes | range, target: int) -> None:
        for byte in data:
            self.rows[state][byte] = target

    def text(self, state: int, data: bytes) -> int:
        """Exactly `data`; existing states are used again."""
        for byte in data:
            following = self.rows[state][byte]
            if following == DEAD:
                following = self.new()
                self.rows[state][byte] = following
            state = following
        return state

    def digit(self, state: int, values: range) -> int:
        """One digit, of `values`."""
        target = self.new()
        self.link(state, "".join(map(str, values)).encode(), target)
        return target

    def choice(self, state: int, texts: list[bytes]) -> int:
        """One of `texts`, none of which is a prefix of another."""
        target = self.new()
        for data in texts:
            self.link(self.text(state, data[:-1]), data[-1:], target)
        return target

    def string(self, state: int) -> int:
        """The rest of a JSON string, up to and including its closing quote."""
        self.link(state, bytes(_PLAIN), state)
        escape = self.new()
        self.link(state, b"\\", escape)
        self.link(escape, b'"\\/bfnrt', state)
        digits = [self.new() for _ in range(4)]
        self.link(escape, b"u", digits[0])
        for digit, following in zip(digits, [*digits[1:], state], strict=True):
            self.link(digit, _HEX, following)
        # An escaped surrogate is valid JSON, but not valid text.
        after_d = self.new()
        self.link(digits[0], b"dD", after_d)
        self.link(after_d, b"01234567", digits[2])
        # States by the number of continuation bytes to come; overlong forms are accepted.
        rest = [state, *(self.new() for _ in range(3))]
        for missing in (1, 2, 3):
            self.link(rest[missing], range(0x80, 0xC0), rest[missing - 1])
        for leads, missing in _LEADS:
            self.link(state, leads, rest[missing])
        after = self.new()
        self.link(state, b'"', after)
        return after
