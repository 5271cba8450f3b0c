"""The page of a policy before and after reinforcement: what each draws, and the reports on it.

It is a gallery as the benchmark's page has it (`erm.benchmark.gallery`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from erm.benchmark.blindness import task_colours
from erm.benchmark.gallery import (
    MOST_ERRORS,
    Gallery,
    GalleryImage,
    GalleryItem,
    ImagePlacing,
    ImageStore,
    joined_errors,
    shown_text,
    write_gallery_page,
)
from erm.dataset.pairs import Reference
from erm.policies.scoring import Row, stated_severity
from erm.tasks import task_names

_SHOWS = {
    "better": "better after reinforcement",
    "worse": "worse after reinforcement",
    "equal": "as severe as before",
    "not-rendered": "not rendered by one of them",
    "chosen": "best sample better than the greedy one",
}
_SORTS = {
    "file": "as in the file",
    "gained": "most gained first",
    "lost": "most lost first",
    "severe": "most severe after it first",
}


class Shown(NamedTuple):
    """Completions in one column of the page: its name, and at most one row of each reference."""

    name: str
    rows: Sequence[Row]


def write_policy_page(
    columns: Sequence[Shown],
    references: Sequence[Reference],
    gains: Sequence[Mapping[str, Any]],
    folder: Path,
    *,
    images: ImagePlacing = "auto",
) -> Path:
    """Write ``index.html`` and, unless images are embedded, ``page-images/`` into a folder.

    Args:
        columns: the start's greedy completions, the reinforced policy's, and, where there are
            samples, the best one of each reference; rows of `erm.policies.scoring` with the index
            of their ``reference``.
        gains: rows of `erm.policies.gains.severity_gains`.
        images: as of `erm.benchmark.page.write_page`.

    Returns:
        The path of ``index.html``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pictures = [one.image for one in references]
    pictures += [row["image"] for column in columns for row in column.rows]
    store = ImageStore(folder, pictures, images)
    by_reference = [{row["reference"]: row for row in column.rows} for column in columns]
    gallery = Gallery(
        [
            _item(number, reference, columns, [rows.get(number) for rows in by_reference], store)
            for number, reference in enumerate(references)
        ],
        heads=[column.name for column in columns],
        empty="no errors reported",
        shows=_SHOWS,
        sorts=_SORTS,
    )
    known = {one.task for one in references}
    return write_gallery_page(
        folder,
        "policies.html.jinja",
        "erm.policies",
        gallery,
        title="Policy before and after reinforcement",
        references=len(references),
        gains=gains,
        tasks=[task for task in task_names() if task in known],
        colours=task_colours(),
    )


def _item(
    number: int,
    reference: Reference,
    columns: Sequence[Shown],
    rows: Sequence[Row | None],
    store: ImageStore,
) -> GalleryItem:
    start, reinforced, *sampled = rows
    assert start is not None
    assert reinforced is not None
    before, after = start["exact_severity"], reinforced["exact_severity"]
    best = sampled[0]["exact_severity"] if sampled and sampled[0] is not None else None
    shown = [GalleryImage(store.add(reference.image, f"{number:05d}_reference"), "reference")]
    for column, (name, row) in enumerate(zip((one.name for one in columns), rows, strict=True)):
        if row is None:
            shown.append(GalleryImage(None, name, "not sampled"))
        else:
            address = store.add(row["image"], f"{number:05d}_{column}")
            shown.append(GalleryImage(address, _caption(name, row), shown_text(row["reason"])))
    errors = joined_errors([row and row["report"] for row in rows])
    kinds = {
        "better": after < before,
        "worse": after > before,
        "equal": after == before,
        "not-rendered": start["image"] is None or reinforced["image"] is None,
        "chosen": best is not None and best < after,
    }
    chosen = f", best sample {best:g}" if best is not None else ""
    return GalleryItem(
        n=number,
        id=shown_text(reference.source_id),
        task=reference.task,
        images=shown,
        rows=errors[:MOST_ERRORS],
        note=f"exact severity {before:g} → {after:g}{chosen}",
        hidden=max(0, len(errors) - MOST_ERRORS),
        show=[kind for kind, applies in kinds.items() if applies],
        order={"gained": before - after, "lost": after - before, "severe": after},
    )


def _caption(name: str, row: Row) -> str:
    stated = stated_severity(row)
    critic = "" if stated is None else f", critic {stated:.1f}"
    return f"{name} · exact severity {row['exact_severity']:g}{critic}"
