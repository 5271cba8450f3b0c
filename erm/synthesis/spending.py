"""Endpoints whose answers cost money: each is paid for once, within a budget, and accounted for.

Covers a journal that outlives a killed run, a budget that counts what earlier runs spent, and the
cost report. Not covered: requests (`erm.endpoints.client`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from erm.endpoints.client import Endpoint, Journal
from erm.errors import ErmError
from erm.models.location import ENDPOINT
from erm.synthesis.settings import EndpointSettings


def model_name(spec: str, parameter: str) -> str:
    """The name in ``openai:NAME``; raises `ErmError` that names the parameter for another spec."""
    name = spec.removeprefix(ENDPOINT).strip()
    if not spec.startswith(ENDPOINT) or not name:
        raise ErmError(f"{parameter} is '{spec}'; expected openai:NAME of a served model.")
    return name


def connection(settings: EndpointSettings, journal: Path) -> dict[str, Any]:
    """Arguments of `erm.endpoints.client.Endpoint`: answers are kept in `journal`, so that none is
    paid for twice, and what its answers have cost already counts against the budget.

    Raises:
        ErmError: a damaged journal.
    """
    fields = settings.connection() | settings.model_dump(include={"price_in", "price_out"})
    if settings.token_budget is not None:
        paid = Journal(journal).answers.values()
        spent = sum(answer.tokens_in + answer.tokens_out for answer in paid)
        fields["token_budget"] = max(settings.token_budget - spent, 0)
    return {**fields, "journal": journal}


def costs(role: str, endpoint: Endpoint) -> dict[str, float]:
    """The cost report of this run as flat metrics, named ``<role>/…``.

    ``recorded`` counts answers that an interrupted run had paid for.
    """
    usage = endpoint.usage
    return {
        f"{role}/answers": usage.answers,
        f"{role}/recorded": usage.recorded,
        f"{role}/retries": usage.retries,
        f"{role}/tokens_in": usage.tokens_in,
        f"{role}/tokens_out": usage.tokens_out,
        f"{role}/cost": round(usage.cost, 6),
    }


def stopped(role: str, endpoint: Endpoint, journal: Path, error: ErmError) -> ErmError:
    """The error that ended a run, with what was spent and how to go on."""
    reason = str(error).rstrip(".")
    return ErmError(
        f"The {role} stopped the run: {reason}; so far {endpoint.usage}; answers are kept in "
        f"{journal}, and the same command goes on from there."
    )
