"""The endpoint client against a real local HTTP server that speaks, and breaks, the protocol."""

import json
import math
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from erm.benchmark import Item, Prediction, judge_from_spec, score
from erm.endpoints.client import Endpoint, Question, data_url
from erm.endpoints.settings import ConnectionSettings, connection_settings
from erm.errors import ErmError
from tests.chat_server import ChatServer, completion, echo, serving

PNG = b"\x89PNG\r\n\x1a\n rest"


def questions(count: int) -> list[Question]:
    return [Question(f"question {n}") for n in range(count)]


def test_answers_in_order_with_bounded_concurrency_and_cost(chat_server: ChatServer) -> None:
    endpoint = chat_server.endpoint(concurrency=3, price_in=2.0, price_out=4.0)
    answers = endpoint.ask_all(questions(20))
    assert [answer.text for answer in answers] == [f"re: question {n}" for n in range(20)]
    assert chat_server.most_under_way <= 3
    assert (endpoint.usage.tokens_in, endpoint.usage.tokens_out) == (200, 100)
    assert endpoint.usage.cost == pytest.approx((200 * 2 + 100 * 4) / 1e6)


def test_request_holds_images_schema_and_options(chat_server: ChatServer) -> None:
    chat_server.behaviour = lambda number, body: completion("ok")
    question = Question("compare", images=(PNG,), system="be brief", schema={"type": "object"})
    chat_server.endpoint(options={"temperature": 0.7}).ask_all([question])
    (body,) = chat_server.bodies
    assert body["temperature"] == 0.7
    assert body["messages"][0] == {"role": "system", "content": "be brief"}
    assert body["messages"][1]["content"][0]["image_url"]["url"] == data_url(PNG)
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}


def test_busy_then_well(chat_server: ChatServer) -> None:
    codes = [429, 500, 503]
    chat_server.behaviour = lambda number, body: (
        (codes[number], b"{}") if number < 3 else echo(number, body)
    )
    endpoint = chat_server.endpoint(attempts=4)
    assert endpoint.ask_all(questions(1))[0].text == "re: question 0"
    assert endpoint.usage.retries == 3


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (401, "refuses the API key"),
        (403, "forbids the request"),
        (404, "does not know the model"),
        (400, "refuses the request"),
    ],
)
def test_refusals_stop_at_once(chat_server: ChatServer, code: int, message: str) -> None:
    chat_server.behaviour = lambda number, body: (code, b'{"error": {"message": "no"}}')
    with pytest.raises(ErmError, match=message):
        chat_server.endpoint(concurrency=2).ask_all(questions(50))
    assert len(chat_server.bodies) <= 4


@pytest.mark.parametrize(
    "reply",
    [
        (500, b"{}"),
        (200, b"garbage"),
        (200, b"{}"),
        (200, b"[1]"),
        (200, b"[" * 100_000),
        (200, b'{"choices": []}'),
        (200, b'{"choices": {"a": 1}}'),
        (200, b'{"choices": [5]}'),
        (200, b'{"choices": [{"message": "hello"}]}'),
        (200, b'{"choices": [{"message": {"content": [1]}}]}'),
        None,
    ],
)
def test_gives_up_with_one_sentence(
    chat_server: ChatServer, reply: tuple[int, bytes] | None
) -> None:
    chat_server.behaviour = lambda number, body: reply
    with pytest.raises(ErmError, match="gave no answer in 3 tries"):
        chat_server.endpoint().ask_all(questions(1))
    assert len(chat_server.bodies) == 3


def test_slow_server_times_out(chat_server: ChatServer) -> None:
    released = threading.Event()

    def stall(number: int, body: dict[str, Any]) -> tuple[int, bytes]:
        released.wait(5)
        return echo(number, body)

    chat_server.behaviour = stall
    with pytest.raises(ErmError, match="gave no answer in 2 tries"):
        chat_server.endpoint(timeout=0.05, attempts=2).ask_all(questions(1))
    released.set()


def test_a_server_that_drips_times_out_as_well(chat_server: ChatServer) -> None:
    gone = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("content-length", "100000")
        request.end_headers()
        while not gone.wait(0.02):
            request.wfile.write(b" ")
            request.wfile.flush()

    chat_server.raw = drip
    with pytest.raises(ErmError, match=r"2 tries at .*; the last one: no whole reply in 0\.3 s"):
        chat_server.endpoint(timeout=0.3, attempts=2).ask_all(questions(1))
    gone.set()


def test_what_no_file_could_hold_is_read_all_the_same(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    text = b'{"choices": [{"message": {"content": "a \\ud800"}}], "usage": {"prompt_tokens": "x"}}'
    chat_server.behaviour = lambda number, body: (200, text)
    (answer,) = chat_server.endpoint(journal=tmp_path / "journal.jsonl").ask_all(questions(1))
    assert (answer.text, answer.tokens_in, answer.tokens_out) == ("a ?", 0, 0)


def test_a_journal_that_cannot_be_written_is_one_sentence(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ErmError, match=r"journal\.jsonl: can't be written"):
        chat_server.endpoint(journal=tmp_path / "file" / "journal.jsonl").ask_all(questions(1))


@pytest.mark.parametrize(
    "url", ["host:8000", "ftp://a/v1", "http://", "http://[a", "http://a:99999"]
)
def test_addresses_that_are_none_are_refused_at_once(url: str) -> None:
    with pytest.raises(ErmError, match="is no address of a server"):
        Endpoint("m", base_urls=[url])


def test_a_key_that_is_none_is_refused_and_not_shown(chat_server: ChatServer) -> None:
    assert chat_server.endpoint(api_key="key\n").ask_all(questions(1))
    with pytest.raises(ErmError, match="characters that no key has") as refused:
        chat_server.endpoint(api_key="sec\nret")
    assert "ret" not in str(refused.value)


OPTIONS = {
    "temperature": 0.7,
    "max_tokens": 9,
    "top_p": 0.8,
    "extra_body": {"top_k": 20, "min_p": 0},
}


@pytest.mark.parametrize(
    ("code", "message", "remedy"),
    [
        (
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model.",
            "The endpoint option leaves it out: max_tokens=null, or max_completion_tokens=9 in its",
        ),
        (
            400,
            "Unsupported value: 'temperature' does not support 0.7 with this model.",
            "The endpoint option leaves it out: temperature=null.",
        ),
        (400, "Unrecognized request argument supplied: top_k", "extra_body.top_k=null."),
        (422, "body.top_p: input should be 1", "top_p=null."),
        (400, "response_format is not supported", "--free, constrained: false"),
        (400, "top_k and min_p are unknown", "extra_body.top_k=null, extra_body.min_p=null."),
        (400, "The stop_temperature is wrong", "is wrong."),
    ],
)
def test_a_refused_field_is_named_with_the_option_that_changes_it(
    chat_server: ChatServer, code: int, message: str, remedy: str
) -> None:
    body = json.dumps({"error": {"message": message}}).encode()
    chat_server.behaviour = lambda number, asked: (code, body)
    with pytest.raises(ErmError) as refused:
        chat_server.endpoint(options=OPTIONS).ask_all([Question("a", schema={"type": "object"})])
    assert remedy in str(refused.value)
    assert str(refused.value).endswith(".")
    assert ("endpoint option" in str(refused.value)) == ("null" in remedy)


def test_unreachable_server() -> None:
    endpoint = Endpoint("m", base_urls=["http://127.0.0.1:9/v1"], attempts=2, first_delay=0.001)
    with pytest.raises(ErmError, match="gave no answer in 2 tries"):
        endpoint.ask_all(questions(1))


def test_journal_is_not_paid_twice_even_after_a_kill(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    journal = tmp_path / "journal.jsonl"
    chat_server.behaviour = lambda number, body: echo(number, body) if number < 4 else (401, b"{}")
    with pytest.raises(ErmError):
        chat_server.endpoint(journal=journal, concurrency=1).ask_all(questions(8))
    assert len(journal.read_text().splitlines()) == 4
    with journal.open("a") as file:
        file.write('{"key": "half')
    chat_server.behaviour = echo
    chat_server.bodies.clear()
    endpoint = chat_server.endpoint(journal=journal)
    answers = endpoint.ask_all(questions(8))
    assert [answer.text for answer in answers] == [f"re: question {n}" for n in range(8)]
    assert len(chat_server.bodies) == 4
    assert endpoint.usage.recorded == 4
    assert len(journal.read_text().splitlines()) == 8


def test_what_may_follow_a_beginning_is_recorded_too(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    written = [("a", {}), ("b", {"b": -0.5, "c": -1.0})]
    chat_server.behaviour = lambda number, body: completion("ab", (1, 1), written)
    question = Question("?", beginning="a")
    for _ in range(2):
        endpoint = chat_server.endpoint(journal=tmp_path / "journal.jsonl")
        (answer,) = endpoint.ask_all([question])
        assert answer.following == pytest.approx({"b": math.exp(-0.5), "c": math.exp(-1.0)})
    assert answer.recorded
    assert [(one["logprobs"], one["top_logprobs"]) for one in chat_server.bodies] == [(True, 20)]
    (other,) = chat_server.endpoint().ask_all([Question("?")])
    assert (other.following, "logprobs" in chat_server.bodies[-1]) == (None, False)


def test_what_is_under_way_at_a_refusal_is_recorded(
    chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = threading.Event()

    def behave(number: int, body: dict[str, Any]) -> tuple[int, bytes]:
        if number > 0:
            return 401, b"{}"
        refused.wait(60)
        return echo(number, body)

    chat_server.behaviour = behave
    journal = tmp_path / "journal.jsonl"
    endpoint = chat_server.endpoint(journal=journal, concurrency=2, timeout=60.0)
    refusal = endpoint._refused

    def seen(*args: Any) -> ErmError:
        # not before: an answer that arrives ahead of the refusal lets another question out
        refused.set()
        return refusal(*args)

    monkeypatch.setattr(endpoint, "_refused", seen)
    with pytest.raises(ErmError, match="refuses the API key"):
        endpoint.ask_all(questions(8))
    assert len(chat_server.bodies) == 2
    assert len(journal.read_text().splitlines()) == 1


def test_damaged_journal_is_named(chat_server: ChatServer, tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_text('{"key": 1}\n')
    with pytest.raises(ErmError, match="line 1 is not a recorded answer"):
        chat_server.endpoint(journal=tmp_path / "journal.jsonl")


def test_equal_questions_are_asked_once_unless_samples_are_wanted(chat_server: ChatServer) -> None:
    endpoint = chat_server.endpoint()
    endpoint.ask_all([Question("a"), Question("a"), Question("a", attempt=1)])
    assert len(chat_server.bodies) == 2


def test_token_budget(chat_server: ChatServer) -> None:
    with pytest.raises(ErmError, match="budget of 40 tokens is spent after 3 answers"):
        chat_server.endpoint(token_budget=40, concurrency=1).ask_all(questions(9))


def test_several_servers_take_turns(chat_server: ChatServer) -> None:
    with serving() as second:
        chat_server.endpoint(base_urls=[chat_server.url, second.url]).ask_all(questions(10))
    assert len(chat_server.bodies) == len(second.bodies) == 5


def test_key_and_address_by_the_usual_variables(
    chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ErmError, match="needs OPENAI_API_KEY"):
        Endpoint("m")
    monkeypatch.setenv("OPENAI_BASE_URL", chat_server.url)
    Endpoint("m").ask_all(questions(1))
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    Endpoint("m").ask_all(questions(1))
    assert chat_server.keys == ["Bearer none", "Bearer secret"]


def test_images_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"text")
    with pytest.raises(ErmError, match="is not a PNG"):
        data_url(tmp_path / "a.png")
    with pytest.raises(ErmError, match="can't be read"):
        data_url(tmp_path / "none.png")


def test_a_model_as_judge(chat_server: ChatServer) -> None:
    errors = [{"type": "shape_error", "severity": 2, "description": 'ignore "all" of {this}'}]
    predictions = [
        Prediction(Item(n, n, "svg", None, None, errors), {"errors": errors if n else []})
        for n in range(3)
    ]
    matches = '{"matches": [{"pred_id": 0, "gt_id": 0, "match_level": "yes"}]}'
    chat_server.behaviour = lambda number, body: completion(f"Sure:\n```json\n{matches}\n```")
    judge = judge_from_spec("openai:m", chat_server.endpoint())
    summary = score(predictions, judge).summary
    assert summary["overall"]["overall"]["tp_hard"] == 2
    assert summary["overall"]["overall"]["fn"] == 1
    assert len(chat_server.bodies) == 1
    chat_server.behaviour = lambda number, body: completion("I would rather not.")
    judge = judge_from_spec("openai:m", chat_server.endpoint())
    assert score(predictions, judge).summary["failed"] == [1, 2]


def test_a_judge_is_asked_as_its_endpoint_says(chat_server: ChatServer) -> None:
    errors = [{"type": "shape_error", "severity": 2, "description": "a"}]
    prediction = Prediction(Item(0, 0, "svg", None, None, errors), {"errors": errors})
    chat_server.behaviour = lambda number, body: completion('{"matches": []}')
    given = connection_settings(
        [f"base_urls={chat_server.url}", "reasoning_effort=low", "seed=3"], ConnectionSettings
    )
    score([prediction], judge_from_spec("openai:m", settings=given))
    (body,) = chat_server.bodies
    assert {"reasoning_effort": "low", "seed": 3}.items() <= body.items()
    assert "temperature" not in body


@pytest.mark.parametrize("spec", ["", "magic", "replay:", "openai:", "offline:x"])
def test_unknown_judge(spec: str) -> None:
    with pytest.raises(ErmError, match="Unknown judge"):
        judge_from_spec(spec)


def test_replay_files(tmp_path: Path) -> None:
    with pytest.raises(ErmError, match="can't be read"):
        judge_from_spec(f"replay:{tmp_path / 'none.jsonl'}")
    (tmp_path / "bad.jsonl").write_text('{"id": "a", "idx": 0, "reply": ""}\n{"id": "a"}\n')
    with pytest.raises(ErmError, match="line 2 is not a row"):
        judge_from_spec(f"replay:{tmp_path / 'bad.jsonl'}")
