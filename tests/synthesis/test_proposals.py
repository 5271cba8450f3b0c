"""Candidates and labels written by models, against a real local server that speaks the protocol."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from erm.annotation import annotate
from erm.dataset.pairs import SPLITS, Pair, Reference, read_pairs
from erm.errors import ErmError
from erm.render import Limits, Renderer
from erm.report import Report
from erm.synthesis.infer import infer
from erm.synthesis.model_edits import Editor, ModelAnnotator
from erm.synthesis.rollouts import PolicyProposer
from erm.synthesis.settings import (
    AnnotatorSettings,
    EditorSettings,
    EndpointSettings,
    InferSettings,
    SynthesizeSettings,
)
from erm.synthesis.synthesize import synthesize
from tests.chat_server import ChatServer, completion, serving

pytestmark = pytest.mark.slow

DISC = (
    "```svg\n<svg width='100' height='100'><circle cx='50' cy='50' r='{}' fill='red'/></svg>\n```"
)
LABEL = (
    '{"errors": [{"category": "shape_error", "severity": 2, "location": "disc", '
    '"description": "is odd"}]}'
)


def digest(body: dict[str, Any]) -> int:
    """A number that the question's content decides, whatever the order of requests."""
    return hashlib.sha256(json.dumps(body["messages"]).encode()).digest()[0]


def models(_: int, body: dict[str, Any]) -> tuple[int, bytes]:
    """A policy, an editor and an annotator at one address."""
    content = body["messages"][-1]["content"]
    if isinstance(content, str):
        edited = re.sub(r'fill="[^"]+"', 'fill="teal"', content.split("```svg\n")[1], count=1)
        return completion(f"Here it is:\n```svg\n{edited}")
    if sum(part["type"] == "image_url" for part in content) == 2:
        return completion(LABEL)
    kinds = ("I can't draw.", "```svg\n<svg><circle\n```", DISC.format(20 + body["seed"]))
    return completion(kinds[digest(body) % 3])


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    with serving(models) as served:
        yield served


@pytest.fixture
def endpoint(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> EndpointSettings:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    server.behaviour = models
    server.bodies.clear()
    return EndpointSettings(
        base_urls=(server.url,), first_delay=0.001, attempts=2, price_in=1.0, price_out=2.0
    )


def settings(endpoint: EndpointSettings) -> SynthesizeSettings:
    return SynthesizeSettings(
        seed=3,
        sources={"svg": 6},
        candidates_per_source=1,
        pairs_per_source=2,
        validation_share=0.17,
        test_share=0.34,
        sources_per_chunk=3,
        workers=1,
        limits=Limits(wall_seconds=120),
        editor=EditorSettings(model="openai:e", share=1, endpoint=endpoint),
        annotator=AnnotatorSettings(model="openai:a", endpoint=endpoint),
    )


def references(count: int) -> list[Reference]:
    return [Reference(f"svg/{n}", "svg", "train", png(n), f"<svg>{n}</svg>") for n in range(count)]


def png(shade: int, size: int = 40) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (size, size), (shade, 90, 200)).save(stream, "PNG")
    return stream.getvalue()


def reasons(folder: Path, operator: str) -> set[str]:
    """Why candidates of a model were set aside."""
    lines = (folder / "set_aside.jsonl").read_text().splitlines()
    aside = [json.loads(line) for line in lines]
    return {item["reason"] for item in aside if item["operators"] == [operator]}


@pytest.mark.usefixtures("warm")
def test_models_fill_a_share_of_the_data(
    endpoint: EndpointSettings, server: ChatServer, tmp_path: Path, renderer: Renderer
) -> None:
    asked = settings(endpoint)
    # The key is refused halfway; the same command then goes on.
    server.behaviour = lambda n, body: models(n, body) if n < 3 else (401, b"{}")
    with pytest.raises(ErmError, match=r"editor stopped the run: .*401.*answers are kept in"):
        synthesize(asked, tmp_path / "pairs", tmp_path / "work", tmp_path / "answers")
    server.behaviour = models
    metrics = synthesize(asked, tmp_path / "pairs", tmp_path / "work", tmp_path / "answers")

    good = [body for body in server.bodies if body in server.bodies[:3] or body["model"] != "e"]
    assert len(good) == len({json.dumps(body) for body in good}), "an answer was paid for twice"
    assert metrics["editor/recorded"] == metrics["editor/answers"] == 3
    answers = metrics["editor/answers"]
    # Other settings, and no state of the first run but the answers.
    requests = len(server.bodies)
    other = asked.model_copy(update={"rows_per_shard": 2, "equivalent_share": 0.0})
    again = synthesize(other, tmp_path / "again", tmp_path / "state", tmp_path / "answers")
    assert all(body["model"] != "e" for body in server.bodies[requests:])
    assert (again["editor/recorded"], again["editor/answers"]) == (6, 0)
    assert metrics["editor/cost"] == pytest.approx(answers * (10 * 1 + 5 * 2) / 1e6)

    pairs = [pair for split in SPLITS for pair in read_pairs(tmp_path / "pairs", split)]
    assert len({pair.id for pair in pairs}) == len(pairs)
    assert any(pair.operators == ("model",) for pair in pairs)
    wrong = [pair for pair in pairs if pair.split == "train" and pair.reference != pair.candidate]
    assert wrong
    assert {pair.report.errors[0].description for pair in wrong} == {"is odd"}
    exact = [pair for pair in pairs if pair.split != "train" and pair.operators == ("model",)]
    assert exact
    for pair in exact[:1]:
        annotation = annotate("svg", pair.reference_source, pair.candidate_source, renderer)
        assert pair.report.to_dict() == annotation.require().to_dict()


@pytest.mark.usefixtures("warm")
def test_a_served_policy_is_paid_once(
    endpoint: EndpointSettings, server: ChatServer, tmp_path: Path
) -> None:
    plain = settings(endpoint).model_copy(
        update={"editor": EditorSettings(), "annotator": AnnotatorSettings()}
    )
    synthesize(plain, tmp_path / "pairs", tmp_path / "work")
    chosen = InferSettings(
        policy="openai:p", share=1, completions=2, sources_per_chunk=3, workers=1, endpoint=endpoint
    )
    server.behaviour = lambda n, body: models(n, body) if n < 9 else (401, b"{}")
    with pytest.raises(ErmError, match=r"policy stopped the run: .*401.*answers are kept in"):
        infer(chosen, tmp_path / "pairs", tmp_path / "inferred", tmp_path / "work")
    assert not (tmp_path / "inferred").exists()
    for update, begun in (({"concurrency": 2}, 1), ({"temperature": 0.2}, 2)):
        other = chosen.model_copy(update={"endpoint": endpoint.model_copy(update=update)})
        with pytest.raises(ErmError, match="401"):
            infer(other, tmp_path / "pairs", tmp_path / "inferred", tmp_path / "work")
        assert sum(path.is_dir() for path in (tmp_path / "work").iterdir()) == begun, update
    server.behaviour = models
    metrics = infer(chosen, tmp_path / "pairs", tmp_path / "inferred", tmp_path / "work")
    # The first chunk of six was complete; of the second, three answers were on record.
    assert metrics["policy/recorded"] == metrics["policy/answers"] == 3
    paid = [json.dumps(body) for body in server.bodies if body in server.bodies[:9]]
    assert len(paid) == len(set(paid)) == 9, "an answer was paid for twice"
    assert metrics["sources"] == 6
    assert metrics["completions"] == 12
    assert metrics["routes/infer"] == metrics["pairs"] > 0
    assert reasons(tmp_path / "inferred", "policy") >= {
        "policy wrote no source",
        "candidate invalid_markup",
    }


def test_the_budget_counts_what_earlier_runs_spent(
    endpoint: EndpointSettings, server: ChatServer, tmp_path: Path
) -> None:
    def editor(budget: int) -> Editor:
        limited = endpoint.model_copy(update={"token_budget": budget, "concurrency": 1})
        chosen = EditorSettings(model="openai:e", share=1, endpoint=limited)
        return Editor(chosen, 0, tmp_path / "journal.jsonl")

    server.behaviour = lambda _, body: completion("```svg\n<svg/>\n```")
    for budget, total in ((30, 2), (30, 2), (60, 4)):
        with pytest.raises(ErmError, match="budget"):
            editor(budget).propose(references(6))
        assert len(server.bodies) == total
    replies = editor(1000).propose(references(6))
    assert [one.source_id for one in replies] == [f"svg/{n}" for n in range(6)]
    assert len(server.bodies) == 6


@pytest.mark.parametrize(("status", "requests"), [(401, 1), (429, 2), (500, 2)])
def test_a_server_that_refuses_stops_the_run(
    endpoint: EndpointSettings, server: ChatServer, tmp_path: Path, status: int, requests: int
) -> None:
    server.behaviour = lambda _, body: (status, b"{}")
    chosen = EditorSettings(model="openai:e", share=1, endpoint=endpoint)
    with pytest.raises(ErmError, match=f"editor stopped the run.*{status}"):
        Editor(chosen, 0, tmp_path / "journal.jsonl").propose(references(1))
    assert len(server.bodies) == requests


_RUN = """
import sys
from pathlib import Path
from erm.dataset.pairs import Reference
from erm.synthesis.model_edits import Editor
from erm.synthesis.settings import EditorSettings

texts = [Reference(f"svg/{n}", "svg", "train", b"", f"<svg>{n}</svg>") for n in range(40)]
settings = EditorSettings.model_validate_json(sys.argv[1])
Editor(settings, 0, Path(sys.argv[2])).propose(texts)
"""


def test_a_killed_run_does_not_pay_twice(
    endpoint: EndpointSettings, server: ChatServer, tmp_path: Path
) -> None:
    journal = tmp_path / "journal.jsonl"
    chosen = EditorSettings(
        model="openai:e", share=1, endpoint=endpoint.model_copy(update={"concurrency": 2})
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", _RUN, chosen.model_dump_json(), str(journal)]
    with subprocess.Popen(command, env=environment) as process:

        def deadly(number: int, body: dict[str, Any]) -> tuple[int, bytes] | None:
            if number < 10:
                return models(number, body)
            process.kill()
            return None

        server.behaviour = deadly
        process.wait()
    server.behaviour = models
    paid = len(journal.read_bytes().splitlines())
    assert 0 < paid < 40
    before = len(server.bodies)
    texts = [Reference(f"svg/{n}", "svg", "train", b"", f"<svg>{n}</svg>") for n in range(40)]
    editor = Editor(chosen, 0, journal)
    assert len(editor.propose(texts)) == 40
    assert editor.metrics()["editor/recorded"] >= before - 2 - 1
    assert len(server.bodies) == before + editor.metrics()["editor/answers"]


def test_a_local_policy_draws_several_completions(tiny_policy: Path, tmp_path: Path) -> None:
    chosen = InferSettings(share=1, completions=2)
    texts = [Reference(f"svg/{n}", "svg", "train", png(9 * n), "x") for n in range(2)]
    runs = [
        PolicyProposer(str(tiny_policy), chosen, tmp_path / "none").propose(texts) for _ in "ab"
    ]
    assert runs[0] == runs[1]
    assert [one.source_id for one in runs[0]] == ["svg/0", "svg/0", "svg/1", "svg/1"]
    assert {one.route for one in runs[0]} == {"infer"}
    assert runs[0][0].reply != runs[0][1].reply


def test_test_images_get_as_many_completions_as_are_asked_for(
    endpoint: EndpointSettings, server: ChatServer, tmp_path: Path
) -> None:
    server.behaviour = lambda number, body: completion(f"draft {number}")
    chosen = InferSettings(completions=1, test_completions=3, endpoint=endpoint)
    texts = [Reference(f"svg/{n}", "svg", s, png(n), "x") for n, s in enumerate(("train", "test"))]
    replies = PolicyProposer("openai:p", chosen, tmp_path / "journal.jsonl").propose(texts)
    assert [one.source_id for one in replies] == ["svg/0", "svg/1", "svg/1", "svg/1"]
    assert len({one.reply for one in replies}) == 4


def test_a_policy_without_seed_still_writes_several_completions(
    endpoint: EndpointSettings, server: ChatServer, tmp_path: Path
) -> None:
    server.behaviour = lambda number, body: completion(f"draft {number}")
    bare = {"seed": None, "temperature": None, "top_p": None, "max_completion_tokens": 50}
    chosen = InferSettings(completions=2, endpoint=endpoint.model_copy(update=bare))
    image = [Reference("svg/0", "svg", "train", png(0), "x")]
    for _ in "ab":
        proposer = PolicyProposer("openai:p", chosen, tmp_path / "journal.jsonl")
        assert [one.reply for one in proposer.propose(image)] == ["draft 0", "draft 1"]
    assert [set(body) for body in server.bodies] == [
        {"model", "messages", "max_completion_tokens"}
    ] * 2


def test_only_a_share_is_asked_and_bad_specs_are_named(
    endpoint: EndpointSettings, server: ChatServer, tmp_path: Path
) -> None:
    chosen = EditorSettings(model="openai:e", share=0.5, endpoint=endpoint)
    replies = Editor(chosen, 0, tmp_path / "journal.jsonl").propose(references(40))
    assert 10 < len(replies) < 30
    with pytest.raises(ErmError, match=r"synthesize.editor.model is 'gpt'; expected openai:NAME"):
        Editor(EditorSettings(model="gpt"), 0, tmp_path / "journal.jsonl")
    with pytest.raises(ErmError, match=r"infer.policy is 'openai:'; expected openai:NAME"):
        PolicyProposer("openai:", InferSettings(), tmp_path / "journal.jsonl")
    with pytest.raises(ErmError, match="no such policy"):
        PolicyProposer("nowhere", InferSettings(), tmp_path / "journal.jsonl")


def test_a_models_labels_are_kept_where_pixels_allow(
    endpoint: EndpointSettings, server: ChatServer, tmp_path: Path
) -> None:
    replies = {
        "unreadable": "hm",
        "overlooked": '{"errors": []}',
        "good": LABEL,
        "other": LABEL.replace("shape_error", "other_error"),
        "unknown": LABEL.replace("shape_error", "colour_error"),
    }

    def pair(name: str, candidate: bytes) -> Pair:
        sides = (png(0), candidate, "a", "b")
        return Pair(name, name, "svg", "train", "edit", (), *sides, Report("svg"))

    candidates = {name: png(250 + number) for number, name in enumerate(replies)}
    order = list(candidates)

    def annotator(_: int, body: dict[str, Any]) -> tuple[int, bytes]:
        urls = [part["image_url"]["url"] for part in body["messages"][-1]["content"][:2]]
        with Image.open(io.BytesIO(base64.b64decode(urls[1].split(",")[1]))) as opened:
            shade = int(np.asarray(opened.convert("RGB"))[0, 0, 0])
        return completion(replies[order[shade - 250]])

    server.behaviour = annotator
    pairs = [pair(name, data) for name, data in candidates.items()] + [pair("equal", png(0))]
    chosen = AnnotatorSettings(model="openai:a", endpoint=endpoint)
    labels = ModelAnnotator(chosen, tmp_path / "annotator.jsonl")
    kept, aside = labels.annotate(pairs)
    assert {one.id: len(one.report.errors) for one in kept} == {"good": 1, "equal": 0}
    assert {one.pair.id: one.reason for one in aside} == {
        "unreadable": "annotator wrote no report",
        "overlooked": "annotator overlooked a clear difference",
        "other": "annotator lists what labels can't hold",
        "unknown": "annotator lists what labels can't hold",
    }
    assert len(server.bodies) == 6
    assert labels.metrics()["annotator/answers"] == 6
