"""Differences of two charts of which only the pictures are known (`erm.tasks.chart.reading`).

The exact comparison runs on what was read; findings about what is not read are left out:
how many values a series has, of which kind it is, and differences of less than a pixel or two.
"""

from __future__ import annotations

from typing import cast

from erm.tasks import View
from erm.tasks.chart.compare import compare_scenes
from erm.tasks.chart.elements import ChartScene
from erm.tasks.chart.findings import Finding
from erm.tasks.chart.phrases import phrase
from erm.tasks.chart.severity import RULES
from erm.tasks.discrepancy import Discrepancy
from erm.tasks.shared.findings import write_discrepancy
from erm.tasks.shared.visible import visible_change

_UNREAD = frozenset(
    {
        *("arrangement", "bar width", "bins", "category", "chart type", "font", "layout"),
        *("limits small", "line", "marker", "orientation", "outline", "place", "point", "shape"),
        *("subplot", "tick text", "value small"),
    }
)
"""Rules about what is not read, or not read well enough."""

_MOST = {"series": 1, "annotation": 3, "bar": 2}
"""Most findings of a rule that are likely; of more, marks were taken for something else."""


def compare_charts_read(reference: View, candidate: View) -> list[Discrepancy]:
    """Discrepancies of the candidate, from scenes read by `erm.tasks.chart.reading`."""
    changed = visible_change(reference.pixels, candidate.pixels)
    same_canvas = reference.pixels.shape == candidate.pixels.shape
    scenes = cast(ChartScene, reference.scene), cast(ChartScene, candidate.scene)
    found = [item for item in compare_scenes(*scenes) if item.rule not in _UNREAD]
    if same_canvas:
        found = [seen for item in found if (seen := item.seen(changed)) is not None]
    kept = [item for item in found if _is_likely(item, found)]
    return [write_discrepancy(item, RULES, phrase, same_canvas=same_canvas) for item in kept]


def _is_likely(item: Finding, found: list[Finding]) -> bool:
    """Whether a difference is one of few of its rule."""
    return sum(other.rule == item.rule for other in found) <= _MOST.get(item.rule, len(found))
