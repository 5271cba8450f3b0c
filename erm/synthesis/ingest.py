"""Your own sources: collected, drawn once, and either kept or rejected with a reason.

Sources come from folders, files, columns of JSONL and Parquet, Hugging Face data sets, and
ChartMimic's layout. A kept source renders, is not blank, and its scene can be read completely.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa

from erm.annotation import Failure, view_of
from erm.dataset.duplicates import digest
from erm.dataset.pairs import ShardWriter
from erm.errors import ErmError
from erm.render import Renderer
from erm.settings import Isolation
from erm.tasks import Task, get_task
from erm.tasks.settings import DrawingSettings

SOURCE_SCHEMA = pa.schema(
    [
        ("source_id", pa.string()),
        ("task", pa.string()),
        ("origin", pa.string()),
        ("source", pa.string()),
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
    ]
)
"""Columns of ingested sources. `source_id` is ``<task>/own-<digest of the text>``; `origin` is the
file, with the row if there are several."""

HUGGING_FACE = "hf:"
"""Prefix of a Hugging Face data set: ``hf:owner/name``, ``hf:owner/name:split``, ``hf:folder``."""

_FIRST_COLUMNS, _LAST_COLUMNS = ("source", "code"), ("text", "content")
"""Usual names of the source's column; those of the task come in between."""
_BATCH = 64
_TABLES = (".jsonl", ".parquet")


@dataclass(frozen=True)
class RejectedSource:
    """A source that was not kept, and why."""

    origin: str
    reason: str
    message: str


@dataclass(frozen=True)
class IngestSummary:
    """The result of an ingestion.

    Attributes:
        kept: number of sources written.
        rejected: all others, in the order found.
    """

    task: str
    out: Path
    kept: int
    rejected: tuple[RejectedSource, ...]

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
        ErmError: a path does not exist or can't be read, a column is missing, or there is no
            source at all. A source that can't be used is a `RejectedSource` instead.
    """
    with Renderer(isolation=isolation, drawing=drawing) as renderer:
        return _ingest(get_task(task), paths, out, column, renderer)


def _ingest(
    task: Task, paths: Sequence[Path | str], out: Path, column: str | None, renderer: Renderer
) -> IngestSummary:
    found = (item for path in paths for item in collect(task, str(path), column))
    rejected: list[RejectedSource] = []
    seen: dict[str, str] = {}
    any_found = False
    with ShardWriter(out, SOURCE_SCHEMA) as writer:
        while batch := list(islice(found, _BATCH)):
            any_found = True
            refused: dict[int, RejectedSource] = {}
            fresh: list[tuple[int, str, str, str]] = []
            for index, (origin, source) in enumerate(batch):
                if not isinstance(source, str):
                    refused[index] = RejectedSource(origin, "not_text", "holds no UTF-8 text")
                    continue
                name = digest("".join(source.split()).encode("utf-8", "replace"))
                if not source.strip():
                    refused[index] = RejectedSource(origin, "no_source", "the source is empty")
                elif name in seen:
                    refused[index] = RejectedSource(origin, "duplicate", f"same as {seen[name]}")
                else:
                    seen[name] = origin
                    fresh.append((index, name, origin, source))
            items = [(task.name, source) for *_, source in fresh]
            renders = renderer.render_batch(items, scenes=True)
            for (index, name, origin, source), rendered in zip(fresh, renders, strict=True):
                view = view_of(task.name, rendered, "reference")
                if isinstance(view, Failure):
                    reason = view.error_kind or view.kind
                    refused[index] = RejectedSource(origin, reason, view.message)
                    continue
                writer.write(
                    {
                        "source_id": f"{task.name}/own-{name}",
                        "task": task.name,
                        "origin": origin,
                        "source": source,
                        "image": {"bytes": rendered.image, "path": None},
                    }
                )
            rejected += [refused[index] for index in sorted(refused)]
        if not any_found:
            places = ", ".join(str(path) for path in paths)
            raise ErmError(f"No source of task {task.name} was found in {places or 'no path'}.")
    return IngestSummary(task.name, out, writer.rows, tuple(rejected))


def collect(task: Task, path: str, column: str | None) -> Iterator[tuple[str, object]]:
    """(origin, source) of everything in a path, in a fixed order.

    A value that is not text is returned unchanged; for a file that is not UTF-8 it is None.
    """
    if path.startswith(HUGGING_FACE):
        yield from _hugging_face(path.removeprefix(HUGGING_FACE), task, column)
        return
    place = Path(path)
    if place.is_dir():
        for file in _files(task, place):
            yield from _file(file, task, column)
    elif place.is_file():
        if place.suffix not in (*task.suffixes, *_TABLES):
            known = ", ".join((*task.suffixes, *_TABLES))
            raise ErmError(f"{place}: task {task.name} reads {known}, not '{place.suffix}'.")
        yield from _file(place, task, column)
    else:
        raise ErmError(f"{place} does not exist.")


def _files(task: Task, folder: Path) -> list[Path]:
    """Source files below a folder, sorted; where a known data set has folders of sources, only
    those in them (`erm.tasks.Task.folders`)."""
    known = [one for pattern in task.folders for one in folder.glob(f"**/{pattern}")]
    roots = [one for one in known if one.is_dir()] or [folder]
    suffixes = (*task.suffixes, *_TABLES)
    files = {file for root in roots for file in root.rglob("*") if file.suffix in suffixes}
    return sorted(file for file in files if file.is_file())


def _file(file: Path, task: Task, column: str | None) -> Iterator[tuple[str, object]]:
    if file.suffix == ".parquet":
        yield from _parquet(file, task, column)
    elif file.suffix == ".jsonl":
        yield from _jsonl(file, task, column)
    else:
        try:
            yield str(file), file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            yield str(file), None
        except OSError as error:
            raise ErmError(f"{file} can't be read: {error.strerror}.") from error


def _jsonl(file: Path, task: Task, column: str | None) -> Iterator[tuple[str, object]]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise ErmError(f"{file}, line {number}: not JSON ({error.msg}).") from error
            if not isinstance(row, dict):
                raise ErmError(f"{file}, line {number}: not a JSON object.")
            column = _column(f"{file}, line {number}", list(row), task, column)
            yield f"{file}:{number}", row[column]


def _parquet(file: Path, task: Task, column: str | None) -> Iterator[tuple[str, object]]:
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as table:
            column = _column(str(file), table.schema_arrow.names, task, column)
            number = 0
            for batch in table.iter_batches(batch_size=_BATCH, columns=[column]):
                for value in batch.column(0).to_pylist():
                    number += 1
                    yield f"{file}:{number}", value
    except (pa.ArrowException, OSError) as error:
        raise ErmError(f"{file} can't be read as Parquet: {error}.") from error


def _hugging_face(name: str, task: Task, column: str | None) -> Iterator[tuple[str, object]]:
    import datasets

    split = "train"
    if not Path(name).exists() and ":" in name:
        name, split = name.rsplit(":", 1)
    try:
        rows = datasets.load_dataset(name, split=split, streaming=True)
    except Exception as error:  # the library raises many kinds of exception
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ErmError(f"{HUGGING_FACE}{name}: the data set can't be read ({first}).") from error
    for number, row in enumerate(rows, start=1):
        column = _column(f"{HUGGING_FACE}{name}", list(row), task, column)
        yield f"{HUGGING_FACE}{name}:{split}:{number}", row[column]


def _column(place: str, names: list[str], task: Task, wanted: str | None) -> str:
    if wanted is None:
        usual = (*_FIRST_COLUMNS, *task.columns, *_LAST_COLUMNS)
        wanted = next((name for name in usual if name in names), None)
        if wanted is None:
            raise ErmError(f"{place}: name the column that holds the source; {_listed(names)}.")
    elif wanted not in names:
        raise ErmError(f"{place}: there is no column '{wanted}'; {_listed(names)}.")
    return wanted


def _listed(names: list[str]) -> str:
    return f"columns are {', '.join(names)}" if names else "there is none"
