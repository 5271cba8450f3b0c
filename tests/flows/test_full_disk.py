"""A full disk ends a run with one sentence that names it; with space the run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.disks import fill, small_disk
from tests.flows.counting import write_checkout
from tests.flows.test_stage import end, start


@pytest.mark.deployed
@pytest.mark.parametrize(
    ("place", "module"),
    [(".erm", "flows.count"), ("store", "flows.count"), (".dvc/cache", "flows.counting")],
)
def test_a_full_disk_is_one_sentence_and_loses_nothing(
    place: str, module: str, served: dict[str, str], tmp_path: Path
) -> None:
    checkout, disk = tmp_path / "checkout", tmp_path / "checkout" / place
    variables = {**served}
    if place == "store":
        variables["MLFLOW_TRACKING_URI"] = f"sqlite:///{disk}/mlflow.db"
    write_checkout(checkout)
    with small_disk(disk):
        status, said = end(start(checkout, variables, "fail", module))
        assert (status, said[0]) == (1, "erm: count: numbers: 2 is torn.")
        ballast = fill(disk)
        status, said = end(start(checkout, variables, "", module))
        assert status == 1
        (sentence,) = said
        assert f"No space left on the disk of {disk}" in sentence
        assert not (checkout / "reports").exists() or place == ".dvc/cache"
        ballast.unlink()
        assert end(start(checkout, variables, "", module)) == (0, [])
        assert [path.name for path in (checkout / "numbers").iterdir()] == ["all"]
