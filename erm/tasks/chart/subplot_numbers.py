"""Numbers of plots in reading order, by which locations name them."""

from __future__ import annotations

from itertools import combinations

from erm.tasks.chart.elements import Axes, BoxList, ChartScene
from erm.tasks.chart.matching import overlap

_ONE_PLACE = 0.9
"""Overlap from which two plots stand on one place, such as those of a second y axis."""

_THIN = 2.0
"""Pixels up to which a plot has no height or width of its own."""

_ROW = 20
"""Pixels by which the tops of plots of one row may differ where no grid gives the rows."""


def subplot_numbers(scene: ChartScene) -> dict[int, int]:
    """Numbers from 1; plots on one place share one; colour bars and the figure have none (0)."""
    plots = [i for i, axes in enumerate(scene["axes"]) if axes["role"] == "plot"]
    scales = [i for i in plots if is_line(scene["axes"][i]["box"])]
    order: list[Axes] = []
    numbers = dict.fromkeys(range(len(scene["axes"])), 0)
    broad = [i for i in plots if i not in scales]
    for index in [*_in_reading_order(broad, scene), *scales]:
        axes = scene["axes"][index]
        known = next((k for k, other in enumerate(order) if _share_place(other, axes)), None)
        if known is None:
            order.append(axes)
            known = len(order) - 1
        numbers[index] = known + 1
    return numbers if len(order) > 1 else dict.fromkeys(numbers, 1)


def _in_reading_order(plots: list[int], scene: ChartScene) -> list[int]:
    """By the cells of the one grid that holds all plots, else by where they stand.

    A plot of a fixed aspect starts lower than its neighbours in the same row of the grid. A grid
    whose plots a program has put into another order of rows does not count.
    """
    axes = scene["axes"]
    cells = [axes[index]["grid"] for index in plots]
    known = [cell for cell in cells if cell is not None]
    one_grid = len(known) == len(cells) and len({tuple(cell[:2]) for cell in known}) == 1
    if one_grid and all(
        a[2::2] != b[2::2] or _share_place(axes[i], axes[j])
        for (a, i), (b, j) in combinations(zip(known, plots, strict=True), 2)
    ):
        found = [i for _, i in sorted(zip([cell[2::2] for cell in known], plots, strict=True))]
        if not any(_is_above(axes[j]["box"], axes[i]["box"]) for i, j in combinations(found, 2)):
            return found
    boxes = {index: axes[index]["box"] for index in plots}
    return sorted(plots, key=lambda index: (round(boxes[index][1] / _ROW), boxes[index][0]))


def _is_above(box: BoxList, other: BoxList) -> bool:
    return box[3] <= other[1]


def _share_place(first: Axes, second: Axes) -> bool:
    if is_line(second["box"]):
        return _runs_along(second["box"], first["box"])
    return overlap(first["box"], second["box"]) > _ONE_PLACE


def is_line(box: BoxList) -> bool:
    """Whether a plot has no area: a second scale of another plot's axis."""
    return min(box[2] - box[0], box[3] - box[1]) <= _THIN


def _runs_along(line: BoxList, plot: BoxList) -> bool:
    """Whether a second scale is as long as one side of a plot and starts where it does."""
    side = 0 if line[3] - line[1] <= _THIN else 1
    return all(abs(line[k] - plot[k]) <= _THIN for k in (side, side + 2))
