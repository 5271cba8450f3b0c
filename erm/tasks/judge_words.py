"""What the offline judge knows of a task, and differences to validate any judge with.

Not covered: the words that all tasks share (`erm.benchmark.judge.lexicon`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Sayings = tuple[tuple[str, str], ...]
"""Ways to say one thing, each a location and a description."""

WORDS = (
    "Total",
    "Yes",
    "Margin",
    "Berlin",
    "Name",
    "Profit",
    "Closed",
    "Spring",
    "Unit",
    "Harbour",
)
"""Texts that facts of any task may name."""


@dataclass(frozen=True)
class Fact:
    """One difference, said in several ways.

    Attributes:
        category: of the difference; `other_category` is a wrong one.
        full: everything; the first is the annotator's own wording.
        general: the right place, neither values nor a direction.
        directed: the right place, and in which direction the value differs.
        vague: the same kind of difference, the place said too broadly.
        clash: the right place and kind, with values that contradict.
        elsewhere: the same kind of difference at another, close place.
        otherwise: another kind of difference at the same place.
    """

    category: str
    other_category: str
    full: Sayings
    general: Sayings
    vague: Sayings
    clash: Sayings
    elsewhere: Sayings
    otherwise: Sayings
    directed: Sayings = ()


@dataclass(frozen=True)
class JudgeWords:
    """What a task's error lists are read with, on top of the words of all tasks.

    Attributes:
        elements: word → element, where the task uses a word of its own or uses one differently.
        kinds: pairs of kinds of difference, ``kind~kind`` separated by spaces, that different
            people use for one and the same difference (`erm.benchmark.judge.lexicon.KIND_WORDS`
            holds the kinds).
        capitals_are_names: a capitalised colour word in a location is a name (``series 'Gold'``).
        counted_lines: rows and columns are counted (``row 2``), and their numbers are places.
        facts: (rng) → functions that make one fact each, at places of their own; None where the
            task has none, and then nobody validates a judge on it.
    """

    elements: Mapping[str, str] = field(default_factory=dict)
    kinds: str = ""
    capitals_are_names: bool = False
    counted_lines: bool = False
    facts: Callable[[random.Random], list[Callable[[], Fact]]] | None = None
