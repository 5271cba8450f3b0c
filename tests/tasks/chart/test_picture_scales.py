"""Logarithmic scales are told from others by where their tick marks stand."""

from __future__ import annotations

import numpy as np
import pytest

from erm.tasks.chart.picture_scales import log_line


def marks(low: float, high: float, slope: float, blur: float = 0.4) -> list[float]:
    """Places of the marks of all numbers of one digit between two powers of ten, in px."""
    numbers = np.log10([d * 10.0**k for k in range(-9, 9) for d in range(1, 10)])
    shown = numbers[(numbers >= low) & (numbers <= high)]
    places = 80 + shown / slope
    return list(places + np.random.default_rng(0).uniform(-blur, blur, len(places)))


@pytest.mark.parametrize(
    ("low", "high", "length"),
    [(0.0, 1.0, 370.0), (-2.4, 1.3, 370.0), (0.25, 0.98, 200.0), (-6.0, 0.5, 370.0)],
)
@pytest.mark.parametrize("direction", [1, -1])
def test_the_line_to_powers_of_ten_is_found(
    low: float, high: float, length: float, direction: int
) -> None:
    slope = direction * (high - low) / length
    line = log_line(marks(low, high, slope))
    assert line is not None
    assert line[0] == pytest.approx(slope, rel=0.02)
    # the start is known up to whole powers
    off = line[1] - (-80 * slope)
    assert abs(off - round(off)) < 0.05


@pytest.mark.parametrize(
    "places",
    [
        [],
        [100.0],
        [100.0, 170.0, 220.0],
        list(np.linspace(80, 450, 9)),
        list(np.linspace(80, 450, 51)),
        [80 + 3.0 * k**2 for k in range(11)],
        list(np.sort(np.random.default_rng(1).uniform(80, 450, 30))),
    ],
)
def test_other_marks_are_no_logarithmic_scale(places: list[float]) -> None:
    assert log_line(places) is None
