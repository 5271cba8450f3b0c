"""Expectations on folders of pairs: sound data passes, each kind of damage is named."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from erm.dataset.pairs import SPLITS, Pair, SplitWriter
from erm.dataset.settings import ValidateSettings
from erm.dataset.validation import validate
from erm.errors import ErmError
from erm.report import Report
from erm.tasks.discrepancy import Box, Discrepancy

SETTINGS = ValidateSettings(empty_share=(0.1, 0.6), min_category_share=0.1)
CATEGORIES = ("structure_error", "shape_error", "style_error", "text_symbol_error")


def png(*marks: tuple[int, int, str]) -> bytes:
    image = Image.new("RGB", (80, 60), "white")
    draw = ImageDraw.Draw(image)
    for x, y, colour in marks:
        draw.rectangle((x, y, x + 14, y + 12), fill=colour)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def sound() -> list[Pair]:
    """Twelve sources with an edited and an identical pair each; every fourth is held out."""
    pairs = []
    for index in range(12):
        x, y = 5 * index, 3 * index
        reference, candidate = png((x, y, "red")), png((x, y, "blue"))
        error = Discrepancy(
            CATEGORIES[index % 4], 1 + index % 3, "square", "is blue", Box(x, y, x + 15, y + 13)
        )
        edited = Pair(
            id=f"svg/{index}/0-1",
            source_id=f"svg/{index}",
            task="svg",
            split="train" if index % 4 else SPLITS[1 + index // 4 % 2],
            route="edit",
            operators=("recolour",),
            reference=reference,
            candidate=candidate,
            reference_source=f"red {index}",
            candidate_source=f"blue {index}",
            report=Report("svg", (error,)),
        )
        same = replace(
            edited,
            id=f"svg/{index}/0-0",
            route="identical",
            candidate=reference,
            report=Report("svg"),
        )
        pairs += [edited, same]
    return pairs


def folder_of(path: Path, pairs: list[Pair]) -> Path:
    for split in SPLITS:
        writer = SplitWriter(path, split, 1000)
        for pair in pairs:
            if pair.split == split:
                writer.write(pair.to_row())
        writer.close()
    return path


def test_sound_data_passes_and_leaves_data_docs(tmp_path: Path) -> None:
    docs = tmp_path / "$HOME %20?" / "docs"
    metrics = validate(SETTINGS, folder_of(tmp_path / "pairs", sound()), docs)
    assert metrics["rows/pairs"] == 24
    assert metrics["rows/errors"] == 12
    assert metrics["expectations"] > 25
    assert (docs / "index.html").exists()
    assert list(docs.glob("expectations/pairs.html"))


def test_every_kind_of_damage_is_named_with_its_ids(tmp_path: Path) -> None:
    pairs = sound()
    outside = replace(pairs[4].report.errors[0], box=Box(70, 50, 90, 55))
    damage: dict[int, dict[str, Any]] = {
        2: {"id": "svg/0/0-1"},
        4: {"report": Report("svg", (outside,))},
        8: {"report": Report("svg")},
        10: {"route": "guess"},
        13: {"report": pairs[2].report},
    }
    for index, changes in damage.items():
        pairs[index] = replace(pairs[index], **changes)
    with pytest.raises(ErmError) as raised:
        validate(SETTINGS, folder_of(tmp_path / "pairs", pairs), tmp_path / "docs")
    for message in (
        r"to_be_unique on pairs\.id .* failed for 2 of 24 rows, first svg/0/0-1",
        r"pairs\.route .* failed for 1 of 24 rows, first svg/5/0-1 \(guess\)",
        r"pairs\.label_of_equal_images .* failed for 1 of 24 rows, first svg/6/0-0",
        r"pairs\.label_and_pixels .* 2 of 24 rows, first svg/4/0-1, svg/6/0-0 \(not labelled",
        r"errors\.box_outside .* failed for 1 of 12 rows, first svg/2/0-1",
    ):
        assert re.search(message, str(raised.value))
    assert (tmp_path / "docs" / "index.html").exists()


def test_leakage_and_damaged_images_are_named(tmp_path: Path) -> None:
    pairs = sound()
    pairs[2] = replace(pairs[2], split="test")
    pairs[6] = replace(pairs[6], candidate=b"\x89PNG damaged")
    with pytest.raises(ErmError) as raised:
        validate(SETTINGS, folder_of(tmp_path / "pairs", pairs), tmp_path / "docs")
    for message in (
        r"pairs\.decodable .* failed for 1 of 24 rows, first svg/3/0-1",
        r"images\.image .* failed for 2 of \d+ rows, first svg/1/0-\d, svg/1/0-\d",
        r"sources\.id .* failed for 2 of 13 rows, first svg/1",
    ):
        assert re.search(message, str(raised.value))


def test_balance_is_a_warning_that_may_be_made_critical(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = folder_of(tmp_path / "pairs", sound()[::2])
    critical = SETTINGS.model_copy(update={"balance": "critical"})
    with pytest.raises(ErmError, match=r"tasks\.empty_share .* first svg"):
        validate(critical, folder, tmp_path / "docs")
    assert not caplog.messages
    metrics = validate(SETTINGS, folder, tmp_path / "docs")
    assert (metrics["warnings"], metrics["warnings/tasks.empty_share"]) == (1, 1)
    (warning,) = caplog.messages
    assert re.search(r"tasks\.empty_share .* failed for 1 of 1 rows, first svg \(0\.0\)", warning)
    assert _rows(warning) == [["svg", "12", "0.0", "3"]]


def test_what_is_wrong_is_critical_whatever_balance_is(tmp_path: Path) -> None:
    pairs = sound()[::2]
    pairs[2] = replace(pairs[2], split="test", source_id="svg/0")
    with pytest.raises(ErmError) as raised:
        validate(SETTINGS, folder_of(tmp_path / "pairs", pairs), tmp_path / "docs")
    assert "sources.id" in str(raised.value)
    assert "empty_share" not in str(raised.value)


def _rows(sentence: str) -> list[list[str]]:
    """The rows in the file that a sentence names, without the header."""
    file = re.search(r"all in (.*?\.csv)", sentence)
    assert file is not None
    with Path(file[1]).open(newline="") as stream:
        return list(csv.reader(stream))[1:]


def test_failed_rows_are_in_the_file_that_the_sentence_names(registry: Any, tmp_path: Path) -> None:
    import mlflow

    pairs = sound()
    pairs[10] = replace(pairs[10], route="guess")
    history = tmp_path / "history"
    with pytest.raises(ErmError) as raised:
        validate(SETTINGS, folder_of(tmp_path / "pairs", pairs), tmp_path / "docs", history=history)
    assert str(history / "failed") in str(raised.value)
    (row,) = _rows(str(raised.value))
    assert row[:5] == ["svg/5/0-1", "svg/5", "svg", "train", "guess"]
    run = mlflow.active_run()
    assert run is not None
    (kept,) = registry.list_artifacts(run.info.run_id, "failed")
    assert kept.path == "failed/pairs.route.expect_column_values_to_be_in_set.csv"


def test_the_history_keeps_each_run_and_survives_a_torn_result(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    history, docs = tmp_path / "$HOME %20?" / "history", tmp_path / "docs"
    good = folder_of(tmp_path / "good", sound())
    bad = folder_of(tmp_path / "bad", [replace(sound()[0], route="guess"), *sound()[1:]])
    validate(SETTINGS, good, docs, history=history)
    with pytest.raises(ErmError):
        validate(SETTINGS, bad, docs, history=history)
    validate(SETTINGS, good, docs, history=history)
    results = sorted((history / "results" / "pairs").rglob("*.json"))
    assert [json.loads(file.read_text())["success"] for file in results] == [True, False, True]
    pages = list((docs / "validations" / "pairs").rglob("*.html"))
    assert len(pages) == 3
    index = (docs / "index.html").read_text()
    assert all(str(page.relative_to(docs)) in index for page in pages)
    results[0].write_text(results[0].read_text()[:100])
    validate(SETTINGS, good, docs, history=history)
    assert caplog.messages == [
        f"{results[0]} is removed: a run was killed while it wrote this result."
    ]
    assert len(list((docs / "validations" / "pairs").rglob("*.html"))) == 3


def test_wrong_columns_stop_before_reading(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    folder = folder_of(tmp_path / "pairs", sound())
    shard = next((folder / "data").glob("test-*.parquet"))
    pq.write_table(pq.read_table(shard).drop_columns(["errors"]), shard)
    with pytest.raises(ErmError, match=rf"shards\.wrong .* first {shard.name} \(errors\)"):
        validate(SETTINGS, folder, tmp_path / "docs")


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ErmError, match="holds no shards"):
        validate(SETTINGS, tmp_path, tmp_path / "docs")
