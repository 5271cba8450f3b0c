"""Packaged models: what they hold, and that they answer in a process that only has the package."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from shutil import copyfile
from threading import Event
from typing import Any

import mlflow
import psutil
import pytest
import torch
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from safetensors.torch import load_file
from transformers import Qwen3VLForConditionalGeneration

from erm.critics.loading import critic_from_spec
from erm.critics.local import LocalCritic
from erm.errors import ErmError
from erm.models.location import model_folder
from erm.policies.loading import policy_from_spec
from erm.registry.packaging import (
    REQUIREMENTS,
    count_parameters,
    input_example,
    log_critic,
    log_policy,
    pinned,
    requirements,
)
from erm.tasks import get_task, task_names


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An MLflow store of one's own, current folder of the tests that use it."""
    folder = tmp_path_factory.mktemp("store")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    mlflow.create_experiment("models", artifact_location=(folder / "artifacts").as_uri())
    mlflow.set_experiment("models")
    yield folder
    mlflow.set_tracking_uri(before)


@pytest.fixture(scope="module")
def packaged(store: Path, tiny_critic: Path) -> Any:
    """The critic as version 1 and champion of ``erm-critic``."""
    with mlflow.start_run():
        info = log_critic(
            tiny_critic,
            registered_model_name="erm-critic",
            metrics={"f1_hard": 0.5123456},
            data_hash="0f1e",
            tags={"profile": "test"},
        )
    client = mlflow.MlflowClient()
    client.set_registered_model_alias("erm-critic", "champion", str(info.registered_model_version))
    return info


@pytest.fixture
def in_store(store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(store)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return store


def test_a_package_holds_all_that_inference_needs(packaged: Any, tiny_critic: Path) -> None:
    folder = Path(mlflow.artifacts.download_artifacts(packaged.model_uri))
    model = folder / "artifacts" / "critic"
    weights = "model.safetensors"
    assert (model / weights).read_bytes() == (tiny_critic / weights).read_bytes()
    assert (folder / "code" / "erm" / "critics" / "base.py").is_file()
    # where nothing is installed, the tasks are found by this
    brought = metadata.distributions(path=[str(folder / "code")])
    points = {point.name for one in brought for point in one.entry_points}
    assert points >= set(task_names())
    assert not list(folder.rglob("__pycache__"))
    requirements = (folder / "requirements.txt").read_text().split()
    assert {line.partition("==")[0] for line in requirements} >= {"torch", "transformers", "mlflow"}
    assert all("==" in line and "+" not in line for line in requirements)
    signature = mlflow.models.get_model_info(packaged.model_uri).signature
    assert signature.inputs.input_names() == ["task", "reference", "candidate"]
    assert signature.outputs.input_names() == ["report", "severity", "expected_severity"]
    plain = Qwen3VLForConditionalGeneration.from_pretrained(model).state_dict()
    for name, values in load_file(tiny_critic / weights).items():
        torch.testing.assert_close(plain[name], values)
    known_to_vllm = ("model.visual.", "model.language_model.", "lm_head.")
    assert all(name.startswith(known_to_vllm) for name in load_file(tiny_critic / weights))
    card = (model / "README.md").read_text()
    for fact in ("0f1e", "| f1_hard | 0.5123 |", "56 px", f"{count_parameters(tiny_critic):,}"):
        assert fact in card
    assert mlflow.MlflowClient().get_model_version("erm-critic", "1").description == card


def test_the_champion_is_found_by_its_alias(packaged: Any, in_store: Path) -> None:
    critic = critic_from_spec("models:/erm-critic@champion")
    assert isinstance(critic, LocalCritic)
    assert model_folder("models:/erm-critic/1", "critic").name == "critic"


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("models:/erm-critic@nobody", "alias nobody not found"),
        ("models:/erm-critic/9", "version=9"),
        ("models:/nothing@champion", "make repro"),
        ("runs:/0/critic", "--critic"),
        ("no/such/folder", "no such critic"),
        (__file__, "is a file"),
    ],
)
def test_a_spec_that_names_nothing_is_refused(
    spec: str, reason: str, packaged: Any, in_store: Path
) -> None:
    with pytest.raises(ErmError, match=reason):
        critic_from_spec(spec)


def test_looking_up_a_model_makes_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(ErmError, match=r"no mlflow\.db in this folder; run `make repro`"):
        critic_from_spec()
    assert not list(tmp_path.iterdir())


def test_folders_of_the_other_role_or_of_nothing_are_refused(
    tiny_critic: Path, tiny_policy: Path, tmp_path: Path
) -> None:
    with pytest.raises(ErmError, match="holds a policy, not a critic"):
        critic_from_spec(str(tiny_policy))
    with pytest.raises(ErmError, match="holds a critic, not a policy"):
        policy_from_spec(str(tiny_critic))
    with pytest.raises(ErmError, match=r"not a critic's folder \(no erm.json\)"):
        log_critic(tmp_path)
    with pytest.raises(ErmError, match="holds no weights"):
        count_parameters(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 9)
    with pytest.raises(ErmError, match="the weights are damaged"):
        count_parameters(tmp_path)
    for name in ("erm.json", "config.json"):
        copyfile(tiny_critic / name, tmp_path / name)
    with pytest.raises(ErmError, match="no processor can be loaded"):
        critic_from_spec(str(tmp_path))
    for file in tiny_critic.iterdir():
        if file.suffix != ".safetensors":
            copyfile(file, tmp_path / file.name)
    with pytest.raises(ErmError, match=r"no Qwen3-VL model can be loaded"):
        critic_from_spec(str(tmp_path))


def test_a_policy_needs_what_its_tasks_extract_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(get_task("svg")), "requirements", ("lxml", "numpy"))
    assert requirements("policy", ("chart", "svg")) == [*REQUIREMENTS, "lxml"]
    assert requirements("policy", ("chart",)) == requirements("critic", ("svg",))


def test_requirements_carry_no_build_label() -> None:
    assert "+" not in pinned(["torch"])[0]


FRESH = """
import json, pathlib, sys
from importlib.machinery import PathFinder

absent = set(json.loads(sys.argv[1]))

class Bare(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            return None
        return super().find_spec(name, path, target)

sys.meta_path = [Bare if finder is PathFinder else finder for finder in sys.meta_path]
import mlflow
answers = {}
for uri in sys.argv[2:]:
    model = mlflow.pyfunc.load_model(uri)
    answer = model.predict(model.input_example)
    assert len(answer) == 1
    answers[uri] = list(answer.columns)
import erm
assert "code" in pathlib.Path(erm.__file__).parts, erm.__file__
print(json.dumps(answers))
"""
"""Loads models and predicts in a process that can import only what is not `absent`."""


def test_models_answer_in_a_fresh_process_with_nothing_but_their_requirements(
    packaged: Any, store: Path, tiny_policy: Path
) -> None:
    with mlflow.start_run():
        policy = log_policy(tiny_policy).model_uri
    critic = packaged.model_uri
    folder = Path(mlflow.artifacts.download_artifacts(policy))
    names = [line.partition("==")[0] for line in (folder / "requirements.txt").read_text().split()]
    assert set(REQUIREMENTS) <= set(names)
    done = subprocess.run(
        [sys.executable, "-c", FRESH, json.dumps(_absent(names)), critic, policy],
        check=True,
        cwd=store,
        env=_environment(store),
        stdout=subprocess.PIPE,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == {
        critic: ["report", "severity", "expected_severity"],
        policy: ["completion", "source"],
    }


def _absent(requirements: Sequence[str]) -> list[str]:
    """Modules that installing the requirements, and all that they require, would not bring."""
    brought: set[str] = set()
    waiting = list(requirements)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in brought:
            continue
        brought.add(name)
        try:
            needs = [Requirement(text) for text in requires(name) or ()]
        except PackageNotFoundError:
            continue
        waiting += [
            need.name
            for need in needs
            if need.marker is None or need.marker.evaluate({"extra": ""})
        ]
    return [
        module
        for module, makers in packages_distributions().items()
        if module != "erm" and not brought & {canonicalize_name(maker) for maker in makers}
    ]


@pytest.mark.fresh
def test_the_critic_answers_over_http(packaged: Any, store: Path) -> None:
    with _served(store, _environment(store), "--env-manager", "local") as (port, _):
        _check_answers(port)


@pytest.mark.fresh
def test_the_critic_answers_over_http_from_an_environment_of_its_requirements_alone(
    packaged: Any, store: Path, tmp_path: Path
) -> None:
    """MLflow makes the environment with pip; it needs pyenv, a package index and some minutes."""
    environment = {**_environment(store), "MLFLOW_ENV_ROOT": str(tmp_path)}
    environment.pop("PYTHONPATH", None)
    with _served(store, environment) as (port, server):
        _check_answers(port)
        workers = psutil.Process(server.pid).children(recursive=True)
        homes = {worker.environ().get("VIRTUAL_ENV", "") for worker in workers}
    (home,) = {Path(home) for home in homes if Path(home).is_relative_to(tmp_path)}
    (packages,) = home.glob("lib/python*/site-packages")
    assert (packages / "torch").is_dir()
    assert not (packages / "prefect").exists()


@contextmanager
def _served(
    store: Path, environment: Mapping[str, str], *options: str
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Port and process of a server of the champion, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve"]
    command += ["-m", "models:/erm-critic@champion", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(
        [*command, *options],
        cwd=store,
        env=environment,
        start_new_session=True,
    ) as server:
        try:
            _wait_until_open(port, server)
            yield port, server
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGTERM)


def _check_answers(port: int) -> None:
    (row,) = input_example("critic", "svg").to_dict(orient="records")
    status, body = _post(port, [row, row])
    assert status == 200
    answers = body["predictions"]
    assert len(answers) == 2
    assert all("errors" in json.loads(answer["report"]) for answer in answers)
    assert all(isinstance(answer["expected_severity"], float) for answer in answers)
    status, body = _post(port, [{**row, "candidate": "%%%"}])
    assert status == 400
    assert "Row 1, column 'candidate': not base64" in body["message"]
    status, body = _post(port, [row, {**row, "candidate": None}])
    assert status == 400
    assert "Row 2, column 'candidate': there is no image" in body["message"]
    image = base64.b64decode(row["reference"])
    status, body = _post(port, [{**row, "reference": base64.encodebytes(image).decode()}])
    (alone,) = body["predictions"]
    assert (status, alone["report"]) == (200, answers[0]["report"])
    # A batch of two rounds differently.
    assert alone["expected_severity"] == pytest.approx(answers[0]["expected_severity"])
    empty = base64.b64encode(b"no image").decode()
    status, body = _post(port, [{**row, "reference": empty}])
    assert status == 400
    assert "Pair 1, reference: not an image" in body["message"]


def _environment(store: Path) -> dict[str, str]:
    # MLflow starts its server by the name uvicorn, as in an activated environment.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    uri = f"sqlite:///{store / 'mlflow.db'}"
    return {**os.environ, "MLFLOW_TRACKING_URI": uri, "PATH": path}


def _wait_until_open(port: int, server: subprocess.Popen[bytes]) -> None:
    ready = Event()
    while server.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5).close()
            return
        except OSError:
            ready.wait(0.2)
    raise AssertionError(f"the server ended with status {server.returncode}")


def _post(port: int, rows: Sequence[Mapping[Any, Any]]) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations",
        json.dumps({"dataframe_records": list(rows)}).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
