"""Differences in how paired cells look: header or not, text style, colours, alignment, borders.

The same change in all cells of a row, a column or the table is one discrepancy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from erm.tasks.shared.colours import is_visible
from erm.tasks.shared.findings import union
from erm.tasks.table.elements import (
    Border,
    Element,
    Finding,
    TablePlace,
    cell_element,
    line_element,
    part_of,
)
from erm.tasks.table.scene import Cell, Line
from erm.tasks.table.text_style import (
    Change,
    change_of,
    part_changes,
    same,
    same_ratio,
    text_changes,
)

Pair = tuple[Cell, Cell]
"""A cell of the reference and the cell of the candidate that stands for it."""

_MOST = 0.5
"""Share of a row, a column or the table that must have changed for the change to be named by it."""
_PART = 3
"""Cells of a row or column from which a part of it is named as one."""
_SIDES = ("top", "right", "bottom", "left")
_OPPOSITE = (2, 3, 0, 1)
_STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))
_TEXT_STYLE = ("bold", "italic", "underline", "strike", "raised", "size", "font", "color", "mark")
_WITH_HEADER = ("align", "background", "color", "size")
"""What usually makes up the look of a header along with bold text."""


def look_findings(
    pairs: Sequence[Pair],
    table: TablePlace,
    shapes: tuple[tuple[int, int], tuple[int, int]],
    restructured: bool,
) -> list[Finding]:
    """Differences in looks, the largest scope first.

    Args:
        pairs: paired cells whose places in the two tables stand for one another.
        table: the table to which they belong.
        shapes: (rows, columns) of the reference and of the candidate.
        restructured: whether rows or columns are missing, extra or moved: then a background is
            also right if it is that of the same place in the reference (striped tables).
    """
    grid = {(cell.row, cell.column): cell for cell, _ in pairs}
    edges = _border_changes(pairs, shapes)
    collected = _Collected(table)
    for reference, candidate in pairs:
        stripes = grid.get((candidate.row, candidate.column)) if restructured else None
        for change in _changes(reference, candidate, stripes):
            collected.add(change, (reference, candidate))
        for change in edges.get((reference.row, reference.column), ()):
            collected.add(change, (reference, candidate))
        collected.add_parts(reference, candidate)
    collected.merge_sizes()
    collected.merge_alignments(pairs)
    scoped = [
        _Scoped(element, change, members)
        for change, changed in collected.changes.items()
        if changed
        for element, members in _scopes(change, changed, pairs, table)
    ]
    scoped = _with_emphasis(scoped, pairs, collected.parts_of)
    headers = [item for item in scoped if item.change.rule == "bold"]
    return collected.parts + [
        _finding(item, collected.parts_of)
        for item in scoped
        if not any(_belongs_to(header, item) for header in headers)
    ]


@dataclass(frozen=True)
class _Scoped:
    """A change and what it holds for: a cell, rows, columns or the table."""

    element: Element
    change: Change
    members: list[Pair]


def _belongs_to(header: _Scoped, item: _Scoped) -> bool:
    """Whether a change comes with that of a header: wherever its cells could show it, they do."""
    if item.change.rule not in _WITH_HEADER:
        return False
    changed = {id(reference) for reference, _ in item.members}
    able = {id(both[0]) for both in header.members if _applies(item.change.rule, both)}
    return item.element == header.element or changed == able


class _Collected:
    """The changes of all cells.

    Attributes:
        changes: the pairs of cells that share each change.
        parts_of: of a change of all that looked alike in a cell of several styles, the stretch of
            text: (change, reference cell's place) → text.
        parts: findings on other parts of cells.
    """

    def __init__(self, table: TablePlace) -> None:
        self.table = table
        self.changes: dict[Change, list[Pair]] = defaultdict(list)
        self.parts_of: dict[tuple[Change, int, int], str] = {}
        self.parts: list[Finding] = []

    def add(self, change: Change, pair: Pair) -> None:
        self.changes[change].append(pair)

    def add_parts(self, reference: Cell, candidate: Cell) -> None:
        backgrounds = reference.background, candidate.background
        for part in part_changes(reference.text, candidate.text, backgrounds):
            if part.whole:
                self.add(part.change, (reference, candidate))
                self.parts_of[part.change, reference.row, reference.column] = part.part
            else:
                element = part_of(cell_element(reference, self.table), part.part)
                self.parts.append(_part_finding(element, part.change, (reference, candidate)))

    def merge_sizes(self) -> None:
        """Makes changes of size by one factor one change, with the size of most cells."""
        sizes = [change for change in self.changes if change.rule == "size"]
        sizes.sort(key=lambda change: -len(self.changes[change]))
        for index, change in enumerate(sizes):
            main = next((one for one in sizes[:index] if same_ratio(one, change)), None)
            if main is not None and main in self.changes:
                self.changes[main].extend(self.changes.pop(change))

    def merge_alignments(self, pairs: Sequence[Pair]) -> None:
        """Makes one change of a column in which all cells get or lose one alignment, its head too.

        Heads are centred where nothing else is said, so that they lose or get another one.
        """
        for rule in ("align", "valign"):
            changes = [change for change in self.changes if change.rule == rule]
            changes.sort(key=lambda change: -len(self.changes[change]))
            able = [both[0] for both in pairs if _applies(rule, both)]
            for index, change in enumerate(changes):
                for main in changes[:index]:
                    if change.candidate == main.candidate:
                        self._join_columns(main, change, able, heads_only=False)
                    elif change.reference == main.reference and change.candidate == "center":
                        self._join_columns(main, change, able, heads_only=True)

    def _join_columns(
        self, main: Change, change: Change, able: Sequence[Cell], *, heads_only: bool
    ) -> None:
        """Moves a change's cells to another one in the columns that have both and no other cell."""
        changed = {id(cell) for one in (main, change) for cell, _ in self.changes[one]}
        columns = {cell.column for cell, _ in self.changes[main]}
        columns -= {cell.column for cell in able if id(cell) not in changed}
        joined = [
            both
            for both in self.changes[change]
            if both[0].column in columns and (both[0].text.is_bold or not heads_only)
        ]
        self.changes[main].extend(joined)
        self.changes[change] = [both for both in self.changes[change] if both not in joined]


def _finding(item: _Scoped, parts_of: dict[tuple[Change, int, int], str]) -> Finding:
    element, change = item.element, item.change
    cell = item.members[0][0]
    part = parts_of.get((change, cell.row, cell.column)) if element.kind == "cell" else None
    if part is not None:
        return _part_finding(part_of(element, part), change, item.members[0])
    rule = change.rule
    if rule == "bold" and element.kind != "table":
        rule = "header_cell" if element.kind == "cell" else "header_line"
    return Finding(
        rule,
        element,
        change.reference,
        change.candidate,
        union(reference.box for reference, _ in item.members),
        union(candidate.box for _, candidate in item.members),
    )


def _head_places(cells: Sequence[Cell]) -> set[tuple[int, int]]:
    """Places of the cells in rows and columns that are bold wherever they hold text."""
    written = [cell for cell in cells if cell.text.plain]
    rows = {row for cell in written if not cell.text.is_bold for row in cell.rows}
    columns = {column for cell in written if not cell.text.is_bold for column in cell.columns}
    return {
        (cell.row, cell.column)
        for cell in written
        if not (rows.issuperset(cell.rows) and columns.issuperset(cell.columns))
    }


def _with_emphasis(
    scoped: list[_Scoped],
    pairs: Sequence[Pair],
    parts_of: dict[tuple[Change, int, int], str],
) -> list[_Scoped]:
    """Bold text that was lost where it made no header is one change with italics lost there.

    Bold text that was won along with italics makes no header either.
    """
    heads = [_head_places([both[side] for both in pairs]) for side in (0, 1)]
    italics = {item.element: item for item in scoped if item.change.rule == "italic"}
    found: list[_Scoped] = []
    for item in scoped:
        change, cell = item.change, item.members[0][0]
        italic = italics.get(item.element)
        side = 0 if change.reference else 1
        in_head = {(both[side].row, both[side].column) for both in item.members} & heads[side]
        in_part = item.element.kind == "cell" and (change, cell.row, cell.column) in parts_of
        won_alone = side == 1 and italic is None
        if change.rule != "bold" or in_head or in_part or won_alone:
            found.append(item)
            continue
        slants: tuple[object, object] = cell.text.is_italic, cell.text.is_italic
        if italic is not None:
            del italics[item.element]
            slants = italic.change.reference, italic.change.candidate
        words = _emphasis(change.reference, slants[0]), _emphasis(change.candidate, slants[1])
        found.append(replace(item, change=Change("emphasis", None, *words)))
    return [item for item in found if item.change.rule != "italic" or item.element in italics]


def _emphasis(bold: object, italic: object) -> str:
    names = ["bold"] * bool(bold) + ["italic"] * bool(italic)
    return " ".join(names) or "regular"


def _part_finding(element: Element, change: Change, pair: Pair) -> Finding:
    reference, candidate = pair
    boxes = reference.text.box, candidate.text.box
    return Finding(change.rule, element, change.reference, change.candidate, *boxes)


def _applies(rule: str, both: Pair) -> bool:
    reference, candidate = both
    if rule in ("background", "border"):
        return True
    if rule in ("align", "valign"):
        return getattr(reference, rule) is not None and getattr(candidate, rule) is not None
    return bool(reference.text.plain and candidate.text.plain)


def _looked_so(change: Change, both: Pair) -> bool:
    """Whether a cell looked as the changed ones did, so that it has kept what they lost."""
    reference, candidate = both
    if change.rule == "background":
        return not is_visible(reference.background, str(change.reference))
    if change.rule in ("align", "valign"):
        return bool(getattr(reference, change.rule) == change.reference)
    if change.rule not in _TEXT_STYLE:
        return True
    styles = {getattr(run.style, change.rule) for run in reference.text.runs}
    if len(styles) > 1 and reference.text.plain != candidate.text.plain:
        # Which part of another text stands for which is unknown
        return False
    if change.rule == "mark":
        styles = {style or reference.background for style in styles}
    return any(same(change.rule, style, change.reference) for style in styles)


def _scopes(
    change: Change, changed: list[Pair], pairs: Sequence[Pair], table: TablePlace
) -> list[tuple[Element, list[Pair]]]:
    """Splits changed cells into the table, whole rows and columns, and single cells.

    A row is whole where all its cells that looked as the changed ones did have changed, and these
    are most of it. Neighbouring rows are one element, and so is a column but for its head.
    """
    places = {(reference.row, reference.column) for reference, _ in changed}
    able = [both for both in pairs if _applies(change.rule, both)]
    kept = [
        both[0]
        for both in able
        if (both[0].row, both[0].column) not in places and _looked_so(change, both)
    ]
    rows = {reference.row for reference, _ in changed}
    columns = {reference.column for reference, _ in changed}
    most = len(changed) >= _MOST * len(able)
    if not kept and most and len(rows) > 1 and len(columns) > 1:
        return [(Element("table", table=table), changed)]
    lines = [
        (axis, index)
        for axis, indices in enumerate((rows, columns))
        for index in sorted(indices)
        if _on_line(changed, axis, index) >= _MOST * _on_line(able, axis, index)
    ]
    left = list(changed)
    whole: tuple[dict[int, list[Pair]], dict[int, list[Pair]]] = ({}, {})
    free = [line for line in lines if all(_index(cell, line[0]) != line[1] for cell in kept)]
    while free:
        axis, index = max(free, key=lambda line: _on_line(left, *line))
        members = [both for both in left if _index(both[0], axis) == index]
        if len(members) < 2:
            break
        whole[axis][index] = members
        left = [both for both in left if _index(both[0], axis) != index]
    scopes = [
        (line_element(axis, start, table, len(groups)), [both for g in groups for both in g])
        for axis, found in enumerate(whole)
        for start, groups in _consecutive(found, change.rule)
    ]
    for axis, index in lines:
        members = [both for both in left if _index(both[0], axis) == index]
        held = [cell for cell in kept if _index(cell, axis) == index]
        stretch = _part_of_line(axis, members, held)
        if stretch is not None:
            line = line_element(axis, index, table)
            element = replace(line, columns=stretch) if axis == 0 else replace(line, rows=stretch)
            scopes.append((element, members))
            left = [both for both in left if both not in members]
    scopes.extend((cell_element(both[0], table), [both]) for both in left)
    return scopes


def _index(cell: Cell, axis: int) -> int:
    """The row (axis 0) or column (axis 1) at which a cell begins."""
    return cell.row if axis == 0 else cell.column


def _consecutive(found: dict[int, list[Pair]], rule: str) -> Iterator[tuple[int, list[list[Pair]]]]:
    """(first index, members of each) of neighbouring whole rows or columns with one change.

    A row that looks like a header is one by itself.
    """
    groups: list[tuple[int, list[list[Pair]]]] = []
    for index in sorted(found):
        if groups and rule != "bold" and groups[-1][0] + len(groups[-1][1]) == index:
            groups[-1][1].append(found[index])
        else:
            groups.append((index, [found[index]]))
    yield from groups


def _part_of_line(axis: int, members: list[Pair], kept: list[Cell]) -> tuple[int, int] | None:
    """(first, count) of the cells of a line that changed but for its head; None for less than
    three cells."""
    if len(members) < _PART:
        return None
    cells = [reference for reference, _ in members]
    first = min(_index(cell, 1 - axis) for cell in cells)
    last = max(
        _index(cell, 1 - axis) + (cell.columnspan if axis == 0 else cell.rowspan) for cell in cells
    )
    if any(first < _index(cell, 1 - axis) < last for cell in kept):
        return None
    return first, last - first


def _on_line(pairs: Sequence[Pair], axis: int, index: int) -> int:
    return sum(_index(reference, axis) == index for reference, _ in pairs)


def _changes(reference: Cell, candidate: Cell, stripes: Cell | None) -> list[Change]:
    changes: list[Change] = []
    backgrounds = reference.background, candidate.background
    restriped = stripes and not is_visible(stripes.background, candidate.background)
    if is_visible(*backgrounds) and not restriped:
        changes.append(change_of("background", *backgrounds))
    if reference.text.plain and candidate.text.plain:
        changes.extend(text_changes(reference.text, candidate.text, backgrounds))
    for rule in ("align", "valign"):
        before, after = getattr(reference, rule), getattr(candidate, rule)
        if before and after and before != after:
            changes.append(change_of(rule, before, after))
    return changes


def _border_changes(
    pairs: Sequence[Pair], shapes: tuple[tuple[int, int], tuple[int, int]]
) -> dict[tuple[int, int], list[Change]]:
    """Changed borders by reference cell; a line between two cells counts for one of them."""
    partner = {(cell.row, cell.column): other for cell, other in pairs}
    holder = {
        (row, column): cell
        for cell, _ in pairs
        for row in range(cell.row, cell.row + cell.rowspan)
        for column in range(cell.column, cell.column + cell.columnspan)
    }
    changed: dict[tuple[int, int], set[int]] = {}
    for reference, candidate in pairs:
        sides = {
            side
            for side in range(4)
            if not _same_line(reference.borders[side], candidate.borders[side])
            and _same_neighbour(reference, candidate, side, holder, partner, shapes)
        }
        if sides:
            changed[reference.row, reference.column] = sides
    found: dict[tuple[int, int], list[Change]] = {}
    for (row, column), sides in changed.items():
        reference = holder[row, column]
        kept = set()
        for side in sides:
            near = holder.get(_beyond(reference, side))
            mirrored = changed.get((near.row, near.column), set()) if near else set()
            shared = _OPPOSITE[side] in mirrored
            if not shared or (len(sides), side in (1, 2)) >= (len(mirrored), side not in (1, 2)):
                kept.add(side)
        if kept:
            side, names = min(kept), tuple(_SIDES[side] for side in sorted(kept))
            before, after = reference.borders[side], partner[row, column].borders[side]
            change = change_of("border", Border(names, before), Border(names, after))
            found[row, column] = [change]
    return found


def _same_neighbour(
    reference: Cell,
    candidate: Cell,
    side: int,
    holder: dict[tuple[int, int], Cell],
    partner: dict[tuple[int, int], Cell],
    shapes: tuple[tuple[int, int], tuple[int, int]],
) -> bool:
    """Whether the cells beyond a side stand for one another, or the table ends there on both."""
    here, there = _beyond(reference, side), _beyond(candidate, side)
    near = holder.get(here)
    if near is not None:
        return _covers(partner[near.row, near.column], there)
    return all(
        not (0 <= row < shape[0] and 0 <= column < shape[1])
        for (row, column), shape in zip((here, there), shapes, strict=True)
    )


def _beyond(cell: Cell, side: int) -> tuple[int, int]:
    """The slot next to a cell's first one beyond one of its sides."""
    down, right = _STEPS[side]
    row = cell.row + (cell.rowspan if down > 0 else down)
    return row, cell.column + (cell.columnspan if right > 0 else right)


def _covers(cell: Cell, place: tuple[int, int]) -> bool:
    row, column = place
    return (
        cell.row <= row < cell.row + cell.rowspan
        and cell.column <= column < cell.column + cell.columnspan
    )


def _same_line(before: Line | None, after: Line | None) -> bool:
    if before is None or after is None:
        return before is after
    alike = before.style == after.style and not is_visible(before.color, after.color)
    return alike and abs(before.width - after.width) < 0.5
