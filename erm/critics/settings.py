"""Settings of the stages that train and benchmark a critic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator

from erm.dataset.routes import Route
from erm.endpoints.settings import ConnectionSettings
from erm.models.prompts import check_prompts, read_prompts
from erm.models.settings import GrpoSettings, TrainingSettings, ValidationSettings
from erm.settings import Isolation, Settings
from erm.tasks.settings import DrawingSettings


class CriticEndpointSettings(ConnectionSettings):
    """How a critic ``openai:MODEL`` is reached and asked.

    Attributes:
        prompts: task → the text after the two images, or the JSON or YAML file that holds it, of a
            model that was trained with other prompts than ours (`erm.models.prompts`).
    """

    prompts: dict[str, str] | None = None

    @field_validator("prompts", mode="before")
    @classmethod
    def _read_prompts(cls, given: Any) -> dict[str, str] | None:
        if given is None:
            return None
        if isinstance(given, (str, Path)):
            return read_prompts(Path(given))
        return check_prompts(given, "endpoint.prompts")

    def connection(self) -> dict[str, Any]:
        fields = super().connection()
        del fields["prompts"]
        return fields


class ReinforceCriticSettings(GrpoSettings):
    """Reinforcement of the trained critic, with the exact report as the answer."""

    empty_share: float = Field(0.15, ge=0, lt=1, description="of the prompts: pairs without errors")
    validate_every: int | None = Field(
        10, ge=1, description="steps between validations; null validates before and after only"
    )


class TrainCriticSettings(TrainingSettings):
    """Section ``train_critic`` of the parameters."""

    max_pairs: int | None = Field(
        None, ge=1, description="train on so many pairs of a folder, a sample of them"
    )
    share: float = Field(
        1.0, gt=0, le=1, description="of the sources; a smaller share is part of a larger one"
    )
    details_alone: bool = Field(
        False,
        description="train on single details too, each with the report of its error alone",
    )
    readings: int = Field(
        1, ge=1, description="how often an epoch holds the pairs to learn reading from"
    )
    exclude_routes: tuple[Route, ...] = ()
    """Routes (`erm.dataset.routes.ROUTES`) whose pairs are left out."""
    validation: ValidationSettings | None = None
    reinforce: ReinforceCriticSettings | None = None
    """After training; null leaves it out (`erm.critics.reinforcement`)."""

    @model_validator(mode="after")
    def _check_reinforce(self) -> TrainCriticSettings:
        if self.reinforce is None:
            return self
        if self.validation is None:
            raise ValueError("reinforce needs validation, which chooses the weights to keep")
        in_one_slot = self.model.from_scratch and self.model.pair_encoding != "two_images"
        if self.reinforce.vllm is not None and (in_one_slot or self.model.details is not None):
            raise ValueError("reinforce.vllm needs pair_encoding 'two_images' without details")
        self.reinforce.completions_of_each(self.launch.world_size)
        return self

    @model_validator(mode="after")
    def _check_details(self) -> TrainCriticSettings:
        if self.details_alone and self.model.details is None:
            raise ValueError("details_alone needs model.details")
        return self


class BenchmarkSettings(Settings):
    """Section ``benchmark`` of the parameters."""

    critic: str | None = Field(
        None, description="its spec (`erm.critics.loading`); null is the one that was trained"
    )
    endpoint: CriticEndpointSettings = Field(
        CriticEndpointSettings(), description="of a critic openai:MODEL"
    )
    judge: str = "offline"
    judge_endpoint: ConnectionSettings = Field(
        ConnectionSettings(), description="of a judge openai:MODEL"
    )
    max_pairs: int | None = Field(None, ge=1, description="held-out pairs of a task, at most")
    baseline_pairs: int | None = Field(None, ge=1, description="of a task; null is all")
    """At most so many pairs of a task, evenly spread, are judged by the baselines that look at the
    pictures. The critic judges all."""
    batch_size: int = Field(64, ge=1)
    exact_annotator: bool = True
    """Whether to score the exact annotator too. It draws the sources again; its F1 is 1 unless a
    model or another version of the code wrote the labels."""
    render_workers: int | None = Field(None, ge=1, description="null is one per processor")
    isolation: Isolation = Field("auto", description="of its renderer")
    drawing: DrawingSettings = DrawingSettings()
    pictured: int = Field(9, ge=1, description="pairs in the picture")
    similarities: tuple[str, ...] = Field(
        ("mse", "ssim", "teds"),
        description="distances to compare: mse, ssim, teds, lpips:alex, features:MODEL, …",
    )
    hacks: int | None = Field(
        12, ge=1, description="references of a task in the hack table; null leaves it out"
    )
    seed: int = 0
