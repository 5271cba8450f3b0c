"""Settings of an evaluation of any policy on any data."""

from __future__ import annotations

from pydantic import Field, model_validator

from erm.report import Replies
from erm.rewards.settings import FEATURES, LPIPS, UNISVG, names_model
from erm.settings import Settings


class EvaluationSettings(Settings):
    """How completions are made and measured.

    Attributes:
        similarities: ``lpips:NET``, ``features:MODEL`` and ``unisvg:MODEL`` as of `erm.rewards`,
            besides what is always measured.
        completions: samples of each item besides the greedy completion.
        rounds: of revision by the critic's reports (`erm.evaluation.revision`).
        reflect: revise by the policy's own reports too, as a control.
        batch_size: items that are completed and measured together; what a killed run loses.
    """

    similarities: tuple[str, ...] = ()
    replies: Replies = "strict"
    completions: int = Field(0, ge=0)
    rounds: int = Field(0, ge=0)
    reflect: bool = False
    temperature: float = Field(1.0, gt=0)
    seed: int = 0
    batch_size: int = Field(32, ge=1)

    @model_validator(mode="after")
    def _known(self) -> EvaluationSettings:
        for name in self.similarities:
            if name not in LPIPS and not names_model(name):
                further = ", ".join((*LPIPS, f"{FEATURES}MODEL", f"{UNISVG}MODEL"))
                raise ValueError(
                    f"'{name}' is measured already or unknown; further similarities are {further}"
                )
        if self.reflect and not self.rounds:
            raise ValueError("--reflect is for --rounds")
        return self
