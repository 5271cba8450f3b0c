"""Differences in the range, scale and direction of an axis.

A range that follows from changed data is not a difference of its own.
"""

from __future__ import annotations

from erm.tasks.chart.elements import Axes
from erm.tasks.chart.findings import Element
from erm.tasks.chart.matching import OUTLINED, unit
from erm.tasks.chart.naming import SIDEWAYS
from erm.tasks.chart.plot_pair import BARS, AxisName, PlotPair


def compare_limits(name: AxisName, plots: PlotPair, explained: bool) -> None:
    """Adds a changed scale, direction or range; one that is ``explained`` by data is none."""
    reference, candidate = plots.reference[name], plots.candidate[name]
    bar = plots.reference["role"] == "colour bar"
    element = Element("colour bar" if bar else f"{name} axis")
    boxes = (plots.reference["box"], plots.candidate["box"])
    scales = reference["scale"], candidate["scale"]
    if scales[0] != scales[1]:
        plots.findings.add("scale", element, "scale", scales, boxes)
        return
    turned = [axis["limits"][0] > axis["limits"][1] for axis in (reference, candidate)]
    if turned[0] != turned[1]:
        plots.findings.add("inverted", element, "inverted", (turned[0], turned[1]), boxes)
    if explained and ((reference["auto"] and candidate["auto"]) or follow_data(name, plots.sides)):
        return
    length = plots.axis_length(name)
    before, after = sorted(reference["limits"]), sorted(candidate["limits"])
    gap = max(
        abs(unit(reference, a) - unit(reference, b)) for a, b in zip(after, before, strict=True)
    )
    if gap * length > 0.5:
        rule = "limits small" if gap <= 0.1 else "limits"
        limits = plots.coordinates(name, *before), plots.coordinates(name, *after)
        plots.findings.add(rule, element, "range", limits, boxes)


def follow_data(name: AxisName, sides: tuple[Axes, Axes]) -> bool:
    """Whether a program computed both limits from the data: each end stays, or keeps its ratio to
    the largest value or its distance from an end of the data.

    Round limits that keep their ratio were more likely written down than computed.
    """
    first, second = (_extent(name, axes) for axes in sides)
    limits = [sorted(axes[name]["limits"]) for axes in sides]
    if first is None or second is None or limits[0] == limits[1]:
        return False
    span = limits[0][1] - limits[0][0]

    def follows(end: int) -> bool:
        a, b = limits[0][end], limits[1][end]
        if abs(a - b) <= 1e-6 * span:
            return True
        for data, other in zip(first, second, strict=True):
            if abs(data - other) <= 1e-6 * span:
                continue
            if abs((a - data) - (b - other)) <= 1e-3 * span:
                return True
            computed = not (float(a).is_integer() and float(b).is_integer())
            if computed and data and other and abs(a / data - b / other) <= 1e-3 * abs(a / data):
                return True
        return False

    return follows(0) and follows(1)


def _extent(name: AxisName, axes: Axes) -> tuple[float, float] | None:
    """Least and greatest value that the series of a plot show along one axis."""
    ends: list[float] = []
    if name == "z":
        return None
    for series in axes["series"]:
        if series["kind"] in OUTLINED:
            continue
        along = (name == "x") == (series["kind"] in SIDEWAYS)
        bars = series["kind"] in BARS
        for point in series["points"]:
            if not along:
                half = point["size"] / 2 if bars else 0.0
                ends += [point["at"] - half, point["at"] + half]
            else:
                ends += [point["value"] + (point["base"] if bars else 0.0)]
                ends += [point["low"], point["high"]] if "low" in point else []
    return (min(ends), max(ends)) if ends else None
