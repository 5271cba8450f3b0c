"""Clusters that can't be used and nodes that differ, each named in a sentence; no Ray is needed."""

from __future__ import annotations

import pickle
import socket
import sys
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from erm.cluster import answer, connected, environment, require_head
from erm.errors import ErmError
from erm.settings import Cluster
from erm.synthesis.settings import WorkSettings

ADDRESSES = TypeAdapter(Cluster)


@pytest.mark.parametrize(
    "address", ["local", "auto", "head:6379", "10.0.0.1:6379", "[::1]:6379", "ray://head:10001"]
)
def test_addresses_that_ray_takes(address: str) -> None:
    assert ADDRESSES.validate_python(address) == address


@pytest.mark.parametrize(
    "address",
    ["", "head", "head:", "head:0", "head:65536", "http://head:80", "ray://head", "a b:1"],
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="a cluster is local, auto, HOST:PORT or ray://"):
        ADDRESSES.validate_python(address)


def test_without_ray_one_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with (
        pytest.raises(ErmError, match=r"^A cluster needs Ray: pip install 'visual-erm\[ray\]'\.$"),
        connected("auto"),
    ):
        pass


@pytest.mark.parametrize("form", ["{}", "ray://{}"])
def test_an_address_where_nothing_listens_is_named(form: str) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        address = form.format(f"127.0.0.1:{bound.getsockname()[1]}")
        with pytest.raises(
            ErmError, match=r"^Nothing answers at the cluster's [^\n]*\.$"
        ) as raised:
            require_head(address)
    assert address in str(raised.value)


def test_auto_goes_by_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "no-such-host.invalid:6379")
    with pytest.raises(ErmError, match=r"no-such-host\.invalid:6379"):
        require_head("auto")


def test_a_node_with_equal_code_and_libraries_works() -> None:
    assert answer(environment(), pickle.dumps((len, "four"))) == 4


@pytest.mark.parametrize("name", ["Python", "code of erm", "matplotlib", "networkx"])
def test_a_node_that_differs_is_refused_before_it_reads_its_work(name: str) -> None:
    expected = {**environment(), name: "0"}
    with pytest.raises(ErmError, match=rf"has another {name} \([^\n]*\.$"):
        answer(expected, b"not to be read")


def test_files_that_the_work_reads_count_by_content(tmp_path: Path) -> None:
    font = tmp_path / "font.ttf"
    font.write_bytes(b"one")
    expected = environment([tmp_path])
    assert answer(expected, pickle.dumps((len, "four"))) == 4
    font.write_bytes(b"two")
    with pytest.raises(ErmError, match=f"has another {tmp_path} "):
        answer(expected, b"not to be read")
    font.unlink()
    tmp_path.rmdir()
    with pytest.raises(ErmError, match="missing"):
        answer(expected, b"not to be read")


def test_where_work_runs_is_no_part_of_what_decides_it() -> None:
    assert WorkSettings(cluster="auto").model_dump() == WorkSettings().model_dump()
