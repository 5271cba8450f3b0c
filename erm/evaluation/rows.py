"""Items in the rows of a table: JSONL, Parquet, and data sets of the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from erm.errors import ErmError
from erm.evaluation.items import Item, Picture, rejected
from erm.policies.hub_images import HubImages
from erm.synthesis.ingest import (
    RejectedSource,
    Row,
    jsonl_rows,
    source_column,
    source_value,
)
from erm.tasks import Task, get_task, task_names

ROW_SUFFIXES = (".jsonl", ".parquet")

_IMAGES = ("image", "image_path", "img_path", "img", "picture", "reference", "file_name")
_IDS = ("id", "source_id", "idx", "name", "file_name", "file", "image_path", "img_path")
_TASKS = ("task", "category")
_SOURCE = "reference_source"
"""Usual names of columns; that of the source as in `erm.synthesis.ingest`, or this one."""


@dataclass(frozen=True)
class Columns:
    """Columns of rows that are named; None takes the first of a few usual names."""

    image: str | None = None
    source: str | None = None


def row_items(place: Path, task: str | None, columns: Columns) -> Iterator[Item]:
    """The items in a file of rows, or in all such files of a folder.

    Raises:
        ErmError: a file can't be read, or no row has a column of images or a known task.
    """
    files = [place]
    if place.is_dir():
        files = sorted(one for one in place.rglob("*") if one.suffix.lower() in ROW_SUFFIXES)
    for file in files:
        rows = jsonl_rows(file) if file.suffix.lower() == ".jsonl" else parquet_rows(file)
        yield from _items(rows, str(file), file.parent, task, columns)


def hub_items(name: str, task: str | None, columns: Columns) -> Iterator[Item]:
    """The items of a data set of the hub, ``hf:OWNER/NAME[:SPLIT][#COLUMN]``.

    Raises:
        ErmError: the name has another form, or as `row_items`.
    """
    try:
        hub = HubImages.parse(name)
    except ValueError as error:
        raise ErmError(f"{error}.") from error
    image = columns.image or hub.column
    yield from _items(hub.rows(), f"hf:{hub.name}", Path(), task, Columns(image, columns.source))


def parquet_rows(file: Path) -> Iterator[Row]:
    """(place, columns) of each row of a Parquet file."""
    from erm.dataset.pairs import column_names, read_rows

    names = column_names(file)
    for number, row in enumerate(read_rows([file], names), start=1):
        yield f"{file}:{number}", row


def _items(
    rows: Iterator[Row], place: str, folder: Path, task: str | None, columns: Columns
) -> Iterator[Item]:
    for row in rows:
        if isinstance(row, RejectedSource):
            yield rejected(row.origin, row.reason, row.message, task or "")
        else:
            yield _item(row[0], row[1], place, folder, task, columns)


def _item(
    origin: str,
    values: Mapping[str, object],
    place: str,
    folder: Path,
    task: str | None,
    columns: Columns,
) -> Item:
    own = _task(values, place, task)
    image = columns.image or _first(values, _IMAGES)
    if image is None or image not in values:
        listed = ", ".join(values) or "none"
        raise ErmError(f"{place}: name the column of images with --image-column; it has: {listed}.")
    name = _first(values, _IDS)
    identity = str(values[name]) if name is not None and values[name] is not None else origin
    picture = _picture(values[image], folder)
    if picture is None:
        return rejected(identity, "no_image", f"{origin}: holds no image in '{image}'", own.name)
    source = _source(values, own, columns.source, image)
    if source is None or values[source] is None:
        return Item(identity, own.name, picture)
    value = source_value(origin, source, values[source])
    if isinstance(value, RejectedSource):
        return rejected(identity, "no_source", f"{origin}: {value.message}", own.name)
    return Item(identity, own.name, picture, value[1])


def _task(values: Mapping[str, object], place: str, task: str | None) -> Task:
    """The task that the row states, else the one of the command."""
    stated = [values[name] for name in _TASKS if values.get(name) in task_names()]
    name = str(stated[0]) if stated else task
    if name is None:
        raise ErmError(f"{place}: no column says of which task a row is; name it with --task.")
    return get_task(name)


def _source(values: Mapping[str, object], task: Task, wanted: str | None, image: str) -> str | None:
    """The column of the source; None where the row has none."""
    if wanted is not None and wanted not in values:
        listed = ", ".join(values)
        raise ErmError(f"There is no column '{wanted}' (--source-column); columns are {listed}.")
    if wanted is None and _SOURCE in values:
        return _SOURCE
    others = [name for name in values if name != image]
    return source_column(others, task, wanted)


def _first(values: Mapping[str, object], names: Sequence[str]) -> str | None:
    return next((name for name in names if name in values), None)


def _picture(value: Any, folder: Path) -> Picture | None:
    """Encoded bytes, alone or in a struct; or the path of a file, relative to the rows' folder."""
    if isinstance(value, Mapping):
        value = value.get("bytes") or value.get("path")
    if isinstance(value, bytes):
        return value
    return folder / value if isinstance(value, str) and value else None
