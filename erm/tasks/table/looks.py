"""Differences in how paired cells look: header or not, text style, colours, alignment, borders.

The same change in all cells of a row, a column or the table is one discrepancy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from erm.tasks.discrepancy import MEDIUM, MINOR, Box, Discrepancy
from erm.tasks.table.scene import Cell, Line
from erm.tasks.table.text_style import Change, part_changes, same, same_ratio, text_changes
from erm.tasks.table.wording import alike, color_name, color_pair, span

Pair = tuple[Cell, Cell]
"""A cell of the reference and the cell of the candidate that stands for it."""

_MOST = 0.5
"""Share of a row, a column or the table that must have changed for the change to be named by it."""
_PART = 3
"""Cells of a row or column from which a part of it is named as one."""
_SIDES = ("top", "right", "bottom", "left")
_OPPOSITE = (2, 3, 0, 1)
_STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))
_TEXT_KEYS = {"header": "bold"} | {
    key: key for key in ("italic", "underline", "strike", "raised", "size", "color", "mark")
}
"""Keys of changes of text, with the name of the style's property."""


_HEADER_WORDS = {
    "cell": ("a normal cell", "a header"),
    "row": ("a normal row", "a header"),
    "column": ("a normal column", "a header"),
}
_ALWAYS_WITH_HEADER = ("align", "background", "color", "size")
"""What usually makes up the look of a header beside bold text."""


def look_differences(
    pairs: Sequence[Pair],
    name: Callable[[Cell], str],
    table: str,
    shapes: tuple[tuple[int, int], tuple[int, int]],
    restructured: bool,
) -> list[Discrepancy]:
    """Discrepancies in looks, the largest scope first.

    Args:
        pairs: paired cells whose places in the two tables stand for one another.
        name: location of a reference cell in words.
        table: location of the table in words.
        shapes: (rows, columns) of the reference and of the candidate.
        restructured: whether rows or columns are missing, extra or moved: then a background is
            also right if it is that of the same place in the reference (striped tables).
    """
    grid = {(cell.row, cell.column): cell for cell, _ in pairs}
    edges = _border_changes(pairs, shapes)
    told = _Told()
    for ours, theirs in pairs:
        stripes = grid.get((theirs.row, theirs.column)) if restructured else None
        for change in _changes(ours, theirs, stripes):
            told.add(change, (ours, theirs))
        for change in edges.get((ours.row, ours.column), ()):
            told.add(change, (ours, theirs))
        told.add_parts(ours, theirs, name(ours))
    told.merge_sizes()
    scoped = [
        _Scoped(kind, place, change, members)
        for change, changed in told.changes.items()
        for kind, place, members in _scopes(change, changed, pairs, name, table)
    ]
    headers = {item.place for item in scoped if item.change.key == "header"}
    return told.parts + [
        _discrepancy(item, told.quoted)
        for item in scoped
        if not (item.change.key in _ALWAYS_WITH_HEADER and item.place in headers)
    ]


@dataclass(frozen=True)
class _Scoped:
    """A change and what it holds for: a cell, a row, a column or the table."""

    kind: str
    place: str
    change: Change
    members: list[Pair]


class _Told:
    """The changes of all cells.

    Attributes:
        changes: the pairs of cells that share each change.
        quoted: for a change of all that looked alike in a cell of several styles, the words that
            tell it of this part: (change, reference cell's place) → words.
        parts: discrepancies of other parts of cells.
    """

    def __init__(self) -> None:
        self.changes: dict[Change, list[Pair]] = defaultdict(list)
        self.quoted: dict[tuple[Change, int, int], str] = {}
        self.parts: list[Discrepancy] = []

    def add(self, change: Change, both: Pair) -> None:
        self.changes[change].append(both)

    def add_parts(self, ours: Cell, theirs: Cell, place: str) -> None:
        backgrounds = ours.background, theirs.background
        for part in part_changes(ours.text, theirs.text, backgrounds):
            if part.whole:
                self.add(part.change, (ours, theirs))
                self.quoted[part.change, ours.row, ours.column] = part.words
            else:
                self.parts.append(
                    Discrepancy("layout_error", MINOR, place, part.words, theirs.text.box)
                )

    def merge_sizes(self) -> None:
        """Makes changes of size by one factor one change, told by the size of most cells."""
        sizes = [change for change in self.changes if change.key == "size"]
        sizes.sort(key=lambda change: -len(self.changes[change]))
        for index, change in enumerate(sizes):
            main = next((one for one in sizes[:index] if same_ratio(one, change)), None)
            if main is not None and main in self.changes:
                self.changes[main].extend(self.changes.pop(change))


def _discrepancy(item: _Scoped, quoted: dict[tuple[Change, int, int], str]) -> Discrepancy:
    cell, other = item.members[0]
    words = quoted.get((item.change, cell.row, cell.column)) if item.kind == "cell" else None
    box = union(theirs.box for _, theirs in item.members)
    if words is not None:
        return Discrepancy("layout_error", MINOR, item.place, words, other.text.box)
    if item.change.key == "header":
        words = _header_words(item.change, item.kind)
    severity = _severity(item.change.key, item.kind)
    return Discrepancy("layout_error", severity, item.place, words or item.change.words, box)


def union(items: Iterable[Box]) -> Box:
    """The smallest box around all."""
    boxes = list(items)
    return Box(
        min(box.x0 for box in boxes),
        min(box.y0 for box in boxes),
        max(box.x1 for box in boxes),
        max(box.y1 for box in boxes),
    )


def _severity(key: str, kind: str) -> int:
    return MEDIUM if key == "header" and kind != "cell" else MINOR


def _header_words(change: Change, kind: str) -> str:
    if kind == "table":
        regular = "normal" in change.words
        return f"text is {'regular' if regular else 'bold'} instead of " + (
            "bold" if regular else "regular"
        )
    normal, header = _HEADER_WORDS[kind]
    if "normal cell instead" in change.words:
        return f"is {normal} instead of {header}"
    return f"is {header} instead of {normal}"


def _applies(key: str, both: Pair) -> bool:
    ours, theirs = both
    if key in ("background", "borders"):
        return True
    if key in ("align", "valign"):
        return getattr(ours, key) is not None and getattr(theirs, key) is not None
    return bool(ours.text.plain and theirs.text.plain)


def _looked_so(change: Change, both: Pair) -> bool:
    """Whether a cell looked as the changed ones did, so that it has kept what they lost."""
    ours, theirs = both
    if change.key == "background":
        return isinstance(change.before, str) and alike(ours.background, change.before)
    if change.key in ("align", "valign"):
        return bool(getattr(ours, change.key) == change.before)
    name = _TEXT_KEYS.get(change.key)
    if name is None:
        return True
    styles = {getattr(run.style, name) for run in ours.text.runs}
    if len(styles) > 1 and ours.text.plain != theirs.text.plain:
        # Which part of another text stands for which can't be told
        return False
    return any(same(name, style, change.before) for style in styles)


def _scopes(
    change: Change,
    changed: list[Pair],
    pairs: Sequence[Pair],
    name: Callable[[Cell], str],
    table: str,
) -> list[tuple[str, str, list[Pair]]]:
    """Splits changed cells into the table, whole rows and columns, and single cells.

    A row is whole where all its cells that looked as the changed ones did have changed, and these
    are most of it. Neighbouring rows are told together, and so is a column but for its head.
    """
    places = {(ours.row, ours.column) for ours, _ in changed}
    able = [both for both in pairs if _applies(change.key, both)]
    kept = [
        both[0]
        for both in able
        if (both[0].row, both[0].column) not in places and _looked_so(change, both)
    ]
    rows = {ours.row for ours, _ in changed}
    columns = {ours.column for ours, _ in changed}
    most = len(changed) >= _MOST * len(able)
    if not kept and most and len(rows) > 1 and len(columns) > 1:
        return [("table", table, changed)]
    prefix = "" if table == "table" else f"{table}, "
    lines = [
        (kind, index)
        for kind, indices in (("row", rows), ("column", columns))
        for index in sorted(indices)
        if _on_line(changed, kind, index) >= _MOST * _on_line(able, kind, index)
    ]
    left = list(changed)
    whole: dict[str, dict[int, list[Pair]]] = {"row": {}, "column": {}}
    free = [line for line in lines if all(getattr(cell, line[0]) != line[1] for cell in kept)]
    while free:
        kind, index = max(free, key=lambda line: _on_line(left, *line))
        members = [both for both in left if getattr(both[0], kind) == index]
        if len(members) < 2:
            break
        whole[kind][index] = members
        left = [both for both in left if getattr(both[0], kind) != index]
    scopes = [
        (kind, f"{prefix}{span(kind, start, len(groups))}", [both for g in groups for both in g])
        for kind, found in whole.items()
        for start, groups in _consecutive(found, change.key)
    ]
    for kind, index in lines:
        members = [both for both in left if getattr(both[0], kind) == index]
        part = _part_of_line(kind, members, [cell for cell in kept if getattr(cell, kind) == index])
        if part is not None:
            scopes.append((kind, f"{prefix}{kind} {index + 1}, {part}", members))
            left = [both for both in left if both not in members]
    scopes.extend(("cell", name(both[0]), [both]) for both in left)
    return scopes


def _consecutive(found: dict[int, list[Pair]], key: str) -> Iterator[tuple[int, list[list[Pair]]]]:
    """(first index, members of each) of neighbouring whole rows or columns with one change.

    A row that looks like a header is one by itself.
    """
    groups: list[tuple[int, list[list[Pair]]]] = []
    for index in sorted(found):
        if groups and key != "header" and groups[-1][0] + len(groups[-1][1]) == index:
            groups[-1][1].append(found[index])
        else:
            groups.append((index, [found[index]]))
    yield from groups


def _part_of_line(kind: str, members: list[Pair], kept: list[Cell]) -> str | None:
    """``rows 2-9`` of a column that changed but for its head; None for less than three cells."""
    if len(members) < _PART:
        return None
    along, size = ("column", "columnspan") if kind == "row" else ("row", "rowspan")
    first = min(getattr(ours, along) for ours, _ in members)
    last = max(getattr(ours, along) + getattr(ours, size) for ours, _ in members)
    if any(first < getattr(cell, along) < last for cell in kept):
        return None
    return span(along, first, last - first)


def _on_line(pairs: Sequence[Pair], kind: str, index: int) -> int:
    return sum(getattr(ours, kind) == index for ours, _ in pairs)


def _changes(ours: Cell, theirs: Cell, stripes: Cell | None) -> list[Change]:
    changes: list[Change] = []
    backgrounds = theirs.background, ours.background
    if not alike(*backgrounds) and not (stripes and alike(stripes.background, theirs.background)):
        after, before = color_pair(*backgrounds)
        words = f"background is {after} instead of {before}"
        changes.append(Change("background", words, ours.background, theirs.background))
    if ours.text.plain and theirs.text.plain:
        changes.extend(text_changes(ours.text, theirs.text, (ours.background, theirs.background)))
    if ours.align and theirs.align and ours.align != theirs.align:
        words = f"alignment is {theirs.align} instead of {ours.align}"
        changes.append(Change("align", words, ours.align, theirs.align))
    if ours.valign and theirs.valign and ours.valign != theirs.valign:
        words = f"vertical alignment is {theirs.valign} instead of {ours.valign}"
        changes.append(Change("valign", words, ours.valign, theirs.valign))
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
    for ours, theirs in pairs:
        sides = {
            side
            for side in range(4)
            if not _same_line(ours.borders[side], theirs.borders[side])
            and _same_neighbour(ours, theirs, side, holder, partner, shapes)
        }
        if sides:
            changed[ours.row, ours.column] = sides
    found: dict[tuple[int, int], list[Change]] = {}
    for (row, column), sides in changed.items():
        ours = holder[row, column]
        kept = set()
        for side in sides:
            near = holder.get(_beyond(ours, side))
            mirrored = changed.get((near.row, near.column), set()) if near else set()
            shared = _OPPOSITE[side] in mirrored
            if not shared or (len(sides), side in (1, 2)) >= (len(mirrored), side not in (1, 2)):
                kept.add(side)
        if kept:
            side = min(kept)
            theirs = partner[row, column]
            words = _border_words(theirs.borders[side], ours.borders[side], kept)
            found[row, column] = [Change("borders", words)]
    return found


def _same_neighbour(
    ours: Cell,
    theirs: Cell,
    side: int,
    holder: dict[tuple[int, int], Cell],
    partner: dict[tuple[int, int], Cell],
    shapes: tuple[tuple[int, int], tuple[int, int]],
) -> bool:
    """Whether the cells beyond a side stand for one another, or the table ends there on both."""
    here, there = _beyond(ours, side), _beyond(theirs, side)
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
    same_style = before.style == after.style
    return same_style and abs(before.width - after.width) < 0.5 and alike(before.color, after.color)


def _border_words(after: Line | None, before: Line | None, sides: set[int]) -> str:
    which = "border" if len(sides) > 1 else f"{_SIDES[min(sides)]} border"
    if after is None:
        return f"{which} is missing"
    if before is None:
        return f"{which} is extra"
    if abs(after.width - before.width) >= 0.5:
        return f"{which} is {after.width:g} px instead of {before.width:g} px wide"
    if after.style != before.style:
        return f"{which} is {after.style} instead of {before.style}"
    now, then = color_pair(after.color, before.color)
    return f"{which} is {now} instead of {then}"


def background_words(after: str, before: str) -> str:
    """A paragraph's or caption's fill in words."""
    return f"background is {color_name(after)} instead of {color_name(before)}"
