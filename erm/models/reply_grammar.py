"""The grammar of a critic's reply as a finite automaton over bytes.

The automaton accepts what `erm.critics.base.write_reply` writes: compact JSON with the fields in
training order, the task's categories, severities 1 to 3, strings of valid UTF-8 with JSON's
escapes, and a limited number of errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from erm.report import GRADES, OVERALL, categories_of
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
        end: the state of a complete reply.
        errors: (states,) int16, number of errors begun so far.
        grade: the state in which the next byte is the overall grade.
        severities: states in which the next byte is a severity digit.
        forks: states in which another error or the end of the list may still follow.
        closed: states in which no further error can follow.
        blocks: the states of each error, in the same order for each.
    """

    table: NDArray[np.int16]
    end: int
    errors: NDArray[np.int16]
    grade: int
    severities: frozenset[int]
    forks: frozenset[int]
    closed: frozenset[int]
    blocks: tuple[range, ...]


def reply_grammar(task: str, max_errors: int) -> ReplyGrammar:
    """The grammar of a task's replies with at most `max_errors` errors.

    Raises:
        ErmError: the task is unknown.
    """
    build = _Builder()
    key = get_task(task).category_key
    severities: set[int] = set()
    start = build.new(0)
    grade = build.text(start, f'{{"{OVERALL}":'.encode())
    graded = build.new(0)
    for value in range(len(GRADES)):
        build.link(grade, str(value).encode(), graded)
    opened = build.text(graded, b',"errors":[')
    forks = set(range(graded, opened + 1))
    closing = build.new(max_errors)
    end = build.new(max_errors)
    build.link(closing, b"}", end)
    build.link(opened, b"]", closing)
    begin = opened
    blocks = []
    for number in range(1, max_errors + 1):
        size = len(build.rows)
        first = build.new(number)
        build.link(begin, b"{", first)
        inside = build.text(first, b'"location":"')
        inside = build.text(build.string(inside), b',"description":"')
        inside = build.text(build.string(inside), f',"{key}":"'.encode())
        inside = build.choice(inside, [f'{name}"'.encode() for name in categories_of(task)])
        inside = build.text(inside, b',"severity":')
        severities.add(inside)
        rated = build.new(number)
        for severity in range(MINOR, SEVERE + 1):
            build.link(inside, str(severity).encode(), rated)
        after = build.text(rated, b"}")
        forks |= {rated, after}
        build.link(after, b"]", closing)
        begin = build.new(number)
        if number < max_errors:
            build.link(after, b",", begin)
        blocks.append(range(size, len(build.rows)))
    return ReplyGrammar(
        table=np.array(build.rows, dtype=np.int16),
        end=end,
        errors=np.array(build.errors, dtype=np.int16),
        grade=grade,
        severities=frozenset(severities),
        forks=frozenset(forks),
        closed=frozenset({closing, end}),
        blocks=tuple(blocks),
    )


class _Builder:
    """Builds an automaton; each method returns the state after the text that it adds."""

    def __init__(self) -> None:
        self.rows: list[list[int]] = []
        self.errors: list[int] = []

    def new(self, errors: int) -> int:
        self.rows.append([DEAD] * 256)
        self.errors.append(errors)
        return len(self.rows) - 1

    def link(self, state: int, data: bytes | range, target: int) -> None:
        for byte in data:
            self.rows[state][byte] = target

    def text(self, state: int, data: bytes) -> int:
        """Exactly `data`; existing states are used again."""
        for byte in data:
            following = self.rows[state][byte]
            if following == DEAD:
                following = self.new(self.errors[state])
                self.rows[state][byte] = following
            state = following
        return state

    def choice(self, state: int, texts: list[bytes]) -> int:
        """One of `texts`, none of which is a prefix of another."""
        target = self.new(self.errors[state])
        for data in texts:
            self.link(self.text(state, data[:-1]), data[-1:], target)
        return target

    def string(self, state: int) -> int:
        """The rest of a JSON string, up to and including its closing quote."""
        errors = self.errors[state]
        self.link(state, bytes(_PLAIN), state)
        escape = self.new(errors)
        self.link(state, b"\\", escape)
        self.link(escape, b'"\\/bfnrt', state)
        digits = [self.new(errors) for _ in range(4)]
        self.link(escape, b"u", digits[0])
        for digit, following in zip(digits, [*digits[1:], state], strict=True):
            self.link(digit, _HEX, following)
        # An escaped surrogate is valid JSON, but not valid text.
        after_d = self.new(errors)
        self.link(digits[0], b"dD", after_d)
        self.link(after_d, b"01234567", digits[2])
        # States by the number of continuation bytes to come; overlong forms are accepted.
        rest = [state, *(self.new(errors) for _ in range(3))]
        for missing in (1, 2, 3):
            self.link(rest[missing], range(0x80, 0xC0), rest[missing - 1])
        for leads, missing in _LEADS:
            self.link(state, leads, rest[missing])
        after = self.new(errors)
        self.link(state, b'"', after)
        return after
