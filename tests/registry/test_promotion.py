"""Promotion against a real registry: an MLflow in SQLite."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import pytest

from erm.errors import ErmError
from erm.fingerprint import content_hash
from erm.registry.aliases import CHALLENGER, CHAMPION, PREVIOUS, aliases_of
from erm.registry.gate import Missed
from erm.registry.paired import Measured
from erm.registry.promotion import Approval, Approve, Promotion, promote, try_promotion
from tests.registered import (
    NAME,
    candidate,
    log_model,
    model,
    no_rescore,
    scores,
    submit,
    tags,
)


def outcome(promotion: Promotion) -> tuple[int | None, bool, float | None]:
    """Version, whether it became champion, and what the champion scored."""
    known = promotion.champion_scores
    return promotion.version, promotion.promoted, None if known is None else known["svg"].value


def test_the_alias_moves_only_to_what_is_better(registry: Any) -> None:
    assert outcome(submit("first", 0.3)) == (1, True, None)
    assert outcome(submit("worse", 0.2)) == (2, False, 0.3)
    assert outcome(submit("as good", 0.3)) == (3, False, 0.3)
    assert aliases_of(registry, NAME) == {CHAMPION: 1, CHALLENGER: 3}
    assert outcome(submit("better", 0.4)) == (4, True, 0.3)
    assert aliases_of(registry, NAME) == {CHAMPION: 4, PREVIOUS: 1}
    # the same content is no new version, whether it is champion or not
    again = submit("better", 0.4)
    assert (*outcome(again), str(again)) == (4, False, None, "is champion already")
    assert outcome(submit("worse", 0.2)) == (2, False, 0.4)
    assert aliases_of(registry, NAME) == {CHAMPION: 4, PREVIOUS: 1, CHALLENGER: 2}
    assert len(registry.search_model_versions(f"name = '{NAME}'")) == 4


def test_a_champion_is_scored_again_on_other_data_once(registry: Any) -> None:
    submit("first", 0.4)
    rescored: list[str] = []

    def rescore(uri: str) -> Measured:
        rescored.append(uri)
        return Measured(scores(svg=0.1))

    worse = submit("new data", 0.05, rescore, scored_on="other")
    assert outcome(worse) == (2, False, 0.1)
    assert outcome(submit("newer", 0.2, scored_on="other")) == (3, True, 0.1)
    assert rescored == [f"models:/{NAME}/1"]
    assert aliases_of(registry, NAME)[CHAMPION] == 3


def test_tags_say_what_was_missed_and_by_how_much(registry: Any) -> None:
    submit("first", 0.3)
    submit("worse", 0.2)
    found = tags(2)
    assert found["gate"].startswith(
        "svg has 0.200 [0.100, 0.300], worse than the champion's 0.300 [0.200, 0.400]"
    )
    assert float(found["gate.most_loss.svg"]) == pytest.approx(0.1)
    assert float(found["gate.margin"]) == pytest.approx(0.1)
    # what was missed on earlier data does not stay
    submit("worse", 0.5, lambda _: Measured(scores(svg=0.3)), scored_on="other")
    assert {tag for tag in tags(2) if tag.startswith("gate")} == {"gate"}
    assert tags(2)["gate"] == "passed"


def test_tags_say_who_promoted_when_and_why(registry: Any) -> None:
    submit("first", 0.3)
    submit("better", 0.4)
    found = tags(2)
    assert "@" in found["promoted_by"]
    assert found["promoted_at"].endswith("+00:00")
    assert found["promoted_over"] == "1"
    assert "svg 0.400" in found["promoted_why"]
    assert "version 1 had svg 0.300" in found["promoted_why"]
    assert tags(1)["promoted_over"] == ""


def test_a_version_that_misses_another_condition_is_registered_and_no_champion(
    registry: Any,
) -> None:
    missed = (Missed("floor", "svg", 0.25, "svg is below"),)
    low = submit("low", 0.9, missed=missed)
    assert (low.version, low.promoted) == (1, False)
    assert aliases_of(registry, NAME) == {CHALLENGER: 1}
    assert (tags(1)["gate"], tags(1)["gate.floor.svg"]) == ("svg is below", "0.25")


def test_a_person_decides_about_a_version_that_passes(registry: Any) -> None:
    asked: list[tuple[str, int, str]] = []

    def answer(approved: bool, reason: str) -> Approve:
        def approve(name: str, version: int, why: str) -> Approval:
            asked.append((name, version, why))
            return Approval(approved, reason)

        return approve

    submit("first", 0.3, approve=answer(True, "seen"))
    assert tags(1)["promoted_why"] == "passed the gate as the first champion by f1_hard: " + (
        "svg 0.300 [0.200, 0.400]; approved (seen)"
    )
    refused = submit("better", 0.4, approve=answer(False, "looks odd"))
    assert (refused.promoted, str(refused)) == (False, "not approved (looks odd)")
    assert (tags(2)["gate"], tags(2)["gate.approval"]) == ("not approved (looks odd)", "")
    assert aliases_of(registry, NAME) == {CHAMPION: 1, CHALLENGER: 2}
    submit("worse", 0.2, approve=answer(True, "whatever"))
    assert [(name, version) for name, version, _ in asked] == [(NAME, 1), (NAME, 2)]
    assert submit("better", 0.4, approve=answer(True, "after all")).promoted
    assert "gate.approval" not in tags(2)
    assert aliases_of(registry, NAME) == {CHAMPION: 2, PREVIOUS: 1}


def test_a_gain_that_may_be_chance_is_judged_by_the_kept_items(registry: Any) -> None:
    before = {"svg": {str(index): (float(index % 2), 1.0) for index in range(40)}}
    one_more = {"svg": {**before["svg"], "0": (1.0, 1.0)}}
    all_right = {"svg": dict.fromkeys(before["svg"], (1.0, 1.0))}
    submit("first", 0.5, items=before, confidence=0.95)
    lucky = submit("lucky", 0.525, items=one_more, confidence=0.95)
    assert [one.condition for one in lucky.missed] == ["confidence"]
    assert "(paired), not above 0" in lucky.missed[0].sentence
    assert float(tags(2)["gate.confidence.svg"]) == pytest.approx(0.0)
    assert submit("better", 1.0, items=all_right, confidence=0.95).promoted


def test_kept_items_that_are_gone_are_said(registry: Any, caplog: pytest.LogCaptureFixture) -> None:
    items = {"svg": {"a": (1.0, 1.0)}}
    submit("first", 0.5, items=items)
    run = mlflow.active_run().info.run_id
    (Path("mlartifacts") / run / "artifacts" / "promotion" / f"{NAME}-1.json").unlink()
    noisy = submit("second", 0.52, items=items, confidence=0.95)
    assert "(not paired)" in str(noisy)
    assert "the champion's scores of items are gone" in caplog.text


def test_a_trial_says_the_same_and_changes_nothing(registry: Any) -> None:
    first = try_promotion(candidate("first", 0.3), no_rescore)
    assert (first.version, first.promoted) == (None, True)
    assert registry.search_registered_models() == []
    submit("first", 0.3)
    before = (aliases_of(registry, NAME), tags(1))
    trial = try_promotion(
        candidate("worse", 0.1, scored_on="other"), lambda _: Measured(scores(svg=0.2))
    )
    assert outcome(trial) == (None, False, 0.2)
    assert (aliases_of(registry, NAME), tags(1)) == before
    assert len(registry.search_model_versions(f"name = '{NAME}'")) == 1


def test_of_two_promotions_at_once_the_later_meets_the_earlier_ones_champion(
    registry: Any,
) -> None:
    submit("first", 0.3)

    def slow(uri: str) -> Measured:
        # meanwhile another process promotes a version that is better still
        if uri.endswith("/1"):
            submit("faster", 0.9, scored_on="other", rescore=lambda _: Measured(scores(svg=0.3)))
            return Measured(scores(svg=0.3))
        raise AssertionError(uri)

    late = promote(candidate("slow", 0.5, scored_on="other"), log_model, slow)
    assert not late.promoted
    assert late.champion == 3
    assert "worse than the champion's 0.900" in str(late)
    assert aliases_of(registry, NAME) == {CHAMPION: 3, PREVIOUS: 1, CHALLENGER: 2}


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_without_a_model_is_refused(registry: Any, exists: bool) -> None:
    wanted = candidate("gone", 1.0)
    (wanted.folder / "weights").unlink()
    if not exists:
        wanted.folder.rmdir()
    with pytest.raises(ErmError, match="holds no model"):
        promote(wanted, log_model, no_rescore)


def test_content_hash_sees_names_and_bytes(tmp_path: Path) -> None:
    folder = model("a", tmp_path)
    first = content_hash(folder)
    assert content_hash(model("a", tmp_path / "copy")) == first
    assert content_hash(model("b", tmp_path)) != first
    model("a", tmp_path)
    (folder / "weights").rename(folder / "renamed")
    assert content_hash(folder) != first
