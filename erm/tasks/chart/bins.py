"""Histograms of several samples: bars of one bin stand in a group or on each other.

Not covered: the bins of one sample, whose bars touch (`erm.tasks.chart.naming.is_histogram`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from erm.tasks.chart.compare_data import arrangement
from erm.tasks.chart.elements import Axes, Series
from erm.tasks.chart.findings import Element, hull
from erm.tasks.chart.plot_pair import BARS, PlotPair

_SLACK = 0.02
"""Share of a width by which bars and bins may stick out through rounding."""


@dataclass(frozen=True)
class _Bins:
    count: int
    width: float
    """Distance of neighbouring bins, in values of the axis."""


def compare_joint_bins(plots: PlotPair) -> bool:
    """Adds one finding where the samples of a histogram share other bins; whether it did.

    Groups of categories that only lack one keep their distance, and those of bins do not.
    """
    bins = _joint_bins(plots.reference), _joint_bins(plots.candidate)
    if bins[0] is None or bins[1] is None or bins[0].count == bins[1].count:
        return False
    if abs(bins[0].width - bins[1].width) <= _SLACK * bins[0].width:
        return False
    boxes = tuple(
        hull(series["box"] for series in _bars(axes)) for axes in (plots.reference, plots.candidate)
    )
    counts = bins[0].count, bins[1].count
    plots.findings.add("bins", Element("histogram"), "bins", counts, (boxes[0], boxes[1]))
    return True


def _bars(axes: Axes) -> list[Series]:
    return [series for series in axes["series"] if series["kind"] in BARS]


def _joint_bins(axes: Axes) -> _Bins | None:
    """The bins that all bar series of a plot share; None where they share none."""
    bars = _bars(axes)
    counts = {len(series["points"]) for series in bars}
    how = arrangement(axes)
    named = any(point["name"] for series in bars for point in series["points"])
    if named or len(counts) != 1 or min(counts) < 2 or how not in ("grouped", "stacked"):
        return None
    starts, ends = (
        np.array(
            [
                sorted(point["at"] + side * point["size"] / 2 for point in series["points"])
                for series in bars
            ]
        )
        for side in (-1, 1)
    )
    order = np.argsort(starts[:, 0])
    starts, ends = starts[order], ends[order]
    steps = np.diff(starts, axis=1)
    width = float(np.median(steps))
    size = float(np.median(ends - starts))
    if size <= 0 or np.abs(steps - width).max() > _SLACK * width:
        return None
    joins = starts[1:] - (ends[:-1] if how == "grouped" else starts[:-1])
    if np.abs(joins).max() > _SLACK * size:
        return None
    return _Bins(counts.pop(), width)
