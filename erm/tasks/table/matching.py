"""Which row and column of a candidate table stands for which of the reference.

Rows are recognised by their columns and columns by their rows, so several readings are made from
different starts; `erm.tasks.table.compare` keeps the one that leaves the least to report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from erm.tasks.shared.numbers import parse_number
from erm.tasks.table.alignment import Cost, Pairing, identity, pair
from erm.tasks.table.scene import Cell, Table

_HEAD = 1.2
"""How much more than other cells a bold one counts when columns are paired: it names its column."""


@dataclass(frozen=True)
class Match:
    """Two tables with their rows and columns paired."""

    reference: Table
    candidate: Table
    rows: Pairing
    columns: Pairing


def matches(reference: Table, candidate: Table) -> Iterator[Match]:
    """Readings worth a full comparison, the plain one first, each once."""
    grid = _Grid(reference, candidate)
    seen: list[tuple[Pairing, Pairing]] = []
    for rows, columns in grid.readings():
        if (rows, columns) not in seen:
            seen.append((rows, columns))
            yield Match(reference, candidate, rows, columns)


def table_cost(reference: Table, candidate: Table) -> float:
    """How unlike two tables are: texts that only one of them has."""
    return _bag_cost(_bag(reference.cells), _bag(candidate.cells))


def table_gap(table: Table) -> float:
    """What it costs to leave a table unpaired."""
    return _gap(sum(not cell.empty for cell in table.cells))


def unlikeness(left: str, right: str) -> float:
    """0 for equal texts, up to 1 for texts that share nothing; two numbers are akin."""
    if left == right:
        return 0.0
    return _unlikeness(left, right)


@lru_cache(maxsize=65536)
def _unlikeness(left: str, right: str) -> float:
    if not left or not right:
        return 0.9
    if parse_number(left) is not None and parse_number(right) is not None:
        return 0.8
    reference, candidate = _bigrams(left), _bigrams(right)
    shared = (reference & candidate).total()
    return 1 - 0.5 * 2 * shared / (reference.total() + candidate.total())


def _bigrams(text: str) -> Counter[str]:
    padded = f" {text} "
    return Counter(padded[index : index + 2] for index in range(len(padded) - 1))


def _gap(filled: int) -> float:
    return 0.5 + 0.35 * filled


def _bag(cells: tuple[Cell, ...]) -> Counter[str]:
    return Counter(cell.text.plain for cell in cells)


def _bag_cost(left: Counter[str], right: Counter[str]) -> float:
    return 0.9 * max((left - right).total(), (right - left).total())


class _Grid:
    """Slots of both tables, and costs of pairing their rows and columns."""

    def __init__(self, reference: Table, candidate: Table) -> None:
        self.shape = reference.rows, reference.columns
        self.other_shape = candidate.rows, candidate.columns
        self.slots = reference.slots()
        self.other_slots = candidate.slots()

    def readings(self) -> Iterator[tuple[Pairing, Pairing]]:
        same_rows = self.shape[0] == self.other_shape[0]
        same_columns = self.shape[1] == self.other_shape[1]
        if same_rows and same_columns:
            yield identity(self.shape[0]), identity(self.shape[1])
        if same_columns:
            rows = self._lines(0, identity(self.shape[1]))
            yield rows, identity(self.shape[1])
            yield self._settled(rows)
        if same_rows:
            columns = self._lines(1, identity(self.shape[0]))
            yield identity(self.shape[0]), columns
            yield self._settled(self._lines(0, columns))
        yield self._settled(self._bags(0))
        yield self._settled(self._lines(0, self._bags(1)))

    def _settled(self, rows: Pairing) -> tuple[Pairing, Pairing]:
        columns = self._lines(1, rows)
        rows = self._lines(0, columns)
        return rows, self._lines(1, rows)

    def _lines(self, axis: int, across: Pairing) -> Pairing:
        """Pairs rows (axis 0) or columns (axis 1), given the pairing across."""
        known: dict[tuple[int, int], float] = {}

        def cost(index: int, other: int) -> float:
            if (index, other) not in known:
                known[index, other] = self._line_cost(axis, index, other, across)
            return known[index, other]

        return self._pair(axis, cost)

    def _bags(self, axis: int) -> Pairing:
        """Pairs rows or columns by their texts in any order."""
        reference = [
            _bag(tuple(self._cells(self.slots, axis, i, self.shape)))
            for i in range(self.shape[axis])
        ]
        candidate = [
            _bag(tuple(self._cells(self.other_slots, axis, i, self.other_shape)))
            for i in range(self.other_shape[axis])
        ]
        return self._pair(axis, lambda i, j: _bag_cost(reference[i], candidate[j]))

    def _pair(self, axis: int, cost: Cost) -> Pairing:
        gaps = self._gaps(self.slots, axis, self.shape)
        return pair(cost, gaps, self._gaps(self.other_slots, axis, self.other_shape))

    def _cells(
        self, slots: dict[tuple[int, int], Cell], axis: int, index: int, shape: tuple[int, int]
    ) -> list[Cell]:
        places = ((index, at) if axis == 0 else (at, index) for at in range(shape[1 - axis]))
        cells: list[Cell] = []
        for place in places:
            cell = slots.get(place)
            if cell is not None and not (cells and cells[-1] is cell):
                cells.append(cell)
        return cells

    def _gaps(
        self, slots: dict[tuple[int, int], Cell], axis: int, shape: tuple[int, int]
    ) -> list[float]:
        return [
            _gap(sum(not cell.empty for cell in self._cells(slots, axis, index, shape)))
            for index in range(shape[axis])
        ]

    def _line_cost(self, axis: int, index: int, other: int, across: Pairing) -> float:
        total, last = 0.0, (None, None)
        for at, other_at in across.forward.items():
            here = self.slots.get((index, at) if axis == 0 else (at, index))
            there = self.other_slots.get((other, other_at) if axis == 0 else (other_at, other))
            if here is last[0] and there is last[1]:
                continue
            last = here, there  # type: ignore[assignment]
            heads = axis == 1 and _is_head(here) and _is_head(there)
            total += _cell_cost(here, there) * (_HEAD if heads else 1.0)
        return total


def _is_head(cell: Cell | None) -> bool:
    return cell is not None and cell.text.is_bold


def _cell_cost(left: Cell | None, right: Cell | None) -> float:
    if left is None or right is None:
        only = left or right
        return 0.0 if only is None else 0.4 + 0.5 * (not only.empty)
    reference, candidate = left.text.plain, right.text.plain
    if reference != candidate:
        return _unlikeness(reference, candidate)
    if left.text.runs and left.text.runs[0].style != right.text.runs[0].style:
        return 0.1
    return 0.0
