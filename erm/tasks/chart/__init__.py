"""The chart task: an image of a chart from a matplotlib program."""

from __future__ import annotations

import io
import random
import tokenize
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from erm.sources.encodings import NotTextError
from erm.tasks.chart.judge_words import JUDGE_WORDS
from erm.tasks.contract import (
    Backend,
    Drawing,
    Facts,
    FactScore,
    Instruction,
    Operator,
    PixelRegion,
    Scene,
    Task,
    TextReader,
    Variety,
    View,
    WarmUp,
)

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from erm.tasks.chart.elements import ChartScene
    from erm.tasks.discrepancy import Discrepancy
    from erm.tasks.settings import DrawingSettings


class ChartTask(Task):
    """Charts drawn by Python programs with matplotlib."""

    name = "chart"
    rank = 0
    kind = "program"
    subject = "a chart drawn by matplotlib"
    answer = "one matplotlib program in a ```python block"
    categories: ClassVar = {
        "structure_error": "a missing or extra axes, series, bar, legend; another type of chart",
        "data_error": "values, proportions, limits or scales that differ",
        "text_error": "titles, labels, tick labels, legend entries or annotations that differ",
        "style_error": "colours, line styles, markers, grid or fonts that differ",
    }
    languages = ("python", "py")
    suffixes = (".py",)
    folders = ("direct_*", "customized_*")  # ChartMimic
    backends = (Backend("matplotlib"),)
    warm_up = WarmUp(
        modules=(
            *("matplotlib.pyplot", "matplotlib.animation"),
            *("mpl_toolkits.mplot3d", "mpl_toolkits.axes_grid1"),
            *("numpy", "pandas", "pandas.plotting", "seaborn", "PIL.PngImagePlugin", "datetime"),
        ),
        source=(
            "import matplotlib.pyplot as plt\n"
            "figure, axes = plt.subplots(figsize=(3, 2))\n"
            "axes.plot([0, 1], [2, 3], label='$x^2$'); axes.bar([0], [1]); axes.scatter([0], [1])\n"
            "axes.set_title('a', weight='bold'); axes.legend(); figure.tight_layout()\n"
            "figure.savefig('a.png', bbox_inches='tight')\nplt.close('all')\n"
        ),
    )
    scene_limits: ClassVar = {
        **dict.fromkeys(("axes", "legends"), 200),
        **dict.fromkeys(("texts", "series", "entries", "ticks"), 500),
        "points": 2500,
    }
    judge = JUDGE_WORDS
    reads_pictures = True

    @property
    def scene_type(self) -> Any:
        from erm.tasks.chart.elements import ChartScene

        return ChartScene

    def scene_size(self, scene: Scene) -> tuple[int, int]:
        """Width and height of the figure in pixels."""
        return scene["size"][0], scene["size"][1]

    @property
    def operators(self) -> tuple[Operator, ...]:
        from erm.tasks.chart.edit import OPERATORS

        return OPERATORS

    @property
    def hacks(self) -> Mapping[str, str]:
        from erm.tasks.chart.hacks import HACKS

        return HACKS

    def declared_encoding(self, content: bytes) -> str | None:
        """That of a comment in the first two lines (PEP 263); raises `NotTextError` if unknown."""
        try:
            return tokenize.detect_encoding(io.BytesIO(content).readline)[0]
        except SyntaxError as error:
            raise NotTextError(f"can't be decoded: {error.msg}") from error

    def draw(
        self, source: str, max_pixels: int, max_elements: int, settings: DrawingSettings
    ) -> Drawing:
        """Run a program in this process, which must be a contained worker."""
        from erm.tasks.chart.draw import draw_chart

        return draw_chart(source, max_pixels, max_elements, settings)

    def read_scene(self, drawing: Drawing) -> Scene:
        """What the drawn figure shows, as `erm.tasks.chart.elements.ChartScene`."""
        from erm.tasks.chart.scene import read_scene

        return cast(dict[str, Any], read_scene(drawing))

    @property
    def fact_scores(self) -> Mapping[str, FactScore]:
        from erm.tasks.chart.chartmimic import SCORES

        return SCORES

    def draw_facts(
        self, source: str, max_pixels: int, max_elements: int, settings: DrawingSettings
    ) -> tuple[Drawing, Facts]:
        """Draw a program, and what ChartMimic's scores compare of the figure it leaves."""
        from erm.tasks.chart.draw import draw_chart
        from erm.tasks.chart.plot_calls import PlotLog

        log = PlotLog(source)
        drawing = draw_chart(source, max_pixels, max_elements, settings, log)
        return drawing, cast(dict[str, Any], log.facts(drawing.live.figure))

    @property
    def facts_type(self) -> Any:
        from erm.tasks.chart.chartmimic import ChartFacts

        return ChartFacts

    def generate(self, rng: random.Random, variety: Variety) -> str:
        """A matplotlib program."""
        from erm.tasks.chart.generate import generate_program

        return generate_program(rng, variety)

    def compare(self, reference: View, candidate: View) -> list[Discrepancy]:
        """Exact discrepancies of two charts."""
        from erm.tasks.chart.compare import compare_charts

        return compare_charts(reference, candidate)

    def contradiction(self, view: View) -> str | None:
        """Ink without a part of the scene, and parts of the scene that are not drawn."""
        from erm.tasks.chart.evidence import contradiction

        return contradiction(cast("ChartScene", view.scene), view.pixels)

    def extract(self, completion: str) -> str | None:
        """The last Python program in a completion."""
        from erm.tasks.shared.completion import find_source

        return find_source(completion, self.languages)

    def instruction(self, picture: Path, source: str) -> Instruction | None:
        """That of ChartMimic's customized items."""
        from erm.tasks.chart.customized import customized_instruction

        return customized_instruction(picture, source, self.answer)

    def read_picture(self, pixels: NDArray[np.uint8], reader: TextReader) -> Scene:
        """What can be read of a chart: frame, ticks, texts, legend, bars."""
        from erm.tasks.chart.reading import read_chart

        return cast(dict[str, Any], read_chart(pixels, reader))

    def compare_read(self, reference: View, candidate: View) -> list[Discrepancy]:
        from erm.tasks.chart.compare_read import compare_charts_read

        return compare_charts_read(reference, candidate)

    def pixel_category(self, region: PixelRegion) -> str:
        """Style where only colours differ, text in a line at the margin, else structure where one
        side is empty, else data."""
        if region.same_ink:
            return "style_error"
        box = region.box
        above_or_below = box.y1 <= 0.15 * region.height or box.y0 >= 0.85 * region.height
        if region.low and (box.x1 <= 0.15 * region.width or above_or_below):
            return "text_error"
        return "structure_error" if region.one_sided and not region.low else "data_error"


TASK = ChartTask()
"""The one instance that `erm.tasks.get_task` hands out."""
