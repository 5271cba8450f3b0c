"""Fetched sources: same bytes, resumed, licences and roles kept, refusals named."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from erm.dataset.domains import domain_of
from erm.dataset.pairs import SPLITS, read_pairs, read_rows
from erm.errors import ErmError
from erm.synthesis.collections import COLLECTIONS, Collection
from erm.synthesis.fetch import choose, fetch
from erm.synthesis.ingest import SOURCE_SCHEMA, ingest, read_ingested
from erm.synthesis.packages import Package
from erm.synthesis.settings import SynthesizeSettings
from erm.synthesis.synthesize import plan_chunks, synthesize
from erm.tasks import task_names
from tests.package_index import serve, write_sdist

HEAD = "<svg xmlns='http://www.w3.org/2000/svg' width='60' height='60'>"


def icon(number: int, kind: str) -> str:
    """A small icon; other numbers look clearly different."""
    x, y = 12 + 36 * (number % 2), 12 + 12 * (number // 2 % 4)
    colour = ("red", "blue", "green", "black", "orange")[number % 5]
    shape = {
        "a": f"<circle cx='{x}' cy='{y}' r='{6 + number}' fill='{colour}'/>",
        "b": f"<rect x='{x - 9}' y='{y - 9}' width='{9 + number}' height='20' fill='{colour}'/>",
    }[kind]
    return f"{HEAD}<rect width='60' height='60' fill='white'/>{shape}</svg>"


def collections() -> list[Collection]:
    trained, tested = Package("sdist", "trained", "1"), Package("sdist", "tested", "2")
    away = Package("sdist", "away", "3")
    return [
        Collection("circles", "svg", trained, "MIT", ("icons/*.svg",), "train", most=6),
        Collection("lost", "svg", away, "MIT", ("*.svg",), "held_out"),
        Collection("squares", "svg", tested, "CC-BY-4.0", ("*.svg",), "held_out", most=9),
        Collection("empty", "svg", tested, "CC-BY-4.0", ("*.none",), "held_out"),
    ]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index")
    circles = {f"icons/{number}.svg": icon(number, "a") for number in range(8)}
    circles["icons/broken.svg"] = "<svg><circle"
    write_sdist(folder, "trained", "1", circles)
    write_sdist(folder, "tested", "2", {f"{n}.svg": icon(n, "b") for n in range(4)})
    return folder


@pytest.fixture(scope="module")
def fetched(index: Path) -> Path:
    out = index / "fetched"
    with serve(index) as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_INDEX_URL", address)
        results = fetch(out, index / "packages", collections())
    kept = {one.collection.name: one.kept for one in results}
    assert kept == {"circles": 6, "lost": 0, "squares": 4, "empty": 0}
    assert [one.failure for one in results] == [
        None,
        "away 3 (PyPI): the registry has no such package.",
        None,
        "tested 2 (PyPI) holds no source of collection 'empty'.",
    ]
    return out


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_each_source_has_its_origin_licence_and_role(fetched: Path) -> None:
    assert sorted(contents(fetched)) == [
        "svg-circles.json",
        "svg-circles.parquet",
        "svg-squares.json",
        "svg-squares.parquet",
    ]
    rows = list(read_rows([fetched / "svg-circles.parquet"], schema=SOURCE_SCHEMA))
    assert len(rows) == 6
    for row in rows:
        assert domain_of(row["source_id"]) == "real"
        assert row["package"] == "trained 1 (PyPI)"
        assert (row["collection"], row["licence"], row["role"]) == ("circles", "MIT", "train")
        number = int(Path(row["origin"]).stem)
        assert row["origin"] == f"icons/{number}.svg"
        assert row["source"] == icon(number, "a")
        assert row["image"]["bytes"].startswith(b"\x89PNG")


def test_an_interrupted_fetch_goes_on_and_gives_the_same_bytes(
    fetched: Path, index: Path, tmp_path: Path
) -> None:
    out = tmp_path / "again"
    known = [one for one in collections() if one.name in ("circles", "squares")]
    fetch(out, index / "packages", known[:1])
    complete = (out / "svg-circles.parquet").stat().st_mtime_ns
    (out / "svg-squares.parquet.part").write_bytes(b"cut")
    fetch(out, index / "packages", known)
    assert contents(out) == contents(fetched)
    assert (out / "svg-circles.parquet").stat().st_mtime_ns == complete
    (one,) = fetch(out, index / "packages", known[:1], most=2)
    assert one.kept == 2  # another limit is another result
    assert {row.source_id for row in read_ingested(out / "svg-circles.parquet")} < {
        row.source_id for row in read_ingested(fetched)
    }


def test_held_out_packages_are_only_tested_with(fetched: Path) -> None:
    settings = SynthesizeSettings(
        sources={"svg": 10},
        test_sources={"svg": 3},
        test_share=0.2,
        validation_share=0.2,
        ingested=fetched,
    )
    without = [chunk.sources for chunk in plan_chunks(settings)]
    ingested = list(read_ingested(fetched))
    chunks = plan_chunks(settings, ingested)
    splits = {source_id: split for chunk in chunks for source_id, split, _ in chunk.sources}
    by_collection = Counter((one.collection, splits[one.source_id]) for one in ingested)
    assert by_collection == {
        ("circles", "train"): 5,
        ("circles", "validation"): 1,
        ("squares", "test"): 4,
    }
    procedural = {name: split for sources in without for name, split, _ in sources}
    assert procedural.items() <= splits.items()  # as without packages


@pytest.mark.slow
def test_card_and_origins_name_packages_and_licences(fetched: Path, tmp_path: Path) -> None:
    settings = SynthesizeSettings(
        sources={"svg": 3}, ingested=fetched, workers=1, candidates_per_source=2
    )
    pairs = tmp_path / "pairs"
    synthesize(settings, pairs, tmp_path / "work")
    real = {}
    for split in SPLITS:
        for pair in read_pairs(pairs, split):
            if pair.domain == "real":
                real[pair.source_id] = split
    assert set(real.values()) >= {"train", "test"}
    listed = [json.loads(line) for line in (pairs / "origins.jsonl").read_text().splitlines()]
    assert {one["source_id"] for one in listed} == set(real)
    for one in listed:
        assert (one["role"] == "held_out") == (real[one["source_id"]] == "test")
        assert one["licence"] == ("CC-BY-4.0" if one["role"] == "held_out" else "MIT")
    card = (pairs / "card.md").read_text()
    assert "| svg | trained 1 (PyPI) | MIT | train |" in card
    assert "| svg | tested 2 (PyPI) | CC-BY-4.0 | held_out | 0 | 0 |" in card


def test_files_of_an_older_ingest_are_read(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    (tmp_path / "a.svg").write_text(icon(1, "a"))
    ingest("svg", [tmp_path / "a.svg"], tmp_path / "new" / "own.parquet")
    table = pq.read_table(tmp_path / "new" / "own.parquet")
    (tmp_path / "old").mkdir()
    older = table.drop_columns(["collection", "package", "licence", "role"])
    pq.write_table(older, tmp_path / "old" / "own.parquet")
    assert list(read_ingested(tmp_path / "old")) == list(read_ingested(tmp_path / "new"))
    (one,) = read_ingested(tmp_path / "old" / "own.parquet")
    assert (one.role, one.package, one.source) == (None, None, icon(1, "a"))
    with pytest.raises(ErmError, match="nowhere can't be read: it does not exist"):
        list(read_ingested(tmp_path / "nowhere"))
    for column, value in (("role", "tested"), ("task", "poem")):
        place = table.schema.get_field_index(column)
        forged = table.set_column(place, column, [[value]])
        pq.write_table(forged, tmp_path / "forged.parquet")
        with pytest.raises(ErmError, match=value):
            list(read_ingested(tmp_path / "forged.parquet"))


def test_no_package_is_both_trained_on_and_tested_with() -> None:
    roles: dict[str, set[str]] = {}
    for collection in COLLECTIONS:
        roles.setdefault(collection.package.name, set()).add(collection.role)
    assert all(len(role) == 1 for role in roles.values())
    assert len({collection.name for collection in COLLECTIONS}) == len(COLLECTIONS)
    for task in task_names():
        assert {one.role for one in COLLECTIONS if one.task == task} == {"train", "held_out"}


def test_collections_are_chosen_by_name() -> None:
    assert choose(()) == COLLECTIONS
    assert [one.name for one in choose(("openmoji", "lucide"))] == ["lucide", "openmoji"]
    with pytest.raises(ErmError, match="There is no collection 'icons'; there are lucide, "):
        choose(("icons",))
