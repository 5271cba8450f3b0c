"""People's own sources: every layout is read, and every rejected item has its reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from erm.dataset.pairs import read_rows
from erm.errors import ErmError
from erm.synthesis.ingest import SOURCE_SCHEMA, collect, ingest
from erm.tasks import get_task

HEAD = "<svg xmlns='http://www.w3.org/2000/svg' width='60' height='60'>"
CIRCLE = f"{HEAD}<circle cx='30' cy='30' r='20' fill='red'/></svg>"
SQUARE = f"{HEAD}<rect x='9' y='9' width='30' height='30' fill='blue'/></svg>"


def test_a_folder_is_taken_and_what_is_rejected_is_listed(tmp_path: Path) -> None:
    (tmp_path / "icons" / "deep").mkdir(parents=True)
    (tmp_path / "icons" / "a.svg").write_text(CIRCLE)
    (tmp_path / "icons" / "copy.svg").write_text(CIRCLE.replace("><circle", ">\n  <circle"))
    (tmp_path / "icons" / "deep" / "b.svg").write_text(SQUARE)
    (tmp_path / "icons" / "broken.svg").write_text("<svg><circle")
    (tmp_path / "icons" / "empty.svg").write_text("\n")
    (tmp_path / "icons" / "latin.svg").write_bytes(b"<svg>\xff\xfe</svg>")
    (tmp_path / "icons" / "notes.txt").write_text("no icon")
    summary = ingest("svg", [tmp_path / "icons"], tmp_path / "sources.parquet")
    assert summary.kept == 2
    reasons = {Path(item.origin).name: item.reason for item in summary.rejected}
    assert reasons == {
        "broken.svg": "invalid_markup",
        "copy.svg": "duplicate",
        "empty.svg": "no_source",
        "latin.svg": "not_text",
    }
    assert summary.table()[0] == ("kept", 2)
    assert dict(summary.table()[1:]) == dict.fromkeys(reasons.values(), 1)
    rows = list(read_rows([tmp_path / "sources.parquet"], schema=SOURCE_SCHEMA))
    assert [Path(row["origin"]).name for row in rows] == ["a.svg", "b.svg"]
    assert rows[0]["source"] == CIRCLE
    assert rows[0]["image"]["bytes"].startswith(b"\x89PNG")
    assert rows[0]["source_id"].startswith("svg/own-")


def collected(task: str, path: Path | str, column: str | None = None) -> list[object]:
    return [source for _, source in collect(get_task(task), str(path), column)]


def test_rows_of_jsonl_and_parquet(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    lines = [json.dumps({"n": 1, "svg": CIRCLE}), "", json.dumps({"n": 2, "svg": None})]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines))
    assert collected("svg", tmp_path / "rows.jsonl") == [CIRCLE, None]
    pq.write_table(pa.table({"drawing": [CIRCLE, SQUARE]}), tmp_path / "rows.parquet")
    assert collected("svg", tmp_path / "rows.parquet", "drawing") == [CIRCLE, SQUARE]
    with pytest.raises(ErmError, match=r"name the column .* columns are drawing"):
        collected("svg", tmp_path / "rows.parquet")
    with pytest.raises(ErmError, match=r"rows\.jsonl, line 1: there is no column 'code'"):
        collected("svg", tmp_path / "rows.jsonl", "code")
    (tmp_path / "bad.jsonl").write_text('{"svg": "<svg/>"}\n{"svg": ')
    with pytest.raises(ErmError, match=r"bad\.jsonl, line 2: not JSON"):
        collected("svg", tmp_path / "bad.jsonl")


def test_hugging_face_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "train.jsonl").write_text(
        "\n".join(json.dumps({"svg": text}) for text in (CIRCLE, SQUARE))
    )
    assert collected("svg", f"hf:{tmp_path / 'set'}") == [CIRCLE, SQUARE]
    with pytest.raises(ErmError, match=r"hf:.*none: the data set can't be read"):
        collected("svg", f"hf:{tmp_path / 'none'}")


def test_chartmimic_layout(tmp_path: Path) -> None:
    for name in ("direct_600", "customized_600", "tools"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "bar_1.py").write_text(f"# {name}\n")
        (tmp_path / name / "bar_1.png").write_bytes(b"")
    assert collected("chart", tmp_path) == ["# customized_600\n", "# direct_600\n"]


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ErmError, match="nowhere does not exist"):
        ingest("svg", [tmp_path / "nowhere"], tmp_path / "out.parquet")
    with pytest.raises(ErmError, match="No source of task table was found"):
        ingest("table", [tmp_path], tmp_path / "out.parquet")
    (tmp_path / "a.py").write_text("1")
    with pytest.raises(ErmError, match=r"task svg reads \.svg"):
        ingest("svg", [tmp_path / "a.py"], tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()
