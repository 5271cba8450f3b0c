"""Edits of SVG sources: what they change is labelled, what they preserve is not."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache

import pytest

from erm.report import categories_of
from erm.tasks import Variety, View, get_task
from erm.tasks.discrepancy import Discrepancy
from erm.tasks.svg import pathdata
from tests.drawing import AS_STATED

TASK = get_task("svg")
ERRORS = tuple(operator for operator in TASK.operators if operator.category)
EQUIVALENT = tuple(operator for operator in TASK.operators if not operator.category)

REAL_ICON = """<?xml version="1.0" encoding="UTF-8"?>
<!-- a hand-made icon as drawing programs write them -->
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1"
     viewBox="0 0 24 24" width="96px" height="96px" fill="none" stroke="currentColor">
  <style type="text/css">.st0{fill:#FFC107;stroke:none} .st1{stroke-width:2}</style>
  <title>mail</title>
  <defs><linearGradient id="a"><stop stop-color="#4caf50"/><stop offset="1" stop-color="#00f"/>
  </linearGradient>
  <circle id="dot" r="1.5" class="st0"/></defs>
  <g transform="translate(1 1)">
    <rect x="1" y="4" width="20" height="14" rx="2" class="st1" style="fill:url(#a)"/>
    <path class="st1" d="m1 6 8.2 5.6a3 3 0 0 0 3.4 0L21 6" stroke-linecap="round"/>
    <use xlink:href="#dot" x="18" y="16"/>
  </g>
  <text x="12" y="23.5" font-size="4" text-anchor="middle" fill="red" stroke="none">42 new</text>
</svg>
"""


@cache
def view(source: str) -> View:
    drawing = TASK.draw(source, 1_000_000, 2_000, AS_STATED)
    return View(drawing.pixels, TASK.read_scene(drawing))


def found(reference: str, candidate: str) -> list[Discrepancy]:
    return TASK.compare(view(reference), view(candidate))


@cache
def sources(variety: Variety, count: int) -> tuple[str, ...]:
    return tuple(TASK.generate(random.Random(seed), variety) for seed in range(count))


def test_operators_cover_every_category() -> None:
    assert len(ERRORS) >= 12
    assert {operator.category for operator in ERRORS} == set(categories_of("svg"))
    assert len({operator.name for operator in TASK.operators}) == len(TASK.operators)


@pytest.mark.parametrize("variety", ["compact", "wide"])
def test_generated_sources_draw_and_repeat(variety: Variety) -> None:
    drawn = sources(variety, 8)
    assert drawn == tuple(TASK.generate(random.Random(seed), variety) for seed in range(8))
    assert len(set(drawn)) == 8
    for source in drawn:
        assert view(source).scene["shapes"]


def test_compact_icons_are_small_and_short() -> None:
    for seed in range(60):
        source = TASK.generate(random.Random(seed), "compact")
        assert len(source) < 520
        assert 3 <= source.count("<") <= 11
    assert {view(source).pixels.shape for source in sources("compact", 8)} == {(112, 112, 3)}


def test_compact_shapes_do_not_hide_each_other() -> None:
    for seed in range(12):
        source = TASK.generate(random.Random(seed), "compact")
        elements = source.count("/>") + source.count("</text>") - source.count('"16" height="16"')
        assert len(view(source).scene["shapes"]) == elements


@pytest.mark.parametrize("operator", ERRORS, ids=lambda operator: operator.name)
def test_an_error_is_labelled_as_aimed(operator) -> None:  # type: ignore[no-untyped-def]
    aimed: Counter[bool] = Counter()
    for seed, source in enumerate((*sources("compact", 6), *sources("wide", 3), REAL_ICON)):
        edited = operator.apply(source, random.Random(seed))
        assert edited == operator.apply(source, random.Random(seed))
        if edited is None:
            continue
        assert edited != source
        labels = found(source, edited)
        if labels:
            aimed[any(label.category == operator.category for label in labels)] += 1
    assert aimed[True] > aimed[False]


@pytest.mark.parametrize("operator", EQUIVALENT, ids=lambda operator: operator.name)
def test_an_equivalent_source_has_an_empty_report(operator) -> None:  # type: ignore[no-untyped-def]
    tried = 0
    for seed, source in enumerate((*sources("compact", 5), *sources("wide", 2), REAL_ICON)):
        edited = operator.apply(source, random.Random(seed))
        if edited is not None:
            tried += 1
            assert found(source, edited) == []
    assert tried


@pytest.mark.parametrize("operator", TASK.operators, ids=lambda operator: operator.name)
def test_operators_work_on_sources_of_others(operator) -> None:  # type: ignore[no-untyped-def]
    for seed in range(2):
        edited = operator.apply(REAL_ICON, random.Random(seed))
        assert edited is None or view(edited).scene["shapes"]
    for source in (
        "",
        "no markup",
        "<svg",
        "<html/>",
        "<svg/>",
        '<svg viewBox="x"><path d="q"/></svg>',
    ):
        edited = operator.apply(source, random.Random(0))
        assert edited is None or edited.startswith("<svg")


@pytest.mark.parametrize("color", ["#D22F27", "#abc", "white"])
def test_colours_are_written_otherwise(color: str) -> None:
    operator = next(operator for operator in EQUIVALENT if operator.name == "rename_colors")
    source = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
        f'<rect width="40" height="40" fill="black"/><circle cx="20" cy="20" r="9" fill="{color}"/>'
        "</svg>"
    )
    edited = operator.apply(source, random.Random(2))
    assert edited is not None
    assert f'fill="{color}"' not in edited
    assert found(source, edited) == []


def test_edits_of_a_real_icon_leave_the_rest_alone() -> None:
    operator = next(operator for operator in ERRORS if operator.name == "change_text")
    edited = operator.apply(REAL_ICON, random.Random(1))
    assert edited is not None
    for line in REAL_ICON.splitlines()[5:12]:
        assert line in edited


def test_swapping_the_sides_swaps_missing_and_extra() -> None:
    operators = [
        item for item in ERRORS if item.name in ("remove_shape", "add_shape", "remove_text")
    ]
    mirror = {"is missing": "is extra", "is extra": "is missing"}
    swapped = 0
    for seed, source in enumerate(sources("compact", 6)):
        for operator in operators:
            edited = operator.apply(source, random.Random(seed))
            if edited is None:
                continue
            there, back = found(source, edited), found(edited, source)
            swapped += len(there)
            for label, other in zip(there, back, strict=True):
                ending = label.description[label.description.index("is ") :]
                assert other.description.endswith(mirror[ending])
                assert (other.location, other.box) == (label.location, label.box)
                assert other.box_in != label.box_in
    assert swapped


def test_boxes_lie_on_the_picture() -> None:
    rng = random.Random(4)
    edits = [(source, rng.choice(ERRORS).apply(source, rng)) for source in sources("compact", 6)]
    labels = [label for source, edited in edits if edited for label in found(source, edited)]
    assert len(labels) >= 3
    for label in labels:
        assert label.box is not None
        assert 0 <= label.box.x0 < label.box.x1 <= 112
        assert 0 <= label.box.y0 < label.box.y1 <= 112


@pytest.mark.parametrize(
    ("data", "same"),
    [
        ("m1 2 3 4", "M1 2L4 6"),
        ("M0 0h5v5H0z m2,2l1-1", "M0 0L5 0L5 5L0 5ZM2 2L3 1"),
        ("M1 1c1 1 2 2 3 3s1 1 2 2q1 0 1 1t1 1", "M1 1C2 2 3 3 4 4S5 5 6 6Q7 6 7 7T8 8"),
        ("M0 0a5 5 0 01.5.5", "M0 0A5 5 0 0 1 0.5 0.5"),
        ("M1-2.5.5", None),
        ("L1 1", None),
        ("M1", None),
        ("", None),
        ("M0 0Z5", None),
    ],
)
def test_path_data_becomes_absolute(data: str, same: str | None) -> None:
    commands = pathdata.parse(data)
    text = None if commands is None else pathdata.text_of(pathdata.absolute(commands))
    assert text == same


@pytest.mark.parametrize(
    ("completion", "source"),
    [
        ("```svg\n<svg><g/></svg>\n```", "<svg><g/></svg>"),
        ("First\n```svg\n<svg>1</svg>\n```\nbetter\n```xml\n<svg>2</svg>\n```", "<svg>2</svg>"),
        ("```html\n<p><svg>3</svg></p>\n```", "<svg>3</svg>"),
        ("```svg\n<svg><rect/>", "<svg><rect/>"),
        ("Here: <svg a='1'>\n<g/></svg> done", "<svg a='1'>\n<g/></svg>"),
        ("```python\nprint('<svg></svg>')\n```", "<svg></svg>"),
        ("<svg/>", "<svg/>"),
        ("nothing here", None),
        ("", None),
        ("```svg\n\n```", None),
    ],
)
def test_source_is_found_in_a_completion(completion: str, source: str | None) -> None:
    assert TASK.extract(completion) == source
