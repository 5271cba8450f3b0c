"""Completions that somebody already has: rows of a file, or a file an item.

A row names its item by id or by the file name of its image, with or without folder and ending, and
holds one completion or a list. Several rows of an item are several completions. A folder has a file
an item, named like it: with the ending of the task's sources it is the source itself, unless it
holds a fenced block, and with another one a completion.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from erm.errors import ErmError
from erm.evaluation.completions import Author, Completion, Mode
from erm.evaluation.rows import ROW_SUFFIXES, parquet_rows
from erm.fingerprint import content_hash
from erm.policies.base import write_completion
from erm.sources.encodings import NotTextError, read_text
from erm.synthesis.ingest import RejectedSource, jsonl_rows
from erm.tasks import get_task, task_names
from erm.tasks.shared.completion import find_source

if TYPE_CHECKING:
    from erm.evaluation.items import Item


_NAMES = ("id", "item", "image", "file", "file_name", "image_path", "name", "idx")
_TEXTS = ("completion", "completions", "response", "output", "prediction", "text", "code")
"""Usual names of columns; the first one that a row has counts."""

_TEXT_SUFFIX = ".txt"

Written = list[tuple[str, Completion]]
"""Completions with the names of their items."""


class FileAuthor(Author):
    """Completions in a file or folder.

    Attributes:
        unknown: names of completions that belong to no item.

    Raises:
        ErmError: the place does not exist, can't be read, or holds no completion of an item; or a
            name could be that of several items.
    """

    def __init__(self, place: Path, items: Sequence[Item]) -> None:
        self.name = str(place)
        if not place.exists():
            raise ErmError(f"{place} does not exist.")
        self.identity = {"policy": str(place), "content": content_hash(place)}
        written = _folder(place, items) if place.is_dir() else _rows(place)
        self._by_item: dict[str, list[Completion]] = {}
        self.unknown: list[str] = []
        known = _names_of(items)
        for name, completion in written:
            item = _found(name, known, place)
            if item is None:
                self.unknown.append(name)
            else:
                self._by_item.setdefault(item.id, []).append(completion)
        if not self._by_item:
            named = f"'{self.unknown[0]}'" if self.unknown else "nothing"
            raise ErmError(
                f"{place}: holds no completion of an item; it names {named}, the data has "
                f"'{items[0].id}'."
            )

    def complete(self, items: Sequence[Item], batch: int) -> list[list[Completion]]:
        return [self._of(item) for item in items]

    def _of(self, item: Item) -> list[Completion]:
        found = self._by_item.get(item.id, [])
        if len(found) > 1:
            return found
        if not found:
            return [Completion("first", None, f"no_completion: {self.name} has none of this item")]
        return [replace(found[0], mode="first")]


def _names_of(items: Sequence[Item]) -> dict[str, list[Item]]:
    """Items by all that may name them: id, image file, and both without folder and ending."""
    known: dict[str, list[Item]] = {}
    for item in items:
        names = {item.id, item.name, PurePosixPath(item.id).name}
        for name in names | {PurePosixPath(one).stem for one in names if "." in one}:
            known.setdefault(name, []).append(item)
    return known


def _found(name: str, known: Mapping[str, list[Item]], place: Path) -> Item | None:
    """The item of a name: of the whole name, else of its last two parts, and so on."""
    path = PurePosixPath(name)
    bare = path.with_suffix("") if path.name else path
    last_two = [str(PurePosixPath(*one.parts[-2:])) for one in (path, bare)]
    for form in dict.fromkeys((name, str(bare), *last_two, path.name, bare.name)):
        found = known.get(form, [])
        exact = [item for item in found if item.id == form]
        if len(exact or found) > 1:
            raise ErmError(f"{place}: '{name}' could be '{found[0].id}' or '{found[1].id}'.")
        if found:
            return (exact or found)[0]
    return None


def _rows(file: Path) -> Written:
    if file.suffix.lower() not in ROW_SUFFIXES:
        known = ", ".join(ROW_SUFFIXES)
        raise ErmError(f"{file}: completions are a folder or a file of rows ({known}).")
    rows = jsonl_rows(file) if file.suffix.lower() == ".jsonl" else parquet_rows(file)
    found: Written = []
    for row in rows:
        if isinstance(row, RejectedSource):
            raise ErmError(f"{row.origin}: {row.message}.")
        found += _row(*row)
    return found


def _row(origin: str, values: Mapping[str, object]) -> Written:
    name, text = (next((one for one in usual if one in values), None) for usual in (_NAMES, _TEXTS))
    if name is None or text is None:
        listed = ", ".join(values) or "none"
        raise ErmError(
            f"{origin}: a completion needs a column with the name of its item, such as id, and one "
            f"with its text, such as completion; columns are {listed}."
        )
    value = values[text]
    missing = values.get("missing")
    if not isinstance(missing, str) or not missing:
        missing = f"no_answer: {origin} holds no text in '{text}'"
    mode: Mode = "first" if values.get("mode") == "first" else "sampled"
    return [
        (
            str(values[name]),
            Completion(mode, one) if isinstance(one, str) else Completion(mode, None, missing),
        )
        for one in (value if isinstance(value, list) else [value])
    ]


def _folder(folder: Path, items: Sequence[Item]) -> Written:
    known = _names_of(items)
    return [
        (name, _completion(file, known.get(name) or known.get(file.stem, [])))
        for name, file in _files(folder)
    ]


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """(name without ending, file) of the completion files in a folder and below it."""
    suffixes = {_TEXT_SUFFIX, *(one for task in task_names() for one in get_task(task).suffixes)}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix.lower() in suffixes:
            yield file.relative_to(folder).with_suffix("").as_posix(), file


def _completion(file: Path, items: Sequence[Item]) -> Completion:
    """The completion in a file; `items` are those that the file's name may mean."""
    task = get_task(items[0].task) if items and items[0].task else None
    if task is not None and file.suffix.lower() not in task.suffixes:
        task = None
    try:
        text = read_text(file, task.declared_encoding if task is not None else None)
    except NotTextError as error:
        return Completion("sampled", None, f"not_text: {file} {error}")
    if task is not None and find_source(text, task.languages) is None:
        text = write_completion(task.name, text)
    return Completion("sampled", text)
