"""Rounds of revision: what the policy reads, when drafts end, and nothing is asked twice."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from erm.critics.pixel import PixelCritic
from erm.endpoints.client import data_url
from erm.endpoints.settings import ConnectionSettings
from erm.errors import ErmError
from erm.evaluation.completions import PolicyAuthor
from erm.evaluation.curves import best, score
from erm.evaluation.data import read_data
from erm.evaluation.evaluate import Plan, evaluate_author
from erm.evaluation.items import Item
from erm.evaluation.records import COMPLETIONS, DRAFT_SCORES, DRAFTS, JOURNAL, SCORES
from erm.evaluation.settings import EvaluationSettings
from erm.images import encode_png, open_image
from erm.models.prompts import policy_prompt
from erm.models.role import read_role, write_role
from erm.policies.base import Request, Revision
from erm.policies.local import LocalReviser, local_policy
from tests.chat_server import ChatServer
from tests.chat_server import completion as replied
from tests.drawing import AS_STATED
from tests.evaluation.conftest import COLOURS, fenced, icon

SORRY = "I am sorry."
DRAFTS_OF = {
    "blue": [fenced(icon("blue")), "It was right before."],
    "green": [SORRY, fenced(icon("green")), "It was right before."],
    "red": [fenced(icon("orange")), "<svg", fenced(icon("red"))],
}
"""The first completion of each icon, and the answer to each request to revise the one before."""

OWN_REPORT = {"errors": [{"type": "style_error", "severity": 2, "description": "is too plain"}]}
"""What the policy says of its drafts."""


class Painter:
    """A policy on a server: it writes prepared drafts, and reports on them when it is asked to.

    Attributes:
        garbled: numbers of drafts of which the server makes no completion, by colour.
        own: its report on its draft, by colour; a text in the place of one.
        read: the feedback that it was given, with the colour, in the order of arrival.
    """

    def __init__(self, icons: Path) -> None:
        self.shown = {
            data_url(encode_png(open_image(icons / f"{one}.png"))): one for one in COLOURS
        }
        self.garbled: dict[str, int] = {}
        self.own: dict[str, Any] = {}
        self.read: list[tuple[str, str]] = []

    def __call__(self, number: int, body: dict[str, Any]) -> tuple[int, bytes]:
        *images, text = body["messages"][0]["content"]
        colour, asked = self.shown[images[0]["image_url"]["url"]], text["text"]
        if len(images) == 2:
            own = self.own.get(colour, OWN_REPORT)
            return replied(own if isinstance(own, str) else json.dumps(own), (10, 7))
        draft = 0
        _, revising, rest = asked.partition("Your previous answer:\n")
        if revising:
            previous = next(one for one in DRAFTS_OF[colour] if rest.startswith(one))
            said, _, _ = rest.removeprefix(previous).partition("\n\nCorrect these points")
            self.read.append((colour, said.strip()))
            draft = DRAFTS_OF[colour].index(previous) + 1
        if self.garbled.get(colour) == draft:
            return 200, b"<html>what?</html>"
        return replied(DRAFTS_OF[colour][min(draft, len(DRAFTS_OF[colour]) - 1)], (10, 100))


@pytest.fixture
def painter(icons: Path, chat_server: ChatServer) -> Painter:
    policy = Painter(icons)
    chat_server.behaviour = policy
    return policy


Evaluated = Callable[..., dict[str, Any]]


@pytest.fixture
def evaluated(icons: Path, chat_server: ChatServer) -> Evaluated:
    """Evaluates the painter by the rule on pixels, into a folder."""

    def evaluate(out: Path, **settings: Any) -> dict[str, Any]:
        chosen = EvaluationSettings(**settings)
        endpoint = ConnectionSettings(base_urls=(chat_server.url,), attempts=2, first_delay=0.001)
        author = PolicyAuthor("openai:m", chosen, endpoint, out / JOURNAL)
        plan = Plan("icons", read_data(str(icons)), chosen, PixelCritic(), AS_STATED)
        return evaluate_author(author, plan, out)

    return evaluate


def rows(out: Path, name: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in (out / name).read_text().splitlines()]
    return [row for row in found if "id" in row]


def outcomes(out: Path) -> dict[tuple[str, str, int], str]:
    return {
        (row["mode"], row["id"], row["sample"]): row["outcome"] for row in rows(out, DRAFT_SCORES)
    }


def test_the_policy_reads_the_critics_report_until_nothing_differs(
    painter: Painter, evaluated: Evaluated, tmp_path: Path, chat_server: ChatServer
) -> None:
    out = tmp_path / "out"
    evaluated(out, rounds=3)
    assert outcomes(out) == {
        ("revised", "green", 1): "judged",
        ("revised", "red", 1): "no_code",
        ("revised", "red", 2): "judged",
    }
    first = dict(painter.read[:2])
    assert first["green"] == "Your answer holds no code block."
    assert "colour is orange instead of red" in first["red"]
    assert painter.read[2:] == [("red", "Your answer holds no code block.")]
    assert len(chat_server.bodies) == 3 + 3


def test_kept_drafts_curves_and_files(
    painter: Painter, evaluated: Evaluated, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    summary = evaluated(out, rounds=2)
    kept, last = summary["curves"]
    assert (kept["drafts"], kept["kept"], last["kept"]) == ("revised", "critic", "last")
    severity = [row["metrics"]["exact_severity"] for row in rows(out, SCORES)]
    orange = severity[2]
    assert severity == [0.0, 50.0, orange]
    means = [point["metrics"]["exact_severity"]["mean"] for point in kept["points"]]
    assert means == pytest.approx([(50 + orange) / 3, orange / 3, 0.0])
    means = [point["metrics"]["exact_severity"]["mean"] for point in last["points"]]
    assert means == pytest.approx([(50 + orange) / 3, 50 / 3, 0.0])
    assert [point["spent"]["tokens"] for point in kept["points"]] == [100, 500 / 3, 200]
    changes = kept["points"][2]["changes"]
    assert changes["repaired"] == {"items": 1, "difference": pytest.approx(-50 / 3)}
    assert changes["improved"] == {"items": 1, "difference": pytest.approx(-orange / 3)}
    assert last["points"][1]["changes"]["broken"]["items"] == 1
    header, *lines = (out / "curves.csv").read_text().splitlines()
    assert header.startswith("task,group,drafts,kept,further,tokens,characters,execution_rate,")
    assert len(lines) == 6
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")
    page = (out / "index.html").read_text()
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    gallery = json.loads(data)
    assert gallery["heads"] == ["completion", "revised 1", "revised 2"]
    (red,) = (item for item in gallery["items"] if item["id"] == "red")
    assert [image["src"] is not None for image in red["images"]] == [True, True, False, True]
    kept = [image["caption"] for image in red["images"] if image["caption"].endswith("kept")]
    assert kept == ["revised 2 · exact severity 0 · critic severity 0 · kept"]
    (group,) = summary["groups"]
    assert {kind: one["number"] for kind, one in group["draft_outcomes"].items()} == {
        "revised: drawn": 2,
        "revised: no_code": 1,
    }


def test_a_kill_at_any_line_loses_nothing_that_was_paid_for(
    painter: Painter, evaluated: Evaluated, tmp_path: Path, chat_server: ChatServer
) -> None:
    whole, settings = tmp_path / "whole", {"rounds": 2, "reflect": True, "batch_size": 2}
    evaluated(whole, **settings)
    asked = len(chat_server.bodies)
    files = (COMPLETIONS, SCORES, DRAFTS, DRAFT_SCORES, "scores.json", "curves.csv", "index.html")
    expected = {name: (whole / name).read_bytes() for name in files}
    for drafts, scores in ((0, 0), (4, 2), (6, 6)):
        for name, number in ((DRAFTS, drafts), (DRAFT_SCORES, scores)):
            lines = expected[name].splitlines(keepends=True)
            (whole / name).write_bytes(b"".join(lines[:number]) + b'{"id": "gre')
        (whole / "scores.json").unlink()
        evaluated(whole, **settings)
        assert {name: (whole / name).read_bytes() for name in files} == expected
    assert len(chat_server.bodies) == asked


def test_the_policys_own_report_is_the_control(
    painter: Painter, evaluated: Evaluated, tmp_path: Path, chat_server: ChatServer
) -> None:
    painter.own = {"blue": {"errors": []}, "green": "no idea"}
    out = tmp_path / "out"
    summary = evaluated(out, rounds=2, reflect=True)
    assert any(colour == "red" and "is too plain" in said for colour, said in painter.read)
    reflected = [row for row in rows(out, DRAFTS) if row["mode"] == "reflected"]
    blue = [row for row in reflected if row["id"] == "blue"]
    assert [(row["completion"], row["final"]) for row in blue] == [(DRAFTS_OF["blue"][0], True)]
    assert blue[0]["spent"] == {"tokens": 7, "characters": len('{"errors": []}')}
    green = [row for row in reflected if row["id"] == "green"]
    assert [row["spent"]["tokens"] for row in green] == [100, 107]
    assert green[1]["feedback"].startswith("The render could not be compared")
    assert [curve["drafts"] for curve in summary["curves"]] == ["revised"] * 2 + ["reflected"] * 2
    last = summary["curves"][3]["points"]
    # green was right after one round, and the policy did not see it
    assert [point["metrics"]["execution_rate"]["mean"] for point in last] == pytest.approx(
        [2 / 3, 2 / 3, 2 / 3]
    )


def test_garbled_answers_end_the_drafts_and_are_counted(
    painter: Painter, evaluated: Evaluated, tmp_path: Path
) -> None:
    painter.garbled = {"red": 1}
    out = tmp_path / "out"
    summary = evaluated(out, rounds=3)
    assert outcomes(out) == {("revised", "green", 1): "judged", ("revised", "red", 1): "no_code"}
    counted = summary["groups"][0]["draft_outcomes"]["revised: no_answer"]
    assert counted["number"] == 1
    assert "red: Model 'm' gave no answer in 2 tries" in counted["example"]
    assert [row["spent"] for row in rows(out, DRAFTS) if row["id"] == "red"] == [
        {"tokens": 0, "characters": 0}
    ]


def test_what_is_kept_is_never_worse_by_the_critic(
    painter: Painter, evaluated: Evaluated, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    evaluated(out, rounds=2, reflect=True, completions=2)
    by_item: dict[tuple[str, str], list[dict[str, Any]]] = {}
    first = {row["id"]: row for row in rows(out, SCORES) if row["sample"] == 0}
    for row in rows(out, DRAFT_SCORES):
        by_item.setdefault((row["mode"], row["id"]), [first[row["id"]]]).append(row)
    assert len(by_item) == 5
    for drafts in by_item.values():
        scores = [score(best(drafts[:number])) for number in range(1, len(drafts) + 1)]
        assert None not in scores
        assert scores == sorted(scores, reverse=True)  # type: ignore[type-var]


def test_rounds_that_can_not_be_done_are_refused(
    icons: Path, tmp_path: Path, tiny_policy: Path, chat_server: ChatServer
) -> None:
    endpoint = ConnectionSettings(base_urls=(chat_server.url,))

    def author(spec: str, **settings: Any) -> PolicyAuthor:
        return PolicyAuthor(spec, EvaluationSettings(**settings), endpoint, tmp_path / JOURNAL)

    with pytest.raises(ErmError, match=r"was not trained to revise .* leave out --rounds"):
        author(str(tiny_policy), rounds=1)
    with pytest.raises(ErmError, match="was not trained to revise"):
        author(f"openai:m={tiny_policy}", rounds=1)
    asked, items = author("openai:m", rounds=1), read_data(str(icons))
    settings = EvaluationSettings(rounds=1)
    with pytest.raises(ErmError, match="Rounds of revision need a critic"):
        evaluate_author(asked, Plan("icons", items, settings), tmp_path / "out")
    other = Item("a", "svg", items[0].picture, None, shown=items[1].picture, prompt="Do it.")
    plan = Plan("icons", [*items, other], settings, PixelCritic())
    with pytest.raises(ErmError, match="a: asks for another picture than the one that is shown"):
        evaluate_author(asked, plan, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert chat_server.bodies == []


def test_a_policy_from_scratch_draws_and_counts_tokens(
    icons: Path, tmp_path: Path, tiny_policy: Path
) -> None:
    settings = EvaluationSettings(completions=3)
    author = PolicyAuthor(str(tiny_policy), settings, ConnectionSettings(), tmp_path / JOURNAL)
    plan = Plan("icons", read_data(str(icons)), settings, PixelCritic(), AS_STATED)
    summary = evaluate_author(author, plan, tmp_path / "out")
    (curve,) = summary["curves"]
    assert (curve["drafts"], curve["kept"]) == ("sampled", "critic")
    tokens = [point["spent"]["tokens"] for point in curve["points"]]
    assert len(tokens) == 4
    assert 0 < tokens[0] < tokens[1] < tokens[2] < tokens[3]


def test_a_policy_in_this_process_revises_where_it_follows_instructions(
    icons: Path, tmp_path: Path, tiny_policy: Path
) -> None:
    instructed = tmp_path / "policy"
    shutil.copytree(tiny_policy, instructed)
    role = read_role(instructed, "policy")
    prompts = {task: policy_prompt(task, brief=False) for task in role.prompts}
    write_role(role.model_copy(update={"prompts": prompts}), instructed)
    settings = EvaluationSettings(rounds=1)
    author = PolicyAuthor(str(instructed), settings, ConnectionSettings(), tmp_path / JOURNAL)
    items = read_data(str(icons), most=1)
    plan = Plan("icons", items, settings, PixelCritic(), AS_STATED)
    summary = evaluate_author(author, plan, tmp_path / "out")
    (draft,) = rows(tmp_path / "out", DRAFTS)
    policy = local_policy(instructed)
    assert isinstance(policy, LocalReviser)
    (first,) = policy.complete([Request("svg", items[0].seen)])
    revision = Revision("svg", items[0].seen, first, draft["feedback"])
    assert policy.revise([revision]) == [draft["completion"]]
    assert [point["spent"]["tokens"] > 0 for point in summary["curves"][0]["points"]] == [True] * 2
    with pytest.raises(ErmError, match="--reflect is for policies behind endpoints"):
        PolicyAuthor(
            str(instructed),
            EvaluationSettings(rounds=1, reflect=True),
            ConnectionSettings(),
            tmp_path / JOURNAL,
        )
