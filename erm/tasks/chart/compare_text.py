"""Differences of texts: titles, axis labels, notes, labels of wedges, and how texts are set.

Not covered: tick labels (`erm.tasks.chart.compare_ticks`) and legends
(`erm.tasks.chart.compare_legends`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from erm.tasks.chart.elements import Axes, BoxList, TextItem, Tick
from erm.tasks.chart.findings import Element, Finding, Findings, Value, hull, one_sided
from erm.tasks.chart.matching import assign
from erm.tasks.chart.naming import SHARES
from erm.tasks.chart.phrases import plural_of
from erm.tasks.chart.plot_pair import VISIBLE_WIDTH, Matched, PlotPair
from erm.tasks.shared.colours import is_visible, over
from erm.tasks.shared.findings import union
from erm.tasks.shared.numbers import parse_number
from erm.tasks.shared.text import is_typo, text_distance

TextPair = tuple[Element, TextItem, TextItem]
"""Two texts that stand for each other, and what they are."""

_Change = tuple[str, Value | None, Value | None]
"""Attribute of a text, the reference's and the candidate's value."""

_SHOWN = 6
"""Most value labels that a finding names."""

_BESIDE = 3.0
"""Pixels up to which a label of an axis stands at one of its ends or in its middle."""

_NUMBER = re.compile(r"\d+(?:\.\d+)?")

_STRETCHED = 1.25
"""Factor by which a frame must change for offsets in pixels to look otherwise."""

_PART_ROLES = ("wedge label", "wedge share", "tile label")
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


def word_rule(candidate: str, reference: str, rule: str) -> str:
    """The rule of a changed text: a typo, or the given one."""
    return "typo" if is_typo(candidate, reference) else rule


def compare_texts(
    reference: Sequence[TextItem],
    candidate: Sequence[TextItem],
    backgrounds: tuple[str, str],
    findings: Findings,
    frames: tuple[BoxList, BoxList],
    plots: PlotPair | None = None,
) -> list[TextPair]:
    """Adds differences of all texts of a plot or figure except ticks and legends; returns pairs of
    texts for `compare_fonts`.

    ``frames`` are the boxes of what the texts stand in, on each side, against which places are
    compared; where data differs, numbers written at marks follow it and are not listed again.
    Between two ``plots`` a note that stands at the same values stands where it stood.
    """
    roles = list(dict.fromkeys(item["role"] for item in [*reference, *candidate]))
    several = ("annotation", *_PART_ROLES)
    first = {item["role"]: item for item in reference if item["role"] not in several}
    second = {item["role"]: item for item in candidate if item["role"] not in several}
    _pair_titles(first, second, findings)
    if findings.has("orientation"):
        second = _turned_labels(first, second)
    pairs: list[TextPair] = []
    for role in (role for role in roles if role not in several):
        a, b = first.get(role), second.get(role)
        element = Element(role)
        if a is not None and b is not None:
            if a["text"] != b["text"]:
                rule = word_rule(b["text"], a["text"], "title")
                texts = a["text"], b["text"]
                findings.add(rule, element, "text", texts, (a["box"], b["box"]))
            places = _label_place(a, frames[0]), _label_place(b, frames[1])
            if plots is not None and None not in places and places[0] != places[1]:
                findings.add("place", element, "side", places, (a["box"], b["box"]))
            pairs.append((element, a, b))
        elif (present := a or b) is not None:
            missing = a is not None
            findings.add_presence("title", element, missing, one_sided(present["box"], missing))
    pairs += _compare_notes(reference, candidate, findings, frames, plots)
    _compare_frames(pairs, backgrounds, findings)
    return pairs


def _label_place(item: TextItem, frame: BoxList) -> str | None:
    """Where the label of an axis stands along it; None where it fits none of three places."""
    if item["role"] not in ("x label", "y label", "right y label"):
        return None
    low, high = (0, 2) if item["role"] == "x label" else (1, 3)
    names = ("left", "centre", "right") if low == 0 else ("top", "centre", "bottom")
    box = item["box"]
    gaps = [
        abs(box[low] - frame[low]),
        abs(box[low] + box[high] - frame[low] - frame[high]) / 2,
        abs(box[high] - frame[high]),
    ]
    near = [f"at the {name}" for name, gap in zip(names, gaps, strict=True) if gap <= _BESIDE]
    return near[0] if len(near) == 1 else None


def _turned_labels(first: dict[str, TextItem], second: dict[str, TextItem]) -> dict[str, TextItem]:
    """The candidate's texts, axis labels exchanged where they went along with turned bars."""
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
    gone = [role for role in _TITLES if role in first and role not in second]
    added = [role for role in _TITLES if role in second and role not in first]
    places = {"title": "centred", "left title": "at the left", "right title": "at the right"}
    if len(gone) == len(added) == 1:
        item = second.pop(added[0])
        sides = places[gone[0]], places[added[0]]
        boxes = first[gone[0]]["box"], item["box"]
        findings.add("place", Element("title"), "side", sides, boxes)
        second[gone[0]] = item


def _compare_notes(
    reference: Sequence[TextItem],
    candidate: Sequence[TextItem],
    findings: Findings,
    frames: tuple[BoxList, BoxList],
    plots: PlotPair | None,
) -> list[TextPair]:
    size = math.hypot(frames[0][2] - frames[0][0], frames[0][3] - frames[0][1])
    first = [item for item in reference if item["role"] == "annotation"]
    second = [item for item in candidate if item["role"] == "annotation"]
    follows = findings.has(*_DATA_RULES)
    carried = follows or findings.has(
        "bar width", "error bars", "layout", "figure size", "inverted", "scale", "view"
    )
    carried = carried or _is_reshaped(frames)
    if _are_value_labels(first, second):
        boxes = hull(item["box"] for item in first), hull(item["box"] for item in second)
        element = Element("value labels", plural=True)
        findings.add_presence("annotation", element, bool(first), boxes)
        return []

    kept = [_at_values(item, plots) for item in second]
    shifts = [
        [min(_shift(a, b, frames), _apart(a, place)) for b, place in zip(second, kept, strict=True)]
        for a in first
    ]

    def cost(i: int, j: int) -> float:
        words = text_distance(first[i]["text"], second[j]["text"])
        return words + 2 * shifts[i][j] / max(size, 1.0) + 0.01 * abs(i - j)

    def note(item: TextItem) -> Element:
        return Element("note", name=item["text"]) if len(first) > 1 else Element("note")

    matched = assign(first, second, cost)
    on_cells = findings.has("colour map", "value", "value large", "mark colour") and (
        plots is not None and any(s["kind"] == "heat map" for s in plots.reference["series"])
    )
    pairs: list[TextPair] = []
    moved: list[TextPair] = []
    known = len(findings.found)
    for i, j in matched:
        a, b = first[i], second[j]
        numbers = [parse_number(item["text"]) for item in (a, b)]
        written = (
            None not in numbers and (plots is None or _is_value_label(a["text"], plots.reference))
        ) or _writes_values(a["text"], b["text"], findings)
        if a["text"] != b["text"] and not (follows and written):
            rule = word_rule(b["text"], a["text"], "annotation")
            texts = a["text"], b["text"]
            findings.add(rule, note(a), "text", texts, (a["box"], b["box"]))
        elif not carried and a["angle"] == b["angle"] and shifts[i][j] > max(2.0, 0.01 * size):
            moved.append((note(a), a, b))
        _compare_arrows(a, b, findings)
        # a note on a cell is black or white as the cell is bright or dark
        own = TextItem(**{**b, "colour": a["colour"]}) if on_cells else b
        pairs.append((note(a), a, own))
    _join_value_labels(known, findings)
    _join_arrows(known, findings)
    _add_moved_notes(moved, findings)
    matched_sides = {i for i, _ in matched}, {j for _, j in matched}
    for missing, items, taken in (
        (True, first, matched_sides[0]),
        (False, second, matched_sides[1]),
    ):
        for index, item in enumerate(items):
            if index not in taken and not (follows and parse_number(item["text"]) is not None):
                element = Element("note", name=item["text"])
                sides = one_sided(item["box"], missing)
                findings.add_presence("annotation", element, missing, sides)
    return pairs


def _join_arrows(known: int, findings: Findings) -> None:
    """Makes one finding of a look that changed alike on the arrows of three and more notes."""
    groups: dict[_Change, list[Finding]] = {}
    for finding in findings.found[known:]:
        if finding.rule == "line" and finding.element.noun == "arrow of note":
            change = finding.attribute, finding.reference, finding.candidate
            groups.setdefault(change, []).append(finding)
    for (attribute, *values), members in groups.items():
        if len(members) >= 3:
            kept = [finding for finding in findings.found[known:] if finding not in members]
            findings.found[known:] = kept
            boxes = union(m.reference_box for m in members), union(m.candidate_box for m in members)
            element = Element("arrows of notes", plural=True)
            findings.add("line", element, attribute, (values[0], values[1]), boxes)


def _writes_values(reference: str, candidate: str, findings: Findings) -> bool:
    """Whether two notes differ only in numbers, which are values that a listed finding has."""
    words = [_NUMBER.split(text) for text in (reference, candidate)]
    if words[0] != words[1]:
        return False
    changes = {
        (f"{before:.6g}", f"{after:.6g}")
        for finding in findings.found
        if finding.attribute in ("value", "values", "share", "shares")
        for before, after in zip(
            _as_numbers(finding.reference), _as_numbers(finding.candidate), strict=False
        )
    }
    numbers = zip(_NUMBER.findall(reference), _NUMBER.findall(candidate), strict=True)
    written = {(f"{float(a):.6g}", f"{float(b):.6g}") for a, b in numbers if a != b}
    return bool(written) and written <= changes


def _join_value_labels(known: int, findings: Findings) -> None:
    """Makes one finding of more than three notes that are other numbers."""
    changed = [
        finding
        for finding in findings.found[known:]
        if finding.attribute == "text"
        and parse_number(str(finding.reference)) is not None
        and parse_number(str(finding.candidate)) is not None
    ]
    if len(changed) <= 3:
        return
    texts = (
        tuple(finding.reference for finding in changed[:_SHOWN]),
        tuple(finding.candidate for finding in changed[:_SHOWN]),
    )
    boxes = (
        hull(f.reference_box and [*f.reference_box] for f in changed),
        hull(f.candidate_box and [*f.candidate_box] for f in changed),
    )
    kept = [finding for finding in findings.found[known:] if finding not in changed]
    findings.found[known:] = kept
    element = Element("value labels", plural=True)
    findings.add("annotation", element, "texts", (texts[0], texts[1]), boxes)  # type: ignore[arg-type]


def _is_value_label(text: str, axes: Axes) -> bool:
    """Whether a mark of the plot shows a number, in some unit, as far as the text writes it."""
    number = parse_number(text)
    digits = _NUMBER.search(text)
    if number is None or digits is None:
        return False
    step = 0.5 * 10.0 ** -len(digits[0].partition(".")[2])
    values = np.abs(
        [
            value
            for series in axes["series"]
            for point in series["points"]
            for value in (
                point["value"],
                point["value"] + point["base"],
                point["value"] - point["base"],
            )
        ]
        or [0.0]
    )
    total = values.sum() or 1.0
    scales = (1.0, 100.0, 1e-3, 1e-6, 1e-9, 100.0 / total)
    return any((np.abs(values * scale - abs(number)) <= 1.01 * step).any() for scale in scales)


def _as_numbers(value: Value | None) -> list[float]:
    items = value if isinstance(value, tuple) else (value,)
    return [float(item) for item in items if isinstance(item, float | int)]


def _compare_arrows(a: TextItem, b: TextItem, findings: Findings) -> None:
    """The arrows of two notes: there or not, colour, width, style."""
    arrows = a.get("arrow"), b.get("arrow")
    element = Element("arrow of note", name=a["text"])
    if arrows[0] is None or arrows[1] is None:
        present = arrows[0] or arrows[1]
        if present is not None:
            missing = arrows[0] is not None
            findings.add_presence("shape", element, missing, one_sided(present["box"], missing))
        return
    boxes = arrows[0]["box"], arrows[1]["box"]
    colours = over(arrows[0]["colour"], "#ffffff"), over(arrows[1]["colour"], "#ffffff")
    if is_visible(*colours):
        findings.add("line", element, "colour", colours, boxes)
    widths = arrows[0]["width"], arrows[1]["width"]
    if abs(widths[0] - widths[1]) > VISIBLE_WIDTH:
        findings.add("line", element, "line width", widths, boxes)
    styles = arrows[0]["style"], arrows[1]["style"]
    if styles[0] != styles[1]:
        findings.add("line", element, "arrow style", styles, boxes)


def _compare_frames(
    pairs: Sequence[TextPair], backgrounds: tuple[str, str], findings: Findings
) -> None:
    """The boxes behind texts; what changed alike on all or on three and more is one difference."""
    changes: dict[_Change, list[tuple[Element, TextItem, TextItem]]] = {}
    framed = sum("frame" in a or "frame" in b for _, a, b in pairs)
    for element, a, b in pairs:
        for change in _frame_changes(a, b, backgrounds):
            changes.setdefault(change, []).append((element, a, b))
    for (attribute, *values), members in changes.items():
        if len(members) >= 3 or len(members) == framed > 1:
            boxes = hull(_framed(a) for _, a, _ in members), hull(_framed(b) for _, _, b in members)
            element = Element("boxes of texts", plural=True)
            findings.add("frame", element, attribute, (values[0], values[1]), boxes)
            continue
        for text, a, b in members:
            element = replace(text, noun=f"box of {text.noun}")
            findings.add(
                "frame", element, attribute, (values[0], values[1]), (_framed(a), _framed(b))
            )


def _framed(item: TextItem) -> BoxList:
    return item["frame"]["box"] if "frame" in item else item["box"]


def _frame_changes(a: TextItem, b: TextItem, backgrounds: tuple[str, str]) -> list[_Change]:
    frames = a.get("frame"), b.get("frame")
    if frames[0] is None or frames[1] is None:
        if frames[0] is frames[1]:
            return []
        return [("", True if frames[0] else None, True if frames[1] else None)]
    changes: list[_Change] = []
    fills = over(frames[0]["fill"], backgrounds[0]), over(frames[1]["fill"], backgrounds[1])
    if frames[0]["fill"] != frames[1]["fill"] and is_visible(*fills):
        changes.append(("colour", *fills))
    if frames[0]["form"] != frames[1]["form"]:
        changes.append(("form name", frames[0]["form"], frames[1]["form"]))
    edges = frames[0]["edge"], frames[1]["edge"]
    if edges[0] is None or edges[1] is None:
        if edges[0] is not edges[1]:
            changes.append(("outline", True if edges[0] else None, True if edges[1] else None))
        return changes
    colours = over(edges[0]["colour"], backgrounds[0]), over(edges[1]["colour"], backgrounds[1])
    if is_visible(*colours):
        changes.append(("outline colour", *colours))
    if abs(edges[0]["width"] - edges[1]["width"]) > VISIBLE_WIDTH:
        changes.append(("outline width", edges[0]["width"], edges[1]["width"]))
    return changes


def _are_value_labels(first: list[TextItem], second: list[TextItem]) -> bool:
    """Whether only one side has notes, and these are several numbers."""
    if bool(first) == bool(second) or max(len(first), len(second)) < 2:
        return False
    return all(parse_number(item["text"]) is not None for item in [*first, *second])


def _add_moved_notes(moved: list[TextPair], findings: Findings) -> None:
    if len(moved) > 2:
        boxes = hull(a["box"] for _, a, _ in moved), hull(b["box"] for _, _, b in moved)
        findings.add("place", Element("notes", plural=True), "places", (None, None), boxes)
        return
    for element, a, b in moved:
        findings.add("place", element, "place", (None, None), (a["box"], b["box"]))


def _is_reshaped(frames: tuple[BoxList, BoxList]) -> bool:
    """Whether a frame became so much wider or narrower that offsets in pixels look otherwise."""
    (a0, b0, a1, b1), (c0, d0, c1, d1) = frames
    stretch = [(c1 - c0) / max(a1 - a0, 1.0), (d1 - d0) / max(b1 - b0, 1.0)]
    return any(not 1 / _STRETCHED < factor < _STRETCHED for factor in stretch)


def _shift(a: TextItem, b: TextItem, frames: tuple[BoxList, BoxList]) -> float:
    """Pixels that a text moved on the page or in its frame, whichever is less."""
    moves = []
    for side in (0, 1):
        before, after = ((item["box"][side] + item["box"][side + 2]) / 2 for item in (a, b))
        (low, high), (other_low, other_high) = ((frame[side], frame[side + 2]) for frame in frames)
        stretch = (high - low) / max(other_high - other_low, 1.0)
        moves.append((abs(after - before), abs((after - other_low) * stretch - (before - low))))
    return float(min(max(page) for page in zip(*moves, strict=True)))


def _at_values(item: TextItem, plots: PlotPair | None) -> tuple[float, float] | None:
    """Where the middle of a candidate's text stands on the reference's page by its values."""
    if plots is None or "camera" in plots.reference or "camera" in plots.candidate:
        return None
    x0, y0, x1, y1 = plots.candidate["box"]
    box = item["box"]
    middle = np.array([[(box[0] + box[2]) / 2 - x0, y1 - (box[1] + box[3]) / 2]])
    share = plots.carried(middle / np.array([max(x1 - x0, 1.0), max(y1 - y0, 1.0)]))[0]
    a0, b0, a1, b1 = plots.reference["box"]
    return float(a0 + share[0] * (a1 - a0)), float(b1 - share[1] * (b1 - b0))


def _apart(item: TextItem, place: tuple[float, float] | None) -> float:
    if place is None:
        return math.inf
    x0, y0, x1, y1 = item["box"]
    return max(abs((x0 + x1) / 2 - place[0]), abs((y0 + y1) / 2 - place[1]))


def compare_fonts(
    pairs: Sequence[TextPair], backgrounds: tuple[str, str], findings: Findings
) -> None:
    """Differences of size, weight, colour and turn of texts that stand for each other.

    What changed alike on three or more texts is one difference.
    """
    changes: dict[_Change, list[tuple[_Change, Element, TextItem, TextItem]]] = {}
    for element, a, b in pairs:
        for change in _font_changes(a, b, backgrounds):
            key = change
            if change[0] == "font size":
                # one change of all sizes makes another step of each
                key = ("font sizes", None, "larger" if b["size"] > a["size"] else "smaller")
            changes.setdefault(key, []).append((change, element, a, b))
    for (attribute, *values), members in changes.items():
        both = {m[1].noun for m in members} == {"x tick labels", "y tick labels"}
        if len(members) >= 3 or both:
            boxes = hull(m[2]["box"] for m in members), hull(m[3]["box"] for m in members)
            nouns = {m[1].noun for m in members}
            noun = plural_of(nouns.pop()) if len(nouns) == 1 else "texts"
            element = Element("tick labels" if both else noun, plural=True)
            change = members[0][0] if both else (attribute, values[0], values[1])
            findings.add("font", element, change[0], change[1:], boxes)
            continue
        for change, element, a, b in members:
            findings.add("font", element, change[0], change[1:], (a["box"], b["box"]))


def _font_changes(a: TextItem, b: TextItem, backgrounds: tuple[str, str]) -> list[_Change]:
    changes: list[_Change] = []
    if abs(a["size"] - b["size"]) > max(0.4, 0.03 * a["size"]):
        changes.append(("font size", a["size"], b["size"]))
    if a["font"] != b["font"]:
        changes.append(("font family", a["font"], b["font"]))
    if a["weight"] != b["weight"]:
        changes.append(("font", a["weight"], b["weight"]))
    colours = over(a["colour"], backgrounds[0]), over(b["colour"], backgrounds[1])
    if a["colour"] != b["colour"] and is_visible(*colours):
        changes.append(("colour", *colours))
    if abs((a["angle"] - b["angle"] + 180) % 360 - 180) > 1:
        changes.append(("turn", a["angle"], b["angle"]))
    return changes


def compare_wedge_texts(matched: Matched, plots: PlotPair) -> list[TextPair]:
    """Adds differences of labels and shares written at wedges or tiles, which move and change with
    them; returns pairs of texts for `compare_fonts`."""
    pies = [
        pairs
        for first, second, pairs in matched
        if first["kind"] == second["kind"] and first["kind"] in SHARES
    ]
    if not pies:
        return []
    linked = dict(pies[0])
    follows = plots.findings.has(*_DATA_RULES)
    fonts: list[TextPair] = []
    for role in _PART_ROLES:
        first, second = (
            {text.get("wedge", -1): text for text in axes["texts"] if text["role"] == role}
            for axes in (plots.reference, plots.candidate)
        )
        if bool(first) != bool(second):
            boxes = hull(t["box"] for t in first.values()), hull(t["box"] for t in second.values())
            element = Element(f"{role}s", plural=True)
            plots.findings.add_presence("tick text", element, bool(first), boxes)
            continue
        pairs = [(first[i], second[j], i) for i, j in linked.items() if i in first and j in second]
        fonts += [(Element(role), a, b) for a, b, _ in pairs]
        if role != "wedge share" or not follows:
            rule = "annotation" if role == "wedge share" else "label"
            changed = [
                (Element(role, rank=i + 1), a, b) for a, b, i in pairs if a["text"] != b["text"]
            ]
            add_changed_texts(changed, rule, plots.findings)
    return fonts


def add_changed_texts(
    changed: Sequence[tuple[Element, TextItem | Tick, TextItem | Tick]],
    rule: str,
    findings: Findings,
) -> None:
    """Adds changed texts by their places; two that changed places with each other are one."""
    rest = list(changed)
    while rest:
        element, a, b = rest.pop(0)
        texts = a["text"], b["text"]
        other = next((k for k in rest if (k[2]["text"], k[1]["text"]) == texts), None)
        if other is None:
            text_rule = word_rule(b["text"], a["text"], rule)
            findings.add(text_rule, element, "text", texts, (a["box"], b["box"]))
            continue
        rest.remove(other)
        boxes = hull([a["box"], other[1]["box"]]), hull([b["box"], other[2]["box"]])
        both = replace(element, second=other[0])
        findings.add(rule, both, "texts swapped", (texts, texts[::-1]), boxes)
