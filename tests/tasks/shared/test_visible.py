"""Visible changes of pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from erm.tasks.discrepancy import Box
from erm.tasks.shared.visible import (
    VISIBLE_LEVEL,
    changes_within,
    inside,
    same_canvas,
    visible_change,
)


def page(height: int, width: int, level: int = 255) -> NDArray[np.uint8]:
    return np.full((height, width, 3), level, dtype=np.uint8)


def test_a_change_counts_above_the_threshold_in_either_direction() -> None:
    reference, candidate = page(2, 3, 100), page(2, 3, 100)
    candidate[0, 0, 1] += VISIBLE_LEVEL
    candidate[0, 1, 1] += VISIBLE_LEVEL + 1
    candidate[1, 2, 2] -= VISIBLE_LEVEL + 1
    expected = [[False, True, False], [False, False, True]]
    assert visible_change(reference, candidate).tolist() == expected


def test_images_of_two_sizes_lie_on_white() -> None:
    reference, candidate = page(2, 4, 0), page(3, 2, 0)
    first, second = same_canvas(reference, candidate)
    assert first.shape == second.shape == (3, 4, 3)
    assert (first[2] == 255).all()
    assert (second[:, 2:] == 255).all()
    assert visible_change(reference, candidate).tolist() == [
        [False, False, True, True],
        [False, False, True, True],
        [True, True, False, False],
    ]


def test_images_of_one_size_are_not_copied() -> None:
    reference = page(2, 2)
    assert same_canvas(reference, reference)[0] is reference


def test_changes_in_a_box() -> None:
    mask = np.zeros((10, 10), dtype=np.bool_)
    mask[5, 5] = True
    assert changes_within(mask, Box(5, 5, 6, 6))
    assert not changes_within(mask, Box(6, 6, 8, 8))
    assert changes_within(mask, Box(6, 6, 8, 8), margin=1)
    assert not changes_within(mask, Box(20, 20, 30, 30))


def test_the_part_of_a_box_that_is_inside() -> None:
    assert inside(Box(-3, 2, 4, 20), (10, 10, 3)) == Box(0, 2, 4, 10)
    assert inside(Box(12, 0, 14, 5), (10, 10, 3)) is None
