"""What a person lists of the twenty checked pairs of charts."""

from __future__ import annotations

from tests.checked import Listed, Real

STRUCTURE, DATA, TEXT, STYLE = "structure_error", "data_error", "text_error", "style_error"

PAIRS = [
    Real(
        "drivers from bottom to top",
        (
            Listed(DATA, 3, "y axis", "not inverted"),
            Listed(TEXT, 2, "x label", "'Speed' 'Performance'"),
        ),
    ),
    Real(
        "green drivers without errors",
        (
            Listed(STRUCTURE, 2, "error bars", "missing"),
            Listed(STYLE, 2, "bars", "green blue"),
        ),
    ),
    Real(
        "a longer stop",
        (
            Listed(DATA, 2, "green", "70 100"),
            Listed(TEXT, 2, "note|annotation", "'race stopped' interrupted'"),
        ),
    ),
    Real(
        "fewer people in Asia",
        (
            Listed(DATA, 2, "'asia'", "2018 3560 4560"),
            Listed(TEXT, 2, "x label", "missing"),
        ),
    ),
    Real(
        "other dashes, flat legend",
        (
            Listed(STYLE, 1, "'Model length'", "dash-dotted|dash-dot|dashdot dashed"),
            Listed(STYLE, 1, "legend", "shadow"),
        ),
    ),
    Real("regression lines as two points"),
    Real(
        "the outlier lower",
        (
            Listed(DATA, 2, "point 13 subplot 3", "10.7|10.74 12.7|12.74"),
            Listed(DATA, 2, "line subplot 3", ""),
            Listed(TEXT, 2, "note|annotation|text subplot 3", "7.32 7.50"),
        ),
    ),
    Real(
        "more bins on one side",
        (
            Listed(STRUCTURE, 2, "subplot 1", "14 10 bins"),
            Listed(TEXT, 1, "title subplot 2", "'stacked bars' bar'"),
        ),
    ),
    Real(
        "wider third sample",
        (
            Listed(DATA, 2, "'x3' subplot 1", ""),
            Listed(DATA, 2, "'x3' subplot 2", ""),
            Listed(STYLE, 1, "grid", "missing"),
        ),
    ),
    Real(
        "a longer violin",
        (Listed(DATA, 2, "4|'D'", "violin"),),
    ),
    Real(
        "two inner shares",
        (
            Listed(DATA, 2, "wedge", "8.2%|8% 17.8%|18%"),
            Listed(DATA, 2, "wedge", "28.8%|29% 19.2%|19%"),
        ),
    ),
    Real("spiral through more points"),
    Real(
        "contours of plasma without numbers",
        (
            Listed(STYLE, 2, "contours|contour|lines", "map plasma viridis"),
            Listed(TEXT, 2, "labels|numbers", "missing"),
        ),
    ),
    Real(
        "logarithm and green wave",
        (
            Listed(DATA, 3, "y axis", "logarithmic|log linear"),
            Listed(STYLE, 2, "line", "green blue"),
        ),
    ),
    Real(
        "thinner walks, another name",
        (
            Listed(TEXT, 3, "legend entry 3", "'E' 'C'"),
            Listed(STYLE, 1, "lines", "width|thinner|thin"),
        ),
    ),
    Real("steps by the style of a line"),
    Real(
        "groups, and one legend",
        (
            Listed(TEXT, 2, "legend title", "'Groups' 'Classes'"),
            Listed(STRUCTURE, 2, "legend", "missing"),
        ),
    ),
    Real(
        "a release later, one renamed",
        (
            Listed(DATA, 2, "point|line|stem|lines", "2017-04-17|Apr 2017-01-17|Jan"),
            Listed(TEXT, 2, "note|annotation", "'v3.1.0' 'v3.0.0'"),
        ),
    ),
    Real(
        "off the diagonal, in grey",
        (
            Listed(DATA, 3, "row 4 column 9", "12 0"),
            Listed(STYLE, 2, "", "map gray|grey viridis"),
        ),
    ),
    Real(
        "all a step up",
        (
            Listed(DATA, 3, "subplot 2", ""),
            Listed(TEXT, 2, "y label subplot 2", "'Signed' 'Diverging'"),
        ),
    ),
]
