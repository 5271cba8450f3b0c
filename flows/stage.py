"""The one way in which a stage runs: checked parameters, flow, record, complete outputs."""

import dataclasses
import os
import time
from collections.abc import Callable, Mapping
from threading import Event
from typing import Any, NoReturn

from prefect import Flow, State, flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.states import Completed, Failed
from pydantic_core import to_jsonable_python

from erm.failures import explain, is_transient
from erm.models.launch import die_with_parent
from erm.parameters import Params, read_params
from erm.results import log_results
from erm.tracking import numbers, run_address, spent_since
from flows.entry import exit_with, run_alone, say
from flows.outputs import WRITTEN, Paths, finish, prepare
from flows.progress import artifacts_optional, progress_shown
from flows.records import recorded

__all__ = ["Metrics", "Params", "Paths", "artifacts_optional", "main", "stage"]

Metrics = Mapping[str, Any]
Work = Callable[[Params, Paths], Metrics]

_RETRY_SECONDS = [5.0, 30.0]
_COMPLETE = Event()  # the outputs are in place: nothing makes the stage fail any more


def stage(work: Work) -> Flow[[], State[Any]]:
    """The Prefect flow of the stage that has the name of `work`.

    Args:
        work: gets the checked parameters and where to write; returns the stage's metrics.
    """
    return flow(name=work.__name__, description=work.__doc__)(lambda: _perform(work))


def main(stage_flow: Flow[[], State[Any]]) -> NoReturn:
    """Entry point of ``python -m flows.<stage>``; exits 0 only when the stage is complete."""

    def run() -> int:
        if "DVC_STAGE" in os.environ:
            die_with_parent()  # a stage whose dvc was killed must not run along with the next run
        read_params()
        try:
            return run_alone(stage_flow, {})
        except Exception as error:
            if not _COMPLETE.is_set() or (said := explain(error, WRITTEN)) is None:
                raise
            return say(f"{stage_flow.name} is complete, but not its run in Prefect: {said}", 0)

    exit_with(stage_flow.name, run)


def _perform(work: Work) -> State[Any]:
    """The flow's final state; a failure that somebody can mend holds one sentence."""
    name, params = work.__name__, read_params()
    sections = to_jsonable_python(dataclasses.asdict(params))

    @task(
        name=name,
        retries=len(_RETRY_SECONDS),
        retry_delay_seconds=_RETRY_SECONDS,
        retry_condition_fn=lambda _task, _run, state: is_transient(state.data),
    )
    def attempt() -> Any:
        complete: Metrics | None = None
        try:
            paths = prepare(name, sections)
            with (
                recorded(params.profile, paths, sections[name]) as run_id,
                progress_shown(name, run_id),
            ):
                began = time.monotonic()
                metrics = work(params, paths)
                finish(paths, metrics)
                complete = metrics
                _COMPLETE.set()
                # What it took is not in the metrics file, which a rerun must not change.
                log_results(name, paths.outs, {**metrics, **spent_since(began)})
                return numbers(metrics), run_address()
        except Exception as error:
            sentence = explain(error, WRITTEN)
            if complete is not None:  # its outputs are in place: only the record is missing
                lost = f"{name} is complete, but not its run in MLflow: %s"
                get_run_logger().warning(lost, sentence or error, exc_info=sentence is None)
                return numbers(complete), None
            if sentence is None:
                raise
            return Failed(data=error, message=sentence)

    result = attempt(return_state=True)
    if not result.is_completed():
        return Failed(message=result.message)
    metrics, address = result.result()
    table = [{"metric": metric, "value": f"{value:.6g}"} for metric, value in metrics.items()]
    description = f"Metrics of {name}" + (f" ([run in MLflow]({address}))" if address else "")
    with artifacts_optional():
        create_table_artifact(table, key=name.replace("_", "-"), description=description)
    return Completed(message=f"{name} has {len(table)} metrics.")
