"""Scoring a set of predictions in one go: published summary, our additions, and every item.

Covers the entry point `score`. Not covered: how each part is computed (`erm.benchmark.scoring`,
`erm.benchmark.statistics`) and shown (`erm.benchmark.page`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from erm.benchmark.formats import Prediction, Problem
from erm.benchmark.judge.judges import Judge
from erm.benchmark.scoring import ItemScore, judge_items, summarize
from erm.benchmark.statistics import additions


@dataclass(frozen=True)
class Scores:
    """All scores of one critic.

    Attributes:
        summary: the published keys and nothing else; None where a value is undefined.
        additions: intervals, precision, severities, ranking, calibration, what was left out.
        items: every prediction with its lists and matches, in the order of the file.
    """

    judge: str
    summary: dict[str, Any]
    additions: dict[str, Any]
    items: tuple[ItemScore, ...]

    def to_dict(self) -> dict[str, Any]:
        """The summary's keys, then ``additions`` and ``judge`` as sections of their own."""
        return {**self.summary, "judge": self.judge, "additions": self.additions}

    def metrics(self) -> dict[str, float]:
        """The main numbers, flat, for ``dvc metrics`` and MLflow."""
        flat: dict[str, float] = {}
        for task, section in (("overall", self.summary["overall"]), *self._tasks()):
            flat[f"{task}/f1_hard"] = section["overall"]["f1_hard"]
            flat[f"{task}/f1_soft"] = section["overall"]["f1_soft"]
        for task, extra in (("overall", self.additions["overall"]), *self._extras()):
            for name in (
                "severity_correlation",
                "severity_mae",
                "empty_report_accuracy",
                "ranking_accuracy",
            ):
                if extra[name] is not None:
                    flat[f"{task}/{name}"] = extra[name]
        flat["evaluated"] = self.summary["evaluated"]
        flat["failed"] = len(self.summary["failed"])
        return flat

    def _tasks(self) -> list[tuple[str, dict[str, Any]]]:
        by_task = self.summary["by_category"]
        return [(task, by_task[task]) for task, _ in self._extras()]

    def _extras(self) -> list[tuple[str, dict[str, Any]]]:
        return list(self.additions["by_task"].items())


def score(
    predictions: Sequence[Prediction],
    judge: Judge,
    *,
    problems: Sequence[Problem] = (),
    seed: int = 0,
) -> Scores:
    """Judge and score predictions; the same predictions, judge replies and seed, the same numbers.

    Args:
        problems: what `read_predictions` found, to be counted in the additions.
        seed: of the bootstrap.
    """
    items = judge_items(predictions, judge.replies)
    return Scores(judge.name, summarize(items), additions(items, problems, seed), tuple(items))
