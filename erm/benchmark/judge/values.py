"""The two values that a description gives, and whose side each is on.

Covers cues such as "instead of", "should be" and "changed from". Not covered: whether two values
agree (`erm.benchmark.judge.likeness`).
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from erm.benchmark.judge import lexicon
from erm.benchmark.judge.places import element_named, is_name
from erm.benchmark.judge.tokens import Token

ValueKind = Literal["number", "colour", "text", "style", "shape"]


class Value(NamedTuple):
    """A value that a description names.

    Attributes:
        number: a number's value; 0 for other kinds.
        places: decimals that were written, negative for powers of ten: 1 for ``6.0``.
        approximate: whether the number was said to be one ("roughly 42").
    """

    kind: ValueKind
    text: str
    number: float = 0.0
    places: int = 0
    approximate: bool = False


def read_values(tokens: list[Token], task: str) -> tuple[dict[str, Value], frozenset[int]]:
    """The values by side, and the tokens that they took."""
    sides: dict[str, Value] = {}
    used: set[int] = set()
    loose: list[tuple[int, Value]] = []
    pending: str | None = None
    from_open = False
    # The side that "is" gave last, which "in the original" right after it may still overrule.
    tentative: tuple[int, str] | None = None

    def give(side: str, index: int, value: Value) -> None:
        if side not in sides:
            sides[side] = value
            used.add(index)

    def take_last(side: str) -> None:
        if loose and side not in sides:
            give(side, *loose.pop())

    index = 0
    while index < len(tokens):
        token = tokens[index]
        cue = lexicon.CUES.get(token.text) if token.form == "word" else None
        if cue is not None:
            used.add(index)
            if cue == "instead":
                take_last("candidate")
                pending = "reference"
            elif cue == "became":
                if pending != "candidate":
                    take_last("reference")
                pending = "candidate"
            elif cue == "from":
                pending, from_open = "reference", True
            elif cue == "to":
                pending = "candidate" if from_open else pending
            elif cue == "should":
                pending = "reference"
            elif cue in ("reference", "candidate"):
                if _says_next(tokens, index):
                    pending = cue
                    index += 1
                    used.add(index)
                elif tentative and index - tentative[0] <= 2 and cue not in sides:
                    sides[cue] = sides.pop(tentative[1])
                    pending = None
                elif loose and index - loose[-1][0] <= 2 and cue not in sides:
                    take_last(cue)
                    pending = None
                else:
                    pending = cue
            elif cue == "was":
                pending = pending or "was"
            elif cue == "but":
                pending = "candidate" if "candidate" not in sides else "reference"
            elif cue == "got":
                pending = "candidate"
            elif pending is None:
                pending = "is"
            index += 1
            continue
        value = _value_at(tokens, index, pending is not None, task)
        length = 1
        if value is not None and not from_open and _opens_range(tokens, index):
            length = 3
            value = Value("text", f"{value.text} to {tokens[index + 2].text}")
            used.update((index + 1, index + 2))
        if value is None:
            if token.form == "stop" and token.text not in ":,":
                pending = None
            index += 1
            continue
        side = "candidate" if pending == "is" else pending
        if side in ("candidate", "reference") and side not in sides:
            give(side, index, value)
            tentative = (index, side) if pending == "is" else None
            pending = None
        else:
            loose.append((index, value))
            pending = None if pending == "was" else pending
        index += length
    _complete(sides, loose, used)
    sides.update({f"loose {n}": value for n, (_, value) in enumerate(loose)})
    return sides, frozenset(used)


def _says_next(tokens: list[Token], index: int) -> bool:
    """Whether "the original" is followed by what it "is" or "shows"."""
    after = tokens[index + 1].text if index + 1 < len(tokens) else ""
    return lexicon.CUES.get(after) in ("is", "was")


def _opens_range(tokens: list[Token], index: int) -> bool:
    """Whether numbers stand as ``0 to 50``."""
    forms = [token.form for token in tokens[index : index + 3]]
    return forms == ["number", "word", "number"] and tokens[index + 1].text == "to"


def _complete(sides: dict[str, Value], loose: list[tuple[int, Value]], used: set[int]) -> None:
    """Give the side that is still open the nearest loose value of the same kind."""
    for side, other in (("reference", "candidate"), ("candidate", "reference")):
        if other in sides and side not in sides:
            fitting = [entry for entry in loose if entry[1].kind == sides[other].kind]
            if fitting:
                sides[side] = fitting[-1][1]
                used.add(fitting[-1][0])
                loose.remove(fitting[-1])


def _value_at(tokens: list[Token], index: int, after_cue: bool, task: str) -> Value | None:
    """The value that a token is, where it is one."""
    token = tokens[index]
    if token.form == "quote":
        return None if _names_place(tokens, index, task) else _quoted_value(token.text)
    if token.form == "number":
        before = tokens[index - 1].text if index else ""
        if element_named(before, task) is not None and not after_cue:
            return None
        approximate = before in lexicon.APPROXIMATE
        return Value("number", f"{token.number:g}", token.number, _places(token.text), approximate)
    if token.form == "stop":
        return None
    text = token.text
    if text in lexicon.COLOURS:
        return Value("colour", lexicon.COLOURS[text])
    if text in lexicon.STYLE_VALUES:
        return Value("style", text)
    if text in lexicon.CARDINALS:
        return Value("number", text, lexicon.CARDINALS[text])
    element = element_named(text, task)
    if element in lexicon.SHAPES and (after_cue or _before_instead(tokens, index)):
        return Value("shape", element)
    if (after_cue or _before_instead(tokens, index)) and is_name(text, None) and element is None:
        return Value("text", text)
    return None


def _names_place(tokens: list[Token], index: int, task: str) -> bool:
    """Whether a quoted text names a place: ``under 'Total'``, ``bar 'Q3'``."""
    before = tokens[index - 1] if index else None
    if before is None or before.form != "word":
        return False
    element = element_named(before.text, task)
    return before.text in lexicon.PLACING or (
        element is not None and element not in lexicon.TEXT_ELEMENTS
    )


def _quoted_value(text: str) -> Value:
    plain = re.sub(r"[,\s$€£%]", "", text).replace("−", "-")
    try:
        number = float(plain)
    except ValueError:
        return Value("text", text)
    if abs(number) == float("inf"):
        return Value("text", text)
    return Value("number", text, number, _places(plain))


def _places(text: str) -> int:
    """Decimals of a number as it is written: ``6.0`` has 1, ``1.5e3`` has -2."""
    digits, _, exponent = text.lower().partition("e")
    decimals = len(re.sub(r"\D", "", digits.partition(".")[2]))
    return decimals - int(exponent or 0)


def _before_instead(tokens: list[Token], index: int) -> bool:
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    return after is not None and lexicon.CUES.get(after.text) == "instead"
