"""The images that a policy is reinforced on and validated with.

They are references of a folder of pairs, or fresh ones that no training saw: reinforcement needs
images and no pairs, and generated ones cost nothing.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
from tqdm import tqdm

from erm.annotation import Failure, view_of
from erm.dataset.pairs import SPLITS, ShardWriter, read_references, read_rows, shards
from erm.errors import ErmError
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
                writer.write(
                    {
                        "name": picture.name,
                        "task": picture.task,
                        "image": picture.image,
                        "source": picture.source,
                    }
                )
                bar.update()


def read_pictures(path: Path) -> list[Picture]:
    """What `draw_pictures` has written."""
    return [Picture(**row) for row in read_rows([path], schema=_SCHEMA)]


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
