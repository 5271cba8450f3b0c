"""VC-RewardBench's rows as Parquet files and Hugging Face data sets, with their images."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from erm.benchmark.json_values import finite, parse_json
from erm.dataset.pairs import with_features
from erm.errors import ErmError

_JSON_FIELDS = ("human_errors", "pred_json")
"""Errors of critics need not have one schema, so they are stored as JSON text."""
_IMAGE_FIELDS = ("gt_img_path", "pred_img_path")
_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def read_rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """The rows of a Parquet file or of a folder, each with its place.

    A folder holds Parquet files, possibly in subfolders, like a data set on the hub, or a data set
    of ``datasets.Dataset.save_to_disk``.

    Raises:
        ErmError: there is nothing to read, or it can't be read.
    """
    rows: list[tuple[str, dict[str, Any]]] = []
    for name, table in _tables(path):
        for row in table.to_pylist():
            where = f"row {len(rows)}"
            for key in _JSON_FIELDS:
                if isinstance(row.get(key), str):
                    row[key] = parse_json(row[key], f"{name}, {where}, field '{key}'")
            rows.append((where, row))
    return rows


def _tables(path: Path) -> Iterator[tuple[Path, pa.Table]]:
    files = [path]
    if path.is_dir():
        files = sorted(path.rglob("*.parquet"))
        if not files:
            # `datasets` keeps cached results in the folder of the data.
            saved = path.rglob("*.arrow")
            files = sorted(file for file in saved if not file.name.startswith("cache-"))
        if not files:
            raise ErmError(f"{path} holds neither Parquet files nor a saved data set.")
    for file in files:
        try:
            if file.suffix == ".arrow":
                with pa.memory_map(str(file)) as source:
                    yield file, pa.ipc.open_stream(source).read_all()
            else:
                yield file, pq.read_table(file)
        except FileNotFoundError:
            raise ErmError(f"{file} does not exist.") from None
        except (OSError, pa.ArrowException) as error:
            raise ErmError(f"{file} can't be read as Parquet: {error}.") from error


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows to one file, from which `datasets` decodes the images.

    Raises:
        ErmError: the other fields of the rows don't have one schema.
    """
    columns = {
        name: [row.get(name) for row in rows] for name in dict.fromkeys(k for r in rows for k in r)
    }
    arrays = {}
    try:
        for name, values in columns.items():
            if name in _JSON_FIELDS:
                values = [
                    json.dumps(finite(v), ensure_ascii=False, allow_nan=False) for v in values
                ]
            arrays[name] = pa.array(values, _IMAGE if name in _IMAGE_FIELDS else None)
    except pa.ArrowException as error:
        raise ErmError(f"{path}: the rows don't fit one Parquet schema: {error}.") from error
    table = pa.table(arrays)
    table = table.cast(with_features(table.schema))
    partial = path.with_name(f".{path.name}.partial")
    pq.write_table(table, partial)
    os.replace(partial, path)
