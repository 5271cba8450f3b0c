"""What differs between chart, table and SVG, behind one small interface.

A task is a subpackage that exposes ``TASK``, an instance of `Task`; adding one is that subpackage,
its categories in `erm.report`, its tests, and its name in `TASK_NAMES`.
"""

from __future__ import annotations

import importlib
import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from erm.errors import ErmError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from erm.tasks.discrepancy import Discrepancy

TASK_NAMES = ("chart", "table", "svg")
"""Every task, in the order in which tables and plots show them."""

Variety = Literal["compact", "wide"]
"""How far procedural sources range: ``compact`` is a world that a model of 2 M parameters learns
on a laptop (small images, few elements, a small vocabulary); ``wide`` is for real models."""

Scene = dict[str, Any]
"""A task's typed scene in JSON form: what is drawn, each element with its box in pixels."""


@dataclass(frozen=True)
class Drawing:
    """What drawing one source leaves in the worker.

    Attributes:
        pixels: (height, width, 3) uint8 RGB.
        live: the task's own object behind the pixels (figure, laid-out page, parsed tree), from
            which `Task.read_scene` reads the scene; never leaves the worker.
    """

    pixels: NDArray[np.uint8]
    live: Any


@dataclass(frozen=True)
class View:
    """One side of a pair as the annotator sees it: pixels (height, width, 3) uint8, and scene."""

    pixels: NDArray[np.uint8]
    scene: Scene


@dataclass(frozen=True)
class Operator:
    """One way to edit a source.

    Attributes:
        name: snake_case, unique within the task.
        category: the category of error that the edit aims at; None for an edit that preserves
            visual equivalence.
        apply: (source, rng) → edited source, or None where there is nothing it can edit. Works on
            any source of the task through its syntax tree, DOM or grid; same rng state, same bytes.
    """

    name: str
    category: str | None
    apply: Callable[[str, random.Random], str | None]


class Task(ABC):
    """One vision-to-code task.

    `draw` and `read_scene` run only inside the contained worker, on hostile input; everything else
    runs in the trusted process and never executes a source.
    """

    name: str
    languages: tuple[str, ...]
    """Names of a fenced block's language that hold this task's source in a completion."""
    suffixes: tuple[str, ...]
    """File name endings of this task's sources, with the dot; the first is the preferred one."""
    operators: tuple[Operator, ...]

    @abstractmethod
    def draw(self, source: str, max_pixels: int, max_elements: int) -> Drawing:
        """Draw a source; raises `erm.sources.errors.DrawError` with a kind for each way to fail."""

    @abstractmethod
    def read_scene(self, drawing: Drawing) -> Scene:
        """The scene of a drawing as JSON values; raises `DrawError('unreadable', …)` where a part
        of what is drawn can't be told, so that such a source is never mislabelled."""

    @abstractmethod
    def generate(self, rng: random.Random, variety: Variety) -> str:
        """A procedural source; same rng state, same text."""

    @abstractmethod
    def compare(self, reference: View, candidate: View) -> list[Discrepancy]:
        """Exact discrepancies of the candidate against the reference, in any order.

        Elements are matched one to one; a difference that nobody can see is not listed; related
        differences are one discrepancy. Two equal scenes give an empty list.
        """

    @abstractmethod
    def extract(self, completion: str) -> str | None:
        """The source in a policy's completion, or None where it holds none."""


@cache
def get_task(name: str) -> Task:
    """The task of a name; raises `ErmError` for an unknown one."""
    if name not in TASK_NAMES:
        raise ErmError(f"Unknown task '{name}'; known tasks: {', '.join(TASK_NAMES)}.")
    task = importlib.import_module(f"erm.tasks.{name}").TASK
    assert isinstance(task, Task)
    return task
