"""Processes that promote at once: on a local file, and on a server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import mlflow
import pytest

from erm.errors import ErmError
from erm.registry import lock
from erm.registry.aliases import CHAMPION, PREVIOUS, aliases_of
from erm.tracking import store_file
from tests.registered import NAME, submit

ROOT = Path(__file__).parents[2]
PROCESS = """
import sys
from pathlib import Path
import mlflow
from erm.registry.paired import Measured
from erm.tracking import configure_tracking, experiment_id
from tests.registered import candidate, log_model, no_rescore
from erm.registry.promotion import promote

configure_tracking(Path.cwd())
content, score = sys.argv[1], float(sys.argv[2])
with mlflow.start_run(experiment_id=experiment_id(Path.cwd())):
    wanted = candidate(content, score, root=Path(content))
    outcome = promote(wanted, log_model, no_rescore)
print(outcome.promoted)
"""


def test_processes_that_promote_at_once_leave_the_best_one_champion(registry: Any) -> None:
    submit("first", 0.1)
    scores = {"a": 0.5, "b": 0.5}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, name, str(score)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for name, score in scores.items()
    ]
    won = [process.communicate()[0].strip() for process in running]
    assert sorted(won) == ["False", "True"]
    aliases = aliases_of(registry, NAME)
    assert aliases[PREVIOUS] == 1
    assert registry.get_model_version(NAME, str(aliases[CHAMPION])).tags["gate"] == "passed"


@pytest.fixture
def on_a_server(registry: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The lock of a registry that is no file on this machine."""
    monkeypatch.setattr(lock, "_local_file", lambda: None)
    return registry


def test_a_server_gives_the_lock_to_one_process(
    on_a_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_PATIENCE", 0.0)
    with lock.exclusive(on_a_server, NAME):
        held = on_a_server.get_registered_model(f"{NAME}.lock")
        assert held.tags["held_by"] == lock.who()
        with pytest.raises(ErmError, match=r"delete_registered_model\('erm-critic.lock'\)"):
            lock.exclusive(on_a_server, NAME).__enter__()
    assert on_a_server.search_registered_models() == []


def test_the_lock_of_a_server_is_released_after_a_failure(on_a_server: Any) -> None:
    with pytest.raises(ErmError, match="of the caller"), lock.exclusive(on_a_server, NAME):
        raise ErmError("of the caller")
    assert on_a_server.search_registered_models() == []


def test_promotion_works_with_the_lock_of_a_server(on_a_server: Any) -> None:
    submit("first", 0.1)
    submit("second", 0.2)
    assert aliases_of(on_a_server, NAME) == {CHAMPION: 2, PREVIOUS: 1}
    assert [one.name for one in on_a_server.search_registered_models()] == [NAME]


def test_a_local_registry_is_locked_by_a_file_next_to_it(registry: Any) -> None:
    with lock.exclusive(registry, NAME):
        assert Path("mlflow.db.lock").is_file()
        assert store_file(mlflow.get_registry_uri()) == Path("mlflow.db").resolve()
