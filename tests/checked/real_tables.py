"""What a person lists of the twenty checked pairs of tables."""

from __future__ import annotations

from tests.checked import Listed, Real

LAYOUT, TEXT, NUMBER = "layout_error", "text_error", "numeric_error"

PAIRS = [
    Real(
        "a ratio and a colour",
        (
            Listed(NUMBER, 2, "row 3 column 2", "1.335 1.535"),
            Listed(LAYOUT, 1, "row 5 column 4", "background pink green"),
        ),
    ),
    Real("cells closed, colour by style"),
    Real(
        "an offset, a span dissolved",
        (
            Listed(LAYOUT, 2, "row 1 columns 2-3", "1 column 2"),
            Listed(NUMBER, 2, "row 5 column 3", "221 122"),
        ),
    ),
    Real(
        "Oracle lost, Informix converted",
        (
            Listed(LAYOUT, 3, "column 4", "missing"),
            Listed(TEXT, 2, "row 3 column 5", "'Yes' 'No'"),
        ),
    ),
    Real(
        "other conflicts",
        (Listed(LAYOUT, 2, "row 3 column 5", "moved row 4 column 3"),),
    ),
    Real("conflicts centred by style"),
    Real(
        "a type in plain letters, two rows exchanged",
        (
            Listed(LAYOUT, 1, "row 4 column 1", "font|monospace|monospaced|typeface"),
            Listed(LAYOUT, 2, "row 5|6", "swapped|moved"),
        ),
    ),
    Real(
        "smaller limits",
        (
            Listed(NUMBER, 2, "row 4 column 2", "GB TB"),
            Listed(NUMBER, 2, "row 5 column 2", "1,060 1,600"),
            Listed(LAYOUT, 3, "row 8", "missing"),
        ),
    ),
    Real("code and emphasis the other way round"),
    Real(
        "another January day",
        (
            Listed(TEXT, 2, "row 2 column 1", "1999-01-18 1999-01-08"),
            Listed(TEXT, 2, "row 2 column 2", "obsolete recommended"),
        ),
    ),
    Real(
        "a plural, a promise",
        (
            Listed(TEXT, 1, "row 1 column 4", "'Phantom Reads' Read'"),
            Listed(TEXT, 2, "row 4 column 2", "'Possible' possible'"),
        ),
    ),
    Real(
        "a priority lost",
        (
            Listed(LAYOUT, 3, "row 8", "missing"),
            Listed(NUMBER, 3, "row 4 column 1", "1000 100"),
        ),
    ),
    Real(
        "inputs exchanged",
        (Listed(LAYOUT, 2, "row 4 column 1", "swapped column 2"),),
    ),
    Real(
        "a shorter cell",
        (
            Listed(LAYOUT, 2, "4-5|4 column 2", "1 2"),
            Listed(TEXT, 3, "row 1 column 3", "'Heading Header"),
        ),
    ),
    Real(
        "a point and a prefix",
        (
            Listed(NUMBER, 3, "row 2 column 3", "85.031 850.31"),
            Listed(NUMBER, 2, "row 3 column 2", "GB/s MB/s"),
        ),
    ),
    Real("Markdown as HTML"),
    Real(
        "microseconds to the left",
        (
            Listed(NUMBER, 2, "row 3 column 3", "µs ms"),
            Listed(LAYOUT, 1, "column 4", "left center|centered|centred|middle"),
        ),
    ),
    Real(
        "a way lost, a digit in words",
        (
            Listed(LAYOUT, 3, "column 3", "missing"),
            Listed(TEXT, 2, "row 3 column 4", "25GB 52GB"),
        ),
    ),
    Real(
        "Persian months and years",
        (
            Listed(LAYOUT, 2, "2-3|2 column 1|3", "1 2"),
            Listed(NUMBER, 2, "row 7 column 3|1", "1360013269 1360013296"),
        ),
    ),
    Real(
        "digits exchanged, a winner less",
        (
            Listed(NUMBER, 2, "row 2 column 2", "531,517 513,517"),
            Listed(LAYOUT, 1, "row 3 column 4", "bold|header"),
        ),
    ),
]
