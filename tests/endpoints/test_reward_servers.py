"""The client of reward servers, against real HTTP servers that misbehave."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Sequence
from typing import Any

import pytest

from erm.endpoints.errors import EndpointError
from erm.endpoints.reward_servers import RewardServers, spans
from erm.errors import ErmError
from tests.chat_server import ChatServer, serving


def _root(server: ChatServer) -> str:
    return server.url.removesuffix("/v1")


def _answered(number: int, body: dict[str, Any]) -> tuple[int, bytes]:
    return 200, json.dumps({"results": [], "number": number, "got": body}).encode()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _answers(servers: RewardServers, bodies: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Answers of which none is an error."""
    answers = servers.post_each("/v1/reward", bodies)
    assert all(isinstance(answer, dict) for answer in answers), answers
    return [answer for answer in answers if isinstance(answer, dict)]


def _error(servers: RewardServers) -> EndpointError:
    """The error of a request."""
    (answer,) = servers.post_each("/v1/reward", [{}])
    assert isinstance(answer, EndpointError)
    return answer


def test_answers_come_in_order_in_threads_and_in_event_loops() -> None:
    with serving(_answered) as server:
        servers = RewardServers([_root(server)], token="secret")
        bodies = [{"place": place} for place in range(20)]
        answers = _answers(servers, bodies)
        assert [answer["got"] for answer in answers] == bodies
        again = asyncio.run(servers.post_each_async("/v1/reward", bodies))
        assert [isinstance(answer, dict) and answer["got"] for answer in again] == bodies
        assert set(server.keys) == {"Bearer secret"}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_asked_again(status: int) -> None:
    def behaviour(number: int, body: dict[str, Any]) -> tuple[int, bytes]:
        return (status, b"busy") if number < 2 else _answered(number, body)

    with serving(behaviour) as server:
        (answer,) = _answers(RewardServers([_root(server)]), [{}])
    assert answer["number"] == 2


def test_a_lost_connection_and_a_server_that_is_down_cost_nothing() -> None:
    def behaviour(number: int, body: dict[str, Any]) -> tuple[int, bytes] | None:
        return None if number == 0 else _answered(number, body)

    with serving(behaviour) as server:
        down = f"http://127.0.0.1:{_free_port()}"
        answers = _answers(RewardServers([down, _root(server)]), [{"a": 1}, {"a": 2}])
    assert [answer["got"]["a"] for answer in answers] == [1, 2]


def test_several_servers_share_the_work() -> None:
    with serving(_answered) as first, serving(_answered) as second:
        _answers(RewardServers([_root(first), _root(second)]), [{}] * 8)
        assert (len(first.bodies), len(second.bodies)) == (4, 4)


def test_no_more_requests_at_a_time_than_allowed() -> None:
    with serving(_answered) as server:
        _answers(RewardServers([_root(server)], concurrency=2), [{}] * 12)
        assert server.most_under_way <= 2


def test_a_refused_request_is_the_servers_sentence_and_not_asked_again() -> None:
    refusal = json.dumps({"detail": "Rollout 1, reference: the image is empty (0 bytes)."})
    with serving(lambda number, body: (422, refusal.encode())) as server:
        error = _error(RewardServers([_root(server)]))
        assert str(error) == "Rollout 1, reference: the image is empty (0 bytes)."
        assert error.kind == "refused"
        assert len(server.bodies) == 1


def test_a_wrong_token_is_one_sentence() -> None:
    with serving(lambda number, body: (401, b"{}")) as server:
        error = _error(RewardServers([_root(server)]))
    assert "refuses the token (401); set ERM_SERVE_TOKEN" in str(error)


def test_a_request_that_nobody_answers_is_given_up() -> None:
    down = f"http://127.0.0.1:{_free_port()}"
    error = _error(RewardServers([down], patience=0.5))
    assert str(error).startswith("No reward server answered /v1/reward in 0.5 s")
    assert down in str(error)
    assert error.kind == "unreachable"


@pytest.mark.parametrize("address", ["", "ftp://x", "http://", "localhost:1", "http://h:99999"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ErmError, match="no address of a reward server"):
        RewardServers([address])


def test_what_is_no_reward_server_is_named() -> None:
    with serving(lambda number, body: (200, b"{}")) as server:
        error = _error(RewardServers([_root(server)]))
    assert str(error) == f"{_root(server)}/v1/reward?deadline=120.0 is no reward server."


def test_text_that_utf8_cannot_hold_is_sent() -> None:
    with serving(_answered) as server:
        (answer,) = _answers(RewardServers([_root(server)]), [{"completion": "\ud800"}])
    assert answer["got"] == {"completion": "\ud800"}


def test_requests_are_split_by_items_and_by_size() -> None:
    small, large = {"image": "x"}, {"image": "x" * (5 << 20)}
    assert spans([], 4) == []
    assert spans([small] * 5, 2) == [range(2), range(2, 4), range(4, 5)]
    assert spans([large, large, small], 8) == [range(1), range(1, 3)]
