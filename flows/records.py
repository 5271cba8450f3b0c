"""The MLflow runs of a pipeline: one parent a ``dvc`` process, one child a stage."""

import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
import psutil

from erm.fingerprint import recorded_md5
from erm.parameters import PARAMS
from erm.tracking import configure_tracking, experiment_id, log_artifact, log_dataset, log_params
from flows import CHECKOUT
from flows.outputs import Paths


@contextmanager
def recorded(profile: str, paths: Paths, settings: Mapping[str, Any]) -> Iterator[str]:
    """An active child run for a stage, given by its id; the parent ends as the latest stage did.

    The caller holds the stage's lock (`erm.lock.exclusive`).
    """
    configure_tracking(CHECKOUT)
    experiment = experiment_id(CHECKOUT)
    folder = f"{socket.gethostname()}:{Path.cwd()}"
    client = mlflow.MlflowClient()
    # Runs of this stage that still count as running here were killed.
    here = f"tags.stage = '{paths.stage}' and tags.folder = '{folder}'"
    for run in client.search_runs([experiment], f"attributes.status = 'RUNNING' and {here}"):
        for run_id in (run.info.run_id, run.data.tags["mlflow.parentRunId"]):
            client.set_terminated(run_id, "KILLED")
    process = _pipeline_process()
    found = client.search_runs([experiment], f"tags.process = '{process}'")
    known = recorded_md5(paths.data)
    tags = {f"dvc.{path}": md5 for path, md5 in known.items()}
    git = ("git", "diff", "--quiet", "HEAD")
    tags["git.changed"] = str(subprocess.call(git, stderr=subprocess.DEVNULL) == 1)
    with (
        mlflow.start_run(
            run_id=found[0].info.run_id if found else None,
            experiment_id=experiment,
            run_name=f"pipeline ({profile})",
            tags={**tags, "profile": profile, "process": process},
        ),
        mlflow.start_run(
            experiment_id=experiment,
            run_name=paths.stage,
            nested=True,
            tags={**tags, "profile": profile, "stage": paths.stage, "folder": folder},
            log_system_metrics=True,
        ) as child,
    ):
        log_params(settings)
        log_artifact(PARAMS)
        for path, digest in paths.data.items():
            if path.parts[0] == "data":
                log_dataset(path, digest, known.get(str(path)))
        try:
            yield child.info.run_id
        except KeyboardInterrupt:
            mlflow.end_run("KILLED")
            mlflow.end_run("KILLED")
            raise


def _pipeline_process() -> str:
    """Names the nearest ``dvc`` that started this process, or else this process, for good."""
    process = psutil.Process()
    for parent in process.parents():
        if any(Path(word).name == "dvc" for word in parent.cmdline()[:3]):
            process = parent
            break
    # Not its `create_time`, which changes when the clock is set.
    return f"{socket.gethostname()}/{process.pid}/{hash(process)}"
