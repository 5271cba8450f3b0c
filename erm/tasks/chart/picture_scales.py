"""Logarithmic scales in the picture of a chart, by the distances of their tick marks.

Covers axes with a mark at each digit of a power of ten. Not covered: scales whose marks stand at
powers only, and labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

_FEWEST = 6
"""Tick marks from which their distances show a scale."""

_OFF = 1.5
"""Pixels by which a mark may stand off its place."""

_SHORTEST = 25.0
"""Pixels of a power of ten, at least, of which single marks are seen."""

_MOST = 12
"""Powers of ten on one axis, at most."""

_ENDS = 10
"""Marks at each end among which two of whole powers are looked for."""

_EXPLAINED = 0.95
"""Share of the marks, and of the places of marks of small digits, that must agree."""

_SMALL = 5
"""Digits up to which marks stand apart enough to be seen each."""

_OFF_LINE = 3.0
"""Pixels by which marks must stand off the places of equal distances."""

_DIGITS = np.log10(np.arange(1, 11))


def log_line(marks: Sequence[float]) -> tuple[float, float] | None:
    """Slope and start of the line from places of tick marks, in pixels, to powers of ten.

    The start is known up to whole powers. None where the marks are not those of a logarithmic
    scale.
    """
    places = np.sort(np.array(marks, dtype=float))
    if len(places) < _FEWEST or _is_even(places):
        return None
    for slope, start in _guesses(places):
        if abs(slope) * _SHORTEST > 1 or abs(slope) * np.ptp(places) > _MOST:
            continue
        powers = slope * places + start
        nearest = _nearest(powers)
        right = np.abs(powers - nearest) <= _OFF * abs(slope)
        if right.mean() < _EXPLAINED:
            continue
        slope, start = np.polyfit(places[right], nearest[right], 1)
        if _covers(places, slope, start):
            return float(slope), float(start)
    return None


def _is_even(places: NDArray[np.float64]) -> bool:
    order = np.arange(len(places))
    slope, start = np.polyfit(order, places, 1)
    return bool(np.abs(places - (slope * order + start)).max() <= _OFF_LINE)


def _guesses(places: NDArray[np.float64]) -> Iterator[tuple[float, float]]:
    """Lines through two marks of whole powers, or through all marks as those of all digits."""
    for first in places[:_ENDS]:
        for last in places[-_ENDS:][::-1]:
            for powers in range(1, _MOST + 1):
                for low, high in ((first, last), (last, first)):
                    if low != high:
                        yield powers / (high - low), -low * powers / (high - low)
    steps = np.arange(len(places))
    for digit in range(9):
        whole, left = np.divmod(digit + steps, 9)
        for direction in (1, -1):
            slope, start = np.polyfit(places[::direction], whole + _DIGITS[left], 1)
            yield slope, start


def _nearest(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The power of ten of the number of one digit that is nearest to each."""
    whole = np.floor(powers)
    digits = np.abs((powers - whole)[:, None] - _DIGITS).argmin(axis=1)
    nearest: NDArray[np.float64] = whole + _DIGITS[digits]
    return nearest


def _covers(places: NDArray[np.float64], slope: float, start: float) -> bool:
    """Whether marks stand at the small digits between the outermost marks, and at all others."""
    ends = sorted((slope * places[0] + start, slope * places[-1] + start))
    whole = np.arange(np.floor(ends[0]), np.ceil(ends[1]) + 1)
    expected = (whole[:, None] + _DIGITS[:_SMALL]).ravel()
    slack = _OFF * abs(slope)
    expected = expected[(expected >= ends[0] - slack) & (expected <= ends[1] + slack)]
    powers = slope * places + start
    found = np.abs(powers - _nearest(powers)) <= slack
    seen = [np.abs(powers - one).min() <= slack for one in expected]
    return len(seen) >= 2 and min(found.mean(), np.mean(seen)) >= _EXPLAINED
