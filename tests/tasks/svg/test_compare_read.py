"""Icons of which only the pictures are known: each kind of change in the words of the annotator."""

from __future__ import annotations

import numpy as np
import pytest

from erm.render import Renderer
from erm.tasks import View
from erm.tasks.svg.compare_read import compare_pictures
from erm.tasks.svg.masks import best_turn
from erm.tasks.svg.reading import read_icon
from erm.tasks.svg.segments import pen_width, take_apart


def compared(reference: np.ndarray, candidate: np.ndarray) -> list[str]:
    views = [View(pixels, read_icon(pixels)) for pixels in (reference, candidate)]
    return [f"{e.severity} {e.location}: {e.description}" for e in compare_pictures(*views)]


def icon(inside: str, paint: str = "") -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" {paint}>{inside}</svg>'


STROKES = 'fill="none" stroke="black" stroke-width="2" stroke-linecap="round"'
LIST = '<path d="M4 5h16"/><path d="M4 12h16"/><path d="M4 19h10"/>'
RING = '<circle cx="12" cy="12" r="8"/>'
DISC = '<circle cx="7" cy="7" r="5" fill="red"/><path d="M14 14h8v6h-8z" fill="blue"/>'

CHANGES = {
    "a stroke gone": (
        STROKES,
        LIST,
        ('<path d="M4 12h16"/>', ""),
        "3 black line at center: is missing",
    ),
    "a thinner ring": (
        STROKES,
        RING,
        ("<circle", '<circle stroke-width="1"'),
        "2 black circle outline at center: stroke width is 14 px instead of 28 px",
    ),
    "a smaller ring": (
        STROKES,
        RING,
        ('r="8"', 'r="6"'),
        "2 black circle outline at center: size is 168 px instead of 224 px",
    ),
    "a dashed ring": (
        STROKES,
        RING,
        ("<circle", '<circle stroke-dasharray="2 4"'),
        "1 black circle outline at center: stroke is dashed instead of solid",
    ),
    "another colour": (
        "",
        DISC,
        ("red", "green"),
        "2 red circle at top left: fill is green instead of red",
    ),
    "a paler disc": (
        "",
        DISC,
        ('fill="red"', 'fill="red" opacity="0.4"'),
        "2 red circle at top left: opacity is 0.4 instead of 1",
    ),
    "moved": ("", DISC, ('cx="7"', 'cx="9"'), "2 red circle at top left: is moved right by 28 px"),
    "taller": (
        "",
        DISC,
        ("v6h-8", "v8h-8"),
        "2 blue rectangle at bottom right: height is 112 px instead of 84 px",
    ),
    "everything smaller": (
        "",
        f"<g>{DISC}</g>",
        ("<g>", '<g transform="translate(3 3) scale(.75)">'),
        "2 whole image: is scaled by 0.75",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_named_as_the_exact_annotator_names_it(name: str, renderer: Renderer) -> None:
    paint, inside, change, expected = CHANGES[name]
    sources = [icon(inside, paint), icon(inside.replace(*change), paint)]
    first, second = renderer.render_batch([("svg", source) for source in sources])
    assert compared(first.pixels, second.pixels) == [expected]


def test_two_pictures_share_colours_and_edges_are_none() -> None:
    pixels = np.full((60, 60, 3), 255, dtype=np.uint8)
    pixels[10:40, 10:40] = (200, 0, 0)
    pixels[10:40, 40] = (227, 127, 127)
    (picture, white) = take_apart(pixels, np.full_like(pixels, 255))
    assert [segment.code for segment in picture.segments] == [0xC80000]
    assert white.segments == ()


def test_widths_and_turns_are_measured() -> None:
    mask = np.zeros((120, 120), dtype=bool)
    mask[20:30, 10:110] = True
    mask[20:110, 60:70] = True
    assert pen_width(mask) == pytest.approx(10, abs=0.5)
    assert pen_width(np.ones((40, 40), dtype=bool)) is None
    assert best_turn(mask, np.rot90(mask)) == pytest.approx(-90, abs=2)
    assert best_turn(mask, mask) is None
