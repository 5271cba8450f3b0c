"""Which sources are dropped as duplicates, and which only look alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from erm.dataset.duplicates import Signature, nearest_of_other, redundant, signature


def picture(column: int, shade: int = 0) -> NDArray[np.uint8]:
    pixels = np.full((96, 96, 3), 255, dtype=np.uint8)
    pixels[20:50, column : column + 20] = shade
    return pixels


def sign(text: str, pixels: NDArray[np.uint8]) -> Signature:
    return signature(text, pixels.tobytes(), pixels)


def test_repeats_are_dropped_in_every_split() -> None:
    one, other = sign("a b", picture(0)), sign("c", picture(60))
    same_text = sign("a  b\n", picture(30))
    same_image = sign("d", picture(60))
    flags = redundant([one, other, same_text, same_image], [False] * 4)
    assert flags == [False, False, True, True]


def test_training_gives_way_to_what_is_held_out() -> None:
    nearly = picture(0)
    nearly[30:32, 5:8] = 20
    signatures = [sign("train", picture(0)), sign("far", picture(60)), sign("test", nearly)]
    assert redundant(signatures, [False, False, True]) == [True, False, False]
    assert redundant(signatures, [False, False, False]) == [False, False, False]
    assert redundant(signatures, [True, True, True]) == [False, False, True]


def test_distance_to_other_splits() -> None:
    signatures = [sign("a", picture(0)), sign("b", picture(60)), sign("c", picture(0, 10))]
    near, far, near_too = nearest_of_other(signatures, ["train", "train", "test"])
    assert near == near_too < 5 < far
    assert nearest_of_other(signatures, ["train"] * 3) == [float("inf")] * 3
