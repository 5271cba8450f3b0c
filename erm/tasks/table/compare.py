"""Exact discrepancies between two table documents.

Tables, then rows and columns, then cells are paired; of several readings of a pair of tables the
one that leaves the least to report is kept. Related differences are one finding: a removed row,
two swapped columns, a shifted row, the same change of look in a whole row. Sources are not looked
at: two documents that look the same have no discrepancies whatever their markup.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace

from erm.tasks.discrepancy import Box, Discrepancy
from erm.tasks.shared.colours import is_visible
from erm.tasks.shared.findings import union, write_discrepancy
from erm.tasks.shared.numbers import parse_number, unit_of
from erm.tasks.shared.text import is_typo
from erm.tasks.table.alignment import pair
from erm.tasks.table.elements import (
    Element,
    Finding,
    TablePlace,
    cell_element,
    line_element,
    part_of,
)
from erm.tasks.table.looks import Pair, look_findings
from erm.tasks.table.matching import Match, matches, table_cost, table_gap, unlikeness
from erm.tasks.table.phrase import phrase
from erm.tasks.table.scene import Caption, Cell, Document, Paragraph, Table, Text
from erm.tasks.table.severity import RULES, weight
from erm.tasks.table.structure import line_box, pairing_findings, structure_findings
from erm.tasks.table.text_style import Change, part_changes, text_changes

_SIZE = 4.0
"""Difference in px from which a column's width or a row's height is seen to differ."""


def compare_documents(reference: Document, candidate: Document) -> list[Discrepancy]:
    """Discrepancies of the candidate, in any order; empty where both look the same."""
    if reference == candidate:
        return []
    found = _tables(reference.tables, candidate.tables, None)
    found.extend(_paragraphs(reference.paragraphs, candidate.paragraphs))
    # Rows and columns take their room from the rest, so one box can't cover both sides
    return [write_discrepancy(finding, RULES, phrase, same_canvas=False) for finding in found]


def _tables(
    reference: Sequence[Table], candidate: Sequence[Table], outer: Element | None
) -> list[Finding]:
    """Differences of two sequences of tables, which may stand in a cell of an outer table."""
    pairing = pair(
        lambda i, j: table_cost(reference[i], candidate[j]),
        [table_gap(table) for table in reference],
        [table_gap(table) for table in candidate],
    )
    if len(reference) == len(candidate) == 1:
        return _table(reference[0], candidate[0], TablePlace(outer=outer))
    found = pairing_findings(
        pairing,
        lambda index: Element("table", table=TablePlace(index, outer)),
        lambda index: reference[index].box,
        lambda index: candidate[index].box,
    )
    for index, other in sorted(pairing.forward.items()):
        found.extend(_table(reference[index], candidate[other], TablePlace(index, outer)))
    return found


def _table(reference: Table, candidate: Table, place: TablePlace) -> list[Finding]:
    found = _captions(reference.caption, candidate.caption, place)
    best: list[Finding] | None = None
    for match in matches(reference, candidate):
        differences = _grid(match, place)
        if best is None or _weight(differences) < _weight(best):
            best = differences
        if len(best) <= 1:
            break
    found.extend(best or ())
    return found or _sizes(reference, candidate, place)


def _weight(found: Sequence[Finding]) -> float:
    return weight(finding.rule for finding in found)


def _grid(match: Match, place: TablePlace) -> list[Finding]:
    structure = structure_findings(match, place)
    found = structure.found
    texts = [
        (reference, candidate)
        for reference, candidate in structure.pairs
        if reference.text.plain != candidate.text.plain
        and not _only_rewrapped(reference.text, candidate.text)
    ]
    differences, exchanged = _texts(texts, place)
    found.extend(differences)
    rows, columns = match.rows, match.columns
    reference_table, candidate_table = match.reference, match.candidate
    shapes = (
        (reference_table.rows, reference_table.columns),
        (candidate_table.rows, candidate_table.columns),
    )
    restructured = bool(
        rows.missing or rows.extra or rows.moves or columns.missing or columns.extra
    )
    pairs = [
        (cell, _at_home(cell, other, exchanged.get((cell.row, cell.column))))
        for cell, other in structure.pairs
    ]
    pairs.extend(_without_span_looks(cell, other) for cell, other in structure.merged)
    found.extend(look_findings(pairs, place, shapes, restructured))
    for cell, other in structure.pairs:
        if cell.tables or other.tables:
            found.extend(_tables(cell.tables, other.tables, cell_element(cell, place)))
    return found


def _only_rewrapped(reference: Text, candidate: Text) -> bool:
    """Whether two texts differ only in spaces that a line break may have taken or added."""
    wrapped = reference.lines > 1 or candidate.lines > 1
    return wrapped and reference.plain.replace(" ", "") == candidate.plain.replace(" ", "")


# Texts


def _texts(
    changed: Sequence[Pair], place: TablePlace
) -> tuple[list[Finding], dict[tuple[int, int], Text]]:
    """Differing texts of paired cells; two that have changed places are one finding.

    Also returns, for cells of the reference whose texts have changed places, the candidate's text
    that now stands elsewhere.
    """
    found: list[Finding] = []
    elsewhere: dict[tuple[int, int], Text] = {}
    for index, (cell, candidate) in enumerate(changed):
        if (cell.row, cell.column) in elsewhere:
            continue
        partner = _exchanged(cell, candidate, changed[index + 1 :], elsewhere)
        if partner is None:
            found.append(_cell_text(cell, candidate, place))
            continue
        other, other_candidate = partner
        elsewhere[cell.row, cell.column] = other_candidate.text
        elsewhere[other.row, other.column] = candidate.text
        first, second = (cell, other) if cell.text.plain else (other, cell)
        rule = "cells_swapped" if second.text.plain else "text_moved"
        boxes = [
            union(boxes) for boxes in ((cell.box, other.box), (candidate.box, other_candidate.box))
        ]
        origin, target = cell_element(first, place), cell_element(second, TablePlace())
        found.append(Finding(rule, origin, origin, target, *boxes))
    return found, elsewhere


def _without_span_looks(reference: Cell, candidate: Cell) -> Pair:
    """A merged or split cell without the looks that follow from its span."""
    return reference, replace(candidate, align=None, valign=None, borders=reference.borders)


def _at_home(reference: Cell, candidate: Cell, elsewhere: Text | None) -> Cell:
    """The candidate's cell with its text where it belongs, if its style went along with it."""
    if elsewhere is None:
        return candidate
    backgrounds = reference.background, candidate.background
    went_along = len(text_changes(reference.text, elsewhere, backgrounds))
    stayed = len(text_changes(reference.text, candidate.text, backgrounds))
    return replace(candidate, text=elsewhere) if went_along < stayed else candidate


def _exchanged(
    reference: Cell, candidate: Cell, later: Sequence[Pair], done: Container[tuple[int, int]]
) -> Pair | None:
    for other, other_candidate in later:
        if (other.row, other.column) in done:
            continue
        if (reference.text.plain, other.text.plain) == (
            other_candidate.text.plain,
            candidate.text.plain,
        ):
            return other, other_candidate
    return None


def _cell_text(reference: Cell, candidate: Cell, place: TablePlace) -> Finding:
    finding = _text_finding(
        cell_element(reference, place),
        (reference.text.plain, candidate.text.plain),
        (reference.box, candidate.box),
    )
    if reference.text.is_bold and finding.rule in ("text", "text_missing"):
        return replace(finding, rule=f"head_{finding.rule}")
    return finding


def _text_finding(element: Element, texts: tuple[str, str], boxes: tuple[Box, Box]) -> Finding:
    """The finding of two different texts, reference first."""
    reference, candidate = texts
    if not candidate or not reference:
        value, presence = (reference, "missing") if reference else (candidate, "extra")
        kind = "text" if parse_number(value) is None else "value"
        return Finding(f"{kind}_{presence}", element, reference or None, candidate or None, *boxes)
    if parse_number(reference) is not None and parse_number(candidate) is not None:
        rule = _value_rule(reference, candidate)
    else:
        rule = "slip" if is_typo(candidate, reference) else "text"
    return Finding(rule, element, reference, candidate, *boxes)


def _value_rule(reference: str, candidate: str) -> str:
    before, after = parse_number(reference), parse_number(candidate)
    assert before is not None
    assert after is not None
    if before == after:
        return "value_form" if unit_of(candidate) == unit_of(reference) else "value_unit"
    near = before * after >= 0 and abs(before - after) <= 0.5 * max(abs(before), abs(after))
    return "value_near" if near else "value_far"


# Captions, paragraphs, sizes


def _captions(
    reference: Caption | None, candidate: Caption | None, place: TablePlace
) -> list[Finding]:
    element = Element("caption", table=place)
    if reference is None and candidate is None:
        return []
    if candidate is None:
        assert reference is not None
        return [Finding("caption_missing", element, reference_box=reference.box)]
    if reference is None:
        return [Finding("caption_extra", element, candidate_box=candidate.box)]
    boxes = reference.box, candidate.box
    found = _block(element, reference, candidate)
    if reference.side != candidate.side:
        found.append(Finding("caption_side", element, reference.side, candidate.side, *boxes))
    if reference.align and candidate.align and reference.align != candidate.align:
        found.append(Finding("align", element, reference.align, candidate.align, *boxes))
    return found


def _block(
    element: Element, reference: Caption | Paragraph, candidate: Caption | Paragraph
) -> list[Finding]:
    """Differences of two texts that stand outside the grid."""
    texts = reference.text, candidate.text
    plain = reference.text.plain, candidate.text.plain
    boxes = reference.box, candidate.box
    backgrounds = reference.background, candidate.background
    found: list[Finding] = []
    if plain[0] != plain[1] and not _only_rewrapped(*texts):
        found.append(_text_finding(element, plain, boxes))
    if is_visible(*backgrounds):
        found.append(Finding("background", element, *backgrounds, *boxes))
    if all(plain):
        found.extend(
            _change(element, change, boxes) for change in text_changes(*texts, backgrounds)
        )
        found.extend(
            _change(part_of(element, part.part), part.change, boxes)
            for part in part_changes(*texts, backgrounds)
        )
    return found


def _change(element: Element, change: Change, boxes: tuple[Box, Box]) -> Finding:
    return Finding(change.rule, element, change.reference, change.candidate, *boxes)


def _paragraphs(reference: Sequence[Paragraph], candidate: Sequence[Paragraph]) -> list[Finding]:
    def element(index: int) -> Element:
        return Element("paragraph", rows=(index, 1))

    pairing = pair(
        lambda i, j: unlikeness(reference[i].text.plain, candidate[j].text.plain),
        [0.85] * len(reference),
        [0.85] * len(candidate),
    )
    found = [
        replace(finding, rule=f"paragraph_{finding.rule}")
        for finding in pairing_findings(
            pairing,
            element,
            lambda index: reference[index].box,
            lambda index: candidate[index].box,
        )
    ]
    for index, other in sorted(pairing.forward.items()):
        found.extend(_block(element(index), reference[index], candidate[other]))
    return found


def _sizes(reference: Table, candidate: Table, place: TablePlace) -> list[Finding]:
    """Columns and rows of other sizes; reported only if no other difference explains them."""
    found: list[Finding] = []
    table = Element("table", table=place)
    for axis, rule in enumerate(("height", "width")):
        before, after = _extent(reference, axis), _extent(candidate, axis)
        differing = [
            index
            for index, (first, second) in enumerate(zip(before, after, strict=True))
            if abs(first - second) >= _SIZE
        ]
        if not differing:
            continue
        if len(differing) == 1:
            index = differing[0]
            boxes = line_box(reference, axis, index), line_box(candidate, axis, index)
            sizes = before[index], after[index]
            found.append(Finding(rule, line_element(axis, index, place), *sizes, *boxes))
        elif abs(sum(after) - sum(before)) >= _SIZE:
            boxes = reference.box, candidate.box
            found.append(Finding(rule, table, sum(before), sum(after), *boxes))
        else:
            found.append(Finding(f"{rule}s", table, None, None, reference.box, candidate.box))
    return found


def _extent(table: Table, axis: int) -> list[float]:
    boxes = [line_box(table, axis, index) for index in range((table.rows, table.columns)[axis])]
    return [box.y1 - box.y0 if axis == 0 else box.x1 - box.x0 for box in boxes]
