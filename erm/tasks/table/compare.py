"""Exact discrepancies between two table documents.

Tables, then rows and columns, then cells are paired; of several readings of a pair of tables the
one that leaves the least to report is kept. Related differences are one discrepancy: a removed row,
two swapped columns, a shifted row, the same change of look in a whole row. Sources are not looked
at: two documents that look the same have no discrepancies whatever their markup.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace

from erm.tasks.discrepancy import MEDIUM, MINOR, SEVERE, Box, Discrepancy
from erm.tasks.table.alignment import pair
from erm.tasks.table.looks import (
    Pair,
    background_words,
    look_differences,
    union,
)
from erm.tasks.table.matching import Match, matches, table_cost, table_gap, unlikeness
from erm.tasks.table.scene import Caption, Cell, Document, Paragraph, Table, Text
from erm.tasks.table.structure import (
    line_box,
    pairing_differences,
    place,
    structure_differences,
)
from erm.tasks.table.text_style import part_changes, text_changes
from erm.tasks.table.wording import (
    alike,
    number,
    shortened,
    text_difference,
    text_severity,
    value_severity,
)

_SIZE = 4.0
"""Difference in px from which a column's width or a row's height is seen to differ."""


def compare_documents(reference: Document, candidate: Document) -> list[Discrepancy]:
    """Discrepancies of the candidate, in any order; empty where both look the same."""
    if reference == candidate:
        return []
    found = compare_tables(reference.tables, candidate.tables, "")
    found.extend(_paragraphs(reference.paragraphs, candidate.paragraphs))
    return found


def compare_tables(
    reference: Sequence[Table], candidate: Sequence[Table], prefix: str
) -> list[Discrepancy]:
    """Discrepancies of two sequences of tables; `prefix` opens every location."""
    pairing = pair(
        lambda i, j: table_cost(reference[i], candidate[j]),
        [table_gap(table) for table in reference],
        [table_gap(table) for table in candidate],
    )
    if len(reference) == len(candidate) == 1:
        return _table(reference[0], candidate[0], prefix, f"{prefix}table")
    found = pairing_differences(
        pairing,
        f"{prefix}table",
        lambda index: reference[index].box,
        lambda index: candidate[index].box,
    )
    for index, other in sorted(pairing.forward.items()):
        name = f"{prefix}table {index + 1}"
        found.extend(_table(reference[index], candidate[other], f"{name}, ", name))
    return found


def _table(reference: Table, candidate: Table, prefix: str, name: str) -> list[Discrepancy]:
    found = _captions(reference.caption, candidate.caption, prefix)
    best: list[Discrepancy] | None = None
    for match in matches(reference, candidate):
        differences = _grid(match, prefix, name)
        if best is None or _weight(differences) < _weight(best):
            best = differences
        if len(best) <= 1:
            break
    found.extend(best or ())
    return found or _sizes(reference, candidate, prefix, name)


def _weight(found: Sequence[Discrepancy]) -> float:
    """What a reading leaves to report: the number of discrepancies, then their severity."""
    return sum(1 + 0.2 * item.severity for item in found)


def _grid(match: Match, prefix: str, name: str) -> list[Discrepancy]:
    structure = structure_differences(match, prefix)
    found = structure.found
    texts = [
        (ours, theirs)
        for ours, theirs in structure.pairs
        if ours.text.plain != theirs.text.plain and not _only_rewrapped(ours.text, theirs.text)
    ]
    differences, exchanged = _texts(texts, prefix)
    found.extend(differences)
    rows, columns = match.rows, match.columns
    reference, candidate = match.reference, match.candidate
    shapes = (reference.rows, reference.columns), (candidate.rows, candidate.columns)
    restructured = bool(
        rows.missing or rows.extra or rows.moves or columns.missing or columns.extra
    )
    pairs = [
        (ours, _at_home(ours, theirs, exchanged.get((ours.row, ours.column))))
        for ours, theirs in structure.pairs
    ]
    pairs.extend(_span_aside(ours, theirs) for ours, theirs in structure.merged)
    found.extend(
        look_differences(pairs, lambda cell: place(cell, prefix), name, shapes, restructured)
    )
    for ours, theirs in structure.pairs:
        if ours.tables or theirs.tables:
            inner = f"{place(ours, prefix)}, inner "
            found.extend(compare_tables(ours.tables, theirs.tables, inner))
    return found


def _only_rewrapped(ours: Text, theirs: Text) -> bool:
    """Whether two texts differ only in spaces that a line break may have taken or added."""
    wrapped = ours.lines > 1 or theirs.lines > 1
    return wrapped and ours.plain.replace(" ", "") == theirs.plain.replace(" ", "")


# Texts


def _texts(
    changed: Sequence[Pair], prefix: str
) -> tuple[list[Discrepancy], dict[tuple[int, int], Text]]:
    """Differing texts of paired cells; two that have changed places are one discrepancy.

    Also returns, for cells of the reference whose texts have changed places, the candidate's text
    that now stands elsewhere.
    """
    found: list[Discrepancy] = []
    elsewhere: dict[tuple[int, int], Text] = {}
    for index, (ours, theirs) in enumerate(changed):
        if (ours.row, ours.column) in elsewhere:
            continue
        partner = _exchanged(ours, theirs, changed[index + 1 :], elsewhere)
        if partner is None:
            found.append(_text_difference(ours, theirs, prefix))
            continue
        other, other_theirs = partner
        elsewhere[ours.row, ours.column] = other_theirs.text
        elsewhere[other.row, other.column] = theirs.text
        boxes = union((theirs.box, other_theirs.box))
        first, second = (ours, other) if ours.text.plain else (other, ours)
        action = "swapped with" if second.text.plain else "moved to"
        words = f"is {action} {place(second, '')}"
        found.append(Discrepancy("layout_error", MEDIUM, place(first, prefix), words, boxes))
    return found, elsewhere


def _span_aside(ours: Cell, theirs: Cell) -> Pair:
    """A merged or split cell without the looks that follow from its span."""
    return ours, replace(theirs, align=None, valign=None, borders=ours.borders)


def _at_home(ours: Cell, theirs: Cell, elsewhere: Text | None) -> Cell:
    """The candidate's cell with its text where it belongs, if its style went along with it."""
    if elsewhere is None:
        return theirs
    backgrounds = ours.background, theirs.background
    went_along = len(text_changes(ours.text, elsewhere, backgrounds))
    stayed = len(text_changes(ours.text, theirs.text, backgrounds))
    return replace(theirs, text=elsewhere) if went_along < stayed else theirs


def _exchanged(
    ours: Cell, theirs: Cell, later: Sequence[Pair], done: Container[tuple[int, int]]
) -> Pair | None:
    for other, other_theirs in later:
        if (other.row, other.column) in done:
            continue
        if (ours.text.plain, other.text.plain) == (other_theirs.text.plain, theirs.text.plain):
            return other, other_theirs
    return None


def _text_difference(ours: Cell, theirs: Cell, prefix: str) -> Discrepancy:
    header = all(run.style.bold for run in ours.text.runs) and bool(ours.text.runs)
    category, severity, words = _described(ours.text.plain, theirs.text.plain)
    if header and category == "text_error" and severity == MEDIUM:
        severity = SEVERE
    return Discrepancy(category, severity, place(ours, prefix), words, theirs.box)


def _described(ours: str, theirs: str) -> tuple[str, int, str]:
    """(category, severity, description) of two different texts."""
    before, after = number(ours), number(theirs)
    if not theirs:
        if before is None:
            return "text_error", MEDIUM, f"text '{shortened(ours)}' is missing"
        return "numeric_error", SEVERE, f"value {ours} is missing"
    if not ours:
        if after is None:
            return "text_error", MEDIUM, f"text '{shortened(theirs)}' is extra"
        return "numeric_error", SEVERE, f"value {theirs} is extra"
    if before is not None and after is not None:
        severity = value_severity(theirs, ours)
        return "numeric_error", severity, f"value is {theirs} instead of {ours}"
    return "text_error", text_severity(theirs, ours), text_difference(theirs, ours)


# Captions, paragraphs, sizes


def _captions(ours: Caption | None, theirs: Caption | None, prefix: str) -> list[Discrepancy]:
    where = f"{prefix}caption"
    if ours is None and theirs is None:
        return []
    if theirs is None:
        assert ours is not None
        return [Discrepancy("layout_error", MEDIUM, where, "is missing", ours.box, "reference")]
    if ours is None:
        return [Discrepancy("layout_error", MEDIUM, where, "is extra", theirs.box)]
    found = _block(
        where, (ours.text, ours.background), (theirs.text, theirs.background), theirs.box
    )
    if ours.side != theirs.side:
        now, then = ("below", "above") if theirs.side == "bottom" else ("above", "below")
        words = f"is {now} instead of {then} the table"
        found.append(Discrepancy("layout_error", MINOR, where, words, theirs.box))
    if ours.align and theirs.align and ours.align != theirs.align:
        words = f"alignment is {theirs.align} instead of {ours.align}"
        found.append(Discrepancy("layout_error", MINOR, where, words, theirs.box))
    return found


def _block(
    where: str, ours: tuple[Text, str], theirs: tuple[Text, str], box: Box
) -> list[Discrepancy]:
    """Differences of two texts that stand outside the grid."""
    found: list[Discrepancy] = []
    if ours[0].plain != theirs[0].plain and not _only_rewrapped(ours[0], theirs[0]):
        category, severity, words = _described(ours[0].plain, theirs[0].plain)
        found.append(Discrepancy(category, severity, where, words, box))
    if not alike(ours[1], theirs[1]):
        words = background_words(theirs[1], ours[1])
        found.append(Discrepancy("layout_error", MINOR, where, words, box))
    if ours[0].plain and theirs[0].plain:
        for change in text_changes(ours[0], theirs[0], (ours[1], theirs[1])):
            words = change.words
            if change.key == "header":
                bold = "is a header" in words
                words = "text is " + (
                    "bold instead of regular" if bold else "regular instead of bold"
                )
            found.append(Discrepancy("layout_error", MINOR, where, words, box))
        found.extend(
            Discrepancy("layout_error", MINOR, where, part.words, box)
            for part in part_changes(ours[0], theirs[0], (ours[1], theirs[1]))
        )
    return found


def _paragraphs(
    reference: Sequence[Paragraph], candidate: Sequence[Paragraph]
) -> list[Discrepancy]:
    pairing = pair(
        lambda i, j: unlikeness(reference[i].text.plain, candidate[j].text.plain),
        [0.85] * len(reference),
        [0.85] * len(candidate),
    )
    found = [
        Discrepancy(
            "text_error",
            item.severity,
            item.location,
            item.description,
            item.box,
            item.box_in,
        )
        for item in pairing_differences(
            pairing,
            "paragraph",
            lambda index: reference[index].box,
            lambda index: candidate[index].box,
        )
    ]
    for index, other in sorted(pairing.forward.items()):
        ours, theirs = reference[index], candidate[other]
        before, after = (ours.text, ours.background), (theirs.text, theirs.background)
        found.extend(_block(f"paragraph {index + 1}", before, after, theirs.box))
    return found


def _sizes(ours: Table, theirs: Table, prefix: str, name: str) -> list[Discrepancy]:
    """Columns and rows of other sizes, told only where nothing else is: else they follow."""
    found: list[Discrepancy] = []
    for axis, (noun, side) in enumerate((("row", "tall"), ("column", "wide"))):
        before, after = _extent(ours, axis), _extent(theirs, axis)
        differing = [
            index
            for index, (old, new) in enumerate(zip(before, after, strict=True))
            if abs(old - new) >= _SIZE
        ]
        if not differing:
            continue
        if len(differing) == 1:
            index = differing[0]
            where, box = f"{prefix}{noun} {index + 1}", line_box(theirs, axis, index)
            now, then = after[index], before[index]
        else:
            where, box, now, then = name, theirs.box, sum(after), sum(before)
        if abs(now - then) >= _SIZE:
            words = f"is {now:.0f} px instead of {then:.0f} px {side}"
        else:
            words = f"has {noun}s of other sizes"
        found.append(Discrepancy("layout_error", MINOR, where, words, box))
    return found


def _extent(table: Table, axis: int) -> list[float]:
    boxes = [line_box(table, axis, index) for index in range((table.rows, table.columns)[axis])]
    return [box.y1 - box.y0 if axis == 0 else box.x1 - box.x0 for box in boxes]
