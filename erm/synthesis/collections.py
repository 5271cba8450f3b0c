"""Collections of real sources in published packages, each at one version and with its licence.

Covers which collections there are, and whether their sources are trained on or tested with. Not
covered: how packages are downloaded (`erm.synthesis.packages`) and how sources are found in their
files (`erm.synthesis.extraction`).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from erm.synthesis.packages import Package

Role = Literal["train", "held_out"]
"""``train``: its sources are trained on and never tested with. ``held_out``: only tested with."""

TRAIN: Role = "train"
HELD_OUT: Role = "held_out"

Form = Literal["file", "examples", "rst_tables", "records"]
"""How sources lie in the files of a package (`erm.synthesis.extraction`)."""


@dataclass(frozen=True)
class Collection:
    """Sources of one task, licence and form in one package.

    Attributes:
        name: unique; it starts the ids of the sources.
        licence: SPDX identifier of these files, or ``public domain``.
        paths: patterns of `fnmatch` for paths inside the package; ``*`` also matches ``/``.
        role: the same for all collections of a package.
        most: sources that are taken, drawn at random where there are more.
    """

    name: str
    task: str
    package: Package
    licence: str
    paths: tuple[str, ...]
    role: Role
    form: Form = "file"
    most: int = 400


def _collections() -> tuple[Collection, ...]:
    rows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return tuple(
        Collection(**{**row, "package": Package(*row["package"]), "paths": tuple(row["paths"])})
        for row in rows["collection"]
    )


COLLECTIONS = _collections()
"""All collections, in the order in which they are fetched; ``collections.toml`` lists them."""
