"""A running server takes the critic that an alias names by now, and loses no request over it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from PIL import Image

from erm.critics.base import Critic, Critique, ImagePair, read_reply
from erm.critics.pixel import PixelCritic
from erm.errors import ErmError
from erm.registry.paired import Measured
from erm.registry.promotion import Candidate, promote
from erm.registry.rollback import rollback
from erm.serving.batches import MicroBatches
from erm.serving.following import CriticInUse, Follower, version_behind
from tests.registered import NAME, log_model, no_rescore, scores, submit
from tests.serving.processes import in_base64, pair, served
from tests.waiting import until

CHAMPION = f"models:/{NAME}@champion"
PAIR = ImagePair("svg", *[Image.new("RGB", (4, 4), "white")] * 2)


class GatedCritic(Critic):
    """Judges when the test lets it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.gate = Event()

    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        assert self.gate.wait(60)
        return [read_reply(pair.task, f'{{"errors": [], "by": "{self.name}"}}') for pair in pairs]


class Closing(MicroBatches):
    """Says whether it was closed."""

    def __init__(self, critic: Critic) -> None:
        super().__init__(critic, wait=0.0)
        self.closed = False

    def close(self) -> None:
        super().close()
        self.closed = True


def test_a_request_keeps_the_critic_with_which_it_began() -> None:
    old, new = GatedCritic("old"), GatedCritic("new")
    before, after = Closing(old), Closing(new)
    in_use = CriticInUse(before)
    until_then = time.monotonic() + 60
    with in_use.until(until_then) as first, in_use.until(until_then) as second:
        with ThreadPoolExecutor(1) as caller:
            asked = caller.submit(first.critique, [PAIR])
            in_use.replace(after)
            assert in_use.name == "new"
            old.gate.set()
            assert '"old"' in asked.result()[0].reply
        # also what it asks only after the change
        assert '"old"' in second.critique([PAIR])[0].reply
        assert not before.closed
        with in_use.until(until_then) as third:
            new.gate.set()
            assert '"new"' in third.critique([PAIR])[0].reply
    assert before.closed
    assert not after.closed
    in_use.replace(Closing(old))
    assert after.closed
    in_use.close()


@pytest.mark.parametrize("spec", ["pixel", "models:/erm-critic/1", "openai:m=models:/a@champion"])
def test_only_an_alias_is_followed(spec: str) -> None:
    assert version_behind(spec) is None


def test_a_version_that_cannot_be_loaded_leaves_the_one_before_in_use(
    registry: Any, caplog: pytest.LogCaptureFixture
) -> None:
    loads: list[str] = []
    failures: dict[str, Exception] = {
        f"models:/{NAME}/2": ErmError("it holds no critic."),
        f"models:/{NAME}/3": ConnectionResetError("gone"),
    }

    def load(version: str) -> MicroBatches:
        loads.append(version[-1])
        if version in failures:
            raise failures[version]
        return MicroBatches(PixelCritic(), wait=0.0)

    submit("one", 0.1)
    in_use = CriticInUse(load(f"models:/{NAME}/1"))
    follower = Follower(CHAMPION, version_behind(CHAMPION), in_use, load, 0)
    follower.look()
    assert (follower.version, follower.problem, loads) == (f"models:/{NAME}/1", None, ["1"])
    submit("two", 0.2)
    for _ in range(2):
        follower.look()
    assert loads == ["1", "2"]  # a broken version is not loaded at every look
    assert caplog.messages[-1:] == [
        "models:/erm-critic/2 can't be loaded (it holds no critic); the critic stays "
        "models:/erm-critic/1."
    ]
    assert (follower.version, follower.problem) == (f"models:/{NAME}/1", caplog.messages[-1])
    submit("three", 0.3)
    for _ in range(2):
        follower.look()
    assert loads == ["1", "2", "3", "3"]  # after a lost connection it is
    assert len(caplog.messages) == 2
    failures.clear()
    follower.look()
    assert (follower.version, follower.problem) == (f"models:/{NAME}/3", None)
    registry.delete_registered_model_alias(NAME, "champion")
    follower.look()
    assert follower.version == f"models:/{NAME}/3"
    assert follower.problem is not None
    assert f"{CHAMPION} names no version" in follower.problem
    in_use.close()


def test_a_running_server_follows_champion_and_answers_all_the_while(
    registry: Any, tiny_critic: Path, tmp_path: Path
) -> None:
    def crown(number: int, *, broken: bool = False) -> None:
        folder = tmp_path / f"critic-{number}"
        shutil.copytree(tiny_critic, folder)
        (folder / "number").write_text(str(number))
        if broken:
            (folder / "erm.json").unlink()
        measured = Measured(scores(svg=number / 10))
        assert promote(
            Candidate(NAME, folder, "f1_hard", measured, "data"), log_model, no_rescore
        ).promoted

    def version() -> str:
        return str(server.http.get("/health").json()["critic_version"])[-1]

    def problem() -> str | None:
        found = server.http.get("/health").json()["critic_problem"]
        return None if found is None else str(found)

    item = pair(in_base64("red"), in_base64("blue"))
    statuses: list[int] = []
    over = Event()

    def ask() -> None:
        while not over.wait(0.05):  # so that the server has time to load a critic
            statuses.append(server.post("/v1/critique", item).status_code)

    crown(1)
    with (
        served("--critic", CHAMPION, "--follow", "0.1") as server,
        ThreadPoolExecutor(2) as clients,
    ):
        asking = [clients.submit(ask) for _ in range(2)]
        try:
            assert (version(), problem()) == ("1", None)
            crown(2, broken=True)
            until(lambda: problem() is not None, 60)
            assert version() == "1"
            rollback(registry, NAME, "it can't be loaded")
            until(lambda: problem() is None, 60)
            crown(3)
            until(lambda: version() == "3", 60)
            answered = len(statuses)
            until(lambda: len(statuses) > answered + 2, 60)
        finally:
            over.set()
        for one in asking:
            one.result()
    assert set(statuses) == {200}
