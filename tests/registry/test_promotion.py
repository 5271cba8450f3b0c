"""Promotion against a real registry: an MLflow in SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import pytest

from erm.errors import ErmError
from erm.fingerprint import content_hash
from erm.registry.promotion import CHAMPION, Candidate, Promotion, promote
from erm.tracking import configure_tracking, experiment_id

NAME = "erm-critic"


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    root = tmp_path_factory.mktemp("tracking")
    before = mlflow.get_tracking_uri()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        configure_tracking(root)
        with mlflow.start_run(experiment_id=experiment_id(root)):
            yield
    mlflow.set_tracking_uri(before)


def model(folder: Path, content: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "weights").write_text(content)
    return folder


def log_model(folder: Path) -> str:
    name = content_hash(folder)[:8]
    mlflow.log_artifacts(str(folder), name)
    return str(mlflow.get_artifact_uri(name))


def no_rescore(uri: str) -> float:
    raise AssertionError(f"{uri} was scored on this data already")


def submit(
    folder: Path,
    score: float,
    *,
    scored_on: str = "data",
    rescore: Callable[[str], float] = no_rescore,
) -> Promotion:
    candidate = Candidate(NAME, folder, "f1", score, scored_on)
    return promote(candidate, log_model, rescore)


def champion() -> int:
    return int(mlflow.MlflowClient().get_model_version_by_alias(NAME, CHAMPION).version)


@pytest.mark.usefixtures("tracking")
def test_the_alias_moves_only_to_what_is_better(tmp_path: Path) -> None:
    folder = tmp_path / "critic"
    assert submit(model(folder, "first"), 0.3) == Promotion(1, True, None)
    assert submit(model(folder, "worse"), 0.2) == Promotion(2, False, 0.3)
    assert submit(model(folder, "as good"), 0.3) == Promotion(3, False, 0.3)
    assert champion() == 1
    assert submit(model(folder, "better"), 0.4) == Promotion(4, True, 0.3)
    assert champion() == 4
    # the same content is no new version, whether it is champion or not
    assert submit(model(folder, "better"), 0.4) == Promotion(4, False, None)
    assert submit(model(folder, "worse"), 0.2) == Promotion(2, False, 0.4)
    assert len(mlflow.MlflowClient().search_model_versions(f"name = '{NAME}'")) == 4
    # on other data the champion is scored again, once
    rescored: list[str] = []

    def rescore(uri: str) -> float:
        rescored.append(uri)
        return 0.1

    assert submit(model(folder, "new data"), 0.05, scored_on="other", rescore=rescore) == Promotion(
        5, False, 0.1
    )
    assert submit(model(folder, "newer"), 0.2, scored_on="other") == Promotion(6, True, 0.1)
    assert rescored == [f"models:/{NAME}/4"]
    assert champion() == 6


@pytest.mark.usefixtures("tracking")
@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_without_a_model_is_refused(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "nothing"
    if exists:
        folder.mkdir()
    with pytest.raises(ErmError, match="nothing holds no model"):
        submit(folder, 1.0)


def test_content_hash_sees_names_and_bytes(tmp_path: Path) -> None:
    folder = model(tmp_path / "model", "a")
    first = content_hash(folder)
    assert content_hash(model(tmp_path / "copy", "a")) == first
    assert content_hash(model(folder, "b")) != first
    model(folder, "a")
    (folder / "weights").rename(folder / "renamed")
    assert content_hash(folder) != first
