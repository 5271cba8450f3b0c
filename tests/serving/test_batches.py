"""Micro-batches: many requests, one critic; a bad pair or a late request hurts no other one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from queue import SimpleQueue
from threading import Event

import pytest
from PIL import Image

from erm.critics.base import Critic, Critique, ImagePair, read_reply
from erm.endpoints.errors import EndpointError
from erm.errors import ErmError
from erm.serving.batches import MicroBatches

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
    assert all(isinstance(answer, Critique) for answer in answers)


def test_a_refused_pair_hurts_no_other_one_of_its_batch() -> None:
    critic = GatedCritic()
    critic.gate.set()
    tasks = ["svg", "svg", "chart", "svg"]
    with MicroBatches(critic, size=4, wait=60.0) as batches:
        pairs = [ImagePair(task, WHITE, WHITE) for task in tasks]
        answers = batches.until(time.monotonic() + 60).critique_each(pairs)
    refused = answers.pop(2)
    assert isinstance(refused, EndpointError)
    assert (refused.kind, str(refused)) == ("refused", "The critic knows no charts.")
    assert [isinstance(answer, Critique) and answer.severity for answer in answers] == [0, 0, 0]


def test_a_request_that_is_late_ends_and_its_pairs_are_not_judged() -> None:
    critic = GatedCritic()
    with MicroBatches(critic, size=1, wait=0.0) as batches:
        first = batches.submit([ImagePair("svg", WHITE, WHITE)])
        assert critic.begun.get(timeout=60) == 1
        late = batches.until(time.monotonic() + 0.01)
        with pytest.raises(EndpointError, match="not asked in time") as error:
            late.critique([ImagePair("svg", WHITE, WHITE)] * 3)
        assert error.value.kind == "late"
        critic.gate.set()
        assert isinstance(first[0].result(60), Critique)
        last = batches.submit([ImagePair("svg", WHITE, WHITE)])
        assert isinstance(last[0].result(60), Critique)
    assert [critic.begun.get(timeout=60)] == [1]
    assert critic.begun.empty()


def test_closing_judges_what_waits() -> None:
    critic = GatedCritic()
    critic.gate.set()
    batches = MicroBatches(critic, size=2, wait=60.0)
    futures = batches.submit([ImagePair("svg", WHITE, WHITE)])
    batches.close()
    assert isinstance(futures[0].result(0), Critique)
