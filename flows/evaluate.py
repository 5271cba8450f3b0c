"""Stage evaluate: compares the policy before and after reinforcement."""

from pathlib import Path

from flows.stage import Metrics, Params, Paths, main, stage


@stage
def evaluate(params: Params, paths: Paths) -> Metrics:
    """Compares the policy before and after reinforcement."""
    from erm.policies.evaluation import evaluate

    return evaluate(
        params.evaluate,
        before=Path("models/policy-sft"),
        after=Path("models/policy"),
        critic=Path("models/critic"),
        pairs=Path("data/pairs"),
        out=paths.out("reports/evaluate"),
    )


if __name__ == "__main__":
    main(evaluate)
