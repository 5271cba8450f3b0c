"""Reading one error's words: where it is, what kind of difference, and the two values.

Covers tolerant, deterministic reading of our own templates and of free English with the words of
`erm.benchmark.judge.lexicon`. Not covered: comparing two readings (`erm.benchmark.judge.likeness`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from erm.benchmark.judge import lexicon
from erm.benchmark.judge.alignment import Error, named_category
from erm.benchmark.judge.places import Place, element_named, join_places, read_place
from erm.benchmark.judge.tokens import Token, tokenize
from erm.benchmark.judge.values import Value, read_values
from erm.tasks import get_task

LONGEST_TEXT = 600
"""Characters of a location or description that are read; a person's sentence is far shorter."""


@dataclass(frozen=True)
class Reading:
    """One error as read.

    Attributes:
        near: the place that the location alone gives; `wide`: by location and description.
        kinds: what differs, in the lexicon's names; empty where the words are general.
        text: location and description as compared for equality.
        direction: 1 where the candidate is the greater, -1 the smaller, 0 not given.
        candidate, reference: the two values; `loose` are values without a side.
        same_values: both sides have the same value ("10 instead of 10"), so that nothing is said.
    """

    category: str
    text: tuple[str, str]
    near: Place
    wide: Place
    kinds: frozenset[str]
    direction: int
    candidate: Value | None
    reference: Value | None
    loose: tuple[Value, ...]
    same_values: bool


_CAPITAL = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][\w]*|\b[A-Z]{2,}\b|\b\w*\d\w*[A-Za-z]\w*")


def read_error(error: Error, task: str) -> Reading:
    """Read one error object of any spelling; anything that is not text counts as absent."""
    return _read(
        str(named_category(error)),
        _text(error.get("location")),
        _text(error.get("description")),
        task,
    )


def _text(value: Any) -> str:
    return value[:LONGEST_TEXT] if isinstance(value, str) else ""


@lru_cache(maxsize=65536)
def _read(category: str, location: str, description: str, task: str) -> Reading:
    spoken = tokenize(description)
    roles, used = read_values(spoken, task)
    near = read_place(tokenize(location), task, frozenset(), None)
    if get_task(task).judge.capitals_are_names:
        # A capital inside distinguishes a label called Gold from the colour gold.
        near.names |= {word.lower() for word in _CAPITAL.findall(location)} & lexicon.COLOURS.keys()
    capitals = {word.lower() for word in _CAPITAL.findall(description)}
    wide = join_places(near, read_place(spoken, task, used, capitals))
    kinds = _kinds(spoken, used)
    kinds |= _implied_kinds(kinds, roles, spoken, used, task)
    if lexicon.STROKE_COLOUR_NOUNS & wide.words and "colour" in kinds and "fill" not in kinds:
        kinds = (kinds - {"colour"}) | {"stroke_colour"}
    return Reading(
        category,
        (location.lower(), description.lower()),
        near,
        wide,
        frozenset(kinds),
        _direction(spoken, roles),
        roles.get("candidate"),
        roles.get("reference"),
        tuple(value for name, value in roles.items() if name.startswith("loose")),
        _same_values(roles.get("candidate"), roles.get("reference"), description),
    )


def _same_values(candidate: Value | None, reference: Value | None, description: str) -> bool:
    """Whether a description gives one value for both sides.

    A colour may have another shade, and a text another case.
    """
    if candidate is None or reference is None or candidate.kind != reference.kind:
        return False
    if candidate.kind == "colour":
        return False
    if candidate.kind == "number":
        return candidate.number == reference.number
    spellings = set(re.findall(r"[^\s'\"‘’“”`]+", description))
    folded = {found.lower() for found in spellings}
    return candidate.text == reference.text and len(folded) == len(spellings)


def _kinds(tokens: list[Token], used: frozenset[int]) -> set[str]:
    kinds = set()
    for index, token in enumerate(tokens):
        if token.form != "word":
            continue
        if index in used and token.text not in lexicon.STYLE_VALUES:
            continue
        kind = lexicon.KIND_WORDS.get(token.text)
        if kind is not None:
            kinds.add(kind)
    return kinds


def _implied_kinds(
    kinds: set[str],
    roles: Mapping[str, Value],
    tokens: list[Token],
    used: frozenset[int],
    task: str,
) -> set[str]:
    """The kinds that values imply where no word names one."""
    value = roles.get("candidate") or roles.get("reference")
    if value is None:
        return set()
    if value.kind == "colour":
        return set() if kinds & {"fill", "colour"} else {"colour"}
    if value.kind == "style":
        return {lexicon.STYLE_VALUES[value.text]}
    if value.kind == "shape":
        return {"shape"}
    if value.kind == "number":
        following = {
            tokens[index + 1].text
            for index in used
            if index + 1 < len(tokens) and tokens[index].form in ("number", "word")
        }
        if "count" in kinds or any(
            word.endswith("s") and element_named(word, task) not in (None, "axis")
            for word in following
        ):
            return {"count"}
        return set() if kinds else {"value"}
    return set() if kinds else {"text"}


def _direction(tokens: list[Token], roles: Mapping[str, Value]) -> int:
    candidate, reference = roles.get("candidate"), roles.get("reference")
    if candidate and reference and candidate.kind == reference.kind == "number":
        return (candidate.number > reference.number) - (candidate.number < reference.number)
    directions = {
        lexicon.DIRECTIONS[token.text] for token in tokens if token.text in lexicon.DIRECTIONS
    }
    return directions.pop() if len(directions) == 1 else 0
