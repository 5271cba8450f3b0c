"""Stage promote: registers both models and makes the better ones champion."""

from functools import partial

from prefect import get_client, get_run_logger, pause_flow_run, runtime
from prefect.exceptions import FlowPauseTimeout
from prefect.input import RunInput
from prefect.states import Running

from erm.registry.promotion import Approval
from erm.servers import notify
from flows.stage import Metrics, Params, Paths, main, stage


class Answer(RunInput):
    """The form with which a person answers."""

    approve: bool
    reason: str


def ask(seconds: int, name: str, version: int, why: str) -> Approval:
    """A person's answer to the form in Prefect's interface, for which the flow run waits."""
    run = runtime.flow_run
    question = f"Should version {version} of {name} become champion? It {why}."
    get_run_logger().info("Waiting %d s for an answer at %s: %s", seconds, run.ui_url, question)
    notify(question, {"state": "Paused", "run": run.ui_url})
    form = Answer.with_initial_data(description=question, approve=False, reason="")
    try:
        answer = pause_flow_run(form, timeout=seconds, poll_interval=2)
    except FlowPauseTimeout:
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(run.id, Running(), force=True)
        return Approval(approved=False, reason=f"nobody answered within {seconds} s")
    return Approval(answer.approve, answer.reason)


@stage
def promote(params: Params, paths: Paths) -> Metrics:
    """Registers the critic and the policy; moves ``champion`` to those that are better."""
    from erm.registry.champions import Chosen, Trained, promote_trained

    chosen = Chosen(params.promote, params.benchmark, params.evaluate)
    trained = Trained(rewarded_by=params.reinforce.critic)
    approve = partial(ask, params.promote.approval) if params.promote.approval else None
    return promote_trained(chosen, trained, paths.work, paths.answers, approve)


if __name__ == "__main__":
    main(promote)
