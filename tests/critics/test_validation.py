"""Validation of a critic in training: which pairs, in which process, with which metrics."""

from __future__ import annotations

from pathlib import Path

import pytest

from erm.critics.figures import spread
from erm.critics.validation import HeldOutScoring, held_out
from erm.models.checkpoint import load_checkpoint
from erm.models.settings import ValidationSettings
from tests.squares import square_pair, write_squares


def test_the_same_pairs_are_held_out_every_time_from_the_whole_split(tmp_path: Path) -> None:
    pairs = write_squares(tmp_path, validation=40)
    chosen = [pair.id for pair in held_out(pairs, 8)]
    assert chosen == [pair.id for pair in held_out(pairs, 8)]
    places = sorted(int(name.rsplit("-", 1)[1]) for name in chosen)
    assert len(set(places)) == 8
    assert places[0] < 20 <= places[-1]
    assert len(held_out(pairs, 100)) == 40


def test_an_untrained_critic_is_scored(tiny_critic: Path, tmp_path: Path) -> None:
    model, processor, role = load_checkpoint(tiny_critic, "critic")
    scoring = HeldOutScoring(
        ValidationSettings(pairs=4), write_squares(tmp_path, validation=8), role
    )
    first, again = (scoring(model, processor, step) for step in (1, 2))
    assert str(first) == str(again)
    assert list(first) == ["f1_hard", "f1_soft", "severity_pearson"]
    assert 0 <= first["f1_hard"] <= first["f1_soft"] <= 1


@pytest.mark.parametrize(("number", "expected"), [(2, 1), (10, 4), (30, 9)])
def test_pictured_pairs_differ_and_none_comes_twice(number: int, expected: int) -> None:
    pairs = [square_pair(index) for index in range(12)]
    chosen = spread(pairs, number)
    assert len(chosen) == len(set(chosen)) == expected
    assert all(pairs[index].report.errors for index in chosen)
