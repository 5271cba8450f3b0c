"""Where a registered version comes from, and what was made from a version or from data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from erm.errors import ErmError
from erm.registry.aliases import CRITIC, OVER, POLICY, aliases_of, recorded
from erm.registry.promotion import CONTENT, GATE, SCORES

_URI = "models:/"
_DVC = "dvc."
_SHORTEST = 6
"""Digits of a hash that name data."""


def lineage(client: Any, uri: str) -> dict[str, Any]:
    """The origin of one version, as JSON values; None for what was not recorded.

    Args:
        uri: such as ``models:/erm-critic@champion`` or ``models:/erm-critic/3``.

    Returns:
        ``name``, ``version``, ``uri``, ``aliases``, ``content_sha256`` (of the model's folder),
        ``run`` (id of the run that logged it), ``commit`` with ``uncommitted`` (whether the tree
        had changes), ``parameters`` (``sha256`` and ``address`` of the pipeline's), ``data``
        (``hash``, and DVC's md5 by path as ``dvc``), ``rewarded_by`` (the critic of a policy:
        ``critic`` and its ``sha256``), ``scores``, ``gate`` (``outcome`` and ``missed``: condition
        → by how much), ``promoted`` and ``rolled_back`` (``at``, ``by``, ``why``), ``previous``
        (the champions before it, latest first) and ``rewards`` (URIs of the policies that it
        rewarded).

    Raises:
        ErmError: there is no such version.
    """
    version = find_version(client, uri)
    run = client.get_run(version.run_id) if version.run_id else None
    return {
        **_named(client, version),
        CONTENT: version.tags.get(CONTENT),
        "run": version.run_id or None,
        **_code(run),
        "parameters": _parameters(version, client, run),
        "data": _data(version, run),
        "rewarded_by": _rewarded_by(version),
        "scores": _scores(version),
        "gate": _gate(version),
        "promoted": recorded(version.tags, "promoted"),
        "rolled_back": recorded(version.tags, "rolled_back"),
        "previous": list(_previous(client, version)),
        "rewards": [_uri(one) for one in _policies_of(client, version)],
    }


def find_version(client: Any, uri: str) -> Any:
    """The version that a ``models:/`` URI names; raises `ErmError` if there is none."""
    from mlflow.exceptions import MlflowException

    name, sign, alias = uri.removeprefix(_URI).partition("@")
    try:
        if sign:
            return client.get_model_version_by_alias(name, alias)
        name, _, number = name.partition("/")
        if not number.isdigit():
            raise ErmError(f"{uri}: write {_URI}NAME@ALIAS or {_URI}NAME/VERSION.")
        return client.get_model_version(name, number)
    except MlflowException as error:
        reason = str(error).splitlines()[0].partition(": ")[2].rstrip(".") or "no such version"
        raise ErmError(f"{uri}: {reason}.") from error


def made_from(client: Any, data: str) -> list[dict[str, Any]]:
    """The versions of both models that were made from data with a hash, by name and number.

    Args:
        data: the first digits, at least 6, of the data's content hash or of DVC's md5 of a folder.

    Returns:
        For each ``name``, ``version``, ``uri``, ``aliases`` and ``matched``, what has the hash.

    Raises:
        ErmError: `data` is too short to name data.
    """
    if len(data) < _SHORTEST:
        raise ErmError(f"'{data}': give at least {_SHORTEST} digits of a hash of data.")
    found = []
    for name in (CRITIC, POLICY):
        for version in _versions(client, name):
            run = client.get_run(version.run_id) if version.run_id else None
            origin = _data(version, run)
            hashes = {"data": origin["hash"], **origin["dvc"]}
            matched = [what for what, known in hashes.items() if known and known.startswith(data)]
            if matched:
                found.append({**_named(client, version), "matched": matched})
    return found


def _named(client: Any, version: Any) -> dict[str, Any]:
    number = int(version.version)
    aliases = aliases_of(client, version.name)
    return {
        "name": version.name,
        "version": number,
        "uri": _uri(version),
        "aliases": sorted(alias for alias, known in aliases.items() if known == number),
    }


def _uri(version: Any) -> str:
    return f"{_URI}{version.name}/{version.version}"


def _versions(client: Any, name: str) -> list[Any]:
    found = client.search_model_versions(f"name = '{name}'")
    return sorted(found, key=lambda version: int(version.version))


def _code(run: Any) -> dict[str, Any]:
    tags = run.data.tags if run is not None else {}
    changed = tags.get("git.changed")
    return {
        "commit": tags.get("mlflow.source.git.commit"),
        "uncommitted": None if changed is None else changed == "True",
    }


def _parameters(version: Any, client: Any, run: Any) -> dict[str, Any]:
    address = None
    if run is not None:
        kept = {item.path for item in client.list_artifacts(run.info.run_id)}
        if "params.yaml" in kept:
            address = f"runs:/{run.info.run_id}/params.yaml"
    return {"sha256": version.tags.get("params_sha256"), "address": address}


def _data(version: Any, run: Any) -> dict[str, Any]:
    """``hash`` and ``dvc``: DVC's md5 of the data, not of models and reports, by path."""
    tags: Mapping[str, str] = run.data.tags if run is not None else {}
    paths = {tag.removeprefix(_DVC): md5 for tag, md5 in tags.items() if tag.startswith(_DVC)}
    data = {path: md5 for path, md5 in sorted(paths.items()) if path.startswith("data/")}
    return {"hash": version.tags.get("data_hash"), "dvc": data}


def _rewarded_by(version: Any) -> dict[str, Any] | None:
    critic, content = (version.tags.get(f"rewarded_by{end}") for end in ("", "_sha256"))
    return None if critic is None and content is None else {"critic": critic, "sha256": content}


def _scores(version: Any) -> dict[str, Any] | None:
    known = version.tags.get(SCORES)
    if known is None:
        return None
    names = ("value", "low", "high")
    return {
        task: dict(zip(names, values, strict=True)) for task, values in json.loads(known).items()
    }


def _gate(version: Any) -> dict[str, Any]:
    prefix = f"{GATE}."
    missed = {
        tag.removeprefix(prefix): float(by) if by else None
        for tag, by in sorted(version.tags.items())
        if tag.startswith(prefix)
    }
    return {"outcome": version.tags.get(GATE), "missed": missed}


def _previous(client: Any, version: Any) -> Iterator[dict[str, Any]]:
    """The chain of champions before a version, as far as they are still registered."""
    known = {str(one.version): one for one in _versions(client, version.name)}
    seen = {str(version.version)}
    over = version.tags.get(OVER)
    while over and over in known and over not in seen:
        seen.add(over)
        before = known[over]
        yield {"version": int(over), **(recorded(before.tags, "promoted") or {})}
        over = before.tags.get(OVER)


def _policies_of(client: Any, critic: Any) -> list[Any]:
    """The policies that a version rewarded; none if it is no critic."""
    if critic.name != CRITIC:
        return []
    content = critic.tags.get(CONTENT)
    return [
        policy
        for policy in _versions(client, POLICY)
        if policy.tags.get("rewarded_by") == _uri(critic)
        or (content is not None and policy.tags.get("rewarded_by_sha256") == content)
    ]
