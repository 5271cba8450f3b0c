"""Stage reinforce: reinforces the policy with the critic's reward."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import State, flow

from flows.outputs import Paths
from flows.params import Params
from flows.stage import Metrics, main, perform


@flow(name="reinforce")
def reinforce() -> State[Any]:
    """Reinforces the policy with the critic's reward."""
    return perform("reinforce", _work)


def _work(params: Params, paths: Paths) -> Metrics:
    from erm.policies.reinforcement import reinforce
    from erm.policies.settings import ReinforceSettings

    return reinforce(
        params.of("reinforce", ReinforceSettings),
        policy=Path("models/policy-sft"),
        critic=Path("models/critic"),
        pairs=Path("data/pairs"),
        out=paths.out("models/policy"),
        work=paths.work,
    )


if __name__ == "__main__":
    main(reinforce)
