"""Micro-batches: many requests, one critic; a bad pair or a late request hurts no other one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from queue import SimpleQueue
from threading import Event

import pytest
from PIL import Image

from erm.critics.base import Critic, Critique, ImagePair, read_reply
from erm.errors import ErmError
from erm.serving.batches import DeadlineError, MicroBatches

WHITE = Image.new("RGB", (4, 4), "white")


class GatedCritic(Critic):
    """Judges a batch when the test lets it; refuses pairs of the task `chart`."""

    name = "gated"

    def __init__(self) -> None:
        self.begun: SimpleQueue[int] = SimpleQueue()
        self.gate = Event()

    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        self.begun.put(len(pairs))
        assert self.gate.wait(60)
        if any(pair.task == "chart" for pair in pairs):
            raise ErmError("The critic knows no charts.")
        return [read_reply(pair.task, '{"errors": []}') for pair in pairs]


def test_pairs_that_wait_become_one_batch() -> None:
    critic = GatedCritic()
    with MicroBatches(critic, size=4, wait=0.0) as batches:
        first = batches.submit([ImagePair("svg", WHITE, WHITE)])
        assert critic.begun.get(timeout=60) == 1
        others = [batches.submit([ImagePair("svg", WHITE, WHITE)]) for _ in range(6)]
        critic.gate.set()
        assert [critic.begun.get(timeout=60) for _ in range(2)] == [4, 2]
        answers = [future.result(60) for futures in (first, *others) for future in futures]
    assert all(answer.severity == 0 for answer in answers)


def test_a_refused_pair_hurts_no_other_one_of_its_batch() -> None:
    critic = GatedCritic()
    critic.gate.set()
    tasks = ["svg", "svg", "chart", "svg"]
    with MicroBatches(critic, size=4, wait=60.0) as batches:
        futures = batches.submit([ImagePair(task, WHITE, WHITE) for task in tasks])
        errors = [future.exception(60) for future in futures]
    assert [str(error or "") for error in errors] == ["", "", "The critic knows no charts.", ""]


def test_a_request_that_is_late_ends_and_its_pairs_are_not_judged() -> None:
    critic = GatedCritic()
    with MicroBatches(critic, size=1, wait=0.0) as batches:
        first = batches.submit([ImagePair("svg", WHITE, WHITE)])
        assert critic.begun.get(timeout=60) == 1
        with pytest.raises(DeadlineError):
            batches.until(time.monotonic() + 0.01).critique([ImagePair("svg", WHITE, WHITE)] * 3)
        critic.gate.set()
        assert first[0].result(60).severity == 0
        last = batches.submit([ImagePair("svg", WHITE, WHITE)])
        assert last[0].result(60).severity == 0
    assert [critic.begun.get(timeout=60)] == [1]
    assert critic.begun.empty()


def test_closing_judges_what_waits() -> None:
    critic = GatedCritic()
    critic.gate.set()
    batches = MicroBatches(critic, size=2, wait=60.0)
    futures = batches.submit([ImagePair("svg", WHITE, WHITE)])
    batches.close()
    assert futures[0].result(0).severity == 0
