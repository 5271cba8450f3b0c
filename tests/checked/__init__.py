"""Pairs of sources whose differences were listed by hand.

`charts`, `icons` and `tables` hold compact sources written in the manner of galleries and
encyclopedias; their lists state the report word by word. `real_charts`, `real_icons` and
`real_tables` list the differences of the pairs of `erm.dataset.checked`, whose sources come out of
published packages; the lists were written before the annotator ran and state what a report must say
(`Listed`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from erm.dataset.checked import checked_pairs

Expected = tuple[str, int, str, str]
"""Category, severity, location and description of one discrepancy."""


@dataclass(frozen=True)
class Checked:
    """A pair and the discrepancies that a person finds in its two pictures.

    Attributes:
        changes: (old, new) texts, each found once in the reference, that make the candidate.
    """

    name: str
    reference: str
    changes: tuple[tuple[str, str], ...]
    expected: tuple[Expected, ...] = ()

    @property
    def candidate(self) -> str:
        return _edited(self.name, self.reference, self.changes)


def _edited(name: str, source: str, changes: tuple[tuple[str, str], ...]) -> str:
    for old, new in changes:
        assert source.count(old) == 1, f"{name}: '{old}' is there {source.count(old)} times"
        source = source.replace(old, new)
    return source


@dataclass(frozen=True)
class Listed:
    """One difference as a person lists it, in words that a report must contain.

    Words are separated by spaces, their order and their case count nothing; ``red|crimson`` stands
    for either word, ``≈2.5`` for a length of that many units of the drawing, within 8 %.

    Attributes:
        where: words of the location.
        what: words of the location and the description together.
    """

    category: str
    severity: int
    where: str
    what: str

    def is_said_by(self, category: str, location: str, description: str, unit: float = 1) -> bool:
        """Whether an error of a report is this difference; severity is compared apart.

        Args:
            unit: pixels of the picture in one unit of the drawing.
        """
        said = f"{location}: {description}"
        return (
            category == self.category
            and _has(location, self.where, unit)
            and _has(said, self.what, unit)
        )


def _has(text: str, words: str, unit: float) -> bool:
    return all(
        any(_has_word(text, word, unit) for word in choice.split("|")) for choice in words.split()
    )


def _has_word(text: str, word: str, unit: float) -> bool:
    if word.startswith("≈"):
        wanted = float(word[1:]) * unit
        numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]
        return any(abs(number - wanted) <= max(0.08 * wanted, 0.6) for number in numbers)
    pattern = rf"(?<![\w.]){re.escape(word)}(?!\w|\.\d)"
    return re.search(pattern, text, re.IGNORECASE) is not None


@dataclass(frozen=True)
class Real:
    """What a person lists of a pair of `erm.dataset.checked`.

    Attributes:
        name: of the pair.
        units: length of the drawing's longer side in its own units; 0 where lengths are not stated.
    """

    name: str
    listed: tuple[Listed, ...] = ()
    units: float = 0

    @property
    def reference(self) -> str:
        return _SHIPPED[self.name].reference

    @property
    def candidate(self) -> str:
        return _SHIPPED[self.name].candidate


_SHIPPED = {pair.name: pair for pair in checked_pairs()}
