"""Stage validate: checks the pairs and writes the Data Docs; bad data ends the run here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import State, flow

from flows.outputs import Paths
from flows.params import Params
from flows.stage import Metrics, main, perform


@flow(name="validate")
def validate() -> State[Any]:
    """Checks the pairs and writes the Data Docs; bad data ends the run here."""
    return perform("validate", _work)


def _work(params: Params, paths: Paths) -> Metrics:
    from erm.dataset.settings import ValidateSettings
    from erm.dataset.validation import validate

    return validate(
        params.of("validate", ValidateSettings),
        pairs=Path("data/pairs"),
        out=paths.out("reports/validate"),
    )


if __name__ == "__main__":
    main(validate)
