"""Severities of texts and values, and the table of rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from erm.report import categories_of
from erm.tasks.discrepancy import Box, Discrepancy
from erm.tasks.table.compare import compare_documents
from erm.tasks.table.scene import Cell, Document, Run, Style, Table, Text
from erm.tasks.table.severity import RULES


def document(text: str, bold: bool = False) -> Document:
    """A drawn table of one cell."""
    box = Box(12, 12, 112, 40)
    runs = (Run(text, Style(bold=bold)),) if text else ()
    written = Text(runs, box if text else None, 1, 80.0)
    cell = Cell(0, 0, 1, 1, written, None, None, "#eeeeee", (None,) * 4, box)
    return Document((Table(1, 1, (cell,), None, box, (12.0,), (12.0,)),))


def only(candidate: str, reference: str, bold: bool = False) -> Discrepancy:
    (found,) = compare_documents(document(reference, bold), document(candidate, bold))
    return found


@pytest.mark.parametrize(
    ("candidate", "reference", "severity"),
    [
        ("$1200", "$1,200.00", 1),
        ("14", "13", 2),
        ("32 MB", "32 GB", 2),
        ("2 TB", "2 GB", 2),
        ("2 GiB", "2 GB", 2),
        ("10 mm", "10 µm", 2),
        ("7 kW", "7 kWh", 2),
        ("5 Mbit/s", "5 Gbit/s", 2),
        ("12", "12%", 2),
        ("-14", "14", 3),
        ("140", "14", 3),
        ("", "14", 3),
    ],
)
def test_severities_of_numbers(candidate: str, reference: str, severity: int) -> None:
    found = only(candidate, reference)
    assert (found.category, found.severity) == ("numeric_error", severity)


@pytest.mark.parametrize(
    ("candidate", "reference", "severity"),
    [
        ("TEA", "Tea", 1),
        ("Brdige", "Bridge", 1),
        ("Pays 1,200 now", "Pays 1200 now", 1),
        ("Road", "Bridge", 2),
        ("Year 202.4", "Year 2024", 2),
        ("Size (GB)", "Size (TB)", 2),
        ("", "Bridge", 2),
    ],
)
def test_severities_of_texts(candidate: str, reference: str, severity: int) -> None:
    found = only(candidate, reference)
    assert (found.category, found.severity) == ("text_error", severity)


def test_another_text_in_a_header_mislabels_a_line() -> None:
    assert only("Road", "Bridge", bold=True).severity == 3
    assert only("", "Bridge", bold=True).severity == 3
    assert only("Brdige", "Bridge", bold=True).severity == 1


def test_the_page_on_annotation_lists_every_rule() -> None:
    page = Path(__file__).parents[3] / "docs" / "annotation-table.md"
    rows = [
        [part.strip() for part in line.strip("|").split("|")]
        for line in page.read_text().splitlines()
        if line.startswith("|")
    ]
    listed = {(row[0], row[2], row[3]) for row in rows if row[0] in categories_of("table")}
    assert listed == {(rule.category, str(rule.severity), rule.reason) for rule in RULES.values()}
