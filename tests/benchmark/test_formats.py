"""Reading and writing the benchmark's files, and what is said of faulty ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from erm.benchmark import (
    Item,
    Prediction,
    Problem,
    human_error,
    read_benchmark,
    read_predictions,
    write_benchmark,
    write_predictions,
)
from erm.errors import ErmError
from erm.tasks.discrepancy import Box, Discrepancy

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8"
    "ffff3f0005fe02fe0def46b80000000049454e44ae426082"
)
ERRORS = [{"type": "text_error", "severity": "2", "description": "text is 'Já' instead of 'Yes'"}]


@pytest.mark.parametrize("name", ["bench.jsonl", "bench.json", "bench.parquet"])
def test_round_trip(tmp_path: Path, name: str) -> None:
    items = [
        Item("chart-0", 0, "chart", PNG, PNG, ERRORS, {"source": "a\u2028b"}),
        Item("table-1", 1, "table", PNG, PNG, [], {"source": "c"}),
    ]
    write_benchmark(tmp_path / name, items)
    read = read_benchmark(tmp_path / name)
    assert [(i.id, i.idx, i.task, i.human_errors, dict(i.extra)) for i in read] == [
        (i.id, i.idx, i.task, i.human_errors, dict(i.extra)) for i in items
    ]
    image = read[0].reference
    assert (image if isinstance(image, bytes) else image and image.read_bytes()) == PNG
    predictions = [Prediction(read[0], {"errors": ERRORS}), Prediction(read[1], None, "no JSON")]
    target = tmp_path / "out" / name
    write_predictions(target, predictions)
    again = read_predictions(target)
    assert [(p.pred_json, p.failure) for p in again] == [
        (p.pred_json, p.failure) for p in predictions
    ]


def test_public_field_names(tmp_path: Path) -> None:
    item = Item("svg-0", 0, "svg", PNG, PNG, ERRORS)
    write_predictions(tmp_path / "p.json", [Prediction(item, {"errors": []})])
    (row,) = json.loads((tmp_path / "p.json").read_text())
    assert set(row) == {
        "id",
        "idx",
        "category",
        "gt_img_path",
        "pred_img_path",
        "human_errors",
        "pred_json",
        "error_parse_failed_reason",
    }
    assert (tmp_path / row["gt_img_path"]).read_bytes() == PNG


def row(**changed: Any) -> str:
    base = {
        "id": "a",
        "idx": 0,
        "category": "chart",
        "gt_img_path": "a.png",
        "pred_img_path": "a.png",
        "human_errors": [],
    }
    return json.dumps({key: v for key, v in {**base, **changed}.items() if v != "drop"})


def test_problems_are_named_with_their_line_and_kept(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    lines = [
        row(),
        "",
        row(id="b", gt_img_path="none.png"),
        row(id="c", category="webpage"),
        row(id="d", human_errors="drop"),
        row(),
    ]
    path = tmp_path / "bench.jsonl"
    path.write_text("\n".join(lines))
    problems: list[Problem] = []
    assert len(read_benchmark(path, problems)) == 5
    assert [(problem.where, problem.kind) for problem in problems] == [
        ("line 3", "missing image"),
        ("line 4", "unknown task"),
        ("line 5", "missing field"),
        ("line 6", "duplicate id"),
    ]
    with pytest.raises(ErmError, match=r"1 × missing image.*line 3 names the missing image"):
        read_benchmark(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (row() + '\n{"id": "b", "idx"', "line 2 is not JSON, perhaps half-written"),
        ("[1]", "entry 0 is not a JSON object"),
        ("[" + row(), "is not JSON"),
        ("7", "line 1 is not a JSON object"),
    ],
)
def test_malformed_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bench.jsonl"
    path.write_text(text)
    with pytest.raises(ErmError, match=message):
        read_benchmark(path, problems=[])


def test_missing_and_binary_files(tmp_path: Path) -> None:
    with pytest.raises(ErmError, match="does not exist"):
        read_benchmark(tmp_path / "none.jsonl")
    for name in ("binary.jsonl", "binary.parquet"):
        (tmp_path / name).write_bytes(b"\xff\xfe\x00PAR")
        with pytest.raises(ErmError, match="can't be read"):
            read_benchmark(tmp_path / name)
    with pytest.raises(ErmError, match=r"suffix must be \.jsonl"):
        write_benchmark(tmp_path / "bench.csv", [])


def test_an_exact_discrepancy_becomes_an_annotated_error() -> None:
    found = Discrepancy("data_error", 3, "bar 'a'", "is missing", Box(1, 2, 3, 4), "reference")
    assert human_error(found) == {
        "type": "data_error",
        "severity": 3,
        "location": "bar 'a'",
        "description": "is missing",
        "box": [1, 2, 3, 4],
        "box_in": "reference",
    }
