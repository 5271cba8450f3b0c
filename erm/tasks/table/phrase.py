"""English for findings of tables: where, and what differs, the candidate's value first."""

from __future__ import annotations

from typing import cast

from erm.tasks.shared.colours import colour_change, colour_words
from erm.tasks.shared.findings import Phrase
from erm.tasks.shared.text import counted, quote, text_change
from erm.tasks.table.elements import Border, Element, Finding, TablePlace, Value

_FLAGS = {
    "bold": ("bold", "regular"),
    "italic": ("italic", "upright"),
    "underline": ("underlined", "plain"),
    "strike": ("struck out", "plain"),
}
_RAISED = {1: "superscript", 0: "on the line", -1: "subscript"}
_PRESENCE = {"missing": "is missing", "extra": "is extra"}
_SIZES = {"width": "wide", "height": "tall"}


def phrase(finding: Finding) -> Phrase:
    """A finding's location and description."""
    element = finding.element
    description = _description(finding)
    if element.part is not None:
        description = f"{quote(element.part)} {description.removeprefix('text ')}"
    return Phrase(_location(element), description)


def _location(element: Element) -> str:
    """``row 1, columns 2-3``; in one of several tables ``table 2, row 1``."""
    if element.kind == "paragraph":
        assert element.rows is not None
        return _lines("paragraph", element.rows)
    if element.kind == "table":
        return _table(element.table)
    prefix = _inside(element.table)
    if element.kind == "caption":
        return f"{prefix}caption"
    rows = _lines("row", element.rows)
    columns = _lines("column", element.columns)
    parts = (columns, rows) if element.kind == "column" else (rows, columns)
    return prefix + ", ".join(part for part in parts if part)


def _lines(noun: str, lines: tuple[int, int] | None) -> str:
    """``row 2`` or ``rows 2-4`` of a 0-based index and a count."""
    if lines is None:
        return ""
    first, count = lines
    return f"{noun} {first + 1}" if count == 1 else f"{noun}s {first + 1}-{first + count}"


def _table(table: TablePlace) -> str:
    outer = f"{_location(table.outer)}, inner " if table.outer is not None else ""
    return f"{outer}table" if table.index is None else f"{outer}table {table.index + 1}"


def _inside(table: TablePlace) -> str:
    """How the location of a table's part begins."""
    if table.index is not None:
        return f"{_table(table)}, "
    return f"{_location(table.outer)}, inner " if table.outer is not None else ""


def _description(finding: Finding) -> str:
    rule = finding.rule
    what, _, how = rule.rpartition("_")
    if how in _PRESENCE:
        return _presence(what, how, finding)
    if rule in ("swapped", "paragraph_swapped"):
        return f"is swapped with {finding.element.kind} {_number(finding.candidate)}"
    if rule in ("moved", "paragraph_moved"):
        return _moved(finding)
    if rule in ("cells_swapped", "text_moved"):
        action = "swapped with" if rule == "cells_swapped" else "moved to"
        return f"is {action} {_location(cast(Element, finding.candidate))}"
    if rule == "shifted":
        along = "row" if finding.element.kind == "column" else "column"
        return f"is shifted {finding.candidate} by 1 {along}"
    if rule == "span":
        candidate, reference = _spans(finding.candidate), _spans(finding.reference)
        return f"spans {candidate} instead of {reference}"
    if rule in ("text", "head_text", "slip"):
        return text_change(cast(str, finding.candidate), cast(str, finding.reference))
    if rule.startswith("value_"):
        return f"value is {finding.candidate} instead of {finding.reference}"
    return _look(finding)


def _presence(what: str, how: str, finding: Finding) -> str:
    value = finding.reference if how == "missing" else finding.candidate
    if what == "value":
        return f"value {value} {_PRESENCE[how]}"
    if what in ("text", "head_text"):
        return f"text {quote(cast(str, value))} {_PRESENCE[how]}"
    return _PRESENCE[how]


def _moved(finding: Finding) -> str:
    noun = finding.element.kind
    if finding.candidate == finding.reference:
        return "is moved"
    candidate, reference = _number(finding.candidate), _number(finding.reference)
    return f"is {noun} {candidate} instead of {noun} {reference}"


def _number(index: Value | None) -> int:
    return cast(int, index) + 1


def _spans(value: Value | None) -> str:
    counts = zip(cast(tuple[int, int], value), ("row", "column"), strict=True)
    return " and ".join(counted(count, noun) for count, noun in counts if count)


def _look(finding: Finding) -> str:
    rule, kind = finding.rule, finding.element.kind
    candidate, reference = finding.candidate, finding.reference
    if rule in ("header_line", "header_cell"):
        words = f"a normal {kind}", "a header"
        first, second = words if reference else words[::-1]
        return f"is {first} instead of {second}"
    if rule in _FLAGS:
        yes, no = _FLAGS[rule]
        return f"text is {yes} instead of {no}" if candidate else f"text is {no} instead of {yes}"
    if rule == "emphasis":
        return f"text is {candidate} instead of {reference}"
    if rule == "raised":
        first, second = (_RAISED[cast(int, value)] for value in (candidate, reference))
        return f"text is {first} instead of {second}"
    if rule == "font":
        return f"font is {candidate} instead of {reference}"
    if rule == "text_width":
        wider = cast(float, candidate) > cast(float, reference)
        return f"text is {'wider' if wider else 'narrower'} than in the reference"
    if rule == "size":
        return f"text is {candidate:g} px instead of {reference:g} px"
    if rule in _SIZES:
        return f"is {candidate:.0f} px instead of {reference:.0f} px {_SIZES[rule]}"
    if rule in ("widths", "heights"):
        return f"has {'columns' if rule == 'widths' else 'rows'} of other sizes"
    if rule in ("color", "mark", "background"):
        subject = {"color": "text", "mark": "highlight"}.get(rule, rule)
        return f"{subject} is {colour_change(cast(str, candidate), cast(str, reference))}"
    if rule == "border":
        return _border(cast(Border, candidate), cast(Border, reference))
    if rule == "caption_side":
        first, second = ("below", "above") if candidate == "bottom" else ("above", "below")
        return f"is {first} instead of {second} the table"
    subject = {"align": "alignment", "valign": "vertical alignment"}[rule]
    return f"{subject} is {candidate} instead of {reference}"


def _border(candidate: Border, reference: Border) -> str:
    sides = candidate.sides
    which = "border" if len(sides) > 1 else f"{sides[0]} border"
    after, before = candidate.line, reference.line
    if after is None or before is None:
        return f"{which} is {'missing' if after is None else 'extra'}"
    if abs(after.width - before.width) >= 0.5:
        return f"{which} is {after.width:g} px instead of {before.width:g} px wide"
    if after.style != before.style:
        return f"{which} is {after.style} instead of {before.style}"
    first, second = colour_words(after.color, before.color)
    return f"{which} is {first} instead of {second}"
