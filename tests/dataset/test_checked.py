"""The real pairs that come with the package: twenty a task, drawn alike in every profile."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files
from io import BytesIO

import pytest
from PIL import Image

from erm.dataset.checked import checked_pairs, draw_checked
from erm.tasks.settings import PUBLISHED_SIDE


def test_there_are_twenty_of_each_task_with_an_origin() -> None:
    pairs = checked_pairs()
    assert Counter(pair.task for pair in pairs) == {"chart": 20, "table": 20, "svg": 20}
    assert all(pair.taken_from and pair.candidate != pair.reference for pair in pairs)
    by_source = {(pair.source_id, pair.reference) for pair in pairs}
    assert len(by_source) == len({pair.source_id for pair in pairs})


def test_each_package_has_its_terms() -> None:
    folder = files("erm.dataset.checked") / "licenses"
    terms = "".join(f"{file.name}: {file.read_text(encoding='utf-8')}" for file in folder.iterdir())
    packages = {pair.taken_from.partition(",")[0] for pair in checked_pairs()}
    assert len(packages) > 15
    assert [name for name in sorted(packages) if name not in terms] == []


@pytest.mark.slow
def test_they_are_drawn_with_exact_reports_at_the_default_size() -> None:
    icons = [pair for pair in checked_pairs() if pair.task == "svg"][:4]
    drawn = draw_checked(icons, workers=1)
    assert [pair.task for pair in drawn] == ["svg"] * 4
    assert {pair.domain for pair in drawn} == {"checked"}
    assert len({pair.id for pair in drawn}) == 4
    assert [bool(pair.report.errors) for pair in drawn] == [pair.route == "edit" for pair in drawn]
    for pair in drawn:
        assert max(Image.open(BytesIO(pair.reference)).size) == PUBLISHED_SIDE
