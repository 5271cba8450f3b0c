"""Pairs of images with exact reports, as Parquet shards that `datasets` opens with images decoded.

Covers the columns, the typed row, streaming reading and the atomic writer of shards. A folder of
pairs holds ``data/<split>-00000-of-00003.parquet``. Not covered: how pairs are made
(`erm.synthesis.synthesize`) and what must hold of them (`erm.dataset.validation`).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from erm.errors import ErmError
from erm.report import Report
from erm.tasks.discrepancy import Box, Discrepancy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SPLITS = ("train", "validation", "test")
"""Splits, by source: no source, and no image, is in two of them."""

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
"""Columns of a pair. `report` is the published JSON; `errors` is the same with boxes, each
[x0, y0, x1, y1] in pixels of the image that `box_in` names."""

SET_ASIDE = "set_aside.jsonl"
"""Lists what was not used, and why; a folder that holds it is complete, with pairs or without."""

_ROW_GROUP = 128
_DATA_PAGE = 1 << 20


@dataclass(frozen=True)
class Pair:
    """One row: two images (PNG bytes), their sources and the exact report.

    Attributes:
        operators: names of the edits that made the images differ; of both sides where both are
            edited.
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
    def reference_pixels(self) -> NDArray[np.uint8]:
        """(height, width, 3) RGB of the reference."""
        return decode_image(self.reference)

    @property
    def candidate_pixels(self) -> NDArray[np.uint8]:
        """(height, width, 3) RGB of the candidate."""
        return decode_image(self.candidate)

    def to_row(self) -> dict[str, Any]:
        """The row that `PAIR_SCHEMA` describes."""
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
        """The typed pair of a row read from Parquet."""
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
    """A source and its image (PNG bytes), without any candidate: what a policy trains on."""

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
    """The schema with the features that `datasets` reads, so that it decodes image columns."""

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
    """Writes rows to one Parquet file, streaming; the file appears only when it is complete.

    The same rows give the same bytes: fixed compression and page sizes, no times, and rows are cut
    into groups by count alone. Use as a context manager; an exception inside leaves no file.
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
            os.replace(self._part, self.path)
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
        """Append one row, opening the next shard where the last one is full."""
        if self._writer is not None and self._writer.rows >= self._limit:
            self._end_shard()
        if self._writer is None:
            path = self._folder / f"{self._split}-{len(self._paths):05d}.parquet"
            self._writer = ShardWriter(path)
            self._paths.append(path)
        self._writer.write(row)
        self.rows += 1

    def close(self) -> None:
        """Complete the last shard and give every shard its final name."""
        self._end_shard()
        for index, path in enumerate(self._paths):
            name = f"{self._split}-{index:05d}-of-{len(self._paths):05d}.parquet"
            os.replace(path, path.with_name(name))

    def _end_shard(self) -> None:
        if self._writer is not None:
            self._writer.__exit__(None, None, None)
            self._writer = None


def fraction(identity: str) -> float:
    """A number in [0, 1) that an id decides: those below a share are that share of all."""
    return int.from_bytes(hashlib.blake2b(identity.encode(), digest_size=6).digest()) / 2**48


def shards(folder: Path, split: str) -> list[Path]:
    """Shards of a split, in order; none where a complete folder has no pairs of it.

    Raises `ErmError` where the folder is not complete or lacks a shard.
    """
    if split not in SPLITS:
        raise ErmError(f"Unknown split '{split}'; splits: {', '.join(SPLITS)}.")
    found = sorted((folder / "data").glob(f"{split}-*-of-*.parquet"))
    if not found and (folder / SET_ASIDE).is_file():
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
    """Rows of Parquet files, streamed: memory holds one row group.

    Raises `ErmError` where a file can't be read or lacks a column of the schema.
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


def read_pairs(folder: Path, split: str, tasks: Sequence[str] | None = None) -> Iterator[Pair]:
    """Pairs of a split in stored order, streamed; only those of `tasks` where given."""
    for row in read_rows(shards(folder, split)):
        if tasks is None or row["task"] in tasks:
            yield Pair.from_row(row)


def read_references(
    folder: Path, split: str, tasks: Sequence[str] | None = None
) -> Iterator[Reference]:
    """Unique sources of a split with their image, in stored order, streamed.

    The reference of a ``cross`` pair is itself edited and is left out.
    """
    for reference in references_in(shards(folder, split)):
        if tasks is None or reference.task in tasks:
            yield reference


def references_in(paths: Sequence[Path]) -> Iterator[Reference]:
    """`read_references` of some Parquet files."""
    seen: set[str] = set()
    columns = ("source_id", "task", "split", "route", "reference", "reference_source")
    for row in read_rows(paths, columns):
        if row["route"] == "cross" or row["source_id"] in seen:
            continue
        seen.add(row["source_id"])
        yield Reference(
            source_id=row["source_id"],
            task=row["task"],
            split=row["split"],
            image=row["reference"]["bytes"],
            source=row["reference_source"],
        )
