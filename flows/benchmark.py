"""Stage benchmark: scores the critic on the held-out pairs."""

from pathlib import Path

from prefect.artifacts import create_link_artifact

from flows.stage import Metrics, Params, Paths, artifacts_optional, main, stage


@stage
def benchmark(params: Params, paths: Paths) -> Metrics:
    """Scores the critic on the held-out pairs."""
    from erm.critics.benchmarking import benchmark
    from erm.tracking import artifact_address

    metrics = benchmark(
        params.benchmark,
        critic=Path("models/critic"),
        pairs=Path("data/pairs"),
        inferred=Path("data/inferred"),
        out=paths.out("reports/benchmark"),
        answers=paths.answers,
    )
    with artifacts_optional():
        create_link_artifact(artifact_address("benchmark/index.html"), "Page", "benchmark-page")
    return metrics


if __name__ == "__main__":
    main(benchmark)
