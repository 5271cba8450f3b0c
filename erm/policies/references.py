"""The images that a policy is reinforced on and validated with.

They are references of a folder of pairs, fresh ones that no training saw, or images alone:
reinforcement needs images and no pairs, and generated ones cost nothing.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
from tqdm import tqdm

from erm.annotation import Failure, view_of
from erm.dataset.pairs import SPLITS, ShardWriter, read_references, read_rows, shards
from erm.errors import ErmError
from erm.images import open_image
from erm.render import Renderer
from erm.tasks import Variety, get_task

_SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("task", pa.string()),
        ("image", pa.binary()),
        ("source", pa.string()),
    ]
)

_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")
"""Files of a folder that are images; others are left alone."""

_MOST_NAMED = 5
"""Broken images that a message names."""

_BATCH = 64

_MOST_TRIES = 20
"""Sources that are generated for one that can be used, at most."""


@dataclass(frozen=True)
class Picture:
    """An image to reproduce.

    Attributes:
        name: for messages: a source's id or a file.
        image: encoded bytes.
        source: what draws it; None where it is not known.
    """

    name: str
    task: str
    image: bytes
    source: str | None


def pictures_of(
    pairs: Path, split: str, tasks: Sequence[str], most: int | None = None
) -> list[Picture]:
    """The references of a split of a folder of pairs, at most so many of each task.

    Raises:
        ErmError: there is none.
    """
    found = [
        Picture(one.source_id, one.task, one.image, one.source)
        for task in tasks
        for one in islice(read_references(pairs, split, (task,)), most)
    ]
    if not found:
        raise ErmError(f"{pairs}: no references of {', '.join(tasks)} in the {split} split.")
    return found


def draw_pictures(
    numbers: Mapping[str, int],
    variety: Variety,
    seed: int,
    pairs: Path,
    renderer: Renderer,
    out: Path,
) -> None:
    """Generate so many fresh pictures of each task and write them to `out` (Parquet).

    None looks like an image in the folder of pairs or like another one, pixel for pixel. The same
    arguments give the same pictures.

    Raises:
        ErmError: a task gives too few sources that can be drawn and are not known.
    """
    known = _images_in(pairs)
    with (
        ShardWriter(out, _SCHEMA) as writer,
        tqdm(total=sum(numbers.values()), desc="fresh references", unit="image") as bar,
    ):
        for task, number in numbers.items():
            for picture in islice(_generated(task, number, variety, seed, known, renderer), number):
                writer.write(asdict(picture))
                bar.update()


def collect_images(places: Mapping[str, Path], out: Path) -> None:
    """Write the images of each task's place to `out` (Parquet); equal files count once.

    Args:
        places: by task: a folder of image files, a Parquet file, or a folder of such files. The
            images of a Parquet file are in the column ``image``, encoded, on their own or as the
            ``bytes`` of a struct.

    Raises:
        ErmError: a place does not exist or holds no image, or images in it can't be read.
    """
    seen: set[bytes] = set()
    with ShardWriter(out, _SCHEMA) as writer:
        for task, place in places.items():
            written, broken = 0, list[str]()
            for name, image in _images(place):
                try:
                    open_image(image, name)
                except ErmError as error:
                    broken.append(str(error).rstrip("."))
                    continue
                written += 1
                if (digest := _digest(image)) not in seen:
                    seen.add(digest)
                    writer.write(asdict(Picture(name, task, image, None)))
            if broken:
                named = "; ".join(broken[:_MOST_NAMED])
                more = (
                    f"; and {len(broken) - _MOST_NAMED} more" if len(broken) > _MOST_NAMED else ""
                )
                raise ErmError(f"{place}: {len(broken)} images can't be read: {named}{more}.")
            if not written:
                raise ErmError(f"{place}: holds no images.")


def read_pictures(path: Path) -> list[Picture]:
    """What `draw_pictures` or `collect_images` has written."""
    return [Picture(**row) for row in read_rows([path], schema=_SCHEMA)]


def hold_out(pictures: Sequence[Picture], most: int) -> tuple[list[Picture], list[Picture]]:
    """Pictures apart in those to train on and those to validate with, which the content chooses.

    Args:
        most: pictures of each task that are held out; at most half of them.

    Raises:
        ErmError: a task has a single picture.
    """
    held: set[str] = set()
    for task in dict.fromkeys(one.task for one in pictures):
        own = [one for one in pictures if one.task == task]
        if len(own) < 2:
            raise ErmError(f"{own[0].name}: is the only image of {task}; validation needs another.")
        ranked = sorted(own, key=lambda one: _digest(one.image))
        held |= {one.name for one in ranked[: min(most, len(own) // 2)]}
    trained = [one for one in pictures if one.name not in held]
    return trained, [one for one in pictures if one.name in held]


def _images(place: Path) -> Iterator[tuple[str, bytes]]:
    """(name, encoded image) of all images in a place, in a fixed order."""
    if not place.exists():
        raise ErmError(f"{place} does not exist.")
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    for file in files:
        if not file.is_file() or file.name.startswith("."):
            continue
        if file.suffix.lower() == ".parquet":
            for number, row in enumerate(read_rows([file], ("image",)), start=1):
                value = row["image"]
                content = value.get("bytes") if isinstance(value, dict) else value
                yield f"{file}:{number}", content if isinstance(content, bytes) else b""
        elif file.suffix.lower() in _SUFFIXES:
            try:
                yield str(file), file.read_bytes()
            except OSError as error:
                raise ErmError(f"{file} can't be read: {error.strerror or error}.") from error
        elif file == place:
            known = ", ".join((*_SUFFIXES, ".parquet"))
            raise ErmError(f"{file}: reinforce.images reads {known}, not '{file.suffix}'.")


def _generated(
    task: str, number: int, variety: Variety, seed: int, known: set[bytes], renderer: Renderer
) -> Iterator[Picture]:
    rejected: Counter[str] = Counter()
    for start in range(0, _MOST_TRIES * number, _BATCH):
        names = [f"{task}/fresh-{place:06d}" for place in range(start, start + _BATCH)]
        sources = [
            get_task(task).generate(random.Random(f"{seed}/reinforce/{name}"), variety)
            for name in names
        ]
        drawn = renderer.render_batch([(task, source) for source in sources], scenes=True)
        for name, source, rendered in zip(names, sources, drawn, strict=True):
            view = view_of(task, rendered, "reference")
            if isinstance(view, Failure) or rendered.image is None:
                rejected[view.kind if isinstance(view, Failure) else "not drawn"] += 1
                continue
            if (digest := _digest(rendered.image)) in known:
                rejected["known"] += 1
                continue
            known.add(digest)
            yield Picture(name, task, rendered.image, source)
    reasons = ", ".join(f"{count} {reason}" for reason, count in rejected.most_common())
    raise ErmError(
        f"reinforce.sources: {task} gives fewer than {number} fresh references ({reasons})."
    )


def _images_in(pairs: Path) -> set[bytes]:
    """Digests of all images in a folder of pairs, references and candidates of all splits."""
    paths = [path for split in SPLITS for path in shards(pairs, split)]
    return {
        _digest(row[side]["bytes"])
        for row in read_rows(paths, ("reference", "candidate"))
        for side in ("reference", "candidate")
    }


def _digest(image: bytes) -> bytes:
    return hashlib.blake2b(image, digest_size=16).digest()
