"""Both trained models meet their champions: registered, compared, and promoted if better.

Covers what a critic and a policy are judged by. Not covered: the registry and the rule of promotion
(`erm.registry.promotion`) and packaging (`erm.registry.packaging`).
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from erm.critics.hacks import hack_names
from erm.critics.settings import BenchmarkSettings
from erm.errors import ErmError
from erm.fingerprint import content_hash
from erm.policies.settings import EvaluateSettings
from erm.registry.aliases import CRITIC, POLICY
from erm.registry.gate import (
    Missed,
    below_floor,
    below_least,
    below_start,
    beyond_gap,
    beyond_size,
    pays_hacks,
    too_slow,
)
from erm.registry.packaging import RoleName, log_critic, log_policy, model_card
from erm.registry.paired import Measured, Scores, TaskScore, critic_items, policy_items
from erm.registry.promotion import (
    Approve,
    Candidate,
    Promotion,
    Rescore,
    promote,
    registered_version,
    try_promotion,
)
from erm.registry.settings import PromoteSettings
from erm.settings import Settings
from erm.tasks import task_names
from erm.tracking import numbers

_BLIND = ("untrained", "commonest_error")
"""Baselines that don't look at the images."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """What a pipeline leaves behind to judge: folders of models and data, and metrics as JSON.

    Attributes:
        policy_before: the policy that reinforcement started from.
        inferred: pairs of the policy's own errors.
        benchmark, evaluation: metrics of the stages that judged `critic` and `policy`.
        benchmarked, evaluated: folders that these stages wrote.
        params: the parameters of the whole pipeline.
        rewarded_by: the critic that rewarded the policy, if not `critic` (a SPEC).
    """

    critic: Path = Path("models/critic")
    policy: Path = Path("models/policy")
    policy_before: Path = Path("models/policy-sft")
    pairs: Path = Path("data/pairs")
    inferred: Path = Path("data/inferred")
    benchmark: Path = Path("reports/benchmark.json")
    evaluation: Path = Path("reports/evaluate.json")
    benchmarked: Path = Path("reports/benchmark")
    evaluated: Path = Path("reports/evaluate")
    params: Path = Path("params.yaml")
    rewarded_by: str | None = None


@dataclass(frozen=True)
class Chosen:
    """Settings of promotion, and those with which a champion is judged again, where it was judged
    on other data."""

    promote: PromoteSettings
    benchmark: BenchmarkSettings
    evaluate: EvaluateSettings


def promote_trained(
    chosen: Chosen,
    trained: Trained,
    work: Path,
    answers: Path | None = None,
    approve: Approve | None = None,
) -> dict[str, float]:
    """Registers the critic and the policy; moves ``champion`` to those that are better.

    Args:
        work: folder for what judging a champion again leaves behind.
        answers: folder of a judge's answers (`erm.critics.benchmarking.benchmark`).
        approve: asked before a version becomes champion (`erm.registry.promotion.promote`).

    Where the benchmark scored another critic than the trained one (`BenchmarkSettings.critic`),
    nothing is known of the trained one; it is left out, with a warning.

    Returns:
        For ``critic`` and ``policy``: ``version``, ``promoted`` (0 or 1), ``missed``, the number of
        conditions of the gate that it misses, and, where there was a champion, its score in each
        task as ``champion.<task>``.

    Raises:
        ErmError: a model is missing, or there is no such metric to promote by.
    """
    judging = _Judging(chosen, trained, work, answers)

    def register(
        candidate: Candidate, metrics: Mapping[str, Any], data: str, rescore: Rescore
    ) -> Promotion:
        kind: RoleName = "critic" if candidate.name == CRITIC else "policy"
        log = log_critic if kind == "critic" else log_policy
        values = numbers(metrics)
        card = model_card(kind, candidate.folder, metrics=values, data_hash=data)
        return promote(
            replace(candidate, description=card),
            lambda folder: str(log(folder, metrics=values, data_hash=data).model_uri),
            rescore,
            approve,
        )

    promotions: dict[str, Promotion] = {}
    if (critic := judging.critic()) is not None:
        promotions["critic"] = register(
            critic, judging.benchmarked, judging.both_data, judging.score_critic
        )
    promotions["policy"] = register(
        judging.policy(), judging.evaluated, judging.pairs_data, judging.score_policy
    )
    for name, promotion in promotions.items():
        _log.info("erm-%s version %s %s", name, promotion.version, promotion)
    outcomes = (_outcome(name, promotion) for name, promotion in promotions.items())
    return {name: value for outcome in outcomes for name, value in outcome.items()}


def try_trained(
    chosen: Chosen, trained: Trained, work: Path, answers: Path | None = None
) -> dict[str, Promotion]:
    """What `promote_trained` would do with ``critic`` and ``policy``; registers nothing.

    Arguments and errors as there.
    """
    judging = _Judging(chosen, trained, work, answers)
    tried: dict[str, Promotion] = {}
    if (critic := judging.critic()) is not None:
        tried["critic"] = try_promotion(critic, judging.score_critic)
    tried["policy"] = try_promotion(judging.policy(), judging.score_policy)
    return tried


class _Judging:
    """The two candidates, and how their champions are judged on the same data."""

    def __init__(self, chosen: Chosen, trained: Trained, work: Path, answers: Path | None) -> None:
        self._chosen, self._trained = chosen, trained
        self._work, self._answers = work, answers
        self.benchmarked = _read_metrics(trained.benchmark)
        self.evaluated = _read_metrics(trained.evaluation)
        self.pairs_data = content_hash(trained.pairs)
        both = self.pairs_data + content_hash(trained.inferred)
        self.both_data = hashlib.sha256(both.encode()).hexdigest()

    def critic(self) -> Candidate | None:
        """None where the benchmark scored another critic."""
        settings, trained = self._chosen.promote, self._trained
        if self._chosen.benchmark.critic is not None:
            _log.warning(
                "The benchmark scored the critic '%s', not %s, which is therefore not promoted.",
                self._chosen.benchmark.critic,
                trained.critic,
            )
            return None
        scores = _critic_scores(self.benchmarked, settings)
        missed = [
            *below_floor(scores, _critic_floor(self.benchmarked, settings)),
            *below_least(_values(scores), settings.critic_least, "least", settings.critic_metric),
            *self._too_large(trained.critic),
        ]
        if (least := settings.critic_empty_accuracy) is not None:
            accuracies = _values_of(self.benchmarked, "{}/empty_report_accuracy")
            bounds = dict.fromkeys(scores, least)
            missed += below_least(accuracies, bounds, "empty_accuracy", "accuracy on empty reports")
        if (most := settings.critic_hacks) is not None:
            for task in scores:
                shares = {
                    hack: self.benchmarked.get(f"hacks/{task}/{hack}") for hack in hack_names(task)
                }
                missed += pays_hacks(task, shares, most)
        if settings.most_seconds is not None:
            missed += too_slow(_seconds_per_pair(trained.benchmarked), settings.most_seconds)
        return self._candidate(
            CRITIC,
            trained.critic,
            settings.critic_metric,
            Measured(scores, critic_items(trained.benchmarked, settings.critic_metric)),
            _scored_on(self.both_data, self._chosen.benchmark),
            missed,
            {"data_hash": self.both_data},
        )

    def policy(self) -> Candidate:
        settings, trained = self._chosen.promote, self._trained
        scores = _policy_scores(self.evaluated, settings)
        gains = _task_scores(self.evaluated, "gain.{}", "evaluate")
        missed = [
            *(below_start(gains) if settings.policy_floor == "start" else ()),
            *below_least(_values(scores), settings.policy_least, "least", settings.policy_metric),
            *below_least(_values(gains), settings.policy_gain, "gain", "gain"),
            *self._too_large(trained.policy),
        ]
        if (most := settings.policy_hack_gap) is not None:
            missed += beyond_gap(_task_scores(self.evaluated, "hack_gap.{}", "evaluate"), most)
        return self._candidate(
            POLICY,
            trained.policy,
            settings.policy_metric,
            Measured(scores, policy_items(trained.evaluated, settings.policy_metric)),
            _scored_on(self.pairs_data, self._chosen.evaluate),
            missed,
            {"data_hash": self.pairs_data, **self._critic_that_rewarded()},
        )

    def _candidate(
        self,
        name: str,
        folder: Path,
        metric: str,
        measured: Measured,
        scored_on: str,
        missed: list[Missed],
        tags: Mapping[str, str],
    ) -> Candidate:
        settings, params = self._chosen.promote, self._trained.params
        return Candidate(
            name,
            folder,
            metric,
            measured,
            scored_on,
            missed,
            margin=settings.margin,
            most_loss=settings.most_loss,
            confidence=settings.confidence,
            tags={"params_sha256": content_hash(params), **tags},
        )

    def _too_large(self, folder: Path) -> list[Missed]:
        most = self._chosen.promote.most_mb
        return beyond_size(folder, most) if most is not None else []

    def _critic_that_rewarded(self) -> dict[str, str]:
        """Tags of a policy; the critic is a version of the registry where it is registered."""
        if self._trained.rewarded_by is not None:
            return {"rewarded_by": self._trained.rewarded_by}
        content = content_hash(self._trained.critic)
        version = registered_version(CRITIC, content)
        known = {} if version is None else {"rewarded_by": f"models:/{CRITIC}/{version}"}
        return {"rewarded_by_sha256": content, **known}

    def score_critic(self, uri: str) -> Measured:
        from erm.critics.benchmarking import benchmark

        trained, settings = self._trained, self._chosen.promote
        out = self._work / "benchmark"
        metrics = benchmark(
            self._chosen.benchmark.model_copy(update={"hacks": None}),
            _folder(uri),
            trained.pairs,
            out,
            trained.inferred,
            answers=self._answers,
        )
        scores = _critic_scores(metrics, settings)
        return Measured(scores, critic_items(out, settings.critic_metric))

    def score_policy(self, uri: str) -> Measured:
        from erm.policies.evaluation import evaluate

        trained, settings = self._trained, self._chosen.promote
        out = self._work / "evaluation"
        metrics = evaluate(
            self._chosen.evaluate.model_copy(update={"sampled": None}),
            before=trained.policy_before,
            after=_folder(uri),
            critic=trained.critic,
            pairs=trained.pairs,
            out=out,
        )
        scores = _policy_scores(metrics, settings)
        return Measured(scores, policy_items(out, settings.policy_metric))


def _read_metrics(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ErmError(f"{path} can't be read ({error}); run `dvc repro`.") from error
    if not isinstance(content, dict):
        raise ErmError(f"{path} holds no metrics; run `dvc repro`.")
    return content


def _seconds_per_pair(benchmarked: Path) -> float | None:
    """The critic's time for a pair; None for a benchmark that did not measure it."""
    from erm.critics.benchmarking import SECONDS

    file = benchmarked / SECONDS
    if not file.is_file():
        return None
    seconds = _read_metrics(file).get("seconds_per_pair")
    return float(seconds) if isinstance(seconds, int | float) else None


def _values(scores: Scores) -> dict[str, float]:
    return {task: score.value for task, score in scores.items()}


def _values_of(metrics: Mapping[str, Any], pattern: str) -> dict[str, float]:
    """The values of all tasks that a stage's metrics hold; `pattern` has a place for the task."""
    names = {task: pattern.format(task) for task in task_names()}
    return {
        task: float(metrics[name]) for task, name in names.items() if metrics.get(name) is not None
    }


def _critic_scores(metrics: Mapping[str, Any], settings: PromoteSettings) -> Scores:
    return _task_scores(metrics, f"{{}}/{settings.critic_metric}", "benchmark")


def _policy_scores(metrics: Mapping[str, Any], settings: PromoteSettings) -> Scores:
    return _task_scores(metrics, f"after.{{}}.{settings.policy_metric}", "evaluate")


def _task_scores(metrics: Mapping[str, Any], pattern: str, stage: str) -> Scores:
    """The scores of all tasks that a stage's metrics hold; `pattern` has a place for the task.

    A metric without an interval stands for itself on both sides.
    """
    scores = {}
    for task, value in _values_of(metrics, pattern).items():
        name = pattern.format(task)
        low, high = (metrics.get(f"{name}_{side}") for side in ("low", "high"))
        scores[task] = TaskScore(
            value, value if low is None else float(low), value if high is None else float(high)
        )
    if not scores:
        known = ", ".join(sorted(metrics))
        wanted = pattern.format("<task>")
        raise ErmError(f"Stage {stage} has no metric '{wanted}' to promote by; it has: {known}.")
    return scores


def _critic_floor(metrics: Mapping[str, Any], settings: PromoteSettings) -> Mapping[str, float]:
    """The better blind baseline's score in each task."""
    if settings.critic_floor is None:
        return {}
    floor = {}
    for task in task_names():
        names = [f"baselines/{name}/{task}/{settings.critic_metric}" for name in _BLIND]
        known = [float(metrics[name]) for name in names if metrics.get(name) is not None]
        if known:
            floor[task] = max(known)
    return floor


def _outcome(name: str, promotion: Promotion) -> dict[str, float]:
    assert promotion.version is not None
    outcome = {
        "version": float(promotion.version),
        "promoted": float(promotion.promoted),
        "missed": float(len(promotion.missed)),
    }
    for task, score in (promotion.champion_scores or {}).items():
        outcome[f"champion.{task}"] = score.value
    return {f"{name}.{measure}": value for measure, value in outcome.items()}


def _folder(uri: str) -> Path:
    """Where the weights of a registered version lie, downloaded if they are elsewhere."""
    import mlflow

    from erm.models.location import packaged_folder

    return packaged_folder(Path(mlflow.artifacts.download_artifacts(uri)), uri)


def _scored_on(data: str, settings: Settings) -> str:
    decisive = settings.model_dump_json(
        exclude={"render_workers", "batch_size", "isolation", "hacks"}
    )
    return hashlib.sha256((data + decisive).encode()).hexdigest()
