"""Taking a promotion back."""

from __future__ import annotations

from typing import Any, NamedTuple

from erm.errors import ErmError
from erm.registry.aliases import (
    CHAMPION,
    OVER,
    PREVIOUS,
    aliases_of,
    announce,
    crown,
    forget,
    record,
)
from erm.registry.lock import exclusive


class Rollback(NamedTuple):
    """What a rollback did; `previous` is where the next one would go, None if nowhere."""

    name: str
    before: int
    champion: int
    previous: int | None


def rollback(client: Any, name: str, reason: str, to: int | None = None) -> Rollback:
    """Make the previous champion champion again.

    ``previous`` becomes the version that was champion before that one, so that a second rollback
    goes back one further; if there is none, the alias is removed. The version that is rolled back
    is tagged, and the gate refuses it until somebody names it as `to`. The webhook gets the change.

    Args:
        reason: why, for the tags of both versions.
        to: a version to make champion instead of the previous one.

    Raises:
        ErmError: there is no champion, no previous version, or no version `to`.
    """
    from mlflow.exceptions import MlflowException

    with exclusive(client, name):
        aliases = aliases_of(client, name)
        if CHAMPION not in aliases:
            raise ErmError(f"{name} has no champion to roll back.")
        before = aliases[CHAMPION]
        target = to if to is not None else aliases.get(PREVIOUS)
        if target is None or (to is None and target == before):
            raise ErmError(
                f"{name}: version {before} has no previous champion; name a version with --to."
            )
        if target == before:
            raise ErmError(f"{name}: version {target} is champion already.")
        try:
            tags = client.get_model_version(name, str(target)).tags
        except MlflowException as error:
            raise ErmError(f"{name} has no version {target}.") from error
        over = tags.get(OVER)
        if over is None:  # it never was champion
            over = str(before)
            client.set_model_version_tag(name, str(target), OVER, over)
        previous = int(over) if over and _exists(client, name, over) else None
        record(client, name, before, "rolled_back", reason)
        forget(client, name, target, "rolled_back")
        why = f"rolled back from version {before}: {reason}"
        change = crown(client, name, target, why, previous)
    announce(change)
    return Rollback(name, before, target, previous)


def _exists(client: Any, name: str, version: str) -> bool:
    return any(
        str(one.version) == version for one in client.search_model_versions(f"name = '{name}'")
    )
