"""A critic that ignores the images: a baseline that other critics must beat."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from erm.benchmark.formats import Item, Prediction
from erm.report import Report
from erm.tasks import get_task


class CommonestErrorCritic:
    """Reports for each pair the commonest error of the task's training reports."""

    name = "commonest error"

    def __init__(self, reports: Iterable[Report]) -> None:
        counts: dict[str, Counter[str]] = {}
        for report in reports:
            for error in report.to_dict()["errors"]:
                text = json.dumps(error, sort_keys=True)
                counts.setdefault(report.task, Counter())[text] += 1
        self.commonest: Mapping[str, dict[str, Any]] = {
            task: json.loads(min(errors, key=lambda text: (-errors[text], text)))
            for task, errors in counts.items()
        }

    def predict(self, items: Iterable[Item]) -> list[Prediction]:
        """The same report for each item of a task; an empty one without training reports."""
        return [Prediction(item, self._report(item.task)) for item in items]

    def _report(self, task: str) -> dict[str, Any]:
        error = self.commonest.get(task)
        if error is None:
            return {"errors": []}
        return {f"{error[get_task(task).category_key]}_count": 1, "errors": [error]}
