"""Processes that make chunks: an interruption does not wait for what they are at."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from tqdm import tqdm

import erm.synthesis.workers
from erm.synthesis.chunks import Chunk
from erm.synthesis.settings import PairingSettings, WorkSettings
from erm.synthesis.workers import ChunkJob, make_chunks


class _Interrupted(tqdm):  # type: ignore[type-arg]
    """A progress bar at whose first step the user presses Ctrl-C."""

    def update(self, n: float | None = 1) -> Any:
        raise KeyboardInterrupt


def _chunk(index: int, sources: int) -> Chunk:
    ids = [f"svg/{100_000 * index + number:06d}" for number in range(sources)]
    return Chunk("svg", index, tuple((one, "train", None) for one in ids))


def test_an_interruption_ends_what_is_running_and_keeps_what_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erm.synthesis.workers, "tqdm", _Interrupted)
    short, long = _chunk(0, 1), _chunk(1, 2000)
    job = ChunkJob(PairingSettings(), WorkSettings(workers=2), tmp_path)
    with pytest.raises(KeyboardInterrupt):
        make_chunks(job, [short, long], "synthesize")
    assert short.is_made(tmp_path)
    assert not long.is_made(tmp_path)
    assert not multiprocessing.active_children()
