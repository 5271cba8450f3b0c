"""Thin bars that share an end with a broad bar at their place: the wicks of candles.

A candle whose body ends elsewhere has a shorter or longer wick; both are one difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from erm.tasks.chart.elements import Point
from erm.tasks.chart.findings import Element, Finding
from erm.tasks.chart.plot_pair import BARS, HALF_PIXEL, Matched, PlotPair

_ATTRIBUTES = ("value", "start")


@dataclass(frozen=True)
class _Bar:
    element: Element
    sides: tuple[Point, Point]
    moves: tuple[tuple[float, float], ...]
    """Where each of its ends that moved stood, and where it stands, in pixels."""


def without_wicks(found: Sequence[Finding], matched: Matched, plots: PlotPair) -> list[Finding]:
    """The findings but for thin bars of which an end goes along with a broad bar's."""
    bars = []
    for reference, candidate, pairs in matched:
        if not {reference["kind"], candidate["kind"]} <= set(BARS):
            continue
        for i, j in pairs:
            sides = reference["points"][i], candidate["points"][j]
            ends = [(side["base"], side["base"] + side["value"]) for side in sides]
            places = [[plots.pixels(reference, end) for end in pair] for pair in ends]
            moves = tuple((a, b) for a, b in zip(*places, strict=True) if abs(a - b) > HALF_PIXEL)
            if moves:
                element = replace(plots.mark_element(reference, i), plot=plots.findings.plot)
                bars.append(_Bar(element, sides, moves))
    wicks = [bar for bar in bars if any(_goes_along(bar, other) for other in bars)]
    return [
        finding
        for finding in found
        if finding.attribute not in _ATTRIBUTES or not any(_is_of(finding, bar) for bar in wicks)
    ]


def _goes_along(thin: _Bar, broad: _Bar) -> bool:
    first, second = thin.sides[0], broad.sides[0]
    return (
        abs(first["at"] - second["at"]) <= 1e-6 * abs(second["at"] or 1.0)
        and first["size"] < 0.6 * second["size"]
        and all(
            any(max(abs(a - c), abs(b - d)) <= HALF_PIXEL for c, d in broad.moves)
            for a, b in thin.moves
        )
    )


def _is_of(finding: Finding, bar: _Bar) -> bool:
    key = "value" if finding.attribute == "value" else "base"
    values = tuple(side[key] for side in bar.sides)  # type: ignore[literal-required]
    return finding.element == bar.element and (finding.reference, finding.candidate) == values
