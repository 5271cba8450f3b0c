"""Servers that variables name, ports, and credentials that never show."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from erm.doctor import services
from erm.doctor.finding import Finding
from erm.doctor.services import CREDENTIALS, SERVERS, look_at_services
from tests.chat_server import ChatServer

SECRET = "s3cr3t"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*SERVERS.values(), *CREDENTIALS):
        monkeypatch.delenv(variable, raising=False)


def found() -> dict[str, Finding]:
    return {finding.check: finding for finding in look_at_services()}


def test_servers_that_nothing_names_need_nothing() -> None:
    assert {found()[server].status for server in SERVERS} == {"ok"}


def test_each_address_is_asked(chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        gone = f"http://user:{SECRET}@127.0.0.1:{unused.getsockname()[1]}/v1"
        monkeypatch.setenv("OPENAI_BASE_URL", f"{chat_server.url}, {gone}")
        first, second = [one for one in look_at_services() if one.check == "OpenAI-compatible"]
    assert (first.status, first.what) == ("ok", f"{chat_server.url} answers")
    assert second.status == "missing"
    assert second.mend == "`unset OPENAI_BASE_URL`, or start it"
    assert SECRET not in str(second)


@pytest.mark.parametrize(
    ("uri", "status", "what"),
    [
        ("sqlite:///{}/mlflow.db", "ok", "MLFLOW_TRACKING_URI names the file {}/mlflow.db"),
        ("sqlite:///{}/gone/mlflow.db", "missing", "names {}/gone/mlflow.db, in no folder"),
        (f"mysql://me:{SECRET}@host/db", "ok", "names mysql://host/db, which was not"),
    ],
)
def test_stores_without_http_are_named(
    uri: str, status: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri.format(tmp_path))
    finding = found()["MLflow"]
    assert finding.status == status
    assert what.format(tmp_path) in finding.what
    assert SECRET not in str(finding)


def test_a_database_needs_its_driver_and_must_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        address = f"postgresql+asyncpg://erm:{SECRET}@127.0.0.1:{port}/prefect"
        monkeypatch.setenv("PREFECT_SERVER_DATABASE_CONNECTION_URL", address)
        there = found()["Prefect's database"]
        with monkeypatch.context() as without:
            without.setitem(sys.modules, "asyncpg", None)
            lacking = found()["Prefect's database"]
    gone = found()["Prefect's database"]
    shown = f"postgresql+asyncpg://127.0.0.1:{port}/prefect"
    assert (there.status, there.what) == ("ok", f"{shown} answers")
    assert (lacking.status, lacking.mend) == (
        "missing",
        "`python -m pip install 'visual-erm[servers]'`",
    )
    assert "asyncpg" in lacking.what
    assert gone.status == "missing"
    assert gone.what.startswith(f"PostgreSQL at 127.0.0.1:{port} does not answer (")
    assert all(SECRET not in str(finding) for finding in (there, lacking, gone))


def test_a_port_in_use_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        monkeypatch.setattr(services, "PORTS", {port: "a test"})
        finding = found()[f"port {port}"]
        assert (finding.status, finding.what) == ("warning", "in use; it is for a test")
    assert found()[f"port {port}"].status == "ok"


def test_credentials_are_present_or_not_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: found()[name].what for name in CREDENTIALS}
    assert all(what.startswith("not set; for ") for what in before.values())
    for name in CREDENTIALS:
        monkeypatch.setenv(name, SECRET)
    assert all(found()[name].what.startswith("set; for ") for name in CREDENTIALS)
    assert all(SECRET not in str(finding) for finding in look_at_services())
