"""The page of a policy before and after reinforcement, as HTML and in a browser."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from erm.dataset.pairs import Reference
from erm.policies.page import Shown, write_policy_page
from erm.policies.scoring import Row
from erm.render.browser import find_browser
from tests.benchmark.page_scores import HOSTILE, png

GAINS = [
    {"task": "svg", "of": "greedy", "before": 12.0, "after": 9.5}
    | {"gain": 2.5, "low": -0.5, "high": 5.0}
]


def error(description: str) -> dict[str, Any]:
    return {"type": "style_error", "severity": 2, "location": "circle", "description": description}


def row(reference: int, severity: float, colour: str | None, *errors: str) -> Row:
    return {
        "reference": reference,
        "exact_severity": severity,
        "critic_severity": None if colour is None else severity,
        "critic_expected": None,
        "image": None if colour is None else png(colour),
        "reason": "" if colour is not None else HOSTILE,
        "report": None if colour is None else {"errors": [error(one) for one in errors]},
    }


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """One reference gets better, one worse and draws nothing; the first has samples."""
    references = [Reference(name, "svg", "test", png("black"), "") for name in ("svg/one", HOSTILE)]
    columns = [
        Shown("start", [row(0, 8, "red", "is red", "is low"), row(1, 4, "blue")]),
        Shown("reinforced", [row(0, 3, "green", "is low"), row(1, 50, None)]),
        Shown("best sample", [row(0, 1, "white")]),
    ]
    return write_policy_page(columns, references, GAINS, tmp_path)


def test_an_error_stands_once_in_the_columns_of_all_that_have_it(page: Path) -> None:
    html = page.read_text(encoding="utf-8")
    assert HOSTILE not in html
    assert "<td>greedy</td>" in html
    assert "+2.50" in html
    assert "−0.50 to +5.00" in html
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    gallery = json.loads(data)
    first, second = gallery["items"]
    assert gallery["heads"] == ["start", "reinforced", "best sample"]
    described = [[cell and cell["d"] for cell in row["cells"]] for row in first["rows"]]
    assert described == [["is red", None, None], ["is low", "is low", None]]
    assert first["images"][1]["caption"] == "start · exact severity 8, critic 8.0"
    assert (first["show"], second["show"]) == (["better", "chosen"], ["worse", "not-rendered"])
    assert [one["missing"] for one in second["images"][2:]] == [HOSTILE, "not sampled"]


@pytest.mark.browser
def test_keys_go_through_all_pictures(page: Path) -> None:
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        tab = chromium.new_page(viewport={"width": 1280, "height": 900})
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda failure: complaints.append(str(failure)))
        tab.goto(page.as_uri())
        tab.select_option("#show", "worse")
        assert tab.inner_text("#count") == "1 of 2"
        tab.select_option("#show", "")
        tab.locator("h1").click()
        captions = tab.locator(".card.current figure:not(.hidden) figcaption")
        assert captions.count() == 4
        tab.keyboard.press("t")
        seen = []
        for _ in range(4):
            seen.append(captions.all_inner_texts())
            tab.keyboard.press("t")
        assert [len(each) for each in seen] == [1, 1, 1, 1]
        assert [each[0].split(" ·")[0] for each in seen] == [
            *("reference", "start", "reinforced", "best sample")
        ]
        tab.keyboard.press("d")
        over = tab.locator(".card.current figure.over img")
        assert (over.get_attribute("alt") or "").startswith("start")
        tab.keyboard.press("t")
        tab.keyboard.press("t")
        assert (over.get_attribute("alt") or "").startswith("reinforced")
        chromium.close()
    assert complaints == []
