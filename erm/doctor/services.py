"""Servers that variables name, the ports of our own, and credentials; never their values."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from erm.doctor.finding import Finding
from erm.errors import ErmError
from erm.servers import require_answer
from erm.tracking import store_file

SERVERS = {
    "MLflow": "MLFLOW_TRACKING_URI",
    "Prefect": "PREFECT_API_URL",
    "OpenAI-compatible": "OPENAI_BASE_URL",
    "S3": "AWS_ENDPOINT_URL",
    "MLflow's database": "MLFLOW_BACKEND_STORE_URI",
    "Prefect's database": "PREFECT_SERVER_DATABASE_CONNECTION_URL",
}
"""Server → variable with its address, or several with commas between them."""

CREDENTIALS = {
    "OPENAI_API_KEY": "models behind endpoints",
    "ERM_SERVE_TOKEN": "`erm serve` for other machines",
    "MLFLOW_TRACKING_TOKEN": "an MLflow server that asks for one",
    "PREFECT_API_KEY": "a Prefect server that asks for one",
    "HF_TOKEN": "private models and data sets of the Hugging Face hub",
    "PREFECT_API_AUTH_STRING": "a Prefect server that asks for user and password",
    "AWS_ACCESS_KEY_ID": "artifacts and DVC remotes in S3",
    "AWS_SECRET_ACCESS_KEY": "artifacts and DVC remotes in S3",
    "PGPASSWORD": "PostgreSQL, where an address names a user alone",
}
"""Variable → what it is for."""

PORTS = {4200: "Prefect's page (`make ui`)", 5000: "MLflow's page (`make ui`)", 8111: "`erm serve`"}


def look_at_services() -> list[Finding]:
    """Each server that a variable names is asked; a variable that is not set needs nothing."""
    return [*_servers(), *_ports(), *_credentials()]


def _servers() -> Iterator[Finding]:
    for server, variable in SERVERS.items():
        named = [part.strip() for part in os.environ.get(variable, "").split(",") if part.strip()]
        if not named:
            yield Finding("ok", server, f"{variable} is not set")
        for address in named:
            yield _server(server, variable, address)


def _server(server: str, variable: str, address: str) -> Finding:
    if address.startswith(("http://", "https://")):
        try:
            require_answer(server, address, f"`unset {variable}`, or start it")
        except ErmError as error:
            what, _, mend = str(error).removesuffix(".").rpartition("; ")
            return Finding("missing", server, what, mend)
        return Finding("ok", server, f"{_public(address)} answers")
    if address.startswith("postgresql"):
        return _database(server, variable, address)
    if (file := store_file(address)) is not None:
        if not file.parent.is_dir():
            mend = f"`mkdir -p {file.parent}`"
            return Finding("missing", server, f"{variable} names {file}, in no folder", mend)
        return Finding("ok", server, f"{variable} names the file {file}")
    return Finding("ok", server, f"{variable} names {_public(address)}, which was not asked")


def _database(server: str, variable: str, address: str) -> Finding:
    """Of an address for SQLAlchemy: whether its driver is installed and PostgreSQL listens."""
    from sqlalchemy import make_url

    url = make_url(address)
    try:
        url.get_dialect().import_dbapi()
    except ImportError as error:
        what = f"{variable} needs a driver ({error})"
        return Finding("missing", server, what, "`python -m pip install 'visual-erm[servers]'`")
    place = (url.host or "localhost", url.port or 5432)
    try:
        socket.create_connection(place, timeout=5).close()
    except OSError as error:
        what = f"PostgreSQL at {place[0]}:{place[1]} does not answer ({error})"
        return Finding("missing", server, what, f"`unset {variable}`, or start it")
    return Finding("ok", server, f"{_public(address)} answers")


def _public(address: str) -> str:
    """The address without a user, a password and a query."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="", fragment="").geturl()


def _ports() -> Iterator[Finding]:
    for port, purpose in PORTS.items():
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                mend = f"`ss -ltnp 'sport = :{port}'` shows who has it"
                yield Finding("warning", f"port {port}", f"in use; it is for {purpose}", mend)
            else:
                yield Finding("ok", f"port {port}", f"free for {purpose}")


def _credentials() -> Iterator[Finding]:
    for variable, purpose in CREDENTIALS.items():
        present = "set" if os.environ.get(variable) else "not set"
        yield Finding("ok", variable, f"{present}; for {purpose}")
