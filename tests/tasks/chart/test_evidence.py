"""True scenes agree with their pictures, and false ones do not."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest

from erm.render import Renderer
from erm.tasks import View, get_task
from erm.tasks.chart.elements import ChartScene
from erm.tasks.chart.evidence import (
    MOST_MISFILLED,
    MOST_UNCLAIMED,
    MOST_UNSHOWN_LINES,
    MOST_UNSHOWN_TEXTS,
    Evidence,
    evidence,
)
from tests import chart_programs

LINES = (
    "import matplotlib.pyplot as plt\n"
    "fig, ax = plt.subplots(figsize=(4, 3))\n"
    "ax.plot([0, 1, 2, 3, 4], [1, 4, 2, 5, 3], color='tab:red', marker='o')\n"
    "ax.set_title('A title'); ax.set_xlabel('across'); ax.set_ylabel('up')\n"
)
BARS = LINES.replace("ax.plot", "ax.bar").replace(", marker='o'", "")


def view(source: str, renderer: Renderer) -> tuple[ChartScene, Any]:
    (rendered,) = renderer.render_batch([("chart", source)], scenes=True)
    assert rendered.scene is not None, rendered.error
    return cast(ChartScene, copy.deepcopy(rendered.scene)), rendered.pixels


@pytest.mark.parametrize("variety", ["compact", "wide"])
def test_generated_charts_agree_with_their_scenes(variety: Any, renderer: Renderer) -> None:
    rng = random.Random(11)
    task = get_task("chart")
    items = [("chart", task.generate(rng, variety)) for _ in range(12)]
    for (_, source), rendered in zip(items, renderer.render_batch(items, scenes=True), strict=True):
        assert rendered.scene is not None
        assert task.contradiction(View(rendered.pixels, rendered.scene)) is None, source


@pytest.mark.parametrize("name", ["OBJECT_STYLE", "PANDAS", "SEABORN"])
def test_programs_as_people_write_them_agree(name: str, renderer: Renderer) -> None:
    scene, pixels = view(getattr(chart_programs, name), renderer)
    found = evidence(scene, pixels)
    assert found.unclaimed < MOST_UNCLAIMED / 2
    assert found.misfilled < MOST_MISFILLED / 2


def test_true_scenes_have_no_shares(renderer: Renderer) -> None:
    for source in (LINES, BARS):
        assert evidence(*view(source, renderer)) == Evidence(0.0, 0.0, 0.0, 0.0)


def test_what_a_scene_leaves_out_is_unclaimed(renderer: Renderer) -> None:
    scene, pixels = view(BARS, renderer)
    scene["axes"][0]["series"] = []
    assert evidence(scene, pixels).unclaimed > MOST_UNCLAIMED


def test_bars_of_another_colour_or_size_are_misfilled(renderer: Renderer) -> None:
    scene, pixels = view(BARS, renderer)
    for point in scene["axes"][0]["series"][0]["points"]:
        point["colour"] = "#0000ffff"
    assert evidence(scene, pixels).misfilled > 0.9
    scene, pixels = view(BARS, renderer)
    for point in scene["axes"][0]["series"][0]["points"]:
        point["box"][1] -= 60
    assert evidence(scene, pixels).misfilled > MOST_MISFILLED


def test_texts_and_lines_that_are_not_drawn_are_unshown(renderer: Renderer) -> None:
    scene, pixels = view(LINES, renderer)
    page = np.full_like(pixels, 255)
    found = evidence(scene, page)
    assert found.unshown_texts == 1.0 > MOST_UNSHOWN_TEXTS
    assert found.unshown_lines == 1.0 > MOST_UNSHOWN_LINES
    assert found.unclaimed == 0.0


CHANGES: dict[str, Callable[[Any], None]] = {
    "a colour that is none": lambda scene: scene.update(background="red"),
    "far away": lambda scene: scene["axes"][0]["series"][0]["points"][0].update(
        box=[-1e14, -1e14, 1e14, 1e14]
    ),
    "a huge stroke": lambda scene: scene["axes"][0]["series"][0].update(
        line={"colour": "#000000ff", "width": 1e14, "dash": "solid"}
    ),
    "a turned box": lambda scene: scene["axes"][0].update(box=[300.0, 200.0, 10.0, 10.0]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_hostile_scenes_give_shares_or_a_value_error(change: str, renderer: Renderer) -> None:
    scene, pixels = view(LINES, renderer)
    CHANGES[change](scene)
    try:
        found = evidence(scene, pixels)
    except ValueError:
        return
    assert all(0 <= share <= 1 for share in found)
