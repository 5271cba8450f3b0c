"""Domains: the kinds of sources whose scores are never mixed."""

from __future__ import annotations

from typing import Literal, get_args

from erm.tasks import Variety

Domain = Literal["compact", "wide", "real", "checked"]
DOMAINS: tuple[Domain, ...] = get_args(Domain)
"""``compact`` and ``wide``, generated in that variety; ``real``, written by people and ingested
(`erm.synthesis.ingest`); ``checked``, the real sources that come with the package, edited by hand
(`erm.dataset.checked`)."""


DOMAIN = "domain"
"""The field of a benchmark's rows that holds the domain."""

INGESTED = "own-"
"""How the name of an ingested source begins, after its task: ``chart/own-3f2a…``."""
CHECKED = "checked-"
"""How the name of a source of `erm.dataset.checked` begins."""
_WIDE = "wide-"
_PREFIXES: dict[str, Domain] = {INGESTED: "real", CHECKED: "checked", _WIDE: "wide"}


def domain_title(domain: str | None) -> str:
    """The name of a domain in tables for people; None stands for items of any domain."""
    if domain is None:
        return "all"
    return "real, checked by hand" if domain == "checked" else domain


def generated_id(task: str, variety: Variety, index: int) -> str:
    """The id of a generated source."""
    return f"{task}/{_WIDE if variety == 'wide' else ''}{index:06d}"


def domain_of(source_id: str) -> Domain:
    """The domain of a source, by its id."""
    name = source_id.partition("/")[2]
    for prefix, domain in _PREFIXES.items():
        if name.startswith(prefix):
            return domain
    return "compact"
