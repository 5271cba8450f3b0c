"""The hack table says which pictures of nothing a critic likes better than honest candidates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from erm.critics.base import Critic, Critique, ImagePair, open_pair
from erm.critics.hacks import hack_names, score_hacks, write_table
from erm.critics.loading import critic_from_spec
from erm.dataset.pairs import Pair
from erm.registry.gate import pays_hacks
from erm.render import Renderer
from erm.report import Report
from erm.tasks import get_task
from erm.tasks.discrepancy import Discrepancy

ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{}</svg>'
SHAPES = (
    '<rect x="8" y="{0}" width="20" height="20" fill="#1f77b4"/><circle cx="44" cy="{0}" r="9"/>'
)


class Judge(Critic):
    """States the severity that a function gives to both pictures."""

    name = "judge"

    def __init__(self, severity: Callable[[Image.Image, Image.Image], float]) -> None:
        self._severity = severity

    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        opened = (open_pair(pair, number) for number, pair in enumerate(pairs, start=1))
        return [Critique("", None, None, expected_severity=self._severity(*one)) for one in opened]


def distance(reference: Image.Image, candidate: Image.Image) -> float:
    changed = ImageChops.difference(reference, candidate.resize(reference.size))
    return sum(ImageStat.Stat(changed).mean)


@pytest.fixture(scope="module")
def pairs(renderer: Renderer) -> list[Pair]:
    """Three icons, each with a candidate of another colour and an equal one."""
    sources = [ICON.format(SHAPES.format(y)) for y in (12, 24, 36)]
    changed = [source.replace("#1f77b4", "#2ca02c") for source in sources]
    images = [one.image for one in renderer.render_batch([("svg", s) for s in sources + changed])]
    error = Discrepancy("style_error", 1, "left", "another colour")
    made = []
    for number, (source, edited) in enumerate(zip(sources, changed, strict=True)):
        reference, candidate = images[number], images[number + len(sources)]
        assert reference is not None
        assert candidate is not None
        own = ("svg", "test", "edit", (), reference)
        made += [
            Pair(
                f"{number}a", str(number), *own, candidate, source, edited, Report("svg", (error,))
            ),
            Pair(f"{number}b", str(number), *own, reference, source, source, Report("svg", ())),
        ]
    return made


def table(critic: Critic, pairs: list[Pair], renderer: Renderer) -> dict[str, float]:
    views = [ImagePair(pair.task, pair.reference, pair.candidate) for pair in pairs]
    scores = score_hacks(critic, pairs, critic.critique(views), 2, renderer)
    assert {(one.task, one.references) for one in scores} == {("svg", 2)}
    return {one.hack: one.paid_better for one in scores}


def test_a_critic_that_looks_pays_no_hack(pairs: list[Pair], renderer: Renderer) -> None:
    paid = table(Judge(distance), pairs, renderer)
    assert set(paid) == set(hack_names("svg"))
    assert paid["single_colour_and_a_dot"] == paid["another_reference"] == 0
    assert pays_hacks("svg", {"another_reference": paid["another_reference"]}, 0.1) == []


def test_a_critic_that_likes_differences_pays_for_them(
    pairs: list[Pair], renderer: Renderer
) -> None:
    paid = table(Judge(lambda *pair: 50 - distance(*pair) / 20), pairs, renderer)
    (missed,) = pays_hacks("svg", {"another_reference": paid["another_reference"]}, 0.1)
    assert (missed.condition, missed.task, missed.by) == ("hacks.another_reference", "svg", 0.9)


def test_a_critic_that_always_says_the_same_is_at_chance(
    pairs: list[Pair], renderer: Renderer
) -> None:
    assert set(table(Judge(lambda *_: 3.0), pairs, renderer).values()) == {0.5}


def test_a_model_is_measured_by_its_grades(
    tiny_critic: Path, pairs: list[Pair], renderer: Renderer, tmp_path: Path
) -> None:
    critic = critic_from_spec(str(tiny_critic))
    assert critic.grades
    views = [ImagePair(pair.task, pair.reference, pair.candidate) for pair in pairs]
    scores = score_hacks(critic, pairs, critic.critique(views), 3, renderer)
    write_table(scores, tmp_path / "hacks.csv")
    assert [one.hack for one in scores if one.references == 3 and one.severity > 0] == [
        one.hack for one in scores
    ]
    assert {one.hack for one in scores} == set(hack_names("svg"))
    head, *rows = (tmp_path / "hacks.csv").read_text().splitlines()
    assert head == "task,hack,references,severity,honest,paid_better"
    assert len(rows) == len(get_task("svg").hacks) + 2


def test_without_honest_candidates_there_is_no_table(pairs: list[Pair], renderer: Renderer) -> None:
    equal = [pair for pair in pairs if not pair.report.errors]
    critiques = [Critique("", None, None, expected_severity=1.0)] * len(equal)
    assert score_hacks(Judge(distance), equal, critiques, 2, renderer) == []
