"""Settings of the stages that train and benchmark a critic."""

from __future__ import annotations

from pydantic import Field

from erm.dataset.routes import Route
from erm.models.settings import TrainingSettings, ValidationSettings
from erm.settings import Isolation, Settings


class TrainCriticSettings(TrainingSettings):
    """Section ``train_critic`` of the parameters."""

    max_pairs: int | None = Field(
        None, ge=1, description="train on the first so many pairs of a folder only"
    )
    share: float = Field(
        1.0, gt=0, le=1, description="of the sources; a smaller share's are among a larger one's"
    )
    exclude_routes: tuple[Route, ...] = ()
    """Routes of pairs (`erm.dataset.routes.ROUTES`) that are not trained on."""
    validation: ValidationSettings | None = None


class BenchmarkSettings(Settings):
    """Section ``benchmark`` of the parameters."""

    judge: str = "offline"
    max_pairs: int | None = Field(None, ge=1, description="held-out pairs a task, at most")
    batch_size: int = Field(64, ge=1)
    exact_annotator: bool = True
    """Whether the exact annotator judges too, from the sources that it draws again: 1 unless the
    labels are a model's, or were made by another state of the code."""
    render_workers: int | None = Field(None, ge=1, description="of it; the processors if null")
    isolation: Isolation = Field("auto", description="of its renderer")
    pictured: int = Field(9, ge=1, description="judged pairs in the picture")
    similarities: tuple[str, ...] = Field(
        ("mse", "ssim", "teds"), description="set against severity: mse, ssim, teds, features:MODEL"
    )
    seed: int = 0
