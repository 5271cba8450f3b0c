"""``make ui``: the user interfaces of Prefect and MLflow, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from erm.errors import ErmError
from erm.tracking import tracking_uri
from flows.server import START_SECONDS, answers, launch, register, reserved_port, wait_for

_MLFLOW_PORT = 5000


def main() -> None:
    """Starts both, prints their addresses and waits; a pipeline that runs keeps its server."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    root = Path.cwd()
    mlflow: subprocess.Popen[bytes] | None = None
    try:
        prefect = os.environ.get("PREFECT_API_URL", "")
        if not prefect:
            register(psutil.Process(), root)
            prefect = launch(root)
        address = tracking_uri(root)
        if not address.startswith("http"):
            port, _ = reserved_port(_MLFLOW_PORT)  # for as long as this process lives
            mlflow = _start_mlflow(root, address, port)
            address = f"http://127.0.0.1:{port}"
        wait_for(prefect, root)
        _wait_for_mlflow(address, mlflow)
        print(f"Prefect  {prefect.removesuffix('/api')}\nMLflow   {address}")
        print("Ctrl-C stops both.", flush=True)
        while mlflow is None or mlflow.poll() is None:
            time.sleep(0.5)
        raise ErmError(f"MLflow's server ended with status {mlflow.returncode}.")
    except KeyboardInterrupt:
        print("Stopping.")
    except ErmError as error:
        sys.exit(f"erm: {error}")
    finally:
        if mlflow is not None:
            _stop(mlflow)


def _start_mlflow(root: Path, store: str, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store]
    artifacts = (root / "mlartifacts").resolve().as_uri()
    command += ["--default-artifact-root", artifacts, "--host", "127.0.0.1", "--port", str(port)]
    log = root / ".erm" / "mlflow.log"
    # Jobs judge traces of language models; their seven processes take a minute of CPU to start.
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with log.open("w") as output:
        return subprocess.Popen(
            [*command, "--workers", "1"],
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _wait_for_mlflow(address: str, server: subprocess.Popen[bytes] | None) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(address):
        if time.monotonic() > deadline or (server is not None and server.poll() is not None):
            raise ErmError(f"MLflow does not answer at {address}; see .erm/mlflow.log.")
        time.sleep(0.2)


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


if __name__ == "__main__":
    main()
