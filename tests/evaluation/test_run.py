"""Completions made, measured and counted; nothing of it is done twice, and no fault becomes a 0."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from erm.critics.pixel import PixelCritic
from erm.endpoints.settings import ConnectionSettings
from erm.errors import ErmError
from erm.evaluation.completions import Author, Completion, PolicyAuthor
from erm.evaluation.data import read_data
from erm.evaluation.items import Item
from erm.evaluation.records import COMPLETIONS, JOURNAL, SCORES, Records, Row
from erm.evaluation.run import run
from erm.evaluation.settings import EvaluationSettings
from erm.policies.measuring import Measuring
from erm.render import Renderer
from erm.tasks import get_task
from tests.chat_server import ChatServer
from tests.chat_server import completion as replied
from tests.evaluation.conftest import COLOURS, fenced, icon


class Written(Author):
    """Gives each item what a test says, and counts how often it is asked."""

    name = "written"
    identity: dict[str, object] = {}  # noqa: RUF012

    def __init__(self, **texts: str | Sequence[str]) -> None:
        self.texts = texts
        self.asked: list[str] = []

    def complete(self, items: Sequence[Item], batch: int) -> list[list[Completion]]:
        self.asked += [item.id for item in items]
        found = []
        for item in items:
            texts = self.texts[item.id]
            several = [texts] if isinstance(texts, str) else list(texts)
            modes = ["first", *["sampled"] * (len(several) - 1)]
            found.append([Completion(m, t) for m, t in zip(modes, several, strict=True)])  # type: ignore[arg-type]
        return found


def evaluated(
    author: Author,
    items: Sequence[Item],
    out: Path,
    renderer: Renderer,
    *,
    critic: bool = False,
    **settings: Any,
) -> list[Row]:
    chosen = EvaluationSettings(**settings)
    measuring = Measuring(renderer, PixelCritic() if critic else None)
    records = Records(out, {}, restart=False)
    return run(author, items, chosen, measuring, records, critic=critic)


def test_what_is_measured_of_good_and_bad_completions(
    icons: Path, tmp_path: Path, renderer: Renderer
) -> None:
    author = Written(blue=fenced(icon("blue")), green="I am sorry.", red=fenced(icon("orange")))
    rows = evaluated(author, read_data(str(icons)), tmp_path / "out", renderer, critic=True)
    blue, green, red = rows
    assert (blue["outcome"], blue["kind"], blue["reason"]) == ("judged", "", "")
    assert blue["metrics"] == {
        "execution_rate": 1.0,
        "exact_severity": 0.0,
        "exact_reward": 2.0,
        "critic_severity": 0.0,
        "critic_expected": None,
        "critic_reward": 2.0,
        "mse": 0.0,
        "ssim": 1.0,
        "characters": float(len(icon("blue"))),
    }
    assert (green["outcome"], green["kind"]) == ("no_code", "no_code")
    assert green["reason"] == "no code in the text"
    worst: dict[str, float | None]
    worst = {"execution_rate": 0.0, "exact_severity": 50.0, "exact_reward": 0.0, "mse": 1.0}
    worst |= {"ssim": 0.0, "critic_reward": 0.0, "critic_severity": None, "characters": None}
    assert {name: green["metrics"][name] for name in worst} == worst
    assert 0 < red["metrics"]["exact_severity"] < 50
    assert red["metrics"]["critic_severity"] > 0
    assert red["report"]["errors"]
    assert (tmp_path / "out" / "renders" / red["render"]).read_bytes().startswith(b"\x89PNG")
    assert green["render"] is None


def test_huge_and_garbled_completions_are_counted_by_reason(
    icons: Path, tmp_path: Path, renderer: Renderer
) -> None:
    author = Written(
        blue=fenced(icon("blue").replace("<rect", "<!--" + "x" * 1_500_000 + "--><rect")),
        green=fenced("<svg" + "x" * 5_000_000),
        red=fenced("<svg><rect"),
    )
    rows = evaluated(author, read_data(str(icons)), tmp_path / "out", renderer)
    assert [row["kind"] for row in rows] == ["too_large", "no_code", "invalid_markup"]
    assert "more than 1000000" in rows[0]["reason"]
    assert "more than 2000000" in rows[1]["reason"]
    assert {row["metrics"]["exact_severity"] for row in rows} == {50.0}


def test_a_table_too_large_to_compare_is_counted_by_its_size(
    tmp_path: Path, renderer: Renderer
) -> None:
    small = "<table><tr><td>1</td></tr></table>"
    huge = f"<table>{('<tr>' + '<td>1</td>' * 20 + '</tr>') * 100}</table>"
    (image,) = (one.image for one in renderer.render_batch([("table", small)]))
    items = [Item("small", "table", image, small), Item("huge", "table", image, huge)]
    author = Written(small=f"```html\n{huge}\n```", huge=f"```html\n{small}\n```")
    small_row, huge_row = evaluated(author, items, tmp_path / "out", renderer)
    assert small_row["metrics"]["teds"] == 0.0
    assert "nodes is too large for TEDS" in small_row["notes"]["teds"]
    assert huge_row["metrics"]["teds"] is None
    assert "nodes is too large for TEDS" in huge_row["gaps"]["teds"]
    assert huge_row["metrics"]["execution_rate"] == 1.0


def test_a_killed_evaluation_goes_on_and_gives_the_same_bytes(
    icons: Path, tmp_path: Path, renderer: Renderer
) -> None:
    items = read_data(str(icons))
    texts = {one: fenced(icon(one)) for one in COLOURS}
    whole, out = tmp_path / "whole", tmp_path / "out"
    evaluated(Written(**texts), items, whole, renderer, batch_size=1)
    evaluated(Written(**texts), items, out, renderer, batch_size=1)
    lines = (out / COMPLETIONS).read_bytes().splitlines(keepends=True)
    (out / COMPLETIONS).write_bytes(b"".join(lines[:2]) + lines[2][:9])
    (out / SCORES).write_bytes((out / SCORES).read_bytes().splitlines(keepends=True)[0])
    again = Written(**texts)
    evaluated(again, items, out, renderer, batch_size=1)
    assert again.asked == ["red"]
    for name in (COMPLETIONS, SCORES):
        assert (out / name).read_bytes() == (whole / name).read_bytes()


def test_items_without_a_picture_are_never_asked_for(
    icons: Path, tmp_path: Path, renderer: Renderer
) -> None:
    (icons / "red.png").unlink()
    author = Written(blue="", green="")
    rows = evaluated(author, read_data(str(icons)), tmp_path / "out", renderer)
    assert author.asked == ["blue", "green"]
    assert [row["id"] for row in rows] == ["blue", "green"]


def test_the_preamble_stands_in_front_of_the_source(tmp_path: Path, renderer: Renderer) -> None:
    preamble = "import matplotlib.pyplot as plt\nheights = [5, 3]\n"
    own = "plt.bar(['a', 'b'], heights)\nplt.title('t')\n"
    whole = preamble + own
    image = renderer.render_batch([("chart", whole)])[0].image
    items = [
        Item("with", "chart", image, whole, preamble=preamble.strip()),
        Item("without", "chart", image, whole),
    ]
    author = Written(**dict.fromkeys(("with", "without"), f"```python\n{own}```"))
    given, lacking = evaluated(author, items, tmp_path / "out", renderer)
    assert given["metrics"]["chartmimic"] == 1.0
    assert given["metrics"]["exact_severity"] == 0.0
    assert given["metrics"]["characters"] == len(own.strip())
    assert (lacking["kind"], lacking["metrics"]["chartmimic"]) == ("runtime_error", 0.0)


def policy(server: ChatServer, out: Path, **settings: Any) -> PolicyAuthor:
    endpoint = ConnectionSettings(base_urls=(server.url,), attempts=2, first_delay=0.001)
    return PolicyAuthor("openai:m", EvaluationSettings(**settings), endpoint, out / JOURNAL)


def test_a_server_that_answers_garbage_is_counted_and_one_that_is_down_stops(
    icons: Path, tmp_path: Path, renderer: Renderer, chat_server: ChatServer
) -> None:
    items, out = read_data(str(icons)), tmp_path / "out"

    def answer(number: int, body: dict[str, Any]) -> tuple[int, bytes] | None:
        shown = body["messages"][0]["content"][0]["image_url"]["url"]
        if shown == shown_by["green"]:
            return 200, b"<html>what?</html>"
        if shown == shown_by["red"] and not up:
            return 503, b"{}"
        return replied(fenced(icon("blue")))

    from erm.endpoints.client import data_url
    from erm.images import encode_png, open_image

    shown_by = {item.id: data_url(encode_png(open_image(item.seen))) for item in items}
    up: list[bool] = []
    chat_server.behaviour = answer
    with pytest.raises(ErmError, match=r"gave no answer in 2 tries .*: status 503\."):
        evaluated(policy(chat_server, out), items, out, renderer)
    assert not (out / SCORES).exists()
    up.append(True)
    asked = len(chat_server.bodies)
    rows = evaluated(policy(chat_server, out), items, out, renderer)
    assert [row["kind"] for row in rows] == ["", "no_answer", ""]
    assert "unreadable reply" in rows[1]["reason"]
    assert rows[1]["metrics"]["exact_severity"] == 50.0
    asked_again = chat_server.bodies[asked:]
    # blue was paid for before the server went down
    assert len(asked_again) == 3
    evaluated(policy(chat_server, out), items, out, renderer)
    assert len(chat_server.bodies) == asked + 3


def test_samples_of_a_server_are_asked_at_the_temperature(
    icons: Path, tmp_path: Path, renderer: Renderer, chat_server: ChatServer
) -> None:
    chat_server.behaviour = lambda *_: replied("nothing")
    author = policy(chat_server, tmp_path / "out", completions=2, temperature=0.6)
    rows = evaluated(author, read_data(str(icons), most=1), tmp_path / "out", renderer)
    assert [(row["mode"], row["sample"]) for row in rows] == [
        ("first", 0),
        ("sampled", 1),
        ("sampled", 2),
    ]
    assert [body["temperature"] for body in chat_server.bodies] == [0.0, 0.6, 0.6]


def test_customized_items_are_asked_with_their_prompt(
    icons: Path, tmp_path: Path, chat_server: ChatServer
) -> None:
    chat_server.behaviour = lambda *_: replied("nothing")
    picture, shown = (icons / f"{one}.png" for one in ("red", "blue"))
    item = Item("a", "svg", picture, None, shown=shown, prompt="Draw it in other colours.")
    policy(chat_server, tmp_path).complete([item], 0)
    (content,) = (body["messages"][0]["content"] for body in chat_server.bodies)
    assert content[-1]["text"] == "Draw it in other colours."


def test_a_local_policy_samples_the_same_again(icons: Path, tiny_policy: Path) -> None:
    items = read_data(str(icons))
    settings = EvaluationSettings(completions=2, temperature=1.5, seed=3)
    author = PolicyAuthor(str(tiny_policy), settings, ConnectionSettings(), Path("none"))
    found = author.complete(items, 4)
    again = PolicyAuthor(str(tiny_policy), settings, ConnectionSettings(), Path("none"))
    assert again.complete(items, 4) == found
    assert author.identity == again.identity
    assert [[one.mode for one in own] for own in found] == [["first", "sampled", "sampled"]] * 3
    texts = {one.text for own in found for one in own}
    assert len(texts) > 3
    with pytest.raises(ErmError, match="follows no instructions, and this data has some"):
        author.complete([Item("a", "svg", items[0].picture, prompt="Another one.")], 0)


def test_the_identity_of_a_policy_names_what_changes_its_answers(tiny_policy: Path) -> None:
    def identity(**settings: Any) -> dict[str, object]:
        chosen = EvaluationSettings(**settings)
        author = PolicyAuthor(str(tiny_policy), chosen, ConnectionSettings(), Path("none"))
        return json.loads(json.dumps(author.identity))  # type: ignore[no-any-return]

    assert identity() == identity(seed=7, temperature=0.3)
    assert identity(completions=1) != identity(completions=1, seed=7)
    assert identity() != identity(completions=1)


def test_the_tasks_metrics_are_measured_by_name(tmp_path: Path, renderer: Renderer) -> None:
    source = "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>"
    image = renderer.render_batch([("table", source)])[0].image
    author = Written(a=f"```html\n{source}\n```")
    (row,) = evaluated(author, [Item("a", "table", image, source)], tmp_path / "out", renderer)
    expected = {"teds": 1.0, "teds_s": 1.0, "edit_distance": 0.0, "mse": 0.0, "ssim": 1.0}
    assert {name: row["metrics"][name] for name in expected} == expected
    assert set(get_task("table").text_distances) <= set(row["metrics"])
