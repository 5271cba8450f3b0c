"""Critics that do not look: what a number on the benchmark has to beat.

Covers "always the commonest error". Not covered: the untrained critic and real ones
(`erm.critics.base`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from erm.benchmark.formats import Item, Prediction
from erm.report import Report
from erm.tasks import get_task


class CommonestErrorCritic:
    """Answers every pair of a task with the one error that training reports hold most often."""

    name = "commonest error"

    def __init__(self, reports: Iterable[Report]) -> None:
        counts: dict[str, Counter[str]] = {}
        for report in reports:
            for error in report.to_dict()["errors"]:
                told = json.dumps(error, sort_keys=True)
                counts.setdefault(report.task, Counter())[told] += 1
        self.commonest: Mapping[str, dict[str, Any]] = {
            task: json.loads(min(told, key=lambda text: (-told[text], text)))
            for task, told in counts.items()
        }

    def predict(self, items: Iterable[Item]) -> list[Prediction]:
        """The same report for every item of a task; an empty one for a task without training."""
        return [Prediction(item, self._report(item.task)) for item in items]

    def _report(self, task: str) -> dict[str, Any]:
        error = self.commonest.get(task)
        if error is None:
            return {"errors": []}
        return {f"{error[get_task(task).category_key]}_count": 1, "errors": [error]}
