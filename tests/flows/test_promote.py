"""A version waits for a person, who answers a form of Prefect."""

from __future__ import annotations

import threading

import pytest
from prefect import Flow, State, flow, get_client, task
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings

from erm.registry.promotion import Approval
from flows.promote import ask
from tests.waiting import until

PATIENCE_SECONDS = 120


def waiting(seconds: int) -> Flow[[], Approval]:
    @task
    def attempt() -> Approval:
        return ask(seconds, "erm-critic", 3, "passed the gate")

    @flow(name=f"waiting {seconds}", persist_result=False)
    def run() -> Approval:
        return attempt()

    return run


@pytest.mark.parametrize(
    "given", [{"approve": True, "reason": "seen"}, {"approve": False, "reason": "odd"}]
)
def test_the_answer_of_a_person(served: dict[str, str], given: dict[str, object]) -> None:
    answers: list[str] = []

    def resume() -> None:
        with (
            temporary_settings({PREFECT_API_URL: served["PREFECT_API_URL"]}),
            get_client(sync_client=True) as client,
        ):
            paused: list[FlowRun] = []

            def is_paused() -> bool:
                runs = client.read_flow_runs()
                paused[:] = [run for run in runs if run.state and run.state.is_paused()]
                return bool(paused)

            until(is_paused, PATIENCE_SECONDS)
            client.resume_flow_run(paused[0].id, run_input=given)
            answers.append(str(paused[0].state))

    person = threading.Thread(target=resume)
    person.start()
    answer = waiting(PATIENCE_SECONDS)()
    person.join()
    assert answer == Approval(bool(given["approve"]), str(given["reason"]))


def test_nobody_answers(served: dict[str, str]) -> None:
    state: State[Approval] = waiting(1)(return_state=True)
    assert state.is_completed()
    assert state.result() == Approval(approved=False, reason="nobody answered within 1 s")
