"""Texts as people compare and quote them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA, Levenshtein

from erm.tasks.shared.numbers import is_unit

LONGEST_QUOTE = 40
"""Characters of a text that a report shows."""

_COMPARED = 200
"""Characters at the start of a text that a distance looks at."""

_SHORTEST_WORD = 4
"""Letters from which a word is still read in spite of a slip."""


def edit_distance(reference: str, candidate: str) -> int:
    """Levenshtein distance: letters added, lost or replaced."""
    return Levenshtein.distance(reference, candidate)


def normalized_distance(reference: str, candidate: str) -> float:
    """Levenshtein distance over the longer text's length, 0 to 1; 0 for two empty texts."""
    return Levenshtein.normalized_distance(reference, candidate)


def normalized_distances(
    references: Sequence[str], candidates: Sequence[str]
) -> NDArray[np.float64]:
    """`normalized_distance` of each reference, a row, and each candidate, a column."""
    distances: NDArray[np.float64] = process.cdist(
        references, candidates, scorer=Levenshtein.normalized_distance, dtype=np.float64
    )
    return distances


def text_distance(reference: str, candidate: str) -> float:
    """`normalized_distance` of the first 200 characters: enough to pair texts."""
    return normalized_distance(reference[:_COMPARED], candidate[:_COMPARED])


def is_typo(candidate: str, reference: str) -> bool:
    """Whether a reader still takes one text for the other.

    True where only case, spaces or punctuation differ, or one slip in one or two words of four
    letters and more. A slip is a letter added, lost or replaced, or two neighbours exchanged
    (Damerau 1964). Another digit, decimal point or unit is no slip.
    """
    if _numbers(candidate) != _numbers(reference):
        return False
    first, second = candidate.split(), reference.split()
    pairs = []
    if len(first) == len(second):
        pairs = [pair for pair in zip(first, second, strict=True) if pair[0] != pair[1]]
    if any(is_unit(a) and is_unit(b) for a, b in pairs):
        return False
    if _letters(candidate) == _letters(reference):
        return True
    return 0 < len(pairs) <= 2 and all(_is_slip(_letters(a), _letters(b)) for a, b in pairs)


def _is_slip(candidate: str, reference: str) -> bool:
    longest = max(len(candidate), len(reference))
    return longest >= _SHORTEST_WORD and OSA.distance(candidate, reference) <= 1


def _letters(text: str) -> str:
    """Letters and digits alone; the text itself where it has none."""
    return "".join(char for char in text.casefold() if char.isalnum()) or text


def _numbers(text: str) -> list[str]:
    """Numbers of a text, without marks of thousands."""
    return re.findall(r"\d+(?:\.\d+)*", re.sub(r"(?<=\d),(?=\d{3}\b)", "", text))


def shorten(text: str, longest: int = LONGEST_QUOTE) -> str:
    """A text on one line, cut after `longest` characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def quote(text: str, longest: int = LONGEST_QUOTE) -> str:
    """A shortened text in single quotes."""
    return f"'{shorten(text, longest)}'"


def differing_words(candidate: str, reference: str) -> tuple[str, str]:
    """Two texts that differ; of long ones the words between their common start and end."""
    if max(len(candidate), len(reference)) <= LONGEST_QUOTE:
        return candidate, reference
    first, second = candidate.split(), reference.split()
    head = _common(first, second)
    first, second = first[head:], second[head:]
    tail = _common(first[::-1], second[::-1])
    first, second = first[: len(first) - tail], second[: len(second) - tail]
    return (candidate, reference) if first == second else (" ".join(first), " ".join(second))


def text_change(candidate: str, reference: str) -> str:
    """``text is 'a' instead of 'b'``, or how long texts differ.

    ``text has 'a' instead of 'b'``, ``text lacks 'b'``, ``text has 'a' too many``.
    """
    first, second = differing_words(candidate, reference)
    if (first, second) == (candidate, reference):
        return f"text is {quote(first)} instead of {quote(second)}"
    if not first:
        return f"text lacks {quote(second)}"
    if not second:
        return f"text has {quote(first)} too many"
    return f"text has {quote(first)} instead of {quote(second)}"


def _common(first: list[str], second: list[str]) -> int:
    """Number of equal words at the start of both."""
    count = 0
    while count < min(len(first), len(second)) and first[count] == second[count]:
        count += 1
    return count


def counted(count: int, name: str) -> str:
    """``1 row``, ``2 rows``."""
    return f"{count} {name}" if count == 1 else f"{count} {name}s"
