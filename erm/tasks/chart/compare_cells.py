"""Differences of the values that two matched heat maps or box plots show."""

from __future__ import annotations

from erm.tasks.chart.elements import Series
from erm.tasks.chart.frame import HALF_PIXEL, Frame, Pairs, size_rule
from erm.tasks.chart.pair_points import match_points
from erm.tasks.chart.wording import number_change


def compare_cells(old: Series, new: Series, frame: Frame) -> Pairs:
    pairs = match_points(old, new, frame)
    shapes = [" by ".join(map(str, series.get("shape", []))) for series in (new, old)]
    if shapes[0] != shapes[1]:
        text = f"has {shapes[0]} cells instead of {shapes[1]}"
        frame.findings.add("bins", frame.old_words(old), text, old["box"], new["box"])
        return []
    values = [point["value"] for point in old["points"]]
    span = max(values) - min(values) or 1.0
    changed = [
        (i, j)
        for i, j in pairs
        if abs(old["points"][i]["value"] - new["points"][j]["value"]) > 0.004 * span
    ]
    if len(changed) > 6 or (len(changed) >= 3 and len(changed) > 0.5 * len(pairs)):
        text = f"{len(changed)} of {len(pairs)} cells differ"
        frame.findings.add("value large", frame.old_words(old), text, old["box"], new["box"])
        return pairs
    for i, j in changed:
        a, b = old["points"][i], new["points"][j]
        share = abs(b["value"] - a["value"]) / span
        rule = "value small" if share < 0.05 else "value" if share <= 0.25 else "value large"
        text = f"value is {number_change([b['value']], [a['value']], '')}"
        frame.findings.add(rule, frame.old_element(old, i), text, a["box"], b["box"])
    return pairs


_BOX_PARTS = {
    "median": "value",
    "lower quartile": "first",
    "upper quartile": "third",
    "lower whisker": "low",
    "upper whisker": "high",
}


def compare_boxes(old: Series, new: Series, pairs: Pairs, frame: Frame) -> None:
    for i, j in pairs:
        a, b = old["points"][i], new["points"][j]
        gaps = {}
        for part, key in _BOX_PARTS.items():
            ends = [float(point[key]) for point in (a, b)]  # type: ignore[literal-required]
            gaps[part] = frame.gap((old, new), ends[1], ends[0])
        fliers = [[value for _, value in point.get("outline", [])] for point in (a, b)]
        largest = max(gaps, key=lambda part: gaps[part])
        words = frame.old_element(old, i)
        if gaps[largest] > HALF_PIXEL:
            key = _BOX_PARTS[largest]
            ends = [float(point[key]) for point in (b, a)]  # type: ignore[literal-required]
            text = f"{largest} is {number_change(ends[:1], ends[1:], '')}"
            frame.findings.add(
                size_rule(gaps[largest] / frame.length(old)), words, text, a["box"], b["box"]
            )
        elif len(fliers[0]) != len(fliers[1]):
            text = f"has {len(fliers[1])} outliers instead of {len(fliers[0])}"
            frame.findings.add("value", words, text, a["box"], b["box"])
        else:
            moves = [frame.gap((old, new), y, x) for x, y in zip(*map(sorted, fliers), strict=True)]
            if max(moves, default=0.0) > HALF_PIXEL:
                frame.findings.add("value", words, "outliers stand elsewhere", a["box"], b["box"])
