"""Scenes of odd and hostile SVG documents: read exactly, or refused with a reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erm.render import ERROR_KINDS
from erm.sources.errors import DrawError
from erm.tasks import View, get_task
from erm.tasks.svg import outline
from tests.drawing import AS_STATED

TASK = get_task("svg")
MAX_PIXELS, MAX_ELEMENTS = 1_000_000, 2_000


def view(source: str) -> View:
    drawing = TASK.draw(source, MAX_PIXELS, MAX_ELEMENTS, AS_STATED)
    return View(drawing.pixels, TASK.read_scene(drawing))


def scene(body: str, attributes: str = 'width="100" height="100"') -> dict[str, Any]:
    return view(f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{body}</svg>').scene


def seen_or_refused(source: str) -> View | None:
    """The view of a source; None where it is refused with one of the known kinds."""
    try:
        return view(source)
    except DrawError as error:
        if error.kind not in ERROR_KINDS:
            raise
        return None


def kinds(body: str) -> list[str]:
    return [shape["kind"] for shape in scene(body)["shapes"]]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('<rect x="10" y="10" width="30" height="30"/>', "square"),
        ('<path d="M10 10h40v30h-40z"/>', "rectangle"),
        ('<rect x="10" y="10" width="60" height="30" rx="8"/>', "rounded rectangle"),
        ('<rect x="10" y="10" width="30" height="30" rx="15"/>', "circle"),
        ('<rect x="30" y="30" width="30" height="30" transform="rotate(45 45 45)"/>', "diamond"),
        (
            '<rect x="30" y="30" width="30" height="30" transform="rotate(20)"/>',
            "tilted square",
        ),
        ('<circle cx="50" cy="50" r="20" transform="matrix(1 0 0 .5 0 20)"/>', "ellipse"),
        ('<path d="M30 50a20 20 0 1 0 40 0a20 20 0 1 0-40 0"/>', "circle"),
        ('<polygon points="50,10 90,90 10,90"/>', "triangle"),
        ('<path d="M50 10 90 90H10Z"/>', "triangle"),
        ('<polygon points="10,40 50,40 50,20 90,50 50,80 50,60 10,60"/>', "arrow"),
        ('<path d="M40 10h20v30h30v20h-30v30h-20v-30h-30v-20h30z"/>', "cross"),
        ('<line x1="10" y1="10" x2="80" y2="70" stroke="red"/>', "line"),
        ('<path d="M10 10L45 45L80 80" stroke="red"/>', "line"),
        ('<polyline points="10,50 40,80 90,20" fill="none" stroke="red"/>', "polyline"),
        ('<path d="M10 50Q50 10 90 50" fill="none" stroke="red"/>', "curve"),
        ('<circle cx="50" cy="50" r="30" fill="none" stroke="red"/>', "circle"),
        ('<text x="10" y="50">Ab</text>', "text"),
    ],
)
def test_kind_comes_from_the_outline(body: str, kind: str) -> None:
    assert kinds(body) == [kind]


def test_style_and_geometry_are_resolved() -> None:
    body = (
        "<style>.s{stroke:blue}</style>"
        "<defs><g id='u' opacity='.5'><rect width='10' height='10'/></g></defs>"
        "<g fill='red' transform='translate(10 20) scale(2)'>"
        "<use href='#u' x='5' class='s' style='stroke-width:3'/></g>"
    )
    (shape,) = scene(body)["shapes"]
    assert shape["fill"] == {"type": "solid", "color": [255, 0, 0], "alpha": 0.5}
    assert shape["stroke"]["color"] == [0, 0, 255]
    assert shape["stroke"]["width"] == 6
    points = np.array(shape["subpaths"][0])
    assert points.min(axis=0).tolist() == [20, 20]
    assert points.max(axis=0).tolist() == [40, 40]
    assert shape["box"] == [17, 17, 43, 43]


@pytest.mark.parametrize(
    "body",
    [
        '<rect width="20" height="20" fill="none"/>',
        '<rect width="20" height="20" opacity="0"/>',
        '<rect width="20" height="20" visibility="hidden"/>',
        '<rect width="20" height="20" display="none"/>',
        '<rect x="300" width="20" height="20"/>',
        '<rect width="0" height="20"/>',
        '<rect width="20" height="20" fill="white"/>',
        '<defs><rect width="20" height="20"/></defs>',
        '<clipPath id="c"><rect width="20" height="20"/></clipPath>',
        '<text x="5" y="20"> </text>',
    ],
)
def test_what_nobody_sees_is_not_in_the_scene(body: str) -> None:
    seen = '<circle cx="60" cy="60" r="20"/>'
    assert kinds(body + seen) == ["circle"]


def test_a_covered_shape_is_not_in_the_scene() -> None:
    covered = (
        '<circle cx="50" cy="50" r="10"/><rect x="30" y="30" width="40" height="40" fill="red"/>'
    )
    assert kinds(covered) == ["square"]
    assert kinds(covered.replace('fill="red"', 'fill="red" opacity=".5"')) == ["circle", "square"]


def test_a_page_is_the_background() -> None:
    found = scene('<rect width="100%" height="100%" fill="#eee"/><circle cx="50" cy="50" r="9"/>')
    assert found["background"]["color"] == [238, 238, 238]
    assert len(found["shapes"]) == 1


def test_a_marker_belongs_to_its_line() -> None:
    body = (
        '<marker id="m" markerWidth="4" markerHeight="4" refX="2" refY="2" viewBox="0 0 4 4" '
        'orient="auto"><path d="M0 0L4 2L0 4Z"/></marker>'
        '<line x1="10" y1="50" x2="60" y2="50" stroke="red" stroke-width="3" marker-end="url(#m)"/>'
    )
    line, tip = scene(body)["shapes"]
    assert (line["part_of"], tip["part_of"]) == (None, 0)


def test_a_mask_that_shows_a_part_is_unreadable() -> None:
    mask = '<mask id="m"><rect x="{0}" width="50" height="100" fill="white"/></mask>'
    body = '<g mask="url(#m)"><rect x="20" y="20" width="60" height="60"/></g>'
    with pytest.raises(DrawError) as error:
        scene(mask.format(0) + body)
    assert error.value.kind == "unreadable"


ODD = [
    "<svg/>",
    '<svg><svg x="2" y="2" width="5" height="5"><rect width="9" height="9"/></svg></svg>',
    '<svg viewBox="0 0 0 0"><rect width="5" height="5"/></svg>',
    '<svg viewBox="a b c d" width="40" height="40"><rect width="5" height="5"/></svg>',
    '<svg width="50%" height="50%" viewBox="0 0 10 10"><rect width="50%" height="50%"/></svg>',
    '<svg width="-5" height="0"><rect width="5" height="5"/></svg>',
    '<svg><use href="#none"/><rect width="9" height="9"/></svg>',
    '<svg><rect x="NaN" y="inf" width="9" height="9"/></svg>',
    '<svg><circle cx="nan" cy="5" r="5"/></svg>',
    '<svg><path d="M0 0L1e9 1e9L-1e9 5Z"/></svg>',
    '<svg><path d="M"/><path d=""/><path d="L5 5"/><path d="Mx y"/></svg>',
    '<svg><path d="M1 1A0 0 0 0 0 9 9A5 5 0 9 9 1 1"/></svg>',
    '<svg><polygon points="1 1 5"/><polygon points="1,1"/></svg>',
    '<svg><rect width="9" height="9" transform="scale(0)"/></svg>',
    '<svg><rect width="9" height="9" transform="matrix(1 2)"/></svg>',
    '<svg><rect width="9" height="9" fill="url(#none)"/></svg>',
    '<svg><linearGradient id="g"/><rect width="9" height="9" fill="url(#g)"/></svg>',
    '<svg><rect width="9" height="9" stroke="red" stroke-width="-3"/></svg>',
    '<svg><text font-size="0">a</text><text font-size="900">b</text></svg>',
    '<svg><text x="1" y="9">a<tspan dy="9">b</tspan><tspan/></text></svg>',
    '<svg><clipPath id="c"><circle r="9"/></clipPath>'
    '<rect width="30" height="30" clip-path="url(#c)"/></svg>',
    '<svg><text x="0" y="20" rotate="20 40">\u202eabc\u0301 &lt;</text></svg>',
]

REFUSED = [
    '<svg><g id="a"><use href="#a"/></g></svg>',
    '<svg><rect x="1e300" width="1e308" height="9"/></svg>',
    '<svg><rect width="9" height="9" stroke="red" stroke-dasharray="-1 0"/></svg>',
    '<svg><pattern id="p" width="4" height="4"><rect width="2" height="2"/>'
    '</pattern><rect width="30" height="30" fill="url(#p)"/></svg>',
    '<svg><filter id="f"><feOffset dx="5"/></filter>'
    '<rect width="9" height="9" filter="url(#f)"/></svg>',
]


@pytest.mark.parametrize("source", [*ODD, *REFUSED])
def test_odd_documents_give_a_scene_or_a_kind(source: str) -> None:
    seen = seen_or_refused(source)
    assert (seen is None) == (source in REFUSED)
    if seen is None:
        return
    assert TASK.compare(seen, seen) == []
    width, height = seen.scene["width"], seen.scene["height"]
    for shape in seen.scene["shapes"]:
        x0, y0, x1, y1 = shape["box"]
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height
        assert np.isfinite(np.concatenate([np.array(part) for part in shape["subpaths"]])).all()


NUMBERS = st.sampled_from(["0", "1", "7", "-3", "12.5", "1e9", "50%", "NaN", "", "2em", "x"])
ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        [
            "x",
            "y",
            "width",
            "height",
            "r",
            "rx",
            "ry",
            "cx",
            "cy",
            "x1",
            "y1",
            "font-size",
            "opacity",
        ]
    ),
    NUMBERS,
    max_size=6,
)
TAGS = ["rect", "circle", "ellipse", "line", "text", "path", "polygon", "use", "g", "svg", "a"]
PAINTS = st.sampled_from(["red", "none", "#12", "rgb(1,2)", "url(#g)", "currentColor", "inherit"])


@st.composite
def elements(draw: st.DrawFn) -> str:
    tag = draw(st.sampled_from(TAGS))
    attributes = draw(ATTRIBUTES) | {"fill": draw(PAINTS), "stroke": draw(PAINTS)}
    if tag == "path":
        attributes["d"] = draw(st.sampled_from(["M1 1h9v9z", "M0 0C1 1 2 2", "M5 5A3 4 5 1 0 9 9"]))
    if tag == "polygon":
        attributes["points"] = draw(st.sampled_from(["1,1 9,9 1,9", "1 2 3", "a,b"]))
    listed = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    inner = draw(elements()) if tag in ("g", "svg", "a") and draw(st.booleans()) else "t"
    return f"<{tag} {listed}>{inner}</{tag}>"


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(elements(), min_size=1, max_size=3))
def test_any_markup_gives_a_scene_or_a_kind(parts: list[str]) -> None:
    seen = seen_or_refused(f'<svg width="40" height="40">{"".join(parts)}</svg>')
    assert seen is None or TASK.compare(seen, seen) == []


def test_distance_between_outlines_is_in_pixels() -> None:
    square = (np.array([[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]], dtype=float),)
    apart = outline.moved(square, np.eye(2), np.array([3.0, 4.0]))
    assert outline.distance(square, apart) == pytest.approx(5)
    assert outline.area_of(square[0]) == pytest.approx(100)


def wavy(count: int) -> outline.Points:
    """A long line of waves, 5 px high, as an outline of so many points."""
    along = np.linspace(0, 100, count)
    return np.column_stack([along, 5 * np.sin(along / 2)])


def test_a_long_outline_keeps_its_course_when_thinned() -> None:
    whole = wavy(2000)
    for count in (700, 1001, 2000):
        thinned = outline.thin(wavy(count))
        assert len(thinned) <= 240
        assert outline.distance((whole,), (thinned,)) < 0.2


def test_points_beyond_the_limit_go_where_they_matter_most() -> None:
    jagged = np.column_stack([np.arange(3000.0), np.tile([0.0, 8.0], 1500)])
    thinned = outline.thin(jagged)
    assert len(thinned) == 240
    assert (thinned[[0, -1]] == jagged[[0, -1]]).all()


def test_the_centre_of_an_outline_turns_with_it() -> None:
    corner = np.array([[9.0, 3.0], [14.0, 8.0], [9.0, 13.0]])
    square = np.array([[0.0, 0], [4, 0], [4, 4], [0, 4], [0, 0]])
    for paths in ((corner,), (square, square + 6, square + np.array([6, 0]))):
        turned = outline.moved(paths, outline.rotation(40), np.zeros(2))
        centres = [
            outline.centroid(outline.Outline(side, False, "shape")) for side in (paths, turned)
        ]
        assert outline.rotation(40) @ centres[0] == pytest.approx(centres[1])
