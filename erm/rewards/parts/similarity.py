"""Similarity as a reward: of images, of sources and of drawings.

All lie in [0, 1], 1 for equal. A completion without a render earns 0 from parts that compare
images, one without code 0 from parts that compare sources. These rewards are what the critic is
compared with: they are blind to much, and a policy learns to please them (``docs/rewards.md``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from erm.benchmark.drawing_scores import DrawingScore, drawing_scores, score_drawings
from erm.benchmark.image_distances import load_image_distance
from erm.errors import ErmError
from erm.images import open_image
from erm.rewards.parts.base import Part
from erm.rewards.rollout import Drawn, Failure, PartScore
from erm.tasks import get_task, task_names

if TYPE_CHECKING:
    from PIL import Image

    from erm.render import Renderer


class ImagePart(Part):
    """1 − a distance of `erm.benchmark.image_distances`, at least 0, by the name of its spec.

    Raises:
        ErmError: its model can't be loaded.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._distance = load_image_distance(name)

    def score(self, drawn: Sequence[Drawn]) -> list[PartScore]:
        encoded = {each.rollout.reference for each in drawn}
        references = {reference: open_image(reference) for reference in encoded}
        pairs = [(references[each.rollout.reference], _image(each)) for each in drawn]
        return [PartScore(max(0.0, 1.0 - value)) for value in self._distance(pairs).tolist()]

    def without(self, drawn: Drawn) -> PartScore:
        return PartScore(0.0)


class DrawingPart(Part):
    """A task's published score of drawings, such as ``chartmimic`` (`erm.tasks.Task.fact_scores`).

    A candidate that doesn't run earns 0. Both sides are drawn once more for it.
    """

    judges = "source"
    needs_source = True

    def __init__(self, name: str, renderer: Renderer) -> None:
        self.name = name
        self._task = drawing_scores()[name][0]
        self.tasks = (self._task,)
        self._renderer = renderer

    def score(self, drawn: Sequence[Drawn]) -> list[PartScore]:
        pairs = [(each.rollout.reference_source or "", each.source) for each in drawn]
        scores = score_drawings(self._task, pairs, (self.name,), self._renderer)
        return [self._one(score) for score in scores]

    def without(self, drawn: Drawn) -> PartScore:
        return PartScore(0.0)

    def _one(self, score: DrawingScore) -> PartScore:
        if score.reference:
            message = f"The reference has no published scores ({score.reference})."
            return PartScore(failure=Failure("reference", message))
        return PartScore(score.values[self.name])


class TextPart(Part):
    """A task's similarity of sources, such as ``teds``: 1 − `erm.tasks.Task.text_distances`.

    A candidate that is too large to compare earns 0.
    """

    judges = "source"
    needs_source = True

    def __init__(self, name: str) -> None:
        self.name = name
        self.tasks = tuple(task for task in task_names() if name in get_task(task).text_distances)

    def score(self, drawn: Sequence[Drawn]) -> list[PartScore]:
        return [self._one(each) for each in drawn]

    def without(self, drawn: Drawn) -> PartScore:
        return PartScore(0.0)

    def _one(self, drawn: Drawn) -> PartScore:
        distance = get_task(drawn.rollout.task).text_distances[self.name]
        reference, source = drawn.rollout.reference_source, drawn.source
        assert reference is not None
        assert source is not None
        try:
            return PartScore(max(0.0, 1.0 - distance.measure(reference, source)))
        except ErmError as error:
            return self._too_large(drawn, str(error))

    def _too_large(self, drawn: Drawn, note: str) -> PartScore:
        """0 for the candidate's size; no value where the reference alone is too large."""
        distance = get_task(drawn.rollout.task).text_distances[self.name]
        reference = drawn.rollout.reference_source or ""
        try:
            distance.measure(reference, reference)
        except ErmError as error:
            return PartScore(failure=Failure("reference", str(error)))
        return PartScore(0.0, note=note)


def _image(drawn: Drawn) -> Image.Image:
    assert drawn.image is not None
    return open_image(drawn.image)
