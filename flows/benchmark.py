"""Stage benchmark: scores the critic on the held-out pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import State, flow
from prefect.artifacts import create_link_artifact

from flows.outputs import Paths
from flows.params import Params
from flows.stage import Metrics, main, perform

REPORT = "reports/benchmark"


@flow(name="benchmark")
def benchmark() -> State[Any]:
    """Scores the critic on the held-out pairs."""
    return perform("benchmark", _work)


def _work(params: Params, paths: Paths) -> Metrics:
    from erm.critics.benchmarking import benchmark
    from erm.critics.settings import BenchmarkSettings

    metrics = benchmark(
        params.of("benchmark", BenchmarkSettings),
        critic=Path("models/critic"),
        pairs=Path("data/pairs"),
        inferred=Path("data/inferred"),
        out=paths.out(REPORT),
    )
    _link_page()
    return metrics


def _link_page() -> None:
    """A link in Prefect's interface to the page among the artifacts of the MLflow run."""
    from erm.tracking import artifact_address

    create_link_artifact(
        artifact_address("benchmark/index.html"),
        link_text="every judged pair",
        key="benchmark-page",
        description=f"In MLflow, which `make ui` serves; on disk: `erm view {REPORT}`.",
    )


if __name__ == "__main__":
    main(benchmark)
