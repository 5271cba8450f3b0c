"""The reward server in a real process: its answers, its limits, and how it ends."""

from __future__ import annotations

import base64
import json
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import httpx
import pytest
from PIL import Image

from erm.critics.base import ImagePair
from erm.critics.loading import critic_from_spec
from erm.critics.pixel import PixelCritic
from erm.errors import ErmError
from erm.images import open_image
from erm.render import Renderer
from erm.serving.run import serve
from erm.serving.settings import ServeSettings
from tests.serving.processes import SLOW_CHART, Server, in_base64, pair, served
from tests.waiting import until

TOKEN = "a token"
QUEUE = 4
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
    '<rect x="5" y="5" width="20" height="20" fill="{}"/></svg>'
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """With the pixel critic, a token, room for four items, and bodies of at most one MiB."""
    options = ["--critic", "pixel", "--raster-side", "0", "--queue", str(QUEUE), "--max-body", "1"]
    with served(*options, token=TOKEN) as running:
        yield running


def test_it_draws_what_the_library_draws(server: Server, renderer: Renderer) -> None:
    answer = server.post(
        "/v1/render",
        {"task": "svg", "source": SVG.format("red")},
        {"task": "svg", "source": "<svg"},
        {"task": "poem", "source": "x"},
    )
    assert answer.status_code == 200
    drawn, broken, unknown = answer.json()["results"]
    expected = renderer.render_batch([("svg", SVG.format("red"))])[0].image
    assert base64.b64decode(drawn["image"]) == expected
    assert (drawn["width"], drawn["height"]) == (40, 40)
    assert (broken["image"], broken["failure"]["kind"]) == (None, "invalid_markup")
    assert unknown["error"]["message"] == "Unknown task 'poem'; known tasks: chart, table, svg."


def test_it_annotates_exactly(server: Server) -> None:
    red, blue = SVG.format("red"), SVG.format("blue")
    results = server.post(
        "/v1/annotate",
        {"task": "svg", "reference": red, "candidate": blue},
        {"task": "svg", "reference": red, "candidate": red},
        {"task": "svg", "reference": red, "candidate": "<svg"},
    ).json()["results"]
    assert [result["total_severity"] for result in results] == [2, 0, None]
    (error,) = results[0]["report"]["errors"]
    assert (error["category"], error["box_in"]) == ("style_error", "candidate")
    assert (results[2]["failure"]["kind"], results[2]["failure"]["side"]) == (
        "not drawn",
        "candidate",
    )


def test_its_critic_answers_as_in_this_process(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERM_SERVE_TOKEN", TOKEN)
    critic = critic_from_spec(f"server:{server.address}")
    red, blue = (Image.new("RGB", (40, 40), colour) for colour in ("red", "blue"))
    pairs = [ImagePair("svg", red, blue), ImagePair("svg", red, red)]
    assert critic.critique(pairs) == PixelCritic().critique(pairs)


def _large(width: int, height: int) -> str:
    buffer = BytesIO()
    Image.new("1", (width, height)).save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        ("", "the image is empty (0 bytes)."),
        (_large(20_000, 20_000), "more than 64,000,000 pixels."),
        (base64.b64encode(b"GIF89a").decode(), "not an image in a known format."),
        ("no base64!", "the image is not base64 (Only base64 data is allowed)."),
    ],
)
def test_a_bad_image_is_the_librarys_sentence_and_hurts_nothing_else(
    image: str, sentence: str, server: Server
) -> None:
    alone = server.post("/v1/critique", pair(in_base64("red"), image))
    assert alone.status_code == 422
    assert alone.json()["detail"] == f"Pair 1, candidate: {sentence}"
    among = server.post(
        "/v1/critique", pair(in_base64("red"), in_base64("blue")), pair(image, in_base64("red"))
    )
    assert among.status_code == 200
    judged, refused = among.json()["results"]
    assert judged["total_severity"] > 0
    assert refused == {"error": {"status": 422, "message": f"Pair 2, reference: {sentence}"}}


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        (b'{"items": "\xff"}', 400, "The body is not UTF-8 (byte 11: invalid start byte)."),
        (b'{"items": [', 422, "The body is not JSON (Expecting value at character 11)."),
        (b'{"items": []}', 422, "items: List should have at least 1 item after validation, not 0."),
        (b'{"items": [{"task": "svg"}]}', 422, "items.0.reference: Field required."),
        (b'{"thing": []}', 422, "items: Field required."),
        (b" " * (1 << 20) + b"{}", 413, "The body has more than 1 MiB."),
        (b"x" * 10_000_000, 413, "The body has more than 1 MiB."),
    ],
)
def test_a_bad_body_is_one_sentence(body: bytes, status: int, detail: str, server: Server) -> None:
    headers = {"content-type": "application/json"}
    answer = server.http.post("/v1/critique", content=body, headers=headers)
    assert (answer.status_code, answer.json()) == (status, {"detail": detail})


def test_a_body_of_unknown_length_is_limited_too(server: Server) -> None:
    chunks = iter([b"x" * 100_000] * 20)
    headers = {"content-type": "application/json"}
    answer = server.http.post("/v1/critique", content=chunks, headers=headers)
    assert answer.status_code == 413


def test_halves_of_surrogate_pairs_break_nothing(server: Server) -> None:
    body = json.dumps({"items": [{"task": "svg", "source": SVG.format("red") + "\ud800"}]})
    headers = {"content-type": "application/json"}
    answer = server.http.post("/v1/render", content=body.encode(), headers=headers)
    assert answer.status_code == 200
    assert answer.json()["results"][0]["failure"]["kind"] == "invalid_markup"


def test_without_the_token_only_health_and_the_page_are_shown(server: Server) -> None:
    def status(path: str, method: str = "GET", token: str = "") -> int:
        return server.http.request(method, path, headers={"authorization": token}).status_code

    assert status("/health") == status("/docs") == status("/openapi.json") == 200
    assert status("/metrics") == status("/v1/render", "POST") == 401
    assert status("/metrics", token="Bearer another") == 401
    assert status("/metrics", token=f"Bearer {TOKEN}") == 200


def test_another_sites_name_for_this_machine_is_refused(server: Server) -> None:
    assert server.http.get("/health", headers={"host": "rebound.example"}).status_code == 400


def test_a_request_that_is_late_is_answered_and_its_place_stays_taken(server: Server) -> None:
    slow = {"items": [{"task": "chart", "source": SLOW_CHART.format(0)}]}
    answer = server.http.post("/v1/render", params={"deadline": 0.2}, json=slow)
    assert answer.status_code == 504
    assert answer.json() == {"detail": "The request was not answered in 0.2 s."}
    assert server.under_way() == 1
    until(lambda: server.under_way() == 0, 60)


def test_a_full_queue_says_when_to_come_again(server: Server) -> None:
    item = {"task": "svg", "source": SVG.format("red")}
    slow = [{"task": "chart", "source": SLOW_CHART.format(number)} for number in range(QUEUE)]
    with ThreadPoolExecutor(1) as caller:
        asked = caller.submit(server.post, "/v1/render", *slow)
        until(lambda: server.under_way() == QUEUE, 60)
        refused = server.post("/v1/render", item)
        assert all(result["image"] for result in asked.result().json()["results"])
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert server.post("/v1/render", item).status_code == 200


def test_more_items_than_there_is_ever_room_for_are_refused(server: Server) -> None:
    answer = server.post("/v1/render", *[{"task": "svg", "source": "x"}] * (QUEUE + 1))
    assert answer.status_code == 413
    assert answer.json() == {"detail": "The request has 5 items; this server takes 4 at a time."}


def test_metrics_count_answers_and_batches(server: Server) -> None:
    assert server.post("/v1/critique", pair(in_base64("red"), in_base64("blue"))).is_success
    text = server.http.get("/metrics").text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(values['erm_requests_total{path="/v1/critique",status="200"}']) >= 1
    assert float(values['erm_items_total{outcome="answered",path="/v1/critique"}']) >= 1
    assert float(values["erm_critic_batch_pairs_count"]) >= 1


def test_the_page_is_made_of_the_openapi_description_and_loads_nothing(server: Server) -> None:
    description = server.http.get("/openapi.json").json()
    answer = server.http.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert not re.search(r"<script|<link|<img|src=|https?:|url\(", answer.text)
    links = re.findall(r'href="([^"]+)"', answer.text)
    known = {f"#{name}" for name in description["components"]["schemas"]} | {"openapi.json"}
    assert {*links} <= known
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            assert f"{method.upper()} {path}" in answer.text
            assert all(f"<code>{status}</code>" in answer.text for status in operation["responses"])
    assert "base64 of the image that should be reproduced" in answer.text


def test_the_openapi_page_knows_every_path(server: Server) -> None:
    paths = server.http.get("/openapi.json").json()["paths"]
    assert set(paths) == {
        *("/v1/render", "/v1/annotate", "/v1/critique", "/v1/reward"),
        *("/health", "/metrics"),
    }


def test_what_was_accepted_is_answered_before_the_server_ends(server: Server) -> None:
    critic = f"server:{server.address}"
    with served("--critic", critic, token=TOKEN) as other, ThreadPoolExecutor(1) as caller:
        judged = other.post("/v1/critique", pair(in_base64("red"), in_base64("blue")))
        assert judged.json()["results"][0]["total_severity"] > 0
        slow = {"task": "chart", "source": SLOW_CHART.format(9)}
        asked = caller.submit(other.post, "/v1/render", slow)
        until(lambda: other.under_way() == 1, 60)
        other.process.send_signal(signal.SIGTERM)
        answer = asked.result()
        assert answer.status_code == 200
        image = base64.b64decode(answer.json()["results"][0]["image"])
        assert open_image(image).width > 100
        assert other.process.wait(60) == 0
        with pytest.raises(httpx.ConnectError):
            other.http.get("/health")


def test_other_machines_need_a_token_and_get_contained_workers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ERM_SERVE_TOKEN", raising=False)
    with pytest.raises(ErmError, match=r"can reach 0\.0\.0\.0; set ERM_SERVE_TOKEN"):
        serve(ServeSettings(host="0.0.0.0", port=0, critic="pixel"))
    assert ServeSettings(host="0.0.0.0").contained == "required"
    assert ServeSettings(host="::1").contained == "auto"
    assert ServeSettings(host="reward.example").contained == "required"
    assert ServeSettings(host="0.0.0.0", isolation="off").contained == "off"


def test_an_address_in_use_is_one_sentence(server: Server) -> None:
    port = int(server.address.rpartition(":")[2])
    with pytest.raises(ErmError, match=rf"^localhost:{port} can't be used: .*\.$"):
        serve(ServeSettings(port=port, critic="pixel"))
