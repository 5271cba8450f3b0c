"""Coverage: whether the words of exact reports occur in the reports that a critic was trained on.

A critic that is trained from random weights cannot write a word that it has not seen often enough.
Numbers and quoted texts don't count as words: the critic copies them from the picture, character by
character. The literal coverage counts them too.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from erm.dataset.card import ORIGINS_FILE
from erm.dataset.pairs import read_rows, shards

LEAST = 20
"""How often a word must occur in the training reports of its task to be covered."""

_VALUE = re.compile(r"(?<!\w)'.*?'(?!\w)|\d[\w.,]*")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LITERAL = re.compile(r"[^\s,;:()']+")

Sentences = tuple[str, str]
"""(task, location and description) of an error."""


@dataclass(frozen=True)
class Coverage:
    """Of the errors of one task.

    Attributes:
        errors: number of errors.
        covered: errors all of whose words occur often enough.
        literal: the same where numbers and quoted texts count as words.
        missing: word → number of errors that have it, of words that don't occur often enough.
    """

    errors: int
    covered: int
    literal: int
    missing: Counter[str]

    @property
    def share(self) -> float:
        """Share of covered errors in [0, 1]; 0 without errors."""
        return self.covered / max(self.errors, 1)

    @property
    def literal_share(self) -> float:
        """The same for the literal coverage."""
        return self.literal / max(self.errors, 1)


def words(text: str) -> list[str]:
    """The words of a report's text in lower case, without numbers and quoted texts."""
    return _WORD.findall(_VALUE.sub(" ", text).lower())


def literal_words(text: str) -> list[str]:
    """The words of a report's text in lower case, with numbers and the words of quoted texts."""
    return _LITERAL.findall(text.lower())


def sentences(folder: Path, split: str, packages_only: bool = False) -> Iterator[Sentences]:
    """Task, and location with description, of each error in a split of a folder of pairs.

    Args:
        packages_only: leave out pairs whose source is not of a package (``origins.jsonl``).

    Raises:
        ErmError: the folder can't be read.
    """
    real = set()
    if packages_only and (folder / ORIGINS_FILE).is_file():
        lines = (folder / ORIGINS_FILE).read_text(encoding="utf-8").splitlines()
        real = {json.loads(line)["source_id"] for line in lines}
    for row in read_rows(shards(folder, split), ("source_id", "task", "errors")):
        if packages_only and row["source_id"] not in real:
            continue
        for error in row["errors"]:
            yield row["task"], f"{error['location']}: {error['description']}"


def coverage(
    training: Iterable[Sentences], tested: Iterable[Sentences], least: int = LEAST
) -> dict[str, Coverage]:
    """Coverage of the tested errors by task; each task's words are counted by themselves.

    Args:
        least: how often a word must occur in the task's training reports.
    """
    seen: Counter[tuple[str, str]] = Counter()
    seen_literally: Counter[tuple[str, str]] = Counter()
    for task, text in training:
        seen.update((task, word) for word in words(text))
        seen_literally.update((task, word) for word in literal_words(text))
    errors: Counter[str] = Counter()
    covered: Counter[str] = Counter()
    literal: Counter[str] = Counter()
    missing: dict[str, Counter[str]] = {}
    for task, text in tested:
        errors[task] += 1
        rare = {word for word in words(text) if seen[task, word] < least}
        covered[task] += not rare
        literal[task] += all(seen_literally[task, word] >= least for word in literal_words(text))
        missing.setdefault(task, Counter()).update(rare)
    return {
        task: Coverage(errors[task], covered[task], literal[task], missing[task]) for task in errors
    }
