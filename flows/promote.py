"""Stage promote: registers both models and makes the better ones champion."""

from pathlib import Path

from flows.stage import Metrics, Params, Paths, main, stage


@stage
def promote(params: Params, paths: Paths) -> Metrics:
    """Registers the critic and the policy; moves ``champion`` to those that are better."""
    from erm.registry.champions import Trained, promote_trained

    trained = Trained(
        critic=Path("models/critic"),
        policy=Path("models/policy"),
        policy_before=Path("models/policy-sft"),
        pairs=Path("data/pairs"),
        inferred=Path("data/inferred"),
        benchmark=Path("reports/benchmark.json"),
        evaluation=Path("reports/evaluate.json"),
    )
    return promote_trained(
        params.promote, params.benchmark, params.evaluate, trained, paths.work, paths.answers
    )


if __name__ == "__main__":
    main(promote)
