"""Registering models, and moving the alias ``champion`` to a version that passes the gate.

Models are registered in MLflow without duplicates. A new version is the ``challenger``. It becomes
champion only if it passes the gate (`erm.registry.gate`). Tags of a version say what it missed:
``gate`` in words, and ``gate.<condition>[.<task>]`` by how much.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from erm.errors import ErmError
from erm.fingerprint import content_hash
from erm.registry.aliases import (
    CHAMPION,
    OVER,
    Change,
    aliases_of,
    announce,
    challenge,
    crown,
    recorded,
)
from erm.registry.gate import Missed, not_better
from erm.registry.lock import exclusive
from erm.registry.paired import Measured, Scores, TaskScore
from erm.tracking import training_run

CONTENT, SCORES, GATE = "content_sha256", "scores", "gate"
_METRIC, _SCORED_ON, _ITEMS = "metric", "scored_on", "items"

_log = logging.getLogger(__name__)

Rescore = Callable[[str], Measured]
"""Scores a version, given its URI, on a candidate's data and settings."""


@dataclass(frozen=True)
class Approval:
    """A person's answer: whether a version may become champion, and why."""

    approved: bool
    reason: str


Approve = Callable[[str, int, str], Approval]
"""Asks a person, given the model's name, the version and why it would become champion."""


@dataclass(frozen=True)
class Candidate:
    """A model to register, and what it scored.

    Attributes:
        name: of the registered model.
        folder: the model's files.
        metric: name of the scores; higher is better.
        measured: scores by task, and their items where they are known.
        scored_on: digest of the data and settings of the scores; only scores with the same digest
            are compared.
        missed: conditions of the gate that it misses whatever the champion is.
        margin, most_loss, confidence: of the comparison with the champion
            (`erm.registry.gate.not_better`).
        tags: further tags of the version, such as where it comes from.
        description: of the version, in Markdown.
    """

    name: str
    folder: Path
    metric: str
    measured: Measured
    scored_on: str
    missed: Sequence[Missed] = ()
    margin: float = 0.0
    most_loss: float = 0.0
    confidence: float | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True)
class Promotion:
    """The outcome for a candidate.

    Attributes:
        version: its number in the registry, an existing one if the content was registered before;
            None in a trial, if it was not.
        promoted: whether it became champion, or in a trial would become it.
        missed: conditions of the gate that it misses.
        champion: the version that it was compared with; None if there was none.
        champion_scores: of that version; None where it was not compared.
    """

    version: int | None
    promoted: bool
    missed: tuple[Missed, ...] = ()
    champion: int | None = None
    champion_scores: Scores | None = None

    @property
    def is_champion(self) -> bool:
        """Whether the candidate had been champion before."""
        return self.version is not None and self.version == self.champion

    def __str__(self) -> str:
        if self.is_champion:
            return "is champion already"
        if self.promoted:
            return "passes the gate"
        return "; ".join(one.sentence for one in self.missed)


def promote(
    candidate: Candidate,
    log_model: Callable[[Path], str],
    rescore: Rescore,
    approve: Approve | None = None,
) -> Promotion:
    """Register a candidate and make it champion if it passes the gate; the webhook learns of it.

    A champion that was scored on other data, or with another metric, is scored again. If another
    process promotes meanwhile, the candidate is compared with that champion, and approved again.

    Args:
        candidate: the model and its scores.
        log_model: writes a model folder to the active MLflow run, the one that trained it where
            that is known, and returns the model's URI.
        rescore: scores the champion where that is needed.
        approve: asked before a version becomes champion; without an approval it does not.

    Raises:
        ErmError: the candidate's folder is missing or empty, or the lock of the registry can't be
            had.
    """
    client = _client()
    version = _register(client, candidate, log_model)
    while True:
        champion = _champion(client, candidate.name)
        outcome = _judge(client, candidate, version, champion, rescore, store=True)
        why = _why(candidate, outcome)
        if outcome.promoted and approve is not None:
            answer = approve(candidate.name, version, why)
            why += f"; approved ({answer.reason})"
            if not answer.approved:
                refused = Missed("approval", None, None, f"not approved ({answer.reason})")
                outcome = replace(outcome, promoted=False, missed=(refused,))
        with exclusive(client, candidate.name):
            if aliases_of(client, candidate.name).get(CHAMPION) != outcome.champion:
                continue  # another process was faster
            change = (
                None if outcome.is_champion else _conclude(client, candidate, version, outcome, why)
            )
        if change is not None:
            announce(change)
        return outcome


def try_promotion(candidate: Candidate, rescore: Rescore) -> Promotion:
    """What `promote` would do now; registers and tags nothing.

    Raises:
        ErmError: the candidate's folder is missing or empty.
    """
    client = _client()
    version = _registered(client, candidate.name, _content(candidate))
    champion = _champion(client, candidate.name)
    return _judge(client, candidate, version, champion, rescore, store=False)


def registered_version(name: str, content: str) -> int | None:
    """The version of a registered model whose folder has this content hash."""
    return _registered(_client(), name, content)


def _judge(
    client: Any,
    candidate: Candidate,
    version: int | None,
    champion: Any,
    rescore: Rescore,
    *,
    store: bool,
) -> Promotion:
    """The outcome against a champion, which is a model version or None.

    Args:
        store: whether new scores of the champion become its tags.
    """
    if champion is None:
        missed = (*candidate.missed, *_rolled_back(client, candidate.name, version))
        return Promotion(version, not missed, missed)
    number = int(champion.version)
    if number == version:
        return Promotion(version, promoted=False, champion=number)
    best = _scores_of(client, champion, candidate, rescore, store)
    missed = (
        *candidate.missed,
        *_rolled_back(client, candidate.name, version),
        *not_better(
            candidate.measured,
            best,
            margin=candidate.margin,
            most_loss=candidate.most_loss,
            confidence=candidate.confidence,
        ),
    )
    return Promotion(version, not missed, missed, number, best.scores)


def _rolled_back(client: Any, name: str, version: int | None) -> list[Missed]:
    """A version that somebody rolled back stays so until somebody names it."""
    if version is None:
        return []
    event = recorded(client.get_model_version(name, str(version)).tags, "rolled_back")
    if event is None:
        return []
    short = name.removeprefix("erm-")
    sentence = (
        f"version {version} was rolled back by {event['by']} on {event['at']} ({event['why']}); "
        f"`erm rollback {short} --to {version}` makes it champion"
    )
    return [Missed("rolled_back", None, None, sentence)]


def _conclude(
    client: Any, candidate: Candidate, version: int, outcome: Promotion, why: str
) -> Change | None:
    """Write the gate's tags and, if it passed, move the aliases; returns the champion's move."""
    name, number = candidate.name, str(version)
    tags = {
        f"{GATE}.{one.condition}" + (f".{one.task}" if one.task else ""): one.by
        for one in outcome.missed
    }
    for tag in client.get_model_version(name, number).tags:
        if tag.startswith(f"{GATE}.") and tag not in tags:
            client.delete_model_version_tag(name, number, tag)
    for tag, by in tags.items():
        client.set_model_version_tag(name, number, tag, "" if by is None else f"{by:.4g}")
    client.set_model_version_tag(name, number, GATE, "passed" if outcome.promoted else str(outcome))
    if not outcome.promoted:
        challenge(client, name, version)  # another process may have removed the alias meanwhile
        return None
    client.set_model_version_tag(name, number, OVER, str(outcome.champion or ""))
    return crown(client, name, version, why, outcome.champion)


def _why(candidate: Candidate, outcome: Promotion) -> str:
    scores = ", ".join(f"{task} {score}" for task, score in candidate.measured.scores.items())
    if outcome.champion_scores is None:
        return f"passed the gate as the first champion by {candidate.metric}: {scores}"
    best = ", ".join(f"{task} {score}" for task, score in outcome.champion_scores.items())
    return f"passed the gate by {candidate.metric}: {scores}; version {outcome.champion} had {best}"


def _register(client: Any, candidate: Candidate, log_model: Callable[[Path], str]) -> int:
    """Number of the version with the candidate's content; registers it if there is none."""
    import mlflow

    content = _content(candidate)
    version = _registered(client, candidate.name, content)
    if version is None:
        tags = {CONTENT: content, **candidate.tags}
        with training_run(content):
            uri = log_model(candidate.folder)
        registered = mlflow.register_model(uri, candidate.name, tags=tags)
        version = int(registered.version)
        client.update_model_version(candidate.name, str(version), candidate.description)
    _store(client, candidate.name, version, candidate, candidate.measured)
    with exclusive(client, candidate.name):
        if aliases_of(client, candidate.name).get(CHAMPION) != version:
            challenge(client, candidate.name, version)
    return version


def _content(candidate: Candidate) -> str:
    if not candidate.folder.is_dir() or not any(candidate.folder.iterdir()):
        raise ErmError(f"{candidate.folder} holds no model to register as {candidate.name}.")
    return content_hash(candidate.folder)


def _registered(client: Any, name: str, content: str) -> int | None:
    for version in client.search_model_versions(f"name = '{name}'"):
        if version.tags.get(CONTENT) == content:
            return int(version.version)
    return None


def _champion(client: Any, name: str) -> Any:
    """The champion's model version; None if there is no champion."""
    version = aliases_of(client, name).get(CHAMPION)
    return None if version is None else client.get_model_version(name, str(version))


def _scores_of(
    client: Any, champion: Any, candidate: Candidate, rescore: Rescore, store: bool
) -> Measured:
    """The champion's scores on the candidate's data."""
    tags = champion.tags
    if (tags.get(_METRIC), tags.get(_SCORED_ON)) == (candidate.metric, candidate.scored_on):
        known = json.loads(tags[SCORES])
        scores = {task: TaskScore(*values) for task, values in known.items()}
        return Measured(scores, _kept_items(tags.get(_ITEMS, "")))
    measured = rescore(f"models:/{champion.name}/{champion.version}")
    if store:
        _store(client, champion.name, int(champion.version), candidate, measured)
    return measured


def _store(client: Any, name: str, version: int, candidate: Candidate, measured: Measured) -> None:
    """Tags of a version with its scores; those of items become an artifact of the active run."""
    import mlflow

    address = ""
    run = mlflow.active_run()
    if measured.items and run is not None:
        path = f"promotion/{name}-{version}.json"
        mlflow.log_dict({task: dict(own) for task, own in measured.items.items()}, path)
        address = f"runs:/{run.info.run_id}/{path}"
    tags = {
        _METRIC: candidate.metric,
        SCORES: json.dumps(dict(measured.scores)),
        _SCORED_ON: candidate.scored_on,
        _ITEMS: address,
    }
    for tag, value in tags.items():
        client.set_model_version_tag(name, str(version), tag, value)


def _kept_items(address: str) -> dict[str, dict[str, tuple[float, float]]]:
    """The items of earlier scores; empty, with a warning, where their artifact is gone."""
    import mlflow
    from mlflow.exceptions import MlflowException

    if not address:
        return {}
    try:
        kept = mlflow.artifacts.load_dict(address)
    except (MlflowException, OSError) as error:
        reason = str(error).splitlines()[0]
        _log.warning("%s: the champion's scores of items are gone (%s).", address, reason)
        return {}
    return {
        task: {key: (float(part), float(whole)) for key, (part, whole) in own.items()}
        for task, own in kept.items()
    }


def _client() -> Any:
    import mlflow

    return mlflow.MlflowClient()
