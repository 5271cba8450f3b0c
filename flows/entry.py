"""A flow as a program: alone in its folder, with exit statuses and one-sentence failures."""

import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

import httpx
from prefect import Flow, State, get_client
from prefect.client.schemas.filters import FlowFilter, FlowRunFilter
from prefect.flow_engine import run_flow
from prefect.states import Crashed

from erm.errors import ErmError
from erm.failures import explain, without_traceback
from erm.lock import exclusive
from erm.servers import require_answer
from flows.outputs import LOCKS, WRITTEN

PARENT = "ERM_PARENT_TASK_RUN"
"""Variable with the id of the pipeline's task run that a stage's flow run is a child of."""

logging.getLogger("prefect.flow_runs").addFilter(without_traceback)


def exit_with(name: str, run: Callable[[], int]) -> NoReturn:
    """Ends the program with the status of `run`.

    It is 130 for Ctrl-C, 2 for an `ErmError` or a refusal of Prefect's server, else 1 if it fails.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # DVC's children ignore it
    try:
        status = run()
    except KeyboardInterrupt:
        sentence = f"{name} was interrupted; `make repro` goes on from what is complete."
        status = say(sentence, 130)
    except Exception as error:
        if (said := explain(error, WRITTEN)) is None:
            raise
        status = say(said, 2 if isinstance(error, ErmError | httpx.HTTPStatusError) else 1)
    sys.exit(status)


def run_alone(top: Flow[..., State[Any]], parameters: dict[str, Any]) -> int:
    """Runs a flow that no other process runs in this folder; returns 0 if it completed, else 1.

    Its flow run is a child of the task run that `PARENT` names. Raises `ErmError` where another
    process runs it, or Prefect's server does not answer.
    """
    folder = f"{socket.gethostname()}:{Path.cwd()}"
    with exclusive(LOCKS / top.name):
        with get_client(sync_client=True) as client:
            require_answer("Prefect", str(client.api_url), "start it or unset PREFECT_API_URL")
            # Runs that still count as running here were killed: this process holds the lock.
            dead = {"state": {"type": {"any_": ["RUNNING"]}}, "tags": {"all_": [folder]}}
            for run in client.read_flow_runs(
                flow_filter=FlowFilter.model_validate({"name": {"any_": [top.name]}}),
                flow_run_filter=FlowRunFilter.model_validate(dead),
            ):
                client.set_flow_run_state(run.id, Crashed(message="It was killed."), force=True)
            flow_run = client.create_flow_run(
                top,
                name=f"{top.name} {time.strftime('%d %b %H:%M:%S')}",
                parameters=parameters,
                tags=[folder],
                parent_task_run_id=UUID(os.environ[PARENT]) if PARENT in os.environ else None,
            )
        state = run_flow(top, flow_run=flow_run, parameters=parameters, return_type="state")
    assert isinstance(state, State)
    return 0 if state.is_completed() else say(f"{top.name}: {state.message}", 1)


def say(sentence: str, status: int) -> int:
    """Writes a sentence to standard error; returns `status`."""
    sys.stdout.flush()
    sys.stderr.write(f"erm: {sentence}\n")
    return status
