"""Stage evaluate: compares the policy before and after reinforcement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import State, flow

from flows.outputs import Paths
from flows.params import Params
from flows.stage import Metrics, main, perform


@flow(name="evaluate")
def evaluate() -> State[Any]:
    """Compares the policy before and after reinforcement."""
    return perform("evaluate", _work)


def _work(params: Params, paths: Paths) -> Metrics:
    from erm.policies.evaluation import evaluate
    from erm.policies.settings import EvaluateSettings

    return evaluate(
        params.of("evaluate", EvaluateSettings),
        before=Path("models/policy-sft"),
        after=Path("models/policy"),
        critic=Path("models/critic"),
        pairs=Path("data/pairs"),
        out=paths.out("reports/evaluate"),
    )


if __name__ == "__main__":
    main(evaluate)
