"""Near-duplicate sources: which ones to drop, so that no image is in two splits.

Images are compared by thumbnails. Two charts of the same data in different colours are two sources.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 24
"""Side of a thumbnail, in pixels."""

NEAR = 2.5
"""Two thumbnails are near-duplicates up to this root mean square difference (levels of 0..255)."""

_BLOCK = 4096


@dataclass(frozen=True)
class Signature:
    """Of a source, what is needed to find its duplicates.

    Attributes:
        text: digest of the source without white space.
        image: digest of the reference image's bytes.
        thumbnail: SIDE × SIDE RGB, flattened.
    """

    text: str
    image: str
    thumbnail: bytes


def signature(source: str, image: bytes, pixels: NDArray[np.uint8]) -> Signature:
    """The signature of a source, its encoded image, and the image's (height, width, 3) pixels."""
    small = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BOX)
    text = "".join(source.split()).encode()
    return Signature(digest(text), digest(image), small.tobytes())


def digest(data: bytes) -> str:
    """A short digest of some bytes (64 bits, hexadecimal)."""
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def redundant(signatures: Sequence[Signature], held_out: Sequence[bool]) -> list[bool]:
    """Which sources to drop: duplicates, and near-duplicates of a held-out source.

    Held-out sources have precedence over training sources, and earlier sources over later ones.
    Training sources may be near-duplicates of each other.

    Args:
        signatures: of one task's sources, in order.
        held_out: whether each is in validation or test.

    Returns:
        True for each source to drop.
    """
    dropped = [False] * len(signatures)
    texts: set[str] = set()
    images: set[str] = set()
    order = sorted(range(len(signatures)), key=lambda index: (not held_out[index], index))
    for index in order:
        one = signatures[index]
        dropped[index] = one.text in texts or one.image in images
        texts.add(one.text)
        images.add(one.image)
    checked = [index for index in order if held_out[index] and not dropped[index]]
    thumbnails = _floats([signatures[index] for index in checked])
    kept: list[int] = []
    for row, index in enumerate(checked):
        if kept and _nearest(thumbnails[row : row + 1], thumbnails[kept])[0] <= NEAR:
            dropped[index] = True
        else:
            kept.append(row)
    if not kept:
        return dropped
    references = thumbnails[kept]
    training = [index for index in order if not held_out[index] and not dropped[index]]
    for start in range(0, len(training), _BLOCK):
        block = training[start : start + _BLOCK]
        distances = _nearest(_floats([signatures[index] for index in block]), references)
        for index, distance in zip(block, distances, strict=True):
            dropped[index] = bool(distance <= NEAR)
    return dropped


def _floats(signatures: Sequence[Signature]) -> NDArray[np.float32]:
    data = b"".join(one.thumbnail for one in signatures)
    return np.frombuffer(data, dtype=np.uint8).reshape(-1, 3 * SIDE**2).astype(np.float32)


def _nearest(
    thumbnails: NDArray[np.float32], references: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Root mean square difference of each thumbnail to its nearest reference."""
    squares = (thumbnails**2).sum(1)[:, None] + (references**2).sum(1)[None]
    squares = squares - 2 * (thumbnails @ references.T)
    return np.asarray(np.sqrt(np.maximum(squares.min(axis=1), 0) / thumbnails.shape[1]))


def nearest_of_other(signatures: Sequence[Signature], groups: Sequence[str]) -> list[float]:
    """Distance of each thumbnail to the nearest one of another group; infinite if there is none."""
    distances = [float("inf")] * len(signatures)
    for group in dict.fromkeys(groups):
        own = [index for index, name in enumerate(groups) if name == group]
        rest = [index for index, name in enumerate(groups) if name != group]
        if not rest:
            continue
        references = _floats([signatures[index] for index in rest])
        for start in range(0, len(own), _BLOCK):
            block = own[start : start + _BLOCK]
            found = _nearest(_floats([signatures[index] for index in block]), references)
            for index, distance in zip(block, found, strict=True):
                distances[index] = float(distance)
    return distances
