"""The commands ``promote --dry-run``, ``rollback`` and ``lineage`` on a real registry."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest

from erm.registry.aliases import CHAMPION, PREVIOUS, aliases_of
from tests.cli.test_cli import Erm, command_line
from tests.registered import NAME, submit

ROOT = Path(__file__).parents[2]


@pytest.fixture
def erm(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Erm:
    """Runs the command line in this process, in the current folder."""

    return command_line(capfd, monkeypatch)


@pytest.fixture
def two(registry: Any) -> Any:
    """A registry in the current folder with two champions."""
    submit("first", 0.1, tags={"data_hash": "a1b2c3d4"})
    submit("second", 0.2, tags={"data_hash": "a1b2c3d4"})
    return registry


@pytest.fixture
def at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout with models and reports, and no registry."""
    folder = tmp_path / "at hand"
    for name in ("models/critic", "models/policy", "data/pairs", "data/inferred", "reports"):
        (folder / name).mkdir(parents=True)
        (folder / name / "file").write_text(name)
    benchmark = {"svg/f1_hard": 0.1, "baselines/untrained/svg/f1_hard": 0.15}
    evaluation = {"after.svg.exact_reward": 1.5, "gain.svg": 0.1}
    (folder / "reports/benchmark.json").write_text(json.dumps(benchmark))
    (folder / "reports/evaluate.json").write_text(json.dumps(evaluation))
    shutil.copy(ROOT / "params.yaml", folder)
    (folder / "conf").symlink_to(ROOT / "conf")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(folder)
    before = mlflow.get_tracking_uri()
    yield folder
    mlflow.set_tracking_uri(before)


def test_a_dry_run_says_what_the_gate_would_say(erm: Erm, at_hand: Path) -> None:
    outcome = erm("promote", "--dry-run")
    assert outcome.status == 0
    assert outcome.out.splitlines() == [
        "critic: would not become champion (against no champion).",
        "  - svg has 0.100 [0.100, 0.100], which is not above the floor of 0.150.",
        "policy: would become champion (against no champion).",
    ]
    found = json.loads(erm("promote", "--dry-run", "--json").out)
    assert found["policy"] == {
        **{"promoted": True, "version": None, "champion": None, "champion_scores": None},
        "missed": [],
    }
    (missed,) = found["critic"]["missed"]
    assert (missed["condition"], missed["task"]) == ("floor", "svg")
    assert missed["by"] == pytest.approx(0.05)
    assert not Path("mlflow.db").exists()


def test_a_dry_run_reads_the_parameters_as_the_stage_does(erm: Erm, at_hand: Path) -> None:
    whole = Path("params.yaml").read_text()
    for old, new, reason in (
        (
            "margin: 0.0",
            "margin: -1",
            "params.yaml: 'promote.margin' is -1, but input should be greater",
        ),
        ("margin: 0.0", "margins: 0", "params.yaml: unknown parameter 'promote.margins'"),
        ("\npromote:", "\npromoted:", "unknown section 'promoted'"),
        ("\npromote:", "\n}promote:", "params.yaml can't be read"),
    ):
        Path("params.yaml").write_text(whole.replace(old, new))
        outcome = erm("promote", "--dry-run")
        assert (outcome.status, outcome.out) == (1, "")
        assert reason in outcome.sentence


def test_promotion_itself_is_the_stage(erm: Erm) -> None:
    outcome = erm("promote")
    assert (outcome.status, outcome.out) == (1, "")
    assert "`dvc repro promote`" in outcome.sentence


def test_rollback_says_where_the_aliases_are(erm: Erm, two: Any) -> None:
    outcome = erm("rollback", "critic", "--reason", "blurs", "--json")
    assert json.loads(outcome.out) == {
        **{"name": NAME, "before": 2, "champion": 1, "previous": None},
    }
    assert aliases_of(two, NAME) == {CHAMPION: 1}
    outcome = erm("rollback", "critic", "--to", "2")
    assert outcome.out == ("erm-critic: champion is version 2, not 1; `previous` is version 1.\n")
    assert aliases_of(two, NAME) == {CHAMPION: 2, PREVIOUS: 1}
    outcome = erm("rollback", "policy")
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.sentence == "erm: erm-policy has no champion to roll back."


def test_lineage_of_a_version_and_of_data(erm: Erm, two: Any) -> None:
    found = json.loads(erm("lineage", "models:/erm-critic@champion", "--json").out)
    assert (found["version"], found["data"]["hash"]) == (2, "a1b2c3d4")
    table = erm("lineage", "models:/erm-critic@champion").out
    assert table.startswith("erm-critic version 2\n")
    assert "passed the gate" in table
    assert "before: version 1" in table
    made = json.loads(erm("lineage", "a1b2c3", "--json").out)
    assert [one["uri"] for one in made] == ["models:/erm-critic/1", "models:/erm-critic/2"]
    assert "models:/erm-critic/1" in erm("lineage", "a1b2c3").out
    outcome = erm("lineage", "abcdef")
    assert (outcome.status, outcome.out) == (0, "")
    assert outcome.sentence == "erm: no version was made from data with the hash abcdef."


@pytest.mark.parametrize("arguments", ["rollback critic", "lineage models:/erm-critic/1"])
def test_without_a_registry_none_is_made(
    arguments: str, erm: Erm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    outcome = erm(*arguments.split())
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.sentence == (
        "erm: there is no mlflow.db in this folder; run `make repro` first."
    )
    assert not Path("mlflow.db").exists()
