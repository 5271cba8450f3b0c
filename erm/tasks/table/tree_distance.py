"""The edit distance of two ordered trees in whole rows of an array (Zhang and Shasha 1989).

The recurrence is theirs, with inserting and removing a node at cost 1. Python works per node of the
first tree and per level of nesting of the second one, NumPy on everything of that level at once:
tables of 30 × 8 cells take 0.1 s and not seconds. Not covered: what a node is and what changing it
costs (`erm.tasks.table.teds`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


def tree_distance(
    first: Sequence[int], second: Sequence[int], update: NDArray[np.float64]
) -> float:
    """The least cost of edits that make one tree of the other.

    Args:
        first: of each node in postorder, the number of its descendants.
        second: the same of the other tree.
        update: (nodes of `first`, nodes of `second`), the cost of changing one node into another.
    """
    levels = _levels(second)
    leftmost = [node - below for node, below in enumerate(first)]
    subtrees = np.zeros(update.shape)
    for root in _keyroots(first):
        start = leftmost[root]
        for level in levels:
            # forests[x, s, y]: nodes start … start + x - 1 against the first y nodes of segment s
            size = root - start + 1
            forests = np.empty((size + 1, *level.inserted.shape))
            forests[0] = level.inserted
            for row, node in enumerate(range(start, root + 1), start=1):
                whole = leftmost[node] == start
                before = leftmost[node] - start
                found = (
                    np.take_along_axis(forests[before], level.before, 1)
                    + subtrees[node][level.nodes]
                )
                if whole:
                    renamed = forests[row - 1][:, :-1] + update[node][level.nodes]
                    found = np.where(level.whole, renamed, found)
                current = forests[row]
                current[:, 0] = row
                np.minimum(forests[row - 1][:, 1:] + 1.0, found, out=current[:, 1:])
                # An insertion costs 1 more than what stands to the left, so that costs less their
                # column fall from left to right.
                current -= level.inserted
                np.minimum.accumulate(current, axis=1, out=current)
                current += level.inserted
                if whole:
                    subtrees[node, level.nodes[level.whole]] = current[:, 1:][level.whole]
    return float(subtrees[-1, -1])


class _Level(NamedTuple):
    """Subtrees of the second tree that hold no other of their level; a row a subtree.

    Rows are filled up with their last node, whose values are computed and never read.

    Attributes:
        nodes: (subtrees, most nodes), in postorder.
        whole: the same shape: whether the forest up to a node is the node's own subtree.
        before: the same shape: number of the subtree's nodes before the node's own subtree.
        inserted: (subtrees, most nodes + 1): cost of so many insertions.
    """

    nodes: NDArray[np.int64]
    whole: NDArray[np.bool_]
    before: NDArray[np.int64]
    inserted: NDArray[np.float64]


def _keyroots(descendants: Sequence[int]) -> list[int]:
    """In postorder, the root and all nodes with a sibling to their left."""
    highest = {node - below: node for node, below in enumerate(descendants)}
    return sorted(highest.values())


def _levels(descendants: Sequence[int]) -> list[_Level]:
    """The subtrees of all keyroots, those within others first."""
    height: dict[int, int] = {}
    for root in _keyroots(descendants):
        within = range(root - descendants[root], root)
        height[root] = 1 + max((height[node] for node in within if node in height), default=-1)
    below = np.array(descendants)
    levels = []
    for chosen in range(max(height.values()) + 1):
        roots = np.array([root for root in height if height[root] == chosen])
        starts = roots - below[roots]
        columns = np.arange((roots - starts).max() + 1)
        nodes = np.minimum(starts[:, None] + columns, roots[:, None])
        leftmost = nodes - below[nodes]
        real = starts[:, None] + columns <= roots[:, None]
        levels.append(
            _Level(
                nodes,
                (leftmost == starts[:, None]) & real,
                leftmost - starts[:, None],
                np.tile(np.arange(len(columns) + 1.0), (len(roots), 1)),
            )
        )
    return levels
