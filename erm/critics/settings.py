"""Settings of the stages that train and benchmark a critic."""

from __future__ import annotations

from pydantic import Field, model_validator

from erm.dataset.routes import Route
from erm.endpoints.settings import ConnectionSettings
from erm.models.settings import TrainingSettings, ValidationSettings
from erm.settings import Isolation, Settings
from erm.tasks.settings import DrawingSettings


class TrainCriticSettings(TrainingSettings):
    """Section ``train_critic`` of the parameters."""

    max_pairs: int | None = Field(
        None, ge=1, description="train on so many pairs of a folder, the first ones"
    )
    share: float = Field(
        1.0, gt=0, le=1, description="of the sources; a smaller share is part of a larger one"
    )
    details_alone: bool = Field(
        False, description="train on single details too, each with the description of its error"
    )
    exclude_routes: tuple[Route, ...] = ()
    """Routes (`erm.dataset.routes.ROUTES`) whose pairs are left out."""
    validation: ValidationSettings | None = None

    @model_validator(mode="after")
    def _check_details(self) -> TrainCriticSettings:
        if self.details_alone and self.model.details is None:
            raise ValueError("details_alone needs model.details")
        return self


class BenchmarkSettings(Settings):
    """Section ``benchmark`` of the parameters."""

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
        description="distances to compare: mse, ssim, teds, features:MODEL",
    )
    seed: int = 0
