"""Similarity as a reward: of pixels, of a vision model's features, of sources and of drawings.

All lie in [0, 1], 1 for equal. A completion without a render earns 0 from parts that compare
images, one without code 0 from parts that compare sources. These rewards are what the critic is
compared with: they are blind to much, and a policy learns to please them (``docs/rewards.md``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from erm.benchmark.drawing_scores import DrawingScore, drawing_scores, score_drawings
from erm.benchmark.similarity import PIXEL_DISTANCES, Pixels, shrunk
from erm.errors import ErmError
from erm.images import open_image
from erm.rewards.parts.base import Part
from erm.rewards.rollout import Drawn, Failure, PartScore
from erm.tasks import get_task, task_names

if TYPE_CHECKING:
    from PIL import Image

    from erm.benchmark.features import Embedder
    from erm.render import Renderer


class PixelPart(Part):
    """``ssim`` and ``mse``: 1 − a distance of `erm.benchmark.similarity`, at least 0."""

    def __init__(self, name: str) -> None:
        # Parts judge in threads, and the modules of scikit-image import each other in a circle:
        # two threads that first import different ones wait for each other.
        import skimage.color
        import skimage.metrics  # noqa: F401

        self.name = name
        self._distance: Callable[[Pixels, Pixels], float] = PIXEL_DISTANCES[name][1]

    def score(self, drawn: Sequence[Drawn]) -> list[PartScore]:
        return [self._one(*_images(each)) for each in drawn]

    def without(self, drawn: Drawn) -> PartScore:
        return PartScore(0.0)

    def _one(self, reference: Image.Image, candidate: Image.Image) -> PartScore:
        pixels = [np.asarray(shrunk(image)) for image in (reference, candidate)]
        return PartScore(max(0.0, 1.0 - self._distance(*pixels)))


class FeaturesPart(Part):
    """``features:MODEL``: cosine of the two images' features, at least 0.

    Args:
        model: as of `erm.benchmark.features.Embedder`.
    """

    def __init__(self, model: str, embedder: Embedder) -> None:
        self.name = f"features:{model}"
        self._embed = embedder

    def score(self, drawn: Sequence[Drawn]) -> list[PartScore]:
        references = {each.rollout.reference: number for number, each in enumerate(drawn)}
        pairs = [_images(each) for each in drawn]
        places = {reference: place for place, reference in enumerate(references)}
        images = [pairs[number][0] for number in references.values()]
        features = self._embed([*images, *(candidate for _, candidate in pairs)])
        return [
            PartScore(
                max(
                    0.0,
                    float(features[places[each.rollout.reference]] @ features[len(places) + row]),
                )
            )
            for row, each in enumerate(drawn)
        ]

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


def _images(drawn: Drawn) -> tuple[Image.Image, Image.Image]:
    assert drawn.image is not None
    return open_image(drawn.rollout.reference), open_image(drawn.image)
