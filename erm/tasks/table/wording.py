"""Values of a table in words: numbers, colours, places, and how two texts differ.

Only wording and the judgements it needs (is this a number, do these colours look alike); what
differs between two tables is `erm.tasks.table.compare`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from erm.tasks.discrepancy import MEDIUM, MINOR, SEVERE

_CURRENCY = r"[$€£¥₹₽₩₺₪฿]|USD|EUR|GBP|JPY|CHF|CNY|INR|kr|zł"
_UNIT = r"%|‰|°[CF]?|(?:k|K|M|B|bn|mn|m|t|h|s|km|kg|g|l|cm|mm|MB|GB|ms)\b"
_NUMBER = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[+\-−–±~≈]?)\s*(?P<before>{_CURRENCY})?\s*(?P<inner>[-−–]?)\s*"
    rf"(?P<digits>\d[\d.,'’\s]*\d|\d|[.,]\d+)\s*(?P<after>{_CURRENCY})?\s*(?P<unit>{_UNIT})?\s*"
    rf"(?P<close>\))?"
)

_NAMES = {
    "#000000": "black",
    "#555555": "dark grey",
    "#919191": "grey",
    "#d7d7d7": "light grey",
    "#ffffff": "white",
    "#dc1e1e": "red",
    "#ff0000": "red",
    "#820a0a": "dark red",
    "#fab9c8": "pink",
    "#ff69b4": "pink",
    "#fa9114": "orange",
    "#824b23": "brown",
    "#fae128": "yellow",
    "#ffff00": "yellow",
    "#fff8c8": "light yellow",
    "#289632": "green",
    "#00c800": "green",
    "#beebbe": "light green",
    "#90ee90": "light green",
    "#0a501e": "dark green",
    "#148c8c": "teal",
    "#00dcdc": "cyan",
    "#bedcfa": "light blue",
    "#285adc": "blue",
    "#0000ff": "blue",
    "#0000cc": "blue",
    "#141e78": "dark blue",
    "#8232a0": "purple",
    "#e000e0": "magenta",
    "#dccdf5": "lavender",
}
"""Colours that stand for the common names; the nearest one names a colour."""
_ALIKE = 2.5
"""CIEDE2000 difference up to which two colours look alike side by side in a table."""
_SHOWN = 40
"""Texts longer than this many characters are described by the part that differs."""


@lru_cache(maxsize=4096)
def number(text: str) -> float | None:
    """The value of a number with sign, currency, thousands separators or unit; None for text.

    ``1.234`` reads as a decimal, ``1,234`` as thousands; parentheses negate.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None or (match["open"] is None) != (match["close"] is None):
        return None
    value = _decimal(re.sub(r"[\s'’]", "", match["digits"]))
    if value is None:
        return None
    negative = any(match[name] in ("-", "−", "–") for name in ("sign", "inner")) or match["open"]
    return -value if negative else value


def _decimal(digits: str) -> float | None:
    point = max(digits.rfind("."), digits.rfind(","))
    if point < 0:
        return float(digits)
    mark, whole, part = digits[point], digits[:point], digits[point + 1 :]
    thousands = mark in whole or (mark == "," and len(part) == 3 and whole not in ("", "0"))
    plain = re.sub(r"[.,]", "", digits)
    if not plain or (thousands and len(part) != 3):
        return None
    if thousands:
        return float(plain)
    whole = re.sub(r"[.,]", "", whole)
    return float(f"{whole or '0'}.{part or '0'}")


def value_severity(candidate: str, reference: str) -> int:
    """1 same value in another form · 2 up to half off, or of another currency or unit · 3 further
    off, or another sign; both texts are numbers."""
    new, old = number(candidate), number(reference)
    assert new is not None
    assert old is not None
    if new == old:
        return MINOR if _unit(candidate) == _unit(reference) else MEDIUM
    if new * old < 0:
        return SEVERE
    return MEDIUM if abs(new - old) <= 0.5 * max(abs(new), abs(old)) else SEVERE


def _unit(text: str) -> str:
    match = _NUMBER.fullmatch(text.strip())
    assert match is not None
    return "".join(match[name] or "" for name in ("before", "after", "unit"))


def text_severity(candidate: str, reference: str) -> int:
    """1 case, punctuation or one slip in a word of four letters and more · 2 another text.

    A point between digits is no punctuation, and another digit no slip: the number is another one.
    """
    if re.findall(r"\d", candidate) != re.findall(r"\d", reference):
        return MEDIUM
    if _letters(candidate) == _letters(reference):
        return MINOR if _points(candidate) == _points(reference) else MEDIUM
    longest = max(len(candidate), len(reference))
    return MINOR if longest >= 4 and _one_slip(candidate, reference) else MEDIUM


def _letters(text: str) -> str:
    kept = "".join(char for char in text.casefold() if char.isalnum())
    return kept or text


def _points(text: str) -> list[str]:
    """Decimal numbers inside a text; marks of thousands are left out."""
    return re.findall(r"\d+\.\d+", re.sub(r"(?<=\d),(?=\d{3}\b)", "", text))


def _one_slip(left: str, right: str) -> bool:
    """One letter changed, added or lost, or two neighbours exchanged."""
    head = _common(left, right)
    a, b = left[head:], right[head:]
    tail = _common(a[::-1], b[::-1])
    a, b = a[: len(a) - tail], b[: len(b) - tail]
    return (len(a) <= 1 and len(b) <= 1) or (len(a) == 2 and a == b[::-1])


def _common(left: str, right: str) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def text_difference(candidate: str, reference: str) -> str:
    """How two texts differ, the candidate's side first; long texts by the part that differs."""
    if max(len(candidate), len(reference)) <= _SHOWN:
        return f"text is '{candidate}' instead of '{reference}'"
    ours, theirs = candidate.split(), reference.split()
    head = 0
    while head < min(len(ours), len(theirs)) and ours[head] == theirs[head]:
        head += 1
    tail = 0
    while tail < min(len(ours), len(theirs)) - head and ours[-1 - tail] == theirs[-1 - tail]:
        tail += 1
    new = shortened(" ".join(ours[head : len(ours) - tail]))
    old = shortened(" ".join(theirs[head : len(theirs) - tail]))
    if not new:
        return f"text lacks '{old}'"
    if not old:
        return f"text has '{new}' too many"
    return f"text has '{new}' instead of '{old}'"


def shortened(text: str) -> str:
    """Text cut to what a report shows."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1].rstrip() + "…"


def alike(left: str, right: str) -> bool:
    """Whether nobody would tell two ``#rrggbb`` colours apart in a table."""
    return left == right or _distance(left, right) <= _ALIKE


def color_pair(candidate: str, reference: str) -> tuple[str, str]:
    """Names of two colours that differ; where the names are equal, which of them is lighter."""
    ours, theirs = color_name(candidate), color_name(reference)
    if ours != theirs:
        return ours, theirs
    if sum(_rgb(candidate)) == sum(_rgb(reference)):
        return candidate, reference
    return ("lighter" if sum(_rgb(candidate)) > sum(_rgb(reference)) else "darker", ours)


@lru_cache(maxsize=4096)
def color_name(color: str) -> str:
    """The nearest common name of a ``#rrggbb`` colour."""
    return _NAMES[min(_NAMES, key=lambda anchor: _distance(color, anchor))]


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


@lru_cache(maxsize=65536)
def _distance(left: str, right: str) -> float:
    import numpy as np
    from skimage.color import deltaE_ciede2000, rgb2lab

    lab = rgb2lab(np.array([[_rgb(left), _rgb(right)]], dtype=np.float64) / 255)
    return float(deltaE_ciede2000(lab[0, 0], lab[0, 1]))


def span(name: str, first: int, count: int) -> str:
    """``row 2`` or ``rows 2-4`` from a 0-based index and a count."""
    return f"{name} {first + 1}" if count == 1 else f"{name}s {first + 1}-{first + count}"


def counted(count: int, name: str) -> str:
    """``1 row``, ``2 rows``."""
    return f"{count} {name}" if count == 1 else f"{count} {name}s"
