"""The edit distance of trees against the library that public implementations of TEDS use."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from apted import APTED, Config
from apted.helpers import Tree

from erm.tasks.table.tree_distance import tree_distance

COSTS = np.array([[0.0, 0.1, 0.7], [0.4, 0.0, 1.0], [0.9, 0.2, 0.0]])
"""Of changing a node of one label into one of another; not symmetric."""


class Costs(Config):  # type: ignore[misc]
    """Of the library: inserting and removing cost 1."""

    def rename(self, node1: Any, node2: Any) -> float:
        return float(COSTS[int(node1.name), int(node2.name)])


def grown(rng: random.Random, nodes: int) -> Tree:
    """A random tree, some deep and some flat."""
    near = rng.random()
    found = [Tree(str(rng.randrange(3)))]
    for _ in range(nodes - 1):
        parent = found[-1] if rng.random() < near else rng.choice(found)
        child = Tree(str(rng.randrange(3)))
        parent.children.insert(rng.randint(0, len(parent.children)), child)
        found.append(child)
    return found[0]


def in_postorder(tree: Tree) -> tuple[list[int], list[int]]:
    """Descendants and label of each node."""
    descendants: list[int] = []
    labels: list[int] = []

    def add(node: Tree) -> int:
        below = sum(add(child) for child in node.children)
        descendants.append(below)
        labels.append(int(node.name))
        return below + 1

    add(tree)
    return descendants, labels


@pytest.mark.parametrize("seed", range(40))
def test_random_trees(seed: int) -> None:
    rng = random.Random(seed)
    one, other = (grown(rng, rng.randint(1, 24)) for _ in range(2))
    (first, labels), (second, others) = in_postorder(one), in_postorder(other)
    expected = APTED(one, other, Costs()).compute_edit_distance()
    found = tree_distance(first, second, COSTS[np.ix_(labels, others)])
    assert found == pytest.approx(expected, abs=1e-9)
    assert tree_distance(first, first, COSTS[np.ix_(labels, labels)]) == 0


def test_rows_of_a_table() -> None:
    """A row of three cells is removed, and a cell is changed for half a node."""
    rows = [0, 0, 0, 3] * 3
    update = np.ones((13, 9))
    update[12, 8] = 0
    for row, place in ((0, 0), (2, 1)):
        for cell in range(4):
            update[4 * row + cell, 4 * place + cell] = 0
    update[1, 1] = 0.5
    assert tree_distance([*rows, 12], [*rows[:8], 8], update) == 4.5
