"""Series of so many marks that only an even sample of them is in the scene."""

from __future__ import annotations

import math

from erm.tasks.chart.elements import Series
from erm.tasks.chart.plot_pair import HALF_PIXEL, Pairs, PlotPair, size_rule


def is_sampled(*sides: Series) -> bool:
    """Whether any of the series has more marks than its points."""
    return any(marks(series) > len(series["points"]) for series in sides)


def marks(series: Series) -> int:
    """How many marks a series has."""
    cells = math.prod(series["shape"]) if "shape" in series else 0
    return max(series.get("total", 0), cells, len(series["points"]))


def add_share(
    rule: str, attribute: str, changed: int, reference: Series, candidate: Series, plots: PlotPair
) -> None:
    """Adds that a share of a sampled series' marks differs: ``about 12% of 2401 points``."""
    total = float(marks(reference))
    plots.findings.add(
        rule,
        plots.series_element(reference),
        attribute,
        (total, total),
        (reference["box"], candidate["box"]),
        count=(changed, len(reference["points"])),
    )


def compare_sampled(reference: Series, candidate: Series, plots: PlotPair) -> Pairs:
    """Adds the difference of two lines or scatter plots of many points; returns their pairs.

    If the numbers of points differ, so do the samples, and nothing else is compared.
    """
    counts = marks(reference), marks(candidate)
    if counts[0] != counts[1]:
        boxes = reference["box"], candidate["box"]
        plots.findings.add("point", plots.series_element(reference), "points", counts, boxes)
        return []
    gaps = [
        max(
            abs(plots.place(reference, a["at"]) - plots.place(reference, b["at"])),
            abs(plots.pixels(reference, a["value"]) - plots.pixels(reference, b["value"])),
        )
        for a, b in zip(reference["points"], candidate["points"], strict=True)
    ]
    changed = [gap for gap in gaps if gap > HALF_PIXEL]
    if changed:
        rule = size_rule(max(changed) / plots.length(reference))
        add_share(rule, "sampled points", len(changed), reference, candidate, plots)
    return [(i, i) for i in range(len(gaps))]
