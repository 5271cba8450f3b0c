"""The aliases of registered models, and who moved them, when and why.

``champion`` is the version in use, ``previous`` the one before it, ``challenger`` the newest one
that has not become champion. Callers hold `erm.registry.lock.exclusive` while they move aliases.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from erm.errors import ErmError
from erm.registry.lock import who
from erm.servers import notify

CHAMPION, PREVIOUS, CHALLENGER = "champion", "previous", "challenger"
CRITIC, POLICY = "erm-critic", "erm-policy"

OVER = "promoted_over"
"""Tag of a champion: the version that was champion before; empty for the first."""


class Change(NamedTuple):
    """A move of the alias ``champion``.

    Attributes:
        model: name of the registered model.
        old, new: the champion before, None if there was none, and the one now.
        why, who, when: as in the tags ``promoted_…`` of `new`.
    """

    model: str
    old: int | None
    new: int
    why: str
    who: str
    when: str


def registry_client(root: Path) -> Any:
    """A client of the registry that ``MLFLOW_TRACKING_URI`` names, or of ``mlflow.db`` in `root`.

    Raises:
        ErmError: there is no such registry.
    """
    import mlflow

    from erm.tracking import configure_tracking, has_store

    if not has_store(root):  # MLflow would create the missing database
        raise ErmError("there is no mlflow.db in this folder; run `make repro` first.")
    configure_tracking(root)
    return mlflow.MlflowClient()


def aliases_of(client: Any, name: str) -> dict[str, int]:
    """Alias → version of a registered model; empty if there is no such model."""
    from mlflow.exceptions import MlflowException

    try:
        found = client.get_registered_model(name).aliases
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return {}
    return {alias: int(version) for alias, version in found.items()}


def challenge(client: Any, name: str, version: int) -> None:
    """Make a version the challenger."""
    client.set_registered_model_alias(name, CHALLENGER, str(version))


def crown(client: Any, name: str, version: int, why: str, previous: int | None) -> Change:
    """Make a version the champion, with tags that say who did it, when and why.

    The caller gives the change to `announce` when it has released the lock.

    Args:
        previous: what becomes `PREVIOUS`; None removes that alias.

    Raises:
        ErmError: somebody who doesn't hold the lock moved the alias at the same time.
    """
    before = aliases_of(client, name)
    event = record(client, name, version, "promoted", why)
    if previous is None:
        client.delete_registered_model_alias(name, PREVIOUS)
    else:
        client.set_registered_model_alias(name, PREVIOUS, str(previous))
    client.set_registered_model_alias(name, CHAMPION, str(version))
    if before.get(CHALLENGER) == version:
        client.delete_registered_model_alias(name, CHALLENGER)
    now = aliases_of(client, name).get(CHAMPION)
    if now != version:
        raise ErmError(
            f"{name}: somebody else made version {now} champion at the same time as version "
            f"{version}; `erm lineage models:/{name}@champion` shows it."
        )
    return Change(name, before.get(CHAMPION), version, why, event["by"], event["at"])


def announce(change: Change) -> None:
    """Send the webhook a move of ``champion`` (`erm.servers.notify`); a failure is a warning."""
    instead = "the first one" if change.old is None else f"not {change.old}"
    text = (
        f"{change.model}: champion is version {change.new}, {instead}. {change.who} on "
        f"{change.when}: {change.why}"
    )
    notify(text, {"event": "champion", **change._asdict()})


def record(client: Any, name: str, version: int, event: str, why: str) -> dict[str, str]:
    """Tags ``<event>_at`` (UTC), ``<event>_by`` and ``<event>_why`` of a version; returns them."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    parts = {"at": now, "by": who(), "why": why}
    for part, value in parts.items():
        client.set_model_version_tag(name, str(version), f"{event}_{part}", value)
    return parts


def recorded(tags: dict[str, str], event: str) -> dict[str, str] | None:
    """What `record` wrote: ``at``, ``by`` and ``why``; None if it never did."""
    if f"{event}_at" not in tags:
        return None
    return {part: tags.get(f"{event}_{part}", "") for part in ("at", "by", "why")}


def forget(client: Any, name: str, version: int, event: str) -> None:
    """Delete what `record` wrote."""
    tags = client.get_model_version(name, str(version)).tags
    for part in ("at", "by", "why"):
        if f"{event}_{part}" in tags:
            client.delete_model_version_tag(name, str(version), f"{event}_{part}")
