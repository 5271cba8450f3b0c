"""Words for what people see: names of colours, rounded numbers, quoted texts, distances of texts.

Descriptions put the candidate's value first: ``colour is red instead of blue``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

VISIBLE_COLOUR = 4.0
"""Colour distance (CIE76 in L*a*b*, about 2.3 is just noticeable side by side) below which two
colours count as the same."""

_NAMED = (
    ("black", "#000000"),
    ("dark grey", "#505050"),
    ("grey", "#808080"),
    ("grey", "#a0a0a0"),
    ("light grey", "#d3d3d3"),
    ("white", "#ffffff"),
    ("pale yellow", "#ffffe0"),
    ("pale green", "#e4f8e4"),
    ("pale blue", "#e4f0ff"),
    ("pale pink", "#ffe4e1"),
    ("pale purple", "#e6e6fa"),
    ("red", "#ff0000"),
    ("red", "#d62728"),
    ("dark red", "#8b0000"),
    ("pink", "#ffc0cb"),
    ("pink", "#e377c2"),
    ("magenta", "#ff00ff"),
    ("magenta", "#c71585"),
    ("orange", "#ffa500"),
    ("orange", "#ff7f0e"),
    ("brown", "#8c564b"),
    ("brown", "#a0522d"),
    ("beige", "#f5deb3"),
    ("beige", "#f5f5dc"),
    ("yellow", "#ffff00"),
    ("yellow", "#f0d040"),
    ("olive", "#808000"),
    ("olive", "#bcbd22"),
    ("light green", "#90ee90"),
    ("light green", "#00ff00"),
    ("green", "#008000"),
    ("green", "#2ca02c"),
    ("dark green", "#005000"),
    ("teal", "#008080"),
    ("cyan", "#00ffff"),
    ("cyan", "#17becf"),
    ("light blue", "#add8e6"),
    ("light blue", "#87ceeb"),
    ("blue", "#0000ff"),
    ("blue", "#1f77b4"),
    ("navy", "#000080"),
    ("purple", "#800080"),
    ("purple", "#9467bd"),
    ("lavender", "#c8b0e8"),
)
"""Colours that people name, most names with more than one typical shade."""


@cache
def lab(colour: str) -> tuple[float, float, float]:
    """CIE L*a*b* (D65) of ``#rrggbb``; formulas of CIE 15 and IEC 61966-2-1."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    matrix = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = matrix @ linear / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return float(116 * f[1] - 16), float(500 * (f[0] - f[1])), float(200 * (f[1] - f[2]))


@cache
def colour_distance(first: str, second: str) -> float:
    """CIE76 distance of two ``#rrggbb`` colours, 0 to about 260."""
    return math.dist(lab(first), lab(second))


@cache
def over(colour: str, background: str) -> str:
    """``#rrggbbaa`` laid over an opaque background, as ``#rrggbb``."""
    top = [int(colour[i : i + 2], 16) for i in (1, 3, 5, 7)]
    under = [int(background[i : i + 2], 16) for i in (1, 3, 5)]
    alpha = top[3] / 255
    mixed = [round(alpha * a + (1 - alpha) * b) for a, b in zip(top[:3], under, strict=True)]
    return "#" + "".join(f"{value:02x}" for value in mixed)


@cache
def colour_name(colour: str) -> str:
    """The common name nearest to ``#rrggbb``."""
    return min(_NAMED, key=lambda item: colour_distance(colour, item[1]))[0]


def colour_change(candidate: str, reference: str) -> tuple[str, str]:
    """``red`` and ``blue``; shades of one name by lighter, darker or their codes."""
    names = colour_name(candidate), colour_name(reference)
    if names[0] != names[1]:
        return names
    step = lab(candidate)[0] - lab(reference)[0]
    if abs(step) >= 5:
        return f"a {'lighter' if step > 0 else 'darker'} {names[1]}", names[1]
    return candidate, reference


def colours_differ(first: str, second: str) -> bool:
    """Whether two ``#rrggbb`` colours can be distinguished."""
    return first != second and colour_distance(first, second) > VISIBLE_COLOUR


def same_name(candidate: str, reference: str) -> bool:
    """Whether two colours go by one common name."""
    return colour_name(candidate) == colour_name(reference)


def short(value: float, digits: int = 3) -> str:
    """A number as people write it, with at most that many significant digits."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    rounded = float(f"{value:.{digits}g}")
    if 1e-4 <= abs(rounded) < 1e7:
        return f"{rounded:.10f}".rstrip("0").rstrip(".")
    return f"{rounded:.{digits - 1}e}"


def number_change(
    candidate: Sequence[float], reference: Sequence[float], joint: str
) -> tuple[str, str]:
    """``4`` and ``6`` or, joined, ``0 to 5`` and ``0 to 4``; digits enough to distinguish them."""
    sides = "", ""
    for digits in (3, 4, 6):
        first, second = (
            joint.join(short(value, digits) for value in side) for side in (candidate, reference)
        )
        sides = first, second
        if first != second:
            break
    return sides


def quote(text: str, longest: int = 40) -> str:
    """A text on one line in single quotes, cut where it is long."""
    line = re.sub(r"\s+", " ", text)
    return f"'{line}'" if len(line) <= longest else f"'{line[: longest - 1]}…'"


def text_change(candidate: str, reference: str) -> str:
    """``text is 'a' instead of 'b'``, showing where two long texts differ."""
    start = 0
    if max(len(candidate), len(reference)) > 40:
        pairs = zip(candidate, reference, strict=False)
        same = next((i for i, (a, b) in enumerate(pairs) if a != b), 0)
        start = max(0, same - 15)
    lead = "…" if start else ""
    return f"text is {quote(lead + candidate[start:])} instead of {quote(lead + reference[start:])}"


@cache
def edit_distance(first: str, second: str) -> int:
    """Levenshtein distance of two texts."""
    row: NDArray[np.int64] = np.arange(len(second) + 1)
    for i, letter in enumerate(first, 1):
        changed = row[:-1] + np.array([letter != other for other in second], dtype=np.int64)
        best = np.minimum(changed, row[1:] + 1)
        left = np.concatenate([[i], best]) - np.arange(len(second) + 1)
        row = np.minimum.accumulate(left) + np.arange(len(second) + 1)
    return int(row[-1])


def text_distance(first: str, second: str) -> float:
    """Levenshtein distance as a share of the longer text, 0 to 1."""
    if first == second:
        return 0.0
    first, second = first[:200], second[:200]
    return edit_distance(first, second) / max(len(first), len(second), 1)


def _is_swap(first: str, second: str) -> bool:
    """Whether two texts differ by two neighbouring letters that changed places."""
    off = [i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b]
    if len(first) != len(second) or len(off) != 2 or off[1] != off[0] + 1:
        return False
    return first[off[0]] == second[off[1]] and first[off[1]] == second[off[0]]


def is_typo(candidate: str, reference: str) -> bool:
    """Whether a reader still takes one text for the other: one or two letters, of at least four."""
    if any(letter.isdigit() for letter in candidate + reference):
        return False
    distance = edit_distance(candidate[:200], reference[:200]) - _is_swap(candidate, reference)
    allowed = 1 if len(reference) < 6 else 2
    return (
        len(reference) >= 4 and distance <= allowed
    ) or candidate.casefold() == reference.casefold()


def plain_number(text: str) -> float | None:
    """The value of a tick or share label such as ``−1,200``, ``12%`` or ``$3``; else None."""
    cleaned = text.replace("−", "-").replace(",", "").replace(" ", "").strip("%$€£()")
    try:
        value = float(cleaned)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
