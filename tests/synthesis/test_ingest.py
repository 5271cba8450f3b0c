"""People's own sources: every layout is read, and every rejected item has its reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from erm.dataset.pairs import read_rows
from erm.errors import ErmError
from erm.synthesis.ingest import SOURCE_SCHEMA, RejectedSource, collect, ingest
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
    (tmp_path / "icons" / "LICENSE").write_text("no icon")
    summary = ingest("svg", [tmp_path / "icons"], tmp_path / "sources.parquet")
    assert summary.kept == 2
    reasons = {Path(item.origin).name: item.reason for item in summary.rejected}
    assert reasons == {
        "broken.svg": "invalid_markup",
        "copy.svg": "duplicate",
        "empty.svg": "no_source",
        "latin.svg": "not_text",
    }
    assert dict(summary.other_files) == {".txt": 1, "no ending": 1}
    assert summary.table()[0] == ("kept", 2)
    assert dict(summary.table()[1:]) == dict.fromkeys(reasons.values(), 1)
    rows = list(read_rows([tmp_path / "sources.parquet"], schema=SOURCE_SCHEMA))
    assert [Path(row["origin"]).name for row in rows] == ["a.svg", "b.svg"]
    assert rows[0]["source"] == CIRCLE
    assert rows[0]["image"]["bytes"].startswith(b"\x89PNG")
    assert rows[0]["source_id"].startswith("svg/own-")


def collected(task: str, path: Path | str, column: str | None = None) -> list[str]:
    """The sources in a path, and for what can't be read its place, reason and message."""
    return [
        f"{Path(item.origin).name} {item.reason}: {item.message}"
        if isinstance(item, RejectedSource)
        else item[1]
        for item in collect(get_task(task), str(path), column)
    ]


def test_rows_of_jsonl_and_parquet(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    lines = [json.dumps({"n": 1, "svg": CIRCLE}), "", json.dumps({"n": 2, "svg": None})]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines))
    no_text = "rows.jsonl:3 not_text: holds no text in 'svg'"
    assert collected("svg", tmp_path / "rows.jsonl") == [CIRCLE, no_text]
    pq.write_table(pa.table({"drawing": [CIRCLE, SQUARE]}), tmp_path / "rows.parquet")
    assert collected("svg", tmp_path / "rows.parquet", "drawing") == [CIRCLE, SQUARE]
    assert collected("svg", tmp_path / "rows.parquet") == [
        "rows.parquet no_column: name the column that holds the source; columns are drawing"
    ]
    assert collected("svg", tmp_path / "rows.jsonl", "code") == [
        "rows.jsonl no_column: there is no column 'code'; columns are n, svg"
    ]


def test_a_bad_line_or_file_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    lines = [
        json.dumps({"svg": CIRCLE}).encode("utf-8-sig"),
        b'{"svg": ',
        b"[1]",
        b'{"svg": "caf\xe9"}',
        b'{"other": 1}',
        b'{"svg": "<svg>\\ud800</svg>"}',
        b"",
        b"[" * 100_000,
        json.dumps({"svg": "\ufeff<svg>\r\n</svg>"}).encode(),
        '\ufeff{"svg": "<svg>\u2028</svg>"}'.encode(),
    ]
    (tmp_path / "rows.JSONL").write_bytes(b"\r\n".join(lines))
    sources = [item for item in collected("svg", tmp_path) if item.startswith("<")]
    assert sources == [CIRCLE, "<svg>\n</svg>", "<svg>\u2028</svg>"]
    rejected = [item.partition(": ")[0] for item in collected("svg", tmp_path) if item[0] != "<"]
    assert rejected == [
        "rows.JSONL:2 not_json",
        "rows.JSONL:3 not_json",
        "rows.JSONL:4 not_text",
        "rows.JSONL:6 not_text",
        "rows.JSONL:8 not_json",
        "rows.JSONL:5 no_column",
    ]
    (tmp_path / "rows.JSONL").write_text("\n".join([json.dumps({"svg": SQUARE})] * 2), "utf-16")
    (tmp_path / "cut.jsonl").write_bytes(b"\xff\xfe{")
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "blank.jsonl").write_text("\n\n")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    found = collected("svg", tmp_path)
    assert found.count(SQUARE) == 2
    assert {item.partition(": ")[0] for item in found if item[0] != "<"} == {
        "broken.parquet no_file",
        "cut.jsonl not_text",
        "blank.jsonl no_source",
        "empty.jsonl no_source",
    }


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ("svg", ("ICON.SVG", "icon.svg")),
        ("chart", ("BAR.PY", "bar.py")),
        ("table", ("PAGE.HTM", "page.html", "notes.MD", "notes.markdown")),
    ],
)
def test_endings_are_read_in_any_case(task: str, names: tuple[str, ...], tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).write_text(name)
    assert sorted(collected(task, tmp_path)) == sorted(names)
    assert [collected(task, tmp_path / name) for name in names] == [[name] for name in names]


def test_encodings_of_files_and_of_text_that_is_decoded(tmp_path: Path) -> None:
    declared = '<?xml version="1.0" encoding="{}"?>\n' + CIRCLE.replace("/></svg>", "/>é</svg>")
    for number, encoding in enumerate(("iso-8859-1", "utf-16", "windows-1252")):
        text = declared.format(encoding)
        (tmp_path / f"{number}.svg").write_bytes(text.encode(encoding))
    rows = [declared.format(name) for name in ("iso-8859-1", "utf-16", "gb2312")]
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps({"svg": row}) for row in rows))
    found = collected("svg", tmp_path)
    assert all("é" in source for source in found)
    summary = ingest("svg", [tmp_path], tmp_path / "out.parquet")
    assert summary.kept == 4
    assert [one.reason for one in summary.rejected] == ["duplicate"] * 2
    images = {row["image"]["bytes"] for row in read_rows([summary.out], schema=SOURCE_SCHEMA)}
    assert len(images) == 1


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
