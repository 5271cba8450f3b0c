"""The Vega-Lite task: from the image of a chart to the JSON specification that draws it."""

from __future__ import annotations

import random
from typing import ClassVar

from erm.tasks import Drawing, Scene, Task, Variety, View, WarmUp
from erm.tasks.discrepancy import Discrepancy
from erm.tasks.settings import DrawingSettings
from erm.tasks.shared.completion import find_source
from erm_vegalite.edit import OPERATORS, generate


class VegaLiteTask(Task):
    """Charts of one series over named categories, drawn by vl-convert."""

    name = "vegalite"
    kind = "document"
    subject = "a chart drawn by Vega-Lite"
    answer = "one Vega-Lite specification with inline data in a ```json block"
    categories: ClassVar = {
        "structure_error": "marks missing or extra; another type of mark",
        "data_error": "values or the range of the axis that differ",
        "text_error": "titles or labels that differ",
        "style_error": "colours that differ",
    }
    languages = ("json", "vega-lite", "vegalite")
    suffixes = (".json",)
    operators = OPERATORS
    # no source: V8 starts threads, which the fork of the drawing process would lose
    warm_up = WarmUp(modules=("numpy", "PIL.PngImagePlugin", "vl_convert"))
    # V8 reserves 64 GiB of addresses for its heap, and uses some 100 MiB
    reserved_mb = 70_000

    def generate(self, rng: random.Random, variety: Variety) -> str:
        return generate(rng, variety)

    def draw(self, source: str, max_pixels: int, max_elements: int, _: DrawingSettings) -> Drawing:
        from erm_vegalite.draw import draw_specification

        return draw_specification(source, max_pixels, max_elements)

    def read_scene(self, drawing: Drawing) -> Scene:
        from erm_vegalite.scene import read_scene

        return read_scene(drawing.live)

    def compare(self, reference: View, candidate: View) -> list[Discrepancy]:
        from erm_vegalite.compare import compare

        return compare(reference, candidate)

    def extract(self, completion: str) -> str | None:
        return find_source(completion, self.languages)


TASK = VegaLiteTask()
