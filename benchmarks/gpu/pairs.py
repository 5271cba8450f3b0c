"""Draws the pairs on which the critic of the GPU check is trained and tested.

``python -m benchmarks.gpu.pairs OUT [--size full|packed|least] [--sources FILE] [--workers N]``
writes two folders of pairs: ``OUT/wide`` with all splits, of procedural sources of the variety
`wide` and of real ones as in the profile `wide`, and ``OUT/compact`` with a test split alone.
``--texts FOLDER FILE`` writes the file of real sources instead: those of ``erm sources fetch``
without their pictures, which travel ten times as lightly.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from erm.dataset.pairs import fraction
from erm.errors import ErmError
from erm.synthesis.collections import HELD_OUT
from erm.synthesis.ingest import SOURCE_SCHEMA
from erm.synthesis.settings import SynthesizeSettings
from erm.synthesis.synthesize import synthesize
from erm.tasks import task_names
from erm.tasks.settings import DrawingSettings

PROFILE = Path("conf/profile/wide.yaml")


class Size(NamedTuple):
    """How much is drawn.

    Attributes:
        share: of the procedural sources of the profile.
        real, held_out: real sources of each task to train on and to test with, at most.
        compact: sources of each task in the compact test split.
    """

    share: float
    real: int
    held_out: int
    compact: int


SIZES = {
    # sixteen cores draw these in the minutes in which other parts use the GPU
    "full": Size(1.0, 450, 60, 40),
    # what fits into the pack, for a machine that can't draw
    "packed": Size(0.01, 5, 4, 4),
    "least": Size(0.01, 2, 2, 2),
}


def texts(folder: Path, out: Path) -> int:
    """Write the real sources of a folder to one file without pictures; returns their number."""
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise ErmError(f"{folder} holds no sources; `erm sources fetch -o {folder}` fetches some.")
    names = [name for name in SOURCE_SCHEMA.names if name != "image"]
    table = pa.concat_tables([pq.read_table(file, columns=names) for file in files])
    pq.write_table(table, out, compression="zstd", compression_level=19)
    return int(table.num_rows)


def chosen(sources: Path, size: Size, out: Path) -> Path:
    """A part of the real sources: of each task and role as many as the size says, by their ids."""
    table = pq.read_table(sources)
    groups: dict[tuple[str, bool], list[tuple[float, int]]] = defaultdict(list)
    rows = table.select(["task", "role", "source_id"]).to_pylist()
    for number, row in enumerate(rows):
        key = row["task"], row["role"] == HELD_OUT
        groups[key].append((fraction(row["source_id"]), number))
    kept = [
        number
        for (_, held_out), found in groups.items()
        for _, number in sorted(found)[: size.held_out if held_out else size.real]
    ]
    pq.write_table(table.take(sorted(kept)), out)
    return out


def draw(size: Size, sources: Path | None, out: Path, workers: int | None) -> dict[str, Any]:
    """Write both folders; returns the metrics of each."""
    profile = yaml.safe_load(PROFILE.read_text(encoding="utf-8"))
    section = profile["synthesize"]
    for name in ("sources", "test_sources"):
        section[name] = {
            task: max(2, round(size.share * number)) for task, number in section[name].items()
        }
    out.mkdir(parents=True, exist_ok=True)
    part = None if sources is None else chosen(sources, size, out / "sources.parquet")
    drawing = DrawingSettings(**profile["render"])
    wide = {**section, "ingested": part, "drawing": drawing, "workers": workers}
    compact = SynthesizeSettings(
        sources=dict.fromkeys(task_names(), 0),
        test_sources=dict.fromkeys(task_names(), size.compact),
        workers=workers,
        sources_per_chunk=10,
    )
    return {
        "compact": synthesize(compact, out / "compact", out / "work"),
        "wide": synthesize(SynthesizeSettings(**wide), out / "wide", out / "work"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--sources", type=Path, metavar="FILE", help="real sources; none if left")
    parser.add_argument("--workers", type=int, help="one for each core unless given")
    parser.add_argument("--texts", type=Path, nargs=2, metavar=("FOLDER", "FILE"))
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    try:
        if arguments.texts is not None:
            print(f"{texts(*arguments.texts)} sources")
            return
        if arguments.out is None:
            parser.error("OUT or --texts is needed")
        size = SIZES[arguments.size]
        metrics = draw(size, arguments.sources, arguments.out, arguments.workers)
    except ErmError as error:
        parser.exit(1, f"{error}\n")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(metrics, indent=1) + "\n")


if __name__ == "__main__":
    main()
