"""Registered models and the alias ``champion``.

Covers registration in MLflow without duplicates, and promotion: a version becomes champion only if
it scores higher than the champion on the same data. Not covered: how a model is packaged so that
MLflow can load it (`erm.registry.packaging`) and how scores come about (`erm.critics.benchmarking`,
`erm.policies.evaluation`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from erm.errors import ErmError
from erm.fingerprint import content_hash

CHAMPION = "champion"
CRITIC, POLICY = "erm-critic", "erm-policy"

_CONTENT, _METRIC, _SCORE, _JUDGED_ON = "content_sha256", "metric", "score", "judged_on"


@dataclass(frozen=True)
class Candidate:
    """A model to register, and what it scored.

    Attributes:
        name: the registered model it is a version of.
        folder: the model's files.
        metric: name of the score; higher is better.
        score: its value.
        judged_on: digest of the data and the settings with which it was judged; scores compare
            only where it is equal.
    """

    name: str
    folder: Path
    metric: str
    score: float
    judged_on: str


@dataclass(frozen=True)
class Promotion:
    """What became of a candidate.

    Attributes:
        version: its number in the registry, an older one where the same content was known.
        promoted: whether the alias moved to it.
        champion_score: score of the champion it was compared with; None where there was none.
    """

    version: int
    promoted: bool
    champion_score: float | None


def promote(
    candidate: Candidate,
    log_model: Callable[[Path], str],
    judge: Callable[[str], float],
    margin: float = 0.0,
) -> Promotion:
    """Registers a candidate and makes it champion if it is better than the present one.

    A champion that was judged on other data, or by another metric, is judged again.

    Args:
        candidate: the model and its score.
        log_model: writes a model folder to the active MLflow run and returns the model's URI.
        judge: scores another version, given its URI, on the candidate's data and settings.
        margin: by how much the candidate must be better.

    Raises:
        ErmError: the candidate's folder is missing or empty.
    """
    client = _client()
    version = _register(client, candidate, log_model)
    champion = _champion(client, candidate.name)
    best = None
    if champion is not None and int(champion.version) != version:
        best = _score_of(client, champion, candidate, judge)
    promoted = champion is None or (best is not None and candidate.score > best + margin)
    if promoted:
        client.set_registered_model_alias(candidate.name, CHAMPION, str(version))
    return Promotion(version, promoted, best)


def _register(client: Any, candidate: Candidate, log_model: Callable[[Path], str]) -> int:
    """Number of the version with the candidate's content, made where there is none."""
    import mlflow

    if not candidate.folder.is_dir() or not any(candidate.folder.iterdir()):
        raise ErmError(f"{candidate.folder} holds no model to register as {candidate.name}.")
    content = content_hash(candidate.folder)
    judgement = _judgement(candidate.metric, candidate.score, candidate.judged_on)
    for known in client.search_model_versions(f"name = '{candidate.name}'"):
        if known.tags.get(_CONTENT) == content:
            for tag, value in judgement.items():
                client.set_model_version_tag(candidate.name, known.version, tag, value)
            return int(known.version)
    made = mlflow.register_model(
        log_model(candidate.folder), candidate.name, tags={_CONTENT: content, **judgement}
    )
    return int(made.version)


def _champion(client: Any, name: str) -> Any:
    """The champion's model version; None where the alias was never set."""
    model = client.get_registered_model(name)
    version = model.aliases.get(CHAMPION)
    return None if version is None else client.get_model_version(name, str(version))


def _score_of(
    client: Any, champion: Any, candidate: Candidate, judge: Callable[[str], float]
) -> float:
    """The champion's score on the candidate's data."""
    tags = champion.tags
    if (tags.get(_METRIC), tags.get(_JUDGED_ON)) == (candidate.metric, candidate.judged_on):
        return float(tags[_SCORE])
    score = judge(f"models:/{champion.name}/{champion.version}")
    for tag, value in _judgement(candidate.metric, score, candidate.judged_on).items():
        client.set_model_version_tag(champion.name, champion.version, tag, value)
    return score


def _judgement(metric: str, score: float, judged_on: str) -> dict[str, str]:
    return {_METRIC: metric, _SCORE: repr(score), _JUDGED_ON: judged_on}


def _client() -> Any:
    import mlflow

    return mlflow.MlflowClient()
