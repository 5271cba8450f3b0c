"""Differences of the data that two matched series show: values, missing and extra marks.

A difference counts where it moves something by more than half a pixel in the reference's frame;
what follows from another difference (a wedge that shrinks because another grew, a stacked segment
that was lifted) is not listed.
"""

from __future__ import annotations

import statistics

import numpy as np

from erm.tasks.chart.compare_cells import compare_boxes, compare_cells
from erm.tasks.chart.compare_pies import compare_wedges
from erm.tasks.chart.compare_shapes import off_course, same_course
from erm.tasks.chart.elements import Axes, Point, Series
from erm.tasks.chart.findings import union
from erm.tasks.chart.frame import BARS, BOXES, HALF_PIXEL, Frame, Pairs, size_rule
from erm.tasks.chart.naming import both_words, is_histogram
from erm.tasks.chart.pair_points import match_points, turns_back
from erm.tasks.chart.wording import number_change, short

COMPARABLE = (*BARS, "line", "scatter", "stem", "area")
"""Kinds whose values can be compared with each other's after a change of chart type."""


_FEW = 6
"""Most values that are told one by one."""

_EXPLAINS_BASES = ("arrangement", "orientation", "value", "value small", "value large")


def compare_data(old: Series, new: Series, frame: Frame) -> Pairs:
    """Adds the differences of two matched series' data; returns the pairs of points."""
    if old["kind"] == "pie" or new["kind"] == "pie":
        if old["kind"] != new["kind"]:
            return []
        pairs = match_points(old, new, frame)
        _unmatched(old, new, pairs, frame)
        compare_wedges(old, new, pairs, frame)
        return pairs
    if old["kind"] == "heat map":
        return compare_cells(old, new, frame)
    if "box" in old["kind"]:
        pairs = match_points(old, new, frame)
        _unmatched(old, new, pairs, frame)
        compare_boxes(old, new, pairs, frame)
        return pairs
    if old["kind"] in ("horizontal line", "vertical line"):
        _compare_reference_line(old, new, frame)
        return [(0, 0)]
    if is_histogram(old) and is_histogram(new) and len(old["points"]) != len(new["points"]):
        counts = f"has {len(new['points'])} bins instead of {len(old['points'])}"
        frame.findings.add("bins", frame.old_words(old), counts, old["box"], new["box"])
        return []
    pairs = match_points(old, new, frame)
    if same_course(old, new, frame):
        return pairs
    _unmatched(old, new, pairs, frame)
    _compare_values(old, new, pairs, frame)
    return pairs


def _unmatched(old: Series, new: Series, pairs: Pairs, frame: Frame) -> None:
    """Lists points that only one side has, unless a line runs the same without them."""
    for missing in (True, False):
        series, other = (old, new) if missing else (new, old)
        taken = {pair[0 if missing else 1] for pair in pairs}
        left = [index for index in range(len(series["points"])) if index not in taken]
        if series["kind"] == "line" and not series["marker"]:
            left = _departing(series, left, other, frame)
        if not left:
            continue
        rule = "bar" if series["kind"] in (*BARS, "pie", *BOXES) else "point"
        words = frame.old_element if missing else frame.new_element
        name = frame.old_words if missing else frame.new_words
        state = "missing" if missing else "extra"
        if len(left) > 3:
            noun = "bars" if rule == "bar" else "points"
            text = f"{len(left)} of {len(series['points'])} {noun} are {state}"
            boxes = (series["box"], None) if missing else (None, series["box"])
            frame.findings.add(rule, name(series), text, *boxes)
            continue
        for index in left:
            box = series["points"][index]["box"]
            boxes = (box, None) if missing else (None, box)
            frame.findings.add(rule, words(series, index), f"is {state}", *boxes)


def _departing(series: Series, indices: list[int], other: Series, frame: Frame) -> list[int]:
    """Those of a line's vertices that lie off the other line."""
    points = [series["points"][index] for index in indices]
    if not points or len(other["points"]) < 2:
        return indices
    if turns_back(series) or turns_back(other):
        away = off_course(points, other, frame)
    else:
        ats, values, places, heights = (
            np.array(numbers)
            for side in (other["points"], points)
            for numbers in ([p["at"] for p in side], [frame.pixels_y(p["value"]) for p in side])
        )
        order = np.argsort(ats, kind="stable")
        within = (ats.min() <= places) & (places <= ats.max())
        there = np.interp(places, ats[order], values[order])
        away = ~within | (np.abs(there - heights) > HALF_PIXEL)
    return [index for index, is_away in zip(indices, away.tolist(), strict=True) if is_away]


def _value(point: Point, series: Series, stacked: bool) -> float:
    return (
        point["value"] - point["base"] if series["kind"] == "area" and stacked else point["value"]
    )


def _compare_values(old: Series, new: Series, pairs: Pairs, frame: Frame) -> None:
    first, second = old["points"], new["points"]
    named = bool(first and first[0]["name"])
    bars = old["kind"] in BARS and new["kind"] in BARS
    stacked = old["kind"] == new["kind"] == "area"
    changed: list[tuple[int, int, float]] = []
    moved: Pairs = []
    for i, j in pairs:
        a, b = first[i], second[j]
        start = a["base"] if bars else 0.0
        ends = start + _value(b, new, stacked), start + _value(a, old, stacked)
        gap = frame.gap((old, new), *ends)
        shift = abs(frame.place(old, b["at"]) - frame.place(old, a["at"]))
        if shift > HALF_PIXEL and not named and not is_histogram(old):
            moved.append((i, j))
        elif gap > HALF_PIXEL:
            changed.append((i, j, frame.step((old, new), *ends)))
    _list_moved(old, new, moved, frame)
    if named and bars and not changed:
        _compare_order(old, new, pairs, frame)
    # Where many values changed, two that cross do so by chance.
    few = [(i, j) for i, j, _ in changed] if len(changed) <= _FEW else []
    for i, j, k, m in _swaps(old, new, few, frame):
        changed = [entry for entry in changed if entry[0] not in (i, k)]
        gap = abs(frame.pixels(old, second[j]["value"]) - frame.pixels(old, first[i]["value"]))
        names = both_words(frame.old_element(old, i), frame.old_element(old, k))
        values = f"values {short(first[i]['value'])} and {short(first[k]['value'])} are swapped"
        before = union([first[i]["box"], first[k]["box"]])
        after = union([second[j]["box"], second[m]["box"]])
        frame.findings.add(size_rule(gap / frame.length(old)), names, values, before, after)
    if len(changed) >= 3 and len(changed) > 0.5 * len(pairs):
        _list_values(old, new, changed, pairs, stacked, frame)
    elif len(changed) > _FEW:
        _list_course(old, new, changed, frame)
    else:
        for i, j, gap in changed:
            new_value, old_value = _value(second[j], new, stacked), _value(first[i], old, stacked)
            frame.findings.add(
                size_rule(gap / frame.length(old)),
                frame.old_element(old, i),
                f"value is {number_change([new_value], [old_value], '')}",
                first[i]["box"],
                second[j]["box"],
            )
    if bars and not changed and not frame.findings.has(*_EXPLAINS_BASES):
        _compare_bases(old, new, pairs, frame)
    if is_histogram(old) and is_histogram(new):
        _compare_bins(old, new, frame)
    _compare_errors(old, new, pairs, frame)


def _swaps(
    old: Series, new: Series, changed: Pairs, frame: Frame
) -> list[tuple[int, int, int, int]]:
    """Pairs of points whose values stand in each other's place."""
    found: list[tuple[int, int, int, int]] = []
    used: set[int] = set()
    for i, j in changed:
        for k, m in changed:
            if k <= i or i in used or k in used:
                continue
            crossed = (
                (new["points"][j]["value"], old["points"][k]["value"]),
                (new["points"][m]["value"], old["points"][i]["value"]),
            )
            gaps = [abs(frame.pixels(old, a) - frame.pixels(old, b)) for a, b in crossed]
            if max(gaps) <= HALF_PIXEL:
                found.append((i, j, k, m))
                used.update((i, k))
    return found


def _compare_order(old: Series, new: Series, pairs: Pairs, frame: Frame) -> None:
    """Lists bars that keep name and value and stand in another order."""
    ranks = [
        new["points"][j]["at"] for _, j in sorted(pairs, key=lambda p: old["points"][p[0]]["at"])
    ]
    if ranks != sorted(ranks) and not frame.findings.has("layout"):
        text = "stand in another order"
        frame.findings.add("layout", "categories", text, old["box"], new["box"])


def _list_moved(old: Series, new: Series, moved: Pairs, frame: Frame) -> None:
    first, second = old["points"], new["points"]
    if len(moved) > 3:
        text = f"{len(moved)} of {len(first)} positions differ"
        frame.findings.add("value large", frame.old_words(old), text, old["box"], new["box"])
        return
    for i, j in moved:
        a, b = first[i], second[j]
        share = max(
            abs(frame.place(old, b["at"]) - frame.place(old, a["at"])) / frame.breadth(old),
            abs(frame.pixels(old, b["value"]) - frame.pixels(old, a["value"])) / frame.length(old),
        )
        pairs = ([b["at"], b["value"]], [a["at"], a["value"]])
        new_text, old_text = number_change(*pairs, ", ").split(" instead of ")
        text = f"position is ({new_text}) instead of ({old_text})"
        frame.findings.add(size_rule(share), frame.old_element(old, i), text, a["box"], b["box"])


def _list_values(
    old: Series,
    new: Series,
    changed: list[tuple[int, int, float]],
    pairs: Pairs,
    stacked: bool,
    frame: Frame,
) -> None:
    if len(pairs) > _FEW:
        _list_course(old, new, changed, frame)
        return
    after = [_value(new["points"][j], new, stacked) for _, j in pairs]
    before = [_value(old["points"][i], old, stacked) for i, _ in pairs]
    text = f"values are {number_change(after, before, ', ')}"
    largest = max(gap for _, _, gap in changed)
    rule = size_rule(largest / frame.length(old))
    frame.findings.add(rule, frame.old_words(old), text, old["box"], new["box"])


def _list_course(
    old: Series, new: Series, changed: list[tuple[int, int, float]], frame: Frame
) -> None:
    i, j, gap = max(changed, key=lambda entry: entry[2])
    values = number_change([new["points"][j]["value"]], [old["points"][i]["value"]], "")
    name = old["points"][i]["name"] or short(old["points"][i]["at"])
    text = f"{len(changed)} of {len(old['points'])} values differ, most at {name}: {values}"
    rule = size_rule(gap / frame.length(old))
    frame.findings.add(rule, frame.old_words(old), text, old["box"], new["box"])


def _compare_bases(old: Series, new: Series, pairs: Pairs, frame: Frame) -> None:
    moved = []
    for i, j in pairs:
        a, b = old["points"][i], new["points"][j]
        gap = frame.gap((old, new), b["base"], a["base"])
        if gap > HALF_PIXEL and a["value"] != 0:
            moved.append((i, a, b, gap))
    stacks = arrangement(frame.old) == arrangement(frame.new) == "stacked"
    if stacks and len(moved) >= 2 and len(moved) > 0.5 * len(pairs):
        text = "is stacked in another order"
        frame.findings.add("arrangement", frame.old_words(old), text, old["box"], new["box"])
    else:
        for i, a, b, gap in moved:
            text = f"starts at {number_change([b['base']], [a['base']], '')}"
            rule = size_rule(gap / frame.length(old))
            frame.findings.add(rule, frame.old_element(old, i), text, a["box"], b["box"])


def _compare_bins(old: Series, new: Series, frame: Frame) -> None:
    spans = []
    for series in (new, old):
        points = series["points"]
        ends = [p["at"] - p["size"] / 2 for p in points] + [p["at"] + p["size"] / 2 for p in points]
        spans.append([min(ends), max(ends)])
    gaps = [abs(frame.place(old, a) - frame.place(old, b)) for a, b in zip(*spans, strict=True)]
    if max(gaps) > 1.0:
        text = f"bins span {number_change(spans[0], spans[1], ' to ')}"
        frame.findings.add("value", frame.old_words(old), text, old["box"], new["box"])


def _compare_errors(old: Series, new: Series, pairs: Pairs, frame: Frame) -> None:
    have = [any("low" in point for point in series["points"]) for series in (old, new)]
    if have[0] != have[1]:
        where = f"error bars{' of ' + frame.old_words(old) if len(frame.old['series']) > 1 else ''}"
        state = "are missing" if have[0] else "are extra"
        boxes = (old["box"], None) if have[0] else (None, new["box"])
        frame.findings.add("error bars", where, state, *boxes)
        return
    for i, j in pairs:
        a, b = old["points"][i], new["points"][j]
        if "low" not in a or "low" not in b:
            continue
        # An error bar goes along with the end of its bar, in a stack with all bars below.
        along = _end(a, old) - _end(b, new)
        after, before = [b["low"], b["high"]], [a["low"], a["high"]]
        gap = min(
            max(frame.gap((old, new), x + way, y) for x, y in zip(after, before, strict=True))
            for way in (0.0, along)
        )
        if gap > HALF_PIXEL:
            text = f"error bar is {number_change(after, before, ' to ')}"
            rule = size_rule(gap / frame.length(old))
            frame.findings.add(rule, frame.old_element(old, i), text, a["box"], b["box"])


def _end(point: Point, series: Series) -> float:
    return point["value"] + (point["base"] if series["kind"] in BARS else 0.0)


def _compare_reference_line(old: Series, new: Series, frame: Frame) -> None:
    a, b = old["points"][0], new["points"][0]
    if frame.gap((old, new), b["value"], a["value"]) > HALF_PIXEL:
        text = f"is at {number_change([b['value']], [a['value']], '')}"
        frame.findings.add("value", frame.old_words(old), text, a["box"], b["box"])


def arrangement(axes: Axes) -> str:
    """How the bar series of a plot stand to each other: stacked, grouped, overlaid, or one."""
    series = [item for item in axes["series"] if item["kind"] in BARS and not is_histogram(item)]
    if len(series) < 2:
        return "single"
    first, second = series[0]["points"], series[1]["points"]
    gap = statistics.median(
        min(abs(a["at"] - b["at"]) for b in second) / max(a["size"], 1e-9) for a in first
    )
    if gap > 0.5:
        return "grouped"
    lifted = any(point["base"] != 0 for item in series for point in item["points"])
    return "stacked" if lifted else "overlaid"
