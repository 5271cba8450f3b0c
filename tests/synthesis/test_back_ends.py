"""Sources that two back ends draw visibly differently make no pairs."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from erm.dataset.pairs import SPLITS, read_pairs
from erm.synthesis.ingest import SOURCE_SCHEMA
from erm.synthesis.settings import SynthesizeSettings
from erm.synthesis.synthesize import synthesize

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">'
SHAPES = '<rect x="4" y="4" width="16" height="16" fill="teal"/><circle cx="34" cy="34" r="9"/>'
ARCH = (
    '<linearGradient id="g" x2="0" y2="1"><stop stop-color="red"/><stop offset="1"/>'
    '</linearGradient><path d="M4 44C4 -40 44 -40 44 44Z" fill="url(#g)"/>'
)
SOURCES = {
    "alike": f"{HEAD}{SHAPES}</svg>",
    # CairoSVG spreads the gradient over the curve's handles, resvg over the curve
    "arch": f"{HEAD}{ARCH}{SHAPES}</svg>",
}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_source_that_back_ends_draw_differently_is_set_aside(
    workers: int, tmp_path: Path
) -> None:
    pytest.importorskip("resvg_py")
    rows = [
        {"source_id": f"svg/{name}", "task": "svg", "origin": name, "source": source, "image": None}
        for name, source in SOURCES.items()
    ]
    pq.write_table(pa.Table.from_pylist(rows, SOURCE_SCHEMA), tmp_path / "own.parquet")
    settings = SynthesizeSettings(
        sources={},
        ingested=tmp_path / "own.parquet",
        second_backends={"svg": "resvg"},
        sources_per_chunk=1,
        workers=workers,
    )
    metrics = synthesize(settings, tmp_path / "pairs", tmp_path / "work")
    assert metrics["set_aside/back ends draw it differently"] == 1
    pairs = [pair for split in SPLITS for pair in read_pairs(tmp_path / "pairs", split)]
    assert {pair.source_id for pair in pairs} == {"svg/alike"}
    lines = (tmp_path / "pairs" / "set_aside.jsonl").read_text().splitlines()
    (listed,) = [one for one in map(json.loads, lines) if one["source_id"] == "svg/arch"]
    assert listed["message"] == "their pictures differ visibly"
    card = (tmp_path / "pairs" / "card.md").read_text()
    assert "| back ends draw it differently | 1 |" in card
    assert "| svg | cairosvg | 336 |" in card


def test_the_second_back_end_is_another_one() -> None:
    with pytest.raises(ValidationError, match="'cairosvg' draws task svg already"):
        SynthesizeSettings(second_backends={"svg": "cairosvg"})
    with pytest.raises(ValidationError, match="it has: matplotlib"):
        SynthesizeSettings(second_backends={"chart": "resvg"})
