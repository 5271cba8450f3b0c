"""The report page as HTML; in a browser it is looked at by ``test_benchmark_browser``."""

import json
import re
import threading
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from erm.benchmark import (
    Item,
    Prediction,
    Scores,
    comparison_table,
    judge_from_spec,
    score,
    write_page,
)
from erm.benchmark.view import make_server
from erm.errors import ErmError
from tests.benchmark.page_scores import HOSTILE, make_scores, png


def test_page_is_one_file_with_escaped_texts(scores: Scores, tmp_path: Path) -> None:
    page = write_page(scores, tmp_path, title=f"Title {HOSTILE}")
    html = page.read_text(encoding="utf-8")
    assert HOSTILE not in html
    assert html.count("<script") == 2
    assert not re.search(r"(src|href)=[\"']https?:", html)
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    items = json.loads(data)["items"]
    assert len(items) == len(scores.items)
    assert items[1]["rows"][0]["cells"][0]["d"] == HOSTILE
    assert [row["level"] for row in items[0]["rows"]] == ["yes", "missed"]
    assert list(tmp_path.iterdir()) == [page]


def test_critics_and_distances_stand_on_the_page(scores: Scores, tmp_path: Path) -> None:
    distances = {
        "none <b>": np.zeros(len(scores.items)),
        "some": np.arange(len(scores.items), dtype=np.float64),
    }
    rows = comparison_table({"first": scores, "other": scores})
    links = {"first": "index.html", "other": "critic-2/index.html"}
    page = write_page(
        scores, tmp_path, "first", comparison=rows, links=links, distances=distances
    ).read_text()
    assert '<a href="critic-2/index.html">other</a>' in page
    assert "none &lt;b&gt;" in page
    assert "severe, hardly seen by some" in page


def test_the_page_says_from_which_sources_its_numbers_are(scores: Scores, tmp_path: Path) -> None:
    assert "sources:" not in write_page(scores, tmp_path / "none").read_text()
    predictions = [
        Prediction(
            Item(n, n, "svg", png("red"), png("blue"), [], {"domain": domain}), {"errors": []}
        )
        for n, domain in enumerate(("compact", "compact", "checked"))
    ]
    judge = judge_from_spec("offline")
    one = write_page(score(predictions[:2], judge), tmp_path / "one").read_text()
    assert "sources: compact ·" in one
    assert "F1 hard by kind of sources" not in one
    both = score(predictions, judge)
    page = write_page(both, tmp_path / "two", comparison=comparison_table({"a": both, "b": both}))
    text = page.read_text()
    assert "sources: compact, real, checked by hand ·" in text
    assert "F1 hard by kind of sources" in text
    table = text.split("<h2>Critics</h2>")[1].split("</table>")[0]
    assert [table.count(f"<td>{name}</td>") for name in ("all", "compact", "a", "b")] == [
        1,
        1,
        3,
        3,
    ]


def test_images_in_files_and_missing_ones(tmp_path: Path) -> None:
    item = Item("a", 0, "svg", png("red"), tmp_path / "none.png", [])
    scores = score([Prediction(item, {"errors": []})], judge_from_spec("offline"))
    theirs = tmp_path / "page" / "images" / "0.png"
    theirs.parent.mkdir(parents=True)
    theirs.touch()
    page = write_page(scores, tmp_path / "page", images="files")
    assert theirs.exists()
    assert (page.parent / "page-images" / "00000_reference.png").read_bytes() == png("red")
    assert '"src":"page-images/00000_reference.png"' in page.read_text()
    assert '"src":null' in page.read_text()


def test_same_scores_same_bytes(scores: Scores, tmp_path: Path) -> None:
    first = write_page(scores, tmp_path / "a").read_bytes()
    assert write_page(make_scores(), tmp_path / "b").read_bytes() == first


def test_page_of_nothing(tmp_path: Path) -> None:
    scores = score([], judge_from_spec("offline"))
    assert "0 of 0 items" in write_page(scores, tmp_path).read_text()


def test_server_is_local_and_serves_the_page(scores: Scores, tmp_path: Path) -> None:
    with pytest.raises(ErmError, match="no report page"):
        make_server(tmp_path)
    write_page(scores, tmp_path)
    with make_server(tmp_path) as server:
        assert server.server_address[0] == "127.0.0.1"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        with urllib.request.urlopen(url) as reply:
            assert b"Benchmark" in reply.read()
        server.shutdown()
        thread.join()
