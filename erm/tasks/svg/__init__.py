"""The task of turning an icon's image into SVG."""

from __future__ import annotations

import random
from functools import cached_property
from typing import TYPE_CHECKING

from erm.tasks import Drawing, Operator, Scene, Task, Variety, View

if TYPE_CHECKING:
    from erm.tasks.discrepancy import Discrepancy


class SvgTask(Task):
    """Icons and diagrams as SVG documents, drawn by cairosvg."""

    name = "svg"
    languages = ("svg", "xml", "html")
    suffixes = (".svg",)

    @cached_property
    def operators(self) -> tuple[Operator, ...]:  # type: ignore[override]
        from erm.tasks.svg.edit import OPERATORS
        from erm.tasks.svg.equivalence import EQUIVALENT_OPERATORS

        return (*OPERATORS, *EQUIVALENT_OPERATORS)

    def draw(self, source: str, max_pixels: int, max_elements: int) -> Drawing:
        from erm.tasks.svg.draw import draw_svg

        return draw_svg(source, max_pixels, max_elements)

    def read_scene(self, drawing: Drawing) -> Scene:
        from erm.tasks.svg.scene import read_scene

        return read_scene(drawing)

    def generate(self, rng: random.Random, variety: Variety) -> str:
        from erm.tasks.svg.generate import generate

        return generate(rng, variety)

    def compare(self, reference: View, candidate: View) -> list[Discrepancy]:
        from erm.tasks.svg.compare import compare

        return compare(reference, candidate)

    def extract(self, completion: str) -> str | None:
        from erm.tasks.svg.extract import extract

        return extract(completion)


TASK = SvgTask()
