"""A policy's own errors as data: labels, splits, resumption, rubbish, and who reads the folder."""

from __future__ import annotations

import base64
import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from erm.annotation import annotate
from erm.critics.benchmarking import benchmark
from erm.critics.reading.ocr import missing_reader
from erm.critics.settings import BenchmarkSettings
from erm.dataset.duplicates import digest
from erm.dataset.pairs import (
    SPLITS,
    Pair,
    Reference,
    SplitWriter,
    decode_image,
    read_pairs,
    read_references,
)
from erm.dataset.settings import ValidateSettings
from erm.dataset.validation import validate
from erm.errors import ErmError
from erm.fingerprint import fingerprint
from erm.render import Limits, Renderer
from erm.synthesis.infer import infer
from erm.synthesis.rollouts import PolicyProposer
from erm.synthesis.settings import EndpointSettings, InferSettings, SynthesizeSettings
from erm.synthesis.synthesize import synthesize
from tests.chat_server import ChatServer, completion, serving
from tests.synthesis.test_synthesize import hashes

BOUNDS = ValidateSettings()
DOZEN = "".join(
    f"<rect x='{n * 1.2:.1f}' y='7' width='0.8' height='{1 + n / 10}' fill='blue'/>"
    for n in range(13)
)


pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("warm")]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory, warm: None) -> Path:
    """Twelve icons, six of them held out."""
    place = tmp_path_factory.mktemp("pairs")
    settings = SynthesizeSettings(
        sources={"svg": 12},
        candidates_per_source=1,
        pairs_per_source=1,
        validation_share=0.25,
        test_share=0.25,
        workers=1,
        limits=Limits(wall_seconds=120),
    )
    synthesize(settings, place / "pairs", place / "work")
    return place / "pairs"


def references(pairs: Path) -> dict[str, list[Reference]]:
    return {split: list(read_references(pairs, split)) for split in SPLITS}


def shown(image: bytes) -> str:
    """What tells an image apart, however it is encoded."""
    return digest(decode_image(image).tobytes())


def drawer(pairs: Path) -> Callable[[int, dict[str, Any]], tuple[int, bytes]]:
    """A served policy that knows the sources and gets some of them wrong in known ways."""
    known = references(pairs)
    train, test = known["train"], known["test"]
    answers = {shown(one.image): one.source for split in SPLITS for one in known[split]}
    spotted = {shown(one.image) for one in (train[0], *test[:2])}
    odd = {
        shown(train[1].image): test[0].source,
        shown(train[2].image): train[2].source.replace("</svg>", f"{DOZEN}</svg>"),
        shown(train[3].image): "<svg><circle",
    }

    def answer(_: int, body: dict[str, Any]) -> tuple[int, bytes]:
        url = body["messages"][-1]["content"][0]["image_url"]["url"]
        name = shown(base64.b64decode(url.split(",")[1]))
        source = odd.get(name, answers[name])
        if name in spotted:
            source = source.replace("</svg>", "<circle cx='8' cy='8' r='1' fill='teal'/></svg>")
        return completion(f"```svg\n{source}\n```")

    return answer


@pytest.fixture(scope="module")
def server(pairs: Path) -> Iterator[ChatServer]:
    with serving(drawer(pairs)) as served:
        yield served


@pytest.fixture(scope="module")
def asked(server: ChatServer) -> InferSettings:
    endpoint = EndpointSettings(base_urls=(server.url,), attempts=1, concurrency=2)
    return InferSettings(
        policy="openai:p",
        share=1,
        completions=2,
        sources_per_chunk=5,
        workers=1,
        limits=Limits(wall_seconds=120),
        endpoint=endpoint,
    )


@pytest.fixture(scope="module")
def inferred(asked: InferSettings, pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("inferred")
    metrics = infer(asked, pairs, place / "inferred", place / "work")
    (place / "metrics.json").write_text(json.dumps(metrics))
    return place / "inferred"


def read(folder: Path) -> list[Pair]:
    return [pair for split in SPLITS for pair in read_pairs(folder, split)]


def reasons(folder: Path) -> dict[str, set[str]]:
    """Why attempts were set aside, by source."""
    found: dict[str, set[str]] = {}
    for line in (folder / "set_aside.jsonl").read_text().splitlines():
        item = json.loads(line)
        found.setdefault(item["source_id"], set()).add(item["reason"])
    return found


def test_completions_are_turned_round_and_paired_with_each_other(
    asked: InferSettings, pairs: Path, tmp_path: Path, renderer: Renderer
) -> None:
    known = references(pairs)
    sources = {shown(one.image): one.source for split in SPLITS for one in known[split]}

    def answer(_: int, body: dict[str, Any]) -> tuple[int, bytes]:
        url = body["messages"][-1]["content"][0]["image_url"]["url"]
        source = sources[shown(base64.b64decode(url.split(",")[1]))]
        dot = f"<circle cx='8' cy='8' r='{1 + 2 * body['seed']}' fill='teal'/>"
        return completion(f"```svg\n{source.replace('</svg>', dot + '</svg>')}\n```")

    with serving(answer) as server:
        endpoint = EndpointSettings(base_urls=(server.url,), attempts=1, concurrency=2)
        settings = asked.model_copy(update={"endpoint": endpoint, "pairs_per_source": 5})
        infer(settings, pairs, tmp_path / "inferred", tmp_path / "work")
    made = read(tmp_path / "inferred")
    assert {pair.route for pair in made if pair.split != "train"} == {"infer"}
    trained = [pair for pair in made if pair.split == "train"]
    routes = [[p.route for p in trained if p.source_id == one.source_id] for one in known["train"]]
    assert ["infer"] * 2 + ["infer_cross"] * 3 in routes
    assert max(map(len, routes)) == 5
    crossed = [pair for pair in trained if pair.route == "infer_cross"]
    turned = {(pair.candidate_source, pair.reference_source) for pair in crossed}
    assert turned >= {(p.reference_source, p.candidate_source) for p in trained if p not in crossed}
    for pair in crossed:
        exact = annotate("svg", pair.reference_source, pair.candidate_source, renderer)
        assert pair.report == exact.report
    # A completion as the reference is no source of the folder.
    originals = {one.source for one in known["train"]}
    assert {one.source for one in read_references(tmp_path / "inferred", "train")} <= originals


def test_attempts_become_pairs_with_exact_reports(
    pairs: Path, inferred: Path, renderer: Renderer
) -> None:
    known = references(pairs)
    made = {pair.source_id: pair for pair in read(inferred)}
    splits = {one.source_id: split for split in SPLITS for one in known[split]}
    assert {pair.split for pair in made.values()} == set(SPLITS)
    for pair in made.values():
        assert pair.split == splits[pair.source_id]
        assert (pair.route, pair.operators) == ("infer", ("policy",))
        again = annotate("svg", pair.reference_source, pair.candidate_source, renderer).require()
        assert pair.report.to_dict() == again.to_dict()
    assert made[known["train"][0].source_id].report.errors
    assert not made[known["validation"][0].source_id].report.errors
    assert not {pair.id for pair in read(pairs)} & {pair.id for pair in made.values()}

    aside = reasons(inferred)
    train = [one.source_id for one in known["train"]]
    assert aside[train[0]] == {"candidate repeats another"}
    assert "image of another split" in aside[train[1]]
    assert "too many discrepancies" in aside[train[2]]
    assert "candidate invalid_markup" in aside[train[3]]
    metrics = json.loads((inferred.parent / "metrics.json").read_text())
    assert metrics["sources"] == len(splits)
    assert metrics["completions"] == 2 * len(splits)
    assert metrics["pairs"] == len(made) == len(splits) - 3
    assert metrics["pairs_per_completion"] == pytest.approx(len(made) / (2 * len(splits)), abs=1e-4)
    assert metrics["set_aside/image of another split"] == 1


def test_fresh_references_are_of_the_training_split_and_of_no_pair(
    asked: InferSettings, pairs: Path, tmp_path: Path
) -> None:
    drawing = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'><circle r='9'/></svg>"
    with serving(lambda *_: completion(f"```svg\n{drawing}\n```")) as server:
        endpoint = EndpointSettings(base_urls=(server.url,), attempts=1, concurrency=2)
        fresh = {"endpoint": endpoint, "share": 0.01, "sources": {"svg": 4}, "max_errors": 40}
        settings = asked.model_copy(update=fresh)
        metrics = infer(settings, pairs, tmp_path / "inferred", tmp_path / "work")
        infer(settings, pairs, tmp_path / "again", tmp_path / "work")
    made = [pair for pair in read(tmp_path / "inferred") if "critic" in pair.source_id]
    assert made
    assert {pair.split for pair in made} == {"train"}
    known = references(pairs)
    images = {shown(one.image) for split in SPLITS for one in known[split]}
    assert not images & {shown(pair.reference) for pair in made}
    assert metrics["sources"] >= 4
    assert hashes(tmp_path / "again") == hashes(tmp_path / "inferred")


def test_fresh_references_of_a_task_that_the_policy_does_not_know_are_refused(
    asked: InferSettings, pairs: Path, tmp_path: Path, tiny_policy: Path
) -> None:
    strange = {"policy": str(tiny_policy), "sources": {"poem": 1}}
    settings = asked.model_copy(update=strange)
    with pytest.raises(ErmError, match=r"^infer.sources: the policy .* does not know poem\.$"):
        infer(settings, pairs, tmp_path / "inferred", tmp_path / "work")


def test_the_folder_opens_and_is_sound(pairs: Path, inferred: Path, tmp_path: Path) -> None:
    import datasets

    opened = datasets.load_dataset(
        "parquet", data_dir=str(inferred), cache_dir=str(tmp_path / "cache")
    )
    assert opened["test"][0]["candidate"].mode == "RGB"
    lines = (inferred / "benchmark" / "benchmark.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [
        pair.id for pair in read_pairs(inferred, "test")
    ]
    metrics = validate(BOUNDS, inferred, tmp_path / "docs", other_dataset=pairs)
    assert metrics["rows/pairs"] == len(read(inferred))
    assert (tmp_path / "docs" / "index.html").exists()


def test_leaks_between_the_folders_are_named(pairs: Path, inferred: Path, tmp_path: Path) -> None:
    moved = {"train": [], "validation": [], "test": read(inferred)[:1]}
    assert moved["test"][0].split == "train"
    for split, own in moved.items():
        writer = SplitWriter(tmp_path / "leaky", split, 100)
        for pair in own:
            writer.write({**pair.to_row(), "split": split})
        writer.close()
    with pytest.raises(ErmError, match=r"images\.image .* failed.*sources\.id .* failed"):
        validate(BOUNDS, tmp_path / "leaky", tmp_path / "docs", other_dataset=pairs)


_RUN = """
import sys
from pathlib import Path
from erm.synthesis.infer import infer
from erm.synthesis.settings import InferSettings

settings = InferSettings.model_validate_json(sys.argv[1])
infer(settings, *(Path(path) for path in sys.argv[2:]))
"""


def test_a_killed_run_goes_on_to_the_same_bytes(
    asked: InferSettings, server: ChatServer, pairs: Path, inferred: Path, tmp_path: Path
) -> None:
    out, work = tmp_path / "inferred", tmp_path / "work"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    paths = [str(path) for path in (pairs, out, work)]
    command = [sys.executable, "-c", _RUN, asked.model_dump_json(), *paths]
    usual, before = server.behaviour, len(server.bodies)
    with subprocess.Popen(command, env=environment) as process:

        def deadly(number: int, body: dict[str, Any]) -> tuple[int, bytes] | None:
            if number - before < 14:
                return usual(number, body)
            process.kill()
            return None

        server.behaviour = deadly
        process.wait()
    server.behaviour = usual
    assert not out.exists()
    replies = next(work.glob("*/*.replies.json"))
    os.truncate(replies, replies.stat().st_size // 2)  # a power cut may do that
    metrics = infer(asked, pairs, out, work)
    assert metrics["policy/answers"] < metrics["completions"]
    assert hashes(out) == hashes(inferred)


@pytest.fixture(scope="module")
def rubbish(tiny_policy: Path, pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an untrained policy's attempts become."""
    place = tmp_path_factory.mktemp("rubbish")
    metrics = infer(local(tiny_policy), pairs, place / "inferred", place / "work")
    assert metrics["sources"] == sum(len(each) for each in references(pairs).values())
    assert metrics["pairs"] == metrics["pairs/train"] == metrics["pairs_per_completion"] == 0
    assert metrics["set_aside/policy wrote no source"] == metrics["sources"]
    return place / "inferred"


def local(policy: Path) -> InferSettings:
    return InferSettings(policy=str(policy), share=1, sources_per_chunk=4, workers=1)


def test_rubbish_gives_an_empty_but_sound_folder(
    pairs: Path, rubbish: Path, tmp_path: Path
) -> None:
    assert read(rubbish) == []
    assert list(read_references(rubbish, "test")) == []
    assert "# No pairs" in (rubbish / "card.md").read_text()
    assert validate(BOUNDS, rubbish, tmp_path / "docs", other_dataset=pairs)["expectations"] == 3
    off = InferSettings(policy=None)
    metrics = infer(off, pairs, tmp_path / "off", tmp_path / "work")
    assert metrics["sources"] == metrics["completions"] == metrics["pairs"] == 0
    assert read(tmp_path / "off") == []
    with pytest.raises(ErmError, match="holds no pairs of split 'train'"):
        read(tmp_path / "nothing")


def test_an_interrupted_local_policy_draws_the_same(
    tiny_policy: Path,
    pairs: Path,
    rubbish: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batches: list[int] = []
    propose = PolicyProposer.propose

    def interrupted(self: PolicyProposer, batch: list[Reference]) -> Any:
        batches.append(len(batch))
        if len(batches) == 2:
            raise KeyboardInterrupt
        return propose(self, batch)

    out, work = tmp_path / "inferred", tmp_path / "work"
    monkeypatch.setattr(PolicyProposer, "propose", interrupted)
    with pytest.raises(KeyboardInterrupt):
        infer(local(tiny_policy), pairs, out, work)
    infer(local(tiny_policy), pairs, out, work)
    assert batches[0] == 4
    assert batches[1] == batches[2], "it did not go on where it was interrupted"
    assert len(batches) == 1 + -(-sum(len(own) for own in references(pairs).values()) // 4)
    # Every reply stands among what was set aside.
    assert hashes(out) == hashes(rubbish)


def test_a_policy_is_known_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "policy" / "deep").mkdir(parents=True)
    weights = tmp_path / "policy" / "deep" / "weights"
    weights.write_text("a")
    first = fingerprint({"seed": 0}, tmp_path / "policy")
    shutil.copytree(tmp_path / "policy", tmp_path / "copy")
    os.utime(tmp_path / "copy" / "deep" / "weights", (1, 1))
    assert fingerprint({"seed": 0}, tmp_path / "copy") == first
    assert fingerprint({"seed": 1}, tmp_path / "policy") != first
    weights.write_text("b")
    assert fingerprint({"seed": 0}, tmp_path / "policy") != first
    with pytest.raises(ErmError, match="no such policy"):
        infer(InferSettings(policy="nowhere"), tmp_path, tmp_path / "out", tmp_path / "work")


def test_held_out_images_may_be_completed_more_often() -> None:
    chosen = InferSettings(share=0.5, completions=1, test_share=1.0, test_completions=3)
    assert [chosen.share_of(split) for split in SPLITS] == [0.5, 0.5, 1.0]
    assert [chosen.completions_of(split) for split in SPLITS] == [1, 1, 3]
    alike = InferSettings(share=0.5, completions=2)
    assert {(alike.share_of(split), alike.completions_of(split)) for split in SPLITS} == {(0.5, 2)}


def test_the_benchmark_scores_the_policys_own_errors_apart(
    tiny_critic: Path, pairs: Path, inferred: Path, rubbish: Path, tmp_path: Path
) -> None:
    settings = BenchmarkSettings(similarities=("mse",), baseline_pairs=2)
    metrics = benchmark(settings, tiny_critic, pairs, tmp_path / "both", inferred)
    assert metrics["evaluated"] == len(list(read_pairs(pairs, "test")))
    assert metrics["inferred/evaluated"] == len(list(read_pairs(inferred, "test")))
    own = {name for name in metrics if name.startswith("inferred/")}
    assert own >= {"inferred/overall/f1_hard", "inferred/baselines/untrained/overall/f1_hard"}
    unlearned = "reading" if missing_reader() is None else "pixel"
    assert f"inferred/baselines/{unlearned}/overall/f1_hard" in own
    assert metrics["compact/overall/f1_hard"] == metrics["overall/f1_hard"]
    assert (
        metrics["checked/evaluated"] == metrics["checked/baselines/commonest_error/evaluated"] == 20
    )
    assert metrics["checked/baselines/untrained/evaluated"] == 2
    assert f"baselines/{unlearned}/checked/svg/f1_hard" not in metrics
    assert metrics[f"checked/baselines/{unlearned}/evaluated"] == 2
    assert "checked/baselines/exact_annotator/evaluated" not in metrics
    assert 0 <= metrics["hacks/svg/a_coarse_copy"] <= 1
    assert (tmp_path / "both" / "hacks.csv").is_file()
    with (tmp_path / "both" / "f1.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["task"] for row in rows} == {"overall", "svg"}
    assert {row["pairs"] for row in rows} == {"compact", "inferred/compact", "checked"}
    for folder in ("inferred", "checked"):
        assert (tmp_path / "both" / folder / "index.html").exists()
    assert "real, checked by hand" in (tmp_path / "both" / "index.html").read_text()

    brief = settings.model_copy(update={"hacks": None, "exact_annotator": False})
    alone = benchmark(brief, tiny_critic, pairs, tmp_path / "none", rubbish)
    assert alone["inferred/evaluated"] == 0
    assert not (tmp_path / "none" / "inferred").exists()
    same = {name for name in alone if not name.startswith(("inferred/", "timing/"))}
    assert {name: metrics[name] for name in same} == {name: alone[name] for name in same}
    further = [name for name in metrics.keys() - own - same if not name.startswith("timing/")]
    assert all("hacks/" in name or "exact_annotator" in name for name in further)
