"""The items that a policy is evaluated on, whatever place they come from.

Not covered: how folders (`erm.evaluation.folders`) and rows (`erm.evaluation.rows`) are read.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from erm.errors import ErmError
from erm.images import open_image
from erm.tasks import get_task

Picture = bytes | Path
"""An encoded image, or its file."""


@dataclass(frozen=True)
class Item:
    """A picture to reproduce.

    Attributes:
        id: unique within the data.
        task: empty where it is not known.
        group: folder of a data set that keeps kinds of items in several; empty elsewhere.
        picture: what the drawing of a completion is compared with; None where there is none.
        source: what draws it; None where it is not known.
        shown: what the policy sees, where it is another picture.
        prompt: what the policy is asked, where it is something else than a copy.
        preamble: source in front of the policy's own.
        problem: why nothing can be measured, as a kind and a sentence; empty where it can.
    """

    id: str
    task: str
    picture: Picture | None = None
    source: str | None = None
    group: str = ""
    shown: Picture | None = None
    prompt: str | None = None
    preamble: str = ""
    problem: str = ""

    @property
    def name(self) -> str:
        """The item's file name, or the last part of its id."""
        file = self.picture if isinstance(self.picture, Path) else Path(self.id)
        return file.name

    @property
    def seen(self) -> bytes:
        """The image that the policy sees, encoded; raises `ErmError` if it can't be read."""
        picture = self.picture if self.shown is None else self.shown
        return _content(picture, self.id)

    @property
    def reference(self) -> bytes:
        """The picture, encoded; raises `ErmError` if it can't be read."""
        return _content(self.picture, self.id)


def rejected(identity: str, kind: str, message: str, task: str = "", group: str = "") -> Item:
    """An item of which nothing can be measured."""
    return Item(identity, task, group=group, problem=f"{kind}: {message}")


def checked(items: Iterable[Item], task: str | None, most: int | None) -> list[Item]:
    """Items with their problems: pictures that can't be read, instructions that can't be given.

    Args:
        task: the one that is evaluated; other items are left out. None for all.
        most: items of each task and group.

    Raises:
        ErmError: two items have one id, or there is none.
    """
    found: list[Item] = []
    taken: Counter[tuple[str, str]] = Counter()
    for item in items:
        if task is not None and item.task not in (task, ""):
            continue
        kind = (item.task, item.group)
        if most is not None and taken[kind] == most:
            continue
        taken[kind] += 1
        found.append(_checked(item))
    names = Counter(item.id for item in found)
    if names and (repeated := names.most_common(1)[0])[1] > 1:
        raise ErmError(f"{repeated[1]} items of the data have the id '{repeated[0]}'.")
    return found


def _checked(item: Item) -> Item:
    if item.problem:
        return item
    if isinstance(item.picture, Path) and item.source is not None:
        try:
            asked = get_task(item.task).instruction(item.picture, item.source)
        except ErmError as error:
            return replace(item, problem=f"no_instruction: {str(error).rstrip('.')}")
        if asked is not None:
            item = replace(item, shown=asked.picture, prompt=asked.prompt, preamble=asked.preamble)
    for picture in (item.picture, item.shown):
        if picture is None and picture is item.shown:
            continue
        try:
            open_image(_content(picture, item.id), item.id)
        except ErmError as error:
            return replace(item, problem=f"no_image: {str(error).rstrip('.')}")
    return item


def _content(picture: Picture | None, name: str) -> bytes:
    if picture is None:
        raise ErmError(f"{name}: there is no image.")
    if isinstance(picture, bytes):
        return picture
    try:
        return picture.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise ErmError(f"{picture}: the image can't be read ({reason}).") from error


def data_hash(items: Sequence[Item]) -> str:
    """A hash of all that is evaluated on: ids, pictures, sources, prompts."""
    state = hashlib.blake2b(digest_size=16)
    for item in items:
        fields = (item.id, item.task, item.group, item.source, item.prompt, item.preamble)
        state.update(repr((*fields, item.problem)).encode())
        if not item.problem:
            for content in (item.reference, item.seen):
                state.update(hashlib.blake2b(content, digest_size=16).digest())
    return state.hexdigest()


def batches(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of `size`, in order."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
