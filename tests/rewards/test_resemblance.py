"""The gate lets honest pictures through, and none that show something else."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from erm.images import encode_png
from erm.rewards.parts.resemblance import resemblance, shows_reference


def picture(
    colour: str = "navy", shift: int = 0, size: int = 120, background: str = "white"
) -> bytes:
    """Two bars and a frame."""
    image = Image.new("RGB", (size, size), background)
    draw = ImageDraw.Draw(image)
    draw.rectangle((10, 10, 110, 110), outline="black")
    draw.rectangle((20 + shift, 50, 45 + shift, 110), fill=colour)
    draw.rectangle((60 + shift, 30, 85 + shift, 110), fill=colour)
    return encode_png(image)


def spots(number: int) -> bytes:
    """Single pixels all over the picture."""
    image = Image.new("RGB", (120, 120), "white")
    places = np.random.default_rng(0).integers(15, 105, (number, 2))
    ImageDraw.Draw(image).point([tuple(place) for place in places.tolist()], fill="black")
    return encode_png(image)


def test_colours_small_shifts_and_margins_do_not_count() -> None:
    for candidate in (
        picture(),
        picture("orange"),
        picture(shift=4),
        picture(size=160),
        picture(background="beige"),
    ):
        assert shows_reference(picture(), candidate)


def test_other_pictures_show_nothing_of_the_reference() -> None:
    blank = encode_png(Image.new("RGB", (120, 120), "white"))
    corner = Image.new("RGB", (120, 120), "white")
    ImageDraw.Draw(corner).rectangle((0, 0, 30, 20), fill="navy")
    for candidate in (blank, encode_png(corner), spots(3000)):
        assert not shows_reference(picture(), candidate)


def test_equal_ink_resembles_fully_and_none_not_at_all() -> None:
    ink = np.zeros((20, 20), dtype=np.uint8)
    ink[5:10, 5:10] = 255
    assert resemblance(ink, ink) == pytest.approx(1.0)
    assert resemblance(ink, np.zeros_like(ink)) == 0.0
