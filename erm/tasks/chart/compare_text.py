"""Differences of texts: titles, labels, tick labels, legends, notes, and how they are set."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from erm.tasks.chart.compare_style import colours_differ
from erm.tasks.chart.elements import Axis, BoxList, Legend, Series, TextItem, Tick
from erm.tasks.chart.findings import Findings, union
from erm.tasks.chart.frame import Frame, Pairs
from erm.tasks.chart.matching import assign, unit
from erm.tasks.chart.wording import (
    colour_change,
    is_typo,
    number_change,
    over,
    plain_number,
    quote,
    short,
    text_change,
    text_distance,
)

Matched = list[tuple[Series, Series, Pairs]]

_STRETCHED = 1.25

_TITLES = ("title", "left title", "right title")
_DATA_RULES = (
    "value",
    "value small",
    "value large",
    "bar",
    "point",
    "series",
    "category",
    "bins",
    "limits",
    "limits small",
    "chart type",
    "orientation",
    "arrangement",
)


def word_rule(new: str, old: str, rule: str) -> str:
    """The rule of a changed text: a typo, or the given one."""
    return "typo" if is_typo(new, old) else rule


def compare_texts(
    old: Sequence[TextItem],
    new: Sequence[TextItem],
    unders: tuple[str, str],
    findings: Findings,
    frames: tuple[BoxList, BoxList],
    plot: Frame | None = None,
) -> None:
    """Adds differences of all texts of a plot or figure except ticks and legends.

    ``frames`` are the boxes of what the texts stand in, on each side, against which places are
    compared; where data differs, numbers written beside marks follow it and are not listed again.
    In a ``plot`` a note that stands at the same values stands where it stood.
    """
    roles = list(dict.fromkeys(item["role"] for item in [*old, *new]))
    several = ("annotation", "wedge label", "wedge share")
    singles = [role for role in roles if role not in several]
    first = {item["role"]: item for item in old if item["role"] not in several}
    second = {item["role"]: item for item in new if item["role"] not in several}
    _pair_titles(first, second, findings)
    if findings.has("orientation"):
        second = _turned_labels(first, second)
    pairs: list[tuple[str, TextItem, TextItem]] = []
    for role in singles:
        a, b = first.get(role), second.get(role)
        rule = "title"
        if a is not None and b is not None:
            if a["text"] != b["text"]:
                text = text_change(b["text"], a["text"])
                findings.add(word_rule(b["text"], a["text"], rule), role, text, a["box"], b["box"])
            pairs.append((role, a, b))
        elif a is not None:
            findings.add(rule, role, "is missing", a["box"], None)
        elif b is not None:
            findings.add(rule, role, "is extra", None, b["box"])
    pairs += _compare_notes(old, new, findings, frames, plot)
    compare_fonts(pairs, unders, findings)


def _turned_labels(first: dict[str, TextItem], second: dict[str, TextItem]) -> dict[str, TextItem]:
    """The second side's texts, axis labels exchanged where they went along with turned bars."""
    names = ("x label", "y label")
    before = [first[name]["text"] if name in first else "" for name in names]
    after = [second[name]["text"] if name in second else "" for name in names]
    if before == after or before != after[::-1]:
        return second
    texts = {role: item for role, item in second.items() if role not in names}
    for name, other in (names, names[::-1]):
        if name in second:
            texts[other] = {**second[name], "angle": first[other]["angle"]}
    return texts


def _pair_titles(
    first: dict[str, TextItem], second: dict[str, TextItem], findings: Findings
) -> None:
    """A title that moved to another side stays the same title."""
    old = [role for role in _TITLES if role in first and role not in second]
    new = [role for role in _TITLES if role in second and role not in first]
    places = {"title": "centred", "left title": "at the left", "right title": "at the right"}
    if len(old) == len(new) == 1:
        item = second.pop(new[0])
        text = f"is {places[new[0]]} instead of {places[old[0]]}"
        findings.add("place", "title", text, first[old[0]]["box"], item["box"])
        second[old[0]] = item


def _compare_notes(
    old: Sequence[TextItem],
    new: Sequence[TextItem],
    findings: Findings,
    frames: tuple[BoxList, BoxList],
    plot: Frame | None,
) -> list[tuple[str, TextItem, TextItem]]:
    size = math.hypot(frames[0][2] - frames[0][0], frames[0][3] - frames[0][1])
    first = [item for item in old if item["role"] == "annotation"]
    second = [item for item in new if item["role"] == "annotation"]
    follows = findings.has(*_DATA_RULES)
    carried = follows or findings.has(
        "bar width", "error bars", "layout", "figure size", "inverted", "scale"
    )
    carried = carried or _is_reshaped(frames)
    numbers = [
        all(plain_number(item["text"]) is not None for item in side) for side in (first, second)
    ]
    values = "value labels" if len(first) > 1 or len(second) > 1 else "value label"
    if all(numbers) and bool(first) != bool(second) and max(len(first), len(second)) > 1:
        state = "are missing" if first else "are extra"
        boxes = union(item["box"] for item in first), union(item["box"] for item in second)
        findings.add("annotation", values, state, *boxes)
        return []

    kept = [_at_values(item, plot) for item in second]
    shifts = [
        [min(_shift(a, b, frames), _apart(a, place)) for b, place in zip(second, kept, strict=True)]
        for a in first
    ]

    def cost(i: int, j: int) -> float:
        words = text_distance(first[i]["text"], second[j]["text"])
        return words + 2 * shifts[i][j] / max(size, 1.0) + 0.01 * abs(i - j)

    matched = assign(first, second, cost)
    pairs = []
    moved: list[tuple[str, TextItem, TextItem]] = []
    for i, j in matched:
        a, b = first[i], second[j]
        written = [plain_number(item["text"]) for item in (a, b)]
        if a["text"] != b["text"] and not (follows and None not in written):
            words = f"note {quote(a['text'], 20)}" if len(first) > 1 else "note"
            rule = word_rule(b["text"], a["text"], "annotation")
            findings.add(rule, words, text_change(b["text"], a["text"]), a["box"], b["box"])
        elif not carried and shifts[i][j] > max(2.0, 0.01 * size):
            moved.append((f"note {quote(a['text'], 20)}" if len(first) > 1 else "note", a, b))
        if ("arrow" in a) != ("arrow" in b):
            words = f"arrow of note {quote(a['text'], 20)}"
            state = "is missing" if "arrow" in a else "is extra"
            findings.add("shape", words, state, a["box"], b["box"])
        pairs.append(("note", a, b))
    if len(moved) > 2:
        moved_boxes = union(m[1]["box"] for m in moved), union(m[2]["box"] for m in moved)
        findings.add("place", "notes", "stand elsewhere", *moved_boxes)
    else:
        for words, a, b in moved:
            findings.add("place", words, "stands elsewhere", a["box"], b["box"])
    for i in [i for i in range(len(first)) if i not in {i for i, _ in matched}]:
        if not (follows and plain_number(first[i]["text"]) is not None):
            words = f"note {quote(first[i]['text'], 20)}"
            findings.add("annotation", words, "is missing", first[i]["box"], None)
    for j in [j for j in range(len(second)) if j not in {j for _, j in matched}]:
        if not (follows and plain_number(second[j]["text"]) is not None):
            words = f"note {quote(second[j]['text'], 20)}"
            findings.add("annotation", words, "is extra", None, second[j]["box"])
    return pairs


def _is_reshaped(frames: tuple[BoxList, BoxList]) -> bool:
    """Whether a frame became so much wider or narrower that offsets in pixels look otherwise."""
    (a0, b0, a1, b1), (c0, d0, c1, d1) = frames
    stretch = [(c1 - c0) / max(a1 - a0, 1.0), (d1 - d0) / max(b1 - b0, 1.0)]
    return any(not 1 / _STRETCHED < factor < _STRETCHED for factor in stretch)


def _shift(a: TextItem, b: TextItem, frames: tuple[BoxList, BoxList]) -> float:
    """Pixels that a text moved on the page or in its frame, whichever is less."""
    moves = []
    for side in (0, 1):
        old, new = ((item["box"][side] + item["box"][side + 2]) / 2 for item in (a, b))
        (low, high), (new_low, new_high) = ((frame[side], frame[side + 2]) for frame in frames)
        stretch = (high - low) / max(new_high - new_low, 1.0)
        moves.append((abs(new - old), abs((new - new_low) * stretch - (old - low))))
    return float(min(max(page) for page in zip(*moves, strict=True)))


def _at_values(item: TextItem, plot: Frame | None) -> tuple[float, float] | None:
    """Where the middle of a candidate's text stands on the reference's page by its values."""
    if plot is None:
        return None
    x0, y0, x1, y1 = plot.new["box"]
    box = item["box"]
    middle = np.array([[(box[0] + box[2]) / 2 - x0, y1 - (box[1] + box[3]) / 2]])
    share = plot.carried(middle / np.array([max(x1 - x0, 1.0), max(y1 - y0, 1.0)]))[0]
    a0, b0, a1, b1 = plot.old["box"]
    return float(a0 + share[0] * (a1 - a0)), float(b1 - share[1] * (b1 - b0))


def _apart(item: TextItem, place: tuple[float, float] | None) -> float:
    if place is None:
        return math.inf
    x0, y0, x1, y1 = item["box"]
    return max(abs((x0 + x1) / 2 - place[0]), abs((y0 + y1) / 2 - place[1]))


def compare_fonts(
    pairs: Sequence[tuple[str, TextItem, TextItem]], unders: tuple[str, str], findings: Findings
) -> None:
    """Differences of size, weight, colour and turn of texts that stand for each other.

    What changed alike on three or more texts is one difference.
    """
    changes: dict[str, list[tuple[str, str, TextItem, TextItem]]] = {}
    for role, a, b in pairs:
        if abs(a["size"] - b["size"]) > max(0.4, 0.03 * a["size"]):
            text = f"font size is {short(b['size'], 2)} instead of {short(a['size'], 2)}"
            key = "larger" if b["size"] > a["size"] else "smaller"
            changes.setdefault(key, []).append((role, text, a, b))
        if a["weight"] != b["weight"]:
            text = f"font is {b['weight']} instead of {a['weight']}"
            changes.setdefault(text, []).append((role, text, a, b))
        colours = over(b["colour"], unders[1]), over(a["colour"], unders[0])
        if a["colour"] != b["colour"] and colours_differ(*colours):
            text = f"colour is {colour_change(*colours)}"
            changes.setdefault(text, []).append((role, text, a, b))
        turn = abs((a["angle"] - b["angle"] + 180) % 360 - 180)
        if turn > 1:
            text = f"is turned by {short(b['angle'])}° instead of {short(a['angle'])}°"
            changes.setdefault(text, []).append((role, text, a, b))
    for key, members in changes.items():
        if len(members) >= 3:
            text = f"font is {key}" if key in ("larger", "smaller") else key
            boxes = union(m[2]["box"] for m in members), union(m[3]["box"] for m in members)
            findings.add("font", "texts", text, *boxes)
            continue
        for role, text, a, b in members:
            findings.add("font", role, text, a["box"], b["box"])


def compare_wedge_texts(matched: Matched, frame: Frame) -> None:
    """Labels and shares written at a pie's wedges; they move and change with their wedges."""
    pies = [pairs for first, second, pairs in matched if first["kind"] == second["kind"] == "pie"]
    if not pies:
        return
    linked = dict(pair for pairs in pies[:1] for pair in pairs)
    follows = frame.findings.has(*_DATA_RULES)
    fonts: list[tuple[str, TextItem, TextItem]] = []
    for role in ("wedge label", "wedge share"):
        old, new = (
            {text.get("wedge", -1): text for text in axes["texts"] if text["role"] == role}
            for axes in (frame.old, frame.new)
        )
        boxes = union(t["box"] for t in old.values()), union(t["box"] for t in new.values())
        if bool(old) != bool(new):
            state = "are missing" if old else "are extra"
            frame.findings.add("tick text", f"{role}s", state, *boxes)
            continue
        pairs = [(old[i], new[j], i) for i, j in linked.items() if i in old and j in new]
        fonts += [(role, a, b) for a, b, _ in pairs]
        if role == "wedge label" or not follows:
            rule = "label" if role == "wedge label" else "annotation"
            changed = [(f"{role} {i + 1}", a, b) for a, b, i in pairs if a["text"] != b["text"]]
            list_changed(changed, rule, frame.findings)
    compare_fonts(fonts, (frame.under_old, frame.under_new), frame.findings)


def list_changed(
    changed: Sequence[tuple[str, TextItem | Tick, TextItem | Tick]], rule: str, findings: Findings
) -> None:
    """Adds changed texts by their places; two that changed places with each other are one."""
    left = list(changed)
    while left:
        words, a, b = left.pop(0)
        other = next(
            (
                item
                for item in left
                if item[1]["text"] == b["text"] and item[2]["text"] == a["text"]
            ),
            None,
        )
        if other is None:
            text = text_change(b["text"], a["text"])
            findings.add(word_rule(b["text"], a["text"], rule), words, text, a["box"], b["box"])
            continue
        left.remove(other)
        noun, _, rank = words.rpartition(" ")
        plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
        places = f"{plural} {rank} and {other[0].rpartition(' ')[2]}"
        text = f"texts {quote(a['text'])} and {quote(other[1]['text'])} are swapped"
        boxes = union([a["box"], other[1]["box"]]), union([b["box"], other[2]["box"]])
        findings.add(rule, places, text, *boxes)


def tick_texts(axis: Axis, name: str) -> TextItem | None:
    """The tick labels of an axis as one text, for comparing how they are set."""
    shown = [tick for tick in axis["ticks"] if tick["text"]]
    box = union(tick["box"] for tick in shown)
    if box is None:
        return None
    return TextItem(
        role=f"{name} tick labels",
        text="",
        box=box,
        colour=axis["tick_colour"],
        size=axis["tick_size"],
        weight="normal",
        angle=axis["tick_angle"],
    )


def compare_ticks(name: str, matched: Matched, frame: Frame, moved: bool) -> None:
    """Tick labels of one axis; ``moved`` where limits or categories changed for another reason."""
    old: Axis = frame.old[name]  # type: ignore[literal-required]
    new: Axis = frame.new[name]  # type: ignore[literal-required]
    words = f"{name} tick label"
    shown = [[tick for tick in axis["ticks"] if tick["text"]] for axis in (old, new)]
    if not shown[0] and not shown[1]:
        return
    boxes = union(t["box"] for t in shown[0]), union(t["box"] for t in shown[1])
    if not shown[0] or not shown[1]:
        unreached = moved and not (old["ticks"] and new["ticks"])
        if not unreached and old["visible"] == new["visible"] and old["scale"] == new["scale"]:
            state = "are missing" if shown[0] else "are extra"
            frame.findings.add("tick text", f"{words}s", state, *boxes)
        return
    pairs = _tick_pairs(name, shown[0], shown[1], old, new, matched, frame)
    changed = [(i, j) for i, j in pairs if shown[0][i]["text"] != shown[1][j]["text"]]
    if moved and not (old["fixed"] and new["fixed"]):
        changed = []
    alike = len(pairs) == len(shown[0]) == len(shown[1])
    if len(changed) > 3 or (len(changed) >= 2 and _are_numbers(shown[0])):
        texts = [
            ", ".join(side[k]["text"] for k in picks[:6]) for side, picks in _sides(shown, changed)
        ]
        text = f"are {texts[0]} instead of {texts[1]}"
        frame.findings.add("tick text", f"{words}s", text, *boxes)
    else:
        renamed = [(f"{words} {i + 1}", shown[0][i], shown[1][j]) for i, j in changed]
        list_changed(renamed, "label", frame.findings)
    if not alike and not moved:
        places = [[tick["at"] for tick in side] for side in (shown[1], shown[0])]
        ends = [[side[0], side[1], side[-1]] if len(side) > 2 else side for side in places]
        if all(plain_number(tick["text"]) is not None for side in shown for tick in side):
            text = f"are at {number_change(ends[0], ends[1], ', ')}"
            frame.findings.add("ticks", f"{name} ticks", text, *boxes)
        else:
            left = [t for i, t in enumerate(shown[0]) if i not in {i for i, _ in pairs}]
            more = [t for j, t in enumerate(shown[1]) if j not in {j for _, j in pairs}]
            for tick in left:
                frame.findings.add(
                    "tick text", f"{words} {quote(tick['text'])}", "is missing", tick["box"]
                )
            for tick in more:
                frame.findings.add(
                    "tick text", f"{words} {quote(tick['text'])}", "is extra", None, tick["box"]
                )
    if old["offset_text"] != new["offset_text"] and not moved:
        text = f"is {new['offset_text'] or 'none'} instead of {old['offset_text'] or 'none'}"
        frame.findings.add("tick text", f"factor at the {name} axis", text, *boxes)


def _sides(shown: list[list[Tick]], changed: Pairs) -> list[tuple[list[Tick], list[int]]]:
    return [(shown[1], [j for _, j in changed]), (shown[0], [i for i, _ in changed])]


def _are_numbers(ticks: list[Tick]) -> bool:
    return all(plain_number(tick["text"]) is not None for tick in ticks)


def _tick_pairs(
    name: str,
    old: list[Tick],
    new: list[Tick],
    old_axis: Axis,
    new_axis: Axis,
    matched: Matched,
    frame: Frame,
) -> Pairs:
    """Ticks that stand for each other: through the marks they name, else by place."""
    found: dict[int, int] = {}
    for first, second, pairs in matched:
        if (first["kind"] in ("horizontal bar", "sideways box")) != (name == "y"):
            continue
        for i, j in pairs:
            names = first["points"][i]["name"], second["points"][j]["name"]
            at = first["points"][i]["at"], second["points"][j]["at"]
            if names[0] and names[1] and old_axis["fixed"] and new_axis["fixed"]:
                k = min(range(len(old)), key=lambda k: abs(old[k]["at"] - at[0]))
                m = min(range(len(new)), key=lambda m: abs(new[m]["at"] - at[1]))
                found.setdefault(k, m)
    side = 0 if name == "x" else 1
    length = frame.old["box"][side + 2] - frame.old["box"][side]
    for k, tick in enumerate(old):
        if k in found:
            continue
        for m, other in enumerate(new):
            if m not in found.values():
                gap = abs(unit(old_axis, tick["at"]) - unit(old_axis, other["at"])) * length
                if gap <= 0.5:
                    found[k] = m
                    break
    return sorted(found.items())


def compare_legends(
    old: Legend | None,
    new: Legend | None,
    matched: Matched,
    unders: tuple[str, str],
    frames: tuple[BoxList, BoxList],
    findings: Findings,
) -> list[tuple[str, TextItem, TextItem]]:
    """Legends: there or not, entries, place, frame; returns text pairs for `compare_fonts`.

    ``frames`` are the boxes of what the legends stand in, on each side.
    """
    if old is None and new is None:
        return []
    if old is None or new is None:
        box = old["box"] if old is not None else None
        other = new["box"] if new is not None else None
        findings.add(
            "legend", "legend", "is missing" if old is not None else "is extra", box, other
        )
        return []
    names = {first["name"]: second["name"] for first, second, _ in matched if first["name"]}
    texts = [[item["text"] for item in legend["entries"]] for legend in (old, new)]
    pairs = _entry_pairs((old, new), texts, names)
    fonts = []
    changed = [
        (f"legend entry {i + 1}", old["entries"][i], new["entries"][j])
        for i, j in pairs
        if texts[0][i] != texts[1][j]
    ]
    list_changed(changed, "label", findings)
    for i, j in pairs:
        a, b = old["entries"][i], new["entries"][j]
        words = f"legend entry {i + 1}"
        colours = over(new["colours"][j], unders[1]), over(old["colours"][i], unders[0])
        own = a["text"] not in names and new["colours"][j] != old["colours"][i]
        text = f"colour is {colour_change(*colours)}"
        # A patch follows the bar that it names.
        known = any(finding.description == text for finding in findings.found)
        if own and not known and colours_differ(*colours):
            findings.add("mark colour", words, text, old["box"], new["box"])
        fonts.append(("legend entry", a, b))
    if not findings.has("series", "chart type", "bar"):
        for i in [i for i in range(len(texts[0])) if i not in {i for i, _ in pairs}]:
            box = old["entries"][i]["box"]
            findings.add("label", f"legend entry {quote(texts[0][i])}", "is missing", box, None)
        for j in [j for j in range(len(texts[1])) if j not in {j for _, j in pairs}]:
            box = new["entries"][j]["box"]
            findings.add("label", f"legend entry {quote(texts[1][j])}", "is extra", None, box)
        order = [j for _, j in sorted(pairs)]
        if order != sorted(order):
            findings.add(
                "place", "legend", "entries stand in another order", old["box"], new["box"]
            )
    follows = old["auto"] and new["auto"]
    if not follows and _is_moved(old["box"], new["box"], frames):
        apart = old["place"] != new["place"]
        text = f"is at {new['place']} instead of {old['place']}" if apart else "stands elsewhere"
        findings.add("place", "legend", text, old["box"], new["box"])
    if old["columns"] != new["columns"] and len(texts[0]) == len(texts[1]):
        text = f"has {new['columns']} columns instead of {old['columns']}"
        findings.add(
            "place", "legend", text.replace(" 1 columns", " 1 column"), old["box"], new["box"]
        )
    if old["framed"] != new["framed"]:
        state = "missing" if old["framed"] else "extra"
        findings.add("frame", "legend frame", f"is {state}", old["box"], new["box"])
    _compare_legend_titles(old, new, findings)
    return fonts


def _entry_pairs(
    legends: tuple[Legend, Legend], texts: list[list[str]], names: dict[str, str]
) -> Pairs:
    """Entries by the series that they name, else by their patches, else by their texts.

    ``names`` are the names of matched series, the reference's first; a legend of patches that the
    program made itself names none of them, and there an entry is what its colour stands for.
    """
    first, second = texts
    colours, others = (legend["colours"] for legend in legends)
    told_apart = len(set(colours)) == len(colours)
    if told_apart and colours == others and not names.keys() & set(first):
        return [(i, i) for i in range(len(first))]

    def cost(i: int, j: int) -> float:
        linked = 0.0 if names.get(first[i], second[j]) == second[j] else 2.0
        return linked + text_distance(first[i], second[j]) + 0.05 * abs(i - j)

    return assign(first, second, cost)


def _is_moved(old: BoxList, new: BoxList, frames: tuple[BoxList, BoxList]) -> bool:
    """Whether a box stands elsewhere in its frame, not only grew from a side or its middle."""
    a, b = (
        [x - y for x, y in zip(*pair, strict=True)] for pair in ((old, frames[0]), (new, frames[1]))
    )
    for low, high in ((0, 2), (1, 3)):
        starts, ends = abs(a[low] - b[low]), abs(a[high] - b[high])
        middles = abs(a[low] + a[high] - b[low] - b[high]) / 2
        if min(starts, ends, middles) > 1:
            return True
    return False


def _compare_legend_titles(old: Legend, new: Legend, findings: Findings) -> None:
    a, b = old["title"], new["title"]
    if a is not None and b is not None and a["text"] != b["text"]:
        rule = word_rule(b["text"], a["text"], "title")
        findings.add(rule, "legend title", text_change(b["text"], a["text"]), a["box"], b["box"])
    elif (a is None) != (b is None):
        boxes = (a["box"] if a else None, b["box"] if b else None)
        state = "is missing" if a is not None else "is extra"
        findings.add("title", "legend title", state, *boxes)
