"""Real sources from published packages, drawn once each, in the format of ingested sources.

For each collection (`erm.synthesis.collections`) the folder gets ``TASK-NAME.parquet`` with the
usable sources and ``TASK-NAME.json``, which lists the rejected ones with their reasons and marks
the collection as complete. The same collections and versions give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from erm.dataset.pairs import ShardWriter, fraction
from erm.errors import ErmError
from erm.render import Renderer
from erm.settings import Isolation
from erm.synthesis.collections import COLLECTIONS, Collection
from erm.synthesis.extraction import extract
from erm.synthesis.ingest import (
    SOURCE_SCHEMA,
    RejectedSource,
    check_sources,
    source_row,
)
from erm.synthesis.packages import Package, download, members
from erm.tasks import get_task
from erm.tasks.settings import DrawingSettings

_BATCH = 32


@dataclass(frozen=True)
class FetchedCollection:
    """What became of a collection.

    Attributes:
        kept: sources written.
        rejected: reason → number, of the sources that were tried.
        failure: why the package can't be had; None if it can.
    """

    collection: Collection
    kept: int
    rejected: dict[str, int]
    failure: str | None = None


def fetch(
    out: Path,
    packages: Path,
    collections: Sequence[Collection] = COLLECTIONS,
    most: int | None = None,
    isolation: Isolation = "auto",
    drawing: DrawingSettings | None = None,
) -> list[FetchedCollection]:
    """Write the sources of collections to the folder `out`; complete collections are kept.

    Args:
        packages: folder that keeps the downloaded archives.
        most: sources of each collection; None takes as many as the collection says.
        isolation: of the workers that draw the sources.
        drawing: how they are drawn.

    Returns:
        What became of each collection, in order. One whose package can't be had has a failure; the
        others are complete.

    Raises:
        ErmError: a drawing worker died.
    """
    failures: dict[Package, str] = {}
    results = []
    with Renderer(isolation=isolation, drawing=drawing) as renderer:
        for collection in collections:
            limit = collection.most if most is None else min(most, collection.most)
            failure = failures.get(collection.package)
            result = _complete(out, collection, limit)
            if result is None and failure is None:
                try:
                    found = _candidates(collection, packages)
                except ErmError as error:
                    failure = failures[collection.package] = str(error)
                else:
                    result = _write(out, collection, found, limit, renderer)
            results.append(result or FetchedCollection(collection, 0, {}, failure))
    return results


def choose(names: Sequence[str]) -> tuple[Collection, ...]:
    """The collections of these names, in their order in `COLLECTIONS`; all for no name.

    Raises:
        ErmError: there is no such collection.
    """
    known = [collection.name for collection in COLLECTIONS]
    for name in names:
        if name not in known:
            raise ErmError(f"There is no collection '{name}'; there are {', '.join(known)}.")
    return tuple(one for one in COLLECTIONS if not names or one.name in names)


def _candidates(collection: Collection, packages: Path) -> list[tuple[str, str]]:
    """(place, source) of all sources of a collection, in an order drawn at random by place.

    Raises:
        ErmError: the package can't be had or read, or has no file of the collection.
    """
    archive = download(collection.package, packages)
    found = [
        one
        for path, content in members(archive, collection.paths)
        for one in extract(collection, path, content)
    ]
    if not found:
        raise ErmError(f"{collection.package} holds no source of collection '{collection.name}'.")
    return sorted(found, key=lambda one: fraction(f"{collection.name}/{one[0]}"))


def _write(
    out: Path,
    collection: Collection,
    candidates: list[tuple[str, str]],
    limit: int,
    renderer: Renderer,
) -> FetchedCollection:
    task = get_task(collection.task)
    rejected: list[RejectedSource] = []
    found: Iterator[tuple[str, str] | RejectedSource] = iter(candidates)
    checked = check_sources(task, found, renderer, min(_BATCH, limit))
    shown = tqdm(desc=collection.name, total=min(limit, len(candidates)), unit="source")
    with shown as bar, ShardWriter(_sources(out, collection), SOURCE_SCHEMA) as writer:
        for one in checked:
            if isinstance(one, RejectedSource):
                rejected.append(one)
                continue
            writer.write(
                {
                    **source_row(task, one),
                    "collection": collection.name,
                    "package": str(collection.package),
                    "licence": collection.licence,
                    "role": collection.role,
                }
            )
            bar.update()
            if writer.rows == limit:
                break
    record = {
        "key": _key(collection, limit),
        "collection": asdict(collection),
        "kept": writer.rows,
        "rejected": [asdict(one) for one in rejected],
    }
    part = _record(out, collection).with_suffix(".json.part")
    part.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    os.replace(part, _record(out, collection))
    return _result(collection, record)


def _complete(out: Path, collection: Collection, limit: int) -> FetchedCollection | None:
    """What an earlier run wrote for the same collection and limit, if it was complete."""
    path = _record(out, collection)
    if not path.is_file() or not _sources(out, collection).is_file():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    return _result(collection, record) if record.get("key") == _key(collection, limit) else None


def _result(collection: Collection, record: dict[str, Any]) -> FetchedCollection:
    reasons = Counter(one["reason"] for one in record["rejected"])
    return FetchedCollection(collection, record["kept"], dict(reasons.most_common()))


def _key(collection: Collection, limit: int) -> str:
    fields = json.dumps([asdict(collection), limit], sort_keys=True)
    return hashlib.blake2b(fields.encode(), digest_size=8).hexdigest()


def _sources(out: Path, collection: Collection) -> Path:
    return out / f"{collection.task}-{collection.name}.parquet"


def _record(out: Path, collection: Collection) -> Path:
    return out / f"{collection.task}-{collection.name}.json"
