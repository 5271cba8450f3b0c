"""Stage reinforce: reinforces the policy with the critic's reward."""

from pathlib import Path

from flows.stage import Metrics, Params, Paths, main, stage


@stage
def reinforce(params: Params, paths: Paths) -> Metrics:
    """Reinforces the policy with the critic's reward."""
    from erm.policies.reinforcement import reinforce

    return reinforce(
        params.reinforce,
        policy=Path("models/policy-sft"),
        critic=Path("models/critic"),
        pairs=Path("data/pairs"),
        out=paths.out("models/policy"),
        work=paths.work,
    )


if __name__ == "__main__":
    main(reinforce)
