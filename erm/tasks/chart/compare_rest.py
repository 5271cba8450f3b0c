"""What differs visibly between two charts and was not named: its place, and a guessed severity.

Only pixels are known of it. Not covered: what was read (`erm.tasks.chart.compare_read`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from scipy import ndimage

from erm.images import largest_gap
from erm.tasks import View
from erm.tasks.chart.elements import Axes, BoxList, ChartScene
from erm.tasks.chart.findings import Finding
from erm.tasks.chart.subplot_numbers import subplot_numbers
from erm.tasks.discrepancy import MEDIUM, MINOR, SEVERE, Box, Discrepancy
from erm.tasks.shared.colours import colour_name, rgb
from erm.tasks.shared.regions import Mask
from erm.tasks.shared.visible import box_slices, same_canvas

_LEAST = 16
"""Changed pixels of a region that is reported."""

_STRONG = 64
"""Difference of a channel, 0 to 255, from which a pixel is not merely blurred otherwise."""

_SMALL, _LARGE = 0.004, 0.04
"""Shares of a plot's pixels that change, from which the difference is medium and severe."""

_MARGIN = 4
"""Pixels around a text that belong to it."""

_TEXTS = frozenset({"title", "typo", "label", "annotation"})
"""Rules of texts, which explain no change of the marks of a plot."""

_SAME_PLACE = 1.5
"""Pixels by which a plot may stand elsewhere: pixels of a plot that moved differ anyway."""


def rest_of(reference: View, candidate: View, found: Sequence[Finding]) -> list[Discrepancy]:
    """The plot that differs most, where nothing but texts was named; at most one discrepancy.

    Args:
        found: the findings that are reported.
    """
    if any(item.rule not in _TEXTS for item in found):
        return []
    scene = cast(ChartScene, reference.scene)
    strong = largest_gap(*same_canvas(reference.pixels, candidate.pixels)) > _STRONG
    rest = ndimage.binary_opening(strong, np.ones((2, 2), bool))
    for finding in found:
        for named in (finding.reference_box, finding.candidate_box):
            if named is not None:
                rest[box_slices(named, _MARGIN, rest.shape)] = False
    numbers = subplot_numbers(scene)
    several = len(set(numbers.values()) - {0}) > 1
    places = [axes["box"] for axes in cast(ChartScene, candidate.scene)["axes"]]
    listed = []
    for index, axes in enumerate(scene["axes"]):
        if not any(_stands_at(axes["box"], place) for place in places):
            continue
        place = box_slices(Box(*axes["box"]), -2, rest.shape)
        part = rest[place]
        count = int(part.sum())
        if count < (_SMALL * part.size if found else _LEAST):
            continue
        rows, columns = np.nonzero(part)
        top, left = place[0].start, place[1].start
        box = Box(
            float(left + columns.min()),
            float(top + rows.min()),
            float(left + columns.max() + 1),
            float(top + rows.max() + 1),
        )
        share = count / part.size
        severity = SEVERE if share > _LARGE else MEDIUM if share > _SMALL else MINOR
        words = _words(axes, reference, part, place)
        where = f"{words} in subplot {numbers[index]}" if several else words
        listed.append((count, Discrepancy("data_error", severity, where, "looks different", box)))
    listed.sort(key=lambda entry: -entry[0])
    return [entry for _, entry in listed[:1]]


def _stands_at(box: BoxList, other: BoxList) -> bool:
    return max(abs(a - b) for a, b in zip(box, other, strict=True)) <= _SAME_PLACE


def _words(axes: Axes, reference: View, part: Mask, place: tuple[slice, slice]) -> str:
    """The series whose colour most of the changed pixels had."""
    pixels = reference.pixels[: part.shape[0] + place[0].start, : part.shape[1] + place[1].start]
    there = pixels[place].astype(np.int16)
    near = ndimage.binary_dilation(part, np.ones((3, 3), bool))
    counts = []
    for series in axes["series"]:
        away = np.abs(there - np.array(rgb(series["colour"][:7]), dtype=np.int16)).max(axis=2)
        counts.append(int(((away <= 70) & near).sum()))
    if not counts or max(counts) == 0:
        return "plot"
    series = axes["series"][int(np.argmax(counts))]
    if series["name"]:
        return f"series '{series['name']}'"
    noun = {"bar": "bars", "horizontal bar": "bars", "scatter": "points"}.get(
        series["kind"], "line"
    )
    if sum(other["kind"] == series["kind"] for other in axes["series"]) > 1:
        return f"{colour_name(series['colour'][:7])} {noun}"
    return noun
