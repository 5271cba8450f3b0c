"""The parent flow: ``dvc repro`` with one Prefect server, each stage that runs as a child flow."""

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prefect import State, flow, get_client, task
from prefect.context import TaskRunContext
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Completed, Failed

from erm.errors import ErmError
from erm.models.launch import die_with_parent
from flows import CHECKOUT
from flows.entry import PARENT, exit_with, run_alone
from erm.parameters import check_profile, read_params

_LOG = CHECKOUT / ".erm" / "prefect.log"
_DVC = (str(Path(sys.executable).with_name("dvc")),)


@flow(name="pipeline")
def pipeline(profile: str | None = None) -> State[Any]:
    """Runs the stages that are not up to date.

    Args:
        profile: None takes ``params.yaml`` as it stands. The parameters of a profile run as an
            experiment of DVC in a temporary folder, so the working tree stays as it is.
    """
    experiment = ["exp", "run", "--temp", "-S", f"profile={profile}"]
    return run_dvc(experiment if profile else ["repro"], return_state=True)


@task(name="dvc")
def run_dvc(arguments: list[str]) -> State[Any]:
    """Runs DVC; the flow runs of the stages that it starts become children of this task's run."""
    context = TaskRunContext.get()
    assert context is not None
    url, task_run = str(PREFECT_API_URL.value()), str(context.task_run.id)
    environment = {**os.environ, "PREFECT_API_URL": url, PARENT: task_run}
    dvc = subprocess.Popen([*_DVC, *arguments], env=environment, preexec_fn=die_with_parent)
    try:
        status = dvc.wait()
    except KeyboardInterrupt:
        dvc.wait()  # the key reached DVC and the stage too, which end by themselves
        raise
    if status:
        return Failed(message=f"`dvc {' '.join(arguments)}` exited with {status}; see above.")
    return Completed(message="All stages are up to date.")


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
        port = str(trial.getsockname()[1])
    _LOG.parent.mkdir(exist_ok=True)
    with _LOG.open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--port", port],
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the pipeline, which then ends the server
            preexec_fn=die_with_parent,
        )
    url = f"http://127.0.0.1:{port}/api"
    try:
        with temporary_settings({PREFECT_API_URL: url}):
            deadline = time.monotonic() + 180
            with get_client(sync_client=True) as client:
                while client.api_healthcheck() is not None:
                    if server.poll() is not None or time.monotonic() > deadline:
                        raise ErmError(f"The Prefect server did not start; see {_LOG}.")
                    time.sleep(0.1)
            yield
            APILogHandler().flush()
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """``python -m flows.pipeline [--profile PROFILE]``."""
    parser = argparse.ArgumentParser(description=str(pipeline.description).partition("\n")[0])
    parser.add_argument("--profile", help="run an experiment with the parameters of this profile")
    profile = parser.parse_args().profile

    def run() -> int:
        if profile is not None:
            check_profile(profile)
        else:
            read_params()
            if subprocess.call([*_DVC, "status", "--quiet"]) == 0:
                print("Data and pipelines are up to date.")
                return 0
        with prefect_server():
            return run_alone(pipeline, {"profile": profile})

    exit_with("pipeline", run)


if __name__ == "__main__":
    main()
