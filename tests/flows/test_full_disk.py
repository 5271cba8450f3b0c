"""A full disk ends a run with one sentence that names it; with space the run goes on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.flows.counting import write_checkout
from tests.flows.test_stage import end, start

SIZE = 4 << 20


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A disk of `SIZE` bytes in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    refused = subprocess.run(mount, capture_output=True, text=True, check=False).stderr
    if refused:
        pytest.skip(f"no disk can be mounted: {refused.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """A file that leaves no space on the disk of a folder."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError:
                return ballast


@pytest.mark.parametrize("place", [".erm", "store"])
def test_a_full_disk_is_one_sentence_and_loses_nothing(
    place: str, served: dict[str, str], tmp_path: Path
) -> None:
    checkout, disk = tmp_path / "checkout", tmp_path / "checkout" / place
    variables = {**served}
    if place == "store":
        variables["MLFLOW_TRACKING_URI"] = f"sqlite:///{disk}/mlflow.db"
    write_checkout(checkout)
    with small_disk(disk):
        status, said = end(start(checkout, variables, "fail"))
        assert (status, said) == (1, ["erm: count: numbers: 2 is torn."])
        ballast = fill(disk)
        status, said = end(start(checkout, variables))
        assert status == 1
        (sentence,) = said
        assert f"No space left on the disk of {disk}" in sentence
        assert not (checkout / "numbers").exists()
        ballast.unlink()
        assert end(start(checkout, variables)) == (0, [])
        assert [path.name for path in (checkout / "numbers").iterdir()] == ["all"]
