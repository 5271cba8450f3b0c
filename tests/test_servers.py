"""Proxies are left out for servers on this machine; a server that is gone is named at once."""

from __future__ import annotations

import os
import socket

import pytest

from erm.errors import ErmError
from erm.servers import ask_loopback_directly, notify, require_answer
from tests.chat_server import ChatServer

PROXY = "http://127.0.0.1:9"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        for spelling in (name, name.lower()):
            monkeypatch.setenv(spelling, "")  # so that its value now comes back afterwards
            monkeypatch.delenv(spelling)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"HTTP_PROXY": PROXY}, "localhost,127.0.0.1,::1"),
        (
            {"https_proxy": PROXY, "NO_PROXY": "example.org, localhost"},
            "example.org,localhost,127.0.0.1,::1",
        ),
        ({"HTTP_PROXY": PROXY, "no_proxy": "*"}, "*"),
        ({}, None),
    ],
)
def test_names_that_need_no_proxy(
    before: dict[str, str], after: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    ask_loopback_directly()
    assert os.environ.get("no_proxy") == after


def test_a_server_of_this_machine_answers_despite_a_proxy(
    chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    ask_loopback_directly()
    require_answer("The model", chat_server.url, "start it")


@pytest.mark.parametrize("address", ["http://someone:secret@{}/v1", "{}/v1", "http://[x/v1"])
def test_who_does_not_answer_is_named_without_the_password(address: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        place = f"127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(ErmError) as raised:
        require_answer("The model", address.format(place), "start it")
    sentence = str(raised.value)
    assert sentence.startswith("The model at ")
    assert sentence.endswith("; start it.")
    assert address.format(place).rpartition("@")[2] in sentence
    assert "secret" not in sentence


def test_a_message_is_posted_as_json(
    chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat_server.behaviour = lambda *_: (200, b"{}")
    monkeypatch.delenv("ERM_WEBHOOK", raising=False)
    notify("nobody reads it", {})
    monkeypatch.setenv("ERM_WEBHOOK", chat_server.url)
    notify("torn", {"state": "Failed", "run": "http://prefect/1"})
    assert chat_server.bodies == [{"text": "torn", "state": "Failed", "run": "http://prefect/1"}]


@pytest.mark.parametrize(
    ("answer", "reason"), [(None, "RemoteProtocolError"), ((403, b"{}"), "403")]
)
def test_a_webhook_that_fails_is_a_warning_without_its_address(
    answer: tuple[int, bytes] | None,
    reason: str,
    chat_server: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    chat_server.behaviour = lambda *_: answer
    monkeypatch.setenv("ERM_WEBHOOK", f"{chat_server.url}?key=secret")
    notify("torn", {})
    assert caplog.messages == [f"The webhook did not take the message ({reason})."]
