"""Pairs of images with exact reports, as Parquet shards that `datasets` opens with images decoded.

A folder of pairs holds ``data/<split>-00000-of-00003.parquet``. This module has the columns, the
typed row, the reader, which streams, and the writer, which leaves only complete shards.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from erm.dataset.domains import Domain, domain_of
from erm.dataset.routes import OTHER_REFERENCE
from erm.errors import ErmError
from erm.report import Report
from erm.state import publish
from erm.tasks.discrepancy import Box, Discrepancy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SPLITS = ("train", "validation", "test")
"""No source and no image is in two splits."""

_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])

PAIR_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("source_id", pa.string()),
        ("task", pa.string()),
        ("split", pa.string()),
        ("route", pa.string()),
        ("operators", pa.list_(pa.string())),
        ("reference", _IMAGE),
        ("candidate", _IMAGE),
        ("reference_source", pa.string()),
        ("candidate_source", pa.string()),
        (
            "errors",
            pa.list_(
                pa.struct(
                    [
                        ("category", pa.string()),
                        ("severity", pa.int32()),
                        ("location", pa.string()),
                        ("description", pa.string()),
                        ("box", pa.list_(pa.float32())),
                        ("box_in", pa.string()),
                    ]
                )
            ),
        ),
        ("report", pa.string()),
        ("total_severity", pa.int32()),
    ]
)
"""Columns of a pair. `report` is the published JSON. `errors` are its errors with boxes, each
[x0, y0, x1, y1] in pixels of the image that `box_in` names."""

REJECTED_FILE = "set_aside.jsonl"
"""Lists what was rejected, and why. A folder with this file is complete, even without pairs."""

_ROW_GROUP = 128
_DATA_PAGE = 1 << 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pair:
    """One row: two images (PNG bytes), their sources and the exact report.

    Attributes:
        operators: names of the edits of the reference, then of the candidate.
    """

    id: str
    source_id: str
    task: str
    split: str
    route: str
    operators: tuple[str, ...]
    reference: bytes
    candidate: bytes
    reference_source: str
    candidate_source: str
    report: Report

    @property
    def domain(self) -> Domain:
        """Where the source came from."""
        return domain_of(self.source_id)

    @property
    def reference_pixels(self) -> NDArray[np.uint8]:
        """(height, width, 3) RGB of the reference."""
        return decode_image(self.reference)

    @property
    def candidate_pixels(self) -> NDArray[np.uint8]:
        """(height, width, 3) RGB of the candidate."""
        return decode_image(self.candidate)

    def to_row(self) -> dict[str, Any]:
        """A row of `PAIR_SCHEMA`."""
        return {
            "id": self.id,
            "source_id": self.source_id,
            "task": self.task,
            "split": self.split,
            "route": self.route,
            "operators": list(self.operators),
            "reference": {"bytes": self.reference, "path": None},
            "candidate": {"bytes": self.candidate, "path": None},
            "reference_source": self.reference_source,
            "candidate_source": self.candidate_source,
            "errors": [_error_row(error) for error in self.report.errors],
            "report": self.report.to_json(),
            "total_severity": self.report.total_severity,
        }

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Pair:
        """The pair of a row of `PAIR_SCHEMA`."""
        return cls(
            id=row["id"],
            source_id=row["source_id"],
            task=row["task"],
            split=row["split"],
            route=row["route"],
            operators=tuple(row["operators"]),
            reference=row["reference"]["bytes"],
            candidate=row["candidate"]["bytes"],
            reference_source=row["reference_source"],
            candidate_source=row["candidate_source"],
            report=Report(row["task"], tuple(_error(error) for error in row["errors"])),
        )


@dataclass(frozen=True)
class Reference:
    """A source and its image (PNG bytes), without a candidate."""

    source_id: str
    task: str
    split: str
    image: bytes
    source: str


def _error_row(error: Discrepancy) -> dict[str, Any]:
    return {
        "category": error.category,
        "severity": error.severity,
        "location": error.location,
        "description": error.description,
        "box": None if error.box is None else [float(side) for side in error.box],
        "box_in": error.box_in,
    }


def _error(row: dict[str, Any]) -> Discrepancy:
    side: Literal["reference", "candidate"] = (
        "reference" if row["box_in"] == "reference" else "candidate"
    )
    return Discrepancy(
        category=row["category"],
        severity=row["severity"],
        location=row["location"],
        description=row["description"],
        box=None if row["box"] is None else Box(*row["box"]),
        box_in=side,
    )


def decode_image(image: bytes) -> NDArray[np.uint8]:
    """(height, width, 3) RGB of an encoded image."""
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(image)) as opened:
        return np.asarray(opened.convert("RGB"), dtype=np.uint8)


def with_features(schema: pa.Schema) -> pa.Schema:
    """The schema with the metadata by which `datasets` decodes image columns."""

    def feature(kind: pa.DataType) -> Any:
        if kind == _IMAGE:
            return {"_type": "Image"}
        if pa.types.is_struct(kind):
            return {field.name: feature(field.type) for field in kind}
        if pa.types.is_list(kind):
            return {"feature": feature(kind.value_type), "_type": "List"}
        name = {"float": "float32", "double": "float64"}.get(str(kind), str(kind))
        return {"dtype": name, "_type": "Value"}

    info = {"info": {"features": {field.name: feature(field.type) for field in schema}}}
    return schema.with_metadata({"huggingface": json.dumps(info)})


class ShardWriter:
    """Streams rows to one Parquet file, which appears only when it is complete.

    The same rows give the same bytes: compression, page sizes and row groups are fixed, and no time
    is stored. Use it as a context manager; after an exception there is no file.
    """

    def __init__(self, path: Path, schema: pa.Schema = PAIR_SCHEMA) -> None:
        self.path = path
        self.rows = 0
        self._schema = with_features(schema)
        self._part = path.with_name(path.name + ".part")
        self._pending: list[dict[str, Any]] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = pq.ParquetWriter(
            self._part,
            self._schema,
            compression="zstd",
            data_page_size=_DATA_PAGE,
            dictionary_pagesize_limit=16 * _DATA_PAGE,
        )

    def write(self, row: dict[str, Any]) -> None:
        """Append one row."""
        self._pending.append(row)
        self.rows += 1
        if len(self._pending) == _ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            table = pa.Table.from_pylist(self._pending, schema=self._schema)
            self._writer.write_table(table, row_group_size=_ROW_GROUP)
            self._pending.clear()

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self._flush()
            self._writer.close()
            publish(self._part, self.path)
        else:
            self._writer.close()
            self._part.unlink(missing_ok=True)


class SplitWriter:
    """Writes one split of a folder of pairs as numbered shards of at most `rows_per_shard` rows."""

    def __init__(self, folder: Path, split: str, rows_per_shard: int) -> None:
        self._folder, self._split, self._limit = folder / "data", split, rows_per_shard
        self._paths: list[Path] = []
        self._writer: ShardWriter | None = None
        self.rows = 0

    def write(self, row: dict[str, Any]) -> None:
        """Append one row; a full shard is followed by the next one."""
        if self._writer is not None and self._writer.rows >= self._limit:
            self._end_shard()
        if self._writer is None:
            path = self._folder / f"{self._split}-{len(self._paths):05d}.parquet"
            self._writer = ShardWriter(path)
            self._paths.append(path)
        self._writer.write(row)
        self.rows += 1

    def close(self) -> None:
        """Complete the last shard and give all shards their final names."""
        self._end_shard()
        for index, path in enumerate(self._paths):
            name = f"{self._split}-{index:05d}-of-{len(self._paths):05d}.parquet"
            os.replace(path, path.with_name(name))

    def _end_shard(self) -> None:
        if self._writer is not None:
            self._writer.__exit__(None, None, None)
            self._writer = None


def is_whole(path: Path) -> bool:
    """Whether a Parquet file is there with its end; a warning names one that was cut off."""
    try:
        pq.read_metadata(path)
    except FileNotFoundError:
        return False
    except (OSError, pa.ArrowInvalid):
        _log.warning("%s: is damaged, so that it is made anew.", path)
        return False
    return True


def fraction(identity: str) -> float:
    """A number in [0, 1) that depends on an id alone; uniformly distributed over ids."""
    return int.from_bytes(hashlib.blake2b(identity.encode(), digest_size=6).digest()) / 2**48


def shards(folder: Path, split: str) -> list[Path]:
    """Shards of a split, in order; none if a complete folder has no pairs in the split.

    Raises:
        ErmError: the split is unknown, the folder is incomplete, or a shard is missing.
    """
    if split not in SPLITS:
        raise ErmError(f"Unknown split '{split}'; splits: {', '.join(SPLITS)}.")
    found = sorted((folder / "data").glob(f"{split}-*-of-*.parquet"))
    if not found and (folder / REJECTED_FILE).is_file():
        return []
    if not found:
        raise ErmError(f"{folder} holds no pairs of split '{split}' (data/{split}-*.parquet).")
    expected = int(found[0].stem.rsplit("-", 1)[1])
    if len(found) != expected:
        raise ErmError(f"{folder} holds {len(found)} of {expected} shards of split '{split}'.")
    return found


def read_rows(
    paths: Sequence[Path],
    columns: Sequence[str] | None = None,
    schema: pa.Schema = PAIR_SCHEMA,
) -> Iterator[dict[str, Any]]:
    """Stream the rows of Parquet files; memory holds one row group.

    Raises:
        ErmError: a file can't be read or lacks a column.
    """
    wanted = list(columns) if columns is not None else schema.names
    for path in paths:
        try:
            with pq.ParquetFile(path) as file:
                missing = [name for name in wanted if name not in file.schema_arrow.names]
                if missing:
                    raise ErmError(f"{path} lacks the column '{missing[0]}'.")
                for batch in file.iter_batches(batch_size=_ROW_GROUP, columns=wanted):
                    yield from batch.to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise ErmError(f"{path} can't be read as Parquet: {error}.") from error


def column_names(path: Path) -> list[str]:
    """The columns of a Parquet file; raises `ErmError` if it can't be read."""
    try:
        return list(pq.read_schema(path).names)
    except (pa.ArrowException, OSError) as error:
        raise ErmError(f"{path} can't be read as Parquet: {error}.") from error


def read_pairs(folder: Path, split: str, tasks: Sequence[str] | None = None) -> Iterator[Pair]:
    """Stream the pairs of a split in stored order; only those of `tasks`, if given."""
    for row in read_rows(shards(folder, split)):
        if tasks is None or row["task"] in tasks:
            yield Pair.from_row(row)


def read_references(
    folder: Path, split: str, tasks: Sequence[str] | None = None
) -> Iterator[Reference]:
    """Stream the distinct sources of a split with their images, in stored order.

    References that are not the source itself (`erm.dataset.routes.OTHER_REFERENCE`) are left out.
    """
    for reference in references_in(shards(folder, split)):
        if tasks is None or reference.task in tasks:
            yield reference


def references_in(paths: Sequence[Path]) -> Iterator[Reference]:
    """As `read_references`, from Parquet files."""
    seen: set[str] = set()
    columns = ("source_id", "task", "split", "route", "reference", "reference_source")
    for row in read_rows(paths, columns):
        if row["route"] in OTHER_REFERENCE or row["source_id"] in seen:
            continue
        seen.add(row["source_id"])
        yield Reference(
            source_id=row["source_id"],
            task=row["task"],
            split=row["split"],
            image=row["reference"]["bytes"],
            source=row["reference_source"],
        )
