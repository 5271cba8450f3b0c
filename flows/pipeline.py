"""The parent flow: all stages through DVC, each as a child flow.

DVC decides what runs; what it finds unchanged shows as cached.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from typing import Any

from prefect import State, flow, get_run_logger, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterParentTaskRunId
from prefect.context import TaskRunContext
from prefect.states import Completed, Failed

from erm.errors import ErmError
from flows import fork_server
from flows.params import PARAMS, SETTINGS, check_params, compose
from flows.session import open_session
from flows.stage import PARENT, entry


@flow(name="pipeline")
def pipeline(profile: str | None = None) -> State[Any]:
    """Brings every stage up to date.

    Args:
        profile: composes ``params.yaml`` from this profile first; None takes it as it stands.
    """
    session = open_session()
    fork_server.start(session.root, session.owner)
    try:
        if profile is not None:
            PARAMS.write_text(compose(profile), encoding="utf-8")
        check_params()
    except ErmError as error:
        return Failed(message=str(error))
    for stage in SETTINGS:
        state = run_stage.with_options(task_run_name=stage)(stage, return_state=True)
        if not state.is_completed():
            return Failed(message=f"Stage {stage} failed; see above.")
    return Completed(message="All stages are up to date.")


@task(name="stage")
def run_stage(stage: str) -> State[Any]:
    """Runs one stage through DVC; its own flow run becomes a child of this task's flow."""
    context = TaskRunContext.get()
    assert context is not None
    task_run = context.task_run.id
    command = [sys.executable, "-m", "dvc", "repro", "--single-item", stage]
    dvc = subprocess.Popen(command, env={**os.environ, PARENT: str(task_run)})
    try:
        status = dvc.wait()
    except KeyboardInterrupt:
        dvc.wait()  # the key reached the stage too, which ends by itself
        raise
    if status:
        return Failed(message=f"`dvc repro --single-item {stage}` exited with {status}.")
    with get_client(sync_client=True) as client:
        children = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                parent_task_run_id=FlowRunFilterParentTaskRunId(any_=[task_run])
            )
        )
    if children:
        return Completed(message="DVC ran the stage.")
    get_run_logger().info("%s is up to date", stage)
    return Completed(name="Cached", message="DVC found nothing changed.")


def main() -> None:
    """``python -m flows.pipeline [--profile PROFILE]``."""
    parser = argparse.ArgumentParser(description=pipeline.description)
    parser.add_argument("--profile", help="compose params.yaml from this profile first")
    arguments = parser.parse_args()
    entry(pipeline, {"profile": arguments.profile})


if __name__ == "__main__":
    main()
