"""Exchange with `datasets`: what it saved is read, what we write opens with images decoded."""

from pathlib import Path

import datasets
import pytest

from erm.benchmark import (
    Item,
    Prediction,
    Problem,
    read_benchmark,
    read_predictions,
    write_predictions,
)
from erm.errors import ErmError
from tests.benchmark.test_formats import ERRORS, PNG


def test_our_parquet_opens_with_images_decoded(tmp_path: Path) -> None:
    rows = [
        Prediction(Item("a", 0, "chart", PNG, PNG, ERRORS), {"errors": ERRORS}),
        Prediction(Item("b", 1, "svg", None, PNG, []), None, "no JSON"),
    ]
    write_predictions(tmp_path / "data" / "test.parquet", rows)
    opened = datasets.Dataset.from_parquet(
        str(tmp_path / "data" / "test.parquet"), cache_dir=str(tmp_path / "cache")
    )
    assert opened[0]["gt_img_path"].size == (1, 1)
    opened.save_to_disk(tmp_path / "saved")
    for place in ("data", "saved"):
        problems: list[Problem] = []
        again = read_predictions(tmp_path / place, problems)
        assert [(p.item.id, p.item.human_errors, p.pred_json, p.failure) for p in again] == [
            (p.item.id, p.item.human_errors, p.pred_json, p.failure) for p in rows
        ]
        assert again[0].item.reference == PNG
        assert [(problem.where, problem.kind) for problem in problems] == [
            ("row 1", "missing field")
        ]


def test_native_columns_of_a_public_data_set(tmp_path: Path) -> None:
    row = {
        "id": "a",
        "idx": 0,
        "category": "table",
        "gt_img_path": "gone/a.png",
        "gt_image": {"bytes": PNG, "path": "a.png"},
        "pred_image": {"bytes": PNG, "path": "b.png"},
        "human_errors": [{"type": "text_error", "severity": 2, "description": "Ja, not Yes"}],
    }
    datasets.Dataset.from_list([row, {**row, "id": "b", "idx": 1}]).save_to_disk(tmp_path / "set")
    first, second = read_benchmark(tmp_path / "set")
    assert (first.id, second.id, first.reference, first.candidate) == ("a", "b", PNG, PNG)
    assert second.human_errors == row["human_errors"]


def test_a_folder_without_data(tmp_path: Path) -> None:
    with pytest.raises(ErmError, match="holds neither Parquet files nor a saved data set"):
        read_benchmark(tmp_path)
