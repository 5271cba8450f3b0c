"""All scores of a set of predictions: the published summary, our additions, and each item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from erm.benchmark.formats import Prediction, Problem
from erm.benchmark.judge.judges import Judge
from erm.benchmark.scoring import ItemScore, judge_items, summarize
from erm.benchmark.statistics import additions
from erm.dataset.domains import DOMAIN, DOMAINS

UNSTATED = "not stated"
"""Stands for the domain of an item that states none."""


@dataclass(frozen=True)
class Scores:
    """All scores of one critic.

    Attributes:
        judge: name of the judge.
        summary: the published keys only; None if a value is undefined.
        additions: intervals, precision, severities, ranking, calibration, what was left out.
        items: each prediction with its lists and matches, in the order of the file.
        by_domain: the scores of each domain (`erm.dataset.domains`) that items state; empty where
            none does. An item that states none while others do is of domain `UNSTATED`.
    """

    judge: str
    summary: dict[str, Any]
    additions: dict[str, Any]
    items: tuple[ItemScore, ...]
    by_domain: Mapping[str, Scores] = field(default_factory=dict)

    @property
    def domain(self) -> str | None:
        """The domain of all items; None if there are several, or none is stated."""
        return next(iter(self.by_domain)) if len(self.by_domain) == 1 else None

    def to_dict(self) -> dict[str, Any]:
        """The summary's keys, and the sections ``additions`` and ``judge``."""
        domains = {name: scores.metrics() for name, scores in self.by_domain.items()}
        extra = {**self.additions, **({"by_domain": domains} if domains else {})}
        return {**self.summary, "judge": self.judge, "additions": extra}

    def metrics(self) -> dict[str, float]:
        """The main metrics, flat, for DVC and MLflow; each domain's again as ``<domain>/…``."""
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
                "within_group_ranking",
            ):
                if extra[name] is not None:
                    flat[f"{task}/{name}"] = extra[name]
            for name in ("f1_hard", "within_group_ranking"):
                if (interval := extra[f"{name}_interval_95"]) is not None:
                    low, high = interval
                    flat |= {f"{task}/{name}_low": low, f"{task}/{name}_high": high}
        flat["evaluated"] = self.summary["evaluated"]
        flat["failed"] = len(self.summary["failed"])
        for domain, scores in self.by_domain.items():
            flat |= {f"{domain}/{name}": value for name, value in scores.metrics().items()}
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
    """Score predictions. Equal predictions, judge's replies and seed give equal scores.

    Args:
        problems: found by `read_predictions`; the additions count them.
        seed: of the bootstrap.
    """
    items = tuple(judge_items(predictions, judge.replies))
    by_domain = {
        domain: Scores(judge.name, summarize(own), additions(own, seed=seed), own)
        for domain, own in _by_domain(items).items()
    }
    return Scores(judge.name, summarize(items), additions(items, problems, seed), items, by_domain)


def _by_domain(items: Sequence[ItemScore]) -> dict[str, tuple[ItemScore, ...]]:
    stated = [item.prediction.item.extra.get(DOMAIN) for item in items]
    names = [domain if domain in DOMAINS else UNSTATED for domain in stated]
    if set(names) <= {UNSTATED}:
        return {}
    return {
        domain: tuple(item for item, name in zip(items, names, strict=True) if name == domain)
        for domain in (*DOMAINS, UNSTATED)
        if domain in names
    }
