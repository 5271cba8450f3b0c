"""Both trained models meet their champions: registered, compared, and promoted if better.

Covers what a critic and a policy are judged by. Not covered: the registry and the rule of promotion
(`erm.registry.promotion`) and packaging (`erm.registry.packaging`).
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from erm.critics.settings import BenchmarkSettings
from erm.errors import ErmError
from erm.fingerprint import content_hash
from erm.policies.settings import EvaluateSettings
from erm.registry.gate import Scores, TaskScore, below_floor, below_start
from erm.registry.promotion import CRITIC, POLICY, Candidate, Promotion, promote
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
    """

    critic: Path
    policy: Path
    policy_before: Path
    pairs: Path
    inferred: Path
    benchmark: Path
    evaluation: Path


def promote_trained(
    settings: PromoteSettings,
    benchmarking: BenchmarkSettings,
    evaluation: EvaluateSettings,
    trained: Trained,
    work: Path,
    answers: Path | None = None,
) -> dict[str, float]:
    """Registers the critic and the policy; moves ``champion`` to those that are better.

    Args:
        benchmarking, evaluation: settings with which a champion is judged again, where it was
            judged on other data.
        work: folder for what that leaves behind.
        answers: folder of a judge's answers (`erm.critics.benchmarking.benchmark`).

    Where the benchmark scored another critic than the trained one (`BenchmarkSettings.critic`),
    nothing is known of the trained one; it is left out, with a warning.

    Returns:
        For ``critic`` and ``policy``: ``version``, ``promoted`` (0 or 1) and, where there was a
        champion, its score in each task as ``champion.<task>``.

    Raises:
        ErmError: a model is missing, or there is no such metric to promote by.
    """
    from erm.registry.packaging import log_critic, log_policy

    data = content_hash(trained.pairs)
    both = hashlib.sha256((data + content_hash(trained.inferred)).encode()).hexdigest()

    def score_critic(uri: str) -> Scores:
        from erm.critics.benchmarking import benchmark

        out = work / "benchmark"
        folder, pairs, inferred = _folder(uri), trained.pairs, trained.inferred
        metrics = benchmark(benchmarking, folder, pairs, out, inferred, answers=answers)
        return _critic_scores(metrics, settings)

    def score_policy(uri: str) -> Scores:
        from erm.policies.evaluation import evaluate

        metrics = evaluate(
            evaluation.model_copy(update={"sampled": None}),
            before=trained.policy_before,
            after=_folder(uri),
            critic=trained.critic,
            pairs=trained.pairs,
            out=work / "evaluation",
        )
        return _policy_scores(metrics, settings)

    benchmarked = json.loads(trained.benchmark.read_text())
    evaluated = json.loads(trained.evaluation.read_text())
    promotions: dict[str, Promotion] = {}
    if benchmarking.critic is not None:
        _log.warning(
            "The benchmark scored the critic '%s', not %s, which is therefore not promoted.",
            benchmarking.critic,
            trained.critic,
        )
    else:
        critic_scores = _critic_scores(benchmarked, settings)
        promotions["critic"] = promote(
            Candidate(
                CRITIC,
                trained.critic,
                settings.critic_metric,
                critic_scores,
                _scored_on(both, benchmarking),
                below_floor(critic_scores, _critic_floor(benchmarked, settings)),
            ),
            lambda folder: _uri(log_critic(folder, metrics=numbers(benchmarked), data_hash=both)),
            score_critic,
            margin=settings.margin,
            most_loss=settings.most_loss,
        )
    gains = _task_scores(evaluated, "gain.{}", "evaluate")
    promotions["policy"] = promote(
        Candidate(
            POLICY,
            trained.policy,
            settings.policy_metric,
            _policy_scores(evaluated, settings),
            _scored_on(data, evaluation),
            below_start(gains) if settings.policy_floor == "start" else (),
        ),
        lambda folder: _uri(log_policy(folder, metrics=numbers(evaluated), data_hash=data)),
        score_policy,
        margin=settings.margin,
        most_loss=settings.most_loss,
    )
    for name, promotion in promotions.items():
        outcome = "is champion now" if promotion.promoted else "; ".join(promotion.reasons)
        _log.info("erm-%s version %d: %s", name, promotion.version, outcome)
    outcomes = (_outcome(name, promotion) for name, promotion in promotions.items())
    return {name: value for outcome in outcomes for name, value in outcome.items()}


def _critic_scores(metrics: Mapping[str, Any], settings: PromoteSettings) -> Scores:
    return _task_scores(metrics, f"{{}}/{settings.critic_metric}", "benchmark")


def _policy_scores(metrics: Mapping[str, Any], settings: PromoteSettings) -> Scores:
    return _task_scores(metrics, f"after.{{}}.{settings.policy_metric}", "evaluate")


def _task_scores(metrics: Mapping[str, Any], pattern: str, stage: str) -> Scores:
    """The scores of all tasks that a stage's metrics hold; `pattern` has a place for the task.

    A metric without an interval stands for itself on both sides.
    """
    scores = {}
    for task in task_names():
        name = pattern.format(task)
        if metrics.get(name) is not None:
            value = float(metrics[name])
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
    """The least score of each task, exclusive."""
    if settings.critic_floor is None:
        return {}
    if settings.critic_floor != "baselines":
        return settings.critic_floor
    floor = {}
    for task in task_names():
        names = [f"baselines/{name}/{task}/{settings.critic_metric}" for name in _BLIND]
        known = [float(metrics[name]) for name in names if metrics.get(name) is not None]
        if known:
            floor[task] = max(known)
    return floor


def _outcome(name: str, promotion: Promotion) -> dict[str, float]:
    outcome = {"version": float(promotion.version), "promoted": float(promotion.promoted)}
    for task, score in (promotion.champion_scores or {}).items():
        outcome[f"champion.{task}"] = score.value
    return {f"{name}.{measure}": value for measure, value in outcome.items()}


def _folder(uri: str) -> Path:
    """Where the weights of a registered version lie, downloaded if they are elsewhere."""
    import mlflow

    from erm.models.location import packaged_folder

    return packaged_folder(Path(mlflow.artifacts.download_artifacts(uri)), uri)


def _uri(model: Any) -> str:
    return str(model.model_uri)


def _scored_on(data: str, settings: Settings) -> str:
    decisive = settings.model_dump_json(exclude={"render_workers", "batch_size", "isolation"})
    return hashlib.sha256((data + decisive).encode()).hexdigest()
