"""Findings are joined and dropped by their values, and become English once."""

from __future__ import annotations

from datetime import datetime

import pytest

from erm.tasks.chart.findings import Element, Finding, Value
from erm.tasks.chart.phrases import locate, phrase
from erm.tasks.chart.related import join_categories, join_plots
from erm.tasks.discrepancy import Box

BOX = Box(0, 0, 10, 10)


def found(
    element: Element,
    attribute: str = "",
    reference: Value | None = None,
    candidate: Value | None = None,
    rule: str = "value",
) -> Finding:
    return Finding(rule, element, reference, candidate, BOX, BOX, attribute)


@pytest.mark.parametrize(
    ("element", "words"),
    [
        (Element("bar", name="Q3", owner=Element("series", name="EU")), "bar 'Q3' of series 'EU'"),
        (Element("line", colour="#ff0000", plot=2), "red line in subplot 2"),
        (Element("point", at=2011.0), "point at 2011"),
        (Element("point", at=datetime(2021, 6, 1)), "point at 2021-06-01"),
        (Element("cell", cell=(1, 2)), "cell row 1, column 2"),
        (
            Element("legend entry", rank=1, second=Element("legend entry", rank=3)),
            "legend entries 1 and 3",
        ),
        (Element("grid", plots=3), "grid in 3 subplots"),
        (
            Element(
                "bar",
                name="A",
                owner=Element("series", name="EU"),
                second=Element("bar", name="B", owner=Element("series", name="US")),
            ),
            "bars 'A' of series 'EU' and 'B' of series 'US'",
        ),
    ],
)
def test_locations(element: Element, words: str) -> None:
    assert locate(element) == words


@pytest.mark.parametrize(
    ("attribute", "reference", "candidate", "words"),
    [
        ("value", 6.0, 4.0, "value is 4 instead of 6"),
        ("value", 2011.0, 2012.0, "value is 2012 instead of 2011"),
        ("value", 3.1415, 3.1416, "value is 3.1416 instead of 3.1415"),
        ("colour", "#0000ff", "#ff0000", "colour is red instead of blue"),
        ("fill", "#0000ff", None, "fill is none instead of blue"),
        ("range", (0.0, 5.0), (0.0, 4.0), "range is 0 to 4 instead of 0 to 5"),
        ("text", "Sales", "Costs", "text is 'Costs' instead of 'Sales'"),
        ("type", "bar chart", "area chart", "is an area chart instead of a bar chart"),
        ("", True, None, "is missing"),
        ("outline", None, True, "outline is extra"),
        (
            "level",
            datetime(2021, 6, 1),
            datetime(2021, 6, 2, 12),
            "is at 2021-06-02 12:00 instead of 2021-06-01",
        ),
    ],
)
def test_descriptions(
    attribute: str, reference: Value | None, candidate: Value | None, words: str
) -> None:
    assert phrase(found(Element("bar"), attribute, reference, candidate)).description == words


def test_categories_that_share_their_first_word_stay_apart() -> None:
    series = [{"kind": "bar"}, {"kind": "bar"}]
    missing = [
        found(Element("bar", name=name, owner=Element("series", name=owner)), "", True, None, "bar")
        for name in ("Cost of Sales", "Cost of Goods")
        for owner in ("EU", "US")
    ]
    joined = join_categories(missing, [(item, item, []) for item in series])  # type: ignore[misc]
    assert [phrase(item) for item in joined] == [
        ("category 'Cost of Sales'", "is missing"),
        ("category 'Cost of Goods'", "is missing"),
    ]


def test_what_differs_alike_in_several_plots_is_one() -> None:
    looks = [found(Element("grid", plot=plot), "", True, None, "grid") for plot in (1, 2, 3)]
    values = [found(Element("point", at=1.0, plot=plot), "value", 1.0, 2.0) for plot in (1, 2)]
    assert [phrase(item) for item in join_plots([*looks, *values])] == [
        ("grid in 3 subplots", "is missing"),
        ("point at 1 in subplot 1", "value is 2 instead of 1"),
        ("point at 1 in subplot 2", "value is 2 instead of 1"),
    ]
