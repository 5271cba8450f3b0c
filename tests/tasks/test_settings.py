"""What decides how sources are drawn is checked before anything is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from erm.tasks import CHROMIUM, get_task, task_names
from erm.tasks.settings import DrawingSettings


@pytest.mark.parametrize("name", task_names())
def test_a_task_names_what_draws_it(name: str) -> None:
    task = get_task(name)
    names = [backend.name for backend in task.backends]
    assert names
    assert len(set(names)) == len(names)
    assert (CHROMIUM in names) == (task.browser is not None)
    assert all(backend.extra for backend in task.backends if backend.module)
    assert DrawingSettings().backend_of(name) == names[0]
    assert DrawingSettings(backends={name: names[-1]}).backend_of(name) == names[-1]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"backends": {"svg": "paint"}},
            "task svg has no back end 'paint'; it has: cairosvg, resvg",
        ),
        ({"backends": {"chart": "chromium"}}, "it has: matplotlib"),
        ({"backends": {"icon": "resvg"}}, "unknown task 'icon'; tasks: chart, table, svg"),
        ({"raster_side": -1}, "greater than or equal to 0"),
        ({"raster_side": 100_000}, "less than or equal to 4000"),
        ({"fonts": ["no/folder"]}, "there is no folder of fonts 'no/folder'"),
        ({"font": []}, "Extra inputs"),
    ],
)
def test_what_can_not_be_had_is_said(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        DrawingSettings.model_validate(values)


def test_a_folder_without_fonts_is_said(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ValidationError, match=rf"the folder '{tmp_path}' holds no fonts"):
        DrawingSettings(fonts=(tmp_path,))


def test_a_back_end_that_is_not_installed_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("erm.tasks.settings.find_spec", lambda _: None)
    DrawingSettings(backends={"svg": "cairosvg"})
    for task, name, extra in (("svg", "resvg", "resvg"), ("table", "chromium", "browser")):
        sentence = rf"'{name}' is not installed; pip install 'visual-erm\[{extra}\]'"
        with pytest.raises(ValidationError, match=sentence):
            DrawingSettings(backends={task: name})
