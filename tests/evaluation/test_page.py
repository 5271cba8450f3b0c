"""The page: every item stands on it, with what was drawn, what was not, and why."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from erm.evaluation.curve_files import write_curves
from erm.evaluation.curves import curves
from erm.evaluation.items import Item, rejected
from erm.evaluation.page import write_evaluation_page
from erm.evaluation.settings import EvaluationSettings
from erm.evaluation.summary import summarize
from tests.benchmark.page_scores import HOSTILE, png
from tests.evaluation.test_summary import ROWS


def test_each_item_is_shown_with_its_completions(tmp_path: Path) -> None:
    (tmp_path / "renders").mkdir()
    rows: list[dict[str, Any]] = []
    error = {"type": "style_error", "severity": 2, "location": "circle", "description": "is red"}
    for number, row in enumerate(ROWS):
        render = f"{number}.png" if row["outcome"] == "judged" else None
        if render is not None:
            (tmp_path / "renders" / render).write_bytes(png("red"))
        report = {"errors": [error]} if render is not None else None
        rows.append({**row, "render": render, "report": report})
    rows[3]["reason"] = HOSTILE
    items = [
        *(Item(name, "svg", png("black"), "<svg/>") for name in ("a", "b")),
        rejected(HOSTILE, "no_image", HOSTILE, "svg"),
    ]
    settings = EvaluationSettings()
    summary = {
        **{"policy": "p", "data": HOSTILE, "critic": "pixel", "curves": []},
        **summarize(items, rows, settings, critic=True),
    }
    page = write_evaluation_page(summary, items, rows, [], settings, tmp_path)
    html = page.read_text(encoding="utf-8")
    assert HOSTILE not in html
    assert "best by exact" in html
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    gallery = json.loads(data)
    assert gallery["heads"] == ["completion", "best by critic", "best by exact", "best by mse"]
    first, second, third = gallery["items"]
    assert first["images"][1]["caption"] == "completion · exact severity 4 · critic severity 2"
    assert [cell and cell["d"] for cell in first["rows"][0]["cells"]] == ["is red"] * 4
    assert second["images"][1]["missing"] == HOSTILE
    assert second["show"] == ["no_code"]
    assert (third["show"], len(third["images"])) == (["not evaluated"], 1)


def test_further_drafts_are_a_picture_and_a_table(tmp_path: Path) -> None:
    (tmp_path / "renders").mkdir()
    common = {"spent": {"tokens": None, "characters": 9}, "render": None, "report": None}
    first = [{**row, **common} for row in ROWS if row["sample"] == 0]
    # the critic's reply holds no report, so there is no severity of it
    metrics = {**first[0]["metrics"], "critic_severity": None}
    first = [{**first[0], "metrics": metrics, "unparsable": "no report in the reply 'hm'"}]
    drafts = [{**first[0], "mode": "revised", "sample": 1}]
    items = [Item("a", "svg", png("black"), "<svg/>")]
    settings = EvaluationSettings(rounds=1)
    summary = {
        **{"policy": "p", "data": "d", "critic": "pixel"},
        **summarize(items, first, settings, critic=True, drafts=drafts),
        "curves": curves(first, drafts, settings),
    }
    write_curves(summary["curves"], tmp_path)
    page = write_evaluation_page(summary, items, first, drafts, settings, tmp_path)
    html = page.read_text(encoding="utf-8")
    assert html.count("revised, best by the critic") == 1
    assert 'src="data:image/png;base64,' in html
    assert "further drafts without critic severity (revised)" in html
