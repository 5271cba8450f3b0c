"""The typed report of one pair, and its published JSON form."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from erm.errors import ErmError
from erm.tasks import get_task
from erm.tasks.discrepancy import MEDIUM, MINOR, SEVERE, Box, Discrepancy


@dataclass(frozen=True)
class Report:
    """All discrepancies of one pair; empty where the two images are visually equivalent."""

    task: str
    errors: tuple[Discrepancy, ...] = ()

    def __post_init__(self) -> None:
        categories = readable_categories(self.task)
        for error in self.errors:
            if error.category not in categories:
                raise ErmError(f"'{error.category}' is not a category of task {self.task}.")
            if error.severity not in (MINOR, MEDIUM, SEVERE):
                raise ErmError(f"Severity {error.severity!r} is not 1, 2 or 3.")

    @property
    def total_severity(self) -> int:
        """Sum of severities, S in the reward."""
        return sum(error.severity for error in self.errors)

    def sorted(self) -> Report:
        """The same report in reading order: from the top left, then by category and text."""
        order = {name: rank for rank, name in enumerate(readable_categories(self.task))}

        def key(error: Discrepancy) -> tuple[Any, ...]:
            box = error.box or Box(0, 0, 0, 0)
            place = (round(box.y0), round(box.x0))
            return (*place, order[error.category], error.location, error.description)

        return replace(self, errors=tuple(sorted(self.errors, key=key)))

    def to_dict(self, *, boxes: bool = False) -> dict[str, Any]:
        """The published format: a ``<category>_count`` integer per category, then ``errors``.

        Categories that only published critics use (`readable_categories`) are counted where they
        occur.

        Args:
            boxes: adds to each error ``box``, its place in pixels or None, and ``box_in``, the
                image that it is measured in.
        """
        key = get_task(self.task).category_key
        occurring = [error.category for error in self.errors]
        counts = {
            f"{name}_count": occurring.count(name)
            for name in readable_categories(self.task)
            if name in categories_of(self.task) or name in occurring
        }
        errors = [
            {
                key: error.category,
                "severity": error.severity,
                "location": error.location,
                "description": error.description,
                **(_place(error) if boxes else {}),
            }
            for error in self.errors
        ]
        return {**counts, "errors": errors}

    def to_json(self) -> str:
        """`to_dict` as one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)


def _place(error: Discrepancy) -> dict[str, Any]:
    box = list(error.box) if error.box is not None else None
    return {"box": box, "box_in": error.box_in}


def categories_of(task: str) -> tuple[str, ...]:
    """Categories of a task, in the order in which reports list them.

    Raises:
        ErmError: the task is unknown.
    """
    return tuple(get_task(task).categories)


def readable_categories(task: str) -> tuple[str, ...]:
    """Categories that a critic's reply may have: `categories_of` and those that labels never have.

    Raises:
        ErmError: the task is unknown.
    """
    return (*categories_of(task), *get_task(task).unlabelled_categories)
