"""Differences of looks: colours, lines, markers, outlines, hatches, grid, frame, backgrounds."""

from __future__ import annotations

from collections import Counter

from erm.tasks.chart.elements import Axis, BoxList, Point, Series, Stroke
from erm.tasks.chart.findings import Finding, union
from erm.tasks.chart.frame import BARS, BOXES, Frame, Pairs
from erm.tasks.chart.naming import is_histogram, plural
from erm.tasks.chart.wording import (
    VISIBLE_COLOUR,
    colour_change,
    colour_distance,
    colour_name,
    over,
    same_name,
    short,
)

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

_FILLED = (*BARS, "area", "sideways area", "pie")
"""Kinds of marks whose outline and pattern mean the same in any chart type."""

_VISIBLE_WIDTH = 0.4
"""Pixels by which two widths or sizes must differ to be seen."""


def colours_differ(new: str, old: str) -> bool:
    """Whether two ``#rrggbb`` colours can be told apart."""
    return new != old and colour_distance(new, old) > VISIBLE_COLOUR


def compare_style(old: Series, new: Series, pairs: Pairs, frame: Frame) -> None:
    """Adds the differences of two matched series' looks; pairs are those of their points."""
    recoloured = _compare_colours(old, new, pairs, frame)
    if old["kind"] == new["kind"] or {old["kind"], new["kind"]} <= set(_FILLED):
        _compare_fills(old, new, pairs, recoloured, frame)
    if old["kind"] != new["kind"]:
        return
    words, boxes = frame.old_words(old), (old["box"], new["box"])
    add = frame.findings.add
    text = stroke_change(old["line"], new["line"], frame, recoloured)
    for part in text:
        add("line", words, part, *boxes)
    if old["marker"] != new["marker"]:
        names = [_MARKERS.get(series["marker"], "other marks") for series in (new, old)]
        if not new["marker"] or not old["marker"]:
            text_ = f"markers are {'missing' if old['marker'] else 'extra'}"
        else:
            text_ = f"markers are {names[0]} instead of {names[1]}"
        add("marker", words, text_, *boxes)
    elif old["marker"]:
        _compare_faces(old, new, words, frame)
        _compare_sizes(old, new, pairs, words, frame)
    if old.get("step", "") != new.get("step", ""):
        _compare_step(old, new, words, frame)
    if old["kind"] == "pie":
        _compare_pie(old, new, pairs, words, frame)


def _compare_fills(old: Series, new: Series, pairs: Pairs, recoloured: bool, frame: Frame) -> None:
    """Outline and pattern of filled marks, which outlast a change of chart type."""
    words, boxes = frame.old_words(old), (old["box"], new["box"])
    for part in stroke_change(old["edge"], new["edge"], frame, recoloured, "outline"):
        frame.findings.add("outline", words, part, *boxes)
    changes: dict[str, list[tuple[int, int]]] = {}
    for i, j in pairs:
        hatches = _hatch(new, j), _hatch(old, i)
        if sorted(hatches[0]) != sorted(hatches[1]):
            changes.setdefault(_hatch_change(*hatches), []).append((i, j))
    # marks of free form have no points to be paired
    if not pairs and sorted(old["hatch"]) != sorted(new["hatch"]):
        frame.findings.add("hatch", words, _hatch_change(new["hatch"], old["hatch"]), *boxes)
    for text, changed in changes.items():
        if len(changed) == len(pairs):
            frame.findings.add("hatch", words, text, *boxes)
            continue
        for i, j in changed:
            box = old["points"][i]["box"], new["points"][j]["box"]
            frame.findings.add("hatch", frame.old_element(old, i), text, *box)


def _hatch_change(new: str, old: str) -> str:
    names = [f"'{hatch}'" if hatch else "none" for hatch in (new, old)]
    return f"hatch is {names[0]} instead of {names[1]}"


def _hatch(series: Series, index: int) -> str:
    return series["points"][index].get("hatch", series["hatch"])


def _seen(series: Series, point: Point | None, under: str) -> str:
    colour = point.get("colour", series["colour"]) if point is not None else series["colour"]
    return over(colour, under)


def _paints(old: Series, new: Series, i: int, j: int) -> tuple[str, str]:
    """The colours of two marks before they are laid over what is behind."""
    return (
        old["points"][i].get("colour", old["colour"]),
        new["points"][j].get("colour", new["colour"]),
    )


def _compare_colours(old: Series, new: Series, pairs: Pairs, frame: Frame) -> bool:
    """Adds differences of fill or line colour; whether the whole series is recoloured."""
    words, boxes = frame.old_words(old), (old["box"], new["box"])
    add = frame.findings.add
    if old["kind"] == new["kind"] == "heat map" and old.get("map") != new.get("map"):
        text = f"colour map is {new.get('map')} instead of {old.get('map')}"
        add("colour map", words, text, *boxes)
        return True
    if not old["mixed"] and not new["mixed"]:
        colours = over(new["colour"], frame.under_new), over(old["colour"], frame.under_old)
        if new["colour"] == old["colour"] or not colours_differ(*colours):
            return False
        if new["colour"][:7] == old["colour"][:7]:
            alphas = [short(int(item["colour"][7:], 16) / 255, 2) for item in (new, old)]
            if frame.under_new == frame.under_old and "0" not in alphas:
                text = f"opacity is {alphas[0]} instead of {alphas[1]}"
                add("shade", words, text, *boxes)
                return True
        if new["colour"].endswith("00") or old["colour"].endswith("00"):
            name = colour_name(colours[1] if new["colour"].endswith("00") else colours[0])
            state = (
                f"none instead of {name}"
                if new["colour"].endswith("00")
                else f"{name} instead of none"
            )
            add("series colour", words, f"fill is {state}", *boxes)
            return True
        rule = "shade" if same_name(*colours) else "series colour"
        add(rule, words, f"colour is {colour_change(*colours)}", *boxes)
        return True
    changed = []
    for i, j in pairs:
        a = _seen(old, old["points"][i], frame.under_old)
        b = _seen(new, new["points"][j], frame.under_new)
        paints = _paints(old, new, i, j)
        if colours_differ(b, a) and paints[0] != paints[1]:
            changed.append((i, j, b, a))
    if old["kind"] in ("heat map", "image"):
        if changed and not frame.findings.has("value", "value small", "value large"):
            _list_cells(old, new, changed, frame)
        return False
    if old.get("map") and new.get("map") and old["map"] != new["map"] and changed:
        add("colour map", words, f"colour map is {new['map']} instead of {old['map']}", *boxes)
    elif (
        len(changed) >= 3
        and len(changed) > 0.5 * len(pairs)
        and (old.get("map") or len(changed) > 6)
    ):
        paints_of = [_paints(old, new, i, j) for i, j, _, _ in changed]
        opacities = {(b[7:], a[7:]) for a, b in paints_of}
        if len(opacities) == 1 and all(a[:7] == b[:7] for a, b in paints_of):
            after, before = (short(int(x or "ff", 16) / 255, 2) for x in opacities.pop())
            add("shade", words, f"opacity is {after} instead of {before}", *boxes)
            return True
        add("series colour", words, f"{len(changed)} of {len(pairs)} colours differ", *boxes)
    elif len(changed) >= 3 and len(changed) > 0.5 * len(pairs):
        names = [
            ", ".join(
                colour_name(_seen(series, series["points"][pair[side]], under)) for pair in pairs
            )
            for series, side, under in ((new, 1, frame.under_new), (old, 0, frame.under_old))
        ]
        if names[0] == names[1]:
            names = [f"other shades of {names[0]}", "these"]
        add("series colour", words, f"colours are {names[0]} instead of {names[1]}", *boxes)
    else:
        for i, j, b, a in changed:
            box = old["points"][i]["box"], new["points"][j]["box"]
            add("mark colour", frame.old_element(old, i), f"colour is {colour_change(b, a)}", *box)
    return False


def _list_cells(
    old: Series, new: Series, changed: list[tuple[int, int, str, str]], frame: Frame
) -> None:
    words, boxes = frame.old_words(old), (old["box"], new["box"])
    if old["kind"] == "image":
        text = f"{100 * len(changed) / len(old['points']):.0f}% of the image differs"
        frame.findings.add("shape", words, text, *boxes)
    elif len(changed) > 3:
        frame.findings.add("colour map", words, "colour range is different", *boxes)
    else:
        for i, j, b, a in changed:
            box = old["points"][i]["box"], new["points"][j]["box"]
            text = f"colour is {colour_change(b, a)}"
            frame.findings.add("mark colour", frame.old_element(old, i), text, *box)


def stroke_change(
    old: Stroke | None, new: Stroke | None, frame: Frame, recoloured: bool, noun: str = "line"
) -> list[str]:
    """Descriptions of what differs between two strokes; colours are left to the series' colour
    where that changed too or where the stroke is the line itself."""
    if old is None and new is None:
        return []
    if old is None or new is None:
        present = old if old is not None else new
        assert present is not None
        state = "missing" if old is not None else "extra"
        return [f"{noun} is {state}"] if present["width"] >= _VISIBLE_WIDTH else []
    parts = []
    colours = over(new["colour"], frame.under_new), over(old["colour"], frame.under_old)
    own = noun != "line" and not recoloured and new["colour"] != old["colour"]
    if own and colours_differ(*colours):
        parts.append(f"{noun} colour is {colour_change(*colours)}")
    if old["dash"] != new["dash"]:
        parts.append(f"{noun} is {new['dash']} instead of {old['dash']}")
    if abs(old["width"] - new["width"]) > _VISIBLE_WIDTH:
        parts.append(
            f"{noun} width is {short(new['width'], 2)} instead of {short(old['width'], 2)}"
        )
    return parts


def _compare_faces(old: Series, new: Series, words: str, frame: Frame) -> None:
    """Fill of markers that is not the line's colour."""
    if "face" not in old and "face" not in new:
        return
    faces = [
        over(series.get("face", series["colour"]), under)
        for series, under in ((new, frame.under_new), (old, frame.under_old))
    ]
    if colours_differ(*faces):
        text = f"marker fill is {colour_change(*faces)}"
        frame.findings.add("marker", words, text, old["box"], new["box"])


def _compare_sizes(old: Series, new: Series, pairs: Pairs, words: str, frame: Frame) -> None:
    changed = [
        (i, j)
        for i, j in pairs
        if abs(old["points"][i]["size"] - new["points"][j]["size"]) > _VISIBLE_WIDTH
    ]
    if not changed:
        return
    values = [
        {round(series["points"][pair[side]]["size"]) for pair in changed}
        for series, side in ((new, 1), (old, 0))
    ]
    if len(values[0]) == len(values[1]) == 1 and len(changed) > 0.5 * len(pairs):
        i, j = changed[0]
        sizes = [short(new["points"][j]["size"], 2), short(old["points"][i]["size"], 2)]
        text = f"marker size is {sizes[0]} instead of {sizes[1]}"
        frame.findings.add("marker", words, text, old["box"], new["box"])
    elif len(changed) > 3:
        text = f"{len(changed)} of {len(pairs)} marker sizes differ"
        frame.findings.add("marker", words, text, old["box"], new["box"])
    else:
        for i, j in changed:
            a, b = old["points"][i], new["points"][j]
            text = f"marker size is {short(b['size'], 2)} instead of {short(a['size'], 2)}"
            frame.findings.add("marker", frame.old_element(old, i), text, a["box"], b["box"])


def _compare_step(old: Series, new: Series, words: str, frame: Frame) -> None:
    names = [series.get("step", "") for series in (new, old)]
    if old["kind"] == "pie":
        text = f"runs {names[0] or 'anticlockwise'} instead of {names[1] or 'anticlockwise'}"
        frame.findings.add("pie", words, text, old["box"], new["box"])
        return
    shown = ["in steps" if name else "straight" for name in names]
    text = (
        f"runs {shown[0]} instead of {shown[1]}"
        if shown[0] != shown[1]
        else f"runs {names[0]} instead of {names[1]}"
    )
    frame.findings.add("line", words, text, old["box"], new["box"])


def _compare_pie(old: Series, new: Series, pairs: Pairs, words: str, frame: Frame) -> None:
    boxes = (old["box"], new["box"])
    turn = abs((old.get("start", 0.0) - new.get("start", 0.0) + 180) % 360 - 180)
    if turn > 1 and old.get("step", "") == new.get("step", ""):
        text = (
            f"starts at {short(new.get('start', 0.0))}° instead of {short(old.get('start', 0.0))}°"
        )
        frame.findings.add("pie", words, text, *boxes)
    if old.get("shadow", False) != new.get("shadow", False):
        state = "missing" if old.get("shadow", False) else "extra"
        frame.findings.add("pie", f"shadow of {words}", f"is {state}", *boxes)
    holes = [series.get("hole", 0.0) for series in (new, old)]
    if abs(holes[0] - holes[1]) > 0.01:
        names = [f"{100 * hole:.0f}%" if hole else "none" for hole in holes]
        frame.findings.add("pie", words, f"hole is {names[0]} instead of {names[1]}", *boxes)
    for i, j in pairs:
        a, b = old["points"][i], new["points"][j]
        if abs(a["base"] - b["base"]) > 0.01:
            if a["base"] == 0 or b["base"] == 0:
                text = "is pulled out" if a["base"] == 0 else "is not pulled out"
            else:
                text = f"is pulled out by {short(b['base'])} instead of {short(a['base'])}"
            frame.findings.add("pie", frame.old_element(old, i), text, a["box"], b["box"])


def compare_bar_widths(matched: list[tuple[Series, Series, Pairs]], frame: Frame) -> None:
    """One finding for all bars of a plot whose width changed by one share, else one a series."""
    changed, barred = [], []
    for old, new, pairs in matched:
        if old["kind"] != new["kind"] or old["kind"] not in (*BARS, *BOXES):
            continue
        barred.append((old, new))
        if is_histogram(old) and is_histogram(new):
            continue
        others = []
        for i, j in pairs:
            sizes = new["points"][j]["size"], old["points"][i]["size"]
            shift = abs(frame.place(old, sizes[0]) - frame.place(old, sizes[1]))
            if shift > 1.0:
                others.append((i, j, sizes))
        if len(others) > 0.5 * len(pairs):
            changed.append((old, new, others[0][2]))
            continue
        for i, j, sizes in others:
            text = f"width is {short(sizes[0])} instead of {short(sizes[1])}"
            box = old["points"][i]["box"], new["points"][j]["box"]
            frame.findings.add("bar width", frame.old_element(old, i), text, *box)
    if not changed:
        return
    if len({sizes for _, _, sizes in changed}) == 1 and len(changed) == len(barred):
        old, new, sizes = changed[0]
        boxes = [item[0]["box"] for item in barred], [item[1]["box"] for item in barred]
        noun = "boxes" if "box" in old["kind"] else "bars"
        words = frame.old_words(old) if len(barred) == 1 else noun
        text = f"width is {short(sizes[0])} instead of {short(sizes[1])}"
        frame.findings.add("bar width", words, text, _hull(boxes[0]), _hull(boxes[1]))
        return
    for old, new, sizes in changed:
        text = f"width is {short(sizes[0])} instead of {short(sizes[1])}"
        frame.findings.add("bar width", frame.old_words(old), text, old["box"], new["box"])


_LOOKS = ("outline", "hatch", "line", "marker", "shade")


def join_looks(
    found: list[Finding], matched: list[tuple[Series, Series, Pairs]], frame: Frame
) -> list[Finding]:
    """One finding for a change of stroke, pattern or marker that all series of a kind share."""
    names: dict[str, str] = {}
    for old, _, _ in matched:
        names[frame.old_words(old) + frame.findings.suffix] = plural(old)
    counts = Counter(plural(old) for old, _, _ in matched)
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in found:
        noun = names.get(finding.location)
        if finding.rule in _LOOKS and noun is not None:
            groups.setdefault((finding.rule, finding.description, noun), []).append(finding)
    kept = list(found)
    for (rule, text, noun), members in groups.items():
        if 1 < len(members) == counts[noun]:
            kept = [finding for finding in kept if finding not in members]
            boxes = union(m.old for m in members), union(m.new for m in members)
            kept.append(Finding(rule, noun + frame.findings.suffix, text, *boxes))
    return kept


def _hull(boxes: list[BoxList]) -> BoxList:
    return [
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    ]


def compare_grid(frame: Frame) -> None:
    """Grid lines: on or off, and their look; a changed scale has grid lines of its own."""
    if frame.findings.has("scale"):
        return
    boxes = (frame.old["box"], frame.new["box"])
    for key, noun in (("grid", "grid"), ("minor_grid", "minor grid")):
        old = {name: frame.old[name][key] for name in ("x", "y")}  # type: ignore[literal-required]
        new = {name: frame.new[name][key] for name in ("x", "y")}  # type: ignore[literal-required]
        states = {name: (old[name] is not None, new[name] is not None) for name in ("x", "y")}
        # without ticks in its range an axis has no place for grid lines
        able = [name for name in ("x", "y") if _has_ticks(frame, name)]
        turned = [name for name in able if states[name][0] != states[name][1]]
        if len(turned) == 2 and states["x"] == states["y"]:
            state = "missing" if states["x"][0] else "extra"
            frame.findings.add("grid", noun, f"is {state}", *boxes)
        else:
            for name in turned:
                words = f"{'vertical' if name == 'x' else 'horizontal'} {noun} lines"
                state = "missing" if states[name][0] else "extra"
                frame.findings.add("grid", words, f"are {state}", *boxes)
        texts = []
        for name in ("x", "y"):
            for text in stroke_change(old[name], new[name], frame, False, "lines"):
                if states[name] == (True, True) and text not in texts:
                    texts.append(text)
        for text in texts:
            described = text.replace("lines is", "is").replace("lines ", "")
            frame.findings.add("grid", noun, described, *boxes)


def _has_ticks(frame: Frame, name: str) -> bool:
    sides: tuple[Axis, Axis] = (frame.old[name], frame.new[name])  # type: ignore[literal-required]
    return all(axis["ticks"] for axis in sides)


def compare_frame(frame: Frame) -> None:
    """The lines around a plot and the colour behind it."""
    old, new = frame.old["spines"], frame.new["spines"]
    boxes = (frame.old["box"], frame.new["box"])
    names = ("left", "bottom", "right", "top", "polar", "outline")
    for state, first, second in (("missing", old, new), ("extra", new, old)):
        gone = [name for name in names if name in first and name not in second]
        if gone:
            words = (
                "frame" if len(gone) > 3 else f"{_listed(gone)} frame line{'s' * (len(gone) > 1)}"
            )
            verb = "is" if len(gone) in (1, 4) else "are"
            frame.findings.add("frame", words, f"{verb} {state}", *boxes)
    changes: dict[str, list[str]] = {}
    for name in names:
        if name in old and name in new:
            for text in stroke_change(old[name], new[name], frame, False, "frame line"):
                changes.setdefault(text.removeprefix("frame line "), []).append(name)
    for text, sides in changes.items():
        both = [name for name in names if name in old and name in new]
        words = "frame" if len(sides) == len(both) else f"{_listed(sides)} frame"
        frame.findings.add("frame", words, text, *boxes)


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
