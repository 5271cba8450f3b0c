"""Completions that lie about what they draw: no report and the worst score."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from erm.annotation import annotate
from erm.cli import main
from erm.critics.pixel import PixelCritic
from erm.dataset.pairs import Reference
from erm.policies.measuring import Measuring
from erm.policies.scoring import score_completions
from erm.render import Rendered, Renderer
from erm.rewards.exact import WORST_SEVERITY

REFERENCE = (
    "import matplotlib.pyplot as plt\n"
    "fig, ax = plt.subplots(figsize=(3, 2))\n"
    "ax.bar(['a', 'b', 'c'], [3, 5, 2], color='tab:blue')\n"
    "ax.set_title('Sales')\n"
)
OTHER = REFERENCE.replace("[3, 5, 2]", "[1, 2, 9]").replace("tab:blue", "tab:red")
FORGE = (
    "import json, erm.tasks.chart.scene as reader\n"
    "honest = reader.read_scene\n"
    "def forged(drawing):\n"
    "    scene = honest(drawing)\n"
    "{}\n"
    "reader.read_scene = forged\n"
)


def forge(*statements: str, drawing: str = OTHER) -> str:
    """A program that draws `drawing` and changes its scene before it is sent."""
    body = "\n".join(f"    {line}" for line in (*statements, "return scene"))
    return FORGE.format(body) + drawing


@pytest.fixture(scope="module")
def reference(renderer: Renderer) -> Rendered:
    return renderer.render_batch([("chart", REFERENCE)], scenes=True)[0]


LIES: dict[str, Callable[[Rendered], str]] = {
    "the reference's scene": lambda rendered: forge(
        f"scene = json.loads({json.dumps(rendered.scene)!r})"
    ),
    "the reference's scene on another page": lambda rendered: forge(
        f"scene = json.loads({json.dumps(rendered.scene)!r})",
        "scene['background'] = '#ffe0e0ff'",
    ),
    "the reference's scene on another plot background": lambda rendered: forge(
        f"scene = json.loads({json.dumps(rendered.scene)!r})",
        "scene['axes'][0]['background'] = '#e0e0e0ff'",
    ),
    "a size only": lambda _: forge("scene = {'size': [1, 1]}"),
    "another size": lambda _: forge("scene['size'] = [1, 1]"),
    "not a number": lambda _: forge("scene['axes'][0]['box'][0] = float('nan')"),
    "infinity": lambda _: forge("scene['axes'][0]['x']['limits'][1] = float('inf')"),
    "a huge integer": lambda _: forge("scene['axes'][0]['x']['limits'][1] = 10 ** 400"),
    "a million points": lambda _: forge(
        "series = scene['axes'][0]['series'][0]", "series['points'] = [0] * 10 ** 6"
    ),
    "many series": lambda _: forge("scene['axes'][0]['series'] *= 3000"),
    "a text for a number": lambda _: forge("scene['axes'][0]['box'] = 'everywhere'"),
    "a number for a text": lambda _: forge("scene['background'] = 7"),
    "a list for an object": lambda _: forge("scene['axes'] = [[]]"),
    "nothing": lambda _: forge("scene = None"),
    "an unreadable picture": lambda _: forge("raise ValueError('this can not be read')"),
    "deep nesting": lambda _: forge(
        "value = []", "for _ in range(500): value = [value]", "scene['texts'] = value"
    ),
    "a colour that is none": lambda _: forge("scene['axes'][0]['series'][0]['colour'] = 'blue'"),
}


_DOTS = (
    "import numpy as np\n"
    "ax.plot(*(np.random.default_rng(0).random((2, 150)) * [[2], [9]]), 'o', color='k')\n"
)
COVERS: dict[str, Callable[[Rendered], str]] = {
    "no plot": lambda _: forge("scene['axes'] = []"),
    "no series": lambda _: forge("scene['axes'][0]['series'] = []"),
    "the first series alone": lambda _: forge(
        "scene['axes'][0]['series'] = scene['axes'][0]['series'][:1]", drawing=OTHER + _DOTS
    ),
    "the reference's scene without its plot": lambda rendered: forge(
        _copied(rendered), "scene['axes'] = []"
    ),
    "the reference's scene and another size": lambda rendered: forge(
        _copied(rendered),
        "scene['size'] = [290, 200]",
        drawing=OTHER.replace("(3, 2)", "(2.9, 2)"),
    ),
    "the reference's scene and other limits": lambda rendered: forge(
        _copied(rendered), "scene['axes'][0]['y']['limits'][1] *= 1.04"
    ),
    "the reference's scene and hatched bars": lambda rendered: forge(
        _copied(rendered), "scene['axes'][0]['series'][0]['hatch'] = '/'"
    ),
    "the reference's scene and a text over all": lambda rendered: forge(
        _copied(rendered),
        "text = dict(scene['axes'][0]['texts'][0], box=[0.0, 0.0, 300.0, 200.0])",
        "scene['texts'].append(text)",
    ),
    "the reference's scene and a legend over all": lambda rendered: forge(
        _copied(rendered),
        "legend = {'box': [0.0, 0.0, 300.0, 200.0], 'place': 'center', 'auto': False}",
        "legend |= {'columns': 1, 'framed': True, 'title': None, 'entries': [], 'colours': []}",
        "scene['axes'][0]['legends'].append(legend)",
    ),
    "the reference's scene in polar axes": lambda rendered: forge(
        _copied(rendered), "scene['axes'][0]['projection'] = 'polar'"
    ),
    "the reference's scene as a line": lambda rendered: forge(
        _copied(rendered),
        "series = scene['axes'][0]['series'][0]",
        "series |= {'kind': 'line', 'colour': '#2ca02cff'}",
        "for point in series['points']: point.pop('colour', None)",
        "series['points'] *= 2",
    ),
}
"""Scenes with one difference whose box covers all others, in which pixels alone find no fault."""


def _copied(rendered: Rendered) -> str:
    return f"scene = json.loads({json.dumps(rendered.scene)!r})"


@pytest.mark.parametrize("cover", COVERS)
def test_a_scene_that_its_own_picture_contradicts_gives_no_report(
    cover: str, reference: Rendered, renderer: Renderer
) -> None:
    annotation = annotate("chart", REFERENCE, COVERS[cover](reference), renderer)
    assert annotation.failure is not None
    assert annotation.failure.kind == "contradicted scene", annotation
    assert annotation.failure.side == "candidate"
    assert annotation.found is not None


@pytest.mark.parametrize("lie", LIES)
def test_a_forged_scene_gives_no_report(lie: str, reference: Rendered, renderer: Renderer) -> None:
    annotation = annotate("chart", REFERENCE, LIES[lie](reference), renderer)
    assert annotation.report is None, annotation
    assert annotation.failure is not None
    assert annotation.failure.side in ("candidate", None)


def test_forged_and_unreadable_completions_earn_the_worst(
    reference: Rendered, renderer: Renderer
) -> None:
    assert reference.image is not None
    completions = [
        f"```python\n{source}\n```"
        for source in (
            *(REFERENCE, OTHER),
            *(lie(reference) for lie in (LIES | COVERS).values()),
        )
    ]
    row = Reference("chart/0", "chart", "test", reference.image, REFERENCE)
    measuring = Measuring(renderer, PixelCritic())
    rows = score_completions(completions, [row] * len(completions), measuring)
    honest, bad, *forged = rows
    assert honest["exact_reward"] == 2.0
    assert 0 < honest["exact_reward"] - bad["exact_reward"] < 2.0
    assert {each["exact_reward"] for each in forged} == {0.0}
    assert {each["exact_severity"] for each in forged} == {WORST_SEVERITY}


def test_the_command_refuses_a_forged_scene(
    reference: Rendered,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "reference.py").write_text(REFERENCE)
    (tmp_path / "forged.py").write_text(LIES["the reference's scene"](reference))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        sys, "argv", ["erm", "annotate", "chart", "reference.py", "forged.py", "--json"]
    )
    with pytest.raises(SystemExit) as stop:
        main()
    output = capfd.readouterr()
    answer = json.loads(output.out)
    assert "no exact report (unexplained pixels)" in str(stop.value.code)
    assert answer["failure"] == "unexplained pixels"
    assert "errors" not in answer
