"""``make team``: a stage, a model and a DVC remote on the servers of ``.ci/servers``, for real."""

from __future__ import annotations

import base64
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import mlflow
import psutil
import pytest

from erm.errors import masked
from erm.fingerprint import content_hash
from erm.models.location import packaged_folder
from erm.parameters import PARAMS
from erm.registry.aliases import CHAMPION, CRITIC
from erm.registry.packaging import log_critic
from erm.registry.paired import Measured
from erm.registry.promotion import Candidate, promote
from tests.flows.scratch import compose, copy_checkout, environment
from tests.registered import no_rescore, scores
from tests.waiting import until

pytestmark = pytest.mark.team
ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 600
PORTS = ("ERM_S3_PORT", "ERM_POSTGRES_PORT", "ERM_PREFECT_PORT", "ERM_MLFLOW_PORT")
PLANTED = "planted-4711"
SECRETS = {
    # What a careless quotation or address would break.
    "PGPASSWORD": f"{PLANTED}/of@the: database",
    "AWS_SECRET_ACCESS_KEY": f"{PLANTED}-of-the-store",
    "PREFECT_API_AUTH_STRING": f"me:{PLANTED}-of-prefect",
}
VARIABLES = {**SECRETS, "AWS_ACCESS_KEY_ID": "team"}


@dataclass
class Servers:
    """Running servers.

    Attributes:
        folder: their data and logs.
        variables: what a member of the team sets.
        ports: variable → port.
    """

    folder: Path
    variables: dict[str, str]
    ports: dict[str, str]

    def query(self, database: str, sql: str) -> list[tuple[Any, ...]]:
        import psycopg2

        port = self.ports["ERM_POSTGRES_PORT"]
        # The password is PGPASSWORD's.
        connection = psycopg2.connect(host="127.0.0.1", port=port, user="erm", dbname=database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Key → content of all objects of a bucket."""
        import boto3

        address = self.variables["AWS_ENDPOINT_URL"]
        found = boto3.resource("s3", endpoint_url=address).Bucket(bucket).objects.all()
        return {one.key: one.get()["Body"].read() for one in found}


def free_ports() -> dict[str, str]:
    with ExitStack() as held:
        taken = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in PORTS]
        # The lowest for S3: SeaweedFS also takes the port 10,000 above it.
        ports = sorted(one.getsockname()[1] for one in taken)
    return dict(zip(PORTS, map(str, ports), strict=True))


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """What ``make servers`` starts after the set-up, as a terminal would."""
    ports = free_ports()
    # Not below pytest's folder, which PostgreSQL's user can't reach.
    with (
        tempfile.TemporaryDirectory(prefix="erm-team-") as name,
        pytest.MonkeyPatch.context() as patch,
    ):
        folder = Path(name)
        folder.chmod(0o755)
        for variable, value in VARIABLES.items():
            patch.setenv(variable, value)
        with (folder / "said").open("w+") as said:
            running = subprocess.Popen(
                [".ci/servers", str(folder)],
                cwd=ROOT,
                env={**environment(ROOT), **ports},
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
            try:
                text = (folder / "said").read_text
                until(lambda: "\n" in text() or running.poll() is not None, PATIENCE_SECONDS)
                assert text().startswith("export "), text()
                variables = dict(word.split("=", 1) for word in shlex.split(text())[1:])
                for variable, value in variables.items():
                    patch.setenv(variable, value)
                yield Servers(folder, variables, ports)
                processes = psutil.Process(running.pid).children(recursive=True)
                assert {"postgres", "weed"} <= {one.name() for one in processes}
                words = [word for one in processes for word in one.cmdline()]
                assert not any(PLANTED in word for word in words)
            finally:
                running.send_signal(signal.SIGINT)
                status = running.wait(PATIENCE_SECONDS)
        assert status == 0
        assert not any(one.is_running() for one in processes)


def in_copy(copy: Path, servers: Servers, *module: str) -> str:
    """What a program of the copy said."""
    done = subprocess.run(
        [sys.executable, "-m", *module],
        cwd=copy,
        env={**environment(copy), **servers.variables},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert PLANTED not in said
    return said


@pytest.fixture(scope="module")
def copy(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scratch copy whose first stage has run."""
    folder = tmp_path_factory.mktemp("team") / "checkout"
    copy_checkout(ROOT, folder)
    (folder / PARAMS).write_text(compose(folder / "conf", "smoke"))
    in_copy(folder, servers, "dvc", "repro", "synthesize")
    return folder


@pytest.fixture(scope="module")
def champion(servers: Servers, tiny_critic: Path) -> Iterator[Path]:
    """A critic whose registered version is champion."""
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(servers.variables["MLFLOW_TRACKING_URI"])
    candidate = Candidate(CRITIC, tiny_critic, "f1_hard", Measured(scores(svg=0.5), {}), "data", ())
    with mlflow.start_run():
        promotion = promote(
            candidate, lambda folder: str(log_critic(folder).model_uri), no_rescore, None
        )
    assert promotion.promoted
    yield tiny_critic
    mlflow.set_tracking_uri(before)


def test_a_stage_arrives_in_both_databases_and_the_bucket(copy: Path, servers: Servers) -> None:
    flows = servers.query(
        "prefect",
        "select flow.name, run.state_type from flow_run run join flow on flow.id = run.flow_id",
    )
    assert flows == [("synthesize", "COMPLETED")]
    runs = servers.query(
        "mlflow",
        "select runs.run_uuid, runs.status, runs.artifact_uri from runs join tags"
        " on tags.run_uuid = runs.run_uuid and tags.key = 'stage' where tags.value = 'synthesize'",
    )
    ((run, status, address),) = runs
    assert status == "FINISHED"
    assert address.startswith("mlflow-artifacts:/")
    kept = {key: value for key, value in servers.objects("mlflow").items() if run in key}
    (params,) = (value for key, value in kept.items() if key.endswith(str(PARAMS)))
    assert params == (copy / PARAMS).read_bytes()
    assert not (copy / "mlflow.db").exists()
    assert not (copy / "mlartifacts").exists()


def test_a_champion_comes_back_from_the_bucket(champion: Path, servers: Servers) -> None:
    spec = f"models:/{CRITIC}@{CHAMPION}"
    fetched = packaged_folder(Path(mlflow.artifacts.download_artifacts(spec)), spec)
    weights = (champion / "model.safetensors").read_bytes()
    assert (fetched / "model.safetensors").read_bytes() == weights
    assert weights in servers.objects("mlflow").values()


def test_data_reaches_fresh_clones_through_a_folder_and_through_s3(
    copy: Path, servers: Servers, tmp_path: Path
) -> None:
    """As docs/operations.md says; the clones have nothing but Git's files and the variables."""
    in_copy(copy, servers, "dvc", "remote", "add", "--default", "team", "s3://dvc/erm")
    endpoint = servers.variables["AWS_ENDPOINT_URL"]
    in_copy(copy, servers, "dvc", "remote", "modify", "team", "endpointurl", endpoint)
    in_copy(copy, servers, "dvc", "remote", "add", "shelf", str(tmp_path / "shelf"))
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b")
    for command in ("add --all", "commit --quiet -m run"):
        subprocess.run([*git, *command.split()], cwd=copy, check=True)
    made = content_hash(copy / "data/pairs")
    for remote in ("team", "shelf"):
        in_copy(copy, servers, "dvc", "push", "--remote", remote, "synthesize")
        clone = tmp_path / f"from {remote}"
        subprocess.run(["git", "clone", "--quiet", copy, clone], check=True)
        in_copy(clone, servers, "dvc", "pull", "--remote", remote, "synthesize")
        assert content_hash(clone / "data/pairs") == made
    pushed = {key.removeprefix("erm/"): one for key, one in servers.objects("dvc").items()}
    shelf = tmp_path / "shelf"
    assert pushed == {
        file.relative_to(shelf).as_posix(): file.read_bytes()
        for file in shelf.rglob("*")
        if file.is_file()
    }


def test_nobody_gets_in_without_a_secret(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3
    import psycopg2
    from botocore.exceptions import ClientError

    for variable in SECRETS:
        monkeypatch.setenv(variable, "me:wrong")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        servers.query("mlflow", "select 1")
    store = boto3.Session().client("s3", endpoint_url=servers.variables["AWS_ENDPOINT_URL"])
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        store.list_buckets()
    flows = f"{servers.variables['PREFECT_API_URL']}/flows/count"
    assert httpx.post(flows, json={}).status_code == 401


def test_the_doctor_finds_each_server(copy: Path, servers: Servers) -> None:
    said = in_copy(copy, servers, "erm.cli", "doctor")
    for server in ("MLflow", "Prefect", "S3"):
        assert f"ok       {server}: http://127.0.0.1:" in said


def test_the_secrets_are_found_nowhere(
    copy: Path, champion: Path, servers: Servers, tmp_path: Path
) -> None:
    dumps = tmp_path / "dumps"
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    path = os.pathsep.join([os.environ["PATH"], *map(str, programs)])
    dump = shutil.which("pg_dump", path=path)
    assert dump is not None
    address = ["-h", "127.0.0.1", "-p", servers.ports["ERM_POSTGRES_PORT"], "-U", "erm"]
    for database in ("prefect", "mlflow"):
        file = dumps / database
        file.parent.mkdir(exist_ok=True)
        subprocess.run([dump, *address, "--file", str(file), database], check=True)
    assert b"synthesize" in (dumps / "mlflow").read_bytes()
    kept = [
        file
        for folder in (copy, dumps, servers.folder)
        for file in folder.rglob("*")
        if file.is_file() and not file.is_relative_to(copy / "tests")
    ]
    logs = {f"{name}.log" for name in ("postgres", "s3", "prefect", "mlflow")}
    assert logs <= {file.name for file in kept if file.parent == servers.folder}
    assert copy / ".dvc/config" in kept
    assert copy / "reports/synthesize.json" in kept
    contents = {str(file): file.read_bytes() for file in kept}
    for bucket in ("mlflow", "dvc"):
        contents |= {f"s3://{bucket}/{key}": one for key, one in servers.objects(bucket).items()}
    encoded = base64.b64encode(SECRETS["PREFECT_API_AUTH_STRING"].encode())
    found = [name for name, one in contents.items() if PLANTED.encode() in one or encoded in one]
    assert not found
    for name, value in SECRETS.items():
        assert masked(f"refused {value}.") == f"refused <{name}>."
