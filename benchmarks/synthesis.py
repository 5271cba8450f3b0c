"""Pairs a second of each task, and how memory grows with the number of pairs.

``python benchmarks/synthesis.py [--sources N] [--workers N] [--variety V] [--json FILE]``

Containment is on. A task's rate is taken over the making of pairs (rendering, pairing, annotating,
writing chunks), and processor seconds are given beside it, for they don't depend on what else the
machine does. Memory is that of all processes of the run, private to each (USS), against the pairs
made so far; its slope is fitted over the second half, when every worker is warm. Not covered:
validation, and rendering alone (`benchmarks/render.py`).
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from erm.synthesis.settings import SynthesizeSettings
from erm.synthesis.synthesize import synthesize
from erm.tasks import task_names

MEBI = 1 << 20


class MemoryWatch:
    """Samples (chunks finished, bytes of this process and all below it) until it is left."""

    def __init__(self, work: Path, every: float = 0.5) -> None:
        self.samples: list[tuple[int, int]] = []
        self._work, self._every = work, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        own = psutil.Process()
        while not self._stop.wait(self._every):
            total = 0
            for process in [own, *own.children(recursive=True)]:
                try:
                    total += process.memory_full_info().uss
                except psutil.Error:
                    continue  # a drawing process may end at any time
            self.samples.append((len(list(self._work.glob("*/*.json"))), total))

    def slope(self, pairs_per_chunk: float) -> float:
        """Bytes a pair over the second half of the samples; 0 where there are too few."""
        made = [sample for sample in self.samples if sample[0] > 0]
        late = np.array(made[len(made) // 2 :], dtype=np.float64)
        if len(late) < 4 or np.ptp(late[:, 0]) == 0:
            return 0.0
        return float(np.polyfit(late[:, 0] * pairs_per_chunk, late[:, 1], 1)[0])


def processor_seconds() -> float:
    """Of this process and of every one below it that has ended."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usage)


def measure(task: str, sources: int, workers: int, variety: str, side: int) -> dict[str, Any]:
    """Make pairs of one task in a scratch folder."""
    settings = SynthesizeSettings.model_validate(
        {
            "sources": {task: sources},
            "workers": workers,
            "variety": variety,
            "drawing": {"raster_side": side},
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        began = processor_seconds()
        with MemoryWatch(Path(folder) / "work") as watch:
            metrics = synthesize(settings, Path(folder) / "pairs", Path(folder) / "work")
        seconds = processor_seconds() - began
    chunks = -(-sources // settings.sources_per_chunk)
    slope = watch.slope(metrics["pairs"] / chunks)
    peak = max((total for _, total in watch.samples), default=0)
    return {
        "pairs": metrics["pairs"],
        "pairs_per_second": metrics["timing/pairs_per_second"],
        "processor_ms_per_pair": round(1000 * seconds / metrics["pairs"], 2),
        "set_aside_share": metrics["set_aside_share"],
        "empty_share": metrics["empty_share"],
        "peak_mib": round(peak / MEBI),
        "slope_bytes_per_pair": round(slope),
        "million_pairs_mib": round((peak + max(slope, 0.0) * 1_000_000) / MEBI),
    }


def main() -> None:
    """Measure every task and print one row each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--variety", choices=("compact", "wide"), default="compact")
    parser.add_argument("--raster-side", type=int, default=0, help="0 is what sources state")
    parser.add_argument("--tasks", default=",".join(task_names()))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = {}
    for task in options.tasks.split(","):
        counts = options.sources, options.workers
        results[task] = measure(task, *counts, options.variety, options.raster_side)
        print(task, json.dumps(results[task]), flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
