"""Base of every stage's settings, and choices that several of them have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from erm.errors import ErmError

Isolation = Literal["auto", "required", "off"]
"""Of workers that draw (`erm.render.pool.Renderer`): ``auto`` contains with what the machine
allows, ``required`` stops where anything is missing, ``off`` keeps only limits and deadlines."""

LOCAL = "local"
"""The `Cluster` that is this machine alone."""

_ADDRESS = re.compile(r"(ray://)?(\[[0-9a-fA-F:]+\]|[^\s:/@\[\]]+):(?P<port>\d{1,5})")


def _check_cluster(address: str) -> str:
    if address in (LOCAL, "auto"):
        return address
    matched = _ADDRESS.fullmatch(address)
    if matched is None or not 0 < int(matched["port"]) < 1 << 16:
        raise ValueError("a cluster is local, auto, HOST:PORT or ray://HOST:PORT")
    return address


Cluster = Annotated[str, AfterValidator(_check_cluster)]
"""Where work runs (`erm.cluster`): `LOCAL` in processes of this machine, otherwise on the Ray
cluster that ``ray.init`` finds: ``auto`` the one that this machine is a node of, ``HOST:PORT`` that
of this head, which this machine is a node of too, and ``ray://HOST:PORT`` from any machine."""


def share_cluster(content: Mapping[str, Any], kinds: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of ``params.yaml``, with ``cluster`` in each that can be shared out.

    Args:
        content: section → its parameters.
        kinds: section → its settings class.

    Raises:
        ErmError: a section has a `cluster` of its own.
    """
    shared = dict(content)
    for section, kind in kinds.items():
        if "cluster" in getattr(kind, "model_fields", {}):
            if "cluster" in content[section]:
                raise ErmError(
                    f"unknown parameter '{section}.cluster'; 'cluster' is for all stages."
                )
            shared[section] = {**content[section], "cluster": content["cluster"]}
    return shared


class Settings(BaseModel):
    """One section of ``params.yaml``; unknown or ill-typed parameters raise before work."""

    model_config = ConfigDict(extra="forbid", frozen=True)
