"""Twenty pairs of icons and diagrams as icon sets and drawing programs write them."""

from __future__ import annotations

from tests.checked import Checked

STRUCTURE, SHAPE, STYLE, TEXT = "structure_error", "shape_error", "style_error", "text_symbol_error"

HOME = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 24 24" '
    'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" '
    'stroke-linejoin="round"><path d="M3 9l9-7 9 7v11a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z"></path>'
    '<polyline points="9 22 9 12 15 12 15 22"></polyline></svg>'
)
BELL = """<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128" viewBox="0 0 64 64">
<defs><linearGradient id="a" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#ffd54f"/>
<stop offset="1" stop-color="#ff8f00"/></linearGradient></defs>
<g transform="translate(32 32) rotate(10)">
<path d="M-18 14 C-12 8 -14 -16 0 -20 C14 -16 12 8 18 14 Z" fill="url(#a)" stroke="#6d4c41"
 stroke-width="2"/><circle cx="0" cy="18" r="5" fill="#6d4c41"/></g>
<circle cx="50" cy="14" r="9" fill="#e53935"/>
<text x="50" y="18" font-size="12" font-family="DejaVu Sans" text-anchor="middle"
 fill="#fff">3</text></svg>"""
STARS = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
 width="160" height="80" viewBox="0 0 160 80"><defs><g id="star">
<polygon points="0,-14 4,-4 14,-4 6,3 9,13 0,7 -9,13 -6,3 -14,-4 -4,-4" fill="gold"
 stroke="darkorange"/></g></defs><rect width="160" height="80" rx="8" fill="#263238"/>
<use xlink:href="#star" x="30" y="40"/><use xlink:href="#star" x="80" y="40"/>
<use xlink:href="#star" x="130" y="40"/></svg>"""
FLOW = """<svg xmlns="http://www.w3.org/2000/svg" width="240" height="160" viewBox="0 0 240 160"
 font-family="DejaVu Sans" font-size="11"><defs><marker id="arr" markerWidth="8" markerHeight="8"
 refX="7" refY="4" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#333"/></marker></defs>
<rect x="10" y="20" width="80" height="40" fill="#bbdefb" stroke="#1e88e5"/>
<text x="50" y="44" text-anchor="middle">Start</text>
<rect x="150" y="20" width="80" height="40" fill="#c8e6c9" stroke="#43a047"/>
<text x="190" y="44" text-anchor="middle">Load</text>
<ellipse cx="120" cy="125" rx="50" ry="22" fill="#ffe0b2" stroke="#fb8c00"/>
<text x="120" y="129" text-anchor="middle">Done</text>
<line x1="90" y1="40" x2="150" y2="40" stroke="#333" marker-end="url(#arr)"/>
<path d="M190 60 Q190 125 170 125" fill="none" stroke="#333"/></svg>"""
CHECK = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512" width="128" height="128">
<path fill="#4caf50" d="M256 8C119 8 8 119 8 256s111 248 248 248 248-111 248-248S393 8 256 8z"/>
<path fill="none" stroke="white" stroke-width="48" d="M140 260l80 80 150-160"/></svg>"""
MENU = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="96" height="96">
<rect x="3" y="5" width="18" height="2" fill="#222"/>
<rect x="3" y="11" width="18" height="2" fill="#222"/>
<rect x="3" y="17" width="18" height="2" fill="#222"/></svg>"""
LANDSCAPE = """<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"
 viewBox="0 0 100 100"><defs><clipPath id="c"><circle cx="50" cy="50" r="40"/></clipPath></defs>
<g clip-path="url(#c)"><rect width="100" height="50" fill="#4fc3f7"/>
<rect y="50" width="100" height="50" fill="#8bc34a"/>
<circle cx="72" cy="30" r="10" fill="#ffeb3b"/></g></svg>"""

PAIRS = [
    Checked(
        "absolute instead of relative path",
        HOME,
        (
            (
                "M3 9l9-7 9 7v11a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z",
                "M3,9 L12,2 L21,9 V20 A2,2 0 0 1 19,22 H5 A2,2 0 0 1 3,20 Z",
            ),
        ),
    ),
    Checked(
        "door gone",
        HOME,
        (('<polyline points="9 22 9 12 15 12 15 22"></polyline>', ""),),
        ((STRUCTURE, 3, "black polyline at center", "is missing"),),
    ),
    Checked(
        "thin blue lines",
        HOME,
        (('stroke-width="2"', 'stroke-width="1"'), ("currentColor", "#2563eb")),
        (
            (STYLE, 2, "2 black shapes", "stroke width is 4 px instead of 8 px"),
            (STYLE, 2, "2 black shapes", "stroke is blue instead of black"),
        ),
    ),
    Checked(
        "wider door",
        HOME,
        (("9 22 9 12 15 12 15 22", "7 22 7 12 17 12 17 22"),),
        ((SHAPE, 2, "black polyline at center", "width is 40 px instead of 24 px"),),
    ),
    Checked(
        "class and nested groups",
        BELL,
        (
            ("<defs>", "<style>.b{fill:#e53935}</style><defs>"),
            ('r="9" fill="#e53935"', 'r="9" class="b"'),
            ("translate(32 32) rotate(10)", "matrix(.984808 .173648 -.173648 .984808 32 32)"),
        ),
    ),
    Checked(
        "another number, other clapper",
        BELL,
        ((">3<", ">5<"), ('r="5"', 'r="8"')),
        (
            (TEXT, 3, "text at top right", "text is '5' instead of '3'"),
            (SHAPE, 2, "brown circle at bottom", "size is 32 px instead of 20 px"),
        ),
    ),
    Checked(
        "badge elsewhere",
        BELL,
        (('cx="50"', 'cx="14"'), ('x="50" y', 'x="14" y')),
        ((STRUCTURE, 3, "2 shapes at top right", "are moved left by 72 px"),),
    ),
    Checked(
        "flat fill",
        BELL,
        (("url(#a)", "#ffb300"),),
        (
            (
                STYLE,
                2,
                "gradient shape at center",
                "fill is orange instead of a linear gradient from yellow to orange",
            ),
        ),
    ),
    Checked(
        "swings back",
        BELL,
        (("rotate(10)", "rotate(-10)"),),
        ((STRUCTURE, 2, "2 shapes at center", "are rotated counterclockwise by 20 degrees"),),
    ),
    Checked(
        "one star less, one smaller",
        STARS,
        (
            ('<use xlink:href="#star" x="80" y="40"/>', ""),
            ('x="130" y="40"', 'transform="translate(130 40) scale(.6)"'),
        ),
        (
            (STRUCTURE, 3, "yellow star at center", "is missing"),
            (SHAPE, 2, "yellow star at right", "size is 17 px instead of 28 px"),
        ),
    ),
    Checked(
        "a star written out",
        STARS,
        (
            (
                '<use xlink:href="#star" x="80" y="40"/>',
                '<g transform="translate(80,40)"><polygon stroke="#ff8c00" fill="#ffd700" '
                'points="0,-14 4,-4 14,-4 6,3 9,13 0,7 -9,13 -6,3 -14,-4 -4,-4"/></g>',
            ),
        ),
    ),
    Checked(
        "silver on a square card",
        STARS,
        (('"gold"', '"silver"'), (' rx="8"', "")),
        (
            (STYLE, 2, "all yellow stars", "fill is light gray instead of yellow"),
            (
                SHAPE,
                3,
                "dark gray rounded rectangle at center",
                "is a rectangle instead of a rounded rectangle",
            ),
        ),
    ),
    Checked(
        "label and arrow",
        FLOW,
        (("Load", "Save"), (' marker-end="url(#arr)"', "")),
        (
            (TEXT, 3, "text at top right", "text is 'Save' instead of 'Load'"),
            (STRUCTURE, 2, "dark gray triangle at top", "is missing"),
        ),
    ),
    Checked(
        "box for an ellipse",
        FLOW,
        (
            (
                '<ellipse cx="120" cy="125" rx="50" ry="22"',
                '<rect x="70" y="103" width="100" height="44"',
            ),
        ),
        ((SHAPE, 3, "beige ellipse at bottom", "is a rectangle instead of an ellipse"),),
    ),
    Checked(
        "dashes, and a connector gone",
        FLOW,
        (
            ('y2="40" stroke="#333"', 'y2="40" stroke="#333" stroke-dasharray="4 3"'),
            ('<path d="M190 60 Q190 125 170 125" fill="none" stroke="#333"/>', ""),
        ),
        (
            (STYLE, 1, "dark gray line at top", "stroke is dashed instead of solid"),
            (STRUCTURE, 2, "dark gray curve at right", "is missing"),
        ),
    ),
    Checked(
        "a circle for a path",
        CHECK,
        (
            (
                '<path fill="#4caf50" d="M256 8C119 8 8 119 8 256s111 248 248 248 248-111 '
                '248-248S393 8 256 8z"/>',
                '<circle cx="256" cy="256" r="248" fill="#4caf50"/>',
            ),
        ),
    ),
    Checked(
        "thin tick on red",
        CHECK,
        (("#4caf50", "#f44336"), ('width="48"', 'width="24"')),
        (
            (STYLE, 2, "white polyline at center", "stroke width is 6 px instead of 12 px"),
            (STYLE, 2, "green circle at center", "fill is red instead of green"),
        ),
    ),
    Checked(
        "lines for bars",
        MENU,
        (
            (
                '<rect x="3" y="5" width="18" height="2" fill="#222"/>',
                '<path stroke="#222222" stroke-width="2" d="M3 6H21M3 12h18M3 18h18"/>',
            ),
            ('<rect x="3" y="11" width="18" height="2" fill="#222"/>', ""),
            ('<rect x="3" y="17" width="18" height="2" fill="#222"/>', ""),
        ),
    ),
    Checked(
        "short bar",
        MENU,
        (('y="17" width="18"', 'y="17" width="10"'),),
        ((SHAPE, 2, "black rectangle at bottom", "width is 40 px instead of 72 px"),),
    ),
    Checked(
        "no sun, hidden meadow",
        LANDSCAPE,
        (
            ('<circle cx="72" cy="30" r="10" fill="#ffeb3b"/>', ""),
            ('<rect y="50" width="100" height="50"', '<rect y="50" width="100" height="80"'),
        ),
        ((STRUCTURE, 3, "yellow circle at top right", "is missing"),),
    ),
]
