"""Every command on real files: its answer, its JSON, its status, its sentence on bad input."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import mlflow
import pytest
from PIL import Image

from erm.cli import main
from erm.critics.pixel import PixelCritic
from erm.images import open_image
from erm.tracking import EXPERIMENT, tracking_uri
from tests.chat_server import ChatServer, serving
from tests.chat_server import completion as replied

GOLDEN = Path(__file__).parents[1] / "golden"
POLICY = "--policy-endpoint"
COMMANDS = [
    *("render", "annotate", "critique", "reward", "benchmark", "evaluate", "refine", "ingest"),
    *("view", "adopt", "rollback", "lineage", "train-node"),
]
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
    '<circle cx="40" cy="40" r="20" fill="{}"/><rect x="70" y="70" width="20" height="20"/></svg>'
)


class Outcome(NamedTuple):
    """What a command left: its status, standard output and standard error."""

    status: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line on standard error."""
        assert "Traceback" not in self.err
        return self.err.strip().splitlines()[-1]


Erm = Callable[..., Outcome]


def command_line(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Erm:
    """Runs the command line in this process, in the current folder."""

    def run(*arguments: str) -> Outcome:
        capfd.readouterr()
        monkeypatch.setattr(sys, "argv", ["erm", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capfd.readouterr()
        code = stop.value.code
        if isinstance(code, str):
            return Outcome(1, captured.out, captured.err + code)
        return Outcome(code or 0, captured.out, captured.err)

    return run


@pytest.fixture
def erm(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Erm:
    """Runs the command line in this process, in a folder with a few files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    Path("red.svg").write_text(SVG.format("red"))
    Path("blue.svg").write_text(SVG.format("blue"))
    Path("broken.svg").write_text("<svg")
    Path("void").write_bytes(b"")
    Image.new("RGB", (4, 4), "red").save("red.png")
    Path("folder").mkdir()

    return command_line(capfd, monkeypatch)


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory, renderer: Any) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("images")
    paths = []
    for colour in ("red", "blue"):
        path = folder / f"{colour}.png"
        path.write_bytes(renderer.render_batch([("svg", SVG.format(colour))])[0].image)
        paths.append(str(path))
    return paths[0], paths[1]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, erm: Erm) -> None:
    status, out, _ = erm(command, "--help")
    assert status == 0
    assert "Arguments:" in out


def test_help_needs_none_of_the_heavy_libraries() -> None:
    code = (
        "import contextlib, os, sys, erm.cli\n"
        "sys.argv = ['erm', '--help']\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(open(os.devnull, 'w')):\n"
        "    erm.cli.main()\n"
        "heavy = {'torch', 'transformers', 'mlflow', 'matplotlib', 'pandas', 'numpy', 'rich'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_render_one_source_is_a_png(erm: Erm) -> None:
    status, out, err = erm("render", "svg", "red.svg", "-o", "deep/red.png", "--json")
    assert (status, err) == (0, "")
    result = json.loads(out)
    assert open_image(Path("deep/red.png")).size == (result["width"], result["height"])
    assert result["output"] == "deep/red.png"
    assert result["error"] is None


def test_render_writes_all_that_can_be_drawn(erm: Erm) -> None:
    Path("red.html").write_text(SVG.format("red"))
    sources = ["red.svg", "broken.svg", "void", "missing.svg", "folder", "red.html", "blue.svg"]
    outcome = erm("render", "svg", *sources, "-o", "out", "--json")
    assert outcome.status == 1
    results = [json.loads(line) for line in outcome.out.splitlines()]
    assert [result["source"] for result in results] == sources
    kinds = [result["error"] and result["error"]["kind"] for result in results]
    assert kinds == [None, "invalid_markup", "no_source", "no_file", "no_file", None, None]
    written = sorted(path.name for path in Path("out").iterdir())
    assert written == ["blue.png", "red.html.png", "red.svg.png"]
    assert len(outcome.err.strip().splitlines()) == 4


def test_render_reads_what_sources_declare(erm: Erm) -> None:
    text = SVG.format("red").replace("<circle", "<text y='50'>é</text><circle")
    Path("plain.svg").write_text(text)
    declared = f'<?xml version="1.0" encoding="{{}}"?>\r\n{text}'
    Path("LATIN.SVG").write_bytes(declared.format("iso-8859-1").encode("latin-1"))
    Path("wide.svg").write_bytes(declared.format("utf-16").encode("utf-16"))
    Path("mark.svg").write_bytes(declared.format("utf-8").encode("utf-8-sig"))
    names = ("plain", "LATIN", "wide", "mark")
    files = ("plain.svg", "LATIN.SVG", "wide.svg", "mark.svg")
    assert erm("render", "svg", *files, "-o", "out").status == 0
    assert len({Path(f"out/{name}.png").read_bytes() for name in names}) == 1
    assert json.loads(erm("annotate", "svg", *files[:2], "--json").out)["errors"] == []
    Path("guess.svg").write_bytes(text.encode("latin-1"))
    outcome = erm("render", "svg", "guess.svg", "-o", "guess.png")
    assert "guess.svg: the source is not UTF-8 text and declares no other" in outcome.sentence


def test_render_refuses_to_write_two_sources_to_one_file(erm: Erm) -> None:
    outcome = erm("render", "svg", "red.svg", "folder/red.svg", "-o", "out")
    assert outcome.status == 1
    assert "Several sources are called red.svg" in outcome.sentence
    assert not Path("out").exists()


def test_annotate_prints_the_published_report(erm: Erm) -> None:
    status, out, err = erm("annotate", "svg", "red.svg", "blue.svg", "--json")
    assert (status, err) == (0, "")
    report = json.loads(out)
    assert report["style_error_count"] == 1
    (error,) = report["errors"]
    assert sorted(error) == ["category", "description", "location", "severity"]
    assert error["description"] == "fill is blue instead of red"
    boxed = json.loads(erm("annotate", "svg", "red.svg", "blue.svg", "--json", "--boxes").out)
    assert len(boxed["errors"][0]["box"]) == 4
    assert json.loads(erm("annotate", "svg", "red.svg", "red.svg", "--json").out)["errors"] == []


def test_annotate_names_the_source_that_does_not_draw(erm: Erm) -> None:
    outcome = erm("annotate", "svg", "red.svg", "broken.svg", "--json")
    assert outcome.status == 1
    answer = json.loads(outcome.out)
    assert (answer["failure"], answer["side"]) == ("not drawn", "candidate")
    assert "errors" not in answer
    assert "broken.svg" in outcome.sentence


def test_critique_lists_what_differs(erm: Erm, images: tuple[str, str]) -> None:
    status, out, err = erm("critique", "svg", *images, "--critic", "pixel", "--json")
    assert (status, err) == (0, "")
    report = json.loads(out)
    assert report["errors"][0]["description"] == "colour is blue instead of red"
    assert report["total_severity"] == sum(error["severity"] for error in report["errors"])
    assert "blue instead of red" in erm("critique", "svg", *images, "--critic", "pixel").out


def test_even_an_untrained_critic_replies_with_a_report_unless_it_is_free(
    erm: Erm, images: tuple[str, str], tiny_critic: Path
) -> None:
    arguments = ("critique", "svg", *images, "--critic", str(tiny_critic), "--json")
    status, out, _ = erm(*arguments)
    assert status == 0
    assert {"errors", "total_severity", "expected"} <= set(json.loads(out))
    outcome = erm(*arguments, "--free")
    assert outcome.status == 1
    assert json.loads(outcome.out)["failure"] == "unparsable"
    assert "holds no report" in outcome.sentence


@pytest.fixture
def served(chat_server: ChatServer) -> tuple[ChatServer, tuple[str, ...]]:
    """A server, and the arguments that make it the critic."""
    url = f"base_urls={chat_server.url}"
    return chat_server, ("--critic", "openai:m", "--endpoint", url, "--json")


def test_a_reply_without_report_is_said(
    erm: Erm, images: tuple[str, str], served: tuple[ChatServer, tuple[str, ...]]
) -> None:
    server, critic = served
    refusal = '{"message": "I cannot see the images."}'
    server.behaviour = lambda number, body: replied(refusal)
    outcome = erm("critique", "svg", *images, *critic)
    assert outcome.status == 1
    assert json.loads(outcome.out) == {"failure": "unparsable", "reply": refusal}
    assert "holds no report" in outcome.sentence
    assert len(server.bodies) == 2
    Path("answer.txt").write_bytes(f"```svg\r\n{SVG.format('blue')}\r\n```".encode("utf-16"))
    reward = ("reward", "svg", images[0], "answer.txt", *critic)
    earned = json.loads(erm(*reward).out)
    assert (earned["outcome"], earned["reward"], earned["report"]) == ("unparsable", 1.5, None)
    assert "I cannot see" in earned["reason"]
    published = json.loads(erm(*reward, "--replies", "published").out)
    assert (published["outcome"], published["reward"]) == ("judged", 2.0)


def test_entries_of_other_categories_are_counted(
    erm: Erm, images: tuple[str, str], served: tuple[ChatServer, tuple[str, ...]]
) -> None:
    server, critic = served
    error = {"category": "colour_error", "severity": "severe", "location": "a", "description": "b"}
    server.behaviour = lambda number, body: replied(json.dumps([error]))
    report = json.loads(erm("critique", "svg", *images, *critic).out)
    assert (report["errors"], report["unlisted"], report["total_severity"]) == ([], 1, 3)
    printed = erm("critique", "svg", *images, *critic[:-1]).out
    assert "no discrepancies" not in printed
    assert "total severity with them 3" in printed


def test_requests_are_what_endpoint_options_say(
    erm: Erm, images: tuple[str, str], served: tuple[ChatServer, tuple[str, ...]]
) -> None:
    server, critic = served
    server.behaviour = lambda number, body: (
        (400, b'{"error": {"message": "max_tokens is not supported"}}')
        if "max_tokens" in body
        else replied('{"errors": []}')
    )
    refused = erm("critique", "svg", *images, *critic)
    assert "max_completion_tokens=4096" in refused.sentence
    outcome = erm("critique", "svg", *images, *critic, "--endpoint", "max_completion_tokens=9")
    assert (outcome.status, json.loads(outcome.out)["errors"]) == (0, [])
    assert server.bodies[-1]["max_completion_tokens"] == 9
    url = f"base_urls={server.url}"
    item = {"id": "a", "idx": 0, "category": "svg", "human_errors": []}
    item |= dict(zip(("gt_img_path", "pred_img_path"), images, strict=True))
    Path("items.jsonl").write_text(json.dumps(item))
    scores = ("benchmark", "p.jsonl", *critic[:4], "--data", "items.jsonl", "--judge", "openai:j")
    options = ("--endpoint", "max_tokens=null", "--judge-endpoint", url)
    assert erm(*scores, *options).status == 0
    assert "max_tokens" not in server.bodies[-1]


def test_reward_follows_the_formula(erm: Erm, images: tuple[str, str]) -> None:
    Path("answer.txt").write_text(f"```svg\n{SVG.format('blue')}\n```")
    status, out, _ = erm("reward", "svg", images[0], "answer.txt", "--critic", "pixel", "--json")
    earned = json.loads(out)
    assert status == 0
    assert earned["outcome"] == "judged"
    assert math.isclose(earned["reward"], 2 - earned["severity"] / 50)
    for completion, outcome in (("void", "no_code"), ("broken.svg", "no_code")):
        status, out, _ = erm("reward", "svg", images[0], completion, "--critic", "pixel", "--json")
        assert status == 0
        assert (json.loads(out)["outcome"], json.loads(out)["reward"]) == (outcome, 0.0)


def test_refine_fails_where_no_draft_renders(
    erm: Erm, images: tuple[str, str], tiny_policy: Path
) -> None:
    arguments = ("refine", "svg", images[0], "--policy", str(tiny_policy), "--critic", "pixel")
    outcome = erm(*arguments, "--rounds", "1", "--json")
    assert outcome.status == 1
    assert len(json.loads(outcome.out)["drafts"]) == 2
    assert "none of 2 drafts renders" in outcome.sentence


def test_refine_leaves_a_trace_where_it_is_asked_to(
    erm: Erm, images: tuple[str, str], tiny_policy: Path, empty_store: Path
) -> None:
    shutil.copytree(empty_store, Path.cwd(), dirs_exist_ok=True)
    before = mlflow.get_tracking_uri()
    policy = ("--policy", str(tiny_policy), "--critic", "pixel")
    outcome = erm("refine", "svg", images[0], *policy, "--rounds", "0", "--trace")
    client = mlflow.MlflowClient(tracking_uri(Path.cwd()))
    mlflow.set_tracking_uri(before)
    (experiment,) = (one for one in client.search_experiments() if one.name == EXPERIMENT)
    (run,) = client.search_runs([experiment.experiment_id])
    (trace,) = client.search_traces(locations=[experiment.experiment_id], run_id=run.info.run_id)
    assert f"/runs/{run.info.run_id}" in outcome.err
    assert [span.name for span in trace.data.spans] == ["refine", "generate", "draw and judge"]


def test_refine_asks_policy_and_critic_each_at_its_own_endpoint(
    erm: Erm, images: tuple[str, str], served: tuple[ChatServer, tuple[str, ...]]
) -> None:
    server, critic = served
    with serving() as painter:
        painter.behaviour = lambda number, body: replied(f"```svg\n{SVG.format('blue')}\n```")
        server.behaviour = lambda number, body: replied('{"errors": []}')
        there = (f"base_urls={painter.url}", "temperature=null")
        policy = ("--policy", "openai:p", *(word for one in there for word in (POLICY, one)))
        outcome = erm("refine", "svg", images[0], *policy, *critic, "--rounds", "0")
        assert (outcome.status, json.loads(outcome.out)["severity"]) == (0, 0)
        assert set(painter.bodies[0]) == {"model", "messages", "max_tokens"}
    assert server.bodies[0]["temperature"] == 0.7


def flatten(value: Any, path: str = "") -> dict[str, Any]:
    """Leaves of nested dictionaries by path."""
    if not isinstance(value, dict):
        return {path: value}
    return {k: v for key in value for k, v in flatten(value[key], f"{path}/{key}").items()}


def test_benchmark_gives_the_golden_summary(erm: Erm) -> None:
    judge = f"replay:{GOLDEN / 'judge_replies.jsonl'}"
    predictions = str(GOLDEN / "predictions.json")
    status, out, _ = erm("benchmark", predictions, "--judge", judge, "-o", "s.json", "--json")
    assert status == 0
    expected = json.loads((GOLDEN / "summary.json").read_text())
    for summary in (json.loads(out), json.loads(Path("s.json").read_text())):
        published = {key: summary[key] for key in expected}
        found, wanted = flatten(published), flatten(expected)
        numbers = {key: value for key, value in wanted.items() if isinstance(value, float)}
        assert {key: found[key] for key in numbers} == pytest.approx(numbers, abs=1e-12)
        assert {**found, **numbers} == wanted


def test_benchmark_runs_a_critic_first(erm: Erm, images: tuple[str, str]) -> None:
    error = {"type": "style_error", "severity": 3, "location": "centre", "description": "colour"}
    rows = [
        {"id": "a", "idx": 0, "gt_img_path": images[0], "pred_img_path": images[1]},
        {"id": "b", "idx": 1, "gt_img_path": images[0], "pred_img_path": "gone.png"},
    ]
    lines = [json.dumps({**row, "category": "svg", "human_errors": [error]}) for row in rows]
    Path("items.jsonl").write_text("\n".join(lines))
    arguments = ("benchmark", "p.jsonl", "--critic", "pixel", "--data", "items.jsonl", "--json")
    outcome = erm(*arguments, "--page", "page")
    assert outcome.status == 0
    assert json.loads(outcome.out)["evaluated"] == 2
    written = [json.loads(line) for line in Path("p.jsonl").read_text().splitlines()]
    assert written[0]["pred_json"]["errors"]
    assert written[1]["pred_json"] is None
    assert "gone.png" in written[1]["error_parse_failed_reason"]
    assert not Path(".p.jsonl.answers").exists()
    assert list(Path("page").glob("*.html"))


def test_benchmark_shows_each_kind_of_sources(erm: Erm) -> None:
    rows = json.loads((GOLDEN / "predictions.json").read_text())
    for n, row in enumerate(rows):
        row["domain"] = ("compact", "real")[n % 2]
    Path("one.json").write_text(json.dumps(rows))
    Path("none.json").write_text(json.dumps([{**row, "pred_json": None} for row in rows]))
    for arguments in (("one.json",), ("one.json", "none.json")):
        shown = erm("benchmark", *arguments).out
        assert "sources: compact, real" in shown.partition("\n")[0]
        assert [shown.count(f"Sources: {name}") for name in ("compact", "real")] == [1, 1]
    summary = json.loads(erm("benchmark", "one.json", "--json").out)
    assert list(summary["additions"]["by_domain"]) == ["compact", "real"]
    for row in rows:
        del row["domain"]
    Path("one.json").write_text(json.dumps(rows))
    assert "ources" not in erm("benchmark", "one.json").out


def test_benchmark_of_several_predictions(erm: Erm) -> None:
    rows = json.loads((GOLDEN / "predictions.json").read_text())
    Path("one.json").write_text(json.dumps(rows))
    Path("none.json").write_text(json.dumps([{**row, "pred_json": None} for row in rows]))
    status, out, _ = erm("benchmark", "one.json", "none.json", "--page", "page", "--json")
    summary = json.loads(out)
    assert status == 0
    assert list(summary["critics"]) == ["one", "none"]
    first, second = summary["comparison"]
    assert first["p_value"] is None
    assert second["difference"] == pytest.approx(-first["f1_hard"]["overall"])
    assert second["difference"] < 0
    assert 0 < second["p_value"] <= 1
    assert 'href="critic-2/index.html"' in Path("page/index.html").read_text()
    assert 'href="../index.html"' in Path("page/critic-2/index.html").read_text()


def test_benchmark_of_several_critics_goes_on_where_it_stopped(
    erm: Erm, monkeypatch: pytest.MonkeyPatch
) -> None:
    row: dict[str, Any] = {"id": "a", "idx": 0, "category": "svg", "human_errors": []}
    for field, colour in (("gt_img_path", "red"), ("pred_img_path", "blue")):
        Image.new("RGB", (30, 30), colour).save(f"{colour}.png")
        row[field] = f"{colour}.png"
    Path("items.jsonl").write_text(json.dumps(row))
    spec = ("--critic", "pixel", "--critic", "gone", "--data", "items.jsonl")
    stopped = erm("benchmark", *spec)
    assert stopped.status == 1
    assert "gone: no such critic" in stopped.err
    assert Path("predictions/.pixel.jsonl.answers").exists()
    monkeypatch.setattr(PixelCritic, "critique", None)  # nothing is judged again
    outcome = erm("benchmark", "--critic", "pixel", "--data", "items.jsonl", "--similarity", "mse")
    assert outcome.status == 0
    assert "pixel MSE" in outcome.out
    assert not Path("predictions/.pixel.jsonl.answers").exists()


def test_ingest_lists_what_it_rejects(erm: Erm) -> None:
    Path(".hidden").write_text("x")
    Path("rows.jsonl").write_text(f'{{"svg": \n{json.dumps({"svg": SVG.format("green")})}\n')
    status, out, _ = erm("ingest", "svg", ".", "--json")
    summary = json.loads(out)
    assert (status, summary["kept"]) == (0, 3)
    assert [one["origin"] for one in summary["rejected"]] == ["broken.svg", "rows.jsonl:1"]
    assert summary["other_files"] == {".png": 1, "no ending": 1}
    assert "Not read: 1 × .png" in erm("ingest", "svg", ".").out
    assert Path("ingested-svg.parquet").is_file()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("critique svg void void --critic pixel", "void: the image is empty"),
        ("critique svg gone.png void --critic pixel", "gone.png: cannot be read"),
        ("critique svg folder void --critic pixel", "folder: cannot be read"),
        ("critique svg red.svg void --critic pixel", "not an image"),
        ("reward svg void red.svg --critic pixel", "void: the image is empty"),
        ("reward svg red.svg gone.txt --critic pixel", "gone.txt: the completion can't be read"),
        ("refine svg void --critic pixel", "void: the image is empty"),
        ("annotate svg gone.svg red.svg", "gone.svg: the source can't be read"),
        ("render svg red.svg blue.svg -o void", "void: is a file"),
        ("critique svg red.png red.png --endpoint speed=1", "Endpoint option 'speed'"),
        ("critique svg red.png red.png --endpoint fast", "write NAME=VALUE"),
        ("critique svg red.png red.png --critic pixel --endpoint seed=1", "MODEL), not pixel."),
        ("critique svg red.png red.png --critic pixel --free", "are for models, not for the"),
        ("reward svg red.png red.svg --critic reading --endpoint seed=1", "--endpoint is for"),
        ("refine svg red.png --policy a --critic b --endpoint seed=1", "not b or a."),
        ("refine svg red.png --policy a --policy-endpoint seed=1", "--policy-endpoint is for"),
        ("benchmark p.jsonl --judge-endpoint seed=1", "--judge-endpoint is for"),
        ("benchmark p.jsonl --endpoint seed=1", "--endpoint is for models behind endpoints"),
        ("benchmark p.jsonl --replies published", "--replies is for --critic"),
        ("benchmark gone.jsonl", "gone.jsonl does not exist"),
        ("benchmark void", "void"),
        ("benchmark folder", "folder"),
        ("benchmark p.jsonl --critic pixel", "--critic and --data belong together"),
        ("benchmark", "Name predictions to score, or a critic to run"),
        ("benchmark a.json b/a.json a.json", "The same predictions are named twice"),
        ("benchmark p.jsonl --critic pixel --critic a --data d", "2 critics need 2 files"),
        ("benchmark p.jsonl --judge oracle", "Unknown judge 'oracle'"),
        ("ingest svg gone", "gone does not exist"),
        ("ingest svg folder", "No source of task svg"),
        ("view gone", "gone"),
    ],
)
def test_bad_input_is_one_sentence(arguments: str, reason: str, erm: Erm) -> None:
    outcome = erm(*arguments.split())
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.sentence.startswith("erm: ")
    assert reason in outcome.sentence


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("gone", "gone: no such critic"),
        ("void", "void: is a file"),
        ("folder", "not a critic's folder"),
        ("openai:", "names no model"),
        ("models:/erm-critic@champion", "run `make repro`"),
    ],
)
def test_a_bad_spec_is_one_sentence(
    spec: str, reason: str, erm: Erm, images: tuple[str, str]
) -> None:
    outcome = erm("critique", "svg", *images, "--critic", spec)
    assert (outcome.status, outcome.out) == (1, "")
    assert reason in outcome.sentence


@pytest.mark.parametrize("arguments", ["critique sheet a b", "render svg", "nonsense", "refine"])
def test_wrong_usage_has_a_status_of_its_own(arguments: str, erm: Erm) -> None:
    outcome = erm(*arguments.split())
    assert (outcome.status, outcome.out) == (2, "")
    assert "Error: " in outcome.err
