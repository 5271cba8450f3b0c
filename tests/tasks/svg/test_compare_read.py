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


def test_one_shape_missing_and_another_extra_of_its_colour_are_both_named(
    renderer: Renderer,
) -> None:
    star = '<path d="M17 13l1 3h4l-3 2 1 4-3-2-3 2 1-4-3-2h4z" fill="red"/>'
    bar = '<rect x="2" y="3" width="9" height="2" fill="red"/>'
    first, second = renderer.render_batch([("svg", icon(bar)), ("svg", icon(star))])
    found = compared(first.pixels, second.pixels)
    assert sorted(one.rsplit(": ", 1)[1] for one in found) == ["is extra", "is missing"]


def blocks(seed: int, side: int) -> np.ndarray:
    """A picture without flat areas, of blocks of 5 × 5 px."""
    rng = np.random.default_rng(seed)
    levels = rng.integers(0, 2, (side // 5, side // 5, 1)) * 255
    return np.kron(levels, np.ones((5, 5, 3))).astype(np.uint8)


def test_what_has_no_flat_areas_is_one_difference_with_its_place() -> None:
    first = blocks(0, 400)
    assert compared(first, blocks(1, 400)) == ["3 center: looks different"]
    second = first.copy()
    second[:50, :50] = 255 - second[:50, :50]
    assert compared(first, second) == ["1 top left: looks different"]
    assert compared(first, first) == []


def test_a_large_picture_is_averaged_down_and_boxes_are_its_own() -> None:
    first = np.full((1500, 2000, 3), 255, dtype=np.uint8)
    second = first.copy()
    second[1000:1200, 1600:1900] = (255, 0, 0)
    views = [View(pixels, read_icon(pixels)) for pixels in (first, second)]
    (error,) = compare_pictures(*views)
    assert error.description == "is extra"
    assert error.box == (1600, 1000, 1900, 1200)


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
