"""Training in several processes: what one of them raises reaches the process that started it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.file_baton import FileBaton

from erm.errors import ErmError
from erm.models.launch import distribute, remove_dead_locks, share
from tests.nodes import other_node, two_processes

FUNCTION = "tests.nodes:train"


def test_an_error_of_a_process_is_raised_and_metrics_are_the_first_ones(tmp_path: Path) -> None:
    launch = two_processes(nodes=1)
    torn, whole = ({"data": tmp_path / name, "work": tmp_path} for name in ("torn", "whole"))
    with pytest.raises(ErmError, match=r"^torn: row 3 is torn\.$"):
        distribute(FUNCTION, launch, launch, torn)
    assert distribute(FUNCTION, launch, launch, whole) == {"main": 1.0}


def test_an_error_on_another_machine_ends_the_training_on_all(tmp_path: Path) -> None:
    launch = two_processes(nodes=2)
    torn = {"data": tmp_path / "torn", "work": tmp_path}
    with other_node(launch, status=1), pytest.raises(ErmError, match=r"^torn: row 3 is torn\.$"):
        distribute(FUNCTION, launch, launch, torn)
    assert not list(tmp_path.glob("launch-*"))


@given(number=st.integers(1, 200), processes=st.integers(1, 9))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_all_processes_get_equally_many_items_and_together_all(number: int, processes: int) -> None:
    shares = [share(number, processes, process) for process in range(processes)]
    assert {len(one) for one in shares} == {-(-number // processes)}
    assert set().union(*shares) == set(range(number))


def test_a_lock_whose_process_was_killed_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_EXTENSIONS_DIR", str(tmp_path))
    assert remove_dead_locks() == []
    living, dead = tmp_path / "living" / "lock", tmp_path / "dead" / "lock"
    for lock in (living, dead):
        lock.parent.mkdir()
    dead.touch()
    baton = FileBaton(str(living))
    assert baton.try_acquire()
    assert remove_dead_locks() == [dead]
    assert not dead.exists()
    assert living.exists()
    baton.release()
