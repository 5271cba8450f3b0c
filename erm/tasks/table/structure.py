"""Differences in a table's structure: rows, columns, spans, shifted lines, cells too many or few.

Also pairs the cells, whose texts and looks are compared elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from erm.tasks.discrepancy import Box
from erm.tasks.shared.findings import union
from erm.tasks.shared.numbers import parse_number
from erm.tasks.table.alignment import Pairing
from erm.tasks.table.elements import Element, Finding, TablePlace, cell_element, line_element
from erm.tasks.table.looks import Pair
from erm.tasks.table.matching import Match, unlikeness
from erm.tasks.table.scene import Cell, Table


@dataclass
class Structure:
    """What was found in a pair of tables, and which cells are still to be compared.

    Attributes:
        found: findings so far.
        pairs: cells that stand for one another, with their texts still to be compared.
        merged: pairs whose spans differ, with the text that a merged or split cell should hold.
    """

    found: list[Finding] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    merged: list[Pair] = field(default_factory=list)


def structure_findings(match: Match, table: TablePlace) -> Structure:
    """Compares the grids of two tables."""
    return _Comparison(match, table).run()


def pairing_findings(
    pairing: Pairing,
    element: Callable[[int], Element],
    reference_box: Callable[[int], Box],
    candidate_box: Callable[[int], Box],
) -> list[Finding]:
    """Missing, extra, swapped and moved items of a sequence of rows, columns or tables.

    Args:
        element: the element at an index; its boxes are the other two arguments'.
    """
    found: list[Finding] = [
        Finding("missing", element(i), reference_box=reference_box(i)) for i in pairing.missing
    ]
    found.extend(
        Finding("extra", element(i), candidate_box=candidate_box(i)) for i in pairing.extra
    )
    for i, j in pairing.swaps:
        before = union((reference_box(i), reference_box(j)))
        after = union((candidate_box(pairing.forward[i]), candidate_box(pairing.forward[j])))
        found.append(Finding("swapped", element(i), i, j, before, after))
    for i in pairing.moves:
        place = pairing.forward[i]
        boxes = reference_box(i), candidate_box(place)
        found.append(Finding("moved", element(i), i, place, *boxes))
    return found


_Line = list[Cell | str | None]
"""Cells along a row or column; text that equals nothing where a span covers, None at a hole."""


@dataclass
class _Side:
    """One of the two tables; `done` holds the top left slots of cells that were dealt with."""

    table: Table
    slots: dict[tuple[int, int], Cell]
    done: set[tuple[int, int]] = field(default_factory=set)


class _Comparison:
    def __init__(self, match: Match, place: TablePlace) -> None:
        self.match = match
        self.place = place
        self.reference = _Side(match.reference, match.reference.slots())
        self.candidate = _Side(match.candidate, match.candidate.slots())
        self.structure = Structure()

    def run(self) -> Structure:
        for axis in (0, 1):
            self._shifts(axis)
        for axis in (0, 1):
            self._lines(axis)
        self._cells()
        return self.structure

    # Rows and columns

    def _lines(self, axis: int) -> None:
        pairing = self.match.rows if axis == 0 else self.match.columns
        missing = tuple(at for at in pairing.missing if self._own(axis, at, self.reference))
        extra = tuple(at for at in pairing.extra if self._own(axis, at, self.candidate))
        self.structure.found.extend(
            pairing_findings(
                Pairing(pairing.forward, missing, extra, pairing.swaps, pairing.moves),
                lambda index: line_element(axis, index, self.place),
                lambda index: line_box(self.reference.table, axis, index),
                lambda index: line_box(self.candidate.table, axis, index),
            )
        )
        for indices, side in ((missing, self.reference), (extra, self.candidate)):
            for slot, cell in side.slots.items():
                if slot[axis] in indices and (cell.rowspan, cell.columnspan)[axis] == 1:
                    side.done.add((cell.row, cell.column))

    def _own(self, axis: int, index: int, side: _Side) -> bool:
        """Whether an unpaired line is a line of its own, not what one split or extra cell makes."""
        size = side.table.columns if axis == 0 else side.table.rows
        own = 0
        for at in range(size):
            cell = side.slots.get((index, at) if axis == 0 else (at, index))
            if cell is not None:
                own += (cell.rowspan if axis == 0 else cell.columnspan) == 1
        return own * 2 >= size

    def _shifts(self, axis: int) -> None:
        """Finds lines whose cells have moved one place along them."""
        pairing, across = self.match.rows, self.match.columns
        if axis == 1:
            pairing, across = across, pairing
        places = sorted(across.forward)
        other_places = [across.forward[at] for at in places]
        # Where one cell too many lengthens its line only, what it pushes out is part of the line
        for side, unpaired, taken in (
            (self.reference, across.missing, places),
            (self.candidate, across.extra, other_places),
        ):
            taken.extend(at for at in unpaired if not self._own(1 - axis, at, side))
        for index, other in sorted(pairing.forward.items()):
            reference = [_single(self.reference.slots, axis, index, at) for at in places]
            candidate = [_single(self.candidate.slots, axis, other, at) for at in other_places]
            shift = _shift(reference, candidate)
            if shift is not None:
                self._shifted(axis, index, reference, candidate, *shift)

    def _shifted(
        self, axis: int, index: int, reference: _Line, candidate: _Line, start: int, step: int
    ) -> None:
        direction = (("left", "right"), ("up", "down"))[axis][step > 0]
        moved = [cell for cell in candidate[start:] if isinstance(cell, Cell)]
        origin = [cell for cell in reference[start:] if isinstance(cell, Cell)]
        element = line_element(axis, index, self.place)
        if start:
            ends = [cell.column if axis == 0 else cell.row for cell in (origin[0], origin[-1])]
            stretch = ends[0], ends[1] - ends[0] + 1
            element = (
                replace(element, columns=stretch) if axis == 0 else replace(element, rows=stretch)
            )
        boxes = [union(cell.box for cell in cells) for cells in (origin, moved or origin)]
        self.structure.found.append(Finding("shifted", element, None, direction, *boxes))
        self.reference.done.update((cell.row, cell.column) for cell in origin)
        self.candidate.done.update((cell.row, cell.column) for cell in moved)

    # Cells

    def _cells(self) -> None:
        partners: dict[tuple[int, int], Cell] = {}
        overlaps = []
        for cell in self.reference.table.cells:
            for other in self._opposite(cell):
                alike = unlikeness(cell.text.plain, other.text.plain)
                same_span = (cell.rowspan, cell.columnspan) == (other.rowspan, other.columnspan)
                key = (alike, not same_span, cell.row, cell.column, other.row, other.column)
                overlaps.append((self._corner(cell, other), key, cell, other))
        taken: set[tuple[int, int]] = set()
        for _, _, cell, other in sorted(overlaps, key=lambda item: item[:2]):
            here, there = (cell.row, cell.column), (other.row, other.column)
            if here in self.reference.done or there in self.candidate.done:
                continue
            if here not in partners and there not in taken:
                partners[here] = other
                taken.add(there)
        for cell in self.reference.table.cells:
            other_cell = partners.get((cell.row, cell.column))
            if other_cell is not None:
                self._paired(cell, other_cell)
        for cell in self.reference.table.cells:
            here = cell.row, cell.column
            if here not in partners and here not in self.reference.done:
                self._without_partner(cell, self._opposite(cell), missing=True)
        for cell in self.candidate.table.cells:
            here = cell.row, cell.column
            if here not in taken and here not in self.candidate.done:
                self._without_partner(cell, self._behind(cell), missing=False)

    def _corner(self, cell: Cell, other: Cell) -> int:
        """0 where the two begin at the same place, more the further apart."""
        row = self.match.rows.forward.get(cell.row)
        column = self.match.columns.forward.get(_first_column(cell, self.reference.table))
        return (row != other.row) + (column != _first_column(other, self.candidate.table))

    def _opposite(self, cell: Cell) -> list[Cell]:
        """Candidate cells on the slots that stand for a reference cell's slots."""
        rows = [self.match.rows.forward.get(cell.row + at) for at in range(cell.rowspan)]
        columns = [
            self.match.columns.forward.get(cell.column + at) for at in range(cell.columnspan)
        ]
        return _covering(self.candidate.slots, rows, columns)

    def _behind(self, cell: Cell) -> list[Cell]:
        """Reference cells on the slots that stand for a candidate cell's slots."""
        rows = [self.match.rows.backward.get(cell.row + at) for at in range(cell.rowspan)]
        columns = [
            self.match.columns.backward.get(cell.column + at) for at in range(cell.columnspan)
        ]
        return _covering(self.reference.slots, rows, columns)

    def _paired(self, cell: Cell, other: Cell) -> None:
        rows = _lines_paired(cell.row, cell.rowspan, self.match.rows.forward)
        other_rows = _lines_paired(other.row, other.rowspan, self.match.rows.backward)
        columns = _lines_paired(cell.column, cell.columnspan, self.match.columns.forward)
        other_columns = _lines_paired(other.column, other.columnspan, self.match.columns.backward)
        differ = rows != other_rows, columns != other_columns
        before = cell.rowspan * differ[0], cell.columnspan * differ[1]
        after = other.rowspan * differ[0], other.columnspan * differ[1]
        if before == after:
            self.structure.pairs.append((cell, other))
            return
        element = cell_element(cell, self.place)
        self.structure.found.append(Finding("span", element, before, after, cell.box, other.box))
        covered = _joined([cell, *(item for item in self._behind(other) if item is not cell)])
        parts = _joined([other, *(item for item in self._opposite(cell) if item is not other)])
        same = (other.text.plain, parts) if other.text.plain else ("", parts)
        if cell.text.plain in same or other.text.plain in (cell.text.plain, covered):
            self.structure.merged.append((cell, other))
        else:
            self.structure.pairs.append((cell, other))

    def _without_partner(self, cell: Cell, opposite: list[Cell], missing: bool) -> None:
        """A cell whose place is taken by a merged one is part of that change of span."""
        if opposite or not (cell.framed or not cell.empty):
            return
        presence = "missing" if missing else "extra"
        rule, value = f"cell_{presence}", cell.text.plain
        if not cell.framed:
            numeric = parse_number(value) is not None
            rule = f"value_{presence}" if numeric else f"text_{presence}"
        element = cell_element(cell, self.place)
        finding: Finding = Finding(rule, element, value, reference_box=cell.box)
        if not missing:
            finding = Finding(rule, element, candidate=value, candidate_box=cell.box)
        self.structure.found.append(finding)


def line_box(table: Table, axis: int, index: int) -> Box:
    """The box of a row (axis 0) or column (axis 1) over the whole table."""
    edges = table.ys if axis == 0 else table.xs
    start = edges[index]
    last = table.box.y1 if axis == 0 else table.box.x1
    end = edges[index + 1] if index + 1 < len(edges) else last
    if axis == 0:
        return Box(table.box.x0, start, table.box.x1, end)
    return Box(start, table.box.y0, end, table.box.y1)


def _first_column(cell: Cell, table: Table) -> int:
    """The column at which a cell begins, in the direction in which its table is read."""
    return cell.column + (cell.columnspan - 1 if table.right_to_left else 0)


def _lines_paired(start: int, count: int, partners: dict[int, int]) -> int:
    return sum(start + at in partners for at in range(count))


def _covering(
    slots: dict[tuple[int, int], Cell], rows: list[int | None], columns: list[int | None]
) -> list[Cell]:
    found: dict[tuple[int, int], Cell] = {}
    for row in rows:
        for column in columns:
            cell = None if row is None or column is None else slots.get((row, column))
            if cell is not None:
                found[cell.row, cell.column] = cell
    return [found[key] for key in sorted(found)]


def _joined(cells: list[Cell]) -> str:
    ordered = sorted(cells, key=lambda cell: (cell.row, cell.column))
    return " ".join(cell.text.plain for cell in ordered if cell.text.plain)


def _single(
    slots: dict[tuple[int, int], Cell], axis: int, index: int, at: int
) -> Cell | str | None:
    cell = slots.get((index, at) if axis == 0 else (at, index))
    if cell is None or (cell.rowspan == 1 and cell.columnspan == 1 and not cell.tables):
        return cell
    return "span"


def _shift(reference: _Line, candidate: _Line) -> tuple[int, int] | None:
    """(first place, +1 or -1) of a shift that explains every difference of two lines."""
    before = [_shown(cell) for cell in reference]
    after = [_shown(cell) for cell in candidate]
    size = min(len(before), len(after))
    differing = [at for at in range(size) if before[at] != after[at]]
    if not differing:
        return None
    if _is_exchange(before, after, differing):
        return None
    start = differing[0]
    if "span" in reference[start:] or "span" in candidate[start:]:
        return None
    count = len(differing)
    right = [at for at in range(start, len(before)) if at + 1 < len(after)]
    pushed_out = len(candidate) == len(reference) + 1 and candidate[-1] is not None
    fits = pushed_out or not any(candidate[len(reference) :])
    moved_right = fits and all(before[at] == after[at + 1] for at in right)
    filled = (
        len(candidate) >= len(reference)
        and reference[-1] is None
        and candidate[len(reference) - 1] is not None
    )
    if moved_right and _telling(before, right, count, pushed_out or filled):
        return start, 1
    left = [at for at in range(start + 1, len(before)) if at - 1 < len(after)]
    hole = len(candidate) < len(reference) or candidate[len(reference) - 1] is None
    moved_left = all(before[at] == after[at - 1] for at in left)
    fits = not any(after[len(before) :])
    if moved_left and fits and _telling(before, left, count, hole and reference[-1] is not None):
        return start, -1
    return None


def _is_exchange(before: list[str], after: list[str], differing: list[int]) -> bool:
    """Whether two texts have changed places and nothing else: neither left the line."""
    if len(differing) != 2:
        return False
    i, j = differing
    both = before[i], before[j]
    return all(both) and both == (after[j], after[i])


def _shown(cell: Cell | str | None) -> str:
    if isinstance(cell, str):
        return "\0span"
    return "" if cell is None else cell.text.plain


def _telling(before: list[str], places: list[int], differing: int, sure: bool) -> bool:
    """Whether enough has moved to speak of a shift: two texts, or one into or out of a hole."""
    moved = {before[at] for at in places if before[at]}
    return bool(moved) if sure else differing > 1 and len(moved) > 1
