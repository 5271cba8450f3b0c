"""Completions that somebody already has, and the items that they belong to."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from erm.errors import ErmError
from erm.evaluation.items import Item
from erm.evaluation.written import FileAuthor
from erm.tasks import get_task

ITEMS = [
    Item("direct_600/bar_1", "chart", Path("mimic/direct_600/bar_1.png")),
    Item("direct_600/bar_2", "chart", Path("mimic/direct_600/bar_2.png")),
    Item("customized_600/bar_2", "chart", Path("mimic/customized_600/bar_2.png")),
]


def _file(folder: Path, *rows: object) -> Path:
    path = folder / "completions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    "name",
    ["direct_600/bar_1", "bar_1", "bar_1.png", "/data/x/direct_600/bar_1.pdf", "elsewhere/bar_1"],
)
def test_an_item_is_named_by_id_or_by_its_image(name: str, tmp_path: Path) -> None:
    author = FileAuthor(_file(tmp_path, {"file": name, "response": "text"}), ITEMS)
    first, second, _ = author.complete(ITEMS, 0)
    assert [(one.mode, one.text) for one in first] == [("first", "text")]
    assert second[0].text is None
    assert second[0].missing.startswith("no_completion: ")


def test_a_name_of_two_items_is_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, {"id": "bar_2", "completion": "text"})
    with pytest.raises(ErmError, match=r"'bar_2' could be 'direct_600/bar_2' or 'customized_600"):
        FileAuthor(path, ITEMS)


def test_several_completions_of_an_item_are_samples(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        {"id": "bar_1", "completions": ["a", "b", None]},
        {"id": "bar_1", "completions": ["c"]},
        {"id": "nobody", "completions": ["d"]},
    )
    author = FileAuthor(path, ITEMS)
    (found,) = author.complete(ITEMS[:1], 0)
    assert [one.text for one in found] == ["a", "b", None, "c"]
    assert {one.mode for one in found} == {"sampled"}
    assert found[2].missing.startswith("no_answer: ")
    assert author.unknown == ["nobody"]


def test_parquet_is_read_as_rows(tmp_path: Path) -> None:
    path = tmp_path / "completions.parquet"
    pq.write_table(pa.table({"id": ["bar_1"], "completion": ["text"]}), path)
    assert FileAuthor(path, ITEMS).complete(ITEMS[:1], 0)[0][0].text == "text"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"id": "bar_1"}\n', r":1: a completion needs a column with the name of its item"),
        ("not JSON\n", r":1: is not JSON"),
        ('{"id": "x", "completion": "y"}\n', r"holds no completion of an item; it names 'x'"),
    ],
)
def test_a_file_without_completions_is_named(content: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "completions.jsonl"
    path.write_text(content)
    with pytest.raises(ErmError, match=sentence):
        FileAuthor(path, ITEMS)


def test_files_are_sources_or_completions(tmp_path: Path) -> None:
    program = 'text = """```"""\nimport matplotlib\n'
    (tmp_path / "direct_600").mkdir()
    (tmp_path / "direct_600" / "bar_1.py").write_text(program)
    (tmp_path / "direct_600" / "bar_2.txt").write_text("I can't.")
    (tmp_path / "customized_600").mkdir()
    (tmp_path / "customized_600" / "bar_2.py").write_text("Sure:\n```python\nx = 1\n```\n")
    found = FileAuthor(tmp_path, ITEMS).complete(ITEMS, 0)
    sources = [get_task("chart").extract(own[0].text or "") for own in found]
    assert sources[0] is not None
    assert sources[0].strip() == program.strip()
    assert sources[1:] == [None, "x = 1\n"]
