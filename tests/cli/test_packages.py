"""``erm sources fetch``: results on standard output, refusals as sentences, status 1."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from erm.cli import main
from tests.package_index import serve, write_sdist


def run(monkeypatch: pytest.MonkeyPatch, *command: str) -> str:
    """What the command says when it fails; empty where it succeeds."""
    monkeypatch.setattr(sys, "argv", ["erm", "sources", "fetch", *command])
    with pytest.raises(SystemExit) as ended:
        main()
    return "" if ended.value.code in (None, 0) else str(ended.value.code)


def test_a_refused_package_is_named_and_the_others_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    page = "Text\n\n====  =====\nName  Value\n====  =====\none   1\ntwo   2\n====  =====\n"
    write_sdist(tmp_path / "index", "scikit-learn", "1.9.1", {"doc/a.rst": page})
    names = ("scikit-learn-tables", "pandas-tables")
    options = ("-o", str(tmp_path / "out"), "--packages", str(tmp_path / "packages"), "--json")
    with serve(tmp_path / "index") as address:
        monkeypatch.setenv("PIP_INDEX_URL", address)
        assert run(monkeypatch, *names, *options) == (
            "erm: 1 of 2 collections could not be fetched."
        )
    out, said = capfd.readouterr()
    assert "erm: pandas 3.1.1 (PyPI): the registry has no such package." in said
    kept = {one["collection"]: (one["kept"], one["failure"] is None) for one in json.loads(out)}
    assert kept == {"scikit-learn-tables": (1, True), "pandas-tables": (0, False)}
    assert (tmp_path / "out" / "table-scikit-learn-tables.parquet").is_file()


def test_an_unknown_collection_is_named_with_the_known_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sentence = run(monkeypatch, "clipart")
    assert sentence.startswith("erm: There is no collection 'clipart'; there are lucide, ")
