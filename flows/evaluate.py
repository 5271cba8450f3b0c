"""Stage evaluate: compares the policy before and after reinforcement."""

from pathlib import Path

from prefect.artifacts import create_markdown_artifact

from flows.stage import Metrics, Params, Paths, artifacts_optional, main, stage


@stage
def evaluate(params: Params, paths: Paths) -> Metrics:
    """Compares the policy before and after reinforcement."""
    from erm.policies.evaluation import evaluate
    from erm.policies.summaries import evaluation_summary
    from erm.tracking import artifact_address, run_address

    metrics = evaluate(
        params.evaluate,
        before=Path("models/policy-sft"),
        after=Path("models/policy"),
        critic=Path("models/critic"),
        pairs=Path("data/pairs"),
        out=paths.out("reports/evaluate"),
    )
    links = {"Page": artifact_address("evaluate/index.html"), "Run in MLflow": run_address()}
    summary = evaluation_summary(metrics, params.evaluate.tasks, links)
    with artifacts_optional():
        create_markdown_artifact(summary, key="policies")
    return metrics


if __name__ == "__main__":
    main(evaluate)
