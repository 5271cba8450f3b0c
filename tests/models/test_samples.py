"""Examples on disk: several processes write together what one writes alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from erm.errors import ErmError
from erm.models.example import Example
from erm.models.launch import distribute, local_rank
from erm.models.qwen3vl import build_processor
from erm.models.samples import shared_samples
from erm.models.settings import LaunchSettings, ModelSettings
from tests.squares import square_pair

GROUPS = 7


def _group(number: int, computed: list[int]) -> Iterator[Example]:
    """As many examples as the number says; the last of the fifth group is too long."""
    computed.append(number)
    image = square_pair(number).reference
    for turn in range(number):
        target = "errors " * 40 if (number, turn) == (5, 4) else f"{number} of {turn}"
        yield Example("compare", (image, image), target)


def write(settings: LaunchSettings, folder: Path) -> dict[str, float]:
    """Writes all groups and, in each process, which of them it computed."""
    processor = build_processor(ModelSettings(), ["0 1 2 of"] * 20, vocabulary=300, max_side=56)
    computed: list[int] = []
    groups = (_group(number, computed) for number in range(GROUPS))
    samples, rejected = shared_samples(groups, processor, 20, folder)
    (folder / f"computed-{local_rank()}").write_text(" ".join(map(str, computed)))
    (folder / f"targets-{local_rank()}").write_text("\n".join(samples["completion"]))
    assert samples.column_names == ["images", "prompt", "completion", "length"]
    return {"samples": float(len(samples)), "rejected": float(rejected)}


def test_processes_share_the_examples_and_read_all_in_the_order_of_one(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    alone = write(LaunchSettings(), one)
    assert alone == {"samples": GROUPS * (GROUPS - 1) / 2 - 1, "rejected": 1}
    launch = LaunchSettings(processes=2)
    function = "tests.models.test_samples:write"
    assert distribute(function, launch, launch, {"folder": two}) == alone
    assert [(two / f"computed-{rank}").read_text() for rank in range(2)] == ["0 2 4 6", "1 3 5"]
    targets = (one / "targets-0").read_text()
    assert {(two / f"targets-{rank}").read_text() for rank in range(2)} == {targets}


def test_forks_write_together_what_one_writes_alone(tmp_path: Path) -> None:
    processor = build_processor(ModelSettings(), ["0 1 2 of"] * 20, vocabulary=300, max_side=56)

    def targets(forks: int) -> tuple[list[str], int]:
        groups = (_group(number, []) for number in range(GROUPS))
        folder = tmp_path / str(forks)
        samples, rejected = shared_samples(groups, processor, 20, folder, forks)
        return samples["completion"][:], rejected

    assert targets(3) == targets(1)
    assert targets(3)[1] == 1


def test_a_fork_that_fails_says_why(tmp_path: Path) -> None:
    processor = build_processor(ModelSettings(), ["0 1 2 of"] * 20, vocabulary=300, max_side=56)

    def failing(number: int, fault: bool) -> Iterator[Example]:
        if number == 1:
            if fault:
                raise ErmError("pairs/1 can't be read.")
            os._exit(7)
        yield from ()

    def run(fault: bool) -> None:
        groups = (failing(number, fault) for number in range(4))
        shared_samples(groups, processor, 20, tmp_path, 2)

    with pytest.raises(ErmError, match="pairs/1 can't be read"):
        run(fault=True)
    with pytest.raises(ErmError, match="ended early \\(exit 7\\)"):
        run(fault=False)
