"""Fresh references: new, the same for a seed, and a sentence where there are too few."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from erm.dataset.pairs import REJECTED_FILE, SplitWriter
from erm.errors import ErmError
from erm.images import encode_png
from erm.policies.references import (
    Picture,
    collect_images,
    digest,
    draw_pictures,
    hold_out,
    images_in,
    pictures_of,
    read_pictures,
    read_used,
    write_pictures,
    write_used,
)
from erm.render import Renderer
from erm.tasks import get_task
from tests.squares import square_pair, write_squares


def whole(folder: Path) -> Path:
    """A folder of pairs that is complete without a test split."""
    write_squares(folder, train=4, validation=4)
    (folder / REJECTED_FILE).touch()
    return folder


def test_fresh_references_are_not_those_of_the_pairs(renderer: Renderer, tmp_path: Path) -> None:
    pairs = whole(tmp_path / "pairs")
    first = list(draw_pictures({"svg": 3}, "compact", 5, images_in(pairs), renderer))
    assert [one.task for one in first] == ["svg"] * 3
    assert len({one.image for one in first}) == 3
    drawn = renderer.render_batch([(one.task, one.source or "") for one in first])
    assert [one.image for one in drawn] == [one.image for one in first]
    # With the same pictures in the test split, the same seed goes on to others.
    known = whole(tmp_path / "known")
    writer = SplitWriter(known, "test", 100)
    for one in first:
        pair = square_pair(0, "test")
        writer.write(replace(pair, reference=one.image, source_id=one.name).to_row())
    writer.close()
    others = draw_pictures({"svg": 3}, "compact", 5, images_in(known), renderer)
    assert not {one.image for one in first} & {one.image for one in others}
    # To compare policies, the same seed gives others too.
    compared = draw_pictures({"svg": 3}, "compact", 5, images_in(pairs), renderer, "evaluation")
    assert not {one.source for one in first} & {one.source for one in compared}
    write_pictures(first, tmp_path / "first.parquet")
    assert read_pictures(tmp_path / "first.parquet") == first


def test_a_policy_knows_what_it_was_reinforced_on(tmp_path: Path) -> None:
    pictures = [Picture(str(n), "svg", bytes([n]), None) for n in range(3)]
    assert read_used(tmp_path) == set()
    write_used(pictures[:2], pictures[2:], tmp_path)
    assert read_used(tmp_path) == {digest(one.image) for one in pictures}


def test_too_few_fresh_references_are_an_error(
    renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = get_task("svg")
    always = task.generate(random.Random(1), "compact")
    monkeypatch.setattr(type(task), "generate", lambda *_: always)
    out = tmp_path / "fresh.parquet"
    with pytest.raises(ErmError, match=r"svg gives fewer than 2 fresh references \(63 known\)"):
        write_pictures(draw_pictures({"svg": 2}, "compact", 0, (), renderer), out)
    assert not out.exists()


def test_a_split_without_references_is_an_error(tmp_path: Path) -> None:
    pairs = whole(tmp_path)
    assert len(pictures_of(pairs, "validation", ["svg"], 2)) == 2
    with pytest.raises(ErmError, match="no references of chart in the validation split"):
        pictures_of(pairs, "validation", ["chart"])


def _image(colour: str) -> bytes:
    return encode_png(Image.new("RGB", (20, 10), colour))


def test_images_of_folders_and_parquet_files_are_collected_once(tmp_path: Path) -> None:
    folder = tmp_path / "icons"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.png").write_bytes(_image("red"))
    (folder / "deep" / "b.PNG").write_bytes(_image("blue"))
    (folder / "deep" / "same.png").write_bytes(_image("red"))
    (folder / "notes.txt").write_text("not an image")
    rows = {"image": [{"bytes": _image("green"), "path": None}], "label": [3]}
    pq.write_table(pa.table(rows), folder / "more.parquet")
    plain = tmp_path / "plain.parquet"
    pq.write_table(pa.table({"image": [_image("white"), _image("black")]}), plain)
    collect_images({"svg": str(folder), "table": str(plain)}, tmp_path / "out.parquet")
    found = read_pictures(tmp_path / "out.parquet")
    names = [one.name.removeprefix(f"{tmp_path}/") for one in found]
    assert names == [
        *("icons/a.png", "icons/deep/b.PNG", "icons/more.parquet:1"),
        *("plain.parquet:1", "plain.parquet:2"),
    ]
    assert [one.task for one in found] == ["svg"] * 3 + ["table"] * 2
    assert {one.source for one in found} == {None}


def test_broken_images_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "icons"
    folder.mkdir()
    (folder / "fine.png").write_bytes(_image("red"))
    (folder / "torn.png").write_bytes(_image("blue")[:40])
    (folder / "empty.jpg").touch()
    with pytest.raises(ErmError, match=r"2 images can't be read: .*empty\.jpg.*; .*torn\.png"):
        collect_images({"svg": str(folder)}, tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("nowhere", "does not exist"), ("empty", "holds no images"), ("x.txt", "not '.txt'")],
)
def test_a_place_without_images_is_an_error(name: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.txt").touch()
    with pytest.raises(ErmError, match=sentence):
        collect_images({"svg": str(tmp_path / name)}, tmp_path / "out.parquet")


def test_held_out_images_are_chosen_by_content() -> None:
    pictures = [Picture(str(n), "svg", bytes([n]), None) for n in range(10)]
    trained, held = hold_out(pictures, 4)
    assert (len(trained), len(held)) == (6, 4)
    assert hold_out(pictures[::-1], 4)[1] == held[::-1]
    assert len(hold_out(pictures, 100)[1]) == 5
    with pytest.raises(ErmError, match="is the only image of svg"):
        hold_out(pictures[:1], 4)
