"""Promotion against a real registry: an MLflow in SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import pytest

from erm.errors import ErmError
from erm.fingerprint import content_hash
from erm.registry.gate import Scores, TaskScore
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


def scores(**values: float) -> Scores:
    return {task: TaskScore(value, value - 0.1, value + 0.1) for task, value in values.items()}


def no_rescore(uri: str) -> Scores:
    raise AssertionError(f"{uri} was scored on this data already")


def submit(
    folder: Path,
    score: float,
    *,
    scored_on: str = "data",
    rescore: Callable[[str], Scores] = no_rescore,
    below_floor: tuple[str, ...] = (),
) -> Promotion:
    candidate = Candidate(NAME, folder, "f1", scores(svg=score), scored_on, below_floor)
    return promote(candidate, log_model, rescore)


def outcome(promotion: Promotion) -> tuple[int, bool, float | None]:
    """Version, whether it became champion, and what the champion scored."""
    known = promotion.champion_scores
    return promotion.version, promotion.promoted, None if known is None else known["svg"].value


def gate(version: int) -> str:
    return str(mlflow.MlflowClient().get_model_version(NAME, str(version)).tags["gate"])


def champion() -> int:
    return int(mlflow.MlflowClient().get_model_version_by_alias(NAME, CHAMPION).version)


@pytest.mark.usefixtures("tracking")
def test_the_alias_moves_only_to_what_is_better(tmp_path: Path) -> None:
    folder = tmp_path / "critic"
    assert outcome(submit(model(folder, "first"), 0.3)) == (1, True, None)
    assert outcome(submit(model(folder, "worse"), 0.2)) == (2, False, 0.3)
    assert outcome(submit(model(folder, "as good"), 0.3)) == (3, False, 0.3)
    assert champion() == 1
    assert outcome(submit(model(folder, "better"), 0.4)) == (4, True, 0.3)
    assert champion() == 4
    # the same content is no new version, whether it is champion or not
    assert outcome(submit(model(folder, "better"), 0.4)) == (4, False, None)
    assert outcome(submit(model(folder, "worse"), 0.2)) == (2, False, 0.4)
    assert len(mlflow.MlflowClient().search_model_versions(f"name = '{NAME}'")) == 4
    # on other data the champion is scored again, once
    rescored: list[str] = []

    def rescore(uri: str) -> Scores:
        rescored.append(uri)
        return scores(svg=0.1)

    new = submit(model(folder, "new data"), 0.05, scored_on="other", rescore=rescore)
    assert outcome(new) == (5, False, 0.1)
    assert outcome(submit(model(folder, "newer"), 0.2, scored_on="other")) == (6, True, 0.1)
    assert rescored == [f"models:/{NAME}/4"]
    assert champion() == 6
    assert gate(6) == "passed"
    assert "svg has 0.050 [-0.050, 0.150], worse than the champion's 0.100" in gate(5)


@pytest.mark.usefixtures("tracking")
def test_a_version_below_the_floor_is_registered_and_no_champion(tmp_path: Path) -> None:
    before = champion()
    low = submit(
        model(tmp_path / "low", "low"),
        0.9,
        below_floor=("svg is below",),
        rescore=lambda _: scores(svg=0.0),
    )
    assert not low.promoted
    assert champion() == before
    assert gate(low.version) == "svg is below"


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
