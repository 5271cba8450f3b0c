"""The critic and the policy behind an endpoint, against a real HTTP server on localhost."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from erm.critics.base import ImagePair
from erm.critics.endpoint import EndpointCritic, published_endpoint, report_schema
from erm.critics.loading import critic_from_spec
from erm.endpoints.client import Endpoint
from erm.endpoints.settings import connection_settings
from erm.errors import ErmError
from erm.images import open_image
from erm.policies.base import Request, Revision
from erm.policies.endpoint import EndpointPolicy
from erm.policies.loading import policy_from_spec
from erm.report import categories_of
from erm.tasks import task_names

GOOD = (
    '{"errors": [{"category": "style_error", "severity": 2, "location": "a", "description": "b"}]}'
)
PAIR = ImagePair("svg", Image.new("RGB", (20, 10), "red"), Image.new("RGB", (20, 10), "blue"))


class Server(ThreadingHTTPServer):
    """Answers chat completions with prepared texts and keeps the requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Chat)
        self.requests: list[dict[str, Any]] = []
        self.reply: Callable[[int], str] = lambda number: GOOD
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Chat(BaseHTTPRequestHandler):
    """One request."""

    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        message = {"role": "assistant", "content": self.server.reply(len(self.server.requests))}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        answer = {"id": "1", "object": "chat.completion", "created": 0, "model": "m"}
        content = json.dumps({**answer, "choices": [choice]}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    running = Server()
    threading.Thread(target=running.serve_forever, daemon=True).start()
    monkeypatch.setenv("OPENAI_BASE_URL", running.url)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    yield running
    running.shutdown()
    running.server_close()


def test_a_pair_is_asked_with_the_published_sampling(server: Server) -> None:
    critique = critic_from_spec("openai:judge-8b").critique([PAIR])[0]
    assert critique.severity == 2
    request = server.requests[0]
    assert request["model"] == "judge-8b"
    expected = {"temperature": 0.7, "top_p": 0.8, "top_k": 20, "presence_penalty": 1.5}
    assert {key: request[key] for key in expected} == expected
    assert request["max_tokens"] == 4096
    assert "response_format" not in request
    kinds = [part["type"] for part in request["messages"][0]["content"]]
    assert kinds == ["image_url", "image_url", "text"]


def test_the_public_service_is_not_asked_for_what_it_refuses() -> None:
    assert "extra_body" not in published_endpoint("m", api_key="k", base_urls=()).options


def test_an_unparsable_reply_is_counted_and_asked_anew(server: Server, tmp_path: Path) -> None:
    server.reply = lambda number: "I see no difference" if number == 1 else GOOD
    journal = tmp_path / "journal.jsonl"
    critic = EndpointCritic("m", endpoint=published_endpoint("m", journal=journal))
    assert critic.critique([PAIR])[0].parsed is None
    assert critic.critique([PAIR])[0].severity == 2
    assert (critic.asked, critic.unparsable, len(server.requests)) == (2, 1, 2)
    resumed = EndpointCritic("m", endpoint=published_endpoint("m", journal=journal))
    assert resumed.critique([PAIR])[0].parsed is None
    assert resumed.critique([PAIR])[0].severity == 2
    assert len(server.requests) == 2


@pytest.mark.parametrize("task", task_names())
def test_a_schema_admits_exactly_the_tasks_categories(task: str, server: Server) -> None:
    schema = report_schema(task)
    item = schema["properties"]["errors"]["items"]
    key = "type" if task == "table" else "category"
    assert tuple(item["properties"][key]["enum"]) == categories_of(task)
    critic = EndpointCritic("m", constrained=True)
    critic.critique([ImagePair(task, PAIR.reference, PAIR.candidate)])
    assert server.requests[0]["response_format"]["json_schema"]["schema"] == schema


def test_large_images_are_scaled_alike(server: Server) -> None:
    tall, wide = Image.new("RGB", (100, 1536)), Image.new("RGB", (200, 768))
    EndpointCritic("m").critique([ImagePair("table", tall, wide)])
    content = server.requests[0]["messages"][0]["content"]
    images = [b64decode(part["image_url"]["url"].partition(",")[2]) for part in content[:2]]
    assert [open_image(image).size for image in images] == [(50, 768), (100, 384)]


def test_bad_input_is_one_sentence(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    critic = EndpointCritic("m")
    with pytest.raises(ErmError, match="candidate: the image is empty"):
        critic.critique([ImagePair("svg", PAIR.reference, b"")])
    with pytest.raises(ErmError, match="Unknown task"):
        critic.critique([ImagePair("sheet", PAIR.reference, PAIR.candidate)])
    with pytest.raises(ErmError, match="names no model"):
        critic_from_spec("openai:")
    assert not server.requests
    server.status = 404
    with pytest.raises(ErmError, match="does not know the model"):
        critic.critique([PAIR])
    monkeypatch.delenv("OPENAI_BASE_URL")
    with pytest.raises(ErmError, match="OPENAI_API_KEY"):
        critic_from_spec("openai:m")


def test_how_servers_are_reached_can_be_told(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = "http://127.0.0.1:9/v1"
    told = connection_settings([f"base_urls={silent},{server.url}", "concurrency=2", "timeout=5"])
    assert (told.concurrency, told.timeout) == (2, 5.0)
    quick = told.model_copy(update={"first_delay": 0.0})
    assert critic_from_spec("openai:m", endpoint=quick).critique([PAIR])[0].severity == 2
    assert policy_from_spec("openai:m", endpoint=quick).complete([Request("svg", PAIR.reference)])
    monkeypatch.setenv("OPENAI_BASE_URL", f"{silent}, {server.url}")
    assert Endpoint("m").base_urls == (silent, server.url)


def test_a_silent_server_is_given_up() -> None:
    endpoint = Endpoint("m", base_urls=["http://127.0.0.1:9/v1"], attempts=1)
    with pytest.raises(ErmError, match="gave no answer in 1 tries"):
        EndpointCritic("m", endpoint=endpoint).critique([PAIR])


def test_a_policy_completes_and_revises(server: Server) -> None:
    server.reply = lambda number: f"draft {number}"
    policy = policy_from_spec("openai:painter")
    assert isinstance(policy, EndpointPolicy)
    image = Image.new("RGB", (8, 8))
    assert policy.complete([Request("svg", image)]) == ["draft 1"]
    assert policy.revise([Revision("svg", image, "old code", "is too small")]) == ["draft 2"]
    text = server.requests[1]["messages"][0]["content"][-1]["text"]
    assert "old code" in text
    assert "is too small" in text
