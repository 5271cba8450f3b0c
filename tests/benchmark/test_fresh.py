"""The offline judge on sentences that were written by hand, apart from its rules.

Each row: task, category, (location, description) of the candidate reviewer and of the reference
reviewer, and what a person decides.
"""

from erm.benchmark.judge.alignment import ErrorLists
from erm.benchmark.judge.offline import align

PAIRS: list[tuple[str, str, tuple[str, str], tuple[str, str], str]] = [
    (
        "chart",
        "data_error",
        (
            "Bar for Tuesday",
            "The height reaches roughly 42 while the ground truth bar peaks at about 58.",
        ),
        ("bar 'Tuesday'", "value is 41 instead of 58"),
        "yes",
    ),
    (
        "chart",
        "data_error",
        ("Legend", "Series 'Revenue' is not listed."),
        ("legend entry 'Revenue'", "is missing"),
        "yes",
    ),
    (
        "chart",
        "text_error",
        ("Main title", "Spelled 'Anual Growth' where the original says 'Annual Growth'."),
        ("title", "text is 'Anual Growth' instead of 'Annual Growth'"),
        "yes",
    ),
    (
        "chart",
        "text_error",
        ("Y axis", "The axis label has been dropped."),
        ("y-axis label", "is missing"),
        "yes",
    ),
    (
        "chart",
        "style_error",
        ("line 'Norway'", "Drawn dashed, original is solid"),
        ("series 'Norway'", "line style is dashed instead of solid"),
        "yes",
    ),
    (
        "chart",
        "style_error",
        ("Blue curve", "is orange in the prediction"),
        ("series 'Cats'", "colour is orange instead of blue"),
        "partial",
    ),
    (
        "chart",
        "structure_error",
        ("bottom right subplot", "Missing altogether"),
        ("subplot at bottom right", "is missing"),
        "yes",
    ),
    (
        "chart",
        "structure_error",
        ("Plot area", "Grid lines were added that the reference does not have."),
        ("grid", "is extra"),
        "yes",
    ),
    (
        "chart",
        "data_error",
        ("Slice 'Food'", "The wedge is 12% but ought to be 30%"),
        ("slice 'Food'", "value is 12 instead of 30"),
        "yes",
    ),
    (
        "chart",
        "data_error",
        ("Slice 'Rent'", "The wedge is 12% but ought to be 30%"),
        ("slice 'Food'", "value is 18 instead of 25"),
        "no",
    ),
    (
        "chart",
        "text_error",
        ("x tick labels", "The label 'Mai' should have been 'May'"),
        ("x-axis tick 'May'", "text is 'Mai' instead of 'May'"),
        "yes",
    ),
    (
        "chart",
        "style_error",
        ("Title", "font weight is bold, reference shows regular"),
        ("title", "is missing"),
        "no",
    ),
    (
        "chart",
        "data_error",
        ("whole chart", "numbers deviate"),
        ("bar 'Tuesday'", "value is 41 instead of 58"),
        "no",
    ),
    (
        "table",
        "text_error",
        ("", "Cell in row 4 / column 2 contains 'Lodon', should be 'London'."),
        ("row 4, column 2", "text is 'Lodon' instead of 'London'"),
        "yes",
    ),
    (
        "table",
        "numeric_error",
        ("", "The figure 1,204 in the third row, second column has been transcribed as 1,240."),
        ("row 3, column 2", "value is 1240 instead of 1204"),
        "yes",
    ),
    (
        "table",
        "numeric_error",
        ("", "In the 'Total' row the amount 88 was replaced with 83."),
        ("row 6, column 3", "value is 83 instead of 88"),
        "yes",
    ),
    (
        "table",
        "layout_error",
        ("", "The header cell spanning two columns is no longer merged."),
        ("row 1, column 1", "column span is 1 instead of 2"),
        "partial",
    ),
    (
        "table",
        "layout_error",
        ("", "Column 5 is absent from the parsed table."),
        ("column 5", "is missing"),
        "yes",
    ),
    (
        "table",
        "layout_error",
        ("", "An additional empty row was inserted after row 2."),
        ("row 3", "is extra"),
        "partial",
    ),
    (
        "table",
        "text_error",
        ("", "Row 2, column 1: text reads 'Oslo'; the original has 'Bergen'."),
        ("row 2, column 3", "text is 'Oslo' instead of 'Paris'"),
        "no",
    ),
    (
        "table",
        "numeric_error",
        ("", "Minus sign lost: -14 became 14 (row 5, col 4)."),
        ("row 5, column 4", "value is 14 instead of -14"),
        "yes",
    ),
    (
        "table",
        "text_error",
        ("", "first row, first column is blank though it should contain 'Name'"),
        ("row 1, column 1", "text is '' instead of 'Name'"),
        "yes",
    ),
    (
        "svg",
        "shape_error",
        ("Upper left square", "It is noticeably bigger than in the target."),
        ("blue rectangle at top left", "size is 60 instead of 40"),
        "yes",
    ),
    (
        "svg",
        "style_error",
        ("Bottom-right star", "Filled with purple although it ought to be yellow."),
        ("yellow star at bottom right", "fill is purple instead of yellow"),
        "yes",
    ),
    (
        "svg",
        "structure_error",
        ("Centre", "There is no triangle in the generated icon."),
        ("green triangle at centre", "is missing"),
        "yes",
    ),
    (
        "svg",
        "structure_error",
        ("Top right", "A superfluous red circle was drawn."),
        ("red circle at top right", "is extra"),
        "yes",
    ),
    (
        "svg",
        "shape_error",
        ("Left circle", "appears as an ellipse squeezed horizontally"),
        ("circle at left", "width is 20 instead of 40"),
        "yes",
    ),
    (
        "svg",
        "style_error",
        ("outline of the heart", "stroke too thick"),
        ("red heart at centre", "stroke width is 6 instead of 2"),
        "partial",
    ),
    (
        "svg",
        "text_symbol_error",
        ("text in the middle", "letter 'B' rendered in place of 'R'"),
        ("text at centre", "text is 'B' instead of 'R'"),
        "yes",
    ),
    (
        "svg",
        "shape_error",
        ("Bottom left triangle", "rotated by about 90 degrees"),
        ("triangle at top right", "rotation is 90 instead of 0"),
        "no",
    ),
]


def test_agrees_with_a_person() -> None:
    wrong = []
    for task, category, prediction, annotation, expected in PAIRS:
        predicted, annotated = (
            {"type": category, "severity": 2, "location": text[0], "description": text[1]}
            for text in (prediction, annotation)
        )
        matches = align(ErrorLists(0, 0, task, (predicted,), (annotated,)))
        found = matches[0].level if matches else "no"
        if found != expected:
            wrong.append(f"expected {expected}, found {found}: {prediction} | {annotation}")
    assert len(wrong) <= 0.1 * len(PAIRS), "\n".join(wrong)
