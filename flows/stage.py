"""The one way in which a stage runs: checks, session, flow, records, complete outputs."""

from __future__ import annotations

import atexit
import importlib
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from uuid import UUID

from prefect import Flow, State, task
from prefect.artifacts import create_table_artifact
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.flow_engine import run_flow
from prefect.states import Completed, Crashed, Failed

from erm.errors import ErmError
from erm.tracking import numbers
from flows import fork_server
from flows.failures import explain, is_transient
from flows.outputs import Paths, finish, prepared, read_stage_files
from flows.params import Params, check_params, read_params
from flows.server import is_abandoned, process_name
from flows.session import connect, end_with, open_session

Metrics = Mapping[str, Any]
Work = Callable[[Params, Paths], Metrics]

PARENT = "ERM_PARENT_TASK_RUN"
"""Variable with the id of the pipeline's task run that a stage's flow run is a child of."""
_RETRY_SECONDS = [5.0, 30.0]
_BAD_INPUT, _INTERRUPTED = 2, 130


def perform(stage: str, work: Work, reads: tuple[str, ...] = ()) -> State[Any]:
    """Runs the work of a stage; called in the stage's flow.

    Args:
        stage: its name in ``dvc.yaml`` and ``params.yaml``.
        work: gets the checked parameters and where to write; returns the stage's metrics.
        reads: other stages whose parameters `work` reads.

    Returns:
        The flow's final state; a failure that somebody can mend holds one sentence.
    """
    params = read_params((stage, *reads))
    settings = params.sections[stage]
    files = read_stage_files(stage)
    session = open_session()

    @task(
        name=stage,
        retries=len(_RETRY_SECONDS),
        retry_delay_seconds=_RETRY_SECONDS,
        retry_condition_fn=lambda _task, _run, state: _worth_another_try(state),
    )
    def attempt() -> Any:
        from flows.records import record_results, recorded

        try:
            with (
                prepared(files, settings) as paths,
                recorded(session, params.profile, files, settings),
            ):
                began = time.monotonic()
                metrics = work(params, paths)
                finish(paths, metrics)
                record_results(open_session(), files, {**metrics, **_cost(began)})
        except Exception as error:
            sentence = explain(error)
            if sentence is None:
                raise
            return Failed(message=sentence)
        return numbers(metrics)

    result = attempt(return_state=True)
    if not result.is_completed():
        return Failed(message=result.message)
    metrics = result.result()
    table = [{"metric": name, "value": f"{value:.6g}"} for name, value in metrics.items()]
    create_table_artifact(table, key=stage.replace("_", "-"), description=f"Metrics of {stage}")
    return Completed(message=f"{len(table)} metrics in {files.metrics}")


def _worth_another_try(state: State[Any]) -> bool:
    error = state.data
    return isinstance(error, Exception) and is_transient(error)


def _cost(began: float) -> dict[str, float]:
    """What a stage cost; kept out of its metrics file, which a rerun must not change."""
    kib = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {"seconds": time.monotonic() - began, "peak_mib": kib / 1024}


def main(stage_flow: Flow[[], State[Any]]) -> None:
    """Entry point of ``python -m flows.<stage>``; exits 0 only when the stage is complete."""
    entry(stage_flow, {})


def entry(top: Flow[..., State[Any]], parameters: dict[str, Any]) -> NoReturn:
    """Runs a flow as a program: in the session of its run, with one sentence for what fails."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        status = _run(top, parameters)
    except ErmError as error:
        status = _say(str(error), _BAD_INPUT)
    except KeyboardInterrupt:
        status = _say(
            f"{top.name} was interrupted; `make repro` goes on from what is complete.", _INTERRUPTED
        )
    _exit(status)


def _exit(status: int) -> NoReturn:
    """Leaves without taking the interpreter apart, which takes seconds with so much loaded."""
    atexit._run_exitfuncs()  # Prefect sends its last logs and events here
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _run(top: Flow[..., State[Any]], parameters: dict[str, Any]) -> int:
    session = open_session()
    wait_for_server = connect(session)
    end_with(session)
    check_params()
    importlib.import_module("flows.records")  # takes seconds, in which the server starts
    wait_for_server()
    if "DVC_STAGE" in os.environ:
        fork_server.start(session.root, session.owner)  # for the stages that DVC runs next
    parent = os.environ.get(PARENT)
    with get_client(sync_client=True) as client:
        _close_abandoned(client)
        flow_run = client.create_flow_run(
            top,
            name=f"{top.name} {time.strftime('%d %b %H:%M:%S')}",
            parameters=parameters,
            tags=[process_name(os.getpid())],
            parent_task_run_id=UUID(parent) if parent else None,
        )
    state = run_flow(top, flow_run=flow_run, parameters=parameters, return_type="state")
    assert isinstance(state, State)
    if state.is_completed():
        return 0
    return _say(f"{top.name}: {state.message}", 1)


def _close_abandoned(client: SyncPrefectClient) -> None:
    """Marks flow runs as crashed whose process on this machine ended without a word."""
    running = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING]))
    for run in client.read_flow_runs(flow_run_filter=FlowRunFilter(state=running)):
        if any(is_abandoned(tag) for tag in run.tags):
            client.set_flow_run_state(run.id, Crashed(message="The process was killed."), True)


def _say(sentence: str, status: int) -> int:
    sys.stdout.flush()
    sys.stderr.write(f"erm: {sentence}\n")
    return status
