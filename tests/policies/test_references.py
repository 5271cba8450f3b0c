"""Fresh references: new, the same for a seed, and a sentence where there are too few."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from erm.dataset.pairs import REJECTED_FILE, SplitWriter
from erm.errors import ErmError
from erm.policies.references import draw_pictures, pictures_of, read_pictures
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
    out = tmp_path / "fresh.parquet"
    draw_pictures({"svg": 3}, "compact", 5, pairs, renderer, out)
    first = read_pictures(out)
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
    draw_pictures({"svg": 3}, "compact", 5, known, renderer, tmp_path / "others.parquet")
    others = read_pictures(tmp_path / "others.parquet")
    assert not {one.image for one in first} & {one.image for one in others}
    draw_pictures({"svg": 3}, "compact", 5, pairs, renderer, tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == out.read_bytes()


def test_too_few_fresh_references_are_an_error(
    renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = get_task("svg")
    always = task.generate(random.Random(1), "compact")
    monkeypatch.setattr(type(task), "generate", lambda *_: always)
    pairs, out = whole(tmp_path / "pairs"), tmp_path / "fresh.parquet"
    with pytest.raises(ErmError, match=r"svg gives fewer than 2 fresh references \(63 known\)"):
        draw_pictures({"svg": 2}, "compact", 0, pairs, renderer, out)
    assert not out.exists()


def test_a_split_without_references_is_an_error(tmp_path: Path) -> None:
    pairs = whole(tmp_path)
    assert len(pictures_of(pairs, "validation", ["svg"], 2)) == 2
    with pytest.raises(ErmError, match="no references of chart in the validation split"):
        pictures_of(pairs, "validation", ["chart"])
