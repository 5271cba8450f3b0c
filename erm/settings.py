"""Base of every stage's settings, and a choice that several of them have."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Isolation = Literal["auto", "required", "off"]
"""Of workers that draw (`erm.render.pool.Renderer`): ``auto`` contains with what the machine
allows, ``required`` stops where anything is missing, ``off`` keeps only limits and deadlines."""


class Settings(BaseModel):
    """One section of ``params.yaml``; unknown or ill-typed parameters raise before work."""

    model_config = ConfigDict(extra="forbid", frozen=True)
