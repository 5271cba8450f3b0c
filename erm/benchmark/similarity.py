"""Similarity scores as distances between the two images, or the two sources, of an item.

There are distances of images (`erm.benchmark.image_distances`), distances between sources, and
published scores of drawings (`erm.benchmark.drawing_scores`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from erm.benchmark.drawing_scores import drawing_scores, score_drawings
from erm.benchmark.formats import SOURCES, Item, image_pairs
from erm.benchmark.image_distances import (
    FEATURES,
    LPIPS,
    PIXEL_DISTANCES,
    UNISVG,
    ImageDistance,
    image_distance_title,
    is_image_distance,
    load_image_distance,
)
from erm.errors import ErmError
from erm.tasks import FactScore, TextDistance, get_task, task_names

if TYPE_CHECKING:
    from erm.render import Renderer

Distances = dict[str, NDArray[np.float64]]
"""Name → (items,): 0 is equal; NaN if a distance does not apply or an image can't be read."""

_BATCH = 16
"""Pairs of images that a distance gets at once."""


def measure_distances(
    items: Sequence[Item], distances: Sequence[str], renderer: Renderer | None = None
) -> Distances:
    """Measure distances, by their name in tables.

    Args:
        distances: ``mse``, ``ssim``, a task's distance between sources such as ``teds`` or score of
            drawings such as ``chartmimic`` (for rows with `SOURCES`), or a distance of images as
            of `erm.benchmark.image_distances.load_image_distance`.
        renderer: draws sources for scores of drawings; by default the one that this process shares.

    Raises:
        ErmError: a distance is unknown, or a model can't be loaded.
    """
    by_image = load_image_distances(distances)
    found = _image_distances(items, by_image)
    others = [spec for spec in distances if spec not in by_image]
    by_text, by_drawing = (_text_distances(), drawing_scores()) if others else ({}, {})
    drawn = {spec: by_drawing[spec] for spec in others if spec in by_drawing}
    found |= _drawing_distances(items, drawn, renderer)
    for spec in others:
        if spec in by_text:
            task, distance = by_text[spec]
            found[distance.title] = text_distances(items, task, distance)
    return found


def load_image_distances(distances: Sequence[str]) -> dict[str, ImageDistance]:
    """By spec those of the distances (as of `measure_distances`) that compare images.

    Raises:
        ErmError: a distance is unknown, or a model can't be loaded.
    """
    by_image = [spec for spec in distances if is_image_distance(spec)]
    others = [spec for spec in distances if spec not in by_image]
    sourced = (*_text_distances(), *drawing_scores()) if others else ()
    for spec in others:
        if spec not in sourced:
            models = (f"{FEATURES}MODEL", f"{UNISVG}MODEL")
            known = ", ".join((*PIXEL_DISTANCES, *sourced, *LPIPS, *models))
            raise ErmError(f"Unknown similarity '{spec}'; known: {known}.")
    return {spec: load_image_distance(spec) for spec in by_image}


def _image_distances(items: Sequence[Item], wanted: Mapping[str, ImageDistance]) -> Distances:
    if not wanted:
        return {}
    values = np.full((len(items), len(wanted)), np.nan)
    pairs = image_pairs(items)
    while batch := list(islice(pairs, _BATCH)):
        images = [pair for _, pair in batch]
        measured = [distance(images) for distance in wanted.values()]
        values[[index for index, _ in batch]] = np.stack(measured, axis=1)
    return {image_distance_title(spec): values[:, column] for column, spec in enumerate(wanted)}


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
