"""Orchestration: what runs when, with which retries, records and artifacts.

Every stage of ``dvc.yaml`` is one module here with one Prefect flow; what the stages do lives in
`erm`, which knows nothing of this package.
"""

import gc
import os
from pathlib import Path

from erm.servers import ask_loopback_directly

CHECKOUT = Path(os.environ.get("DVC_ROOT") or Path.cwd()).resolve()
"""Folder that holds the records; experiments that DVC runs in a temporary folder share it."""

# Imports make objects that stay: without this, a tenth of a start-up goes to looking through them.
gc.set_threshold(100_000, 50, 50)

ask_loopback_directly()

# Prefect reads its settings when it is imported. A run needs no network, so the libraries' usage
# reports stay off unless somebody wants them. The home is relative: Prefect writes it into the
# address of its database, in which `%` and `?` of a checkout's path would mean something else.
for _name, _value in {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "6",  # two minutes for each request, not four
    "PREFECT_HOME": os.path.relpath(CHECKOUT / ".erm" / "prefect"),
    "PREFECT_LOGGING_EXTRA_LOGGERS": "erm",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
}.items():
    os.environ.setdefault(_name, _value)

# Prefect makes its home when it is imported, but no folder above it, and warns of that.
Path(os.environ["PREFECT_HOME"]).parent.mkdir(parents=True, exist_ok=True)
