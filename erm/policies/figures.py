"""Pictures of what policies draw, side by side with the references."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from erm.images import open_image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from erm.policies.completed import Completed
    from erm.policies.references import Picture

_LINE = 26
"""Characters in a line of the reason that stands where there is no image."""


def gallery(pictures: Sequence[Picture], completed: Sequence[Completed], most: int) -> Figure:
    """References with their greedy completion, the best and the worst sampled one.

    Best and worst are by the exact annotator, or by the reward where no source is known. Titles
    say the exact severity and the reward.

    Args:
        completed: completions of all pictures.
        most: pictures shown, evenly spaced.
    """
    from matplotlib.figure import Figure

    chosen = evenly_spaced(len(pictures), most)
    figure = Figure(figsize=(8.8, 2.3 * len(chosen)), layout="constrained")
    axes = figure.subplots(len(chosen), 4, squeeze=False)
    for panels, index in zip(axes, chosen, strict=True):
        own = [one for one in completed if one.reference == index]
        greedy = [one for one in own if one.mode == "greedy"]
        sampled = sorted((one for one in own if one.mode == "sampled"), key=_goodness)
        show(panels[0], f"reference ({pictures[index].task})", pictures[index].image, "")
        shown = (("greedy", greedy[0]), ("best sample", sampled[-1]), ("worst sample", sampled[0]))
        for panel, (name, one) in zip(panels[1:], shown, strict=True):
            exact = "" if one.severity != one.severity else f"severity {one.severity:.0f}, "
            show(panel, f"{name}\n{exact}reward {one.reward:.2f}", one.image, one.reason)
    return figure


def evenly_spaced(number: int, most: int) -> list[int]:
    """Places of at most so many of `number` items."""
    places: list[int] = np.linspace(0, number - 1, min(most, number)).astype(int).tolist()
    return places


def show(panel: Axes, title: str, image: bytes | None, reason: str) -> None:
    """An image with its title, or why there is none."""
    panel.set_title(title, fontsize=9)
    panel.set(xticks=[], yticks=[])
    if image is not None:
        panel.imshow(np.asarray(open_image(image)))
    else:
        # A dollar sign in a text would otherwise start a formula.
        text = textwrap.fill(reason[:80].replace("$", r"\$"), _LINE)
        panel.text(0.5, 0.5, text, ha="center", va="center", fontsize=7)
        panel.set_box_aspect(1)


def _goodness(one: Completed) -> tuple[float, float]:
    severity = 0.0 if one.severity != one.severity else one.severity
    return -severity, one.reward
