"""Where a difference is, as far as words say: names, elements, counted rows, corners, colours.

Covers the reading of a location and of the places inside a description. Not covered: how two places
relate (`erm.benchmark.judge.likeness`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from erm.benchmark.judge import lexicon
from erm.benchmark.judge.tokens import Token
from erm.tasks import get_task


@dataclass
class Place:
    """Where a difference is, as far as words say.

    Attributes:
        names: identifiers such as ``q3``: quoted, capitalised, or not in the lexicon.
        words: every word, to look up the other side's names in.
        elements: names of what is drawn.
        axes: ``row`` and ``column`` with their numbers, counted from 1.
        ordinals: other counted elements (``third bar``).
        colours: colours that the place itself is named by.
        across, down: -1, 0, 1 for left to right and top to bottom; None where not given.
    """

    names: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    elements: set[str] = field(default_factory=set)
    axes: dict[str, int] = field(default_factory=dict)
    ordinals: dict[str, int] = field(default_factory=dict)
    colours: set[str] = field(default_factory=set)
    across: int | None = None
    down: int | None = None

    @property
    def given(self) -> bool:
        """Whether it places anything at all."""
        return bool(
            self.names
            or self.elements
            or self.axes
            or self.ordinals
            or self.colours
            or self.across is not None
            or self.down is not None
        )

    @property
    def broad(self) -> bool:
        """Whether it names a part but not which one (``legend``)."""
        return bool(self.elements) and not (
            self.names or self.axes or self.ordinals or self.across or self.down
        )


def _singular(word: str, table: Mapping[str, str]) -> str | None:
    if word in table:
        return table[word]
    return table.get(word[:-1]) if word.endswith("s") else None


@lru_cache(maxsize=65536)
def element_named(word: str, task: str) -> str | None:
    own = _singular(word, get_task(task).judge.elements)
    return own or _singular(word, lexicon.ELEMENTS)


def _counted(tokens: list[Token], index: int) -> int | None:
    """The number that counts the noun at `index`: ``row 2``, ``second row``, ``row two``."""
    if index and tokens[index - 1].form == "word":
        before = tokens[index - 1].text
        if before.startswith("#"):
            return int(before[1:])
        if before in lexicon.ORDINALS:
            return lexicon.ORDINALS[before]
    if index + 1 < len(tokens):
        after = tokens[index + 1]
        if after.form == "number" and after.number == int(after.number):
            return int(after.number)
        if after.form == "word" and after.text in lexicon.CARDINALS:
            return int(lexicon.CARDINALS[after.text])
        if after.form == "word" and after.text == "one":
            return 1
    return None


def read_place(
    tokens: list[Token], task: str, used: frozenset[int], capitals: set[str] | None
) -> Place:
    """The place in tokens; with `capitals`, only those unknown words are names, as in prose."""
    place = Place()
    taken = set(used)
    counted_lines = get_task(task).judge.counted_lines
    for index, token in enumerate(tokens):
        if token.form != "word" or index in used:
            continue
        element = element_named(token.text, task)
        if element is None:
            continue
        counted = _counted(tokens, index)
        if element in ("row", "column") and counted is not None and counted_lines:
            place.axes.setdefault(element, counted)
            taken.update((index, index if _is_ordinal(tokens, index - 1) else index + 1))
        else:
            if counted is not None and _is_ordinal(tokens, index - 1):
                place.ordinals.setdefault(element, counted)
            elif counted is not None and element in ("point", "subplot"):
                place.ordinals.setdefault(element, counted)
                taken.add(index + 1)
            place.elements.add(element)
            taken.add(index)
    for index, token in enumerate(tokens):
        if token.form == "stop" or index in used:
            continue
        place.words.update(token.text.split())
        if index in taken:
            continue
        _add_word(place, tokens, index, capitals)
    _settle_labels(place)
    return place


def _is_ordinal(tokens: list[Token], index: int) -> bool:
    text = tokens[index].text if index >= 0 else ""
    return text.startswith("#") or text in lexicon.ORDINALS


def _add_word(place: Place, tokens: list[Token], index: int, capitals: set[str] | None) -> None:
    token, prose = tokens[index], capitals is not None
    text = token.text
    if token.form == "quote":
        place.names.add(text)
    elif token.form == "number":
        if not prose:
            place.names.add(f"{token.number:g}")
        place.words.add(f"{token.number:g}")
    elif text in lexicon.HORIZONTAL:
        place.across = lexicon.HORIZONTAL[text]
    elif text in lexicon.VERTICAL:
        place.down = lexicon.VERTICAL[text]
    elif text == "lower" and (not prose or _corner(tokens, index)):
        place.down = 1
    elif text in lexicon.CENTRE:
        place.across = 0 if place.across is None else place.across
        place.down = 0 if place.down is None else place.down
    elif text in lexicon.COLOURS:
        place.colours.add(lexicon.COLOURS[text])
    elif is_name(text, capitals):
        place.names.add(text)


def _corner(tokens: list[Token], index: int) -> bool:
    after = tokens[index + 1].text if index + 1 < len(tokens) else ""
    return after in lexicon.HORIZONTAL or after in ("half", "part", "corner", "edge", "row")


def is_name(text: str, capitals: set[str] | None) -> bool:
    if (
        text in lexicon.STOP
        or text in lexicon.CONTAINERS
        or text in lexicon.CUES
        or text in lexicon.ORDINALS
        or text.startswith("#")
        or _singular(text, lexicon.CONTAINER_WORDS) is not None
    ):
        return False
    if capitals is None:
        return text not in lexicon.KIND_WORDS and text not in lexicon.DIRECTIONS
    return text in capitals and text not in lexicon.KIND_WORDS


def _settle_labels(place: Place) -> None:
    """One name for an axis' own label, whether it was called title or label of the axis."""
    named = place.elements & {"xaxis", "yaxis", "axis", "colorbar"}
    if named and place.elements & {"title", "label"} and "tick" not in place.elements:
        place.elements -= {"title", "label"}
        place.elements.add("axislabel")
    if "tick" in place.elements:
        place.elements.discard("label")


def join_places(near: Place, spoken: Place) -> Place:
    """Both together; what the location says wins over what the description says."""
    joined = Place(
        names=near.names | spoken.names,
        words=near.words | spoken.words,
        elements=near.elements | spoken.elements,
        axes={**spoken.axes, **near.axes},
        ordinals={**spoken.ordinals, **near.ordinals},
        colours=near.colours | spoken.colours,
        across=near.across if near.across is not None else spoken.across,
        down=near.down if near.down is not None else spoken.down,
    )
    _settle_labels(joined)
    return joined
