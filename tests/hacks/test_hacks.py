"""No hack earns more than an honest bad answer, from the gated critic and the exact annotator."""

from __future__ import annotations

import pytest

from erm.critics.pixel import PixelCritic
from erm.render import Renderer
from erm.rewards.rollout import Scored
from tests.hacks.completions import HACKS, HONEST, Hack
from tests.hacks.scores import score_hacks

SAFE = ("critic:gated", "exact")


@pytest.fixture(scope="module")
def rows(renderer: Renderer) -> list[tuple[Hack, Scored]]:
    return score_hacks(SAFE, PixelCritic(), renderer)


def test_there_are_many_hacks_of_each_task() -> None:
    assert len(HACKS) >= 24
    assert {hack.task for hack in HACKS} == set(HONEST)
    assert len({(hack.task, hack.name) for hack in HACKS}) == len(HACKS)


def test_honest_bad_answers_are_judged(rows: list[tuple[Hack, Scored]]) -> None:
    for answer, scored in rows[: len(HONEST)]:
        for part in SAFE:
            score = scored.parts[part]
            assert score.severity is not None, (answer.task, part)
            assert score.severity >= 3, (answer.task, part, score)
            assert score.value not in (None, 0.0, -50.0), (answer.task, part, score)


@pytest.mark.parametrize("part", SAFE)
def test_no_hack_earns_more_than_an_honest_bad_answer(
    part: str, rows: list[tuple[Hack, Scored]]
) -> None:
    honest = {answer.task: scored.parts[part].value for answer, scored in rows[: len(HONEST)]}
    more = {}
    for answer, scored in rows[len(HONEST) :]:
        value, most = scored.parts[part].value, honest[answer.task]
        assert most is not None
        if value is None or value > most:
            more[answer.task, answer.name] = (value, most)
    assert not more
