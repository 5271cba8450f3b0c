"""Stage train_policy: trains the policy that reinforcement starts from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import State, flow

from flows.outputs import Paths
from flows.params import Params
from flows.stage import Metrics, main, perform


@flow(name="train_policy")
def train_policy() -> State[Any]:
    """Trains the policy that reinforcement starts from."""
    return perform("train_policy", _work)


def _work(params: Params, paths: Paths) -> Metrics:
    from erm.policies.settings import TrainPolicySettings
    from erm.policies.training import train_policy

    return train_policy(
        params.of("train_policy", TrainPolicySettings),
        pairs=Path("data/pairs"),
        out=paths.out("models/policy-sft"),
        work=paths.work,
    )


if __name__ == "__main__":
    main(train_policy)
