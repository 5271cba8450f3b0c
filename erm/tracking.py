"""Logging to MLflow: metrics, parameters, files and figures.

The functions log to the active MLflow run. Without one they do nothing, so that the library works
without MLflow.
"""

from __future__ import annotations

import logging
import math
import os
import resource
import sqlite3
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from erm.servers import require_answer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXPERIMENT = "visual-erm"
"""Name of the experiment of all runs."""

INTERFACE = "http://127.0.0.1:5000"
"""Address at which ``make ui`` shows MLflow, if the port is free."""

TRAINED = "model_sha256"
"""Tag of a run that trained a model: content hash of the model's folder."""

_TRACKED_RUN = "ERM_TRACKED_RUN"
_STORE, _ARTIFACTS = "mlflow.db", "mlartifacts"
_ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Where MLflow's database keeps addresses of artifacts: table and column."""


def tracking_uri(root: Path) -> str:
    """``MLFLOW_TRACKING_URI``, or by default the SQLite file ``mlflow.db`` in `root`."""
    return os.environ.get("MLFLOW_TRACKING_URI") or _local_store(root)


def has_store(root: Path) -> bool:
    """Whether there is a store to read: a variable names one, or `root` holds ``mlflow.db``."""
    return bool(os.environ.get("MLFLOW_TRACKING_URI")) or (root / _STORE).is_file()


def _local_store(root: Path) -> str:
    # SQLite's own form of an address, in which a path may hold `?` and `%`. MLflow would make a
    # folder of the quoted name if the address did not name the driver.
    return f"sqlite+pysqlite:///file:{quote(str(root.resolve() / _STORE))}?uri=true"


def store_file(uri: str) -> Path | None:
    """The file that a tracking URI names; None if it names no SQLite file."""
    from sqlalchemy import make_url

    database = make_url(uri).database if uri.startswith("sqlite") else None
    if database is None:
        return None
    is_quoted = database.startswith("file:")
    return Path(unquote(database.removeprefix("file:")) if is_quoted else database)


def configure_tracking(root: Path) -> str:
    """Set MLflow's tracking URI in this process to `tracking_uri`; returns it without credentials.

    Raises `ErmError` where that is a server which does not answer.
    """
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # What it logs with a traceback is raised too.
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    uri = tracking_uri(root)
    if uri.startswith("http"):
        require_answer("MLflow", uri, "start it or unset MLFLOW_TRACKING_URI")
        uri = _credentials_apart(uri)
    elif uri == _local_store(root):
        _move_artifacts(root)
    mlflow.set_tracking_uri(uri)
    return uri


def _credentials_apart(address: str) -> str:
    """The address without user and password, which MLflow's own variables get in this process.

    MLflow prints the address with each run, and its messages hold it.
    """
    parts = urlsplit(address)
    user, _, host = parts.netloc.rpartition("@")
    if user:
        name, _, password = user.partition(":")
        os.environ["MLFLOW_TRACKING_USERNAME"] = unquote(name)
        os.environ["MLFLOW_TRACKING_PASSWORD"] = unquote(password)
    return parts._replace(netloc=host).geturl()


def _move_artifacts(root: Path) -> None:
    """Let the local store's addresses of artifacts follow a checkout that was moved or copied.

    MLflow keeps absolute ones. Those below another checkout's ``mlartifacts`` change if the folder
    came along.
    """
    artifacts, store = root.resolve() / _ARTIFACTS, root.resolve() / _STORE
    if not store.is_file() or not artifacts.is_dir():
        return
    with closing(sqlite3.connect(store, timeout=60.0)) as database, database:
        query = "SELECT artifact_location FROM experiments WHERE name = ?"
        old = next((str(row[0]) for row in database.execute(query, [EXPERIMENT])), "")
        new = artifacts.as_uri()
        if old == new or not old.startswith("file:") or not old.endswith(f"/{_ARTIFACTS}"):
            return
        for table, column in _ADDRESSES:
            database.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE {column} = ?"
                f" OR substr({column}, 1, ?) = ?",
                [new, len(old) + 1, old, len(old) + 1, f"{old}/"],
            )


def experiment_id(root: Path) -> str:
    """Id of the experiment, created on first use; its artifacts go to ``mlartifacts`` in `root`.

    If `MLFLOW_TRACKING_URI` names another store, that one decides where artifacts go.
    """
    import mlflow

    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is not None:
        return str(experiment.experiment_id)
    artifacts = root.resolve() / _ARTIFACTS
    # MLflow itself sets the variable to the store in use, so that it is set says nothing here.
    location = artifacts.as_uri() if tracking_uri(root) == _local_store(root) else None
    return str(client.create_experiment(EXPERIMENT, artifact_location=location))


def is_tracked() -> bool:
    """Whether a run is active; for logs that are expensive to compute."""
    return _active() is not None


def log_metrics(values: Mapping[str, float], step: int | None = None) -> None:
    """Log metrics, optionally at a step."""
    if (mlflow := _active()) is not None:
        mlflow.log_metrics(dict(values), step=step)


def spent_since(began: float) -> dict[str, float]:
    """Metrics of what this process and its children took: ``seconds`` and ``peak_mib``.

    Args:
        began: by `time.monotonic`.
    """
    users = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak_kib = max(resource.getrusage(user).ru_maxrss for user in users)
    return {"seconds": time.monotonic() - began, "peak_mib": peak_kib / 1024}


def log_params(values: Mapping[str, object]) -> None:
    """Log parameters; nested mappings get dotted names."""
    if (mlflow := _active()) is not None:
        mlflow.log_params(flatten(values))


def log_artifact(path: Path, folder: str | None = None) -> None:
    """Log a file or a folder as artifacts."""
    if (mlflow := _active()) is not None:
        log = mlflow.log_artifacts if path.is_dir() else mlflow.log_artifact
        log(str(path), folder)


def log_dataset(path: Path, digest: str, md5: str | None) -> None:
    """Log a folder of data as an input of the active run.

    Args:
        digest: content hash (`erm.fingerprint.content_hash`); MLflow keeps its first 36 digits.
        md5: of DVC, for the tag ``dvc.md5``; None leaves it out.
    """
    if (mlflow := _active()) is None:
        return
    from mlflow.data.dataset_source_registry import resolve_dataset_source
    from mlflow.data.meta_dataset import MetaDataset

    with warnings.catch_warnings(action="ignore"):  # MLflow knows two kinds of local paths
        source = resolve_dataset_source(str(path))
    dataset = MetaDataset(source, name=str(path), digest=digest[:36])
    mlflow.log_input(dataset, tags=None if md5 is None else {"dvc.md5": md5})


@contextmanager
def training_run(content: str) -> Iterator[None]:
    """Within the active run, the run that trained the model with this content hash (`TRAINED`).

    Where none did, as for a model that was trained elsewhere, the active run stays.
    """
    import mlflow

    active = mlflow.active_run()
    trained = f"tags.{TRAINED} = '{content}'"
    found = (
        mlflow.MlflowClient().search_runs([active.info.experiment_id], trained) if active else []
    )
    if not found:
        yield
        return
    with mlflow.start_run(run_id=found[0].info.run_id, nested=True):
        yield


def artifact_address(path: str) -> str:
    """Address of an artifact, a file or a folder, of the active run in MLflow's interface."""
    return f"{run_address()}/artifacts/{path}"


def run_address() -> str:
    """Address of the active run in MLflow's interface.

    Without a tracking server it is the address at which ``make ui`` shows MLflow.
    """
    import mlflow

    run = mlflow.active_run()
    assert run is not None
    uri = mlflow.get_tracking_uri()
    server = uri.rstrip("/") if uri.startswith("http") else INTERFACE
    return f"{server}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}"


@contextmanager
def span(name: str, kind: str, inputs: Mapping[str, object]) -> Iterator[Callable[[object], None]]:
    """A step of a trace of the active run, such as a call of a model; steps may hold steps.

    Args:
        kind: a type of MLflow's spans, such as ``LLM``.

    Yields:
        What takes the step's outputs.
    """
    if (mlflow := _active()) is None:
        yield lambda outputs: None
        return
    with mlflow.start_span(name, span_type=kind) as step:
        step.set_inputs(inputs)
        yield step.set_outputs


@contextmanager
def traced_run(root: Path, name: str) -> Iterator[str]:
    """A run of its own, of the store that `tracking_uri` names, for the traces of a command.

    Yields:
        Its address in MLflow's interface.
    """
    import mlflow

    configure_tracking(root)
    with mlflow.start_run(experiment_id=experiment_id(root), run_name=name):
        yield run_address()
        mlflow.flush_trace_async_logging()


def log_figure(figure: Figure, name: str) -> None:
    """Log a matplotlib figure as the artifact `name`, such as ``samples.png``."""
    if (mlflow := _active()) is not None:
        mlflow.log_figure(figure, name)


def progress_of(run: str) -> float | None:
    """The last metric ``progress`` of a run; None if it has none, or MLflow does not answer."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    try:
        progress = MlflowClient().get_run(run).data.metrics.get("progress")
    except MlflowException:
        return None
    return None if progress is None else float(progress)


def tracked_environment() -> dict[str, str]:
    """Environment variables with which `resumed_run` in a child process uses the active run."""
    if (mlflow := _active()) is None:
        return {}
    run = mlflow.active_run().info.run_id
    return {_TRACKED_RUN: run, "MLFLOW_TRACKING_URI": mlflow.get_tracking_uri()}


@contextmanager
def resumed_run() -> Iterator[None]:
    """Activate the run of the parent process, as given by its `tracked_environment`."""
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
    """The finite numbers among the metrics, with dotted names."""
    return {
        name: float(value)
        for name, value in flatten(metrics).items()
        if isinstance(value, int | float) and math.isfinite(value)
    }


def _active() -> Any:
    """The module mlflow if it has an active run in this process, else None."""
    mlflow = sys.modules.get("mlflow")  # importing it takes seconds and would not activate a run
    return mlflow if mlflow is not None and mlflow.active_run() is not None else None
