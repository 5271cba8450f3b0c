"""Records that survive a kill at any byte, and folders that hold something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from erm.errors import ErmError
from erm.evaluation.records import COMPLETIONS, RUN, Records

BATCHES = [[{"id": "a", "text": "é"}, {"id": "b", "text": ""}], [{"id": "c", "text": "x"}]]


def test_a_kill_at_any_byte_loses_the_batch_that_is_not_whole(tmp_path: Path) -> None:
    records = Records(tmp_path / "out", {"policy": "p"}, restart=False)
    for batch in BATCHES:
        records.append(COMPLETIONS, batch)
    path = tmp_path / "out" / COMPLETIONS
    whole = path.read_bytes()
    first = whole.index(b"\n", whole.index(b'"b"')) + 1
    for end in range(len(whole) + 1):
        path.write_bytes(whole[:end])
        number = (end >= first) + (end == len(whole))
        assert records.read(COMPLETIONS) == BATCHES[:number], end
        assert path.stat().st_size == (0, first, len(whole))[number]
        for batch in BATCHES[number:]:
            records.append(COMPLETIONS, batch)
        assert path.read_bytes() == whole


def test_a_batch_without_rows_counts_and_none_is_made_twice(tmp_path: Path) -> None:
    written = [[], BATCHES[0], []]
    for made in (written, [[{"id": "z"}]] * 3):
        records = Records(tmp_path / "out", {}, restart=False)
        found = [records.batch(COMPLETIONS, n, made[n].copy) for n in range(3)]
        assert found == written
    assert records.read(COMPLETIONS) == written


def test_another_evaluation_is_refused_and_thrown_away_when_asked(tmp_path: Path) -> None:
    out = tmp_path / "out"
    Records(out, {"policy": "p", "data": 1}, restart=False).append(COMPLETIONS, BATCHES[0])
    (out / "mine.txt").write_text("kept")
    with pytest.raises(ErmError, match=r"holds an evaluation with another policy, data; name"):
        Records(out, {"policy": "q", "data": 2}, restart=False)
    fresh = Records(out, {"policy": "q", "data": 2}, restart=True)
    assert fresh.read(COMPLETIONS) == []
    assert (out / "mine.txt").is_file()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.tex").write_text("text")
    for restart in (False, True):
        with pytest.raises(ErmError, match="holds no evaluation"):
            Records(tmp_path / "work", {}, restart=restart)
    assert [one.name for one in (tmp_path / "work").iterdir()] == ["thesis.tex"]


def test_a_damaged_plan_is_named(tmp_path: Path) -> None:
    Records(tmp_path / "out", {}, restart=False)
    (tmp_path / "out" / RUN).write_text("{")
    with pytest.raises(ErmError, match=r"run.json: can't be read \(.*\); use --restart\."):
        Records(tmp_path / "out", {}, restart=False)
