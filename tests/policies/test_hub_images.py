"""Images of a data set in the hub's format, which `datasets` also opens from a local folder."""

from __future__ import annotations

from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from erm.errors import ErmError
from erm.images import encode_png
from erm.policies.hub_images import HubImages
from erm.policies.references import collect_images, read_pictures


def _image(colour: str) -> bytes:
    return encode_png(Image.new("RGB", (20, 10), colour))


@pytest.fixture(autouse=True)
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``team/icons`` with two splits, where a data set of that name is looked for first."""
    folder = tmp_path / "team" / "icons" / "data"
    folder.mkdir(parents=True)
    for split, colours in (("train", ("red", "blue", "green")), ("test", ("black",))):
        images = [{"bytes": _image(colour), "path": None} for colour in colours]
        table = pa.table({"picture": images, "text": list(colours)})
        pq.write_table(table, folder / f"{split}-00000-of-00001.parquet")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "colours"),
    [
        ("hf:team/icons#picture", ("red", "blue", "green")),
        ("hf:team/icons:test#picture", ("black",)),
        ("hf:team/icons:train[1:]#picture", ("blue", "green")),
    ],
)
def test_images_of_a_split_are_collected(name: str, colours: tuple[str, ...], team: Path) -> None:
    collect_images({"svg": name}, team / "out.parquet")
    found = read_pictures(team / "out.parquet")
    assert [one.image for one in found] == [_image(colour) for colour in colours]
    assert [one.name for one in found][:1] == ["hf:team/icons:1"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("hf:team/icons", r"hf:team/icons: no column 'image'; it has: picture, text\."),
        ("hf:team/icons:dev#picture", r"hf:team/icons: the data set can't be loaded: .*dev"),
        ("hf:team/none", r"hf:team/none: the data set can't be loaded: .*team/none"),
        ("hf:team/icons#text", r"3 images can't be read"),
    ],
)
def test_what_is_not_there_is_one_sentence(name: str, sentence: str, team: Path) -> None:
    with pytest.raises(ErmError, match=sentence) as caught:
        collect_images({"svg": name}, team / "out.parquet")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["hf:", "hf:icons", "hf:a/b/c", "hf:a/b:", "hf:a/b#"])
def test_other_forms_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not of the form"):
        HubImages.parse(name)
