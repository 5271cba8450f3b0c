"""Your own sources: collected, drawn once, and either kept or rejected with a reason.

Sources come from folders, files, columns of JSONL and Parquet, Hugging Face data sets, and
ChartMimic's layout. A kept source renders, is not blank, and its scene can be read completely. A
file or row that can't be read is rejected too, and the others are read on.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from erm.annotation import Failure, view_of
from erm.dataset.card import Origin
from erm.dataset.domains import INGESTED
from erm.dataset.duplicates import digest
from erm.dataset.pairs import ShardWriter, read_rows
from erm.errors import ErmError
from erm.render import Renderer
from erm.settings import Isolation
from erm.sources.encodings import NotTextError, decode, marked_encoding, plain_text, read_text
from erm.synthesis.collections import HELD_OUT, TRAIN
from erm.tasks import Task, get_task
from erm.tasks.settings import DrawingSettings

SOURCE_SCHEMA = pa.schema(
    [
        ("source_id", pa.string()),
        ("task", pa.string()),
        ("origin", pa.string()),
        ("source", pa.string()),
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("collection", pa.string()),
        ("package", pa.string()),
        ("licence", pa.string()),
        ("role", pa.string()),
    ]
)
"""Columns of ingested sources. `source_id` is ``<task>/own-<digest of the text>``; `origin` is the
file, with the row if there are several. The last four are null for sources of one's own; those of
packages have them of their collection (`erm.synthesis.fetch`)."""

HUGGING_FACE = "hf:"
"""Prefix of a Hugging Face data set: ``hf:owner/name``, ``hf:owner/name:split``, ``hf:folder``."""

_FIRST_COLUMNS, _LAST_COLUMNS = ("source", "code"), ("text", "content")
"""Usual names of the source's column; those of the task come in between."""
_BATCH = 64
_TABLES = (".jsonl", ".parquet")


@dataclass(frozen=True)
class RejectedSource:
    """A source, row or file that was not kept, and why."""

    origin: str
    reason: str
    message: str


@dataclass(frozen=True)
class UsableSource:
    """A source that renders, with its PNG image.

    Attributes:
        name: digest of its text without white space.
    """

    origin: str
    name: str
    source: str
    image: bytes


@dataclass(frozen=True)
class IngestedSource:
    """A source as `read_ingested` gives it; a source of one's own has no package and no role."""

    source_id: str
    task: str
    origin: str
    source: str
    collection: str | None
    package: str | None
    licence: str | None
    role: str | None


@dataclass(frozen=True)
class IngestSummary:
    """The result of an ingestion.

    Attributes:
        kept: number of sources written.
        rejected: all others, in the order found.
        other_files: endings of the files in folders that hold no sources of the task, and how many
            there are of each.
    """

    task: str
    out: Path
    kept: int
    rejected: tuple[RejectedSource, ...]
    other_files: Mapping[str, int]

    def table(self) -> list[tuple[str, int]]:
        """Rows (outcome, number): kept, then the reasons of rejection, the commonest first."""
        reasons = Counter(rejection.reason for rejection in self.rejected)
        return [("kept", self.kept), *reasons.most_common()]


def ingest(
    task: str,
    paths: Sequence[Path | str],
    out: Path,
    column: str | None = None,
    isolation: Isolation = "auto",
    drawing: DrawingSettings | None = None,
) -> IngestSummary:
    """Collect the sources of a task from `paths` and write the usable ones to `out` (Parquet).

    Args:
        paths: files or folders with the task's suffixes, ``.jsonl`` or ``.parquet`` files,
            ChartMimic's folder (``direct_600``, ``customized_600``), or ``hf:NAME``.
        column: of the source in JSONL, Parquet and Hugging Face data sets; by default the first of
            a few usual names.
        isolation: of the workers that draw the sources.
        drawing: how they are drawn.

    Raises:
        ErmError: a path does not exist or is of another task, or there is no source at all. A
            file, row or source that can't be used is a `RejectedSource` instead.
    """
    with Renderer(isolation=isolation, drawing=drawing) as renderer:
        return _ingest(get_task(task), paths, out, column, renderer)


def _ingest(
    task: Task, paths: Sequence[Path | str], out: Path, column: str | None, renderer: Renderer
) -> IngestSummary:
    other_files: Counter[str] = Counter()
    found = (item for path in paths for item in collect(task, str(path), column, other_files))
    rejected: list[RejectedSource] = []
    with ShardWriter(out, SOURCE_SCHEMA) as writer:
        for item in check_sources(task, found, renderer):
            if isinstance(item, RejectedSource):
                rejected.append(item)
            else:
                writer.write(source_row(task, item))
        if not writer.rows and not rejected:
            places = ", ".join(str(path) for path in paths)
            raise ErmError(f"No source of task {task.name} was found in {places or 'no path'}.")
    return IngestSummary(task.name, out, writer.rows, tuple(rejected), other_files)


def check_sources(
    task: Task, found: Iterator[Found], renderer: Renderer, batch_size: int = _BATCH
) -> Iterator[UsableSource | RejectedSource]:
    """Draw each source once; give what became of each, in order.

    Args:
        batch_size: sources that are drawn before the first of them is given.

    Raises:
        ErmError: a worker died.
    """
    seen: dict[str, str] = {}
    while batch := list(islice(found, batch_size)):
        results: list[UsableSource | RejectedSource | None] = []
        fresh: list[tuple[int, str, str, str]] = []
        for index, item in enumerate(batch):
            if isinstance(item, RejectedSource):
                results.append(item)
                continue
            origin, source = item
            name = digest("".join(source.split()).encode("utf-8", "replace"))
            if not source.strip():
                results.append(RejectedSource(origin, "no_source", "the source is empty"))
            elif name in seen:
                results.append(RejectedSource(origin, "duplicate", f"same as {seen[name]}"))
            else:
                results.append(None)
                seen[name] = origin
                fresh.append((index, name, origin, source))
        items = [(task.name, source) for *_, source in fresh]
        renders = renderer.render_batch(items, scenes=True)
        for (index, name, origin, source), rendered in zip(fresh, renders, strict=True):
            view = view_of(task.name, rendered, "reference")
            if isinstance(view, Failure):
                reason = view.error_kind or view.kind
                results[index] = RejectedSource(origin, reason, view.message)
            else:
                assert rendered.image is not None
                results[index] = UsableSource(origin, name, source, rendered.image)
        yield from (result for result in results if result is not None)


def source_row(task: Task, usable: UsableSource) -> dict[str, object]:
    """A row of `SOURCE_SCHEMA`, without the columns for packages."""
    return {
        "source_id": f"{task.name}/{INGESTED}{usable.name}",
        "task": task.name,
        "origin": usable.origin,
        "source": usable.source,
        "image": {"bytes": usable.image, "path": None},
    }


def read_ingested(place: Path) -> Iterator[IngestedSource]:
    """The sources in a Parquet file, or in all those of a folder; each id once.

    Files that were written before packages were fetched lack the columns for them.

    Raises:
        ErmError: the place does not exist, a file can't be read, or a source has an unknown task
            or role.
    """
    import pyarrow.parquet as pq

    if not place.exists():
        raise ErmError(
            f"{place} can't be read: it does not exist. Use `erm ingest` or `erm sources fetch`."
        )
    columns = [field.name for field in fields(IngestedSource)]
    seen: set[str] = set()
    for file in sorted(place.glob("*.parquet")) if place.is_dir() else [place]:
        try:
            present = pq.read_schema(file).names
        except (pa.ArrowException, OSError) as error:
            raise ErmError(f"{file} can't be read as Parquet: {error}.") from error
        optional = {"collection", "package", "licence", "role"} - set(present)
        wanted = [name for name in columns if name not in optional]
        for row in read_rows([file], wanted, SOURCE_SCHEMA):
            if row["source_id"] not in seen:
                seen.add(row["source_id"])
                values: dict[str, Any] = {**dict.fromkeys(optional), **row}
                source = IngestedSource(**values)
                get_task(source.task)
                if source.role not in (None, TRAIN, HELD_OUT):
                    raise ErmError(
                        f"{file}: source '{source.source_id}' has the unknown role "
                        f"'{source.role}'; roles: {TRAIN}, {HELD_OUT}."
                    )
                yield source


Found = tuple[str, str] | RejectedSource
"""(origin, source), or what can't be read."""


def collect(
    task: Task, path: str, column: str | None, other_files: Counter[str] | None = None
) -> Iterator[Found]:
    """Everything in a path, in a fixed order.

    Args:
        other_files: counts the endings of files in folders that hold no sources of the task.

    Raises:
        ErmError: the path does not exist or is of another task, or a data set can't be read.
    """
    if path.startswith(HUGGING_FACE):
        yield from _hugging_face(path.removeprefix(HUGGING_FACE), task, column)
        return
    place = Path(path)
    if place.is_dir():
        files, others = _files(task, place)
        if other_files is not None:
            other_files.update(_ending(file) or "no ending" for file in others)
        for file in files:
            yield from _file(file, task, column)
    elif place.is_file():
        if _ending(place) not in (*task.suffixes, *_TABLES):
            known = ", ".join((*task.suffixes, *_TABLES))
            raise ErmError(f"{place}: task {task.name} reads {known}, not '{place.suffix}'.")
        yield from _file(place, task, column)
    else:
        raise ErmError(f"{place} does not exist.")


def origins(ingested: Sequence[IngestedSource]) -> dict[str, Origin]:
    """Where sources of packages come from, by source id."""
    return {
        one.source_id: Origin(one.origin, one.package, one.licence or "unknown", one.role or "any")
        for one in ingested
        if one.package is not None
    }


def _ending(file: Path) -> str:
    """The ending of a file's name; ``.SVG`` is ``.svg``."""
    return file.suffix.lower()


def _files(task: Task, folder: Path) -> tuple[list[Path], list[Path]]:
    """Source files below a folder, sorted, and all others that are neither hidden nor being
    written; where a known data set has folders of sources, only those in them
    (`erm.tasks.Task.folders`)."""
    known = [one for pattern in task.folders for one in folder.glob(f"**/{pattern}")]
    roots = [one for one in known if one.is_dir()] or [folder]
    suffixes = (*task.suffixes, *_TABLES)
    files = sorted({file for root in roots for file in root.rglob("*") if file.is_file()})
    others = [
        file
        for file in files
        if _ending(file) not in (*suffixes, ".part")
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    ]
    return [file for file in files if _ending(file) in suffixes], others


def _file(file: Path, task: Task, column: str | None) -> Iterator[Found]:
    try:
        if _ending(file) == ".parquet":
            yield from _rows(file, task, column, _parquet(file, task, column))
        elif _ending(file) == ".jsonl":
            yield from _rows(file, task, column, jsonl_rows(file))
        else:
            yield str(file), read_text(file, task.declared_encoding)
    except NotTextError as error:
        yield RejectedSource(str(file), "not_text", str(error))
    except OSError as error:
        yield RejectedSource(str(file), "no_file", f"can't be read: {error.strerror or error}")


Row = tuple[str, Mapping[str, object]] | RejectedSource
"""(origin, columns), or a row that can't be read."""


def _rows(file: Path, task: Task, wanted: str | None, rows: Iterator[Row]) -> Iterator[Found]:
    """The sources in rows; where no row has the column, the file is rejected, not each row."""
    column: str | None = None
    lacking: list[RejectedSource] = []
    for row in rows:
        if isinstance(row, RejectedSource):
            yield row
            continue
        origin, values = row
        name = column or source_column(list(values), task, wanted)
        if name is None or name not in values:
            lacking.append(RejectedSource(origin, "no_column", _no_column(list(values), wanted)))
            continue
        column = name
        yield source_value(origin, name, values[name])
    if column is None and lacking:
        yield RejectedSource(str(file), "no_column", lacking[0].message)
    else:
        yield from lacking


def jsonl_rows(file: Path) -> Iterator[Row]:
    """(place, columns) of each line of a JSONL file, or why a line can't be read."""
    empty = True
    for number, line in enumerate(_lines(file), start=1):
        empty = empty and line is not None and not line.strip()
        if line is None:
            yield RejectedSource(f"{file}:{number}", "not_text", "is not UTF-8 text")
            continue
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            yield RejectedSource(f"{file}:{number}", "not_json", f"is not JSON ({reason})")
            continue
        if isinstance(row, dict):
            yield f"{file}:{number}", row
        else:
            yield RejectedSource(f"{file}:{number}", "not_json", "is not a JSON object")
    if empty:
        yield RejectedSource(str(file), "no_source", "the file is empty")


def _lines(file: Path) -> Iterator[str | None]:
    """The lines of a file; None for one that is not UTF-8."""
    with file.open("rb") as lines:
        head = lines.read(4)
        lines.seek(0)
        if marked_encoding(head) not in (None, "utf-8"):
            yield from decode(lines.read()).split("\n")
            return
        for line in lines:
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError:
                yield None
                continue
            yield plain_text(text)


def _parquet(file: Path, task: Task, wanted: str | None) -> Iterator[Row]:
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as table:
            names = table.schema_arrow.names
            column = source_column(names, task, wanted)
            if column is None or column not in names:
                yield RejectedSource(str(file), "no_column", _no_column(names, wanted))
                return
            number = 0
            for batch in table.iter_batches(batch_size=_BATCH, columns=[column]):
                for value in batch.column(0).to_pylist():
                    number += 1
                    yield f"{file}:{number}", {column: value}
            if not number:
                yield RejectedSource(str(file), "no_source", "the file holds no rows")
    except (pa.ArrowException, OSError) as error:
        yield RejectedSource(str(file), "no_file", f"can't be read as Parquet: {error}")


def _hugging_face(name: str, task: Task, wanted: str | None) -> Iterator[Found]:
    import datasets

    split = "train"
    if not Path(name).exists() and ":" in name:
        name, split = name.rsplit(":", 1)
    try:
        rows = datasets.load_dataset(name, split=split, streaming=True)
    except Exception as error:  # the library raises many kinds of exception
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ErmError(f"{HUGGING_FACE}{name}: the data set can't be read ({first}).") from error
    column: str | None = None
    for number, row in enumerate(rows, start=1):
        column = column or source_column(list(row), task, wanted)
        if column is None or column not in row:
            raise ErmError(f"{HUGGING_FACE}{name}: {_no_column(list(row), wanted)}.")
        yield source_value(f"{HUGGING_FACE}{name}:{split}:{number}", column, row[column])


def source_value(origin: str, column: str, value: object) -> Found:
    """The source in a column, as it is drawn."""
    if not isinstance(value, str):
        return RejectedSource(origin, "not_text", f"holds no text in '{column}'")
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON may hold what no text does
        return RejectedSource(origin, "not_text", f"holds half a surrogate pair in '{column}'")
    return origin, plain_text(value)


def source_column(names: list[str], task: Task, wanted: str | None) -> str | None:
    """The column that is wanted, or else the first of the usual names."""
    usual = (*_FIRST_COLUMNS, *task.columns, *_LAST_COLUMNS)
    return wanted or next((name for name in usual if name in names), None)


def _no_column(names: list[str], wanted: str | None) -> str:
    """What is missing in columns, as the end of a sentence."""
    listed = f"columns are {', '.join(names)}" if names else "there is none"
    if wanted is None:
        return f"name the column that holds the source; {listed}"
    return f"there is no column '{wanted}'; {listed}"
