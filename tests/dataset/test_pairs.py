"""Pairs as Parquet: what is written is read back, opens with `datasets`, and is never half done."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from erm.dataset.pairs import (
    PAIR_SCHEMA,
    Pair,
    ShardWriter,
    SplitWriter,
    read_pairs,
    read_references,
    read_rows,
    shards,
    with_features,
)
from erm.errors import ErmError
from erm.report import Report
from erm.tasks.discrepancy import Box, Discrepancy


def png(shade: int, width: int = 20, height: int = 12) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (shade, 10, 10)).save(buffer, "PNG")
    return buffer.getvalue()


def pair(number: int, route: str = "edit", task: str = "svg") -> Pair:
    errors = (
        Discrepancy("shape_error", 2, "red circle", "is wider", Box(1.5, 2, 9, 11), "reference"),
        Discrepancy("style_error", 1, "frame", "stroke is thin instead of thick"),
    )
    categories = {"svg": errors, "table": (Discrepancy("text_error", 3, "cell", "text is 'ö'"),)}
    return Pair(
        id=f"{task}/{number // 3:06d}/0-{number % 3}",
        source_id=f"{task}/{number // 3:06d}",
        task=task,
        split="train",
        route=route,
        operators=("recolour", "widen"),
        reference=png(number % 250),
        candidate=png((number + 1) % 250),
        reference_source=f"<svg>{number // 3}</svg>",
        candidate_source=f"<svg>{number}</svg>",
        report=Report(task, categories[task]),
    )


def write(folder: Path, pairs: list[Pair], rows_per_shard: int = 100) -> None:
    writer = SplitWriter(folder, "train", rows_per_shard)
    for one in pairs:
        writer.write(one.to_row())
    writer.close()


def test_pairs_are_read_as_written(tmp_path: Path) -> None:
    pairs = [pair(number) for number in range(250)]
    write(tmp_path, pairs)
    assert [path.name for path in shards(tmp_path, "train")] == [
        f"train-{index:05d}-of-00003.parquet" for index in range(3)
    ]
    assert list(read_pairs(tmp_path, "train")) == pairs
    assert pairs[0].reference_pixels.shape == (12, 20, 3)


def test_tasks_are_selected(tmp_path: Path) -> None:
    pairs = [pair(0), pair(1, task="table"), pair(2)]
    write(tmp_path, pairs)
    assert list(read_pairs(tmp_path, "train", ["table"])) == [pairs[1]]


def test_references_are_unique_and_never_edited(tmp_path: Path) -> None:
    write(tmp_path, [pair(0, "cross"), pair(1), pair(2), pair(3, "cross"), pair(4, "identical")])
    references = list(read_references(tmp_path, "train"))
    assert [reference.source_id for reference in references] == ["svg/000000", "svg/000001"]
    assert references[0].image == pair(1).reference
    assert references[0].source == "<svg>0</svg>"


def test_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, [pair(number) for number in range(200)])
    one, two = (shards(tmp_path / name, "train")[0].read_bytes() for name in ("one", "two"))
    assert one == two


def test_datasets_decodes_the_images(tmp_path: Path) -> None:
    import datasets

    write(tmp_path, [pair(number) for number in range(5)])
    files = {"train": str(tmp_path / "data" / "train-*.parquet")}
    opened = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "cache"))
    row = opened["train"][3]
    assert row["reference"].size == (20, 12)
    assert np.asarray(row["candidate"])[0, 0].tolist() == [4, 10, 10]
    assert row["errors"][0]["box"] == [1.5, 2, 9, 11]
    assert row["errors"][1]["box"] is None
    features = opened["train"].features
    assert features.arrow_schema.metadata == with_features(PAIR_SCHEMA).metadata


def test_a_failed_writer_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "shard.parquet"

    def write_and_fail() -> None:
        with ShardWriter(path) as writer:
            writer.write(pair(0).to_row())
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_and_fail()
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ErmError, match="holds no pairs of split 'test'"):
        shards(tmp_path, "test")
    with pytest.raises(ErmError, match="Unknown split 'dev'"):
        shards(tmp_path, "dev")
    write(tmp_path, [pair(number) for number in range(30)], rows_per_shard=10)
    shards(tmp_path, "train")[1].unlink()
    with pytest.raises(ErmError, match="2 of 3 shards"):
        list(read_pairs(tmp_path, "train"))
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 nothing of the kind")
    with pytest.raises(ErmError, match=r"broken\.parquet can't be read"):
        list(read_rows([broken]))
