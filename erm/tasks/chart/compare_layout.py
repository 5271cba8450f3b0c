"""Differences in how the plots of a figure are arranged.

Plots that only make room for a title or a legend are not listed: a plot counts as moved where it
covers less than half of what both of its places cover together.
"""

from __future__ import annotations

from typing import Any

from erm.tasks.chart.elements import Axes, BoxList, ChartScene
from erm.tasks.chart.findings import Element, Findings, hull
from erm.tasks.chart.matching import overlap
from erm.tasks.chart.plot_pair import Pairs
from erm.tasks.chart.subplot_numbers import is_line

_MOVED = 0.5
"""Overlap of a plot's two places, 0 to 1, below which it moved."""


def exchange_swapped(
    reference: ChartScene,
    candidate: ChartScene,
    pairs: Pairs,
    numbers: dict[int, int],
    findings: Findings,
) -> Pairs:
    """Pairs of plots after those that changed places were paired by content; lists them."""
    linked = dict(pairs)
    for i, j in pairs:
        for k, m in pairs:
            if k <= i or (linked[i], linked[k]) != (j, m):
                continue
            a, b, c, d = (
                reference["axes"][i],
                reference["axes"][k],
                candidate["axes"][j],
                candidate["axes"][m],
            )
            if _content(a) != _content(c) and (_content(a), _content(b)) == (
                _content(d),
                _content(c),
            ):
                linked[i], linked[k] = m, j
                second = Element("subplot", rank=numbers[k])
                element = Element("subplot", rank=numbers[i], second=second)
                boxes = hull([a["box"], b["box"]]), hull([c["box"], d["box"]])
                findings.add("layout", element, "places swapped", (False, True), boxes)
    return sorted(linked.items())


def _content(axes: Axes) -> tuple[Any, ...]:
    series = [
        (item["kind"], item["name"], [(p["at"], p["value"]) for p in item["points"]])
        for item in axes["series"]
    ]
    return series, [(item["role"], item["text"]) for item in axes["texts"]]


def compare_layout(
    reference: ChartScene,
    candidate: ChartScene,
    pairs: Pairs,
    numbers: dict[int, int],
    findings: Findings,
) -> None:
    """Lists another grid of plots, or single plots at another place."""
    if findings.has("layout"):
        return
    plots = [(i, j) for i, j in pairs if reference["axes"][i]["role"] == "plot"]
    moved = [
        (i, j)
        for i, j in plots
        if not is_line(reference["axes"][i]["box"])
        and overlap(
            _share(reference["axes"][i], reference), _share(candidate["axes"][j], candidate)
        )
        < _MOVED
    ]
    if not moved:
        return
    grids = _grid(reference, [i for i, _ in plots]), _grid(candidate, [j for _, j in plots])
    boxes = (
        hull(reference["axes"][i]["box"] for i, _ in moved),
        hull(candidate["axes"][j]["box"] for _, j in moved),
    )
    several = Element("subplots", plural=True)
    if len(plots) > 1 and None not in grids and grids[0] != grids[1]:
        findings.add("layout", several, "grid shape", grids, boxes)
        return
    if len(moved) > 2:
        count = len(moved), len(plots)
        findings.add("layout", several, "places", (None, None), boxes, count=count)
        return
    for i, j in moved:
        element = Element("subplot", rank=numbers[i]) if len(plots) > 1 else Element("plot")
        places = reference["axes"][i]["box"], candidate["axes"][j]["box"]
        findings.add("layout", element, "place", (None, None), places)


def _share(axes: Axes, scene: ChartScene) -> BoxList:
    width, height = scene["size"]
    x0, y0, x1, y1 = axes["box"]
    return [x0 / width, y0 / height, x1 / width, y1 / height]


def _grid(scene: ChartScene, indices: list[int]) -> str | None:
    """``2 rows and 3 columns`` where all of the plots stand in one such grid."""
    shapes = {tuple((scene["axes"][index]["grid"] or [0, 0])[:2]) for index in indices}
    if len(shapes) != 1 or (0, 0) in shapes:
        return None
    rows, columns = shapes.pop()
    return f"{rows} row{'s' if rows > 1 else ''} and {columns} column{'s' if columns > 1 else ''}"
