"""Stage infer: the policy's own errors become pairs; bad data ends the run here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import State, flow

from flows.outputs import Paths
from flows.params import Params
from flows.stage import Metrics, main, perform

PAIRS = Path("data/pairs")


@flow(name="infer")
def infer() -> State[Any]:
    """The policy's own errors become pairs; bad data ends the run here."""
    return perform("infer", _work, reads=("validate",))


def _work(params: Params, paths: Paths) -> Metrics:
    from erm.dataset.settings import ValidateSettings
    from erm.dataset.validation import validate
    from erm.synthesis.infer import infer
    from erm.synthesis.settings import InferSettings

    inferred = paths.out("data/inferred")
    metrics = infer(params.of("infer", InferSettings), pairs=PAIRS, out=inferred, work=paths.work)
    checked = validate(
        params.of("validate", ValidateSettings),
        pairs=inferred,
        out=paths.out("reports/infer"),
        beside=PAIRS,
    )
    return {**metrics, "expectations": checked["expectations"]}


if __name__ == "__main__":
    main(infer)
