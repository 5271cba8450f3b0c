"""Registered models and the alias ``champion``.

Models are registered in MLflow without duplicates. A version becomes champion only if it passes the
gate (`erm.registry.gate`): above the floor, and better than the champion on the same data. The tag
``gate`` of a version says what it missed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from erm.errors import ErmError
from erm.fingerprint import content_hash
from erm.registry.gate import Scores, TaskScore, not_better

CHAMPION = "champion"
CRITIC, POLICY = "erm-critic", "erm-policy"

_CONTENT, _METRIC, _SCORES, _SCORED_ON = "content_sha256", "metric", "scores", "scored_on"
_GATE = "gate"


@dataclass(frozen=True)
class Candidate:
    """A model to register, and what it scored.

    Attributes:
        name: of the registered model.
        folder: the model's files.
        metric: name of the scores; higher is better.
        scores: by task.
        scored_on: digest of the data and settings of the scores; only scores with the same digest
            are compared.
        below_floor: conditions of the floor that it misses, a sentence each.
    """

    name: str
    folder: Path
    metric: str
    scores: Scores
    scored_on: str
    below_floor: Sequence[str] = ()


@dataclass(frozen=True)
class Promotion:
    """The outcome for a candidate.

    Attributes:
        version: its number in the registry; an existing one if the content was registered before.
        promoted: whether it became champion.
        reasons: conditions of the gate that it misses, a sentence each.
        champion_scores: of the champion that it was compared with; None if there was none.
    """

    version: int
    promoted: bool
    reasons: tuple[str, ...] = ()
    champion_scores: Scores | None = None


def promote(
    candidate: Candidate,
    log_model: Callable[[Path], str],
    rescore: Callable[[str], Scores],
    *,
    margin: float = 0.0,
    most_loss: float = 0.0,
) -> Promotion:
    """Register a candidate and make it champion if it passes the gate.

    A champion that was scored on other data, or with another metric, is scored again.

    Args:
        candidate: the model and its scores.
        log_model: writes a model folder to the active MLflow run and returns the model's URI.
        rescore: scores another version, given its URI, on the candidate's data and settings.
        margin, most_loss: see `erm.registry.gate.not_better`.

    Raises:
        ErmError: the candidate's folder is missing or empty.
    """
    client = _client()
    version = _register(client, candidate, log_model)
    champion = _champion(client, candidate.name)
    if champion is not None and int(champion.version) == version:
        return Promotion(version, promoted=False, reasons=("it is champion already",))
    reasons = list(candidate.below_floor)
    best = None
    if champion is not None:
        best = _scores_of(client, champion, candidate, rescore)
        reasons += not_better(candidate.scores, best, margin=margin, most_loss=most_loss)
    gate = "passed" if not reasons else "; ".join(reasons)
    client.set_model_version_tag(candidate.name, str(version), _GATE, gate)
    if not reasons:
        client.set_registered_model_alias(candidate.name, CHAMPION, str(version))
    return Promotion(version, not reasons, tuple(reasons), best)


def _register(client: Any, candidate: Candidate, log_model: Callable[[Path], str]) -> int:
    """Number of the version with the candidate's content; registers it if there is none."""
    import mlflow

    if not candidate.folder.is_dir() or not any(candidate.folder.iterdir()):
        raise ErmError(f"{candidate.folder} holds no model to register as {candidate.name}.")
    content = content_hash(candidate.folder)
    score_tags = _score_tags(candidate.metric, candidate.scores, candidate.scored_on)
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


def _scores_of(
    client: Any, champion: Any, candidate: Candidate, rescore: Callable[[str], Scores]
) -> Scores:
    """The champion's scores on the candidate's data."""
    tags = champion.tags
    if (tags.get(_METRIC), tags.get(_SCORED_ON)) == (candidate.metric, candidate.scored_on):
        known = json.loads(tags[_SCORES])
        return {task: TaskScore(*values) for task, values in known.items()}
    scores = rescore(f"models:/{champion.name}/{champion.version}")
    for tag, value in _score_tags(candidate.metric, scores, candidate.scored_on).items():
        client.set_model_version_tag(champion.name, champion.version, tag, value)
    return scores


def _score_tags(metric: str, scores: Scores, scored_on: str) -> dict[str, str]:
    return {_METRIC: metric, _SCORES: json.dumps(dict(scores)), _SCORED_ON: scored_on}


def _client() -> Any:
    import mlflow

    return mlflow.MlflowClient()
