"""The report page: an overview and a gallery of all items, as HTML that works from disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from erm.benchmark.blindness import compare_distances, overlooked, task_colours
from erm.benchmark.figures import distance_panels, severity_scatter
from erm.benchmark.gallery import (
    MOST_ERRORS,
    Gallery,
    GalleryImage,
    GalleryItem,
    ImagePlacing,
    ImageStore,
    error_cell,
    shown_text,
    write_gallery_page,
)
from erm.benchmark.scores import Scores
from erm.benchmark.scoring import ItemScore
from erm.benchmark.statistics import severity_totals
from erm.dataset.domains import domain_title
from erm.report import categories_of
from erm.tasks import task_names

_SHOWS = {
    "missed": "with something missed",
    "invented": "with something invented",
    "partial": "with a partial match",
    "right": "without any mistake",
    "failed": "failed or without report",
}
_SORTS = {
    "file": "as in the file",
    "wrong": "most wrong first",
    "missed": "most missed first",
    "invented": "most invented first",
    "severity": "severity furthest off",
}


def write_page(
    scores: Scores,
    folder: str | Path,
    title: str = "Benchmark",
    *,
    images: ImagePlacing = "auto",
    comparison: Sequence[Mapping[str, Any]] = (),
    links: Mapping[str, str] = MappingProxyType({}),
    distances: Mapping[str, NDArray[np.float64]] = MappingProxyType({}),
) -> Path:
    """Write ``index.html`` and, unless images are embedded, ``page-images/`` into a folder.

    Args:
        title: heading of the page.
        images: ``embedded`` for one self-contained file, ``files`` for a folder of images, ``auto``
            for one file if it is small (`EMBEDDED_LIMIT`).
        comparison: rows of `erm.benchmark.comparison.comparison_table`, shown as a table.
        links: name of a critic in `comparison` → address of its page.
        distances: name → (items,), compared with annotated severity (`erm.benchmark.blindness`).

    Returns:
        The path of ``index.html``.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    benchmark_items = [score.prediction.item for score in scores.items]
    pictures = [image for item in benchmark_items for image in (item.reference, item.candidate)]
    store = ImageStore(folder, pictures, images)
    unseen: list[list[str]] = [[] for _ in benchmark_items]
    for name, values in distances.items():
        for names, near in zip(unseen, overlooked(benchmark_items, values).tolist(), strict=True):
            names += [f"overlooked:{name}"] if near else []
    panels = distance_panels(benchmark_items, distances)
    gallery = Gallery(
        [
            _item(score, number, store, names)
            for number, (score, names) in enumerate(zip(scores.items, unseen, strict=True))
        ],
        heads=("annotated", "predicted"),
        empty="no errors on either side",
        shows=_SHOWS
        | {
            f"overlooked:{panel['name']}": f"severe, hardly seen by {panel['name']}"
            for panel in panels
        },
        sorts=_SORTS,
    )
    return write_gallery_page(
        folder,
        "page.html.jinja",
        "erm.benchmark",
        gallery,
        title=title,
        scores=scores,
        tasks=[task for task in task_names() if task in scores.additions["by_task"]],
        colours=task_colours(),
        categories={task: categories_of(task) for task in task_names()},
        scatter=severity_scatter(scores),
        comparison=comparison,
        stated=any(row["domain"] is not None for row in comparison),
        links=links,
        similarities=compare_distances(benchmark_items, distances),
        panels=panels,
        failures=_failures(scores),
        domains=[domain_title(domain) for domain in scores.by_domain],
        domain_title=domain_title,
    )


def _item(score: ItemScore, number: int, store: ImageStore, unseen: Sequence[str]) -> GalleryItem:
    item = score.prediction.item
    missed, invented = score.counts.missed, score.counts.invented
    partial = 2 * (score.counts.soft - score.counts.hard)
    wrong = invented + missed + 0.5 * partial
    predicted = annotated = 0.0
    rows: list[dict[str, Any]] = []
    if score.lists is not None:
        totals = severity_totals([score])
        predicted, annotated = float(totals[0][0]), float(totals[1][0])
        rows = _joined(score)
    known, reported = score.task in task_names(), score.prediction.pred_json is not None
    warnings = [f"failed: {shown_text(score.failure)}"] if score.failure else []
    if not known:
        warnings.append("unknown task, left out")
    if not reported:
        reason = score.prediction.failure
        warnings.append(f"no report: {shown_text(reason)}" if reason else "no report")
    failed = score.failure is not None or not reported or not known
    kinds = {
        "missed": missed > 0,
        "invented": invented > 0,
        "partial": partial > 0,
        "right": not failed and wrong == 0,
        "failed": failed,
    }
    counts = {"found": score.counts.hard, "partly": partial, "missed": missed, "invented": invented}
    found = "".join(f"{count:g} {what} · " for what, count in counts.items() if count)
    return GalleryItem(
        n=number,
        id=shown_text(item.id),
        task=shown_text(item.task),
        images=[
            GalleryImage(store.add(image, f"{number:05d}_{side}"), side)
            for side, image in (("reference", item.reference), ("candidate", item.candidate))
        ],
        rows=rows[:MOST_ERRORS],
        note=f"{found}severity predicted {predicted:g}, annotated {annotated:g}",
        warnings=warnings,
        hidden=max(0, len(rows) - MOST_ERRORS),
        show=[*(kind for kind, applies in kinds.items() if applies), *unseen],
        order={
            "wrong": wrong,
            "missed": missed,
            "invented": invented,
            "severity": abs(predicted - annotated),
        },
    )


def _joined(score: ItemScore) -> list[dict[str, Any]]:
    """Rows of the item's table: matches, then missed errors, then invented ones."""
    if score.lists is None:
        return []
    predicted, annotated = score.lists.predicted, score.lists.annotated
    matches = score.alignment.matches if score.alignment else ()
    seen_predicted = {match.predicted for match in matches}
    seen_annotated = {match.annotated for match in matches}
    missed, invented = ("missed", "invented") if score.alignment else ("not judged",) * 2
    rows: list[dict[str, Any]] = [
        {
            "level": match.level,
            "cells": [
                error_cell(annotated[match.annotated]),
                error_cell(predicted[match.predicted]),
            ],
        }
        for match in sorted(matches, key=lambda match: match.annotated)
    ]
    rows += [
        {"level": missed, "cells": [error_cell(error), None]}
        for index, error in enumerate(annotated)
        if index not in seen_annotated
    ]
    rows += [
        {"level": invented, "cells": [None, error_cell(error)]}
        for index, error in enumerate(predicted)
        if index not in seen_predicted
    ]
    return rows


def _failures(scores: Scores) -> list[tuple[str, int]]:
    census = scores.additions["items"]
    rows = list(census["failed_by_reason"].items())
    rows.append(("predictions without a readable report", census["without_report"]))
    rows.append(("items of an unknown task, left out", census["left_out_unknown_task"]))
    rows += [(f"rows with {kind}", count) for kind, count in census["problems_by_kind"].items()]
    return [(reason, count) for reason, count in rows if count]
