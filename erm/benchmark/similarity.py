"""Similarity scores as distances between the two images, or the two sources, of an item.

There are pixel MSE, SSIM, distances between sources, published scores of drawings
(`erm.benchmark.drawing_scores`), and features of a vision model (`erm.benchmark.features`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from erm.benchmark.drawing_scores import drawing_scores, score_drawings
from erm.benchmark.formats import SOURCES, Item, image_pairs
from erm.errors import ErmError
from erm.tasks import FactScore, TextDistance, get_task, task_names

if TYPE_CHECKING:
    from erm.render import Renderer

Pixels = NDArray[np.uint8]
Distances = dict[str, NDArray[np.float64]]
"""Name → (items,): 0 is equal; NaN if a distance does not apply or an image can't be read."""

LONGEST_SIDE = 512
"""Images are shrunk to this many pixels before comparison, to save time."""
SSIM_WINDOW = 7
_FEATURES = "features:"


def pixel_mse(reference: Pixels, candidate: Pixels) -> float:
    """Mean squared difference of values in [0, 1]; in [0, 1], 0 for equal images."""
    candidate = _resized(candidate, reference)
    return float(np.mean((reference / 255.0 - candidate / 255.0) ** 2))


def one_minus_ssim(reference: Pixels, candidate: Pixels) -> float:
    """1 − mean SSIM over colours (Wang et al. 2004, window 7); in [0, 2], 0 for equal images."""
    from skimage.metrics import structural_similarity

    candidate = _resized(candidate, reference)
    window = min(SSIM_WINDOW, *reference.shape[:2])
    window -= 1 - window % 2
    if window < 3:
        return pixel_mse(reference, candidate)
    return 1 - float(structural_similarity(reference, candidate, channel_axis=2, win_size=window))


def _resized(candidate: Pixels, reference: Pixels) -> Pixels:
    """The candidate stretched to the reference's size, as in public similarity rewards."""
    if reference.shape == candidate.shape:
        return candidate
    size = (reference.shape[1], reference.shape[0])
    return np.asarray(PillowImage.fromarray(candidate).resize(size))


PIXEL_DISTANCES: dict[str, tuple[str, Callable[[Pixels, Pixels], float]]] = {
    "mse": ("pixel MSE", pixel_mse),
    "ssim": ("1 − SSIM", one_minus_ssim),
}
"""Distances of pixels, by spec: name in tables and function."""


def measure_distances(
    items: Sequence[Item], distances: Sequence[str], renderer: Renderer | None = None
) -> Distances:
    """Measure distances, by their name in tables.

    Args:
        distances: ``mse``, ``ssim``, a task's distance between sources such as ``teds`` or score of
            drawings such as ``chartmimic`` (for rows with `SOURCES`), or ``features:MODEL`` with
            the folder or hub name of a vision model (DINO, CLIP, …).
        renderer: draws sources for scores of drawings; by default the one that this process shares.

    Raises:
        ErmError: a distance is unknown, or a model can't be loaded.
    """
    by_text = _text_distances() if set(distances) - set(PIXEL_DISTANCES) else {}
    by_drawing = drawing_scores() if set(distances) - set(PIXEL_DISTANCES) else {}
    sourced = (*by_text, *by_drawing)
    for spec in distances:
        if spec not in (*PIXEL_DISTANCES, *sourced) and not spec.startswith(_FEATURES):
            known = ", ".join((*PIXEL_DISTANCES, *sourced, "features:MODEL"))
            raise ErmError(f"Unknown similarity '{spec}'; known: {known}.")
    found: Distances = {}
    wanted = [PIXEL_DISTANCES[spec] for spec in distances if spec in PIXEL_DISTANCES]
    if wanted:
        found |= _pixel_distances(items, wanted)
    drawn = {spec: by_drawing[spec] for spec in distances if spec in by_drawing}
    found |= _drawing_distances(items, drawn, renderer)
    for spec in distances:
        if spec in by_text:
            task, distance = by_text[spec]
            found[distance.title] = text_distances(items, task, distance)
        elif spec not in (*PIXEL_DISTANCES, *by_drawing):
            from erm.benchmark.features import feature_distances

            model = spec.removeprefix(_FEATURES)
            found[f"1 − cosine, {model.rstrip('/').rpartition('/')[2]}"] = feature_distances(
                items, model
            )
    return found


def _pixel_distances(
    items: Sequence[Item], wanted: Sequence[tuple[str, Callable[[Pixels, Pixels], float]]]
) -> Distances:
    values = np.full((len(items), len(wanted)), np.nan)
    for index, (reference, candidate) in image_pairs(items):
        pixels = [np.asarray(shrunk(image)) for image in (reference, candidate)]
        values[index] = [distance(*pixels) for _, distance in wanted]
    return {name: values[:, column] for column, (name, _) in enumerate(wanted)}


def shrunk(image: PillowImage.Image) -> PillowImage.Image:
    """An image as it is compared: with `LONGEST_SIDE` pixels at most."""
    small = image.copy()
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return small


def _text_distances() -> dict[str, tuple[str, TextDistance]]:
    """Task and distance, by spec."""
    return {
        name: (task, distance)
        for task in task_names()
        for name, distance in get_task(task).text_distances.items()
    }


def _drawing_distances(
    items: Sequence[Item],
    wanted: Mapping[str, tuple[str, FactScore]],
    renderer: Renderer | None,
) -> Distances:
    """1 − scores of drawings, 1 where the candidate doesn't run; NaN for other tasks, unknown
    sources, and references that give nothing to compare."""
    found: Distances = {}
    for task in dict.fromkeys(task for task, _ in wanted.values()):
        own = {name: score.title for name, (of, score) in wanted.items() if of == task}
        rows = [
            (index, sources)
            for index, item in enumerate(items)
            if item.task == task and (sources := _sources_of(item)) is not None
        ]
        scores = score_drawings(task, [sources for _, sources in rows], tuple(own), renderer)
        for name, title in own.items():
            values = np.full(len(items), np.nan)
            for (index, _), score in zip(rows, scores, strict=True):
                if not score.reference:
                    values[index] = 1 - score.values[name]
            found[f"1 − {title}"] = values
    return found


def _sources_of(item: Item) -> tuple[str, str] | None:
    reference, candidate = (item.extra.get(name) for name in SOURCES)
    if isinstance(reference, str) and isinstance(candidate, str):
        return reference, candidate
    return None


def text_distances(items: Sequence[Item], task: str, distance: TextDistance) -> NDArray[np.float64]:
    """(items,) distances between sources; NaN for other tasks and unknown or too large sources."""
    values = np.full(len(items), np.nan)
    for index, item in enumerate(items):
        sources = _sources_of(item)
        if item.task == task and sources is not None:
            try:
                values[index] = distance.measure(*sources)
            except ErmError:
                continue  # too large to compare
    return values
