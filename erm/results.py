"""What a finished stage leaves: its metrics, for a file and for MLflow, and its pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import mlflow

from erm.fingerprint import content_hash
from erm.tracking import TRAINED, flatten, numbers

_PICTURES = ("*.png", "*.csv", "*.md")
_LARGEST_ARTIFACT = 8 << 20


def lasting(metrics: Mapping[str, object]) -> dict[str, object]:
    """Metrics of the result as JSON values, with dotted names; what is not finite is None.

    Those named ``timing/`` are of the machine.
    """
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in flatten(metrics).items()
        if not name.startswith("timing/")
    }


def log_results(stage: str, outs: Iterable[Path], metrics: Mapping[str, object]) -> None:
    """Log metrics and pictures of a finished stage to the active run, and metrics to its parent.

    Args:
        outs: folders that the stage wrote; the run is marked as the one that trained the models.
    """
    values = numbers(metrics)
    mlflow.log_metrics(values)
    for out in outs:
        if out.parts[0] == "models":
            mlflow.set_tag(TRAINED, content_hash(out))
    run = mlflow.active_run()
    assert run is not None
    parent = run.data.tags["mlflow.parentRunId"]
    mlflow.log_metrics({f"{stage}.{name}": value for name, value in values.items()}, run_id=parent)
    known = {item.path for item in mlflow.MlflowClient().list_artifacts(run.info.run_id)}
    for out in outs:
        for picture in sorted(path for pattern in _PICTURES for path in out.glob(pattern)):
            if picture.name not in known and picture.stat().st_size <= _LARGEST_ARTIFACT:
                mlflow.log_artifact(str(picture))
