"""Pairs a second of one machine's processes and of a Ray cluster with as many processors.

``python -m benchmarks.cluster [--sources N] [--tasks T] [--rounds N] [--json FILE]``

The cluster has a head without processors and nodes with one each, all on this machine, so that the
two differ in how work and results travel, and in nothing else. They take turns; each run connects
anew and starts its processes and renderers, and the folders of pairs must be equal. Needs the extra
``ray``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from erm.fingerprint import content_hash
from erm.settings import LOCAL
from erm.synthesis.settings import SynthesizeSettings
from erm.synthesis.synthesize import synthesize
from erm.tasks import task_names

STORE_BYTES = 200 << 20


@contextmanager
def cluster_of(nodes: int) -> Iterator[str]:
    """The address of a cluster that ends with the block."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "object_store_memory": STORE_BYTES}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(nodes):
            cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
        yield cluster.address
    finally:
        cluster.shutdown()


def measure(sources: dict[str, int], workers: int, address: str) -> tuple[float, str]:
    """Pairs a second of one run, and the hash of what it made."""
    settings = SynthesizeSettings(
        sources=sources, sources_per_chunk=5, workers=workers, cluster=address
    )
    with tempfile.TemporaryDirectory() as folder:
        pairs = Path(folder) / "pairs"
        metrics = synthesize(settings, pairs, Path(folder) / "work")
        return metrics["timing/pairs_per_second"], content_hash(pairs)


def main() -> None:
    """Measure both in turns and print one row a round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, default=35, help="of each task")
    parser.add_argument("--tasks", default=",".join(task_names()))
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    sources = dict.fromkeys(options.tasks.split(","), options.sources)
    rates: dict[str, list[float]] = {LOCAL: [], "ray": []}
    made = set()
    with cluster_of(options.nodes) as address:
        print("| round | processes, pairs/s | Ray, pairs/s | Ray / processes |\n|---|---|---|---|")
        for number in range(1, options.rounds + 1):
            for name, place in ((LOCAL, LOCAL), ("ray", address)):
                rate, content = measure(sources, options.nodes, place)
                rates[name].append(rate)
                made.add(content)
            processes, ray = rates[LOCAL][-1], rates["ray"][-1]
            print(f"| {number} | {processes:.2f} | {ray:.2f} | {ray / processes:.2f} |", flush=True)
    if len(made) > 1:
        raise SystemExit("The runs made different pairs.")
    ratio = median(rates["ray"]) / median(rates[LOCAL])
    print(f"| median | {median(rates[LOCAL]):.2f} | {median(rates['ray']):.2f} | {ratio:.2f} |")
    if options.json is not None:
        options.json.write_text(json.dumps({**rates, "ratio": ratio}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
