"""The page of an evaluation: its numbers, and what each completion draws with the report on it.

It is a gallery as the benchmark's page has it (`erm.benchmark.gallery`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from erm.benchmark.blindness import task_colours
from erm.benchmark.gallery import (
    MOST_ERRORS,
    Gallery,
    GalleryImage,
    GalleryItem,
    ImageStore,
    joined_errors,
    shown_text,
    write_gallery_page,
)
from erm.evaluation.completions import REVISIONS
from erm.evaluation.curve_files import curve_title, group_title
from erm.evaluation.curves import best, searched
from erm.evaluation.items import Item
from erm.evaluation.metrics import CRITIC_SEVERITY, EXACT_SEVERITY, likeness_of
from erm.evaluation.records import PICTURE, RENDERS, Row
from erm.evaluation.settings import EvaluationSettings
from erm.evaluation.summary import COUNTS, Summary, best_rows, choices, first_rows
from erm.tasks import task_names

_SORTS = {"file": "as in the data", "severe": "most severe first", "unlike": "least alike first"}
_FAILED = "not drawn"
_PROBLEM = "not evaluated"

Column = dict[str, Row]
"""Rows by the id of their item."""


def write_evaluation_page(
    summary: Summary,
    items: Sequence[Item],
    rows: Sequence[Row],
    drafts: Sequence[Row],
    settings: EvaluationSettings,
    folder: Path,
) -> Path:
    """Write ``index.html`` and, unless images are embedded, ``page-images/`` into a folder.

    Args:
        summary: of `erm.evaluation.evaluate.evaluate_author`.
        rows, drafts: of `erm.evaluation.run.run` and `erm.evaluation.revision.revise`; their
            renders, and the picture of the summary's curves, lie in the folder.

    Returns:
        The path of ``index.html``.
    """
    columns = {
        **_columns(rows, settings, critic=summary["critic"] is not None),
        **_draft_columns(drafts),
    }
    renders = [folder / RENDERS / row["render"] for row in (*rows, *drafts) if row["render"]]
    pictures = [item.picture for item in items if not item.problem]
    store = ImageStore(folder, [*pictures, *renders], "auto")
    curves = store.add(folder / PICTURE, "curves") if summary["curves"] else None
    failures = dict.fromkeys(row["kind"] for row in first_rows(rows) if row["kind"])
    problems = any(item.problem for item in items)
    gallery = Gallery(
        [
            _item(number, item, columns, settings, store, folder / RENDERS)
            for number, item in enumerate(items)
        ],
        heads=list(columns),
        empty="no errors reported",
        shows={
            **{kind: f"{_FAILED}: {kind.replace('_', ' ')}" for kind in failures},
            **({_PROBLEM: _PROBLEM} if problems else {}),
        },
        sorts=_SORTS,
    )
    known = {item.task for item in items}
    return write_gallery_page(
        folder,
        "evaluation.html.jinja",
        "erm.evaluation",
        gallery,
        title=f"{summary['policy']} on {summary['data']}",
        summary=summary,
        counts=COUNTS,
        curves=curves,
        curve_title=curve_title,
        group_title=group_title,
        choices=list(dict.fromkeys(one for g in summary["groups"] for one in g["best_of_n"])),
        tasks=[task for task in task_names() if task in known],
        colours=task_colours(),
    )


def _columns(
    rows: Sequence[Row], settings: EvaluationSettings, *, critic: bool
) -> dict[str, Column]:
    """The first completion of each item, and the best of its samples, by the heads of columns."""
    columns: dict[str, Column] = {"completion": {row["id"]: row for row in first_rows(rows)}}
    for task in dict.fromkeys(row["task"] for row in rows):
        own = [row for row in rows if row["task"] == task]
        for name, choice in choices(task, settings, critic).items():
            if best := best_rows(own, choice):
                columns.setdefault(f"best by {name}", {}).update({row["id"]: row for row in best})
    return columns


def _draft_columns(drafts: Sequence[Row]) -> dict[str, Column]:
    """The drafts of each round, by the heads of columns."""
    columns: dict[str, Column] = {}
    for mode in REVISIONS:
        for row in drafts:
            if row["mode"] == mode:
                columns.setdefault(f"{mode} {row['sample']}", {})[row["id"]] = row
    return columns


def _item(
    number: int,
    item: Item,
    columns: Mapping[str, Column],
    settings: EvaluationSettings,
    store: ImageStore,
    renders: Path,
) -> GalleryItem:
    if item.problem:
        missing = GalleryImage(None, "reference", shown_text(item.problem))
        return GalleryItem(number, shown_text(item.id), item.task, [missing], [], show=[_PROBLEM])
    rows = [column.get(item.id) for column in columns.values()]
    first = rows[0]
    assert first is not None
    chain = [row for row in rows if row is not None and row["mode"] in ("first", "revised")]
    kept = best(searched(chain)) if len(chain) > 1 else None
    images = [GalleryImage(store.add(item.picture, f"{number:05d}_reference"), "reference")]
    for place, (head, row) in enumerate(zip(columns, rows, strict=True)):
        if row is None:
            images.append(GalleryImage(None, head, "none"))
            continue
        render = renders / row["render"] if row["render"] else None
        address = store.add(render, f"{number:05d}_{place}")
        caption = _caption(head, row) + (" · kept" if row is kept else "")
        images.append(GalleryImage(address, caption, shown_text(row["reason"])))
    errors = joined_errors([row and row["report"] for row in rows])
    return GalleryItem(
        n=number,
        id=shown_text(item.id),
        task=item.task,
        images=images,
        rows=errors[:MOST_ERRORS],
        note=_note(first, settings),
        warnings=[shown_text(f"{name}: {why}") for name, why in first["gaps"].items()],
        hidden=max(0, len(errors) - MOST_ERRORS),
        show=[first["kind"]] if first["kind"] else [],
        order=_order(first, settings),
    )


def _caption(head: str, row: Row) -> str:
    severities = {"exact": EXACT_SEVERITY, "critic": CRITIC_SEVERITY}
    stated = [
        f"{name} severity {value:g}"
        for name, metric in severities.items()
        if (value := row["metrics"].get(metric)) is not None
    ]
    return " · ".join([head, *stated])


def _note(row: Row, settings: EvaluationSettings) -> str:
    values = [
        f"{metric.title} {value:.3f}"
        for metric in likeness_of(row["task"], settings.similarities)
        if (value := row["metrics"].get(metric.name)) is not None
    ]
    return ", ".join(values[:3])


def _order(row: Row, settings: EvaluationSettings) -> dict[str, float]:
    """What the gallery sorts by; the largest comes first."""
    metrics: Mapping[str, Any] = row["metrics"]
    severity = metrics.get(EXACT_SEVERITY)
    if severity is None:
        severity = metrics.get(CRITIC_SEVERITY)
    first = likeness_of(row["task"], settings.similarities)[0]
    likeness = metrics.get(first.name)
    if likeness is not None and not first.lower:
        likeness = -likeness
    return {"severe": severity or 0.0, "unlike": 0.0 if likeness is None else likeness}
