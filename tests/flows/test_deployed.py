"""``make deployed``: schedule, cancellation and failure on a real server, with a real worker."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psutil
import pytest
import yaml
from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import FlowRun, WorkPoolStatus
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments import run_deployment
from prefect.settings import PREFECT_API_URL

from flows import pipeline
from tests.chat_server import ChatServer, serving
from tests.flows.scratch import copy_checkout, environment
from tests.waiting import until

pytestmark = pytest.mark.deployed
ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 300
LATEST_START_SECONDS = 30
HEARTBEAT_SECONDS = 30
DVC_YAML = """
stages:
  synthesize:
    cmd: python -m flows.synthesize
    params: [synthesize]
    deps: [how]
    outs: [numbers]
    metrics: [{reports/synthesize.json: {cache: false}}]
"""
STAGE = """
import subprocess
from pathlib import Path

from erm.errors import ErmError
from erm.models.launch import die_with_parent
from flows.stage import main, stage


@stage
def synthesize(params, paths):
    how = Path("how").read_text()
    if how == "fail":
        raise ErmError("numbers: 2 is torn.")
    if how == "wait":
        subprocess.run(["sleep", "600"], preexec_fn=die_with_parent)
    paths.out("numbers").touch()
    return {"n": 1}


if __name__ == "__main__":
    main(synthesize)
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scratch copy with one cheap stage."""
    folder = tmp_path_factory.mktemp("deployed") / "checkout"
    copy_checkout(ROOT, folder)
    (folder / "dvc.yaml").write_text(DVC_YAML)
    (folder / "flows/synthesize.py").write_text(STAGE)
    (folder / "how").write_text("work")
    return folder


def schedule_soon(client: SyncPrefectClient) -> None:
    """The pipeline runs once, one to two minutes from now: the worker is ready."""
    (nightly,) = (one for one in client.read_deployments() if one.name == "nightly")
    (registered,) = nightly.schedules
    assert registered.active
    assert isinstance(registered.schedule, CronSchedule)
    assert registered.schedule.cron == "0 2 * * *"
    soon = datetime.now(UTC) + timedelta(minutes=2)
    once = CronSchedule(cron=f"{soon.minute} {soon.hour} * * *", timezone="UTC")
    client.create_deployment_schedules(nightly.id, [DeploymentScheduleCreate(schedule=once)])


def has_worker(client: SyncPrefectClient) -> bool:
    """Whether a worker waits for the runs of the pool ``cpu``."""
    pools = client.read_work_pools()
    return any(one.name == "cpu" and one.status == WorkPoolStatus.READY for one in pools)


def crash_soon(path: Path) -> None:
    """A run counts as crashed without three heartbeats, of the shortest interval there is."""
    automation = yaml.safe_load(path.read_text())
    automation["trigger"]["within"] = 3 * HEARTBEAT_SECONDS
    path.write_text(yaml.safe_dump(automation))


@pytest.fixture(scope="module")
def webhook() -> Iterator[ChatServer]:
    with serving() as server:
        server.behaviour = lambda *_: (200, b"{}")
        yield server


@pytest.fixture(scope="module")
def worker(checkout: Path, webhook: ChatServer) -> Iterator[subprocess.Popen[bytes]]:
    """What ``make deploy`` starts after the set-up, as a terminal would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(checkout / ".erm/prefect"))
        patch.delenv("PREFECT_API_URL", raising=False)
        patch.setattr(pipeline, "_LOG", checkout / ".erm" / "prefect.log")
        with pipeline.prefect_server():
            url = str(PREFECT_API_URL.value())
            crash_soon(checkout / ".ci/unresponsive.yaml")
            variables = {
                **environment(checkout),
                "PREFECT_API_URL": url,
                "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
                "ERM_WEBHOOK": webhook.url,
            }
            started = subprocess.Popen(
                [".ci/deploy", "cpu"],
                cwd=checkout,
                env=variables,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
            yield started
            started.send_signal(signal.SIGINT)
            started.wait(PATIENCE_SECONDS)


@pytest.fixture
def client(worker: subprocess.Popen[bytes]) -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as found:
        yield found


def sleeping(checkout: Path) -> list[psutil.Process]:
    """What stands for the processes of a training."""
    return [
        one
        for one in psutil.process_iter(["cwd", "name"])
        if one.info["cwd"] == str(checkout) and one.info["name"] == "sleep"
    ]


def start(name: str) -> FlowRun:
    run = run_deployment(name, timeout=0)
    assert isinstance(run, FlowRun)
    return run


def finished(client: SyncPrefectClient, state: str) -> Callable[[FlowRun], bool]:
    def is_finished(run: FlowRun) -> bool:
        now = client.read_flow_run(run.id).state
        assert now is not None
        assert not now.is_final() or now.type.value == state, now
        return now.is_final()

    return is_finished


def test_the_servers_pages_ask_that_server(client: SyncPrefectClient) -> None:
    url = str(client.api_url).rstrip("/")
    settings = httpx.get(f"{url.removesuffix('/api')}/ui-settings").json()
    assert settings["api_url"] == url


def test_a_scheduled_run_starts_in_time_and_completes(
    checkout: Path, client: SyncPrefectClient
) -> None:
    begun: list[FlowRun] = []

    def has_begun() -> bool:
        begun[:] = [run for run in client.read_flow_runs() if run.start_time and run.deployment_id]
        return bool(begun)

    until(lambda: has_worker(client), PATIENCE_SECONDS)
    schedule_soon(client)
    until(has_begun, PATIENCE_SECONDS)
    (run,) = begun
    assert run.auto_scheduled
    assert run.start_time is not None
    assert run.expected_start_time is not None
    late = (run.start_time - run.expected_start_time).total_seconds()
    assert late <= LATEST_START_SECONDS
    until(lambda: finished(client, "COMPLETED")(run), PATIENCE_SECONDS)
    assert (checkout / "numbers").exists()


def test_cancelling_ends_the_stage_and_its_processes(
    checkout: Path, client: SyncPrefectClient
) -> None:
    (checkout / "how").write_text("wait")
    run = start("pipeline/synthesize")
    until(lambda: bool(sleeping(checkout)), PATIENCE_SECONDS)
    (training,) = sleeping(checkout)
    lines = [training, *training.parents()]
    commands = [" ".join(one.cmdline()) for one in lines]
    own = [one for one, what in zip(lines, commands, strict=True) if "worker" not in what][:4]
    assert "prefect.engine" in " ".join(own[-1].cmdline())
    subprocess.run(
        ["prefect", "flow-run", "cancel", str(run.id)],
        env={**environment(checkout), "PREFECT_API_URL": str(PREFECT_API_URL.value())},
        check=True,
    )
    until(lambda: finished(client, "CANCELLED")(run), PATIENCE_SECONDS)
    until(lambda: not any(one.is_running() for one in own), PATIENCE_SECONDS)
    stages = [one.state for one in client.read_flow_runs() if one.parent_task_run_id]
    states = {state.type.value for state in stages if state is not None}
    assert states == {"COMPLETED", "CANCELLED"}


def test_a_failure_says_why_and_is_posted(
    checkout: Path, client: SyncPrefectClient, webhook: ChatServer
) -> None:
    (checkout / "how").write_text("fail")
    run = start("pipeline/synthesize")
    until(lambda: finished(client, "FAILED")(run), PATIENCE_SECONDS)
    state = client.read_flow_run(run.id).state
    assert state is not None
    assert str(state.message).endswith("numbers: 2 is torn.")
    until(lambda: bool(webhook.bodies), PATIENCE_SECONDS)
    (posted,) = webhook.bodies
    assert posted["text"] == f"{run.name}: {state.message}"
    assert posted["state"] == "Failed"
    assert str(run.id) in posted["run"]


def test_ctrl_c_ends_workers_and_runs_and_registering_again_changes_nothing(
    checkout: Path, client: SyncPrefectClient, worker: subprocess.Popen[bytes]
) -> None:
    (checkout / "how").write_text("wait")
    run = start("pipeline/synthesize")
    until(lambda: bool(sleeping(checkout)), PATIENCE_SECONDS)
    os.killpg(worker.pid, signal.SIGINT)
    assert worker.wait(PATIENCE_SECONDS) == 0
    until(lambda: not sleeping(checkout), PATIENCE_SECONDS)

    before = {one.id for one in client.read_deployments()}
    again = subprocess.Popen(
        [".ci/deploy", "cpu"],
        cwd=checkout,
        env={**environment(checkout), "PREFECT_API_URL": str(PREFECT_API_URL.value())},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert again.stdout is not None
    assert any("started" in line for line in again.stdout)
    assert {one.id for one in client.read_deployments()} == before
    assert len(client.read_automations()) == 1
    assert {pool.name for pool in client.read_work_pools()} == {"cpu", "gpu"}
    os.killpg(again.pid, signal.SIGINT)
    assert again.wait(PATIENCE_SECONDS) == 0

    # Nobody could say that pipeline and stage ended: the server finds it out.
    until(lambda: finished(client, "CRASHED")(run), PATIENCE_SECONDS)

    def still_running() -> bool:
        return any(one.state and one.state.is_running() for one in client.read_flow_runs())

    until(lambda: not still_running(), PATIENCE_SECONDS)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "erm: PREFECT_API_URL names no Prefect server; "),
        ({"PREFECT_API_URL": "http://127.0.0.1:9/api"}, "erm: Prefect at http://127.0.0.1:9/api "),
    ],
)
def test_without_a_server_it_is_one_sentence(variables: dict[str, str], sentence: str) -> None:
    done = subprocess.run(
        [".ci/deploy"],
        cwd=ROOT,
        env={**environment(ROOT), **variables},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1
