"""The images that a policy is reinforced on and validated with.

They are references of a folder of pairs, fresh ones that no training saw, or images alone:
reinforcement needs images and no pairs, and generated ones cost nothing.
"""

from __future__ import annotations

import csv
import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import pyarrow as pa
from tqdm import tqdm

from erm.annotation import Failure, view_of
from erm.dataset.pairs import SPLITS, ShardWriter, read_references, read_rows, shards
from erm.errors import ErmError
from erm.images import open_image
from erm.policies.hub_images import HUB, HubImages
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

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")
"""Files of a folder that are images; others are left alone."""

_MOST_NAMED = 5
"""Broken images that a message names."""

_BATCH = 64

_MOST_TRIES = 20
"""Sources that are generated for one that can be used, at most."""


Use = Literal["training", "revision", "critic", "fresh", "validation", "evaluation"]
"""What generated references are for: supervised training of a policy, on sources and on its own
drafts, its errors that a critic learns, reinforcement, held out of that, or to compare policies.
The same seed gives others for each use."""

USED_FILE = "references.csv"
"""In the folder of a policy: the images that it was trained on and validated with, unless they are
those of a folder of pairs that supervised training took."""

_USED_COLUMNS = ("name", "task", "use", "blake2b")


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
    known: Iterable[bytes],
    renderer: Renderer,
    use: Use = "fresh",
) -> Iterator[Picture]:
    """So many fresh pictures of each task; the same arguments give the same ones.

    Args:
        known: digests (`digest`) of images. No picture has the pixels of one of them or of another
            picture.

    Raises:
        ErmError: a task gives too few sources that can be drawn and are not known.
    """
    seen = set(known)
    with tqdm(total=sum(numbers.values()), desc=f"{use} references", unit="image") as bar:
        for task, number in numbers.items():
            generated = _generated(task, number, variety, seed, seen, renderer, use)
            for picture in islice(generated, number):
                yield picture
                bar.update()


def write_pictures(pictures: Iterable[Picture], out: Path) -> None:
    """Write pictures (Parquet); a file that is there is complete."""
    with ShardWriter(out, _SCHEMA) as writer:
        for picture in pictures:
            writer.write(asdict(picture))


def collect_images(places: Mapping[str, str], out: Path) -> None:
    """Write the images of each task's place to `out` (Parquet); equal files count once.

    Args:
        places: by task: a folder of image files, a Parquet file, a folder of such files, or a data
            set of the hub (`erm.policies.hub_images`). The images of a Parquet file are in the
            column ``image``, encoded, on their own or as the ``bytes`` of a struct.

    Raises:
        ErmError: a place does not exist or holds no image, or images in it can't be read.
    """
    seen: set[bytes] = set()
    with ShardWriter(out, _SCHEMA) as writer:
        for task, place in places.items():
            written, broken = 0, list[str]()
            of_hub = place.startswith(HUB)
            images = HubImages.parse(place).read() if of_hub else _images(Path(place))
            for name, image in images:
                try:
                    open_image(image, name)
                except ErmError as error:
                    broken.append(str(error).rstrip("."))
                    continue
                written += 1
                if (found := digest(image)) not in seen:
                    seen.add(found)
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
    """What `write_pictures` or `collect_images` has written."""
    return [Picture(**row) for row in read_rows([path], schema=_SCHEMA)]


def write_used(trained: Sequence[Picture], held_out: Sequence[Picture], folder: Path) -> None:
    """Write `USED_FILE`: a row an image, with its use, ``training`` or ``validation``."""
    with (folder / USED_FILE).open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(_USED_COLUMNS)
        for use, pictures in (("training", trained), ("validation", held_out)):
            table.writerows([one.name, one.task, use, digest(one.image).hex()] for one in pictures)


def read_used(folder: Path) -> set[bytes]:
    """Digests of the images in a policy's `USED_FILE`; none where it has no such file."""
    path = folder / USED_FILE
    if not path.is_file():
        return set()
    with path.open(newline="") as file:
        return {bytes.fromhex(row["blake2b"]) for row in csv.DictReader(file)}


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
        ranked = sorted(own, key=lambda one: digest(one.image))
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
        elif file.suffix.lower() in IMAGE_SUFFIXES:
            try:
                yield str(file), file.read_bytes()
            except OSError as error:
                raise ErmError(f"{file} can't be read: {error.strerror or error}.") from error
        elif file == place:
            known = ", ".join((*IMAGE_SUFFIXES, ".parquet"))
            raise ErmError(f"{file}: reinforce.images reads {known}, not '{file.suffix}'.")


def _generated(
    task: str,
    number: int,
    variety: Variety,
    seed: int,
    known: set[bytes],
    renderer: Renderer,
    use: Use,
) -> Iterator[Picture]:
    rejected: Counter[str] = Counter()
    for start in range(0, _MOST_TRIES * number, _BATCH):
        names = [f"{task}/{use}-{place:06d}" for place in range(start, start + _BATCH)]
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
            if (found := digest(rendered.image)) in known:
                rejected["known"] += 1
                continue
            known.add(found)
            yield Picture(name, task, rendered.image, source)
    reasons = ", ".join(f"{count} {reason}" for reason, count in rejected.most_common())
    raise ErmError(f"{task} gives fewer than {number} {use} references ({reasons}).")


def images_in(pairs: Path) -> set[bytes]:
    """Digests of all images in a folder of pairs, references and candidates of all splits."""
    paths = [path for split in SPLITS for path in shards(pairs, split)]
    return {
        digest(row[side]["bytes"])
        for row in read_rows(paths, ("reference", "candidate"))
        for side in ("reference", "candidate")
    }


def digest(image: bytes) -> bytes:
    """16 bytes that tell images apart by their encoded content."""
    return hashlib.blake2b(image, digest_size=16).digest()
