"""The folder of pairs: same bytes on any number of workers, resumed after a kill, no leakage."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from erm.dataset.duplicates import digest
from erm.dataset.pairs import SPLITS, Pair, read_pairs
from erm.dataset.routes import READINGS
from erm.dataset.settings import ValidateSettings
from erm.dataset.validation import validate
from erm.errors import ErmError
from erm.report import parse_reply
from erm.synthesis.planning import plan_source
from erm.synthesis.settings import PairingSettings, ReadingSettings, SynthesizeSettings
from erm.synthesis.synthesize import plan_chunks, synthesize
from erm.tasks import get_task, task_names

pytestmark = pytest.mark.slow

SETTINGS = SynthesizeSettings(
    seed=7,
    sources={"chart": 4, "table": 4, "svg": 8},
    candidates_per_source=2,
    pairs_per_source=4,
    pairs_of_task={"svg": 3},
    readings={"chart": ReadingSettings(sources=2, operators=("change_value",))},
    validation_share=0.2,
    test_share=0.2,
    sources_per_chunk=2,
    workers=1,
)


SMALL = SETTINGS.model_copy(update={"sources": {"table": 4, "svg": 8}, "readings": {}})
"""Without charts, whose libraries take each process seconds to load."""


def hashes(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("synthesis")
    metrics = synthesize(SETTINGS, place / "pairs", place / "work")
    (place / "metrics.json").write_text(json.dumps(metrics))
    return place / "pairs"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("small")
    synthesize(SMALL, place / "pairs", place / "work")
    return place / "pairs"


@pytest.fixture(scope="module")
def pairs(folder: Path) -> list[Pair]:
    return [pair for split in SPLITS for pair in read_pairs(folder, split)]


def test_every_task_and_split_has_pairs(folder: Path, pairs: list[Pair]) -> None:
    metrics = json.loads((folder.parent / "metrics.json").read_text())
    assert metrics["pairs"] == len(pairs)
    for task in task_names():
        assert metrics[f"pairs/train/{task}"] > 0
        assert metrics[f"pairs/test/{task}"] > 0
    assert {pair.route for pair in pairs} >= {"edit", "cross"}
    assert metrics["set_aside_share"] < 0.2
    assert not list((folder.parent / "work").iterdir())


def test_held_out_pairs_are_reference_against_candidate(pairs: list[Pair]) -> None:
    routes = {pair.route for pair in pairs if pair.split != "train"}
    assert "edit" in routes
    assert "cross" not in routes


def test_a_training_source_has_at_most_the_pairs_of_its_task(pairs: list[Pair]) -> None:
    counts = Counter((pair.task, pair.source_id) for pair in pairs if pair.split == "train")
    most = {task: max(n for (one, _), n in counts.items() if one == task) for task in task_names()}
    assert most == {"chart": 4, "table": 4, "svg": 3}
    for wrong in ({"page": 3}, {"svg": 0}):
        with pytest.raises(ValidationError, match=next(iter(wrong))):
            PairingSettings(pairs_of_task=wrong)


def test_readings_are_further_training_sources_with_one_changed_value(pairs: list[Pair]) -> None:
    readings = [pair for pair in pairs if pair.route in READINGS]
    others = {pair.source_id for pair in pairs if pair.route not in READINGS}
    assert len({pair.source_id for pair in readings}) == 2
    assert {pair.route for pair in readings} == set(READINGS)
    assert not others & {pair.source_id for pair in readings}
    for pair in readings:
        assert (pair.task, pair.split) == ("chart", "train")
        assert set(pair.operators) == {"change_value"}
    with pytest.raises(ValidationError, match="task chart has no edit 'change_digit'"):
        PairingSettings(readings={"chart": ReadingSettings(sources=1, operators=("change_digit",))})
    with pytest.raises(ValidationError, match="next to readings at most 500000"):
        SynthesizeSettings(sources={"chart": 500_001}, readings=SETTINGS.readings)


def test_only_pairs_that_differ_have_errors_and_not_too_many(pairs: list[Pair]) -> None:
    assert 0 < max(len(pair.report.errors) for pair in pairs) <= SETTINGS.max_errors
    unedited = [pair for pair in pairs if pair.route in ("identical", "equivalent")]
    equal = [pair for pair in pairs if pair.reference == pair.candidate]
    assert unedited
    assert equal
    assert all(pair.report.errors == () for pair in [*unedited, *equal])


def test_no_source_or_image_is_in_two_splits(pairs: list[Pair]) -> None:
    where: dict[str, set[str]] = {}
    for pair in pairs:
        for name in (pair.source_id, digest(pair.reference), digest(pair.candidate)):
            where.setdefault(name, set()).add(pair.split)
    assert set().union(*where.values()) == set(SPLITS)
    assert all(len(splits) == 1 for splits in where.values())


def test_two_workers_give_the_same_bytes(small: Path, tmp_path: Path) -> None:
    settings = SMALL.model_copy(update={"workers": 2})
    synthesize(settings, tmp_path / "pairs", tmp_path / "work")
    assert hashes(tmp_path / "pairs") == hashes(small)


_RUN = """
import sys
from pathlib import Path
from erm.synthesis.synthesize import synthesize
from erm.synthesis.settings import SynthesizeSettings

if __name__ == "__main__":
    settings = SynthesizeSettings.model_validate_json(sys.argv[1])
    synthesize(settings, Path(sys.argv[2]), Path(sys.argv[3]))
"""


def chunks_done(work: Path) -> Iterator[Path]:
    return work.glob("*/*.json")


def test_a_killed_run_is_resumed(small: Path, tmp_path: Path) -> None:
    out, work, script = tmp_path / "pairs", tmp_path / "work", tmp_path / "run.py"
    script.write_text(_RUN)
    command = [sys.executable, str(script), SMALL.model_dump_json(), str(out), str(work)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, bufsize=0, start_new_session=True
    ) as process:
        assert process.stderr
        while process.stderr.read(4096) and len(list(chunks_done(work))) < 2:
            pass  # the progress bar moves with every chunk
        process.send_signal(signal.SIGKILL)
    assert not out.exists()
    kept = {file: file.stat().st_mtime_ns for file in chunks_done(work)}
    assert len(kept) >= 2
    next(iter(kept)).parent.joinpath("svg-000099.parquet.part").write_bytes(b"half")
    # a power cut may damage what was written last
    record, other, *_ = kept
    for file in (record, other.with_suffix(".parquet")):
        os.truncate(file, file.stat().st_size // 2)
    metrics = synthesize(SMALL, out, work)
    assert hashes(out) == hashes(small)
    assert metrics["timing/pairs_per_second"] > 0


def test_the_test_split_is_a_benchmark(folder: Path, pairs: list[Pair]) -> None:
    lines = (folder / "benchmark" / "benchmark.jsonl").read_text().splitlines()
    items = [json.loads(line) for line in lines]
    held_out = [pair for pair in pairs if pair.split == "test"]
    assert [item["id"] for item in items] == [pair.id for pair in held_out]
    for item, pair in zip(items, held_out, strict=True):
        assert item["category"] == pair.task
        assert item["domain"] == pair.domain == "compact"
        assert (folder / "benchmark" / item["gt_img_path"]).read_bytes() == pair.reference
        assert (folder / "benchmark" / item["pred_img_path"]).read_bytes() == pair.candidate
        assert [error["type"] for error in item["human_errors"]] == [
            error.category for error in pair.report.errors
        ]


def test_the_folder_opens_and_is_sound(folder: Path, pairs: list[Pair], tmp_path: Path) -> None:
    import datasets

    opened = datasets.load_dataset(
        "parquet", data_dir=str(folder), cache_dir=str(tmp_path / "cache")
    )
    assert {name: len(rows) for name, rows in opened.items()} == {
        split: sum(pair.split == split for pair in pairs) for split in SPLITS
    }
    row = opened["train"][0]
    assert row["reference"].mode == "RGB"
    parsed = parse_reply(row["report"])
    assert parsed is not None
    assert len(parsed["errors"]) == len(row["errors"])
    settings = ValidateSettings(empty_share=(0.0, 1.0), min_category_share=0.0)
    assert validate(settings, folder, tmp_path / "docs")["rows/pairs"] == len(pairs)


def test_the_card_shows_counts_and_examples(folder: Path) -> None:
    card = (folder / "card.md").read_text()
    assert "| chart | data_error |" in card
    assert (folder / "card.png").stat().st_size > 10_000


@pytest.mark.parametrize("task", task_names())
def test_plans_are_decided_by_seed_and_source(task: str) -> None:
    source = get_task(task).generate(random.Random("plan"), "compact")
    settings = PairingSettings(candidates_per_source=6, equivalent_share=0.2)
    plans = [plan_source(get_task(task), f"{task}/1", "train", source, settings) for _ in "ab"]
    assert plans[0] == plans[1]
    assert not plans[0].raised
    other = plan_source(get_task(task), f"{task}/2", "train", source, settings)
    assert other.variants != plans[0].variants
    edited = [variant for variant in plans[0].variants if not variant.equivalent]
    assert len(edited) >= 4
    assert all(variant.source != source and variant.operators for variant in edited)
    assert all(len(variant.operators) <= len(settings.edits) for variant in edited)


def test_sources_for_the_test_split_leave_the_others_as_they_are() -> None:
    more = SETTINGS.model_copy(update={"test_sources": {"chart": 3, "svg": 2}})
    plans = [
        {source[0]: source for chunk in plan_chunks(chosen) for source in chunk.sources}
        for chosen in (SETTINGS, more)
    ]
    assert plans[1].items() > plans[0].items()
    added = [source for name, source in plans[1].items() if name not in plans[0]]
    assert sorted(source[0] for source in added) == [
        *(f"chart/00000{n}" for n in (4, 5, 6)),
        *(f"svg/00000{n}" for n in (8, 9)),
    ]
    assert {split for _, split, _ in added} == {"test"}
    wide = plan_chunks(more.model_copy(update={"variety": "wide"}))
    assert all("/wide-" in source[0] for chunk in wide for source in chunk.sources)


def test_sources_that_cannot_be_used_are_rejected(tmp_path: Path) -> None:
    from erm.dataset.pairs import ShardWriter
    from erm.synthesis.ingest import SOURCE_SCHEMA

    texts = {"blank": "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"}
    texts["broken"] = "<svg><circle"
    texts["good"] = (
        "<svg xmlns='http://www.w3.org/2000/svg' width='90' height='90'>"
        "<circle cx='40' cy='40' r='30' fill='red'/><rect width='20' height='20'/></svg>"
    )
    with ShardWriter(tmp_path / "sources.parquet", SOURCE_SCHEMA) as writer:
        for name, text in texts.items():
            row = {"source_id": f"svg/own-{name}", "task": "svg", "origin": name, "source": text}
            writer.write({**row, "image": None})
    settings = SETTINGS.model_copy(
        update={"sources": {}, "ingested": tmp_path / "sources.parquet", "test_share": 0.0}
    ).model_copy(update={"validation_share": 0.0})
    metrics = synthesize(settings, tmp_path / "pairs", tmp_path / "work")
    assert metrics["pairs"] > 0
    lines = (tmp_path / "pairs" / "set_aside.jsonl").read_text().splitlines()
    aside = {item["source_id"]: item["reason"] for item in map(json.loads, lines)}
    assert aside["svg/own-broken"] == "reference invalid_markup"
    assert aside["svg/own-blank"].startswith("reference ")
    assert "svg/own-good" not in aside


def test_bad_parameters_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="unknown task 'map'"):
        SynthesizeSettings(sources={"map": 3})
    with pytest.raises(ValidationError, match="-1 sources of task svg"):
        SynthesizeSettings(test_sources={"svg": -1})
    with pytest.raises(ValidationError, match="leave nothing to train on"):
        SynthesizeSettings(validation_share=0.6, test_share=0.4)
    with pytest.raises(ValidationError, match="edits must be weights"):
        SynthesizeSettings(edits=())
    with pytest.raises(ErmError, match="nothing to synthesize"):
        synthesize(SynthesizeSettings(sources={}), tmp_path / "pairs", tmp_path / "work")
    missing = SynthesizeSettings(sources={}, ingested=tmp_path / "none.parquet")
    with pytest.raises(ErmError, match=r"none\.parquet can't be read"):
        synthesize(missing, tmp_path / "pairs", tmp_path / "work")
