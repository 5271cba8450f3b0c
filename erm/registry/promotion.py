"""Registered models and the alias ``champion``.

Models are registered in MLflow without duplicates. A version becomes champion only if its score on
the same data is higher than the champion's.
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

_CONTENT, _METRIC, _SCORE, _SCORED_ON = "content_sha256", "metric", "score", "judged_on"


@dataclass(frozen=True)
class Candidate:
    """A model to register, and what it scored.

    Attributes:
        name: of the registered model.
        folder: the model's files.
        metric: name of the score; higher is better.
        score: its value.
        scored_on: digest of the data and settings of the score; only scores with the same digest
            are compared.
    """

    name: str
    folder: Path
    metric: str
    score: float
    scored_on: str


@dataclass(frozen=True)
class Promotion:
    """The outcome for a candidate.

    Attributes:
        version: its number in the registry; an existing one if the content was registered before.
        promoted: whether it became champion.
        champion_score: score of the previous champion; None if there was none.
    """

    version: int
    promoted: bool
    champion_score: float | None


def promote(
    candidate: Candidate,
    log_model: Callable[[Path], str],
    rescore: Callable[[str], float],
    margin: float = 0.0,
) -> Promotion:
    """Register a candidate and make it champion if it is better than the current champion.

    A champion that was scored on other data, or with another metric, is scored again.

    Args:
        candidate: the model and its score.
        log_model: writes a model folder to the active MLflow run and returns the model's URI.
        rescore: scores another version, given its URI, on the candidate's data and settings.
        margin: by how much the candidate must be better.

    Raises:
        ErmError: the candidate's folder is missing or empty.
    """
    client = _client()
    version = _register(client, candidate, log_model)
    champion = _champion(client, candidate.name)
    best = None
    if champion is not None and int(champion.version) != version:
        best = _score_of(client, champion, candidate, rescore)
    promoted = champion is None or (best is not None and candidate.score > best + margin)
    if promoted:
        client.set_registered_model_alias(candidate.name, CHAMPION, str(version))
    return Promotion(version, promoted, best)


def _register(client: Any, candidate: Candidate, log_model: Callable[[Path], str]) -> int:
    """Number of the version with the candidate's content; registers it if there is none."""
    import mlflow

    if not candidate.folder.is_dir() or not any(candidate.folder.iterdir()):
        raise ErmError(f"{candidate.folder} holds no model to register as {candidate.name}.")
    content = content_hash(candidate.folder)
    score_tags = _score_tags(candidate.metric, candidate.score, candidate.scored_on)
    for version in client.search_model_versions(f"name = '{candidate.name}'"):
        if version.tags.get(_CONTENT) == content:
            for tag, value in score_tags.items():
                client.set_model_version_tag(candidate.name, version.version, tag, value)
            return int(version.version)
    registered = mlflow.register_model(
        log_model(candidate.folder), candidate.name, tags={_CONTENT: content, **score_tags}
    )
    return int(registered.version)


def _champion(client: Any, name: str) -> Any:
    """The champion's model version; None if there is no champion."""
    model = client.get_registered_model(name)
    version = model.aliases.get(CHAMPION)
    return None if version is None else client.get_model_version(name, str(version))


def _score_of(
    client: Any, champion: Any, candidate: Candidate, rescore: Callable[[str], float]
) -> float:
    """The champion's score on the candidate's data."""
    tags = champion.tags
    if (tags.get(_METRIC), tags.get(_SCORED_ON)) == (candidate.metric, candidate.scored_on):
        return float(tags[_SCORE])
    score = rescore(f"models:/{champion.name}/{champion.version}")
    for tag, value in _score_tags(candidate.metric, score, candidate.scored_on).items():
        client.set_model_version_tag(champion.name, champion.version, tag, value)
    return score


def _score_tags(metric: str, score: float, scored_on: str) -> dict[str, str]:
    return {_METRIC: metric, _SCORE: repr(score), _SCORED_ON: scored_on}


def _client() -> Any:
    import mlflow

    return mlflow.MlflowClient()
