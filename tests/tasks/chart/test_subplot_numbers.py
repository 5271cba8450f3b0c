"""Plots are numbered in the order in which people read them."""

from __future__ import annotations

from erm.render import Renderer
from tests.tasks.chart.reports import errors_of

SWAPPED = """import matplotlib.pyplot as plt
fig, (first, second) = plt.subplots(2, 1)
first.bar(['a', 'b'], [1, 2])
second.bar(['a', 'b'], [3, 4])
first.set_position([0.1, 0.1, 0.8, 0.3])
second.set_position([0.1, 0.6, 0.8, 0.3])
plt.show()
"""


def test_plots_that_a_program_moved_are_numbered_by_where_they_stand(renderer: Renderer) -> None:
    changed = SWAPPED.replace("plt.show()", "first.set_title('low')\nplt.show()")
    (error,) = errors_of(renderer, SWAPPED, changed)
    assert (error.location, error.description) == ("title in subplot 2", "is extra")
