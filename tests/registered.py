"""Candidates for a registry, of one file each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow

from erm.fingerprint import content_hash
from erm.registry.gate import Missed
from erm.registry.paired import Items, Measured, Scores, TaskScore
from erm.registry.promotion import Approve, Candidate, Promotion, Rescore, promote

NAME = "erm-critic"


def model(content: str, root: Path | None = None) -> Path:
    """A model's folder with this content."""
    folder = (root or Path.cwd()) / "models" / "critic"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights").write_text(content)
    return folder


def log_model(folder: Path) -> str:
    name = content_hash(folder)[:8]
    mlflow.log_artifacts(str(folder), name)
    mlflow.log_text("flavors: {}\n", f"{name}/MLmodel")
    return f"runs:/{mlflow.active_run().info.run_id}/{name}"


def scores(**values: float) -> Scores:
    return {task: TaskScore(value, value - 0.1, value + 0.1) for task, value in values.items()}


def no_rescore(uri: str) -> Measured:
    raise AssertionError(f"{uri} was scored on this data already")


def candidate(
    content: str,
    score: float,
    *,
    scored_on: str = "data",
    items: Items | None = None,
    missed: tuple[Missed, ...] = (),
    confidence: float | None = None,
    name: str = NAME,
    tags: dict[str, str] | None = None,
    root: Path | None = None,
) -> Candidate:
    return Candidate(
        name,
        model(content, root),
        "f1_hard",
        Measured(scores(svg=score), items or {}),
        scored_on,
        missed,
        confidence=confidence,
        tags=tags or {},
    )


def submit(
    content: str,
    score: float,
    rescore: Rescore = no_rescore,
    approve: Approve | None = None,
    **options: Any,
) -> Promotion:
    return promote(candidate(content, score, **options), log_model, rescore, approve)


def tags(version: int, name: str = NAME) -> dict[str, str]:
    return dict(mlflow.MlflowClient().get_model_version(name, str(version)).tags)
