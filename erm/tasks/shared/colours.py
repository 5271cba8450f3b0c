"""Colours as people see them: distances, common names, and words for a change of colour.

Colours are opaque sRGB, written ``#rrggbb``. Distances are CIE76 (Euclid in CIE L*a*b*, D65).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from skimage import color as convert

VISIBLE_COLOUR = 4.0
"""CIE76 distance from which people see two colours as different; about 2.3 is just noticeable
where they touch."""

_SHADE_STEP = 2.0
"""Difference in L* (0 to 100) from which one of two colours is lighter."""

_ANCHORS = {
    "black": "000000 101010 1c1c1c 070d0d",
    "dark gray": "3a3a3a 505050 5f5f5f 2f4f4f",
    "gray": "707070 808080 969696 a9a9a9 708090 7d7f7c 8c8c80",
    "light gray": "bebebe d3d3d3 e2e2e2 f0f0f2",
    "white": "ffffff f8f8f8 fffff4 f8f8ff",
    "red": "ff0000 d62728 e41a1c fb4a4a ff073a be013c f04848 e6004c ff5040 c44e52 d65f5f "
    "b22222 fa2a55 cd5c5c",
    "dark red": "8b0000 9a0c0c 7a1020 600000",
    "orange": "ffa500 ff7f0e ff8c00 f97306 fb7d07 cd5909 ff7f50 e8942e ff6a2a e0701c dd8452 "
    "f0944d f4a460",
    "light orange": "ffcc99 ffb16d fdb462 ffdab9",
    "brown": "8c564b a0522d 8b4513 6b4423 a65628 836539 964e02 411900 5c3a1e 907050 a5714a "
    "3c2415 7b5a3c 2a1005 ad8150 c4a661 947706 7d7103 6e3010 ac7e04 645403 696006 "
    "a52a2a b8860b c49c94 6b4c50 c68642 c4a484 b06500 a1887f",
    "beige": "f5deb3 e6daa6 d2b48c f5f5dc ead8c0 c8b48c faebd7 d5bb67 ac9362",
    "yellow": "ffff00 ffd700 f0d040 ddd618 e8d800 ffe95a c8b400 fff176 f5c518 daa520 d0fe1d c7c10c",
    "light yellow": "ffffb0 fff8c8 fffacd f8f0a0 ffffe0 fffeb6",
    "olive": "808000 bcbd22 6a6a10 acbf69 373e02",
    "light green": "90ee90 beebbe 00ff00 a9f971 b1d27b c7fdb5 7cfc00 40f060 98fb98 c8f0c0 d8f5d8 "
    "80e0a0 a6d854 e4f8e4 adff2f 90ff80 bff128",
    "green": "008000 2ca02c 4daf4a 50c050 4f9153 96b403 789b73 658d6d 6aa84f 20b050 2e8b57 "
    "30d030 55a868 88b378 6b8e23 7a9a3a 00a86b 5aba70 4b6113 9dc100 758000 82b99a "
    "9caf88 86a17d",
    "dark green": "005000 006400 0a481e 20402a 3b5323 1a3a10",
    "teal": "008080 148c8c 20a09a 4c9085 00a693 1b9e77 40b0a6 005f60 66cdaa 20b2aa 20a880",
    "cyan": "00ffff 17becf 00dcdc 40e0d0 60f0f0 20d0e0 0a98a0 acfffc",
    "light blue": "add8e6 87ceeb 8cc4f0 bedcfa a0b8f0 d0fefe c6e2ff 7ec8e8 98b8d8 e4f0ff 6cb4ee "
    "b0c8f8 b0e8f8 f0f8ff",
    "blue": "0000ff 1f77b4 285adc 377eb8 3d7afd 3b719f 4682b4 4169e1 1e90ff 06b1c4 0080ff "
    "3060a0 2020c8 5080c0 6090d0 4c72b0 1098d8 5a6ee0 5060c8 5e819d 5f34e7 0e87cc",
    "dark blue": "000080 141e78 014182 01386a 0a1a4a 10104a 1c2c50 00305c 203a70 29465b 214761",
    "purple": "800080 9467bd 8232a0 984ea3 9e43a2 805b87 7b2fbe 6a3d9a 8040c0 4b0082 a66fb5 "
    "a040e0 8a2be2 6a5acd 50207a 7a4a90 9966cc 3a0a50 b050d0 601040 602060 703be7 "
    "7570b3 ba55d3",
    "light purple": "c8b0e8 e6e6fa dccdf5 b19cd9 d8bfd8 c0a0d8 dda0dd c9a0dc e0c8f0",
    "magenta": "ff00ff c71585 c20078 e000e0",
    "pink": "ff69b4 e377c2 f781bf ff81c0 fb5581 fb6080 ce5dae ff1493 fa8072 e88a9a d87090 "
    "d4708c c86a80 e060a0 da8bc3 ff6163 bc8f8f cb0162",
    "light pink": "ffc0cb fab9c8 ffb2d0 ffe4e1 f8d0d8 fbb4d8 ffd8e8 e8b0b8 fff0f5",
}
"""Shades that people call by each name; the nearest one names a colour.

Chosen after XKCD's colour survey (xkcd.com/color/rgb), the colours of CSS, and the colour cycles of
matplotlib and seaborn.
"""

_CACHED = 65536


@lru_cache(maxsize=_CACHED)
def lab(colour: str) -> tuple[float, float, float]:
    """CIE L*a*b* (D65) of ``#rrggbb``; L* is 0 to 100."""
    values = convert.rgb2lab(np.array([[rgb(colour)]]) / 255.0)[0, 0]
    return float(values[0]), float(values[1]), float(values[2])


@lru_cache(maxsize=_CACHED)
def colour_distance(reference: str, candidate: str) -> float:
    """CIE76 distance of two ``#rrggbb`` colours, 0 to about 260."""
    return math.dist(lab(reference), lab(candidate))


def is_visible(reference: str, candidate: str) -> bool:
    """Whether people see two ``#rrggbb`` colours as different (`VISIBLE_COLOUR`)."""
    return colour_distance(reference, candidate) > VISIBLE_COLOUR


@lru_cache(maxsize=1)
def _anchors() -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Names (n) and L*a*b* (n, 3) of `_ANCHORS`."""
    shades = [(name, f"#{code}") for name, codes in _ANCHORS.items() for code in codes.split()]
    return tuple(name for name, _ in shades), np.array([lab(colour) for _, colour in shades])


@lru_cache(maxsize=_CACHED)
def colour_name(colour: str) -> str:
    """The common name of ``#rrggbb``, such as ``dark blue``."""
    names, values = _anchors()
    return names[int(np.linalg.norm(values - lab(colour), axis=1).argmin())]


def colour_words(candidate: str, reference: str) -> tuple[str, str]:
    """Words for both colours that differ: names, shades of one name, or else the codes.

    Shades of one name are compared: ``darker blue`` is the darker one of the two.
    """
    names = colour_name(candidate), colour_name(reference)
    if names[0] != names[1]:
        return names
    step = lab(candidate)[0] - lab(reference)[0]
    if abs(step) < _SHADE_STEP or names[0] in ("black", "white"):
        return candidate, reference
    first, second = ("lighter", "darker") if step > 0 else ("darker", "lighter")
    return f"{first} {names[0]}", f"{second} {names[0]}"


def colour_change(candidate: str, reference: str) -> str:
    """``red instead of blue``, ``lighter blue instead of darker blue``."""
    first, second = colour_words(candidate, reference)
    return f"{first} instead of {second}"


@lru_cache(maxsize=_CACHED)
def over(colour: str, background: str) -> str:
    """``#rrggbbaa`` on an opaque background, as ``#rrggbb``."""
    alpha = int(colour[7:9], 16) / 255
    pairs = zip(rgb(colour), rgb(background), strict=True)
    return hexadecimal([round(alpha * top + (1 - alpha) * under) for top, under in pairs])


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue (0 to 255) of ``#rrggbb``."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def hexadecimal(levels: Sequence[int]) -> str:
    """``#rrggbb`` of red, green and blue (0 to 255)."""
    return "#" + "".join(f"{level:02x}" for level in levels)
