"""Differences of the shares that two matched pies or treemaps show."""

from __future__ import annotations

import numpy as np

from erm.tasks.chart.elements import Series
from erm.tasks.chart.findings import Element, hull
from erm.tasks.chart.naming import pair_element
from erm.tasks.chart.plot_pair import HALF_PIXEL, Pairs, PlotPair

_GAPS = 0.015
"""Share by which a tile may change through the gaps around it."""


def compare_wedges(reference: Series, candidate: Series, pairs: Pairs, plots: PlotPair) -> None:
    """Adds wedges whose share changed against the others, not those that only made room.

    Where wedges keep their ratio to most of the rest, only the others changed: the commonest ratio
    of the candidate's to the reference's share marks the unchanged ones.
    """
    first, second = reference["points"], candidate["points"]
    if len(pairs) < 2:
        return
    ratios = {(i, j): second[j]["value"] / max(first[i]["value"], 1e-9) for i, j in pairs}
    radius = (reference["box"][2] - reference["box"][0]) / 2
    visible = 2 * HALF_PIXEL / max(radius, 1.0) / (2 * np.pi)
    if reference["kind"] == "treemap":
        visible = max(visible, _GAPS)

    def off(pair: tuple[int, int], ratio: float) -> float:
        return abs(second[pair[1]]["value"] - ratio * first[pair[0]]["value"])

    if all(off(pair, 1.0) <= visible for pair in pairs):
        return
    best = max(
        ratios.values(),
        key=lambda ratio: (sum(off(p, ratio) <= visible for p in pairs), -abs(ratio - 1)),
    )
    changed = [pair for pair in pairs if off(pair, best) > visible]
    swapped = _swapped_wedges(reference, candidate, changed, visible)
    if swapped:
        (i, _), (k, _) = swapped
        element = pair_element(plots.mark_element(reference, i), plots.mark_element(reference, k))
        shares = first[i]["value"], first[k]["value"]
        box = hull([first[i]["box"], first[k]["box"]])
        rule = _share_rule(abs(shares[0] - shares[1]))
        plots.findings.add(rule, element, "shares swapped", (shares, shares[::-1]), (box, box))
        return
    if len(changed) >= 3:
        before = tuple(first[i]["value"] for i, _ in pairs[:6])
        after = tuple(second[j]["value"] for _, j in pairs[:6])
        rule = _share_rule(max(off(pair, 1.0) for pair in pairs))
        boxes = reference["box"], candidate["box"]
        plots.findings.add(rule, Element(reference["kind"]), "shares", (before, after), boxes)
        return
    for i, j in changed:
        values = first[i]["value"], second[j]["value"]
        boxes = first[i]["box"], second[j]["box"]
        rule = _share_rule(abs(values[0] - values[1]))
        plots.findings.add(rule, plots.mark_element(reference, i), "share", values, boxes)


def _swapped_wedges(reference: Series, candidate: Series, changed: Pairs, visible: float) -> Pairs:
    """Two wedges that took each other's share; none where more or fewer changed."""
    if len(changed) != 2:
        return []
    (i, j), (k, m) = changed
    crossed = (
        abs(candidate["points"][j]["value"] - reference["points"][k]["value"]),
        abs(candidate["points"][m]["value"] - reference["points"][i]["value"]),
    )
    return changed if max(crossed) <= visible else []


def _share_rule(gap: float) -> str:
    """The rule of a changed share (0 to 1) of a pie."""
    return "value small" if gap < 0.03 else "value" if gap <= 0.15 else "value large"
