"""Both trained models meet their champions: registered, compared, and promoted if better.

Covers what a critic and a policy are judged by. Not covered: the registry and the rule of promotion
(`erm.registry.promotion`) and packaging (`erm.registry.packaging`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from erm.critics.settings import BenchmarkSettings
from erm.errors import ErmError
from erm.fingerprint import content_hash
from erm.policies.settings import EvaluateSettings
from erm.registry.promotion import CRITIC, POLICY, Candidate, Promotion, promote
from erm.registry.settings import PromoteSettings
from erm.settings import Settings
from erm.tracking import numbers


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

    Returns:
        For ``critic`` and ``policy``: ``version``, ``promoted`` (0 or 1) and, where there was a
        champion, ``champion_score``.

    Raises:
        ErmError: a model is missing, or there is no such metric to promote by.
    """
    from erm.registry.packaging import log_critic, log_policy

    data = content_hash(trained.pairs)
    both = hashlib.sha256((data + content_hash(trained.inferred)).encode()).hexdigest()

    def judge_critic(uri: str) -> float:
        from erm.critics.benchmarking import benchmark

        out = work / "benchmark"
        folder, pairs, inferred = _folder(uri), trained.pairs, trained.inferred
        metrics = benchmark(benchmarking, folder, pairs, out, inferred, answers=answers)
        return _metric(metrics, settings.critic_metric, "benchmark")

    def judge_policy(uri: str) -> float:
        from erm.policies.evaluation import evaluate

        metrics = evaluate(
            evaluation,
            before=trained.policy_before,
            after=_folder(uri),
            critic=trained.critic,
            pairs=trained.pairs,
            out=work / "evaluation",
        )
        return _metric(metrics, settings.policy_metric, "evaluate")

    benchmarked = json.loads(trained.benchmark.read_text())
    evaluated = json.loads(trained.evaluation.read_text())
    critic = promote(
        Candidate(
            CRITIC,
            trained.critic,
            settings.critic_metric,
            _metric(benchmarked, settings.critic_metric, "benchmark"),
            _judged_on(both, benchmarking),
        ),
        lambda folder: _uri(log_critic(folder, metrics=numbers(benchmarked), data_hash=both)),
        judge_critic,
        settings.margin,
    )
    policy = promote(
        Candidate(
            POLICY,
            trained.policy,
            settings.policy_metric,
            _metric(evaluated, settings.policy_metric, "evaluate"),
            _judged_on(data, evaluation),
        ),
        lambda folder: _uri(log_policy(folder, metrics=numbers(evaluated), data_hash=data)),
        judge_policy,
        settings.margin,
    )
    return {**_outcome("critic", critic), **_outcome("policy", policy)}


def _outcome(name: str, promotion: Promotion) -> dict[str, float]:
    outcome = {"version": promotion.version, "promoted": float(promotion.promoted)}
    if promotion.champion_score is not None:
        outcome["champion_score"] = promotion.champion_score
    return {f"{name}.{measure}": value for measure, value in outcome.items()}


def _folder(uri: str) -> Path:
    """Where the weights of a registered version lie, downloaded if they are elsewhere."""
    import mlflow

    from erm.models.location import packaged_folder

    return packaged_folder(Path(mlflow.artifacts.download_artifacts(uri)), uri)


def _uri(model: Any) -> str:
    return str(model.model_uri)


def _judged_on(data: str, settings: Settings) -> str:
    decisive = settings.model_dump_json(exclude={"render_workers", "batch_size", "isolation"})
    return hashlib.sha256((data + decisive).encode()).hexdigest()


def _metric(metrics: Mapping[str, Any], name: str, stage: str) -> float:
    if name not in metrics:
        known = ", ".join(sorted(metrics))
        raise ErmError(f"Stage {stage} has no metric '{name}' to promote by; it has: {known}.")
    return float(metrics[name])
