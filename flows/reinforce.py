"""Stage reinforce: reinforces the policy with the critic's reward."""

from pathlib import Path

from flows.stage import Metrics, Params, Paths, main, stage


@stage
def reinforce(params: Params, paths: Paths) -> Metrics:
    """Reinforces the policy with the critic's reward."""
    from erm.policies.reinforcement import reinforce

    policy, critic = Path("models/policy-sft"), Path("models/critic")
    out, pairs = paths.out("models/policy"), Path("data/pairs")
    return reinforce(params.reinforce, policy, critic, pairs, out, paths.work)


if __name__ == "__main__":
    main(reinforce)
