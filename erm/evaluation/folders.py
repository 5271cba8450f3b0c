"""Items in a folder of images and of source files that are named like them.

A data set with folders of its own for kinds of items (`erm.tasks.Task.folders`), such as
ChartMimic's, is read folder by folder. Images alone are items without a source.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from erm.errors import ErmError
from erm.evaluation.items import Item, rejected
from erm.policies.references import IMAGE_SUFFIXES
from erm.sources.encodings import NotTextError, read_text
from erm.tasks import get_task, task_names

T = TypeVar("T")

Key = tuple[Path, str]
"""Folder and name without its ending: what an image and its source have in common."""


def folder_items(folder: Path, task: str | None) -> Iterator[Item]:
    """The items in a folder and all below it, in the order of their names.

    Args:
        task: of the sources; by default each one's ending says it.

    Raises:
        ErmError: there are neither images nor sources, an image has two sources, or nothing says
            of which task images alone are.
    """
    roots = _roots(folder, task)
    files = _files(roots or [folder])
    images = _by_key(file for file in files if file.suffix.lower() in IMAGE_SUFFIXES)
    sources = _sources(files, task)
    if not images and not sources:
        raise ErmError(f"{folder}: holds neither images nor sources that are named like them.")
    known = {name for name, _ in sources.values()}
    if task is not None:
        others = {key for key, (name, _) in sources.items() if name != task}
        images, sources = _without(images, others), _without(sources, others)
    alone = task or (known.pop() if len(known) == 1 else None)
    if alone is None and set(images) - set(sources):
        raise ErmError(f"{folder}: holds images without a source; say their task with --task.")
    for key in sorted({**images, **sources}):
        identity = (key[0] / key[1]).relative_to(folder).as_posix()
        group = next((root.name for root in roots if key[0].is_relative_to(root)), "")
        own, source = sources.get(key, (alone or "", None))
        if key not in images:
            yield rejected(identity, "no_image", f"{source}: no image is named like it", own, group)
            continue
        try:
            text = read_text(source, get_task(own).declared_encoding) if source else None
        except NotTextError as error:
            yield rejected(identity, "no_source", f"{source}: {error}", own, group)
        except OSError as error:
            message = f"{source}: can't be read ({error.strerror or error})"
            yield rejected(identity, "no_source", message, own, group)
        else:
            yield Item(identity, own, images[key], text, group)


def holds_sources(folder: Path, task: str | None) -> bool:
    """Whether a folder holds source files of a task, or of any task."""
    tasks = _tasks(task)
    found = (tasks.get(file.suffix.lower()) for file in _files([folder]))
    return any(name is not None and task in (None, name) for name in found)


def _files(folders: list[Path]) -> list[Path]:
    """The files in folders and below them, without hidden ones."""
    return sorted(
        file
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def _tasks(task: str | None) -> dict[str, str]:
    """The task of each ending of a source; of several `task`, or the one that tables show first."""
    return {
        suffix: name
        for name in (*reversed(task_names()), *((task,) if task is not None else ()))
        for suffix in get_task(name).suffixes
    }


def _roots(folder: Path, task: str | None) -> list[Path]:
    """The folders of a known data set, `folder` itself among them; none where it is another one."""
    patterns = [
        pattern
        for name in ((task,) if task is not None else task_names())
        for pattern in get_task(name).folders
    ]
    if any(folder.match(pattern) for pattern in patterns):
        return [folder]
    found = {one for pattern in patterns for one in folder.glob(f"**/{pattern}") if one.is_dir()}
    return sorted(found)


def _without(files: dict[Key, T], keys: set[Key]) -> dict[Key, T]:
    return {key: value for key, value in files.items() if key not in keys}


def _by_key(files: Iterator[Path]) -> dict[Key, Path]:
    """Files by what they have in common with their sources; the first ending of a name counts."""
    found: dict[Key, Path] = {}
    for file in files:
        found.setdefault((file.parent, file.stem), file)
    return found


def _sources(files: list[Path], task: str | None) -> dict[Key, tuple[str, Path]]:
    """Task and file of each source."""
    tasks = _tasks(task)
    found: dict[Key, tuple[str, Path]] = {}
    for file in files:
        own = tasks.get(file.suffix.lower())
        if own is None:
            continue
        key = (file.parent, file.stem)
        if key in found:
            raise ErmError(f"{file}: {found[key][1].name} is a source of the same name.")
        found[key] = own, file
    return found
