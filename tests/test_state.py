"""State that a later run goes on from: what was cut off counts as missing, with a warning."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from erm.dataset.pairs import is_whole
from erm.policies.references import Picture, write_pictures
from erm.state import is_sealed, read_state, seal, write_state


@pytest.mark.parametrize("kept", [0, 1, 9])
def test_a_file_that_was_cut_off_is_missing(
    kept: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "rows.json"
    assert read_state(path) is None
    assert not caplog.records
    write_state(path, [{"step": 1.0}])
    assert read_state(path) == [{"step": 1.0}]
    assert [file.name for file in tmp_path.iterdir()] == ["rows.json"]
    os.truncate(path, kept)
    assert read_state(path) is None
    assert caplog.messages == [f"{path}: is damaged, so that it is made anew."]


def test_a_file_that_was_not_written_is_missing(tmp_path: Path) -> None:
    """Some file systems give a file its size before its content."""
    path = tmp_path / "rows.json"
    path.write_bytes(bytes(20))
    assert read_state(path) is None


def test_a_folder_is_complete_with_all_that_it_was_sealed_with(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    weights = tmp_path / "parts" / "weights"
    weights.parent.mkdir()
    weights.write_bytes(bytes(1000))
    assert not is_sealed(tmp_path)
    seal(tmp_path)
    seal(tmp_path)
    (tmp_path / "later").touch()
    assert is_sealed(tmp_path)
    with weights.open("ab") as file:
        file.write(b"more")
    assert is_sealed(tmp_path)
    assert not caplog.records
    os.truncate(weights, 999)
    assert not is_sealed(tmp_path)
    weights.unlink()
    assert not is_sealed(tmp_path)
    assert caplog.messages == 2 * [f"{weights}: is damaged, so that it is made anew."]


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_table_without_its_end_is_missing(
    share: float, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "pictures.parquet"
    assert not is_whole(path)
    write_pictures([Picture("red", "svg", bytes(99), "<svg/>")], path)
    assert is_whole(path)
    assert not caplog.records
    os.truncate(path, int(share * path.stat().st_size))
    assert not is_whole(path)
    assert caplog.messages == [f"{path}: is damaged, so that it is made anew."]
