"""Pairs of icons whose differences were listed by hand, and the reports they must give."""

from __future__ import annotations

import pytest

from erm.annotation import annotate_rendered
from erm.render import Renderer
from erm.tasks import View, get_task
from tests.drawing import AS_STATED

HEAD = '<svg width="112" height="112" viewBox="0 0 16 16">'
RED_CIRCLE = '<circle cx="4" cy="4" r="3" fill="red"/>'
BLUE_SQUARE = '<rect x="9" y="9" width="6" height="6" fill="blue"/>'
TRIANGLE = '<polygon points="12,1 15,7 9,7" fill="green"/>'
LETTER = '<text x="4" y="14" font-size="6" text-anchor="middle" fill="black">A</text>'
LINE = '<line x1="2" y1="8" x2="14" y2="8" stroke="black"/>'
GRADIENT = (
    '<linearGradient id="g"><stop offset="0" stop-color="{0}"/>'
    '<stop offset="1" stop-color="{1}"/></linearGradient>'
    '<rect x="9" y="9" width="6" height="6" fill="url(#g)"/>'
)

DOT = '<path d="M{} 12h0" stroke="black" stroke-width="2" stroke-linecap="round"/>'
CROSSING = '<path d="M2 2L14 14" stroke="navy" transform="rotate({} 8 8)"/>'
RAY = '<ellipse cx="8" cy="4" rx="1" ry="3" fill="orange" transform="rotate({} 8 8)"/>'
FRAME = (
    '<rect width="16" height="16" fill="lightblue"/><rect x=".7" y=".7" width="14.6" '
    'height="14.6" fill="white" stroke="navy" stroke-width="{}"/>' + RED_CIRCLE
)
CLIPPED = (
    '<clipPath id="c"><path d="M1 1H15V15H1ZM5 5H11V11H5Z" clip-rule="{}"/></clipPath>'
    '<rect x="1" y="2" width="14" height="12" fill="navy" clip-path="url(#c)"/>'
)
COLOURED = "".join(
    f'<rect x="{x}" y="{y}" width="6" height="6" fill="{{}}"/>' for y in (1, 9) for x in (1, 9)
)
ARROW = '<path d="M9 3l5 5-5 5" fill="none" stroke="navy" transform="rotate({} 11 8)"/>'
PILL = (
    '<rect x="6" y="-3" width="4" height="6" rx="2" fill="navy" '
    'transform="translate(0 8) scale(1 {})"/>'
)
HOUSE = (
    '<path d="M-5 0l5-4 5 4v5H-5z" fill="none" stroke="navy" '
    'transform="translate(8 8) scale({}) translate(0 -.5)"/>'
)
NESTED = '<circle cx="8" cy="8" r="7" fill="{}"/><circle cx="8" cy="8" r="6" fill="{}"/>'
BADGE = '<circle cx="8" cy="8" r="7" fill="teal"/><path d="M6 5h4v1H8.5v5h-1V6H6z" fill="white"/>'
BAR = '<path d="M1 15h2v1H1z"/>'
PALE = (
    '<linearGradient id="p"><stop stop-color="red" stop-opacity=".8"/>'
    '<stop offset="1" stop-color="blue" stop-opacity=".4"/></linearGradient>'
)
CARD = (
    '<g transform="rotate({} 8 8)"><rect x="4" y="2" width="7" height="11" rx="1.5" fill="navy"/>'
    '<rect x="6" y="4" width="3" height="1" fill="gold"/></g><circle cx="2" cy="14" r="1"/>'
)
GOLD = '<rect x="2" y="4" width="9" height="9" fill="gold"/>'
DETAIL = '<rect x="4" y="7" width="2" height="2" fill="navy"/>'
TEAL = '<circle cx="11" cy="8" r="4" fill="teal"/>'
EGG = '<path fill="{}" d="M4 9c1-4 3-5.5 5-5.5s4 2 4 5.5-3 5-5 5-4.500-2-4-5z"/>'

Expected = list[tuple[str, int, str, str]]

STRUCTURE, SHAPE, STYLE, TEXT = "structure_error", "shape_error", "style_error", "text_symbol_error"
SHADED = (
    '<defs><linearGradient id="l" gradientUnits="userSpaceOnUse" x1="9" y1="9" x2="15" y2="9">'
    '<stop stop-color="red"/><stop offset="1" stop-color="blue"/></linearGradient>'
    '<radialGradient id="r"><stop stop-color="white"/><stop offset="1" stop-color="navy"/>'
    '</radialGradient></defs><rect x="9" y="9" width="6" height="6" fill="url(#l)"/>'
    '<ellipse cx="4" cy="12" rx="3" ry="2" fill="url(#r)"/>'
)

PAIRS: dict[str, tuple[str, str, Expected]] = {
    "same": (RED_CIRCLE + BLUE_SQUARE, RED_CIRCLE + BLUE_SQUARE, []),
    "missing shape": (
        RED_CIRCLE + BLUE_SQUARE,
        RED_CIRCLE,
        [(STRUCTURE, 3, "blue square at bottom right", "is missing")],
    ),
    "extra shape": (
        RED_CIRCLE + BLUE_SQUARE,
        RED_CIRCLE + BLUE_SQUARE + TRIANGLE,
        [(STRUCTURE, 3, "green triangle at top right", "is extra")],
    ),
    "small shape missing": (
        RED_CIRCLE + '<circle cx="12" cy="4" r=".5" fill="blue"/>',
        RED_CIRCLE,
        [(STRUCTURE, 2, "blue circle at top right", "is missing")],
    ),
    "one of two parts of a path gone": (
        '<path fill="navy" d="M1 9h4v6h-4zM9 2h5v12h-5z"/>' + RED_CIRCLE,
        '<path fill="navy" d="M9 2h5v12h-5z"/>' + RED_CIRCLE,
        [(STRUCTURE, 3, "dark blue rectangle at bottom left", "is missing")],
    ),
    "a path with a part too many": (
        '<path stroke="navy" d="M2 9v5M8 9v5"/>' + RED_CIRCLE,
        '<path stroke="navy" d="M2 9v5M8 9v5M14 9v5"/>' + RED_CIRCLE,
        [(STRUCTURE, 3, "dark blue line at bottom right", "is extra")],
    ),
    "a hole filled": (
        '<path fill="navy" fill-rule="evenodd" d="M2 2h12v12h-12zM5 5h4v4h-4z"/>',
        '<path fill="navy" fill-rule="evenodd" d="M2 2h12v12h-12z"/>',
        [(SHAPE, 3, "dark blue shape at center", "is a square instead of a shape")],
    ),
    "beyond the picture and cut by it": (
        '<clipPath id="c"><path d="M0 0H16V16H0Z"/></clipPath><g clip-path="url(#c)">'
        '<path fill="navy" d="M-4 4H20V9H-4Z"/><circle cx="16" cy="8" r="6" fill="red"/></g>'
        + LINE,
        '<rect y="4" width="16" height="5" fill="navy"/>'
        '<path d="M16 2A6 6 0 0 0 16 14" fill="red"/>' + LINE.replace("black", "#222"),
        [(STYLE, 1, "black line at center", "stroke is #222222 instead of #000000")],
    ),
    "narrower than the picture": (
        '<path fill="navy" d="M-4 4H20V9H-4Z"/>' + RED_CIRCLE,
        '<path fill="navy" d="M-4 4H12V9H-4Z"/>' + RED_CIRCLE,
        [(SHAPE, 2, "dark blue rectangle at center", "width is 84 px instead of 112 px")],
    ),
    "recoloured": (
        RED_CIRCLE + BLUE_SQUARE,
        RED_CIRCLE.replace("red", "orange") + BLUE_SQUARE,
        [(STYLE, 2, "red circle at top left", "fill is orange instead of red")],
    ),
    "slightly recoloured": (
        RED_CIRCLE + BLUE_SQUARE,
        RED_CIRCLE.replace("red", "#d80000") + BLUE_SQUARE,
        [(STYLE, 1, "red circle at top left", "fill is darker red instead of lighter red")],
    ),
    "same shape painted twice": (RED_CIRCLE + TRIANGLE, RED_CIRCLE * 2 + TRIANGLE * 2, []),
    "whole image flipped": (
        RED_CIRCLE + TRIANGLE,
        f'<g transform="matrix(-1 0 0 1 16 0)">{RED_CIRCLE + TRIANGLE}</g>',
        [(STRUCTURE, 2, "whole image", "is flipped horizontally")],
    ),
    "invisibly recoloured": (RED_CIRCLE, RED_CIRCLE.replace("red", "#fd0000"), []),
    "all recoloured": (
        RED_CIRCLE + '<circle cx="12" cy="12" r="3" fill="red"/>' + TRIANGLE,
        (RED_CIRCLE + '<circle cx="12" cy="12" r="3" fill="red"/>').replace("red", "gold")
        + TRIANGLE,
        [(STYLE, 2, "all red circles", "fill is yellow instead of red")],
    ),
    "two of three moved and grown": (
        RED_CIRCLE + BLUE_SQUARE + TRIANGLE,
        f'<g transform="translate(1 1) scale(.8)">{RED_CIRCLE + BLUE_SQUARE}</g>' + TRIANGLE,
        [(STRUCTURE, 2, "2 shapes at center", "are scaled by 0.8")],
    ),
    "background behind a circle that touches all edges": (
        '<circle cx="8" cy="8" r="8" fill="red"/>' + BLUE_SQUARE,
        '<rect width="16" height="16" fill="silver"/><circle cx="8" cy="8" r="8" fill="red"/>'
        + BLUE_SQUARE,
        [(STYLE, 2, "background", "is light gray instead of white")],
    ),
    "symmetrical picture of which only edges differ": (
        '<circle cx="8" cy="8" r="6" fill="none" stroke="black"/>'
        '<circle cx="8" cy="8" r="2" fill="red"/>',
        '<circle cx="8.01" cy="8.01" r="6" fill="none" stroke="black"/>'
        '<circle cx="8" cy="8" r="2" fill="red"/>',
        [],
    ),
    "uncovered where another was removed": (
        RED_CIRCLE + '<rect x=".9" y=".9" width="5.75" height="6.2" fill="gold"/>' + BLUE_SQUARE,
        RED_CIRCLE + BLUE_SQUARE,
        [(STRUCTURE, 3, "yellow rectangle at top left", "is missing")],
    ),
    "moved": (
        RED_CIRCLE + BLUE_SQUARE,
        RED_CIRCLE.replace('cx="4"', 'cx="6"') + BLUE_SQUARE,
        [(SHAPE, 2, "red circle at top left", "is moved right by 14 px")],
    ),
    "moved a quarter pixel": (RED_CIRCLE, RED_CIRCLE.replace('cx="4"', 'cx="4.03"'), []),
    "larger": (
        RED_CIRCLE + BLUE_SQUARE,
        RED_CIRCLE.replace('r="3"', 'r="2"') + BLUE_SQUARE,
        [(SHAPE, 2, "red circle at top left", "size is 28 px instead of 42 px")],
    ),
    "narrower": (
        RED_CIRCLE + BLUE_SQUARE,
        RED_CIRCLE + BLUE_SQUARE.replace('width="6"', 'width="3"'),
        [(SHAPE, 3, "blue square at bottom right", "width is 21 px instead of 42 px")],
    ),
    "other kind": (
        RED_CIRCLE + BLUE_SQUARE,
        RED_CIRCLE + '<circle cx="12" cy="12" r="3" fill="blue"/>',
        [(SHAPE, 3, "blue square at bottom right", "is a circle instead of a square")],
    ),
    "rotated": (
        TRIANGLE + RED_CIRCLE,
        TRIANGLE.replace("/>", ' transform="rotate(90 12 4)"/>') + RED_CIRCLE,
        [(SHAPE, 2, "green triangle at top right", "is rotated clockwise by 90 degrees")],
    ),
    "corner moved": (
        TRIANGLE + RED_CIRCLE,
        TRIANGLE.replace("9,7", "9,5") + RED_CIRCLE,
        [(SHAPE, 2, "green triangle at top right", "one corner is moved up by 14 px")],
    ),
    "rounded": (
        RED_CIRCLE + BLUE_SQUARE,
        RED_CIRCLE + BLUE_SQUARE.replace("/>", ' rx="1.5"/>'),
        [(SHAPE, 3, "blue square at bottom right", "is a rounded rectangle instead of a square")],
    ),
    "outline": (
        RED_CIRCLE + BLUE_SQUARE,
        RED_CIRCLE.replace('fill="red"', 'fill="none" stroke="red"') + BLUE_SQUARE,
        [(STYLE, 2, "red circle at top left", "is an outline instead of filled")],
    ),
    "thicker and dashed": (
        LINE + RED_CIRCLE,
        LINE.replace("/>", ' stroke-width="2" stroke-dasharray="1 1"/>') + RED_CIRCLE,
        [
            (STYLE, 1, "black line at center", "stroke is dashed instead of solid"),
            (STYLE, 2, "black line at center", "stroke width is 14 px instead of 7 px"),
        ],
    ),
    "faint": (
        RED_CIRCLE + BLUE_SQUARE,
        RED_CIRCLE + BLUE_SQUARE.replace("/>", ' opacity=".3"/>'),
        [(STYLE, 2, "blue square at bottom right", "opacity is 0.3 instead of 1")],
    ),
    "gradient": (
        GRADIENT.format("red", "blue"),
        GRADIENT.format("green", "blue"),
        [
            (
                STYLE,
                2,
                "gradient square at bottom right",
                "fill is a linear gradient from green to blue instead of "
                "a linear gradient from red to blue",
            )
        ],
    ),
    "background": (
        RED_CIRCLE,
        '<rect width="16" height="16" fill="lightblue"/>' + RED_CIRCLE,
        [(STYLE, 2, "background", "is light blue instead of white")],
    ),
    "other letter": (
        LETTER + BLUE_SQUARE,
        LETTER.replace(">A<", ">K<") + BLUE_SQUARE,
        [(TEXT, 3, "text at bottom left", "text is 'K' instead of 'A'")],
    ),
    "letter missing": (
        LETTER + BLUE_SQUARE,
        BLUE_SQUARE,
        [(TEXT, 3, "text at bottom left", "'A' is missing")],
    ),
    "letter moved": (
        LETTER + BLUE_SQUARE,
        LETTER.replace('y="14"', 'y="12"') + BLUE_SQUARE,
        [(TEXT, 2, "text at bottom left", "is moved up by 14 px")],
    ),
    "font size": (
        LETTER + BLUE_SQUARE,
        LETTER.replace('font-size="6"', 'font-size="3"') + BLUE_SQUARE,
        [(TEXT, 3, "text at bottom left", "font size is 21 px instead of 42 px")],
    ),
    "restacked": (
        '<rect x="3" y="3" width="7" height="7" fill="red"/>'
        '<circle cx="10" cy="10" r="4" fill="blue"/>',
        '<circle cx="10" cy="10" r="4" fill="blue"/>'
        '<rect x="3" y="3" width="7" height="7" fill="red"/>',
        [
            (
                STRUCTURE,
                2,
                "red square at center",
                "is in front of the blue circle instead of behind it",
            )
        ],
    ),
    "restacked apart": (RED_CIRCLE + BLUE_SQUARE, BLUE_SQUARE + RED_CIRCLE, []),
    "group moved": (
        f"<g>{RED_CIRCLE}{TRIANGLE}</g>{BLUE_SQUARE}",
        f'<g transform="translate(0 1)">{RED_CIRCLE}{TRIANGLE}</g>{BLUE_SQUARE}',
        [(STRUCTURE, 1, "2 shapes at top", "are moved down by 7 px")],
    ),
    "everything smaller": (
        RED_CIRCLE + TRIANGLE + BLUE_SQUARE,
        f'<g transform="translate(4 4) scale(.5)">{RED_CIRCLE}{TRIANGLE}{BLUE_SQUARE}</g>',
        [(STRUCTURE, 3, "whole image", "is scaled by 0.5")],
    ),
    "gradients moved along": (
        f"{SHADED}{RED_CIRCLE}",
        f'<g transform="translate(1 0)">{SHADED}{RED_CIRCLE}</g>',
        [(STRUCTURE, 1, "whole image", "is moved right by 7 px")],
    ),
    "gradients scaled along": (
        f"{SHADED}{RED_CIRCLE}{TRIANGLE}",
        f'<g transform="translate(4 4) scale(.5)">{SHADED}{RED_CIRCLE}{TRIANGLE}</g>',
        [(STRUCTURE, 3, "whole image", "is scaled by 0.5")],
    ),
    "page behind": (
        RED_CIRCLE,
        f'<rect width="16" height="16" fill="white"/>{RED_CIRCLE}<circle r="0"/>'
        '<rect x="2" y="3" width="1" height="1" fill="red"/><path d="M40 40h9v9z"/>',
        [],
    ),
    "other means": (
        f"{RED_CIRCLE}{BLUE_SQUARE}{TRIANGLE}",
        '<style xmlns="http://www.w3.org/2000/svg">.a{fill:#f00}</style><defs>'
        '<path id="p" d="m9 9h6v6h-6z" fill="rgb(0,0,255)"/></defs>'
        '<ellipse class="a" rx="3" ry="3" transform="translate(4,4)"/><use href="#p"/>'
        '<g fill="#008000"><path d="M9 7 12 1 15 7Z"/></g>',
        [],
    ),
    "dot missing": (
        '<path d="M2 4h12" stroke="black"/>' + DOT.format(4) + DOT.format(12),
        '<path d="M2 4h12" stroke="black"/>' + DOT.format(4),
        [(STRUCTURE, 3, "black circle at bottom right", "is missing")],
    ),
    "dot as a circle": (DOT.format(4), '<circle cx="4" cy="12" r="1"/>', []),
    "dot of other size": (
        RED_CIRCLE + DOT.format(12),
        RED_CIRCLE + DOT.format(12).replace('width="2"', 'width="4"'),
        [(SHAPE, 3, "black circle at bottom right", "size is 28 px instead of 14 px")],
    ),
    "group turned": (
        RED_CIRCLE + BLUE_SQUARE + TRIANGLE,
        f'<g transform="rotate(40 8 8)">{RED_CIRCLE}{BLUE_SQUARE}{TRIANGLE}</g>',
        [(STRUCTURE, 2, "whole image", "is rotated clockwise by 40 degrees")],
    ),
    "two of three turned slightly": (
        RED_CIRCLE + BLUE_SQUARE + TRIANGLE,
        f'<g transform="rotate(-8 8 8)">{BLUE_SQUARE}{TRIANGLE}</g>{RED_CIRCLE}',
        [(STRUCTURE, 1, "2 shapes at right", "are rotated counterclockwise by 8 degrees")],
    ),
    "group mirrored": (
        RED_CIRCLE + BLUE_SQUARE + TRIANGLE,
        f'<g transform="matrix(1 0 0 -1 0 16)">{BLUE_SQUARE}{TRIANGLE}</g>{RED_CIRCLE}',
        [(STRUCTURE, 2, "2 shapes at right", "are flipped vertically")],
    ),
    "group turned and one recoloured": (
        RED_CIRCLE + BLUE_SQUARE + TRIANGLE,
        f'<g transform="rotate(30 8 8)">{RED_CIRCLE.replace("red", "purple")}{BLUE_SQUARE}'
        f"{TRIANGLE}</g>",
        [
            (STRUCTURE, 2, "whole image", "is rotated clockwise by 30 degrees"),
            (STYLE, 2, "red circle at top left", "fill is purple instead of red"),
        ],
    ),
    "one of two crossing lines missing": (
        CROSSING.format(0) + CROSSING.format(90),
        CROSSING.format(0),
        [(STRUCTURE, 3, "dark blue line at center", "is missing")],
    ),
    "one of several rays missing": (
        "".join(RAY.format(angle) for angle in range(0, 360, 72)),
        "".join(RAY.format(angle) for angle in range(0, 360, 72) if angle != 144),
        [(STRUCTURE, 3, "orange ellipse at bottom", "is missing")],
    ),
    "frame that covers the margin": (
        FRAME.format(".5"),
        FRAME.format("2"),
        [(STYLE, 2, "white square at center", "stroke width is 14 px instead of 3.5 px")],
    ),
    "colours by the names that people use": (
        COLOURED.format("#FF6A13", "#1F6FB5", "#A64FE0", "#B5523B"),
        COLOURED.format("#2E4A66", "#3FB74C", "#222222", "#808080"),
        [
            (STYLE, 2, "orange square at top left", "fill is dark blue instead of orange"),
            (STYLE, 2, "blue square at top right", "fill is green instead of blue"),
            (STYLE, 2, "purple square at bottom left", "fill is black instead of purple"),
            (STYLE, 2, "brown square at bottom right", "fill is gray instead of brown"),
        ],
    ),
    "stroke beneath the fill": (
        RED_CIRCLE.replace("/>", ' stroke="blue" stroke-width="1.5"/>') + TRIANGLE,
        RED_CIRCLE.replace("/>", ' stroke="blue" stroke-width="1.5" paint-order="stroke"/>')
        + TRIANGLE,
        [
            (
                STYLE,
                1,
                "red circle at top left",
                "stroke is beneath the fill instead of on top of the fill",
            )
        ],
    ),
    "clipped by another rule": (
        CLIPPED.format("evenodd"),
        CLIPPED.format("nonzero"),
        [(SHAPE, 2, "dark blue rectangle at center", "is cut off differently")],
    ),
    "three at once": (
        RED_CIRCLE + BLUE_SQUARE + LETTER,
        RED_CIRCLE.replace("red", "purple") + LETTER.replace(">A<", ">B<") + TRIANGLE,
        [
            (STRUCTURE, 3, "green triangle at top right", "is extra"),
            (STRUCTURE, 3, "blue square at bottom right", "is missing"),
            (STYLE, 2, "red circle at top left", "fill is purple instead of red"),
            (TEXT, 3, "text at bottom left", "text is 'B' instead of 'A'"),
        ],
    ),
    "an open arrow turned": (
        ARROW.format("0"),
        ARROW.format("30"),
        [(SHAPE, 2, "dark blue polyline at right", "is rotated clockwise by 30 degrees")],
    ),
    "a rounded rectangle stretched": (
        PILL.format("1"),
        PILL.format("1.5"),
        [
            (
                *(SHAPE, 2, "dark blue rounded rectangle at center"),
                "height is 63 px instead of 42 px",
            )
        ],
    ),
    "a stroke that grows with its shape": (
        HOUSE.format("1"),
        HOUSE.format(".6"),
        [(SHAPE, 2, "dark blue pentagon outline at center", "size is 42 px instead of 70 px")],
    ),
    "a middle that strays as it grows": (
        '<circle cx="8" cy="8" r="3" fill="navy"/>',
        '<circle cx="8.3" cy="8" r="6" fill="navy"/>',
        [(SHAPE, 3, "dark blue circle at center", "size is 84 px instead of 42 px")],
    ),
    "colours swapped about one centre": (
        NESTED.format("gold", "navy"),
        NESTED.format("navy", "gold"),
        [
            (STYLE, 2, "yellow circle at center", "fill is dark blue instead of yellow"),
            (STYLE, 2, "dark blue circle at center", "fill is yellow instead of dark blue"),
        ],
    ),
    "a letter that lost its ground": (
        BADGE + BAR,
        BADGE.replace('"teal"', '"none"') + BAR,
        [(STRUCTURE, 3, "teal circle at center", "is missing")],
    ),
    "a pale gradient replaced by a colour": (
        PALE + '<rect x="4" y="4" width="8" height="8" fill="url(#p)"/>',
        '<rect x="4" y="4" width="8" height="8" fill="gold"/>',
        [
            (
                *(STYLE, 2, "gradient square at center"),
                "fill is yellow instead of a linear gradient from red to blue",
            )
        ],
    ),
    "a rounder corner": (
        '<rect x="2" y="2" width="12" height="12" rx="1" fill="navy"/>',
        '<rect x="2" y="2" width="12" height="12" rx="4" fill="navy"/>',
        [
            (
                *(SHAPE, 1, "dark blue rounded rectangle at center"),
                "corner radius is 28 px instead of 7 px",
            )
        ],
    ),
    "a rounded card turned with what it holds": (
        CARD.format("0"),
        CARD.format("30"),
        [(STRUCTURE, 2, "2 shapes at center", "are rotated clockwise by 30 degrees")],
    ),
    "a detail beneath what came to the front": (
        GOLD + DETAIL + TEAL,
        DETAIL + TEAL + GOLD,
        [
            (
                *(STRUCTURE, 2, "yellow square at center"),
                "is in front of the teal circle instead of behind it",
            )
        ],
    ),
    "edges of a covered shape on another ground": (
        EGG.format("#ccd6dd") + EGG.format("#7c533e"),
        '<rect width="16" height="16" fill="#556b2f"/>'
        + EGG.format("#ccd6dd")
        + EGG.format("#7c533e"),
        [(STYLE, 2, "background", "is green instead of white")],
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_report_is_what_a_person_listed(name: str, renderer: Renderer) -> None:
    reference, candidate, expected = PAIRS[name]
    items = [("svg", f"{HEAD}{body}</svg>") for body in (reference, candidate)]
    annotation = annotate_rendered("svg", *renderer.render_batch(items, scenes=True))
    found = [
        (e.category, e.severity, e.location, e.description) for e in annotation.require().errors
    ]
    assert sorted(found) == sorted(expected)
    assert annotation.failure is None


def view(source: str) -> View:
    drawing = get_task("svg").draw(source, 1_000_000, 20_000, AS_STATED)
    return View(drawing.pixels, get_task("svg").read_scene(drawing))


def test_reports_of_many_shapes_are_bounded() -> None:
    circle = '<circle cx="{}" cy="{}" r=".3" fill="red"/>'
    many = "".join(circle.format(x / 2, y / 2) for x in range(1, 31) for y in range(1, 20))
    reference = view(f"{HEAD}{RED_CIRCLE}</svg>")
    candidate = view(f"{HEAD}{RED_CIRCLE}{many}</svg>")
    there = get_task("svg").compare(reference, candidate)
    back = get_task("svg").compare(candidate, reference)
    for found, word in ((there, "extra"), (back, "missing")):
        assert len(found) == 50
        assert found[-1].location.endswith("red circles")
        assert found[-1].description == f"are {word}"
        assert found[-1].box is not None


def test_boxes_are_in_the_pixels_of_their_image() -> None:
    small = HEAD.replace("112", "56")
    body = RED_CIRCLE + BLUE_SQUARE
    views = view(f"{HEAD}{body}</svg>"), view(f"{small}{body.replace('blue', 'green')}</svg>")
    (square,) = [item for item in get_task("svg").compare(*views) if item.category == "style_error"]
    assert square.box_in == "candidate"
    assert square.box == pytest.approx((31.5, 31.5, 52.5, 52.5), abs=1)
