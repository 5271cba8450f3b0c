"""Items of folders, rows, data sets of the hub and folders of pairs, with their problems."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from erm.dataset.pairs import Pair, SplitWriter
from erm.errors import ErmError
from erm.evaluation.data import read_data
from erm.evaluation.items import data_hash
from erm.evaluation.rows import Columns
from erm.report import Report
from tests.evaluation.conftest import COLOURS, icon

PROGRAM = """# ===================
# Part 1: Importing Libraries
# ===================
import matplotlib.pyplot as plt

# ===================
# Part 2: Data Preparation
# ===================
heights = {}

# ===================
# Part 3: Plot Configuration and Rendering
# ===================
plt.bar(["a", "b"], heights)
"""


def test_images_and_sources_of_one_name_are_items(icons: Path) -> None:
    (icons / "notes.txt").write_text("not an item")
    (icons / ".hidden.svg").write_text("not an item")
    items = read_data(str(icons))
    assert [item.id for item in items] == sorted(COLOURS)
    assert {item.task for item in items} == {"svg"}
    blue = items[0]
    assert (blue.source, blue.problem) == (icon("blue"), "")
    assert blue.reference == blue.seen == (icons / "blue.png").read_bytes()


def test_what_is_wrong_with_an_item_stays_with_it(icons: Path) -> None:
    (icons / "red.png").unlink()
    (icons / "green.png").write_bytes(b"no image")
    (icons / "blue.svg").write_bytes(b"\xff\xfe\x00")
    problems = {item.id: item.problem for item in read_data(str(icons))}
    assert problems["red"] == f"no_image: {icons / 'red.svg'}: no image is named like it"
    assert problems["green"] == "no_image: green: not an image in a known format"
    assert problems["blue"].startswith(f"no_source: {icons / 'blue.svg'}: ")


def test_images_alone_need_a_task(icons: Path) -> None:
    for source in icons.glob("*.svg"):
        source.unlink()
    with pytest.raises(ErmError, match=r"holds images without a source; say their task with"):
        read_data(str(icons))
    items = read_data(str(icons), "table")
    assert [(item.task, item.source) for item in items] == [("table", None)] * 3


def test_most_items_of_each_task_and_another_task_are_left_out(icons: Path) -> None:
    shutil.copy(icons / "red.png", icons / "cells.png")
    (icons / "cells.md").write_text("| a |\n|---|\n| b |\n")
    items = read_data(str(icons), most=1)
    assert [(item.id, item.task) for item in items] == [("blue", "svg"), ("cells", "table")]
    assert [item.id for item in read_data(str(icons), "table")] == ["cells"]


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("none", r"none does not exist\."),
        ("empty", r"empty: holds neither images nor sources"),
        ("words.txt", r"words.txt: is neither a folder nor a file of rows \(.jsonl, .parquet\)\."),
        ("hf:nobody", r"'hf:nobody' is not of the form hf:OWNER/NAME"),
        ("bare.jsonl", r"bare.jsonl: no column says of which task a row is"),
    ],
)
def test_a_place_without_items_is_named(
    place: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("words.txt").write_text("words")
    Path("bare.jsonl").write_text('{"image": "a.png"}\n')
    with pytest.raises(ErmError, match=sentence):
        read_data(place)


def test_two_sources_of_one_image_are_refused(icons: Path) -> None:
    (icons / "red.html").write_text("<table><tr><td>1</td></tr></table>")
    with pytest.raises(ErmError, match=r"red.svg: red.html is a source of the same name\."):
        read_data(str(icons))


@pytest.fixture
def mimic(tmp_path: Path, icons: Path) -> Path:
    """ChartMimic's folders with one item each; the pictures are those of icons."""
    folder = tmp_path / "mimic"
    for name, colour, heights in (("direct", "red", [1, 2]), ("customized", "blue", [5, 3])):
        own = folder / f"{name}_600"
        own.mkdir(parents=True)
        shutil.copy(icons / f"{colour}.png", own / "bar_1.png")
        (own / "bar_1.py").write_text(PROGRAM.format(heights))
        (own / "bar_1.pdf").write_bytes(b"%PDF")
    (folder / "setup.py").write_text("print('no item')")
    return folder


def test_customized_items_show_the_direct_picture_and_state_the_data(
    mimic: Path, icons: Path
) -> None:
    customized, direct = read_data(str(mimic))
    assert (customized.group, direct.group) == ("customized_600", "direct_600")
    assert (direct.prompt, direct.preamble) == (None, "")
    assert customized.reference == (icons / "blue.png").read_bytes()
    assert customized.seen == (icons / "red.png").read_bytes()
    assert customized.prompt is not None
    assert "heights = [5, 3]" in customized.prompt
    assert customized.preamble.endswith("heights = [5, 3]")
    assert "import matplotlib.pyplot" in customized.preamble
    assert "plt.bar" not in customized.preamble


def test_the_published_requests_are_used_where_they_are(mimic: Path) -> None:
    row = {"idx": "bar_1", "instruction": "Use these heights: [5, 3].", "width": 4, "height": 2.5}
    (mimic / "dimentions_info_edit.jsonl").write_text(json.dumps(row) + "\n")
    (item,) = read_data(str(mimic / "customized_600"))
    assert item.group == "customized_600"
    assert item.prompt is not None
    assert item.prompt.startswith("Use these heights: [5, 3].\nUse figsize=(4, 2.5).")


def test_a_customized_item_without_data_or_without_the_direct_picture_is_counted(
    mimic: Path,
) -> None:
    (mimic / "direct_600" / "bar_1.png").unlink()
    problems = [item.problem for item in read_data(str(mimic))]
    assert problems[0].startswith(f"no_image: {mimic / 'direct_600' / 'bar_1.png'}: ")
    (mimic / "customized_600" / "bar_1.py").write_text("import matplotlib")
    problems = [item.problem for item in read_data(str(mimic))]
    assert problems[0].startswith("no_instruction: ")
    assert problems[0].endswith("has no part 2 with data, followed by a part 3")


def test_rows_hold_bytes_or_name_files(icons: Path, tmp_path: Path) -> None:
    rows = [
        {"id": colour, "image": f"icons/{colour}.png", "svg": icon(colour), "task": "svg"}
        for colour in COLOURS
    ]
    lines = [json.dumps(row) for row in rows]
    lines += ["not JSON", json.dumps({"id": "lost", "image": "lost.png", "task": "svg"})]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines) + "\n")
    *named, broken, lost = read_data(str(tmp_path / "rows.jsonl"), "svg")
    assert broken.problem.startswith("not_json: ")
    assert lost.problem.startswith(f"no_image: {tmp_path / 'lost.png'}: ")
    images = [{"bytes": (icons / f"{one}.png").read_bytes(), "path": None} for one in COLOURS]
    columns = {"id": list(COLOURS), "drawn": images, "markup": [icon(one) for one in COLOURS]}
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet")
    held = read_data(
        str(tmp_path / "rows.parquet"), "svg", columns=Columns(image="drawn", source="markup")
    )
    assert [(one.id, one.source, one.seen) for one in held] == [
        (one.id, one.source, one.seen) for one in named
    ]
    assert data_hash(held) == data_hash(named)


def test_columns_that_rows_lack_are_named(icons: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"id": 1, "picture_file": "icons/red.png"}\n')
    with pytest.raises(ErmError, match=r"--image-column; it has: id, picture_file\."):
        read_data(str(tmp_path / "rows.jsonl"), "svg")
    with pytest.raises(ErmError, match=r"no column 'markup' \(--source-column\)"):
        read_data(str(tmp_path / "rows.jsonl"), "svg", columns=Columns("picture_file", "markup"))


def test_ids_that_two_rows_have_are_refused(icons: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"id": 1, "image": "icons/red.png"}\n' * 2)
    with pytest.raises(ErmError, match=r"2 items of the data have the id '1'\."):
        read_data(str(tmp_path / "rows.jsonl"), "svg")


def test_a_data_set_of_the_hub_with_sources(
    icons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "team" / "icons" / "data"
    folder.mkdir(parents=True)
    images = [{"bytes": (icons / f"{one}.png").read_bytes(), "path": None} for one in COLOURS]
    table = pa.table({"picture": images, "text": [icon(one) for one in COLOURS]})
    pq.write_table(table, folder / "test-00000-of-00001.parquet")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    items = read_data("hf:team/icons:test#picture", "svg")
    assert [item.source for item in items] == [icon(one) for one in COLOURS]
    assert [item.id for item in items][:1] == ["hf:team/icons:1"]
    assert items[0].reference == (icons / "red.png").read_bytes()


def test_a_folder_of_pairs_gives_the_references_of_its_test_split(
    icons: Path, tmp_path: Path
) -> None:
    image = (icons / "red.png").read_bytes()
    for split in ("train", "test"):
        writer = SplitWriter(tmp_path / "pairs", split, 10)
        for number in range(2):
            pair = Pair(
                f"{split}/{number}",
                f"svg/{split}",
                "svg",
                split,
                "edit",
                (),
                image,
                image,
                icon("red"),
                icon("red"),
                Report("svg"),
            )
            writer.write(pair.to_row())
        writer.close()
    (item,) = read_data(str(tmp_path / "pairs"))
    assert (item.id, item.task, item.source) == ("svg/test", "svg", icon("red"))
    (item,) = read_data(str(tmp_path / "pairs"), split="train")
    assert item.id == "svg/train"
