"""Axes of `mpl_toolkits.axisartist`, and further axes that a host draws."""

from __future__ import annotations

import pytest

from erm.render import Renderer
from tests.tasks.chart.reports import errors_of

HEAD = """
import matplotlib.pyplot as plt, numpy as np
import mpl_toolkits.axisartist as axisartist
from mpl_toolkits.axes_grid1 import host_subplot
from mpl_toolkits.axisartist.axislines import AxesZero
from mpl_toolkits.axisartist.parasite_axes import HostAxes
fig = plt.figure(figsize=(4, 3), dpi=80)
"""
PLAIN = """
ax = fig.add_subplot(axes_class=axisartist.Axes)
ax.plot([0, 1, 2], [3, 1, 2])
ax.set(xlabel="Time", ylabel="Yield")
ax.grid(True)
ax.set_xticks([0, 1, 2], labels=["a", "b", "c"])
"""
CROSSED = """
ax = fig.add_subplot(axes_class=AxesZero)
for side in ["xzero", "yzero"]:
    ax.axis[side].set_axisline_style("-|>")
    ax.axis[side].set_visible(True)
for side in ["left", "right", "bottom", "top"]:
    ax.axis[side].set_visible(False)
x = np.linspace(-0.5, 1, 50)
ax.plot(x, np.sin(x * np.pi))
ax.set_ylim(-1, 1)
"""
HOST = """
host = fig.add_axes([0.15, 0.15, 0.65, 0.75], axes_class=HostAxes)
guest = host.get_aux_axes(viewlim_mode=None, sharex=host)
host.axis["right"].set_visible(False)
for part in (guest.axis["right"], guest.axis["right"].major_ticklabels, guest.axis["right"].label):
    part.set_visible(True)
host.plot([0, 1, 2], [0, 1, 2], label="Density")
guest.plot([0, 1, 2], [0, 3, 2], label="Heat")
host.set(xlabel="Distance", ylabel="Density")
guest.set(ylabel="Heat")
"""
TWIN = """
host = host_subplot(111)
guest = host.twinx()
host.plot([0, 1, 2], [0, 1, 2])
guest.plot([0, 1, 2], [0, 3, 2])
guest.set_ylabel("Heat")
"""

STRUCTURE, DATA, TEXT, STYLE = "structure_error", "data_error", "text_error", "style_error"

CASES = [
    (PLAIN, "[3, 1, 2]", "[3, 1.5, 2]", (DATA, 2, "point 'b'")),
    (PLAIN, '"Time"', '"Hours"', (TEXT, 2, "x label")),
    (PLAIN, '"c"', '"d"', (TEXT, 3, "x tick label 3")),
    (PLAIN, "ax.grid(True)", "ax.grid(True); ax.set_ylim(0, 6)", (DATA, 2, "y axis")),
    (PLAIN, "ax.grid(True)", "", (STYLE, 1, "grid")),
    (PLAIN, "ax.g", 'ax.axis["top"].set_visible(False); ax.g', (STYLE, 1, "top frame line")),
    (CROSSED, "np.pi", "2", (DATA, 3, "line")),
    (CROSSED, "-1, 1", "-2, 2", (DATA, 2, "y axis")),
    (HOST, "[0, 1, 2], label", "[0, 1, 1.5], label", (DATA, 2, "point at 2 of series 'Density'")),
    (HOST, "[0, 3, 2]", "[0, 3, 1]", (DATA, 3, "point at 2 of series 'Heat'")),
    (HOST, 'ylabel="Heat"', 'ylabel="Cold"', (TEXT, 2, "y label")),
    (TWIN, "[0, 3, 2]", "[0, 3, 1]", (DATA, 3, "point at 2 of orange line")),
    (TWIN, '"Heat"', '"Cold"', (TEXT, 2, "right y label")),
]


@pytest.mark.parametrize(("body", "part", "other", "expected"), CASES)
def test_one_change_is_one_discrepancy(
    renderer: Renderer, body: str, part: str, other: str, expected: tuple[str, int, str]
) -> None:
    assert part in body
    errors = errors_of(renderer, HEAD + body, HEAD + body.replace(part, other))
    found = [(error.category, error.severity, error.location) for error in errors]
    assert found == [expected]


def test_axes_that_look_alike_are_alike_whoever_draws_them(renderer: Renderer) -> None:
    """An artist's axes are read as matplotlib's own: the same ticks, labels and turn of labels."""
    other = PLAIN.replace("axes_class=axisartist.Axes", "")
    items = [("chart", HEAD + PLAIN), ("chart", HEAD + other)]
    scenes = [drawn.scene for drawn in renderer.render_batch(items, scenes=True)]
    plots = [scene["axes"][0] for scene in scenes if scene is not None]
    for name in ("x", "y"):
        ticks = [[(tick["at"], tick["text"]) for tick in plot[name]["ticks"]] for plot in plots]
        assert ticks[0] == ticks[1]
    texts = [sorted((t["role"], t["text"], t["angle"]) for t in plot["texts"]) for plot in plots]
    assert texts[0] == texts[1]
    assert plots[0]["spines"].keys() == plots[1]["spines"].keys()
