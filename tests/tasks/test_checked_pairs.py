"""Sixty realistic pairs, twenty a task, against the reports that were written by hand.

The whole set is drawn once; recall and precision count a discrepancy as found where category,
severity, place and words are those of the list.
"""

from collections import Counter

import pytest

from erm.annotation import Annotation, annotate_rendered
from erm.render import Limits, Renderer
from tests.checked import Checked, Expected, charts, icons, tables

PAIRS = [
    *(("chart", pair) for pair in charts.PAIRS),
    *(("table", pair) for pair in tables.PAIRS),
    *(("svg", pair) for pair in icons.PAIRS),
]
WANTED = 0.95


@pytest.fixture(scope="module")
def annotations() -> list[Annotation]:
    sources = [(task, text) for task, pair in PAIRS for text in (pair.reference, pair.candidate)]
    distinct = list(dict.fromkeys(sources))
    with Renderer(workers=1, limits=Limits(wall_seconds=120)) as renderer:
        drawn = dict(zip(distinct, renderer.render_batch(distinct, scenes=True), strict=True))
    return [
        annotate_rendered(task, drawn[task, pair.reference], drawn[task, pair.candidate])
        for task, pair in PAIRS
    ]


def listed(annotation: Annotation) -> Counter[Expected]:
    return Counter(
        (error.category, error.severity, error.location, error.description)
        for error in annotation.require().errors
    )


def described(pair: Checked, annotation: Annotation) -> str:
    found, wanted = listed(annotation), Counter(pair.expected)
    return f"{pair.name}: lacks {[*(wanted - found)]}, has {[*(found - wanted)]}"


def test_there_are_twenty_pairs_of_each_task() -> None:
    assert Counter(task for task, _ in PAIRS) == {"chart": 20, "table": 20, "svg": 20}
    assert len({pair.name for _, pair in PAIRS}) == len(PAIRS)


@pytest.mark.parametrize("task", ["chart", "table", "svg"])
def test_recall_and_precision(annotations: list[Annotation], task: str) -> None:
    mine = [
        (pair, annotation)
        for (name, pair), annotation in zip(PAIRS, annotations, strict=True)
        if name == task
    ]
    wanted = sum(len(pair.expected) for pair, _ in mine)
    found = sum(listed(annotation).total() for _, annotation in mine)
    right = sum((listed(one) & Counter(pair.expected)).total() for pair, one in mine)
    wrong = [described(pair, one) for pair, one in mine if listed(one) != Counter(pair.expected)]
    assert right / wanted >= WANTED, wrong
    assert right / found >= WANTED, wrong


def test_equivalent_pairs_have_empty_reports(annotations: list[Annotation]) -> None:
    empty = [
        (pair, annotation)
        for (_, pair), annotation in zip(PAIRS, annotations, strict=True)
        if not pair.expected
    ]
    assert len(empty) >= 8
    for pair, annotation in empty:
        assert not annotation.require().errors, described(pair, annotation)


def test_labels_and_pixels_agree(annotations: list[Annotation]) -> None:
    for (_, pair), annotation in zip(PAIRS, annotations, strict=True):
        assert annotation.failure is None, pair.name
