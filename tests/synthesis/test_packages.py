"""Packages are downloaded at their version and read in order; what can't be had is named."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from erm.errors import ErmError
from erm.synthesis.packages import Package, download, members
from tests.package_index import serve, write_sdist

ICONS = Package("sdist", "icons", "1.2")


def test_an_sdist_is_downloaded_once_and_read_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"icons/b.svg": "B", "icons/deep/a.svg": "A", "setup.py": "raise SystemExit('ran')"}
    write_sdist(tmp_path / "index", "icons", "1.2", files)
    with serve(tmp_path / "index") as address:
        monkeypatch.setenv("PIP_INDEX_URL", address)
        archive = download(ICONS, tmp_path / "packages")
    assert list(members(archive, ["icons/*.svg"])) == [
        ("icons/b.svg", b"B"),
        ("icons/deep/a.svg", b"A"),
    ]
    assert list(members(archive, ["*/b.svg", "*.txt"])) == [("icons/b.svg", b"B")]
    assert download(ICONS, tmp_path / "packages") == archive  # the index is gone
    assert [file.name for file in (tmp_path / "packages").iterdir()] == ["sdist-icons-1.2.tar.gz"]


def test_a_wheel_is_read_with_its_own_paths(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "one.whl", "w") as wheel:
        wheel.writestr("one/b.svg", "B")
        wheel.writestr("one/a.svg", "A")
        wheel.writestr("two/a.txt", "")
    found = list(members(tmp_path / "one.whl", ["*.svg"]))
    assert found == [("one/a.svg", b"A"), ("one/b.svg", b"B")]


@pytest.mark.parametrize(
    ("package", "sentence"),
    [
        (Package("sdist", "none", "1"), r"none 1 \(PyPI\): the registry has no such package\."),
        (Package("sdist", "icons", "9"), r"icons 9 \(PyPI\): the registry has no such sdist\."),
        (Package("wheel", "icons", "1.2"), r"icons 1.2 \(PyPI\): the registry has no such wheel\."),
    ],
)
def test_what_the_registry_lacks_is_named(
    package: Package, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sdist(tmp_path / "index", "icons", "1.2", {"a.svg": "A"})
    with serve(tmp_path / "index") as address:
        monkeypatch.setenv("PIP_INDEX_URL", address)
        with pytest.raises(ErmError, match=sentence):
            download(package, tmp_path / "packages")
    assert not list((tmp_path / "packages").iterdir())


def test_a_registry_that_is_away_and_a_changed_file_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple/")
    with pytest.raises(ErmError, match=r"icons 1\.2 \(PyPI\) can't be downloaded: .*refused"):
        download(ICONS, tmp_path / "packages")
    write_sdist(tmp_path / "index", "icons", "1.2", {"a.svg": "A"})
    (tmp_path / "index" / "simple" / "icons" / "icons-1.2.tar.gz").write_bytes(b"forged")
    with serve(tmp_path / "index") as address:
        monkeypatch.setenv("PIP_INDEX_URL", address)
        with pytest.raises(ErmError, match=r"icons 1\.2 \(PyPI\) can't be downloaded: .*digest"):
            download(ICONS, tmp_path / "packages")


def test_npm_that_is_missing_and_a_broken_archive_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ErmError, match=r"@a/b 1 \(npm\) needs the program npm"):
        download(Package("npm", "@a/b", "1"), tmp_path / "packages")
    (tmp_path / "cut.tar.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(ErmError, match=r"cut\.tar\.gz can't be read .* delete it and try again"):
        list(members(tmp_path / "cut.tar.gz", ["*"]))
