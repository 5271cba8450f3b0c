"""Orchestration: what runs when, with which retries, records and artifacts.

Every stage of ``dvc.yaml`` is one module here with one Prefect flow; what the stages do lives in
`erm`, which knows nothing of this package.
"""

import gc
import os

from flows.handover import hand_over

# Start-up of a stage is mostly imports, a quarter of which went to collecting garbage that is none.
gc.set_threshold(100_000, 50, 50)

# A run must need no network, so the libraries' usage reports stay off unless somebody wants them;
# what `erm` logs belongs to the flow run that called it.
for _name, _value in {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "erm",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}.items():
    os.environ.setdefault(_name, _value)

hand_over()
