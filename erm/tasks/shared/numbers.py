"""Numbers as people write and read them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache

_ROUNDED = 1e7
"""Size from which a number is written as a power of ten."""

_CURRENCY = r"[$€£¥₹₽₩₺₪฿]|USD|EUR|GBP|JPY|CHF|CNY|INR|kr|zł"
_PREFIX = r"[pnµμumcdhkKMGTP]"
_SIMPLE_UNIT = (
    r"(?!pm\b)(?:[KMGTPE]i(?:B|bits?|b)"
    rf"|{_PREFIX}?(?:bits?|bytes?|bps|B|b|Wh|W|Hz|Pa|bar|eV|VA|V|Ah|A|J|cal|mol|Ω|ohm|N|g|m|s|L|l|F|K|T|t)"
    r"|bn|mn|bp|pp|min|hrs?|h|d|yr|mi|ft|in|yd|lbs?|oz|kn|mph|km/h|rpm|fps|dpi|px|pt|em|dB|ha|M|k)"
    r"[²³23]?"
)
_UNIT = rf"%|‰|°[CFK]?|{_SIMPLE_UNIT}(?:[/·*]{_SIMPLE_UNIT}){{0,2}}(?![\w/])"
_RATE = r"[^\W\d_]+/[^\W\d_]+(?![\w/])"
_NUMBER = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[+\-−–±~≈]?)\s*(?P<before>{_CURRENCY})?\s*(?P<inner>[-−–]?)\s*"
    rf"(?P<digits>\d[\d.,'’\s]*\d|\d|[.,]\d+)\s*(?P<after>{_CURRENCY})?\s*(?P<unit>{_UNIT}|{_RATE})?\s*"
    rf"(?P<close>\))?"
)
_UNIT_WORD = re.compile(rf"[(\[]?(?:{_UNIT})[)\]]?")


@lru_cache(maxsize=4096)
def parse_number(text: str) -> float | None:
    """The value of a number with sign, currency, thousands separators or unit; None for text.

    ``1.234`` reads as a decimal, ``1,234`` as thousands; parentheses negate. Two words with a slash
    are the unit of a rate: ``12 ops/sec``.
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


def unit_of(number: str) -> str:
    """Currency and unit of a text that `parse_number` reads, such as ``$`` or ``GiB``."""
    match = _NUMBER.fullmatch(number.strip())
    assert match is not None
    return "".join(match[name] or "" for name in ("before", "after", "unit"))


def is_unit(word: str) -> bool:
    """Whether a word is a unit of measurement, in brackets or not: ``(GiB)``, ``Mbit/s``."""
    return _UNIT_WORD.fullmatch(word) is not None


def write_number(value: float, digits: int = 3) -> str:
    """A number as people write it, with at most that many significant digits.

    The whole part keeps all of its digits below ten million: a year is no estimate.
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    if abs(value) < _ROUNDED:
        digits = max(digits, len(str(abs(int(value)))))
    rounded = float(f"{value:.{digits}g}")
    if 1e-4 <= abs(rounded) < _ROUNDED:
        return f"{rounded:.10f}".rstrip("0").rstrip(".")
    return f"{rounded:.{digits - 1}e}"


def number_words(
    candidate: Sequence[float], reference: Sequence[float], joint: str = " to "
) -> tuple[str, str]:
    """Both sides' numbers, each side joined, with as many digits as make the sides differ."""
    for digits in (3, 4, 6, 9, 12):
        first, second = (
            joint.join(write_number(value, digits) for value in values)
            for values in (candidate, reference)
        )
        if first != second:
            break
    return first, second


def number_change(
    candidate: Sequence[float], reference: Sequence[float], joint: str = " to "
) -> str:
    """``4 instead of 6``; joined, ``0 to 5 instead of 0 to 4``."""
    first, second = number_words(candidate, reference, joint)
    return f"{first} instead of {second}"
