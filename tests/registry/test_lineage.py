"""Lineage of versions, from tags and runs of a real registry, in both directions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import pytest

from erm.errors import ErmError
from erm.registry.aliases import CRITIC, POLICY
from erm.registry.lineage import lineage, made_from
from erm.registry.rollback import rollback
from tests.registered import submit, tags

DATA, OTHER = "a1b2c3d4e5", "ffffffffff"


@pytest.fixture
def versions(registry: Any) -> Any:
    """Two critics, the second of which rewarded a policy, with what the pipeline records."""
    mlflow.set_tags({"dvc.data/pairs": "0123456789.dir", "dvc.models/critic": "9876543210.dir"})
    mlflow.set_tags({"mlflow.source.git.commit": "c" * 40, "git.changed": "False"})
    Path("params.yaml").write_text("profile: laptop\n")
    mlflow.log_artifact("params.yaml")
    submit("critic 1", 0.1, tags={"data_hash": OTHER})
    submit("critic 2", 0.2, tags={"data_hash": DATA, "params_sha256": "77"})
    rewarded = {"rewarded_by": "models:/erm-critic/2", "rewarded_by_sha256": "1"}
    submit("policy 1", 0.5, name=POLICY, tags={"data_hash": DATA, **rewarded})
    return registry


def test_a_version_names_where_it_comes_from(versions: Any) -> None:
    found = lineage(versions, "models:/erm-critic@champion")
    run = mlflow.active_run().info.run_id
    assert found["uri"] == "models:/erm-critic/2"
    assert found["aliases"] == ["champion"]
    assert found["run"] == run
    assert (found["commit"], found["uncommitted"]) == ("c" * 40, False)
    assert found["parameters"] == {"sha256": "77", "address": f"runs:/{run}/params.yaml"}
    assert found["data"] == {"hash": DATA, "dvc": {"data/pairs": "0123456789.dir"}}
    assert found["scores"]["svg"]["value"] == 0.2
    assert found["gate"] == {"outcome": "passed", "missed": {}}
    assert found["promoted"]["why"].startswith("passed the gate by f1_hard: svg 0.200")
    assert [one["version"] for one in found["previous"]] == [1]
    assert found["rewarded_by"] is None
    assert found["rewards"] == ["models:/erm-policy/1"]


def test_a_policy_names_the_critic_that_rewarded_it(versions: Any) -> None:
    found = lineage(versions, "models:/erm-policy/1")
    assert found["rewarded_by"] == {"critic": "models:/erm-critic/2", "sha256": "1"}
    assert lineage(versions, "models:/erm-critic/1")["rewards"] == []


def test_a_critic_that_was_registered_later_is_found_by_its_content(versions: Any) -> None:
    content = tags(2)["content_sha256"]
    submit("policy 2", 0.6, name=POLICY, tags={"rewarded_by_sha256": content})
    found = lineage(versions, "models:/erm-critic/2")
    assert found["rewards"] == ["models:/erm-policy/1", "models:/erm-policy/2"]


def test_what_a_version_missed_and_that_it_was_rolled_back_is_said(versions: Any) -> None:
    submit("critic 3", 0.05)
    missed = lineage(versions, "models:/erm-critic/3")["gate"]["missed"]
    assert missed == {"most_loss.svg": pytest.approx(0.15), "margin": pytest.approx(0.15)}
    rollback(versions, CRITIC, "blurs")
    assert lineage(versions, "models:/erm-critic/2")["rolled_back"]["why"] == "blurs"
    assert lineage(versions, "models:/erm-critic@champion")["version"] == 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (DATA[:6], {"models:/erm-critic/2": ["data"], "models:/erm-policy/1": ["data"]}),
        (OTHER, {"models:/erm-critic/1": ["data"]}),
        (
            "0123456789",
            dict.fromkeys([f"models:/erm-{n}" for n in ("critic/1", "critic/2", "policy/1")]),
        ),
        ("abcdef", {}),
    ],
)
def test_data_names_the_versions_made_from_it(
    versions: Any, data: str, expected: dict[str, list[str] | None]
) -> None:
    found = {one["uri"]: one["matched"] for one in made_from(versions, data)}
    assert found == {uri: matched or ["data/pairs"] for uri, matched in expected.items()}


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("models:/erm-critic@best", "models:/erm-critic@best: "),
        ("models:/erm-critic/9", "models:/erm-critic/9: "),
        ("models:/erm-judge/1", "models:/erm-judge/1: "),
        ("models:/erm-critic", "write models:/NAME@ALIAS or models:/NAME/VERSION"),
    ],
)
def test_an_unknown_version_is_one_sentence(versions: Any, uri: str, sentence: str) -> None:
    with pytest.raises(ErmError, match=sentence) as error:
        lineage(versions, uri)
    assert "\n" not in str(error.value)


def test_too_few_digits_name_no_data(versions: Any) -> None:
    with pytest.raises(ErmError, match="'a1b2': give at least 6 digits"):
        made_from(versions, "a1b2")
