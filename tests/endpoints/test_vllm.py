"""Models that were trained here, on a real vLLM: `make vllm`.

Both models are trained for seconds on squares, the critic on two images with details. They are
served on the CPU, and their replies are compared with those in this process.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from PIL import Image, ImageDraw

from erm.critics.base import Critic, ImagePair
from erm.critics.endpoint import EndpointCritic, report_schema
from erm.critics.loading import critic_from_spec
from erm.critics.local import LocalCritic
from erm.critics.settings import CriticEndpointSettings, TrainCriticSettings
from erm.critics.training import train_critic
from erm.dataset.pairs import SplitWriter, read_references
from erm.endpoints.client import Endpoint, data_url
from erm.images import encode_png
from erm.models.prompts import conversation
from erm.models.served import served_model
from erm.models.settings import DetailSettings, ModelSettings, OptimizationSettings
from erm.policies.base import Request, write_completion
from erm.policies.evaluation import evaluate
from erm.policies.loading import policy_from_spec
from erm.policies.local import LocalPolicy
from erm.policies.settings import EvaluateSettings, TrainPolicySettings
from erm.policies.training import train_policy
from erm.render import Renderer
from erm.rewards.client import RewardClient
from erm.rewards.loading import load_reward
from erm.rewards.rollout import Rollout
from erm.rewards.settings import RewardSettings
from erm.synthesis.infer import infer
from erm.synthesis.settings import EndpointSettings, InferSettings
from tests.drawing import AS_STATED
from tests.serving.processes import served
from tests.squares import square_pair, write_squares
from tests.waiting import until

pytestmark = pytest.mark.vllm

_START = 1800.0
"""Seconds within which vLLM must answer; about 60 where nothing else runs."""
_COLOURS = ("red", "blue", "green", "black", "orange", "purple")


class Vllm:
    """A vLLM that serves one folder as the model ``m``, until it is killed."""

    def __init__(self, folder: Path, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}/v1"
        self._folder, self._log = folder, log
        self.start()

    def start(self) -> None:
        options = ["--model", str(self._folder), "--served-model-name", "m", "--enforce-eager"]
        options += ["--host", "127.0.0.1", "--port", str(self._port), "--dtype", "float32"]
        options += ["--distributed-executor-backend", "uni"]
        options += ["--limit-mm-per-prompt", '{"video": 0}']
        # Critics write compact JSON. Where the grammar lets white space pass, they may go astray.
        compact = {"backend": "xgrammar", "disable_any_whitespace": True}
        options += ["--structured-outputs-config", json.dumps(compact)]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        environment |= {
            "OMP_NUM_THREADS": "1",
            "VLLM_CPU_OMP_THREADS_BIND": "nobind",
            "VLLM_CPU_KVCACHE_SPACE": "1",
            "VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS": "1800",
            "VLLM_NO_USAGE_STATS": "1",
            # Log-probabilities are compiled otherwise: minutes, and vLLM gives up on itself.
            "TORCHDYNAMO_DISABLE": "1",
            "HF_HUB_OFFLINE": "1",
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [os.environ["VLLM_PYTHON"], "-m", "vllm.entrypoints.openai.api_server", *options],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Return once it answers; fail with the end of its log where it has ended."""

        def answers() -> bool:
            assert self._process.poll() is None, self._log.read_text()[-3000:]
            try:
                return client.get(f"{self.url}/models").is_success
            except httpx.TransportError:
                return False

        with httpx.Client(trust_env=False) as client:
            until(answers, _START)

    def kill(self) -> None:
        """End all of its processes at once, whatever they are doing."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def endpoint(self, **fields: Any) -> CriticEndpointSettings:
        """A connection that waits for a start."""
        return CriticEndpointSettings(base_urls=(self.url,), attempts=60, timeout=600.0, **fields)


@pytest.fixture(scope="module")
def critic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A critic's folder."""
    folder = tmp_path_factory.mktemp("critic")
    details = DetailSettings(most=2, side=56)
    settings = TrainCriticSettings(
        model=ModelSettings(name="tiny", pair_encoding="two_images", details=details),
        optimization=OptimizationSettings(epochs=4, batch_size=8, learning_rate=4e-3),
        max_side=56,
        vocabulary=600,
    )
    pairs = write_squares(folder / "pairs", train=60)
    train_critic(settings, pairs, folder / "critic", folder / "work")
    return folder / "critic"


@pytest.fixture(scope="module")
def icons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Squares with their sources, six of them held out."""
    folder = tmp_path_factory.mktemp("icons")
    for split, number in (("train", 60), ("validation", 6), ("test", 6)):
        writer = SplitWriter(folder, split, 1000)
        for index in range(number):
            colour, shift = _COLOURS[index % len(_COLOURS)], index // len(_COLOURS)
            image, source = encode_png(_square(colour, shift)), _source(colour, shift)
            pair = replace(
                square_pair(0, split),
                id=f"{split}-{index}",
                source_id=f"{split}-source-{index}",
                reference=image,
                candidate=image,
                reference_source=source,
                candidate_source=source,
            )
            writer.write(pair.to_row())
        writer.close()
    return folder


@pytest.fixture(scope="module")
def policy(icons: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy's folder."""
    folder = tmp_path_factory.mktemp("policy")
    settings = TrainPolicySettings(
        model=ModelSettings(name="tiny"),
        tasks=("svg",),
        optimization=OptimizationSettings(epochs=8, batch_size=8, learning_rate=4e-3),
        max_side=56,
    )
    train_policy(settings, icons, folder / "out", folder / "work")
    return folder / "out"


@contextmanager
def _running(folder: Path, log: Path) -> Iterator[Vllm]:
    assert "VLLM_PYTHON" in os.environ, "run `make vllm`, which installs vLLM and names its Python"
    server = Vllm(folder, log)
    try:
        server.wait()
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="module")
def server(critic: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vllm]:
    with _running(critic, tmp_path_factory.mktemp("vllm") / "log") as running:
        yield running


def _square(colour: str, shift: int = 0) -> Image.Image:
    image = Image.new("RGB", (56, 56), "white")
    ImageDraw.Draw(image).rectangle((14 + shift, 14, 42 + shift, 42), fill=colour)
    return image


def _source(colour: str, shift: int) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="56" height="56" viewBox="0 0 56 56">'
        '<rect width="56" height="56" fill="white"/>'
        f'<rect x="{14 + shift}" y="14" width="29" height="29" fill="{colour}"/></svg>'
    )


def _pairs() -> list[ImagePair]:
    """All pairs of colours, known to the critic or not, and pictures of other sizes."""
    pairs = [ImagePair("svg", _square(a), _square(b, 3)) for a in _COLOURS for b in _COLOURS]
    return [
        *pairs,
        ImagePair("svg", Image.new("RGB", (300, 120), "white"), Image.new("RGB", (30, 90), "red")),
        ImagePair("svg", Image.new("RGB", (2000, 3), "blue"), Image.new("RGB", (1, 1), "red")),
    ]


def _asked(server: Vllm, folder: Path, constrained: bool = False, **fields: Any) -> EndpointCritic:
    loaded = critic_from_spec(
        f"openai:m={folder}", constrained=constrained, endpoint=server.endpoint(**fields)
    )
    assert isinstance(loaded, EndpointCritic)
    return loaded


def _prompt_tokens(local: LocalCritic, pairs: Sequence[ImagePair]) -> int:
    _, processor, role = local.checkpoint
    text = processor.apply_chat_template(
        conversation(role.prompts["svg"], 2), add_generation_prompt=True, tokenize=False
    )
    return sum(
        len(processor(images=[[pair.reference, pair.candidate]], text=[text])["input_ids"][0])
        for pair in pairs
    )


def test_greedy_replies_are_those_in_this_process(server: Vllm, critic: Path) -> None:
    pairs, local = _pairs(), LocalCritic(critic, constrained=False)
    asked = _asked(server, critic)
    ours = [one.reply for one in local.critique(pairs)]
    theirs = [one.reply for one in asked.critique(pairs)]
    assert len(set(ours)) > 2
    assert asked.endpoint.usage.tokens_in == _prompt_tokens(local, pairs)
    same = sum(one == other for one, other in zip(ours, theirs, strict=True))
    print(f"{same} of {len(pairs)} greedy replies are equal")
    assert same >= 0.9 * len(pairs)


def test_expected_severities_are_those_in_this_process(server: Vllm, critic: Path) -> None:
    pairs = _pairs()[:12]
    ours = [one.expected_severity for one in LocalCritic(critic).critique(pairs)]
    asked = _asked(server, critic)
    theirs = [one.expected_severity for one in asked.critique(pairs)]
    assert theirs == pytest.approx(ours, abs=1e-3)
    written = asked.endpoint.usage.tokens_out
    assert asked.grade_each(pairs) == pytest.approx(ours, abs=1e-3)
    assert asked.endpoint.usage.tokens_out - written < written / 2


def test_log_probabilities_of_a_reply_are_those_in_this_process(server: Vllm, critic: Path) -> None:
    """Each token's, given those before it; both compute in float32."""
    model, processor, role = LocalCritic(critic).checkpoint
    largest = 0.0
    for index in range(4):
        pair = square_pair(index)
        pictures, places = processor.pictures([pair.reference, pair.candidate])
        shown = [
            {"type": "image_url", "image_url": {"url": data_url(encode_png(picture))}}
            for picture in pictures
        ]
        marks = [{"type": "text", "text": place} for place in places]
        details = [part for both in zip(shown[2:], marks, strict=True) for part in both]
        content = [*shown[:2], *details, {"type": "text", "text": role.prompts["svg"]}]
        body = {
            "model": "m",
            "messages": [{"role": "user", "content": content}],
            "temperature": 0,
            "max_tokens": 64,
            "logprobs": True,
            "return_token_ids": True,
        }
        answer = httpx.post(
            f"{server.url}/chat/completions", json=body, timeout=600.0, trust_env=False
        )
        choice = answer.raise_for_status().json()["choices"][0]
        written = choice["token_ids"]
        theirs = torch.tensor([token["logprob"] for token in choice["logprobs"]["content"]])
        text = processor.apply_chat_template(
            conversation(role.prompts["svg"], 2), add_generation_prompt=True, tokenize=False
        )
        inputs = processor(
            images=[[pair.reference, pair.candidate]], text=[text], return_tensors="pt"
        )
        assert answer.json()["prompt_token_ids"] == inputs["input_ids"][0].tolist()
        length = inputs["input_ids"].shape[1]
        reply = torch.tensor([written])
        inputs["input_ids"] = torch.cat([inputs["input_ids"], reply], dim=1)
        inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
        kinds = torch.zeros_like(reply)
        inputs["mm_token_type_ids"] = torch.cat([inputs["mm_token_type_ids"], kinds], dim=1)
        with torch.inference_mode():
            logits = model(**inputs).logits[0, length - 1 : -1]
        ours = logits.log_softmax(-1).gather(1, reply.T)[:, 0]
        largest = max(largest, float((ours - theirs).abs().max()))
    print(f"log-probabilities differ by {largest:.1e} at most")
    assert largest < 1e-3


def test_constrained_replies_fit_the_schema(server: Vllm, critic: Path) -> None:
    """Sampled hot, so that free replies are none."""
    pairs = _pairs()[:12]
    hot: dict[str, Any] = {"temperature": 2.0, "seed": 0, "max_tokens": 600}
    free = _asked(server, critic, **hot).critique(pairs)
    kept = _asked(server, critic, constrained=True, **hot).critique(pairs)
    assert any(one.parsed is None for one in free)
    categories = report_schema("svg")["properties"]["errors"]["items"]["properties"]["category"]
    assert any(one.parsed is not None for one in kept)
    for one in kept:
        # What the schema can't: a text may go on until no token is left.
        if one.parsed is not None:
            assert json.loads(one.reply).keys() == {"overall", "errors"}
            for error in json.loads(one.reply)["errors"]:
                assert error["category"] in categories["enum"]
                assert error["severity"] in (1, 2, 3)
    greedy = _asked(server, critic, constrained=True).critique(pairs)
    local = LocalCritic(critic).critique(pairs)
    same = sum(a.severity == b.severity for a, b in zip(greedy, local, strict=True))
    print(f"{same} of {len(pairs)} constrained severities are equal")
    assert same >= 0.8 * len(pairs)


def _rollouts(number: int) -> list[Rollout]:
    """Completions that draw squares of all colours and places, judged against a blue one."""
    reference = square_pair(0).reference
    sources = [
        _source(_COLOURS[index % len(_COLOURS)], index // len(_COLOURS)) for index in range(number)
    ]
    return [Rollout("svg", reference, write_completion("svg", source)) for source in sources]


def _rewards(critic: Critic, renderer: Renderer, rollouts: Sequence[Rollout]) -> list[float | None]:
    return [one.value for one in load_reward(RewardSettings(), critic, renderer).score(rollouts)]


def test_the_reward_server_pays_what_the_local_critic_would(
    server: Vllm, critic: Path, renderer: Renderer
) -> None:
    rollouts = _rollouts(12)
    ours = _rewards(LocalCritic(critic, constrained=False), renderer, rollouts)
    options = ["--critic", f"openai:m={critic}", "--endpoint", f"base_urls={server.url}"]
    with served(*options, "--raster-side", "0") as rewarding:
        theirs = RewardClient(rewarding.address).score(rollouts)
    assert [one.value for one in theirs] == ours


def test_a_batch_survives_a_kill(
    server: Vllm, critic: Path, renderer: Renderer, tmp_path: Path
) -> None:
    rollouts = _rollouts(60)
    ours = _rewards(LocalCritic(critic, constrained=False), renderer, rollouts)
    journal = tmp_path / "journal.jsonl"
    how = served_model(str(critic), "critic")
    connection = server.endpoint(concurrency=2).connection()
    endpoint = Endpoint("m", options=how.request, journal=journal, **connection)
    asked = EndpointCritic("m", endpoint=endpoint, served=how)
    with ThreadPoolExecutor(1) as pool:
        scored = pool.submit(_rewards, asked, renderer, rollouts)
        until(lambda: journal.exists() and journal.read_bytes().count(b"\n") >= 5, 600)
        server.kill()
        judged = journal.read_bytes().count(b"\n")
        assert judged < len(rollouts)
        server.start()
        theirs = scored.result(_START)
    server.wait()
    print(f"killed after {judged} of {len(rollouts)} replies")
    assert theirs == ours
    assert endpoint.usage.retries > 0


def test_what_stays_without_an_answer_is_no_reward(
    server: Vllm, critic: Path, renderer: Renderer
) -> None:
    asked = critic_from_spec(
        f"openai:m={critic}",
        endpoint=CriticEndpointSettings(base_urls=("http://127.0.0.1:9/v1",), attempts=1),
    )
    scored = load_reward(RewardSettings(), asked, renderer).score(_rollouts(4))
    assert [one.value for one in scored] == [None] * 4
    assert {one.outcome for one in scored} == {"unjudged"}


def test_evaluation_asks_it(
    server: Vllm, critic: Path, policy: Path, icons: Path, tmp_path: Path
) -> None:
    def measured(name: str, spec: str | None) -> dict[str, float]:
        settings = EvaluateSettings(
            tasks=("svg",),
            critic=spec,
            endpoint=server.endpoint(),
            render_workers=1,
            drawing=AS_STATED,
        )
        return evaluate(settings, policy, policy, critic, icons, tmp_path / name)

    remote, local = measured("served", f"openai:m={critic}"), measured("local", None)
    assert remote["before.rendered"] == local["before.rendered"] > 0.5
    assert remote["before.svg.unparsable"] == 0
    # In this process the critic's replies are constrained.
    assert remote["before.svg.critic_reward"] == pytest.approx(
        local["before.svg.critic_reward"], abs=0.2
    )


def test_a_policy_completes_as_in_this_process(policy: Path, icons: Path, tmp_path: Path) -> None:
    images = [one.image for one in read_references(icons, "train")]
    requests = [Request("svg", image) for image in images]
    ours = LocalPolicy(policy).complete(requests)
    with _running(policy, tmp_path / "log") as server:
        asked = policy_from_spec(f"openai:m={policy}", endpoint=server.endpoint())
        theirs = asked.complete(requests)
        endpoint = EndpointSettings(**server.endpoint().connection())
        settings = InferSettings(
            policy=f"openai:m={policy}",
            share=1.0,
            endpoint=endpoint,
            workers=1,
            drawing=AS_STATED,
        )
        metrics = infer(settings, icons, tmp_path / "inferred", tmp_path / "work")
    same = sum(one == other for one, other in zip(ours, theirs, strict=True))
    print(f"{same} of {len(ours)} completions are equal")
    assert same >= 0.9 * len(ours)
    assert metrics["completions"] == 72
    assert metrics["policy/answers"] > 0
    assert metrics["pairs_per_completion"] > 0
