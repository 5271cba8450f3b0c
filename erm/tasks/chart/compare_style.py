"""Differences of looks: colours, lines, markers, outlines, hatches, pies, widths of bars.

Not covered: grid, frame and backgrounds (`erm.tasks.chart.compare_frame`).
"""

from __future__ import annotations

from erm.tasks.chart.elements import Point, Series, Stroke
from erm.tasks.chart.findings import Element, Value, hull
from erm.tasks.chart.matching import OUTLINED
from erm.tasks.chart.naming import SHARES, is_histogram, plural
from erm.tasks.chart.plot_pair import BARS, BOXES, VISIBLE_WIDTH, Matched, Pairs, PlotPair
from erm.tasks.chart.sampled import add_share, is_sampled
from erm.tasks.chart.severity import VALUE_RULES
from erm.tasks.shared.colours import colour_name, is_visible, over

_MARKERS = {
    "o": "circles",
    ".": "dots",
    "s": "squares",
    "^": "triangles",
    "v": "downward triangles",
    "<": "leftward triangles",
    ">": "rightward triangles",
    "D": "diamonds",
    "d": "thin diamonds",
    "p": "pentagons",
    "*": "stars",
    "h": "hexagons",
    "H": "hexagons",
    "8": "octagons",
    "X": "filled crosses",
    "P": "filled pluses",
    "+": "pluses",
    "x": "crosses",
    "|": "vertical ticks",
    "_": "horizontal ticks",
}

_BROAD = (*BARS, "broken bar", *BOXES, "violin", "sideways violin")
"""Kinds of marks whose width carries no value."""

_FILLED = (*BARS, "area", "sideways area", *SHARES)
"""Kinds of marks whose outline and pattern mean the same in any chart type."""

StrokeChange = tuple[str, Value | None, Value | None]
"""Attribute of a stroke, the reference's and the candidate's value."""


def compare_style(reference: Series, candidate: Series, pairs: Pairs, plots: PlotPair) -> None:
    """Adds the differences of two matched series' looks; pairs are those of their points."""
    recoloured = _compare_colours(reference, candidate, pairs, plots)
    kinds = {reference["kind"], candidate["kind"]}
    if len(kinds) == 1 or kinds <= set(_FILLED):
        _compare_fills(reference, candidate, pairs, recoloured, plots)
    if len(kinds) > 1:
        return
    element, boxes = plots.series_element(reference), (reference["box"], candidate["box"])
    for attribute, *values in stroke_changes(
        reference["line"], candidate["line"], plots, recoloured
    ):
        plots.findings.add("line", element, attribute, (values[0], values[1]), boxes)
    if reference["marker"] != candidate["marker"]:
        before, after = (
            _MARKERS.get(series["marker"], "other marks") if series["marker"] else None
            for series in (reference, candidate)
        )
        plots.findings.add("marker", element, "markers", (before, after), boxes)
    elif reference["marker"]:
        _compare_faces(reference, candidate, element, plots)
        _compare_sizes(reference, candidate, pairs, element, plots)
    steps = reference.get("step", ""), candidate.get("step", "")
    if reference["kind"] == "pie":
        _compare_pie(reference, candidate, pairs, element, plots)
    elif steps[0] != steps[1]:
        plots.findings.add("line", element, "course", steps, boxes)


def _compare_fills(
    reference: Series, candidate: Series, pairs: Pairs, recoloured: bool, plots: PlotPair
) -> None:
    """Outline and pattern of filled marks, which outlast a change of chart type."""
    element, boxes = plots.series_element(reference), (reference["box"], candidate["box"])
    for attribute, *values in stroke_changes(
        reference["edge"], candidate["edge"], plots, recoloured, "outline"
    ):
        plots.findings.add("outline", element, attribute, (values[0], values[1]), boxes)
    _compare_inner_lines(reference, candidate, plots)
    changes: dict[tuple[str, str], Pairs] = {}
    for i, j in pairs:
        hatches = _hatch(reference, i), _hatch(candidate, j)
        if sorted(hatches[0]) != sorted(hatches[1]):
            changes.setdefault(hatches, []).append((i, j))
    # marks of free form have no points to be paired
    if not pairs and sorted(reference["hatch"]) != sorted(candidate["hatch"]):
        hatches = reference["hatch"], candidate["hatch"]
        plots.findings.add("hatch", element, "hatch", hatches, boxes)
    for hatches, changed in changes.items():
        if len(changed) == len(pairs):
            plots.findings.add("hatch", element, "hatch", hatches, boxes)
            continue
        for i, j in changed:
            box = reference["points"][i]["box"], candidate["points"][j]["box"]
            plots.findings.add("hatch", plots.mark_element(reference, i), "hatch", hatches, box)


def _compare_inner_lines(reference: Series, candidate: Series, plots: PlotPair) -> None:
    """Median, whiskers and caps of box plots, where they did not change with the frame."""
    element, boxes = plots.series_element(reference), (reference["box"], candidate["box"])
    known = [
        (attribute.removeprefix("outline"), *values)
        for attribute, *values in stroke_changes(
            reference["edge"], candidate["edge"], plots, False, "outline"
        )
    ]
    for part, line in reference.get("inner", {}).items():
        other = candidate.get("inner", {}).get(part)
        for attribute, *values in stroke_changes(line, other, plots, False, part):
            change = (attribute.removeprefix(part), *values)
            if change not in known:
                known.append(change)
                plots.findings.add("line", element, attribute, (values[0], values[1]), boxes)


def _hatch(series: Series, index: int) -> str:
    return series["points"][index].get("hatch", series["hatch"])


def _paint(series: Series, point: Point) -> str:
    """The colour of a mark before it is laid over what is behind."""
    return point.get("colour", series["colour"])


def _compare_colours(reference: Series, candidate: Series, pairs: Pairs, plots: PlotPair) -> bool:
    """Adds differences of fill or line colour; whether the whole series is recoloured."""
    element, boxes = plots.series_element(reference), (reference["box"], candidate["box"])
    maps = reference.get("map"), candidate.get("map")
    kinds_alike = reference["kind"] == candidate["kind"]
    if kinds_alike and reference["kind"] == "heat map" and maps[0] != maps[1]:
        plots.findings.add("colour map", element, "colour map", maps, boxes)
        return True
    if kinds_alike and reference["kind"] in OUTLINED and maps[0] != maps[1] and all(maps):
        plots.findings.add("colour map", element, "colour map", maps, boxes)
        return True
    if not reference["mixed"] and not candidate["mixed"]:
        return _compare_one_colour(reference, candidate, plots)
    changed = []
    for i, j in pairs:
        paints = (
            _paint(reference, reference["points"][i]),
            _paint(candidate, candidate["points"][j]),
        )
        shown = (
            over(paints[0], plots.reference_background),
            over(paints[1], plots.candidate_background),
        )
        if paints[0] != paints[1] and is_visible(*shown):
            changed.append((i, j, *shown))
    if reference["kind"] in ("heat map", "image"):
        if changed and not plots.findings.has(*VALUE_RULES):
            _add_cells(reference, candidate, changed, plots)
        return False
    most = len(changed) >= 3 and len(changed) > 0.5 * len(pairs)
    if maps[0] and maps[1] and maps[0] != maps[1] and changed:
        plots.findings.add("colour map", element, "colour map", maps, boxes)
    elif most and not maps[0] and _add_groups(reference, candidate, pairs, plots):
        return False
    elif most and (maps[0] or len(changed) > 6 or _is_one_opacity(reference, candidate, pairs)):
        return _add_many_colours(reference, candidate, changed, len(pairs), plots)
    elif most:
        shades = tuple(
            tuple(over(_paint(series, series["points"][pair[side]]), under) for pair in pairs)
            for side, (series, under) in enumerate(
                (
                    (reference, plots.reference_background),
                    (candidate, plots.candidate_background),
                )
            )
        )
        plots.findings.add("series colour", element, "colours", (shades[0], shades[1]), boxes)
    elif changed and is_sampled(reference):
        add_share("series colour", "sampled colours", len(changed), reference, candidate, plots)
    else:
        for i, j, before, after in changed:
            box = reference["points"][i]["box"], candidate["points"][j]["box"]
            mark = plots.mark_element(reference, i)
            plots.findings.add("mark colour", mark, "colour", (before, after), box)
    return False


def _add_groups(reference: Series, candidate: Series, pairs: Pairs, plots: PlotPair) -> bool:
    """Adds one finding for all marks of one colour that have one other colour now; whether each
    colour stands for several marks and became one other."""
    groups: dict[str, dict[str, Pairs]] = {}
    for i, j in pairs:
        paints = (
            _paint(reference, reference["points"][i]),
            _paint(candidate, candidate["points"][j]),
        )
        groups.setdefault(paints[0], {}).setdefault(paints[1], []).append((i, j))
    if all(before[7:] == after[7:] for before, news in groups.items() for after in news):
        groups = _without_opacities(groups)
    if 2 * len(groups) > len(pairs) or any(len(news) > 1 for news in groups.values()):
        return False
    changes = [(before, next(iter(news))) for before, news in groups.items()]
    if all(before[:7] == after[:7] for before, after in changes):
        return False  # one opacity of all marks
    for before, news in groups.items():
        after, members = next(iter(news.items()))
        shown = over(before, plots.reference_background), over(after, plots.candidate_background)
        if not is_visible(*shown):
            continue
        element = Element(plural(reference), plural=True, colour=shown[0])
        boxes = (
            hull(reference["points"][i]["box"] for i, _ in members),
            hull(candidate["points"][j]["box"] for _, j in members),
        )
        if before[:7] == after[:7]:
            opacities = _opacity(before), _opacity(after)
            plots.findings.add("shade", element, "opacity", opacities, boxes)
        else:
            rule = "shade" if colour_name(shown[0]) == colour_name(shown[1]) else "series colour"
            plots.findings.add(rule, element, "colour", shown, boxes)
    return True


def _is_one_opacity(reference: Series, candidate: Series, pairs: Pairs) -> bool:
    """Whether all marks keep their colours and have other opacities."""
    paints = [
        (_paint(reference, reference["points"][i]), _paint(candidate, candidate["points"][j]))
        for i, j in pairs
    ]
    return all(a[:7] == b[:7] for a, b in paints)


def _without_opacities(groups: dict[str, dict[str, Pairs]]) -> dict[str, dict[str, Pairs]]:
    merged: dict[str, dict[str, Pairs]] = {}
    for before, news in groups.items():
        for after, members in news.items():
            opaque = merged.setdefault(f"{before[:7]}ff", {})
            opaque.setdefault(f"{after[:7]}ff", []).extend(members)
    return merged


def _compare_one_colour(reference: Series, candidate: Series, plots: PlotPair) -> bool:
    """The colour of two series that have one each."""
    element, boxes = plots.series_element(reference), (reference["box"], candidate["box"])
    paints = reference["colour"], candidate["colour"]
    shown = over(paints[0], plots.reference_background), over(paints[1], plots.candidate_background)
    if paints[0] == paints[1] or not is_visible(*shown):
        return False
    opacities = _opacity(paints[0]), _opacity(paints[1])
    same_under = plots.reference_background == plots.candidate_background
    if paints[0][:7] == paints[1][:7] and same_under and min(opacities) >= 0.005:
        plots.findings.add("shade", element, "opacity", opacities, boxes)
    elif min(opacities) == 0:
        before, after = (
            colour if opacity else None for colour, opacity in zip(shown, opacities, strict=True)
        )
        plots.findings.add("series colour", element, "fill", (before, after), boxes)
    else:
        rule = "shade" if colour_name(shown[0]) == colour_name(shown[1]) else "series colour"
        plots.findings.add(rule, element, "colour", shown, boxes)
    return True


def _opacity(paint: str) -> float:
    """0 to 1, to two digits."""
    return float(f"{int(paint[7:] or 'ff', 16) / 255:.2g}")


def _add_many_colours(
    reference: Series,
    candidate: Series,
    changed: list[tuple[int, int, str, str]],
    count: int,
    plots: PlotPair,
) -> bool:
    """Most marks have another colour; whether only the opacity of all of them changed."""
    element, boxes = plots.series_element(reference), (reference["box"], candidate["box"])
    paints = [
        (_paint(reference, reference["points"][i]), _paint(candidate, candidate["points"][j]))
        for i, j, _, _ in changed
    ]
    opacities = {(_opacity(a), _opacity(b)) for a, b in paints}
    if len(opacities) == 1 and all(a[:7] == b[:7] for a, b in paints):
        plots.findings.add("shade", element, "opacity", opacities.pop(), boxes)
        return True
    counts = len(changed), count
    if is_sampled(reference):
        add_share("series colour", "sampled colours", len(changed), reference, candidate, plots)
        return False
    plots.findings.add("series colour", element, "some colours", (None, None), boxes, count=counts)
    return False


def _add_cells(
    reference: Series,
    candidate: Series,
    changed: list[tuple[int, int, str, str]],
    plots: PlotPair,
) -> None:
    element, boxes = plots.series_element(reference), (reference["box"], candidate["box"])
    if reference["kind"] == "image":
        count = len(changed), len(reference["points"])
        plots.findings.add("shape", element, "image share", (None, None), boxes, count=count)
    elif len(changed) > 3 or is_sampled(reference):
        plots.findings.add("colour map", element, "colour range", (None, None), boxes)
    else:
        for i, j, before, after in changed:
            box = reference["points"][i]["box"], candidate["points"][j]["box"]
            mark = plots.mark_element(reference, i)
            plots.findings.add("mark colour", mark, "colour", (before, after), box)


def stroke_changes(
    reference: Stroke | None,
    candidate: Stroke | None,
    plots: PlotPair,
    recoloured: bool,
    noun: str = "line",
) -> list[StrokeChange]:
    """What differs between two strokes; colours are left to the series' colour where that changed
    too or where the stroke is the line itself."""
    if reference is None or candidate is None:
        present = reference or candidate
        if present is None or present["width"] < VISIBLE_WIDTH:
            return []
        return [(noun, True if reference else None, True if candidate else None)]
    changes: list[StrokeChange] = []
    colours = (
        over(reference["colour"], plots.reference_background),
        over(candidate["colour"], plots.candidate_background),
    )
    own = noun != "line" and not recoloured and candidate["colour"] != reference["colour"]
    if own and is_visible(*colours):
        changes.append((f"{noun} colour", *colours))
    if reference["dash"] != candidate["dash"]:
        changes.append((noun, reference["dash"], candidate["dash"]))
    if abs(reference["width"] - candidate["width"]) > VISIBLE_WIDTH:
        changes.append((f"{noun} width", reference["width"], candidate["width"]))
    return changes


def _compare_faces(reference: Series, candidate: Series, element: Element, plots: PlotPair) -> None:
    """Fill of markers that is not the line's colour."""
    if "face" not in reference and "face" not in candidate:
        return
    faces = (
        over(reference.get("face", reference["colour"]), plots.reference_background),
        over(candidate.get("face", candidate["colour"]), plots.candidate_background),
    )
    if is_visible(*faces):
        boxes = reference["box"], candidate["box"]
        plots.findings.add("marker", element, "marker fill", faces, boxes)


def _compare_sizes(
    reference: Series, candidate: Series, pairs: Pairs, element: Element, plots: PlotPair
) -> None:
    changed = [
        (reference["points"][i], candidate["points"][j], i)
        for i, j in pairs
        if abs(reference["points"][i]["size"] - candidate["points"][j]["size"]) > VISIBLE_WIDTH
    ]
    if not changed:
        return
    boxes = reference["box"], candidate["box"]
    sizes = changed[0][0]["size"], changed[0][1]["size"]
    uniform = len({(round(a["size"]), round(b["size"])) for a, b, _ in changed}) == 1
    if uniform and len(changed) > 0.5 * len(pairs):
        plots.findings.add("marker", element, "marker size", sizes, boxes)
    elif _scaled_alike(
        [(reference["points"][i]["size"], candidate["points"][j]["size"]) for i, j in pairs]
    ):
        word = "larger" if sizes[1] > sizes[0] else "smaller"
        plots.findings.add("marker", element, "marker sizes", (None, word), boxes)
    elif len(changed) > 3:
        count = len(changed), len(pairs)
        plots.findings.add("marker", element, "some marker sizes", (None, None), boxes, count=count)
    else:
        for a, b, i in changed:
            mark = plots.mark_element(reference, i)
            values = a["size"], b["size"]
            plots.findings.add("marker", mark, "marker size", values, (a["box"], b["box"]))


def _scaled_alike(sizes: list[tuple[float, float]]) -> bool:
    """Whether one factor makes all sizes of one side from the other's, but for rounding."""
    before, after = (sum(side) for side in zip(*sizes, strict=True))
    if len(sizes) < 2 or before <= 0:
        return False
    factor = after / before
    return all(abs(b - factor * a) <= max(VISIBLE_WIDTH, 0.025 * b) for a, b in sizes)


def _compare_pie(
    reference: Series, candidate: Series, pairs: Pairs, element: Element, plots: PlotPair
) -> None:
    boxes = (reference["box"], candidate["box"])
    steps = (
        reference.get("step", "") or "anticlockwise",
        candidate.get("step", "") or "anticlockwise",
    )
    starts = reference.get("start", 0.0), candidate.get("start", 0.0)
    if steps[0] != steps[1]:
        plots.findings.add("pie", element, "pie direction", steps, boxes)
    elif abs((starts[0] - starts[1] + 180) % 360 - 180) > 1:
        plots.findings.add("pie", element, "start angle", starts, boxes)
    shadows = reference.get("shadow", False), candidate.get("shadow", False)
    if shadows[0] != shadows[1]:
        shadow = Element("shadow", owner=element)
        plots.findings.add_presence("pie", shadow, shadows[0], boxes)
    holes = reference.get("hole", 0.0), candidate.get("hole", 0.0)
    if abs(holes[0] - holes[1]) > 0.01:
        plots.findings.add("pie", element, "hole", holes, boxes)
    pulled = [
        (i, j)
        for i, j in pairs
        if abs(reference["points"][i]["base"] - candidate["points"][j]["base"]) > 0.01
    ]
    if len(pulled) >= 3:
        wedges, count = Element("wedges", plural=True), (len(pulled), len(pairs))
        plots.findings.add("pie", wedges, "some offsets", (None, None), boxes, count=count)
        return
    for i, j in pulled:
        a, b = reference["points"][i], candidate["points"][j]
        if abs(a["base"] - b["base"]) > 0.01:
            wedge = plots.mark_element(reference, i)
            offsets = a["base"], b["base"]
            plots.findings.add("pie", wedge, "offset", offsets, (a["box"], b["box"]))


def compare_bar_widths(matched: Matched, plots: PlotPair) -> None:
    """One finding for all bars of a plot whose width changed by one share, else one a series."""
    changed, barred = [], []
    for reference, candidate, pairs in matched:
        if reference["kind"] != candidate["kind"] or reference["kind"] not in _BROAD:
            continue
        barred.append((reference, candidate))
        if is_histogram(reference) and is_histogram(candidate):
            continue
        others = []
        for i, j in pairs:
            sizes = reference["points"][i]["size"], candidate["points"][j]["size"]
            shift = abs(plots.place(reference, sizes[0]) - plots.place(reference, sizes[1]))
            if shift > 1.0:
                others.append((i, j, sizes))
        if len(others) > 0.5 * len(pairs):
            changed.append((reference, candidate, others[0][2]))
            continue
        for i, j, sizes in others:
            box = reference["points"][i]["box"], candidate["points"][j]["box"]
            element = plots.mark_element(reference, i)
            plots.findings.add("bar width", element, "width", sizes, box)
    if not changed:
        return
    if len({sizes for _, _, sizes in changed}) == 1 and len(changed) == len(barred):
        reference, _, sizes = changed[0]
        boxes = hull(item[0]["box"] for item in barred), hull(item[1]["box"] for item in barred)
        whole = Element(plural(reference), plural=True)
        element = plots.series_element(reference) if len(barred) == 1 else whole
        plots.findings.add("bar width", element, "width", sizes, boxes)
        return
    for reference, candidate, sizes in changed:
        boxes_of = reference["box"], candidate["box"]
        element = plots.series_element(reference)
        plots.findings.add("bar width", element, "width", sizes, boxes_of)
