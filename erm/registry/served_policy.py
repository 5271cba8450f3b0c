"""The policy as MLflow serves it: rows of a task and a base64 image in, source code out.

MLflow copies this file into the model and runs it to get the model object (models from code).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from erm.errors import ErmError
from erm.policies.base import Request
from erm.policies.local import LocalPolicy
from erm.registry.packaging import decode_column, refusal
from erm.tasks import get_task


class ServedPolicy(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Answers (task, image) with (completion, source).

    ``completion`` is the policy's reply, ``source`` the code in it, or null.
    """

    def load_context(self, context: Any) -> None:
        options = dict(context.model_config or {})
        self._policy = LocalPolicy(Path(context.artifacts["model"]), **options)

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        tasks = [str(task) for task in model_input["task"]]
        images = decode_column(model_input, "image")
        requests = [Request(task, image) for task, image in zip(tasks, images, strict=True)]
        try:
            completions = self._policy.complete(requests)
        except ErmError as error:
            raise refusal(str(error)) from error
        sources = [
            get_task(task).extract(text) for task, text in zip(tasks, completions, strict=True)
        ]
        return pd.DataFrame({"completion": completions, "source": sources})


mlflow.models.set_model(ServedPolicy())
