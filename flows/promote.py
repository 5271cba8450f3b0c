"""Stage promote: registers both models and makes the better ones champion."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from prefect import State, flow

from erm.errors import ErmError
from erm.fingerprint import content_hash
from erm.registry.promotion import Promotion
from erm.settings import Settings
from erm.tracking import numbers
from flows.outputs import Paths
from flows.params import Params
from flows.stage import Metrics, main, perform

PAIRS, INFERRED = Path("data/pairs"), Path("data/inferred")
CRITIC = Path("models/critic")
POLICY_BEFORE, POLICY = Path("models/policy-sft"), Path("models/policy")
BENCHMARK, EVALUATION = Path("reports/benchmark.json"), Path("reports/evaluate.json")


@flow(name="promote")
def promote() -> State[Any]:
    """Registers the critic and the policy; moves ``champion`` to those that are better."""
    return perform("promote", _work, reads=("benchmark", "evaluate"))


def _work(params: Params, paths: Paths) -> Metrics:
    from erm.critics.benchmarking import benchmark
    from erm.critics.settings import BenchmarkSettings
    from erm.policies.evaluation import evaluate
    from erm.policies.settings import EvaluateSettings
    from erm.registry import promotion as registry
    from erm.registry.packaging import log_critic, log_policy
    from erm.registry.settings import PromoteSettings

    settings = params.of("promote", PromoteSettings)
    benchmarking = params.of("benchmark", BenchmarkSettings)
    evaluation = params.of("evaluate", EvaluateSettings)
    data = content_hash(PAIRS)
    both = hashlib.sha256((data + content_hash(INFERRED)).encode()).hexdigest()

    def judge_critic(uri: str) -> float:
        out = paths.work / "benchmark"
        metrics = benchmark(benchmarking, _folder(uri), PAIRS, out, INFERRED)
        return _metric(metrics, settings.critic_metric, "benchmark")

    def judge_policy(uri: str) -> float:
        metrics = evaluate(
            evaluation,
            before=POLICY_BEFORE,
            after=_folder(uri),
            critic=CRITIC,
            pairs=PAIRS,
            out=paths.work / "evaluation",
        )
        return _metric(metrics, settings.policy_metric, "evaluate")

    benchmarked = json.loads(BENCHMARK.read_text())
    evaluated = json.loads(EVALUATION.read_text())
    critic = registry.promote(
        registry.Candidate(
            registry.CRITIC,
            CRITIC,
            settings.critic_metric,
            _metric(benchmarked, settings.critic_metric, "benchmark"),
            _judged_on(both, benchmarking),
        ),
        lambda folder: _uri(log_critic(folder, metrics=numbers(benchmarked), data_hash=both)),
        judge_critic,
        settings.margin,
    )
    policy = registry.promote(
        registry.Candidate(
            registry.POLICY,
            POLICY,
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
    return hashlib.sha256((data + settings.model_dump_json()).encode()).hexdigest()


def _metric(metrics: Metrics, name: str, stage: str) -> float:
    if name not in metrics:
        known = ", ".join(sorted(metrics))
        raise ErmError(f"Stage {stage} has no metric '{name}' to promote by; it has: {known}.")
    return float(metrics[name])


if __name__ == "__main__":
    main(promote)
