"""The critic and the policy behind an endpoint, against a real HTTP server on localhost."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from erm.benchmark import Item
from erm.critics.base import ImagePair
from erm.critics.endpoint import EndpointCritic, published_endpoint, report_schema
from erm.critics.loading import critic_from_spec
from erm.critics.prediction import predict
from erm.critics.settings import CriticEndpointSettings
from erm.endpoints.client import Endpoint
from erm.endpoints.settings import ConnectionSettings, connection_settings
from erm.errors import ErmError
from erm.images import encode_png, open_image
from erm.policies.base import Request, Revision
from erm.policies.endpoint import EndpointReviser
from erm.policies.loading import policy_from_spec
from erm.report import readable_categories
from erm.tasks import task_names
from tests.chat_server import ChatServer, completion

GOOD = (
    '{"errors": [{"category": "style_error", "severity": 2, "location": "a", "description": "b"}]}'
)
PAIR = ImagePair("svg", Image.new("RGB", (20, 10), "red"), Image.new("RGB", (20, 10), "blue"))


def critic_options(*assignments: str) -> CriticEndpointSettings:
    """Of a critic, as on the command line."""
    return connection_settings(assignments, CriticEndpointSettings)


def good(number: int, body: dict[str, Any]) -> tuple[int, bytes]:
    return completion(GOOD)


@pytest.fixture
def server(chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> ChatServer:
    """Found by the usual variable; every reply is a report of severity 2."""
    chat_server.behaviour = good
    monkeypatch.setenv("OPENAI_BASE_URL", chat_server.url)
    return chat_server


def test_a_pair_is_asked_with_the_published_sampling(server: ChatServer) -> None:
    critique = critic_from_spec("openai:judge-8b").critique([PAIR])[0]
    assert critique.severity == 2
    request = server.bodies[0]
    assert request["model"] == "judge-8b"
    expected = {"temperature": 0.7, "top_p": 0.8, "top_k": 20, "presence_penalty": 1.5}
    assert {key: request[key] for key in expected} == expected
    assert request["max_tokens"] == 4096
    assert "response_format" not in request
    kinds = [part["type"] for part in request["messages"][0]["content"]]
    assert kinds == ["image_url", "image_url", "text"]


def test_the_public_service_is_not_asked_for_what_it_refuses() -> None:
    assert "extra_body" not in published_endpoint("m", api_key="k", base_urls=()).options


def test_an_unparsable_reply_is_counted_and_asked_anew(server: ChatServer, tmp_path: Path) -> None:
    replies = ["I see no difference", GOOD]
    server.behaviour = lambda number, body: completion(replies[number])
    journal = tmp_path / "journal.jsonl"
    critic = EndpointCritic("m", endpoint=published_endpoint("m", journal=journal))
    assert critic.critique([PAIR])[0].parsed is None
    assert critic.critique([PAIR])[0].severity == 2
    assert (critic.asked, critic.unparsable, len(server.bodies)) == (2, 1, 2)
    resumed = EndpointCritic("m", endpoint=published_endpoint("m", journal=journal))
    assert resumed.critique([PAIR])[0].parsed is None
    assert resumed.critique([PAIR])[0].severity == 2
    assert len(server.bodies) == 2


@pytest.mark.parametrize("task", task_names())
def test_a_schema_admits_every_category_that_is_read(task: str, server: ChatServer) -> None:
    schema = report_schema(task)
    item = schema["properties"]["errors"]["items"]
    key = "type" if task == "table" else "category"
    assert tuple(item["properties"][key]["enum"]) == readable_categories(task)
    critic = EndpointCritic("m", constrained=True)
    critic.critique([ImagePair(task, PAIR.reference, PAIR.candidate)])
    assert server.bodies[0]["response_format"]["json_schema"]["schema"] == schema


def test_large_images_are_scaled_alike(server: ChatServer) -> None:
    tall, wide = Image.new("RGB", (100, 1536)), Image.new("RGB", (200, 768))
    EndpointCritic("m").critique([ImagePair("table", tall, wide)])
    content = server.bodies[0]["messages"][0]["content"]
    images = [b64decode(part["image_url"]["url"].partition(",")[2]) for part in content[:2]]
    assert [open_image(image).size for image in images] == [(50, 768), (100, 384)]


def test_bad_input_is_one_sentence(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    critic = EndpointCritic("m")
    with pytest.raises(ErmError, match="candidate: the image is empty"):
        critic.critique([ImagePair("svg", PAIR.reference, b"")])
    with pytest.raises(ErmError, match="Unknown task"):
        critic.critique([ImagePair("sheet", PAIR.reference, PAIR.candidate)])
    with pytest.raises(ErmError, match="names no model"):
        critic_from_spec("openai:")
    assert not server.bodies
    server.behaviour = lambda number, body: (404, b"{}")
    with pytest.raises(ErmError, match="does not know the model"):
        critic.critique([PAIR])
    monkeypatch.delenv("OPENAI_BASE_URL")
    with pytest.raises(ErmError, match="OPENAI_API_KEY"):
        critic_from_spec("openai:m")


def test_how_servers_are_reached_is_an_option(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = "http://127.0.0.1:9/v1"
    given = critic_options(f"base_urls={silent},{server.url}", "concurrency=2", "timeout=5")
    assert (given.concurrency, given.timeout) == (2, 5.0)
    quick = given.model_copy(update={"first_delay": 0.0})
    assert critic_from_spec("openai:m", endpoint=quick).critique([PAIR])[0].severity == 2
    assert policy_from_spec("openai:m", endpoint=quick).complete([Request("svg", PAIR.reference)])
    monkeypatch.setenv("OPENAI_BASE_URL", f"{silent}, {server.url}")
    assert Endpoint("m").base_urls == (silent, server.url)


def test_a_model_that_others_trained_is_asked_with_its_own_prompts(
    server: ChatServer, tmp_path: Path
) -> None:
    file = tmp_path / "prompts.yaml"
    file.write_text("svg: Which errors does the second icon have?\n")
    given = critic_options(f"prompts={file}")
    critic = critic_from_spec("openai:m", endpoint=given)
    assert critic.critique([PAIR])[0].severity == 2
    *images, asked = server.bodies[0]["messages"][0]["content"]
    assert asked["text"] == "Which errors does the second icon have?"
    assert [part["type"] for part in images] == ["image_url", "image_url"]
    with pytest.raises(ErmError, match="openai:m has no prompt for task chart, only for svg"):
        critic.critique([PAIR._replace(task="chart")])
    # a stored reply belongs to the prompt that it answered, and a file's content is what counts
    assert critic.identity != critic_from_spec("openai:m").identity
    inline = CriticEndpointSettings(prompts={"svg": "Which errors does the second icon have?"})
    assert critic.identity == critic_from_spec("openai:m", endpoint=inline).identity
    assert CriticEndpointSettings.model_validate_json(given.model_dump_json()) == given


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        ("/nowhere.yaml", r"/nowhere\.yaml: the prompts can't be read"),
        ({}, r"endpoint\.prompts: holds no prompts"),
        ({"map": "?"}, r"endpoint\.prompts: Unknown task 'map'"),
        ({"svg": " "}, r"endpoint\.prompts: the prompt of task svg is no text"),
    ],
)
def test_bad_prompts_are_one_sentence(prompts: Any, message: str) -> None:
    with pytest.raises(ErmError, match=message):
        CriticEndpointSettings(prompts=prompts)
    with pytest.raises(ErmError, match=r"Endpoint option 'prompts'"):
        connection_settings(["prompts=a.yaml"], ConnectionSettings)


def reasoning(number: int, body: dict[str, Any]) -> tuple[int, bytes]:
    """A model of OpenAI that refuses the older names and any sampling."""
    for name in ("max_tokens", "temperature", "top_p", "presence_penalty", "top_k"):
        if name in body:
            error = {"message": f"Unsupported parameter: '{name}' is not supported.", "param": name}
            return 400, json.dumps({"error": error}).encode()
    return completion(GOOD)


def test_models_that_refuse_sampling_are_critic_and_policy_by_option(server: ChatServer) -> None:
    server.behaviour = reasoning
    options = ["max_completion_tokens=4096", "temperature=null"]
    with pytest.raises(ErmError, match=r"option leaves it out: max_tokens=null, or max_completion"):
        critic_from_spec("openai:m").critique([PAIR])
    policy = policy_from_spec("openai:m", endpoint=connection_settings(options, ConnectionSettings))
    assert policy.complete([Request("svg", PAIR.reference)]) == [GOOD]
    options += ["top_p=null", "presence_penalty=null", "extra_body.top_k=null"]
    critic = critic_from_spec("openai:m", endpoint=critic_options(*options))
    assert critic.critique([PAIR])[0].severity == 2
    assert set(server.bodies[-1]) == {"model", "messages", "max_completion_tokens"}


def test_stored_answers_are_of_the_same_request(server: ChatServer, tmp_path: Path) -> None:
    red, blue = (encode_png(open_image(image)) for image in PAIR[1:])
    item = Item("a", 0, "svg", red, blue, [])
    target = tmp_path / "p.jsonl"
    predict([item], critic_from_spec("openai:m"), target, keep_answers=True)
    predict([item], critic_from_spec("openai:m"), target, keep_answers=True)
    assert len(server.bodies) == 1
    cold = critic_options("temperature=0")
    with pytest.raises(ErmError, match="another critic"):
        predict([item], critic_from_spec("openai:m", endpoint=cold), target)
    with pytest.raises(ErmError, match="another critic"):
        predict([item], critic_from_spec("openai:m"), target, replies="published")


def test_predictions_ask_again_and_say_what_was_no_report(
    server: ChatServer, tmp_path: Path
) -> None:
    replies = iter(['{"message": "blind"}', "[]", "no", f"[{GOOD}]"])
    server.behaviour = lambda number, body: completion(next(replies))
    red, blue = (encode_png(open_image(image)) for image in PAIR[1:])
    items = [Item(name, 0, "svg", red, blue, []) for name in "ab"]
    critic = critic_from_spec("openai:m")
    first, second = (predict([item], critic, tmp_path / f"{item.id}.jsonl")[0] for item in items)
    assert (first.pred_json, first.failure) == (None, "no report in the reply '[]'")
    assert second.pred_json["errors"][0]["severity"] == 2


def test_a_silent_server_is_given_up() -> None:
    endpoint = Endpoint("m", base_urls=["http://127.0.0.1:9/v1"], attempts=1)
    with pytest.raises(ErmError, match="gave no answer in 1 tries"):
        EndpointCritic("m", endpoint=endpoint).critique([PAIR])


def test_a_policy_completes_and_revises(server: ChatServer) -> None:
    server.behaviour = lambda number, body: completion(f"draft {number + 1}")
    policy = policy_from_spec("openai:painter")
    assert isinstance(policy, EndpointReviser)
    image = Image.new("RGB", (8, 8))
    assert policy.complete([Request("svg", image)]) == ["draft 1"]
    assert policy.revise([Revision("svg", image, "old code", "is too small")]) == ["draft 2"]
    text = server.bodies[1]["messages"][0]["content"][-1]["text"]
    assert "old code" in text
    assert "is too small" in text
