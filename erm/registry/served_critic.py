"""The critic as MLflow serves it: rows of a task and two base64 images in, reports out.

MLflow copies this file into the model and runs it to get the model object (models from code).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from erm.critics.base import ImagePair
from erm.critics.local import LocalCritic
from erm.errors import ErmError
from erm.registry.packaging import decode_column, refusal


class ServedCritic(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Answers (task, reference, candidate) with (report, severity, expected_severity).

    ``report`` is the published JSON, ``severity`` the sum S, and ``expected_severity`` the sum that
    the model's probabilities expect. Without the grammar (``model_config`` with ``constrained``
    false) ``expected_severity`` is null, and all three are null if a reply can't be parsed. An
    invalid row refuses the whole request; the message has its number and the reason.
    """

    def load_context(self, context: Any) -> None:
        options = dict(context.model_config or {})
        self._critic = LocalCritic(Path(context.artifacts["model"]), **options)

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        references = decode_column(model_input, "reference")
        candidates = decode_column(model_input, "candidate")
        pairs = [
            ImagePair(str(task), reference, candidate)
            for task, reference, candidate in zip(
                model_input["task"], references, candidates, strict=True
            )
        ]
        try:
            critiques = self._critic.critique(pairs)
        except ErmError as error:
            raise refusal(str(error)) from error
        return pd.DataFrame(
            {
                "report": [one.report.to_json() if one.report else None for one in critiques],
                "severity": pd.Series([one.severity for one in critiques], dtype="float64"),
                "expected_severity": pd.Series(
                    [one.expected_severity for one in critiques], dtype="float64"
                ),
            }
        )


mlflow.models.set_model(ServedCritic())
