"""Stage train_critic: trains the critic on exact reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import State, flow

from flows.outputs import Paths
from flows.params import Params
from flows.stage import Metrics, main, perform


@flow(name="train_critic")
def train_critic() -> State[Any]:
    """Trains the critic on exact reports."""
    return perform("train_critic", _work)


def _work(params: Params, paths: Paths) -> Metrics:
    from erm.critics.settings import TrainCriticSettings
    from erm.critics.training import train_critic

    return train_critic(
        params.of("train_critic", TrainCriticSettings),
        pairs=Path("data/pairs"),
        inferred=Path("data/inferred"),
        out=paths.out("models/critic"),
        work=paths.work,
    )


if __name__ == "__main__":
    main(train_critic)
