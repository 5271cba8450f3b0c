"""The chart task: an image of a chart from a matplotlib program.

Importing it loads no matplotlib; `ChartTask.draw` and `ChartTask.read_scene` do, in the worker.
"""

from __future__ import annotations

import random
from typing import Any, cast

from erm.tasks import Drawing, Scene, Task, Variety, View
from erm.tasks.chart.compare import compare_charts
from erm.tasks.chart.edit import OPERATORS
from erm.tasks.chart.generate import generate_program
from erm.tasks.discrepancy import Discrepancy
from erm.tasks.shared.completion import find_source


class ChartTask(Task):
    """Charts drawn by Python programs with matplotlib."""

    name = "chart"
    languages = ("python", "py")
    suffixes = (".py",)
    operators = OPERATORS

    def draw(self, source: str, max_pixels: int, max_elements: int) -> Drawing:
        """Run a program in this process, which must be a contained worker."""
        from erm.tasks.chart.draw import draw_chart

        return draw_chart(source, max_pixels, max_elements)

    def read_scene(self, drawing: Drawing) -> Scene:
        """What the drawn figure shows, as `erm.tasks.chart.elements.ChartScene`."""
        from erm.tasks.chart.scene import read_scene

        return cast(dict[str, Any], read_scene(drawing))

    def generate(self, rng: random.Random, variety: Variety) -> str:
        """A matplotlib program."""
        return generate_program(rng, variety)

    def compare(self, reference: View, candidate: View) -> list[Discrepancy]:
        """Exact discrepancies of two charts."""
        return compare_charts(reference, candidate)

    def extract(self, completion: str) -> str | None:
        """The last Python program in a completion."""
        return find_source(completion, self.languages)


TASK = ChartTask()
"""The one instance that `erm.tasks.get_task` hands out."""
