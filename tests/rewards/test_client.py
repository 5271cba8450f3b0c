"""Rewards that a real server computes are those that the library computes in this process."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from erm.critics.pixel import PixelCritic
from erm.endpoints.reward_servers import RewardServers
from erm.errors import ErmError
from erm.images import encode_png
from erm.render import Renderer
from erm.rewards.adapters.scorer import scorer_settings, shared_scorer
from erm.rewards.client import RewardClient
from erm.rewards.loading import load_reward
from erm.rewards.rollout import Rollout, Scored
from erm.rewards.settings import PartSettings, RewardSettings
from tests.serving.processes import Server, in_base64, served

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
    '<rect x="{}" y="5" width="20" height="20" fill="{}"/></svg>'
)
PARTS = ("critic", "exact", "ssim", "renders", "format", "length")
SETTINGS = RewardSettings(parts=tuple(PartSettings(part=name) for name in PARTS))
BATCH = RewardSettings(parts=(PartSettings(part="critic:batch"), PartSettings(part="renders")))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served("--critic", "pixel", "--raster-side", "0") as running:
        yield running


@pytest.fixture(scope="module")
def reference(renderer: Renderer) -> bytes:
    image = renderer.render_batch([("svg", SVG.format(5, "red"))])[0].image
    assert image is not None
    return image


@pytest.fixture(scope="module")
def rollouts(reference: bytes) -> list[Rollout]:
    completions = [
        f"```svg\n{SVG.format(5, 'red')}\n```",
        f"```svg\n{SVG.format(9, 'blue')}\n```",
        f"```svg\n{SVG.format(9, 'blue')}\n```",
        f"so: ```svg\n{SVG.format(15, 'red')}",
        SVG.format(5, "white"),
        "```svg\n<svg\n```",
        "I can't draw that.",
        "",
        "caf\udce9",
        "x" * 10_000_000,
    ]
    return [Rollout("svg", reference, text, SVG.format(5, "red")) for text in completions]


def _seen(scored: list[Scored]) -> list[dict[str, Any]]:
    """What anybody can ask of scores, but for times and objects of this process."""
    names = ("value", "outcome", "severity", "reason", "source", "image", "critique", "failure")
    return [
        {name: getattr(each, name) for name in names}
        | {name: (part.value, part.components) for name, part in each.parts.items()}
        for each in scored
    ]


def test_a_server_gives_what_the_library_gives(
    server: Server, rollouts: list[Rollout], renderer: Renderer
) -> None:
    expected = load_reward(SETTINGS, PixelCritic(), renderer).score(rollouts)
    client = RewardClient(server.address, SETTINGS, chunk=3)
    assert _seen(client.score(rollouts)) == _seen(expected)
    assert _seen(asyncio.run(client.score_async(rollouts))) == _seen(expected)
    assert {each.outcome for each in expected} >= {"judged", "blank", "not_rendered", "no_code"}


def test_parts_that_compare_a_batch_see_all_of_it(
    server: Server, rollouts: list[Rollout], renderer: Renderer
) -> None:
    expected = load_reward(BATCH, PixelCritic(), renderer).score(rollouts)
    scored = RewardClient(server.address, BATCH, chunk=1).score(rollouts)
    assert _seen(scored) == _seen(expected)


def test_what_is_refused_has_no_value_and_hurts_nothing_else(
    server: Server, reference: bytes
) -> None:
    red = f"```svg\n{SVG.format(5, 'red')}\n```"
    buffer = encode_png(Image.new("1", (20_000, 20_000)))
    batch = [
        Rollout("svg", reference, red),
        Rollout("svg", b"", red),
        Rollout("svg", buffer, red),
        Rollout("poem", reference, red),
    ]
    scored = RewardClient(server.address).score(batch)
    assert [each.value for each in scored] == [2.0, None, None, None]
    assert [each.reason for each in scored[1:]] == [
        "Rollout 2, reference: the image is empty (0 bytes).",
        "Rollout 3, reference: more than 64,000,000 pixels.",
        "Unknown task 'poem'; known tasks: chart, table, svg.",
    ]
    assert {each.outcome for each in scored[1:]} == {"unjudged"}


def test_a_part_that_needs_a_source_says_so(server: Server) -> None:
    item = {"task": "svg", "reference": in_base64("red"), "completion": "x"}
    with_source = {**item, "reference_source": SVG.format(5, "red")}
    reward = {"parts": [{"part": "exact"}]}
    answer = server.post("/v1/reward", with_source, item, reward=reward)
    judged, refused = answer.json()["results"]
    assert judged["outcome"] == "no_code"
    assert refused["error"]["message"] == (
        "Rollout 2: the part 'exact' needs the source behind the reference."
    )


@pytest.mark.parametrize(
    ("reward", "detail"),
    [
        (
            {"parts": [{"part": "magic"}]},
            "reward.parts.0.part: unknown part 'magic'; parts: critic",
        ),
        ({"parts": [{"part": "ssim", "weight": "x"}]}, "reward.parts.0.weight: Input should be"),
        ({"parts": [{"part": "ssim"}] * 2}, "reward: the part 'ssim' is listed twice."),
        ({"parts": [{"part": "ssim", "weight": 0}]}, "reward: no part of the reward has a weight."),
        ({"parts": [{"part": "features:any/model"}]}, "This server has no 'features:any/model'"),
        ({"parts": [{"part": "unisvg:any/model"}]}, "This server has no 'unisvg:any/model'"),
        ({"cache": "/etc"}, "reward.cache: Extra inputs are not permitted."),
    ],
)
def test_a_reward_that_cannot_be_had_is_one_sentence(
    reward: dict[str, Any], detail: str, server: Server
) -> None:
    item = {"task": "svg", "reference": in_base64("red"), "completion": "x"}
    answer = server.post("/v1/reward", item, reward=reward)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(detail)


def test_adapters_score_on_servers(server: Server, rollouts: list[Rollout]) -> None:
    options = {"server": server.address, "parts": {"critic": 1.0, "renders": 0.5}}
    scorer = shared_scorer(scorer_settings(options))
    scored = scorer.score(rollouts[:1])
    assert (scored[0].value, dict(scorer.weights)) == (2.5, {"critic": 1.0, "renders": 0.5})
    with pytest.raises(ErmError, match="the server decides critic, workers"):
        scorer_settings({**options, "critic": "pixel", "workers": 1})


def test_servers_that_are_down_leave_no_value(reference: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = RewardClient(RewardServers([f"http://127.0.0.1:{port}"], patience=0.2), BATCH)
    (scored,) = client.score([Rollout("svg", reference, "x")])
    assert (scored.value, scored.outcome) == (None, "unjudged")
    assert scored.failure is not None
    assert scored.failure.kind == "unreachable"
    assert client.weights == {"critic:batch": 1.0, "renders": 1.0}
