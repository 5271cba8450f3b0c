"""The table of rules of tables: category, severity and reason of each kind of difference."""

from __future__ import annotations

from collections.abc import Iterable

from erm.tasks.discrepancy import MEDIUM, MINOR, SEVERE
from erm.tasks.shared.findings import Rule

LAYOUT, TEXT, NUMBER = "layout_error", "text_error", "numeric_error"


def _rules(category: str, severity: int, reason: str, names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), Rule(category, severity, reason))


RULES: dict[str, Rule] = {
    **_rules(LAYOUT, SEVERE, "data are lost or invented", "missing extra"),
    **_rules(LAYOUT, SEVERE, "every value stands under a wrong head", "shifted"),
    **_rules(
        LAYOUT, MEDIUM, "all is there, at another place", "swapped moved cells_swapped text_moved"
    ),
    **_rules(
        LAYOUT, MEDIUM, "one value may be read under a wrong head", "cell_missing cell_extra span"
    ),
    **_rules(LAYOUT, MEDIUM, "the reader must guess what the heads are", "header_line"),
    **_rules(
        LAYOUT,
        MEDIUM,
        "the subject of the table is lost or invented",
        "caption_missing caption_extra",
    ),
    **_rules(LAYOUT, MINOR, "emphasis only", "header_cell"),
    **_rules(LAYOUT, MINOR, "it is read all the same", "caption_side"),
    **_rules(
        LAYOUT,
        MINOR,
        "looks only",
        "align valign background border bold italic emphasis underline strike raised size color "
        "mark font text_width width height widths heights",
    ),
    **_rules(TEXT, SEVERE, "a whole line is mislabelled", "head_text head_text_missing"),
    **_rules(TEXT, MEDIUM, "one entry is misread", "text text_missing text_extra"),
    **_rules(TEXT, SEVERE, "a statement is lost or invented", "paragraph_missing paragraph_extra"),
    **_rules(TEXT, MEDIUM, "all is there, at another place", "paragraph_swapped paragraph_moved"),
    **_rules(TEXT, MINOR, "still read rightly", "slip"),
    **_rules(NUMBER, MEDIUM, "a wrong number of the right size", "value_near"),
    **_rules(NUMBER, MEDIUM, "a wrong quantity that looks right", "value_unit"),
    **_rules(NUMBER, SEVERE, "misleads", "value_far value_missing value_extra"),
    **_rules(NUMBER, MINOR, "still read rightly", "value_form"),
}
"""By name; ``docs/annotation-table.md`` lists them in words."""


def weight(rules: Iterable[str]) -> float:
    """What a list of findings leaves to report: their number, then their severity."""
    return sum(1 + 0.2 * RULES[rule].severity for rule in rules)
