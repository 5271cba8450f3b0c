"""Differences of two charts of which only the pictures are known (`erm.tasks.chart.reading`).

The exact comparison runs on what was read; findings about what is not read well enough are left
out. What differs visibly and was not named is reported by its place
(`erm.tasks.chart.compare_rest`).
"""

from __future__ import annotations

import re

import numpy as np

from erm.tasks import View
from erm.tasks.chart.compare import compare_scenes
from erm.tasks.chart.compare_rest import rest_of
from erm.tasks.chart.elements import Axis, ChartScene
from erm.tasks.chart.findings import Element, Finding, hull
from erm.tasks.chart.phrases import phrase
from erm.tasks.chart.read_alike import with_alike
from erm.tasks.chart.severity import RULES
from erm.tasks.chart.subplot_numbers import subplot_numbers
from erm.tasks.discrepancy import Box, Discrepancy
from erm.tasks.shared.colours import rgb
from erm.tasks.shared.findings import Phrase, write_discrepancy
from erm.tasks.shared.visible import box_slices, visible_change

_UNREAD = frozenset(
    {
        *("arrangement", "axes hidden", "bar width", "category", "font", "layout", "outline"),
        *("place", "point", "shade", "subplot", "tick text", "value small"),
    }
)
"""Rules about what is not read, or not read well enough."""

_MOST = {"series": 3, "annotation": 3, "bar": 2, "label": 6, "chart type": 2}
"""Most findings of a rule that are likely; of more, marks were taken for something else."""

_MEASURED = ("value", "level", "some values", "position", "start")
"""Attributes whose values are measured in pixels."""

_PAPER = 0.35
"""Share of a plot's pixels that its background covers at least."""

_RIM, _ON_RIM = 5, 0.5
"""Pixels from the sides of a plot at which its rim is looked at, and the share of the rim that its
background covers at least."""

_LETTERS = 2
"""Letters of a note that may be missing or extra: marks are taken for shorter texts."""

_IDEOGRAPHS = 0x2E80
"""First of the characters as which grids and hatches are read."""

_LEAST_MOVE = 0.008
"""Share of an axis by which its limits move, at least, to be measured."""

_CLOSE = 20
"""Pixels between two changed values of a curve that are one change."""

_MOVES_LIMITS = frozenset({"value", "value large", "series", "bar", "bins", "error bars"})
"""Rules of differences from which limits of axes follow."""

_THINNER = 1.35
"""Factor between two widths of lines that is measured."""


def compare_charts_read(reference: View, candidate: View) -> list[Discrepancy]:
    """Discrepancies of the candidate, from scenes read by `erm.tasks.chart.reading`."""
    changed = visible_change(reference.pixels, candidate.pixels)
    same_canvas = reference.pixels.shape == candidate.pixels.shape
    first, second = with_alike(reference, candidate, changed)
    found = compare_scenes(first, second)
    found = _without_turned(found, first, second)
    found = [item for item in found if item.rule not in _UNREAD and _is_measured(item)]
    found = [item for item in found if _is_sure(item, reference, candidate)]
    found = _without_followers(_peaks(found))
    if same_canvas:
        found = [seen for item in found if (seen := item.seen(changed)) is not None]
    found = [item for item in found if _is_likely(item, found)]
    listed = [write_discrepancy(item, RULES, _phrase, same_canvas=same_canvas) for item in found]
    return listed + rest_of(reference, candidate, found)


def _is_likely(item: Finding, found: list[Finding]) -> bool:
    """Whether a difference is one of few of its rule."""
    return sum(other.rule == item.rule for other in found) <= _MOST.get(item.rule, len(found))


def _is_measured(item: Finding) -> bool:
    """Whether a difference of lengths is larger than what pixels blur."""
    sides = item.reference, item.candidate
    if item.attribute == "range":
        (low, high), ends = (tuple(map(_number, side)) for side in sides if isinstance(side, tuple))
        span = abs(high - low) or 1.0
        return max(abs(ends[0] - low), abs(ends[1] - high)) > _LEAST_MOVE * span
    if item.attribute in ("line width", "marker size"):
        numbers = sorted(_number(side) for side in sides)
        return numbers[1] > _THINNER * numbers[0]
    return True


def _peaks(found: list[Finding]) -> list[Finding]:
    """Of changed values that stand close to each other on one curve only the one that differs
    most."""
    kept: list[Finding] = []
    for item in found:
        near = next((one for one in kept if _on_one_curve(one, item)), None)
        if near is None:
            kept.append(item)
        elif _step(item) > _step(near):
            kept[kept.index(near)] = item
    return kept


def _on_one_curve(first: Finding, second: Finding) -> bool:
    boxes = first.reference_box, second.reference_box
    if first.attribute != "value" or second.attribute != "value" or None in boxes:
        return False
    alike = (first.element.noun, first.element.owner, first.element.plot) == (
        second.element.noun,
        second.element.owner,
        second.element.plot,
    )
    assert boxes[0] is not None
    assert boxes[1] is not None
    return alike and first.element.noun == "point" and abs(boxes[0].x0 - boxes[1].x0) <= _CLOSE


def _step(item: Finding) -> float:
    return abs(_number(item.candidate) - _number(item.reference))


def _without_followers(found: list[Finding]) -> list[Finding]:
    """Findings without limits of axes that follow from data which is listed in the same plot,
    without values and tick labels along two kinds of scales, and without series that are missing
    because their name in the legend is another one."""
    moved = {item.element.plot for item in found if item.rule in _MOVES_LIMITS}
    renamed = {
        (item.element.plot, name)
        for item in found
        if item.element.noun == "legend entry" and item.attribute == "text"
        for name in (item.reference, item.candidate)
    }
    rescaled = {item.element.plot for item in found if item.rule == "scale"}
    return [
        item
        for item in found
        if (item.attribute != "range" or item.element.plot not in moved)
        and (item.rule != "series" or (item.element.plot, item.element.name) not in renamed)
        and not (
            item.element.plot in rescaled
            and (item.attribute in _MEASURED or "tick label" in item.element.noun)
        )
    ]


def _is_sure(item: Finding, reference: View, candidate: View) -> bool:
    """Whether what was read is enough to say so."""
    if item.rule == "background" and item.element.noun != "figure background":
        sides = (
            (item.reference, item.reference_box, reference),
            (item.candidate, item.candidate_box, candidate),
        )
        return all(
            box is not None and _is_paper(str(colour), box, view) for colour, box, view in sides
        )
    if item.element.noun == "note" and item.attribute in ("", "text"):
        written = item.reference, item.candidate
        texts = [side for side in written if isinstance(side, str)] or [item.element.name or ""]
        same = len(texts) == 2 and len({"".join(filter(str.isalnum, text)) for text in texts}) == 1
        return not same and all(
            sum(map(_is_letter, text)) >= _LETTERS and sum(map(str.isalnum, text)) > _LETTERS
            for text in texts
        )
    if item.element.noun == "value labels":
        return False
    # the look of its series says so
    if item.element.noun == "legend entry" and item.attribute == "colour":
        return False
    if item.element.noun == "frame" and not item.attribute:
        return False
    if item.rule == "series" and item.element.noun == "area":
        return False
    if item.rule == "chart type":
        types = f"{item.reference} {item.candidate}"
        return item.element.noun == "chart" and "bar" in types
    if item.rule == "line" and item.attribute == "line":
        return "solid" in (item.reference, item.candidate)
    if item.attribute == "markers":
        return "other marks" not in (item.reference, item.candidate)
    if item.attribute == "positions":
        return False
    return item.rule != "bar" or item.count is None or item.count[0] < item.count[1]


def _is_letter(letter: str) -> bool:
    """Whether a letter is none of those that marks are taken for."""
    return letter.isalpha() and ord(letter) < _IDEOGRAPHS


def _is_paper(colour: str, box: Box, view: View) -> bool:
    """Whether a colour covers much of a plot and most of its rim."""
    part = view.pixels[box_slices(box, -_RIM, view.pixels.shape)]
    same = (part == np.array(rgb(colour), dtype=np.uint8)).all(axis=2)
    rim = np.concatenate([same[0], same[-1], same[:, 0], same[:, -1]])
    return bool(same.mean() > _PAPER and rim.mean() > _ON_RIM)


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _phrase(finding: Finding) -> Phrase:
    """A finding in English; numbers that were measured in pixels are about right."""
    location, description = phrase(finding)
    if finding.attribute in _MEASURED:
        number = r"(-?\d[\d.,e+-]*\d|\d)"
        description = re.sub(
            rf"{number} instead of {number}$", r"about \1 instead of about \2", description
        )
    return Phrase(location, description)


def _without_turned(
    found: list[Finding], reference: ChartScene, candidate: ChartScene
) -> list[Finding]:
    """One finding for an axis of categories that stand in the opposite order."""
    numbers = subplot_numbers(reference)
    several = len(set(numbers.values()) - {0}) > 1
    for index, (old, new) in enumerate(zip(reference["axes"], candidate["axes"], strict=False)):
        plot = numbers[index] if several else 0
        axes: list[tuple[str, Axis, Axis]] = [("x", old["x"], new["x"]), ("y", old["y"], new["y"])]
        for name, first, second in axes:
            if not (first["fixed"] and second["fixed"] and _is_turned(first, second)):
                continue
            found = [
                item
                for item in found
                if item.element.plot != plot or not item.element.noun.startswith(f"{name} tick")
            ]
            before, after = (
                hull(tick["box"] for tick in axis["ticks"]) for axis in (first, second)
            )
            element = Element(f"{name} axis", plot=plot)
            found.append(Finding("inverted", element, False, True, before, after, "inverted"))
    return found


def _is_turned(first: Axis, second: Axis) -> bool:
    texts = [[tick["text"] for tick in axis["ticks"]] for axis in (first, second)]
    return len(texts[0]) > 2 and texts[0] == texts[1][::-1] and texts[0] != texts[1]
