"""The command `erm evaluate` from its arguments to its files, its table and its status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from erm.images import open_image
from tests.chat_server import ChatServer
from tests.chat_server import completion as replied
from tests.cli.test_cli import Erm, erm  # noqa: F401
from tests.evaluation.conftest import fenced, icon, icons  # noqa: F401
from tests.vision_models import needs_lpips, save_clip


@pytest.fixture
def written(icons: Path) -> Path:  # noqa: F811
    """Completions of two of the three icons."""
    path = icons.parent / "completions.jsonl"
    rows = [{"id": "red", "completion": fenced(icon("red"))}, {"id": "blue", "completion": "?"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_completions_are_evaluated_once(
    erm: Erm,  # noqa: F811
    icons: Path,  # noqa: F811
    written: Path,
) -> None:
    command = ["evaluate", f"file:{written}", "--data", str(icons), "--critic", "pixel"]
    status, out, _ = erm(*command, "--out", "o")
    assert status == 0
    assert "3 of 3 items" in out
    assert "no completion" in out
    scores = Path("o/scores.jsonl").read_bytes()
    status, out, _ = erm(*command, "--out", "o", "--json")
    assert status == 0
    summary = json.loads(out)
    assert summary == json.loads(Path("o/scores.json").read_text())
    (group,) = summary["groups"]
    assert group["metrics"]["execution_rate"]["mean"] == pytest.approx(1 / 3)
    assert {kind: entry["number"] for kind, entry in group["outcomes"].items()} == {
        "no_code": 1,
        "no_completion": 1,
        "drawn": 1,
    }
    assert Path("o/scores.jsonl").read_bytes() == scores
    assert Path("o/index.html").is_file()


@needs_lpips
def test_lpips_and_the_score_of_unisvg_are_worst_where_nothing_is_drawn(
    erm: Erm,  # noqa: F811
    icons: Path,  # noqa: F811
    written: Path,
    tmp_path: Path,
) -> None:
    clip = f"unisvg:{tmp_path / 'clip'}"
    save_clip(tmp_path / "clip")
    command = ["evaluate", f"file:{written}", "--data", str(icons), "--out", "o"]
    status, _, _ = erm(*command, "--similarity", "lpips:alex", "--similarity", clip)
    assert status == 0
    rows = [json.loads(line) for line in Path("o/scores.jsonl").read_text().splitlines()]
    found = {row["id"]: row["metrics"] for row in rows}
    assert found["red"]["lpips:alex"] == 0.0
    assert found["red"][clip] == pytest.approx(1.0)
    assert [found[colour]["lpips:alex"] for colour in ("blue", "green")] == [1.0, 1.0]
    assert [found[colour][clip] for colour in ("blue", "green")] == [0.0, 0.0]
    (group,) = json.loads(Path("o/scores.json").read_text())["groups"]
    assert group["metrics"][clip]["mean"] == pytest.approx(1 / 3)
    assert "UniSVG, clip" in Path("o/index.html").read_text()


def test_a_similarity_without_its_model_is_refused_before_any_completion(
    erm: Erm,  # noqa: F811
    icons: Path,  # noqa: F811
    written: Path,
    tmp_path: Path,
) -> None:
    command = ["evaluate", f"file:{written}", "--data", str(icons), "--out", "o"]
    outcome = erm(*command, "--similarity", f"features:{tmp_path}")
    assert "can't be loaded as a vision model" in outcome.sentence
    assert not Path("o").exists()


def test_another_evaluation_is_refused_or_thrown_away(
    erm: Erm,  # noqa: F811
    icons: Path,  # noqa: F811
    written: Path,
) -> None:
    command = ["evaluate", "--completions", str(written), "--data", str(icons), "--out", "o"]
    assert erm(*command).status == 0
    outcome = erm(*command, "--items", "2")
    assert outcome.status == 1
    assert "o: holds an evaluation with another data; name another --out" in outcome.sentence
    outcome = erm(*command, "--items", "2", "--restart", "--json")
    assert (outcome.status, json.loads(outcome.out)["items"]) == (0, 2)
    again = ["evaluate", "file:o/completions.jsonl", "--data", str(icons), "--items", "2"]
    assert erm(*again, "--out", "again").status == 0
    first, second = (json.loads(Path(o, "scores.json").read_text()) for o in ("o", "again"))
    assert first["groups"] == second["groups"]


def test_a_policy_on_a_server_is_evaluated(
    erm: Erm,  # noqa: F811
    icons: Path,  # noqa: F811
    chat_server: ChatServer,
) -> None:
    chat_server.behaviour = lambda *_: replied(fenced(icon("red")))
    command = ["evaluate", "openai:m", "--data", str(icons), "--out", "o", "--json"]
    command += ["--endpoint", f"base_urls={chat_server.url}", "--completions-per-image", "1"]
    outcome = erm(*command)
    assert outcome.status == 0
    (group,) = json.loads(outcome.out)["groups"]
    assert group["outcomes"]["drawn"]["number"] == 3
    assert group["samples"] == 1
    assert len(chat_server.bodies) == 6


def test_icons_are_drawn_at_the_size_of_the_pictures(
    erm: Erm,  # noqa: F811
    icons: Path,  # noqa: F811
) -> None:
    """Otherwise a critic would see other sizes than it was trained on."""
    rows = [{"id": one.stem, "completion": fenced(one.read_text())} for one in icons.glob("*.svg")]
    Path("answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ["evaluate", "file:answers.jsonl", "--data", str(icons), "--out", "o", "--json"]
    status, out, _ = erm(*command)
    assert status == 0
    (group,) = json.loads(out)["groups"]
    assert group["metrics"]["mse"]["mean"] == 0
    sizes = [open_image(one).size for one in icons.glob("*.png")]
    assert {open_image(one).size for one in Path("o", "renders").rglob("*.png")} == set(sizes)
    side = max(sizes[0])
    Image.new("RGB", (side + 1, side), "white").save(icons / "larger.png")
    (icons / "larger.svg").write_text(icon("red"))
    outcome = erm(*command[:-2], "other", "--json")
    assert f"of the pictures are {side} to {side + 1} pixels" in outcome.err


def test_a_policy_on_a_server_revises_and_draws(
    erm: Erm,  # noqa: F811
    icons: Path,  # noqa: F811
    chat_server: ChatServer,
) -> None:
    def answer(_: int, body: dict[str, Any]) -> tuple[int, bytes]:
        revising = "colour is blue instead of" in body["messages"][0]["content"][-1]["text"]
        return replied(fenced(icon("green" if revising else "blue")))

    chat_server.behaviour = answer
    command = ["evaluate", "openai:m", "--data", str(icons), "--out", "o", "--critic", "pixel"]
    command += ["--endpoint", f"base_urls={chat_server.url}", "--completions-per-image", "1"]
    command += ["--rounds", "2"]
    status, out, _ = erm(*command)
    assert status == 0
    assert "n further drafts, revised, best by the critic" in out
    assert "further drafts, revised: drawn" in out
    asked = len(chat_server.bodies)
    # green is right after one round; red gets the same answer to each
    assert asked == 3 + 3 + 3
    outcome = erm(*command, "--json")
    drawn, kept, _ = json.loads(outcome.out)["curves"]
    assert (drawn["drafts"], kept["drafts"]) == ("sampled", "revised")
    assert [point["spent"]["tokens"] for point in kept["points"]] == pytest.approx(
        [5, 5 + 10 / 3, 5 + 15 / 3]
    )
    assert kept["points"][1]["changes"]["improved"]["items"] == 1
    assert len(chat_server.bodies) == asked
    outcome = erm(*command[:-1], "1")
    assert "o: holds an evaluation with another revision; name another --out" in outcome.sentence


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--data", "x"], "Name a policy, or completions that exist already"),
        (["p"], "Name the data with --data."),
        (["p", "--completions", "f", "--data", "x"], "Name a policy, or completions that"),
        (["p", "--data", "nowhere"], "nowhere does not exist."),
        (["p", "--data", "icons"], "p: no such policy; expected a model folder"),
        (["file:none", "--data", "icons"], "none does not exist."),
        (["file:void", "--data", "icons"], "void: completions are a folder or a file of rows"),
        (["p", "--data", "icons", "--similarity", "ssim"], "'ssim' is measured already"),
        (["p", "--data", "icons", "--similarity", "lpips:x"], "'lpips:x' is measured already or"),
        (["p", "--data", "icons", "--endpoint", "timeout=1"], "is for models behind endpoints"),
        (
            ["--completions", "c.jsonl", "--data", "icons", "--completions-per-image", "2"],
            "--completions-per-image is for policies",
        ),
        (
            ["--completions", "c.jsonl", "--data", "icons", "--rounds", "1"],
            "--rounds is for policies; nobody revises the completions of a file.",
        ),
        (["openai:m", "--data", "icons", "--reflect"], "--reflect is for --rounds."),
        (
            ["openai:m", "--data", "icons", "--rounds", "1"],
            "need a critic; name one with --critic.",
        ),
        (
            ["--completions", "c.jsonl", "--data", "icons", "--critic", "exact"],
            "The exact annotator is asked anyway",
        ),
        (
            ["--completions", "c.jsonl", "--data", "icons", "--backend", "x"],
            "--backend: ",
        ),
    ],
)
def test_a_wrong_command_ends_with_one_sentence(
    arguments: list[str],
    sentence: str,
    erm: Erm,  # noqa: F811
    icons: Path,  # noqa: F811
) -> None:
    Path("c.jsonl").write_text('{"id": "red", "completion": "?"}\n')
    outcome = erm("evaluate", *arguments)
    assert outcome.status == 1
    assert sentence in outcome.sentence
    assert not Path("evaluation").exists()


def test_data_of_which_nothing_can_be_evaluated_fails(
    erm: Erm,  # noqa: F811
    icons: Path,  # noqa: F811
) -> None:
    for image in icons.glob("*.png"):
        image.unlink()
    Path("c.jsonl").write_text('{"id": "red", "completion": "?"}\n')
    outcome = erm("evaluate", "file:c.jsonl", "--data", "icons", "--json")
    assert outcome.status == 1
    assert "icons: not one of 3 items could be evaluated." in outcome.sentence
    (group,) = json.loads(outcome.out)["groups"]
    example = "blue: icons/blue.svg: no image is named like it."
    assert group["not_evaluated"] == {"no_image": {"number": 3, "example": example}}
