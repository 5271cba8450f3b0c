"""Drawing of documents as browsers draw them: colours, transforms, texts, patterns, sizes."""

from __future__ import annotations

import io
import shutil
import subprocess

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from erm.images import largest_gap
from erm.sources.errors import DrawError
from erm.tasks import get_task
from erm.tasks.settings import DrawingSettings
from erm.tasks.svg.draw import MAX_USED, draw_svg
from tests.drawing import AS_STATED

Pixels = NDArray[np.uint8]

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="120" viewBox="0 0 120 120">'


def draw(body: str, head: str = HEAD) -> Pixels:
    return get_task("svg").draw(f"{head}{body}</svg>", 1_000_000, 20_000, AS_STATED).pixels


def at(pixels: Pixels, x: int, y: int) -> tuple[int, ...]:
    return tuple(pixels[y, x].tolist())


def ink(pixels: Pixels) -> tuple[int, int, int, int]:
    """x0, y0, x1 and y1 (exclusive) of all that is not white."""
    ys, xs = np.nonzero((pixels < 128).any(axis=2))
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


def assert_same(one: str, other: str) -> None:
    gap = largest_gap(draw(one), draw(other))
    assert int(gap.max()) <= 2


@pytest.mark.parametrize(
    ("colour", "level"),
    [
        ("hsl(120 100% 25%)", (0, 128, 0)),
        ("hsl(120, 100%, 25%)", (0, 128, 0)),
        ("hsla(0.5turn 100% 50% / 50%)", (128, 255, 255)),
        ("hwb(120 0% 0%)", (0, 255, 0)),
        ("rgb(200 40 40)", (200, 40, 40)),
        ("rgb(0 128 0 / 50%)", (128, 192, 128)),
        ("rgba(10, 20, 200, 50%)", (132, 138, 228)),
        ("rgb(300, -5, 0)", (255, 0, 0)),
        ("#ff880080", (255, 195, 127)),
        ("#F00", (255, 0, 0)),
        ("oklch(0.628 0.2577 29.23)", (255, 0, 0)),
        ("lab(54.29 80.81 69.89)", (255, 0, 0)),
        ("var(--x, red)", (255, 0, 0)),
        ("CURRENTCOLOR", (0, 0, 255)),
        ("url(#none) red", (255, 0, 0)),
        ("url(#none)", (255, 255, 255)),
        ("context-fill", (255, 255, 255)),
        ("#GGG", (0, 0, 0)),
        ("notacolor", (0, 0, 0)),
    ],
)
@pytest.mark.parametrize("way", ["attribute", "style", "sheet"])
def test_every_form_of_a_colour(colour: str, level: tuple[int, ...], way: str) -> None:
    rect = 'x="0" y="0" width="120" height="120" color="blue"'
    body = {
        "attribute": f'<rect {rect} fill="{colour}"/>',
        "style": f'<rect {rect} style="fill:{colour}"/>',
        "sheet": f"<style>rect{{fill:{colour}}}</style><rect {rect}/>",
    }[way]
    found = at(draw(body), 60, 60)
    assert max(abs(a - b) for a, b in zip(found, level, strict=True)) <= 2


def test_an_invalid_colour_is_inherited() -> None:
    body = '<g fill="red"><rect width="120" height="120" fill="nonsense(3)"/></g>'
    assert at(draw(body), 60, 60) == (255, 0, 0)


@pytest.mark.parametrize(
    ("css", "colour"),
    [
        ("svg{--a:teal} rect{fill:var(--a)}", (0, 128, 128)),
        ("rect{--a:teal;fill:var(--b, var(--a))}", (0, 128, 128)),
        ("rect{fill:red !important} #r{fill:blue}", (255, 0, 0)),
        ("rect{fill:red} .c{fill:blue} rect{fill:green}", (0, 0, 255)),
        ("rect{--a:var(--a)} rect{fill:var(--a, lime)}", (0, 255, 0)),
    ],
)
def test_style_sheets_cascade(css: str, colour: tuple[int, ...]) -> None:
    body = f'<style>{css}</style><rect id="r" class="c" width="120" height="120"/>'
    assert at(draw(body), 60, 60) == colour


def test_doubling_variables_end_quickly() -> None:
    chain = "".join(f"--v{i}:var(--v{i - 1}) var(--v{i - 1});" for i in range(1, 60))
    body = f"<style>rect{{--v0:red;{chain}fill:var(--v59)}}</style>"
    body += '<rect width="120" height="120"/>'
    assert at(draw(body), 60, 60) == (0, 0, 0)


SQUARE = '<rect x="40" y="40" width="40" height="20" fill="black" {}/>'


@pytest.mark.parametrize(
    ("written", "same"),
    [
        (
            'style="transform:rotate(90deg);transform-origin:60px 50px"',
            'transform="rotate(90 60 50)"',
        ),
        ('style="transform:rotate(.25turn);transform-origin:center"',
         'transform="rotate(90 60 60)"'),
        ('style="transform-box:fill-box;transform-origin:center;transform:rotate(90deg)"',
         'transform="rotate(90 60 50)"'),
        ('transform="rotate(30)" transform-origin="center"', 'transform="rotate(30 60 60)"'),
        ('transform="scale(.5)" transform-origin="100% 0"',
         'transform="translate(60 0) scale(.5)"'),
        ('style="transform:translate(10%,25%)"', 'transform="translate(12 30)"'),
        ('style="translate:10px 20px;rotate:90deg;transform-origin:60px 50px"',
         'transform="translate(10 20) rotate(90 60 50)"'),
        ('style="scale:2"', 'transform="scale(2)"'),
        ('transform="translate(4px, 4px)"', ""),
        ('transform="rotate(30deg)"', ""),
        ('style="transform:none" transform="translate(9 9)"', 'transform="translate(9 9)"'),
    ],
)  # fmt: skip
def test_css_transforms(written: str, same: str) -> None:
    assert_same(SQUARE.format(written), SQUARE.format(same))


@pytest.mark.parametrize(
    "use",
    [
        '<use href="#s" opacity=".3"/>',
        '<use href="#s" style="opacity:30%"/>',
        '<g opacity=".3"><use href="#s"/></g>',
    ],
)
@pytest.mark.parametrize(
    "target",
    [
        '<rect id="s" width="120" height="120"/>',
        '<g id="s"><rect width="120" height="120"/></g>',
        '<symbol id="s"><rect width="120" height="120"/></symbol>',
    ],
)
def test_opacity_of_use(use: str, target: str) -> None:
    assert at(draw(f"<defs>{target}</defs>{use}"), 60, 60) == pytest.approx((178,) * 3, abs=2)


def test_blanks_between_nested_parts_stay() -> None:
    text = '<text x="10" y="60" font-size="20">{}</text>'
    nested = draw(text.format("\n a <tspan>b <tspan>c</tspan>  </tspan> d "))
    np.testing.assert_array_equal(nested, draw(text.format("a <tspan>b</tspan> c d")))


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ('<tspan fill="red">ab</tspan>cd<tspan>ef</tspan>', "middle"),
        ('ab<tspan font-weight="bold">cd</tspan>', "end"),
        ('ab<a href="#x">cd</a>ef', "middle"),
        ('<title>a long title that nobody sees</title>ab<tspan fill="red">cd</tspan>', "middle"),
        ('a<tspan dy="-6" font-size="70%">2</tspan>', "end"),
    ],
)
def test_a_line_of_several_parts_is_anchored_as_a_whole(text: str, anchor: str) -> None:
    pixels = draw(f'<text x="60" y="60" font-size="20" text-anchor="{anchor}">{text}</text>')
    x0, _, x1, _ = ink(pixels)
    expected = (x0 + x1) / 2 if anchor == "middle" else x1
    assert abs(expected - 60) < 3
    assert x1 - x0 > 15


def test_font_sizes_relative_to_the_parent() -> None:
    text = '<g font-size="10"><text x="5" y="60" font-size="{}">Hxg</text></g>'
    for size in ("200%", "2em", "20px", "15pt"):
        assert_same(text.format(size), text.format("20"))
    assert_same(text.format("larger"), text.format("12"))


def test_font_shorthand_replaces_an_inherited_size() -> None:
    text = '<g font-size="10"><text x="5" y="60" {}>Hxg</text></g>'
    short = text.format('style="font:bold 24px/1.2 monospace"')
    assert_same(short, text.format('font-weight="bold" font-size="24" font-family="monospace"'))


def test_lines_and_lengths_of_texts() -> None:
    plain = draw('<text x="10" y="60" font-size="20">oooo</text>')
    lined = draw('<text x="10" y="60" font-size="20" text-decoration="underline">oooo</text>')
    assert ink(lined)[3] > ink(plain)[3]
    longer = draw('<text x="10" y="60" font-size="20" textLength="100">oooo</text>')
    assert abs(ink(longer)[2] - 109) <= 3
    spaced = draw('<text x="10" y="60" font-size="20" word-spacing="20">o o</text>')
    assert ink(spaced)[2] - ink(draw('<text x="10" y="60" font-size="20">o o</text>'))[2] == 20


def test_paint_order_puts_the_stroke_beneath() -> None:
    circle = '<circle cx="60" cy="60" r="30" fill="red" stroke="blue" stroke-width="20" {}/>'
    assert at(draw(circle.format("")), 60, 34) == (0, 0, 255)
    assert at(draw(circle.format('paint-order="stroke"')), 60, 34) == (255, 0, 0)
    assert at(draw(circle.format('style="paint-order:markers stroke"')), 60, 26) == (0, 0, 255)


def test_a_stroke_that_does_not_scale() -> None:
    line = '<g transform="scale(6 3)"><path d="M2 20H18" stroke="black" {}/></g>'
    pixels = draw(line.format('stroke-width="2" vector-effect="non-scaling-stroke"'))
    x0, y0, x1, y1 = ink(pixels)
    assert (y1 - y0, x1 - x0) == (2, 96)


def test_clip_rule_leaves_a_hole() -> None:
    rings = "M10 10H110V110H10ZM40 40H80V80H40Z"
    clip = f'<clipPath id="c"><path d="{rings}" clip-rule="evenodd"/></clipPath>'
    pixels = draw(clip + '<rect width="120" height="120" clip-path="url(#c)"/>')
    assert at(pixels, 60, 60) == (255, 255, 255)
    assert at(pixels, 20, 60) == (0, 0, 0)


@pytest.mark.parametrize(
    ("style", "colour"),
    [("background:#222", (34, 34, 34)), ("background-color:teal", (0, 128, 128))],
)
def test_background_of_the_root(style: str, colour: tuple[int, ...]) -> None:
    head = f'<svg width="60" height="40" viewBox="0 0 9 9" style="{style}">'
    pixels = draw('<circle cx="4" cy="4" r="2" fill="white"/>', head)
    assert at(pixels, 1, 1) == at(pixels, 58, 38) == colour


def test_patterns_repeat_sharply_where_they_should() -> None:
    tile = '<pattern id="p" width="{0}" height="{0}" {1}><rect width="{2}" height="{0}"/></pattern>'
    small = '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="120" viewBox="0 0 12 12">'
    body = tile.format("2", 'patternUnits="userSpaceOnUse"', "1")
    pixels = draw(body + '<rect width="12" height="12" fill="url(#p)"/>', small)
    row = pixels[60, :, 0] < 128
    assert row.tolist() == ([True] * 10 + [False] * 10) * 6
    body = tile.format(".5", "", "10")
    pixels = draw(body + '<rect x="20" y="20" width="40" height="40" fill="url(#p)"/>')
    assert (pixels[40, 20:60, 0] < 128).tolist() == ([True] * 10 + [False] * 10) * 2


@pytest.mark.parametrize(
    ("data", "same"),
    [
        ("M+20+20L+60+60", "M20 20L60 60"),
        ("M2e1 2e1l4.e1 1e1.5.5", "M20 20l40 10 .5 .5"),
        ("M20 20L60 60L", "M20 20L60 60"),
        ("L20 20L60 60", ""),
    ],
)
def test_path_data(data: str, same: str) -> None:
    path = '<path d="{}" stroke="black" stroke-width="4" fill="none"/>'
    assert_same(path.format(data), path.format(same))


def test_an_ellipse_with_one_radius_is_a_circle() -> None:
    ellipse = '<ellipse cx="60" cy="60" {}/>'
    assert_same(ellipse.format('rx="20"'), ellipse.format('rx="20" ry="20"'))
    assert_same(ellipse.format('ry="20" rx="auto"'), ellipse.format('rx="20" ry="20"'))


def test_round_corners_are_quarters_of_circles() -> None:
    rect = '<rect x="20" y="20" width="80" height="80" rx="40"/>'
    gap = largest_gap(draw(rect), draw('<circle cx="60" cy="60" r="40"/>'))
    assert int(gap.max()) <= 16


def test_the_longest_side_is_a_parameter() -> None:
    icon = '<svg width="24" height="12" viewBox="0 0 48 24"><rect width="24" height="24"/></svg>'
    assert draw_svg(icon, 10**6, 100, AS_STATED).pixels.shape == (12, 24, 3)
    drawn = draw_svg(icon, 10**6, 100, DrawingSettings()).pixels
    assert drawn.shape == (168, 336, 3)
    assert ink(drawn) == (0, 0, 168, 168)
    plain = '<svg width="24" height="24"><rect width="12" height="24"/></svg>'
    assert ink(draw_svg(plain, 10**6, 100, DrawingSettings(raster_side=96)).pixels) == (
        0,
        0,
        48,
        96,
    )


def test_text_without_glyphs_is_refused() -> None:
    with pytest.raises(DrawError, match="U\\+E123") as error:
        draw('<text y="60">a\ue123</text>')
    assert error.value.kind == "missing_glyphs"


def test_use_may_not_multiply_elements() -> None:
    levels = '<circle id="a0" r="2"/>'
    for level in range(1, 4):
        copies = f'<use href="#a{level - 1}"/>' * 16
        levels += f'<g id="a{level}">{copies}</g>'
    with pytest.raises(DrawError, match=str(MAX_USED)) as error:
        draw(f'<defs>{levels}</defs><use href="#a3"/>')
    assert error.value.kind == "too_many_elements"


RENDERED = {
    "shapes": '<rect x="9" y="9" width="50" height="30" rx="8" fill="teal"/>'
    '<ellipse cx="80" cy="80" rx="30" ry="12" transform="rotate(30 80 80)" fill="orange"/>',
    "strokes": '<path d="M9 60Q60 9 110 60T9 110" fill="none" stroke="navy" stroke-width="7" '
    'stroke-linecap="round" stroke-dasharray="14 10"/><path d="M20 20h0" stroke="red" '
    'stroke-width="16" stroke-linecap="round"/>',
    "colours": '<rect width="60" height="120" fill="hsl(200 80% 40%)"/>'
    '<rect x="60" width="60" height="120" fill="#30a08080"/>',
    "pattern": '<pattern id="p" width="8" height="8" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(20)"><circle cx="4" cy="4" r="3" fill="purple"/></pattern>'
    '<rect x="9" y="9" width="100" height="100" fill="url(#p)"/>',
    "clip": '<clipPath id="c"><path d="M10 10H110V110H10ZM40 40H80V80H40Z" '
    'clip-rule="evenodd"/></clipPath><circle cx="60" cy="60" r="55" clip-path="url(#c)"/>',
    "use": '<defs><g id="g"><circle cx="20" cy="20" r="15"/></g></defs>'
    '<use href="#g" opacity=".4"/><use href="#g" x="60" y="60" fill="green"/>',
    "gradient": '<linearGradient id="l" gradientTransform="rotate(40 .5 .5)">'
    '<stop stop-color="hsl(0 90% 50%)"/><stop offset="1" stop-color="blue"/></linearGradient>'
    '<rect x="9" y="9" width="100" height="100" fill="url(#l)"/>',
    "mask": '<mask id="m"><rect width="60" height="120" fill="white"/></mask>'
    '<circle cx="60" cy="60" r="50" fill="red" mask="url(#m)"/>',
}


@pytest.mark.skipif(shutil.which("rsvg-convert") is None, reason="rsvg-convert is not installed")
@pytest.mark.parametrize("name", RENDERED)
def test_an_independent_renderer_draws_the_same(name: str) -> None:
    source = f"{HEAD}{RENDERED[name]}</svg>"
    command = ["rsvg-convert", "--background-color=white", "-w", "120", "-h", "120"]
    png = subprocess.run(command, input=source.encode(), capture_output=True, check=True).stdout
    with PIL.Image.open(io.BytesIO(png)) as picture:
        other = np.asarray(picture.convert("RGB"))
    assert largest_region(draw(RENDERED[name]), other) < 8


@pytest.mark.parametrize("name", RENDERED)
def test_the_second_back_end_draws_the_same(name: str) -> None:
    pytest.importorskip("resvg_py")
    source = f"{HEAD}{RENDERED[name]}</svg>"
    resvg = DrawingSettings(raster_side=0, backends={"svg": "resvg"})
    other = draw_svg(source, 10**6, 1000, resvg).pixels
    assert largest_region(draw(RENDERED[name]), other) < 8


def largest_region(one: Pixels, other: Pixels) -> int:
    """Connected pixels that differ clearly, smoothed over 3×3 (as `erm.annotation` does)."""
    smooth = [
        ndimage.uniform_filter(pixels.astype(float), (3, 3, 1)).astype(np.uint8)
        for pixels in (one, other)
    ]
    labels, _ = ndimage.label(largest_gap(*smooth) > 40, np.ones((3, 3)))
    return int(np.bincount(labels.ravel())[1:].max(initial=0))
