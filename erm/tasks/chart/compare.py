"""The exact annotator of charts: differences of two scenes that a person can see.

Plots are matched by place and content, series by kind, name, data and colour, marks by category or
place (`erm.tasks.chart.matching`). What follows from a listed difference is not listed again:
limits that grew with a value, tick labels of a missing bar, a legend entry of a missing series.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from erm.tasks import View
from erm.tasks.chart.compare_data import COMPARABLE, arrangement, compare_data
from erm.tasks.chart.compare_layout import compare_layout, exchange_swapped
from erm.tasks.chart.compare_shapes import compare_shapes
from erm.tasks.chart.compare_style import (
    colours_differ,
    compare_bar_widths,
    compare_frame,
    compare_grid,
    compare_style,
    join_looks,
)
from erm.tasks.chart.compare_text import (
    Matched,
    compare_fonts,
    compare_legends,
    compare_texts,
    compare_ticks,
    compare_wedge_texts,
    tick_texts,
)
from erm.tasks.chart.elements import Axes, Axis, BoxList, ChartScene, Series
from erm.tasks.chart.findings import Finding, Findings, changed_pixels, union
from erm.tasks.chart.frame import Frame, Pairs
from erm.tasks.chart.loose_parts import is_rest_of_box, unpaired_boxes
from erm.tasks.chart.matching import OUTLINED, match_axes, match_series, unit
from erm.tasks.chart.naming import background, is_histogram, type_name
from erm.tasks.chart.numbering import subplot_numbers
from erm.tasks.chart.wording import colour_change, number_change, over
from erm.tasks.discrepancy import Discrepancy

_GONE = ("series", "bar", "point", "category", "chart type", "orientation", "arrangement", "bins")
_VALUES = ("value", "value small", "value large")
_ALIKE = (
    *("font", "grid", "frame", "background", "legend"),
    *("line", "marker", "outline", "hatch", "shade", "bar width"),
    *("limits", "limits small", "scale", "inverted"),
)
"""Rules that one statement of a program changes alike in several plots: a loop over them that sets
a look, or an axis that they share."""


def compare_charts(reference: View, candidate: View) -> list[Discrepancy]:
    """Discrepancies of the candidate against the reference.

    Images without a visible difference have none, whatever their scenes say; in images of one size
    a difference under which no pixel differs is hidden and not listed.
    """
    changed = changed_pixels(reference, candidate)
    if changed is not None and not changed.any():
        return []
    old, new = cast(ChartScene, reference.scene), cast(ChartScene, candidate.scene)
    found = compare_scenes(old, new)
    if changed is not None:
        seen = [finding.seen(changed) for finding in found]
        found = [finding for finding in seen if finding is not None]
    return [finding.discrepancy(changed is not None) for finding in found]


def compare_scenes(old: ChartScene, new: ChartScene) -> list[Finding]:
    """All differences of two scenes, hidden ones included."""
    page = Findings()
    _compare_figures(old, new, page)
    pairs = match_axes(old["axes"], new["axes"], (old["size"], new["size"]))
    numbers = subplot_numbers(old)
    pairs = exchange_swapped(old, new, pairs, numbers, page)
    compare_layout(old, new, pairs, numbers, page)
    # values first: the range of a colour bar follows from them
    for i, j in sorted(pairs, key=lambda pair: old["axes"][pair[0]]["role"] == "colour bar"):
        bar = old["axes"][i]["role"] == "colour bar"
        several = len(set(numbers.values()) - {0}) > 1 and not bar
        frame = Frame(
            old["axes"][i],
            new["axes"][j],
            background(old["axes"][i], old["background"]),
            background(new["axes"][j], new["background"]),
            Findings(f" in subplot {numbers[i]}" if several else ""),
        )
        if not bar:
            _compare_axes(frame, page.has("background"))
        elif not page.has(*_VALUES):
            _compare_limits("y" if old["axes"][i]["y"]["ticks"] else "x", frame, False)
        page.found += frame.findings.found
    _unmatched_axes(old, new, pairs, page)
    unders = over(old["background"], "#ffffff"), over(new["background"], "#ffffff")
    pages = _page(old), _page(new)
    compare_texts(old["texts"], new["texts"], unders, page, pages)
    for rank in range(max(len(old["legends"]), len(new["legends"]))):
        legends = [
            side[rank] if rank < len(side) else None for side in (old["legends"], new["legends"])
        ]
        compare_fonts(
            compare_legends(legends[0], legends[1], [], unders, pages, page), unders, page
        )
    return _merge(page.found)


def _merge(found: list[Finding]) -> list[Finding]:
    """One finding for what is said of several plots of a figure in the same words."""
    kept: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in found:
        place = finding.location.split(" in subplot ")[0]
        kept.setdefault((finding.rule, place, finding.description), []).append(finding)
    merged = []
    for (rule, place, description), members in kept.items():
        count = len({member.location for member in members})
        if rule not in _ALIKE or count < 2:
            merged += members
            continue
        old, new = union(m.old for m in members), union(m.new for m in members)
        where = f"{place} in {count} subplots"
        merged.append(Finding(rule, where, description, old, new))
    return merged


def _unmatched_axes(old: ChartScene, new: ChartScene, pairs: Pairs, findings: Findings) -> None:
    for missing in (True, False):
        scene = old if missing else new
        numbers = subplot_numbers(scene)
        taken = {pair[0 if missing else 1] for pair in pairs}
        for index, axes in enumerate(scene["axes"]):
            if index in taken:
                continue
            bar = axes["role"] == "colour bar"
            words = "colour bar" if bar else f"subplot {numbers[index]}"
            boxes = (axes["box"], None) if missing else (None, axes["box"])
            state = "is missing" if missing else "is extra"
            findings.add("colour bar" if bar else "subplot", words, state, *boxes)


def _page(scene: ChartScene) -> BoxList:
    return [0.0, 0.0, float(scene["size"][0]), float(scene["size"][1])]


def _compare_figures(old: ChartScene, new: ChartScene, findings: Findings) -> None:
    frames = [_page(old), _page(new)]
    if max(abs(a - b) for a, b in zip(old["size"], new["size"], strict=True)) > 1:
        sizes = ["×".join(map(str, scene["size"])) for scene in (new, old)]
        text = f"size is {sizes[0]} instead of {sizes[1]}"
        findings.add("figure size", "figure", text, frames[0], frames[1])
    colours = [over(scene["background"], "#ffffff") for scene in (new, old)]
    if colours_differ(*colours):
        text = f"colour is {colour_change(*colours)}"
        findings.add("background", "figure background", text, frames[0], frames[1])


def _compare_axes(frame: Frame, figure_changed: bool) -> None:
    old, new, findings = frame.old, frame.new, frame.findings
    boxes = (old["box"], new["box"])
    if colours_differ(frame.under_new, frame.under_old) and not (
        figure_changed and _shows_figure(old) and _shows_figure(new)
    ):
        text = f"colour is {colour_change(frame.under_new, frame.under_old)}"
        findings.add("background", "plot background", text, *boxes)
    if old["projection"] != new["projection"]:
        names = [
            {"rectilinear": "straight"}.get(a["projection"], a["projection"]) for a in (new, old)
        ]
        findings.add("chart type", "axes", f"are {names[0]} instead of {names[1]}", *boxes)
    matched = _compare_series(frame)
    retyped = findings.has("chart type", "orientation")
    hidden = _compare_hidden(frame)
    # Bars that lie down exchange the axes; a pie or polar axes have others.
    comparable = old["projection"] == new["projection"] and not findings.has("orientation")
    for name in ("x", "y"):
        if not comparable or _is_pie(old) or _is_pie(new):
            continue
        explained = findings.has(*_GONE) or _explains(name, old, findings)
        _compare_limits(name, frame, explained)
        if not hidden and not retyped:
            refitted = explained or _is_resized(old, new) or _has_other_ticks_size(old, new, name)
            moved = findings.has("limits", "limits small", "scale") or (
                refitted and _follows(old, new, name)
            )
            compare_ticks(name, matched, frame, moved)
    if comparable and not hidden and _is_pie(old) == _is_pie(new):
        compare_grid(frame)
        compare_frame(frame)
    unders = frame.under_old, frame.under_new
    compare_texts(old["texts"], new["texts"], unders, findings, boxes, frame)
    compare_wedge_texts(matched, frame)
    fonts = compare_legends(old["legend"], new["legend"], matched, unders, boxes, findings)
    for name in ("x", "y"):
        sides: tuple[Axis, Axis] = (old[name], new[name])  # type: ignore[literal-required]
        ticks = tick_texts(sides[0], name), tick_texts(sides[1], name)
        if ticks[0] is not None and ticks[1] is not None:
            fonts.append((ticks[0]["role"], ticks[0], ticks[1]))
    compare_fonts(fonts, unders, findings)
    _note_rescaling(frame)


def _note_rescaling(frame: Frame) -> None:
    """Tells differences of data that a rescaled axis may show them by its tick labels."""
    labels: list[list[list[float] | None]] = [[], []]
    for axes in ((frame.old["x"], frame.new["x"]), (frame.old["y"], frame.new["y"])):
        if axes[0]["limits"] != axes[1]["limits"]:
            for side, axis in zip(labels, axes, strict=True):
                side.append(union(tick["box"] for tick in axis["ticks"] if tick["text"]))
    scale = (union(labels[0]), union(labels[1]))
    frame.findings.found = [
        replace(finding, scale=scale) if finding.rule in (*_VALUES, *_GONE) else finding
        for finding in frame.findings.found
    ]


def _shows_figure(axes: Axes) -> bool:
    return axes["background"].endswith("00")


def _is_pie(axes: Axes) -> bool:
    return any(series["kind"] == "pie" for series in axes["series"])


def _compare_hidden(frame: Frame) -> bool:
    """Whether the axes' lines and labels are switched off on one side only."""
    states = [axes["x"]["visible"] or axes["y"]["visible"] for axes in (frame.old, frame.new)]
    if states[0] == states[1] or _is_pie(frame.old) or _is_pie(frame.new):
        return states[0] != states[1]
    text = "are missing" if states[0] else "are extra"
    boxes = (frame.old["box"], frame.new["box"])
    frame.findings.add("axes hidden", "axis lines and tick labels", text, *boxes)
    return True


def _is_resized(old: Axes, new: Axes) -> bool:
    """Whether a plot has another size; matplotlib then chooses other ticks."""
    (a0, b0, a1, b1), (c0, d0, c1, d1) = old["box"], new["box"]
    return abs((a1 - a0) - (c1 - c0)) > 1 or abs((b1 - b0) - (d1 - d0)) > 1


def _has_other_ticks_size(old: Axes, new: Axes, name: str) -> bool:
    """Whether tick labels have another size; matplotlib then fits more or fewer of them."""
    sides: tuple[Axis, Axis] = (old[name], new[name])  # type: ignore[literal-required]
    return abs(sides[0]["tick_size"] - sides[1]["tick_size"]) > 0.4


def _follows(old: Axes, new: Axes, name: str) -> bool:
    sides: tuple[Axis, Axis] = (old[name], new[name])  # type: ignore[literal-required]
    return (sides[0]["auto"] and sides[1]["auto"]) or (sides[0]["fixed"] and sides[1]["fixed"])


def _explains(name: str, axes: Axes, findings: Findings) -> bool:
    """Whether a listed change of values can move the limits of an axis."""
    if not findings.has(*_VALUES, "shape", "error bars", "bar width", "marker", "line", "outline"):
        return False
    return name in ("x", "y") and bool(axes["series"])


def _compare_limits(name: str, frame: Frame, explained: bool) -> None:
    old: Axis = frame.old[name]  # type: ignore[literal-required]
    new: Axis = frame.new[name]  # type: ignore[literal-required]
    words = "colour bar" if frame.old["role"] == "colour bar" else f"{name} axis"
    boxes = (frame.old["box"], frame.new["box"])
    if old["scale"] != new["scale"]:
        text = f"scale is {new['scale']} instead of {old['scale']}"
        frame.findings.add("scale", words, text, *boxes)
        return
    turned = [axis["limits"][0] > axis["limits"][1] for axis in (old, new)]
    if turned[0] != turned[1]:
        state = "is inverted" if turned[1] else "is not inverted"
        frame.findings.add("inverted", words, state, *boxes)
    if explained and old["auto"] and new["auto"]:
        return
    side = 0 if name == "x" else 1
    length = frame.old["box"][side + 2] - frame.old["box"][side]
    after, before = sorted(new["limits"]), sorted(old["limits"])
    gap = max(abs(unit(old, a) - unit(old, b)) for a, b in zip(after, before, strict=True))
    if gap * length > 0.5:
        text = f"range is {number_change(after, before, ' to ')}"
        frame.findings.add("limits small" if gap <= 0.1 else "limits", words, text, *boxes)


def _compare_series(frame: Frame) -> Matched:
    """Adds the differences of a plot's series; returns what was matched."""
    old, new, findings = frame.old["series"], frame.new["series"], frame.findings
    pairs = match_series((frame.old, frame.new), (frame.under_old, frame.under_new))
    _compare_types([(old[i], new[j]) for i, j in pairs], frame)
    arranged = [arrangement(axes) for axes in (frame.new, frame.old)]
    if arranged[0] != arranged[1] and "single" not in arranged:
        text = f"are {arranged[0]} instead of {arranged[1]}"
        findings.add("arrangement", "bars", text, frame.old["box"], frame.new["box"])
    matched: Matched = []
    for i, j in pairs:
        first, second = old[i], new[j]
        linked: Pairs = []
        if first["kind"] in OUTLINED:
            if first["kind"] == second["kind"]:
                compare_shapes(first, second, frame)
        elif first["kind"] == second["kind"] or {first["kind"], second["kind"]} <= set(COMPARABLE):
            linked = compare_data(first, second, frame)
        compare_style(first, second, linked, frame)
        matched.append((first, second, linked))
    _unmatched_series(matched, frame)
    if not findings.has("arrangement", "series", "chart type", "orientation"):
        compare_bar_widths(matched, frame)
    findings.found = _join_categories(findings.found, matched, frame)
    findings.found = join_looks(findings.found, matched, frame)
    return matched


def _unmatched_series(matched: Matched, frame: Frame) -> None:
    """Lists series that only one side has, but for what is left of a box that lost its frame."""
    partners = [[id(old) for old, _, _ in matched], [id(new) for _, new, _ in matched]]
    for missing in (True, False):
        axes, words = (frame.old, frame.old_words) if missing else (frame.new, frame.new_words)
        boxes = unpaired_boxes(matched, missing=not missing)
        for series in axes["series"]:
            if id(series) in partners[0 if missing else 1] or is_rest_of_box(series, boxes):
                continue
            sides = (series["box"], None) if missing else (None, series["box"])
            single = series["kind"] in (*OUTLINED, "horizontal line", "vertical line")
            state = "is missing" if missing else "is extra"
            frame.findings.add("shape" if single else "series", words(series), state, *sides)


def _compare_types(pairs: list[tuple[Series, Series]], frame: Frame) -> None:
    """Changed chart types; one finding where all series of a plot changed alike."""
    changes = []
    for old, new in pairs:
        names = type_name(new), type_name(old)
        bars = {old["kind"], new["kind"]} == {"bar", "horizontal bar"}
        if old["kind"] != new["kind"]:
            changes.append((old, new, names, "orientation" if bars else "chart type"))
        elif is_histogram(old) != is_histogram(new) and names[0] != names[1]:
            continue
    if not changes:
        return
    kinds = {(names, rule) for _, _, names, rule in changes}
    boxes = (frame.old["box"], frame.new["box"])
    if len(kinds) == 1 and len(changes) == len(pairs):
        names, rule = next(iter(kinds))
        frame.findings.add(rule, "chart", f"is a {names[0]} instead of a {names[1]}", *boxes)
        return
    for old, new, names, rule in changes:
        text = f"is a {names[0]} instead of a {names[1]}"
        frame.findings.add(rule, frame.old_words(old), text, old["box"], new["box"])


def _join_categories(found: list[Finding], matched: Matched, frame: Frame) -> list[Finding]:
    """One finding for a category or place that all series of a plot lack or have too much."""
    suffix = frame.findings.suffix
    count = sum(old["kind"] not in OUTLINED for old, _, _ in matched)
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in found:
        if finding.rule in ("bar", "point") and " of " in finding.location:
            words = finding.location.split(" of ")[0]
            groups.setdefault((finding.rule, words, finding.description), []).append(finding)
    kept, joined = list(found), []
    for (rule, words, description), members in groups.items():
        if len(members) < max(2, count):
            continue
        kept = [finding for finding in kept if finding not in members]
        old, new = union(m.old for m in members), union(m.new for m in members)
        if rule == "bar":
            place = words.replace("bar ", "category ", 1) + suffix
            joined.append(Finding("category", place, description, old, new))
        else:
            place = words.replace("point ", "points ", 1) + suffix
            text = description.replace("is ", "are ", 1)
            joined.append(Finding("point", place, text, old, new))
    return kept + joined
