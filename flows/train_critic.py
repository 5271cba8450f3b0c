"""Stage train_critic: trains the critic on exact reports."""

from pathlib import Path

from flows.stage import Metrics, Params, Paths, main, stage


@stage
def train_critic(params: Params, paths: Paths) -> Metrics:
    """Trains the critic on exact reports."""
    from erm.critics.training import train_critic

    return train_critic(
        params.train_critic,
        pairs=Path("data/pairs"),
        inferred=Path("data/inferred"),
        out=paths.out("models/critic"),
        work=paths.work,
    )


if __name__ == "__main__":
    main(train_critic)
