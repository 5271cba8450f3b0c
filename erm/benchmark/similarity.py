"""Similarity scores as distances between the two images, or the two sources, of an item.

There are pixel MSE, SSIM, distances between sources, and features of a vision model
(`erm.benchmark.features`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from erm.benchmark.formats import SOURCES, Item, image_pairs
from erm.errors import ErmError
from erm.tasks import TextDistance, get_task, task_names

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


def measure_distances(items: Sequence[Item], distances: Sequence[str]) -> Distances:
    """Measure distances, by their name in tables.

    Args:
        distances: ``mse``, ``ssim``, a task's distance between sources such as ``teds`` (for rows
            with `SOURCES`), or ``features:MODEL`` with the folder or hub name of a vision model
            (DINO, CLIP, …).

    Raises:
        ErmError: a distance is unknown, or a model can't be loaded.
    """
    by_text = _text_distances() if set(distances) - set(PIXEL_DISTANCES) else {}
    for spec in distances:
        if spec not in (*PIXEL_DISTANCES, *by_text) and not spec.startswith(_FEATURES):
            known = ", ".join((*PIXEL_DISTANCES, *by_text, "features:MODEL"))
            raise ErmError(f"Unknown similarity '{spec}'; known: {known}.")
    found: Distances = {}
    wanted = [PIXEL_DISTANCES[spec] for spec in distances if spec in PIXEL_DISTANCES]
    if wanted:
        found |= _pixel_distances(items, wanted)
    for spec in distances:
        if spec in by_text:
            task, distance = by_text[spec]
            found[distance.title] = text_distances(items, task, distance)
        elif spec not in PIXEL_DISTANCES:
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


def text_distances(items: Sequence[Item], task: str, distance: TextDistance) -> NDArray[np.float64]:
    """(items,) distances between sources; NaN for other tasks and unknown or too large sources."""
    values = np.full(len(items), np.nan)
    for index, item in enumerate(items):
        reference, candidate = (item.extra.get(name) for name in SOURCES)
        if item.task == task and isinstance(reference, str) and isinstance(candidate, str):
            try:
                values[index] = distance.measure(reference, candidate)
            except ErmError:
                continue  # too large to compare
    return values
