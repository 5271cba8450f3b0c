"""The parent flow: ``dvc repro`` with one Prefect server, each stage that runs as a child flow."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from prefect import Flow, State, flow, get_client, runtime, task
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Cancelled, Completed, Failed
from prefect.utilities.urls import url_for
from pydantic import Field, PositiveFloat

from erm.errors import ErmError
from erm.failures import explain
from erm.lock import exclusive
from erm.models.launch import die_with_parent
from erm.parameters import STAGES, check_run, profiles
from erm.servers import notify
from flows import CHECKOUT
from flows.entry import PARENT, exit_with, run_alone
from flows.outputs import LOCKS, WRITTEN

_LOG = CHECKOUT / ".erm" / "prefect.log"
_DVC = (str(Path(sys.executable).with_name("dvc")),)

Profile = Annotated[str, Field(json_schema_extra={"enum": profiles()})]
Stage = Annotated[str, Field(json_schema_extra={"enum": list(STAGES)})]


def end_stages(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Hook: cancels the runs of stages that ended with a cancelled or timed-out pipeline."""
    with get_client(sync_client=True) as client:
        for run in _stage_runs(client, flow_run.id, "RUNNING", "PAUSED"):
            client.set_flow_run_state(run.id, Cancelled(message=state.message), force=True)


def report(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Hook: sends the webhook a failure."""
    run = {"state": str(state.name), "run": url_for(flow_run)}
    notify(f"{flow_run.name}: {state.message}", run)


@flow(on_failure=[end_stages, report], on_crashed=[report], on_cancellation=[end_stages])
def pipeline(
    profile: Profile | None = None,
    stages: tuple[Stage, ...] = (),
    changes: tuple[str, ...] = (),
    force: bool = False,
    hours: PositiveFloat | None = None,
) -> State[Any]:
    """Runs the stages that are not up to date.

    With a profile or changes it runs an experiment of DVC in a temporary folder, so that the
    working tree stays as it is; otherwise `params.yaml` counts as it stands.

    Args:
        profile: a set of parameters of `conf/profile`
        stages: bring only these up to date, with the stages that they need; none means all
        changes: parameters, as `dvc exp run -S` takes them: `train_critic.optimization.epochs=2`
        force: run stages that are up to date too; with `stages`, these alone
        hours: end the run after this time; what is complete is kept
    """
    if runtime.deployment.id:
        die_with_parent()  # nobody could cancel what outlives its worker
    chosen = [f"profile={profile}", *changes] if profile else changes
    experiment = ["exp", "run", "--temp", *(word for change in chosen for word in ("-S", change))]
    flags = ["--force", *(["--single-item"] if stages else [])] if force else []
    command = [*(experiment if chosen else ["repro"]), *flags, *stages]
    try:
        check_run(profile, stages, changes)
        with exclusive(LOCKS / "dvc"):
            state = run_dvc(command, hours, return_state=True)
    except ErmError as error:
        return Failed(message=str(error))
    return State(type=state.type, name=state.name, message=state.message)


@task(name="dvc")
def run_dvc(arguments: list[str], hours: float | None) -> State[Any]:
    """Runs DVC; the flow runs of the stages that it starts become children of this task's run."""
    url, task_run = str(PREFECT_API_URL.value()), runtime.task_run.id
    environment = {**os.environ, "PREFECT_API_URL": url, PARENT: task_run}
    # In a group of its own: Ctrl-C reaches this process, whether or not a terminal sends it to all.
    dvc = subprocess.Popen(
        [*_DVC, *arguments], env=environment, process_group=0, preexec_fn=die_with_parent
    )
    try:
        status = dvc.wait(hours and hours * 3600)
    except KeyboardInterrupt:
        os.killpg(dvc.pid, signal.SIGINT)
        dvc.wait()
        raise
    except subprocess.TimeoutExpired:
        dvc.kill()  # its stage dies with it
        message = f"It did not end within {hours:g} hours; what is complete is kept."
        return Failed(name="TimedOut", message=message)
    if not status:
        return Completed(message="All stages are up to date.")
    with get_client(sync_client=True) as client:
        failed = _stage_runs(client, UUID(runtime.flow_run.id), "FAILED")
    said = "; ".join(f"{run.name}: {run.state.message}" for run in failed if run.state)
    ended = f"`dvc {' '.join(arguments)}` exited with {status}."
    return Failed(message=said or explain(RuntimeError(ended), WRITTEN) or ended)


def _stage_runs(client: SyncPrefectClient, parent: UUID, *states: str) -> list[FlowRun]:
    wanted = {"parent_flow_run_id": {"any_": [parent]}, "state": {"type": {"any_": states}}}
    return client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate(wanted))


@contextmanager
def prefect_server() -> Iterator[None]:
    """Prefect's server for the duration of the block, unless Prefect's settings name one.

    It ends with this process, also if that is killed. Raises `ErmError` if it does not start.
    """
    if PREFECT_API_URL.value():
        yield
        return
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{(port := trial.getsockname()[1])}/api"
    _LOG.parent.mkdir(exist_ok=True)
    with _LOG.open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--port", str(port)],
            stdout=log,
            stderr=log,
            env={"PREFECT_SERVER_UI_API_URL": url, **os.environ},  # which its pages ask
            start_new_session=True,  # Ctrl-C is for the pipeline, which then ends the server
            preexec_fn=die_with_parent,
        )
    try:
        with temporary_settings({PREFECT_API_URL: url}):
            deadline = time.monotonic() + 180
            with get_client(sync_client=True) as client:
                while client.api_healthcheck() is not None:
                    if server.poll() is not None or time.monotonic() > deadline:
                        raise ErmError(f"The Prefect server did not start; see {_LOG}.")
                    time.sleep(0.1)
            try:
                yield
            finally:
                APILogHandler().flush()  # without its server it would be tried for a minute
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """``python -m flows.pipeline [--profile PROFILE]``."""
    parser = argparse.ArgumentParser(description=str(pipeline.description).partition("\n")[0])
    parser.add_argument("--profile", help="run an experiment with the parameters of this profile")
    profile = parser.parse_args().profile

    def run() -> int:
        check_run(profile)
        if profile is None and subprocess.call([*_DVC, "status", "--quiet"]) == 0:
            print("Data and pipelines are up to date.")
            return 0
        with prefect_server():
            return run_alone(pipeline, {"profile": profile})

    exit_with("pipeline", run)


if __name__ == "__main__":
    main()
