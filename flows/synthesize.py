"""Stage synthesize: draws sources, injects errors, renders both and writes labelled pairs."""

from __future__ import annotations

from typing import Any

from prefect import State, flow

from flows.outputs import Paths
from flows.params import Params
from flows.stage import Metrics, main, perform


@flow(name="synthesize")
def synthesize() -> State[Any]:
    """Draws sources, injects errors, renders both and writes labelled pairs."""
    return perform("synthesize", _work)


def _work(params: Params, paths: Paths) -> Metrics:
    from erm.synthesis.settings import SynthesizeSettings
    from erm.synthesis.synthesize import synthesize

    return synthesize(
        params.of("synthesize", SynthesizeSettings),
        out=paths.out("data/pairs"),
        work=paths.work,
    )


if __name__ == "__main__":
    main(synthesize)
