"""Rollbacks: where the aliases go, what the tags say, and that the pipeline does not undo them."""

from __future__ import annotations

from typing import Any

import pytest

from erm.errors import ErmError
from erm.registry.aliases import CHALLENGER, CHAMPION, PREVIOUS, aliases_of
from erm.registry.rollback import Rollback, rollback
from tests.chat_server import ChatServer
from tests.registered import NAME, submit, tags


@pytest.fixture
def three(registry: Any) -> Any:
    """A registry with three champions, one after the other."""
    for number in (1, 2, 3):
        submit(f"content {number}", number / 10)
    assert aliases_of(registry, NAME) == {CHAMPION: 3, PREVIOUS: 2}
    return registry


def test_each_rollback_goes_back_one_champion(three: Any) -> None:
    assert rollback(three, NAME, "blurs") == Rollback(NAME, 3, 2, 1)
    assert aliases_of(three, NAME) == {CHAMPION: 2, PREVIOUS: 1}
    assert rollback(three, NAME, "blurs too") == Rollback(NAME, 2, 1, None)
    assert aliases_of(three, NAME) == {CHAMPION: 1}
    with pytest.raises(ErmError, match="version 1 has no previous champion; name a version"):
        rollback(three, NAME, "once more")
    assert aliases_of(three, NAME) == {CHAMPION: 1}


def test_tags_of_both_versions_say_who_when_and_why(three: Any) -> None:
    rollback(three, NAME, "blurs")
    assert tags(2)["promoted_why"] == "rolled back from version 3: blurs"
    assert tags(3)["rolled_back_why"] == "blurs"
    assert "@" in tags(3)["rolled_back_by"]
    assert tags(3)["rolled_back_at"].endswith("+00:00")


def test_the_gate_refuses_what_was_rolled_back_until_somebody_names_it(three: Any) -> None:
    rollback(three, NAME, "blurs")
    again = submit("content 3", 0.9)
    assert (again.version, again.promoted) == (3, False)
    assert [one.condition for one in again.missed] == ["rolled_back"]
    assert "(blurs); `erm rollback critic --to 3` makes it champion" in str(again)
    assert tags(3)["gate.rolled_back"] == ""
    assert aliases_of(three, NAME) == {CHAMPION: 2, PREVIOUS: 1, CHALLENGER: 3}
    assert rollback(three, NAME, "it was the data", to=3) == Rollback(NAME, 2, 3, 2)
    assert "rolled_back_at" not in tags(3)
    assert aliases_of(three, NAME) == {CHAMPION: 3, PREVIOUS: 2}


def test_a_version_that_never_was_champion_can_be_named(three: Any) -> None:
    submit("content 4", 0.1)
    assert rollback(three, NAME, "it is smaller", to=4) == Rollback(NAME, 3, 4, 3)
    assert rollback(three, NAME, "it is worse") == Rollback(NAME, 4, 3, 2)


def test_a_deleted_version_is_no_previous_one(three: Any) -> None:
    three.delete_model_version(NAME, "1")
    assert rollback(three, NAME, "blurs") == Rollback(NAME, 3, 2, None)


@pytest.mark.parametrize(
    ("to", "sentence"), [(7, "erm-critic has no version 7"), (3, "3 is champion already")]
)
def test_what_cannot_be_champion_is_one_sentence(three: Any, to: int, sentence: str) -> None:
    with pytest.raises(ErmError, match=sentence):
        rollback(three, NAME, "blurs", to=to)
    assert aliases_of(three, NAME) == {CHAMPION: 3, PREVIOUS: 2}


def test_without_a_champion_there_is_nothing_to_roll_back(registry: Any) -> None:
    with pytest.raises(ErmError, match="erm-critic has no champion to roll back"):
        rollback(registry, NAME, "blurs")


def test_the_webhook_gets_every_move_of_champion(
    registry: Any, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERM_WEBHOOK", chat_server.url)
    submit("first", 0.1)
    submit("worse", 0.05)
    submit("better", 0.2)
    submit("better", 0.2)  # is champion already
    rollback(registry, NAME, "blurs")
    moves = [(body["old"], body["new"]) for body in chat_server.bodies]
    assert moves == [(None, 1), (1, 3), (3, 1)]
    last = chat_server.bodies[-1]
    found = tags(1)
    assert last == {
        "text": f"erm-critic: champion is version 1, not 3. {found['promoted_by']} on "
        f"{found['promoted_at']}: rolled back from version 3: blurs",
        "event": "champion",
        **{"model": NAME, "old": 3, "new": 1, "why": "rolled back from version 3: blurs"},
        **{"who": found["promoted_by"], "when": found["promoted_at"]},
    }


@pytest.mark.parametrize("address", [None, "http://127.0.0.1:1", "no address"])
def test_a_webhook_that_fails_undoes_nothing(
    address: str | None,
    registry: Any,
    chat_server: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    chat_server.behaviour = lambda *_: (500, b"{}")
    monkeypatch.setenv("ERM_WEBHOOK", address or chat_server.url)
    assert submit("first", 0.1).promoted
    assert submit("better", 0.2).promoted
    assert rollback(registry, NAME, "blurs") == Rollback(NAME, 2, 1, None)
    assert aliases_of(registry, NAME) == {CHAMPION: 1}
    warnings = [one.getMessage() for one in caplog.records if one.name == "erm.servers"]
    assert len(warnings) == 3
    assert all(one.startswith("The webhook did not take the message (") for one in warnings)
