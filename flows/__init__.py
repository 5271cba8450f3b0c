"""Orchestration: what runs when, with which retries, records and artifacts.

Every stage of ``dvc.yaml`` is one module here with one Prefect flow; what the stages do lives in
`erm`, which knows nothing of this package.
"""

import gc
import os
from pathlib import Path

CHECKOUT = Path(os.environ.get("DVC_ROOT") or Path.cwd()).resolve()
"""Folder that holds the records; experiments that DVC runs in a temporary folder share it."""

# Imports make objects that stay: without this, a tenth of a start-up goes to looking through them.
gc.set_threshold(100_000, 50, 50)

# Prefect reads its settings when it is imported. A run needs no network, so the libraries' usage
# reports stay off unless somebody wants them.
for _name, _value in {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_HOME": str(CHECKOUT / ".erm" / "prefect"),
    "PREFECT_LOGGING_EXTRA_LOGGERS": "erm",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
}.items():
    os.environ.setdefault(_name, _value)
