"""The check on a GPU: time is planned, a failing part costs its row, sources travel as text."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.gpu.critic import SPARE, VALIDATIONS, Speed, planned
from benchmarks.gpu.pairs import Size, chosen, texts
from benchmarks.gpu.run import Check, Job, Outcome, Running, lacking, table
from benchmarks.scale import compared
from erm.errors import ErmError
from erm.synthesis.ingest import SOURCE_SCHEMA, read_ingested
from erm.tasks import task_names


@pytest.mark.parametrize("pairs", [50, 5_000, 500_000])
def test_a_training_fills_the_time_that_is_left(pairs: int) -> None:
    speed = Speed(samples=400, samples_of_pair=2.5, preparing=0.01, around=5)
    plan = planned(speed, pairs, 240)
    assert plan.pairs <= pairs
    training = plan.pairs * speed.samples_of_pair * plan.epochs / speed.samples
    whole = plan.pairs * speed.preparing + training + VALIDATIONS * speed.around
    assert whole == pytest.approx(SPARE * 240)
    assert plan.pairs * speed.preparing < training


def test_a_time_that_is_too_short_is_refused() -> None:
    with pytest.raises(ErmError, match="20 s are too few: the start of a training takes 5 s"):
        planned(Speed(400, 2.5, 0.01, 5), 1000, 20)


def _job(name: str, program: str, tmp_path: Path, limit: float = 60) -> Outcome:
    job = Job(name, ["-c", program], limit, {"found": tmp_path / "found.json"})
    return Running(job, tmp_path, os.environ).finish()


def test_a_part_ends_with_its_reason_and_the_numbers_that_it_has(tmp_path: Path) -> None:
    write = f"open({str(tmp_path / 'found.json')!r}, 'w').write('[1]')"
    outcomes = {
        "good": _job("good", "print('well')", tmp_path),
        "bad": _job("bad", f"{write}; raise SystemExit('no memory')", tmp_path),
        "ended": _job("ended", "import os; print('begun', flush=True); os.abort()", tmp_path),
        "slow": _job("slow", "import signal; print('begun'); signal.pause()", tmp_path, 2),
    }
    assert [one.state for one in outcomes.values()] == [
        *("passed", "failed", "failed", "out of time")
    ]
    assert outcomes["ended"].reason == "signal 6: begun"
    assert outcomes["bad"].reason == "no memory"
    assert outcomes["bad"].numbers == {"found": [1]}
    assert table(outcomes).splitlines()[2].split()[:2] == ["bad", "failed"]
    assert (tmp_path / "good.log").read_text() == "well\n"


def test_what_is_lacking_is_named() -> None:
    assert lacking(os.environ, "import json") == ""
    assert "nowhere" in lacking(os.environ, "import nowhere")


def test_without_a_device_nothing_runs_and_the_status_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    (tmp_path / "out").mkdir()
    check = Check(tmp_path / "out", tmp_path, tmp_path / "pack", [], rehearse=False)
    assert not check.run()
    assert check.outcomes["models"].reason == "There is no CUDA device."
    check.write()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"results.json", "logs.tar.gz"}


def test_real_sources_travel_as_text(tmp_path: Path) -> None:
    rows = [
        {
            "source_id": f"{task}/own-{number}",
            "task": task,
            "origin": "x",
            "source": f"source {number}",
            "image": {"bytes": b"\0" * 1000, "path": None},
            "role": "held_out" if number % 2 else "train",
        }
        for task in task_names()
        for number in range(8)
    ]
    (tmp_path / "fetched").mkdir()
    pq.write_table(pa.Table.from_pylist(rows, SOURCE_SCHEMA), tmp_path / "fetched" / "all.parquet")
    assert texts(tmp_path / "fetched", tmp_path / "texts.parquet") == len(rows)
    part = chosen(tmp_path / "texts.parquet", Size(1, 3, 1, 0), tmp_path / "part.parquet")
    roles = [str(source.role) for source in read_ingested(part)]
    assert sorted(roles) == ["held_out"] * len(task_names()) + ["train"] * 3 * len(task_names())
    with pytest.raises(ErmError, match=r"erm sources fetch -o .*empty"):
        texts(tmp_path / "empty", tmp_path / "none.parquet")


def test_measured_memory_stands_next_to_what_was_computed() -> None:
    row = {"tokens a sample": 2548.0, "memory, GiB": 25.0}
    rows = compared({"2b, short": row, "8b, LoRA, short": row, "small": row, "2b, GRPO": {}})
    assert list(rows) == ["2b, short", "8b, LoRA, short"]
    assert rows["8b, LoRA, short"]["computed, GiB"] == pytest.approx(21.8, abs=0.1)
