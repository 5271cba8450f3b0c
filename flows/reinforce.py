"""Stage reinforce: reinforces the policy with the critic's reward."""

from pathlib import Path

from prefect.artifacts import create_markdown_artifact

from flows.stage import Metrics, Params, Paths, artifacts_optional, main, stage


@stage
def reinforce(params: Params, paths: Paths) -> Metrics:
    """Reinforces the policy with the critic's reward."""
    from erm.policies.reinforcement import reinforce
    from erm.policies.summaries import reinforcement_summary
    from erm.tracking import artifact_address, run_address

    policy, critic = Path("models/policy-sft"), Path("models/critic")
    out, pairs = paths.out("models/policy"), Path("data/pairs")
    metrics = reinforce(params.reinforce, policy, critic, pairs, out, paths.work)
    links = {"Pictures by step": artifact_address("validation"), "Run in MLflow": run_address()}
    summary = reinforcement_summary(out, metrics, links)
    with artifacts_optional():
        create_markdown_artifact(summary, key="reinforcement")
    return metrics


if __name__ == "__main__":
    main(reinforce)
