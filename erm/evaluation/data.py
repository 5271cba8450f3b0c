"""The data that a policy is evaluated on, by the place that a command names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from erm.dataset.pairs import column_names, read_references
from erm.errors import ErmError
from erm.evaluation.folders import folder_items, holds_sources
from erm.evaluation.items import Item, checked
from erm.evaluation.rows import ROW_SUFFIXES, Columns, hub_items, row_items
from erm.policies.hub_images import HUB

_PAIRS = "reference_source"
"""A column that folders of pairs have."""


def read_data(
    place: str,
    task: str | None = None,
    *,
    split: str = "test",
    columns: Columns | None = None,
    most: int | None = None,
) -> list[Item]:
    """The items in a place, with their problems.

    Args:
        place: a folder of pairs, a folder of images with or without sources, ChartMimic's folder or
            one of the folders in it, a file of rows or a folder of such files, or ``hf:OWNER/NAME``
            with a split and a column of images as `erm.policies.hub_images` has them.
        task: of the items that count; None for all of which the task is known.
        split: of a folder of pairs.
        columns: of rows.
        most: items of each task and group.

    Raises:
        ErmError: the place does not exist, can't be read, or holds no items.
    """
    found = checked(_items(place, task, split, columns or Columns()), task, most)
    if not found:
        raise ErmError(f"{place}: holds no items{f' of task {task}' if task else ''}.")
    return found


def _items(place: str, task: str | None, split: str, columns: Columns) -> Iterator[Item]:
    if place.startswith(HUB):
        return hub_items(place, task, columns)
    path = Path(place)
    if path.is_file():
        if path.suffix.lower() not in ROW_SUFFIXES:
            known = ", ".join(ROW_SUFFIXES)
            raise ErmError(f"{path}: is neither a folder nor a file of rows ({known}).")
        return row_items(path, task, columns)
    if not path.is_dir():
        raise ErmError(f"{path} does not exist.")
    if _holds_pairs(path):
        return _references(path, split)
    has_rows = any(one.suffix.lower() in ROW_SUFFIXES for one in path.rglob("*"))
    if has_rows and not holds_sources(path, task):
        return row_items(path, task, columns)
    return folder_items(path, task)


def _holds_pairs(folder: Path) -> bool:
    shard = next((folder / "data").glob("*-of-*.parquet"), None)
    return shard is not None and _PAIRS in column_names(shard)


def _references(folder: Path, split: str) -> Iterator[Item]:
    for one in read_references(folder, split):
        yield Item(one.source_id, one.task, one.image, one.source)
