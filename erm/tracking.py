"""Records of a run: metrics over time, parameters, files and pictures in MLflow.

The functions write to the active MLflow run and do nothing where there is none, so that the library
can be used without a record. Not covered: who opens a run and how runs hang together (`flows`), and
registered models (`erm.registry.promotion`).
"""

from __future__ import annotations

import logging
import math
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXPERIMENT = "visual-erm"
"""Name of the one experiment that holds all runs."""

INTERFACE = "http://127.0.0.1:5000"
"""Where ``make ui`` shows MLflow, as long as the port is free."""

_TRACKED_RUN = "ERM_TRACKED_RUN"


def tracking_uri(root: Path) -> str:
    """What ``MLFLOW_TRACKING_URI`` says, or else the SQLite file ``mlflow.db`` in `root`."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{root.resolve() / 'mlflow.db'}"


def configure_tracking(root: Path) -> str:
    """Points MLflow in this process to `tracking_uri` and returns that."""
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    uri = tracking_uri(root)
    mlflow.set_tracking_uri(uri)
    return uri


def experiment_id(root: Path) -> str:
    """Id of the experiment, made on first use; its artifacts go to ``mlartifacts`` in `root`.

    A tracking server that `MLFLOW_TRACKING_URI` names decides itself where artifacts go.
    """
    import mlflow

    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is not None:
        return str(experiment.experiment_id)
    artifacts = root.resolve() / "mlartifacts"
    location = None if os.environ.get("MLFLOW_TRACKING_URI") else artifacts.as_uri()
    return str(client.create_experiment(EXPERIMENT, artifact_location=location))


def is_tracked() -> bool:
    """Whether a run is active, for what is costly to make."""
    return _active() is not None


def log_metrics(values: Mapping[str, float], step: int | None = None) -> None:
    """Adds metrics to the active run, at `step` of their course where they have one."""
    if (mlflow := _active()) is not None:
        mlflow.log_metrics(dict(values), step=step)


def log_params(values: Mapping[str, object]) -> None:
    """Adds parameters to the active run; nested mappings get dotted names."""
    if (mlflow := _active()) is not None:
        mlflow.log_params(flatten(values))


def log_artifact(path: Path, folder: str | None = None) -> None:
    """Copies a file, or a folder with all below it, to the active run's artifacts."""
    if (mlflow := _active()) is not None:
        log = mlflow.log_artifacts if path.is_dir() else mlflow.log_artifact
        log(str(path), folder)


def artifact_address(path: str) -> str:
    """Where MLflow's interface shows an artifact of the active run.

    Without a tracking server that is the address at which ``make ui`` starts MLflow.
    """
    import mlflow

    run = mlflow.active_run()
    assert run is not None
    uri = mlflow.get_tracking_uri()
    server = uri.rstrip("/") if uri.startswith("http") else INTERFACE
    place = f"experiments/{run.info.experiment_id}/runs/{run.info.run_id}"
    return f"{server}/#/{place}/artifacts/{path}"


def log_figure(figure: Figure, name: str) -> None:
    """Saves a matplotlib figure as the artifact `name`, such as ``samples.png``."""
    if (mlflow := _active()) is not None:
        mlflow.log_figure(figure, name)


def tracked_environment() -> dict[str, str]:
    """Variables with which `resumed_run` in another process logs to this one's active run."""
    if (mlflow := _active()) is None:
        return {}
    run = mlflow.active_run().info.run_id
    return {_TRACKED_RUN: run, "MLFLOW_TRACKING_URI": mlflow.get_tracking_uri()}


@contextmanager
def resumed_run() -> Iterator[None]:
    """Makes the run that `tracked_environment` of the parent process names the active one here."""
    run = os.environ.get(_TRACKED_RUN)
    if run is None:
        yield
        return
    import mlflow

    configure_tracking(Path.cwd())
    with mlflow.start_run(run_id=run):
        yield


def flatten(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Nested mappings as one, with dotted names."""
    flat: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def numbers(metrics: Mapping[str, object]) -> dict[str, float]:
    """The finite numbers among metrics, with dotted names."""
    return {
        name: float(value)
        for name, value in flatten(metrics).items()
        if isinstance(value, int | float) and math.isfinite(value)
    }


def _active() -> Any:
    """MLflow where it has an active run in this process, else None."""
    mlflow = sys.modules.get("mlflow")  # importing it takes seconds and can't make a run active
    return mlflow if mlflow is not None and mlflow.active_run() is not None else None
