"""What several files of tests share: random models, one renderer, one server, one registry.

Also the order of the files, and what a marked test needs to run at all.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal

import pytest

from erm.errors import ErmError
from erm.render import Renderer
from erm.render.browser import find_browser
from tests.chat_server import ChatServer, serving
from tests.drawing import AS_STATED

_LONGEST = ("test_pipeline", "test_training", "test_stage", "test_reinforcement")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that two processes end at about the same time."""
    rank = {name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))
    for item in items:
        if item.path.stem in rank:
            item.add_marker(pytest.mark.slow)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a browser or a GPU where there is none."""
    if item.get_closest_marker("browser") is not None:
        pytest.importorskip("playwright")
        try:
            find_browser()
        except ErmError as error:
            pytest.skip(str(error))
    if item.get_closest_marker("gpu") is not None:
        import torch

        if not torch.cuda.is_available():
            pytest.skip("There is no CUDA device.")


def _write_model(folder: Path, role: Literal["critic", "policy"]) -> Path:
    from transformers import set_seed

    from erm.models.prompts import critic_prompt, policy_prompt
    from erm.models.qwen3vl import build_model, build_processor
    from erm.models.role import Role, write_role
    from erm.models.settings import ModelSettings
    from erm.tasks import task_names

    ask = critic_prompt if role == "critic" else policy_prompt
    prompts = {task: ask(task, brief=True) for task in task_names()}
    settings = ModelSettings(name="tiny")
    processor = build_processor(settings, prompts.values(), vocabulary=300, max_side=56)
    set_seed(0)
    model = build_model(settings, processor)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    graded = role == "critic"
    write_role(Role(role=role, prompts=prompts, max_new_tokens=12, graded=graded), folder)
    return folder


@pytest.fixture(scope="session")
def tiny_critic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A critic's folder, untrained."""
    return _write_model(tmp_path_factory.mktemp("models") / "critic", "critic")


@pytest.fixture(scope="session")
def tiny_policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy's folder, untrained."""
    return _write_model(tmp_path_factory.mktemp("models") / "policy", "policy")


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    """One contained worker for all tests, since starting one takes seconds.

    It draws icons at the size that they state, in which tests count pixels.
    """
    with Renderer(workers=1, drawing=AS_STATED) as pool:
        yield pool


@pytest.fixture(scope="module")
def warm(renderer: Renderer) -> Iterator[None]:
    """Pairs are made with that worker: starting one takes longer than drawing a few pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("erm.synthesis.workers._renderer", lambda _: nullcontext(renderer))
        yield


@pytest.fixture
def chat_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """A local server of chat completions; no variable names another one or holds a key."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty registry, to copy: MLflow takes seconds to make one."""
    import mlflow

    from erm.tracking import configure_tracking, experiment_id

    root = tmp_path_factory.mktemp("store")
    before = mlflow.get_tracking_uri()
    with pytest.MonkeyPatch.context() as patch:
        _without_tracking(patch)
        configure_tracking(root)
        experiment_id(root)
        mlflow.set_tracking_uri(before)
    (root / "mlartifacts").mkdir()
    return root


def _without_tracking(patch: pytest.MonkeyPatch) -> None:
    """Unset MLflow's variable, also after the test: MLflow sets it with the address."""
    patch.setenv("MLFLOW_TRACKING_URI", "")
    patch.delenv("MLFLOW_TRACKING_URI")


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_store: Path) -> Iterator[Any]:
    """A client of an empty registry in the current folder, with an active run."""
    import mlflow

    from erm.tracking import configure_tracking, experiment_id

    root = tmp_path / "checkout"
    shutil.copytree(empty_store, root)
    monkeypatch.chdir(root)
    _without_tracking(monkeypatch)
    before = mlflow.get_tracking_uri()
    configure_tracking(root)
    with mlflow.start_run(experiment_id=experiment_id(root)):
        yield mlflow.MlflowClient()
    mlflow.set_tracking_uri(before)
