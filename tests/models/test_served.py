"""What a server is sent for a model that was trained here, against what the model sees in-process.

The server is one of chat completions; the real vLLM is in tests/endpoints/test_vllm.py.
"""

from __future__ import annotations

import json
import math
import shutil
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw
from transformers import AutoTokenizer
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from erm.critics.base import ImagePair
from erm.critics.loading import critic_from_spec
from erm.critics.settings import CriticEndpointSettings
from erm.endpoints.errors import EndpointError
from erm.endpoints.settings import connection_settings
from erm.errors import ErmError
from erm.images import open_image
from erm.models.location import endpoint_model
from erm.models.processor import PairProcessor
from erm.models.prompts import conversation, critic_prompt
from erm.models.qwen3vl import build_processor
from erm.models.role import Role, write_role
from erm.models.settings import ModelSettings
from erm.policies.base import Request, RevisingPolicy
from erm.policies.loading import policy_from_spec
from tests.chat_server import ChatServer, Tokens, completion

PROMPT = critic_prompt("svg", brief=True)


def _page(*marks: tuple[int, int, int, int]) -> Image.Image:
    image = Image.new("RGB", (160, 100), "white")
    for mark in marks:
        ImageDraw.Draw(image).rectangle(mark, fill="red")
    return image


PAIR = ImagePair("svg", _page((60, 40, 71, 51), (10, 80, 13, 83)), _page())


@pytest.fixture(scope="module", params=[None, {"most": 2, "side": 56}], ids=["plain", "details"])
def copy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a critic without its weights."""
    folder = tmp_path_factory.mktemp("copy")
    settings = ModelSettings.model_validate(
        {"name": "tiny", "pair_encoding": "two_images", "details": request.param}
    )
    texts = [f"{PROMPT} 0123456789"] * 20
    build_processor(settings, texts, vocabulary=300, max_side=112).save_pretrained(folder)
    write_role(Role(role="critic", prompts={"svg": PROMPT}, max_new_tokens=99, graded=True), folder)
    return folder


@pytest.fixture
def server(chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> ChatServer:
    monkeypatch.setenv("OPENAI_BASE_URL", chat_server.url)
    chat_server.behaviour = lambda number, body: completion('{"errors": []}')
    return chat_server


def _as_a_server_reads(folder: Path, body: dict[str, Any]) -> tuple[list[int], Any]:
    """Tokens and patches of a request, from the folder's files by transformers' own classes."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    parts, images = [], []
    for part in body["messages"][0]["content"]:
        if part["type"] == "image_url":
            images.append(open_image(b64decode(part["image_url"]["url"].partition(",")[2])))
            parts.append({"type": "image"})
        else:
            parts.append(part)
    cut = Qwen2VLImageProcessorPil.from_pretrained(folder)(images, return_tensors="pt")
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": parts}], add_generation_prompt=True, tokenize=False
    )
    pad = "<|image_pad|>"
    for grid in cut["image_grid_thw"]:
        text = text.replace(pad, "<|placeholder|>" * int(grid.prod() // 4), 1)
    return tokenizer(text.replace("<|placeholder|>", pad))["input_ids"], cut["pixel_values"]


def test_a_server_reads_the_tokens_and_patches_of_the_local_critic(
    copy: Path, server: ChatServer
) -> None:
    critic_from_spec(f"openai:m={copy}").critique([PAIR])
    read, patches = _as_a_server_reads(copy, server.bodies[0])
    processor = PairProcessor.from_pretrained(copy)
    text = processor.apply_chat_template(
        conversation(PROMPT, 2), add_generation_prompt=True, tokenize=False
    )
    ours = processor(images=[list(PAIR[1:])], text=[text], return_tensors="pt")
    assert read == ours["input_ids"][0].tolist()
    torch.testing.assert_close(patches, ours["pixel_values"])
    assert ("37 25 45 32" in processor.tokenizer.decode(read)) == (processor.details > 0)


def test_a_request_is_as_in_process_unless_options_say_otherwise(
    copy: Path, server: ChatServer
) -> None:
    critic_from_spec(f"openai:m={copy}").critique([PAIR])
    given = ["temperature=0.5", "extra_body.top_k=3"]
    options = connection_settings(given, CriticEndpointSettings)
    critic_from_spec(f"openai:m={copy}", endpoint=options, constrained=True).critique([PAIR])
    first, second = ({**body, "messages": None} for body in server.bodies)
    asked = {"temperature": 0.0, "max_tokens": 99, "logprobs": True, "top_logprobs": 20}
    assert first == {"model": "m", "messages": None, **asked}
    assert second["response_format"]["type"] == "json_schema"
    assert (second["temperature"], second["max_tokens"], second["top_k"]) == (0.5, 99, 3)


def test_expected_severity_is_that_of_the_likely_grades(copy: Path, server: ChatServer) -> None:
    grades = {"3": math.log(0.6), "6": math.log(0.2), "}": math.log(0.1)}
    written = [('{"', {}), ('overall":', {}), ("3", grades), (',"errors":[]}', {})]
    text = "".join(token for token, _ in written)
    server.behaviour = lambda number, body: completion(text, (1, 1), written)
    critic = critic_from_spec(f"openai:m={copy}")
    (critique,) = critic.critique([PAIR])
    assert critique.expected_severity == pytest.approx((0.6 * 3 + 0.2 * 9) / 0.8)
    assert critic.grade_each([PAIR]) == [critique.expected_severity]
    assert ["stop" in body for body in server.bodies] == [False, True]
    assert server.bodies[1]["stop"] == [","]


@pytest.mark.parametrize("written", [None, [("[", {"[": 0.0})], [('{"overall":', {}), ("x", {})]])
def test_a_server_that_gives_no_grade_leaves_the_reported_sum(
    written: Tokens | None, copy: Path, server: ChatServer
) -> None:
    server.behaviour = lambda number, body: completion('{"errors": []}', (1, 1), written)
    critic = critic_from_spec(f"openai:m={copy}")
    (critique,) = critic.critique([PAIR])
    assert (critique.severity, critique.expected_severity) == (0, None)
    (error,) = critic.grade_each([PAIR])
    assert isinstance(error, EndpointError)
    assert "no probabilities of a grade came with the reply" in str(error)


def test_stored_replies_are_those_to_the_same_questions(
    copy: Path, server: ChatServer, tmp_path: Path
) -> None:
    before = critic_from_spec(f"openai:m={copy}").identity
    other = tmp_path / "other"
    shutil.copytree(copy, other)
    assert critic_from_spec(f"openai:m={other}").identity == before
    card = other / "processor_config.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"max_side": 56}))
    assert critic_from_spec(f"openai:m={other}").identity != before
    assert critic_from_spec("openai:m").identity != before


def test_a_served_policy_gets_its_cue_and_its_size(tiny_policy: Path, server: ChatServer) -> None:
    policy = policy_from_spec(f"openai:m={tiny_policy}")
    assert not isinstance(policy, RevisingPolicy)
    policy.complete([Request("svg", _page())])
    image, text = server.bodies[0]["messages"][0]["content"]
    assert text["text"] == "draw svg"
    shown = open_image(b64decode(image["image_url"]["url"].partition(",")[2]))
    # Scaled to 56 × 35 pixels, on a canvas of whole merged patches.
    assert shown.size == (56, 56)
    assert server.bodies[0]["max_tokens"] == 12


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("openai:=x", "names no model"),
        ("openai:m=", "names no folder after '='"),
        ("openai:m=nowhere", "nowhere: no such critic"),
    ],
)
def test_specs_that_name_too_little_are_refused(spec: str, reason: str, server: ChatServer) -> None:
    with pytest.raises(ErmError, match=reason):
        critic_from_spec(spec)
    assert endpoint_model("openai: a = b ") == ("a", "b")


def test_what_no_server_can_be_sent_is_refused(
    tiny_critic: Path, copy: Path, server: ChatServer
) -> None:
    with pytest.raises(ErmError, match="which no server can be sent; train the critic with"):
        critic_from_spec(f"openai:m={tiny_critic}")
    other = CriticEndpointSettings(prompts={"svg": "Compare."})
    with pytest.raises(ErmError, match="asked with the prompts of its folder; leave out"):
        critic_from_spec(f"openai:m={copy}", endpoint=other)
    critic = critic_from_spec(f"openai:m={copy}")
    with pytest.raises(ErmError, match="knows the tasks svg, not table"):
        critic.critique([ImagePair("table", *PAIR[1:])])
    assert not server.bodies
