"""Stage train_policy: trains the policy that reinforcement starts from."""

from pathlib import Path

from flows.stage import Metrics, Params, Paths, main, stage


@stage
def train_policy(params: Params, paths: Paths) -> Metrics:
    """Trains the policy that reinforcement starts from."""
    from erm.policies.training import train_policy

    return train_policy(
        params.train_policy,
        pairs=Path("data/pairs"),
        out=paths.out("models/policy-sft"),
        work=paths.work,
    )


if __name__ == "__main__":
    main(train_policy)
