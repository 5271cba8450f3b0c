"""A picture of critiques: reference, candidate, exact report and the critic's report."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from erm.critics.base import Critique
from erm.dataset.pairs import Pair
from erm.tasks import task_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from erm.tasks.discrepancy import Discrepancy

_EXACT, _CRITIC = "#12456b", "#b03a2e"


def critique_picture(pairs: Sequence[Pair], critiques: Sequence[Critique]) -> Figure:
    """One row per pair; boxes mark the exact discrepancies on the image that shows them."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 1.75 * len(pairs)), layout="constrained")
    axes = figure.subplots(len(pairs), 4, squeeze=False, width_ratios=[1, 1, 1.5, 1.5])
    for panels, pair, critique in zip(axes, pairs, critiques, strict=True):
        _image(panels[0], pair, "reference")
        _image(panels[1], pair, "candidate")
        _list(panels[2], "exact report", pair.report.errors, _EXACT)
        if critique.report is None:
            _list(panels[3], "critic: unparsable reply", (), _CRITIC)
        else:
            _list(panels[3], "critic", critique.report.errors, _CRITIC)
    return figure


def spread(pairs: Sequence[Pair], number: int) -> list[int]:
    """Indices of pairs to picture: pairs that differ, evenly spaced within each task."""
    by_task = [
        [index for index, pair in enumerate(pairs) if pair.task == task and pair.report.errors]
        for task in task_names()
    ]
    each = -(-number // len(task_names()))
    picked = [
        indices[round(step * (len(indices) - 1) / max(1, min(each, len(indices)) - 1))]
        for indices in by_task
        for step in range(min(each, len(indices)))
    ]
    return picked[:number]


def _image(axes: Axes, pair: Pair, side: str) -> None:
    from matplotlib.patches import Rectangle

    axes.imshow(pair.reference_pixels if side == "reference" else pair.candidate_pixels)
    axes.set_title(side, fontsize=8)
    axes.set(xticks=[], yticks=[])
    for error in pair.report.errors:
        if error.box is not None and error.box_in == side:
            x0, y0, x1, y1 = error.box
            axes.add_patch(
                Rectangle((x0 - 1, y0 - 1), x1 - x0 + 2, y1 - y0 + 2, fill=False, edgecolor=_CRITIC)
            )


def _list(axes: Axes, title: str, errors: Sequence[Discrepancy], colour: str) -> None:
    axes.axis("off")
    axes.set_title(title, fontsize=8, loc="left", color=colour)
    lines = [
        textwrap.fill(
            f"{error.category} ({error.severity}) {error.location}: {error.description}",
            54,
            subsequent_indent="   ",
        )
        for error in errors
    ]
    # A dollar sign in a text would otherwise start a formula.
    text = "\n".join(lines or ["no discrepancies"]).replace("$", r"\$")
    axes.text(0, 0.98, text, va="top", fontsize=7, transform=axes.transAxes)
